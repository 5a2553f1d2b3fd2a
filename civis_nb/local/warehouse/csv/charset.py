"""The character set of a text file, and its conversion to UTF-8."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.csv.sinks import open_sink
from civis_nb.local.warehouse.csv.sources import decompressed, sniff_compression

__all__ = ["convert_to_utf8", "detect_character_set", "is_unicode"]

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE_BYTES = 4096
_SHOWN_CHARS = 40
_LINE_END = 0x0A
_MOSTLY = 0.75  # of the line ends; the others are halves of wide characters
_MANY = 0.5  # of the high halves, in a text of one line
_HIGH = re.compile(rb"[\x80-\xff]")
_MULTIBYTE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
#: Of the bytes beyond ASCII; a text with so many in UTF-8's form is UTF-8 with some damage.
_NEARLY_ALL = 0.8
#: A character beyond ASCII within a word is a small letter or an apostrophe.
_WITHIN_WORDS = re.compile(r"(?<=[A-Za-z])[^\x00-\x7f](?=[a-z])")
_LETTERS = frozenset("àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿßœšž\N{RIGHT SINGLE QUOTATION MARK}")
#: What stands between words without a blank, and tells nothing.
_BETWEEN_WORDS = frozenset(
    "\xa0\xad\xb7\xb4\xb0\xae\xa9\xab\xbb\xa7\u2013\u2014\u2018\u201c\u201d\u2026\u2022\u2122"
)
#: An apostrophe in Windows-1252, and a letter in Mac Roman: it tells nothing.
_EITHER = b"\x92"
#: Letters of other scripts than Latin stand in a row. In Latin ones so many beyond ASCII never do,
#: unless it is one that is repeated, such as a dash.
_ROW = re.compile(rb"[\x80-\xff]{3,}")
#: Of the bytes beyond ASCII in such rows (in files of other scripts 0.7 and more are), and those of
#: all bytes: a few are damage, and no script.
_OTHER_SCRIPT, _SCRIPT = 0.5, 0.01
#: Of the characters within words that can't be there, in the likelier character set, and how many
#: at least: with more it is neither of them.
_NO_WORDS, _ENOUGH = 0.2, 2
#: Read to say which character set it may be.
_GUESSED_BYTES = 1 << 16


def detect_character_set(path: Path) -> str:
    """Return Python's name of the encoding of a file, compressed or not.

    A byte order mark decides; else the whole file is UTF-8, or UTF-16 by its NULs. Among those
    with a byte for each character Mac Roman and Windows-1252 are told apart by what they make of
    words; a file with bytes that Windows-1252 lacks is Latin-1.

    Raises
    ------
    WarehouseError
        If the file's compressed content is damaged, it is UTF-8 with some wrong bytes, or its text
        makes no sense in any of these.
    """
    compression = sniff_compression(path)
    start = next(decompressed(path, compression), b"")[:_SAMPLE_BYTES]
    for bom, name in _BOMS:
        if start.startswith(bom):
            return name
    wide = _wide(start)
    if wide is not None:
        return wide
    if _decodes(decompressed(path, compression), "utf-8"):
        return "utf-8"
    _refuse_damage(path, compression)
    size = high = in_rows = 0
    right, wrong = {"cp1252": 0, "mac_roman": 0}, {"cp1252": 0, "mac_roman": 0}
    for chunk in decompressed(path, compression):
        size += len(chunk)
        high += len(_HIGH.findall(chunk))
        in_rows += sum(len(row) for row in _ROW.findall(chunk) if len(set(row)) > 1)
        for name in right:
            found = _WITHIN_WORDS.findall(chunk.replace(_EITHER, b"").decode(name, "replace"))
            letters = sum(character in _LETTERS for character in found)
            right[name] += letters
            wrong[name] += sum(c not in _BETWEEN_WORDS for c in found) - letters
    best = max(right, key=lambda name: right[name] - wrong[name])
    is_other_script = in_rows >= _OTHER_SCRIPT * high and high >= _SCRIPT * size
    no_words = max(_ENOUGH, _NO_WORDS * (right[best] + wrong[best]))
    if is_other_script or wrong[best] >= no_words:
        raise _unreadable(path, compression)
    if best == "mac_roman":
        return best
    return "cp1252" if _decodes(decompressed(path, compression), "cp1252") else "latin-1"


def is_unicode(character_set: str) -> bool:
    """Return whether an encoding is one of Unicode, and so no guess.

    Examples
    --------
    >>> is_unicode("utf-16-le"), is_unicode("cp1252")
    (True, False)
    """
    return character_set.startswith("utf")


def _refuse_damage(path: Path, compression: str) -> None:
    """Raise when a file is UTF-8 but for some bytes: read as something else, all would be wrong."""
    high = right = 0
    for chunk in decompressed(path, compression):
        high += len(_HIGH.findall(chunk))
        right += sum(map(len, _MULTIBYTE.findall(chunk)))
    if right >= _NEARLY_ALL * high:
        raise WarehouseError(
            f"the file is UTF-8, but about {max(high - right, 1):,} of its bytes are not: it is "
            "damaged, or joined from files in several character sets. Save it as UTF-8"
        )


def _unreadable(path: Path, compression: str) -> WarehouseError:
    """Return the error of a file in a character set that can only be guessed."""
    from charset_normalizer import from_bytes

    sample = b""
    for chunk in decompressed(path, compression):
        lines = chunk.split(b"\n")
        sample += b"\n".join(line for line in lines if not line.isascii())
        if len(sample) >= _GUESSED_BYTES:
            break
    shown = sample.decode("cp1252", "replace").strip().split("\n")[0][:_SHOWN_CHARS]
    best = from_bytes(sample[:_GUESSED_BYTES]).best()
    guess = "shift_jis" if best is None else best.encoding
    return WarehouseError(
        "the file is not in UTF-8, and makes no sense as Western text (Windows-1252), in which it "
        f"begins with {shown!r}. Save it as UTF-8: with pandas, "
        f"read_csv(path, encoding={guess!r}).to_csv(new_path, index=False)"
        f"{', if ' + guess + ' is its encoding, as it seems' if best else ' with its encoding'}"
    )


def _wide(start: bytes) -> str | None:
    """Return UTF-16 without a byte order mark from text that holds a NUL here and there.

    In UTF-16, in whatever script, the half of a line end that is NUL always stands on the same
    side of the other.
    """
    before, behind = start[0::2].count(0), start[1::2].count(0)
    if not before and not behind:
        return None
    name, low = ("utf-16-le", 0) if behind >= before else ("utf-16-be", 1)
    ends = [i for i, byte in enumerate(start) if byte == _LINE_END]
    if not ends:
        return name if max(before, behind) >= _MANY * len(start) / 2 else None
    paired = sum(i % 2 == low and start[i ^ 1 : (i ^ 1) + 1] == b"\0" for i in ends)
    return name if paired >= _MOSTLY * len(ends) else None


def _decodes(chunks: Iterator[bytes], encoding: str) -> bool:
    """Return whether chunks are valid text in an encoding."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        for chunk in chunks:
            if encoding != "utf-8" or not chunk.isascii() or decoder.getstate()[0]:
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def convert_to_utf8(
    source: Path, destination: Path, *, compression: str = "none", encoding: str | None = None
) -> str:
    """Convert a text file to UTF-8 without byte order mark, in bounded memory.

    Parameters
    ----------
    source
        The file, plain, gzip or zip.
    destination
        Where the new file appears, complete.
    compression
        Of the new file: ``none``, ``gzip`` or ``zip``.
    encoding
        The result of `detect_character_set`, if known; else it is called, and reads the whole file.

    Returns
    -------
    str
        Python's name of the encoding that the file was in.

    Raises
    ------
    WarehouseError
        If the compressed content is damaged, or the text breaks off within a character.
    """
    encoding = encoding or detect_character_set(source)
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    sink = open_sink(destination, compression, destination.stem)
    try:
        for chunk in decompressed(source, sniff_compression(source)):
            sink.write(chunk if encoding == "utf-8" else decoder.decode(chunk).encode())
        sink.write(decoder.decode(b"", final=True).encode())
        sink.finish()
    except UnicodeDecodeError as error:
        sink.discard()
        raise WarehouseError(
            f"the file looks like {encoding}, but is no sound text in it: {error.reason}"
        ) from None
    except BaseException:
        sink.discard()
        raise
    return encoding
