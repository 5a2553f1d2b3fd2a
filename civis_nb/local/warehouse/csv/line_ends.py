"""CSV text with line ends of one kind, and without blank lines before its header.

DuckDB needs lines that all end alike, and reads a blank first line as the header.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

__all__ = ["has_blank_start", "has_mixed_ends", "normalize_lines", "unify_line_ends"]

_CHUNK_BYTES = 1 << 20
_BOM = b"\xef\xbb\xbf"
_DOUBLED = re.compile(rb'"|\r\n?')
_ESCAPED = re.compile(rb'\\["\\]|"|\r\n?')


def has_mixed_ends(path: Path) -> bool:
    """Return whether a plain file has line ends of several kinds, also within cells."""
    counted = {b"\r\n": 0, b"\r": 0, b"\n": 0}
    with path.open("rb") as file:
        if not any(b"\r" in chunk for chunk in iter(lambda: file.read(_CHUNK_BYTES), b"")):
            return False
        file.seek(0)
        last = b""
        for chunk in iter(lambda: file.read(_CHUNK_BYTES), b""):
            for kind in counted:
                counted[kind] += chunk.count(kind)
            counted[b"\r\n"] += (last + chunk[:1]) == b"\r\n"
            last = chunk[-1:]
    pairs = counted[b"\r\n"]
    return sum((pairs > 0, counted[b"\r"] > pairs, counted[b"\n"] > pairs)) > 1


def has_blank_start(path: Path) -> bool:
    """Return whether blank lines stand before the first row."""
    with path.open("rb") as file:
        start = file.read(4).removeprefix(_BOM)
    return start[:1] in (b"\r", b"\n")


def unify_line_ends(chunks: Iterator[bytes], *, escaped: bool) -> Iterator[bytes]:
    r"""End every line with ``\n``; line ends within quoted cells stay as they are.

    Parameters
    ----------
    chunks
        UTF-8 text, in pieces of any size.
    escaped
        Whether a quote in a cell is written with a backslash instead of twice.

    Examples
    --------
    >>> b"".join(unify_line_ends(iter([b'a,b\r', b'\n1,"x\r\ny"\r2,z\n']), escaped=False))
    b'a,b\n1,"x\r\ny"\n2,z\n'
    """
    pattern = _ESCAPED if escaped else _DOUBLED
    in_quotes = False

    def ended(match: re.Match[bytes]) -> bytes:
        nonlocal in_quotes
        found = match.group()
        if found == b'"':
            in_quotes = not in_quotes
        elif found[:1] == b"\r" and not in_quotes:
            return b"\n"
        return found

    held = b""
    for chunk in chunks:
        text = held + chunk
        # A pair that the end of the chunk splits waits for the next chunk.
        backslashes = len(text) - len(text.rstrip(b"\\")) if escaped else 0
        held = text[-1:] if backslashes % 2 or text.endswith(b"\r") else b""
        yield pattern.sub(ended, text[: len(text) - len(held)])
    yield pattern.sub(ended, held)


def normalize_lines(source: Path, target: Path, *, escaped: bool) -> None:
    """Copy a plain UTF-8 file with uniform line ends and no blank lines before the first row."""
    with source.open("rb") as file, target.open("wb") as out:
        started = False
        chunks = iter(lambda: file.read(_CHUNK_BYTES), b"")
        for piece in unify_line_ends(chunks, escaped=escaped):
            text = piece if started else piece.removeprefix(_BOM).lstrip(b"\n")
            started = started or bool(text)
            out.write(text)
