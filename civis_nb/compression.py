"""Gzip and zip as fast as this machine can: ISA-L where its wheel exists, else zlib.

ISA-L (the package ``isal``) deflates ten times faster than zlib, and inflates two to three times.
"""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from civis_nb.errors import CivisDownloadError, CivisError

__all__ = ["ZipWriter", "crc32", "gzip_compressor", "gzipped", "inflate", "is_gzip"]

_engine: Any
try:
    from isal import isal_zlib as _engine
except ImportError:  # pragma: no cover - platforms without a wheel of isal
    _engine = zlib

_FAILURES: tuple[type[Exception], ...] = (_engine.error, zlib.error)
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WBITS = 31
_RAW_WBITS = -15
_LEVEL = 1
#: A feed is cut into pieces: what follows a member is copied, and small members are many.
_FEED_BYTES = 128 * 1024
#: The most that is returned at once, however well a stream is deflated.
_OUTPUT_BYTES = 4 * 1024 * 1024


def crc32(data: bytes | bytearray | memoryview, value: int = 0) -> int:
    """Return the CRC-32 of `data`, going on from `value`.

    Examples
    --------
    >>> crc32(b"cd", crc32(b"ab")) == crc32(b"abcd")
    True
    """
    return int(_engine.crc32(data, value))


def is_gzip(head: bytes) -> bool:
    """Return whether `head`, the first bytes of a file, are those of a gzip file."""
    return head[:2] == _GZIP_MAGIC


def gzip_compressor() -> Any:
    """Return an object with ``compress`` and ``flush`` that makes one gzip member, fast."""
    return _engine.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_WBITS)


def gzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Deflate chunks into one gzip member.

    Examples
    --------
    >>> b"".join(inflate(gzipped([b"a", b"b"])))
    b'ab'
    """
    member = gzip_compressor()
    for chunk in chunks:
        yield member.compress(chunk)
    yield member.flush()


def inflate(
    chunks: Iterable[bytes],
    what: str = "the file",
    error: type[CivisError] = CivisDownloadError,
    advice: str = "Download it again.",
    *,
    padding: bool = False,
) -> Iterator[bytes]:
    """Inflate a gzip stream of one or more members, and refuse one that is not whole.

    The CRC-32 and the length at the end of each member are checked.

    Parameters
    ----------
    chunks
        The stream, in order, cut anywhere.
    what
        What is read, for the error.
    error
        The class of the error.
    advice
        What to do about it, the error's last sentence.
    padding
        Whether zero bytes may follow the last member, as tape tools leave them.

    Yields
    ------
    bytes
        The inflated content, at most 4 MiB at a time.

    Raises
    ------
    CivisError
        Of the class `error`, when the stream ends inside a member, when a checksum or length
        does not fit its content, or when something that is no gzip member follows.

    Examples
    --------
    >>> import gzip
    >>> b"".join(inflate([gzip.compress(b"a"), gzip.compress(b"b")]))
    b'ab'
    """

    def decompressed(data: bytes) -> bytes:
        try:
            return bytes(member.decompress(data, _OUTPUT_BYTES))
        except _FAILURES as failure:
            raise error(
                f"{what} is damaged: its gzip stream fails its own check ({failure}). {advice}"
            ) from None

    member: Any = None
    head = b""
    complete = 0
    for chunk in chunks:
        for start in range(0, len(chunk), _FEED_BYTES):
            data = head + chunk[start : start + _FEED_BYTES]
            head = b""
            while data:
                if member is None:
                    if complete and padding and not data.strip(b"\0"):
                        break
                    if len(data) < len(_GZIP_MAGIC):
                        head = data
                        break
                    if not is_gzip(data):
                        raise error(
                            f"{what} is damaged: bytes that are no gzip follow "
                            f"{'a complete gzip member' if complete else 'its start'}. {advice}"
                        )
                    member = _engine.decompressobj(wbits=_GZIP_WBITS)
                output = decompressed(data)
                if output:
                    yield output
                data = b"" if member.eof else member.unconsumed_tail
                # All input is taken in, but output may still be waiting inside.
                while not data and len(output) == _OUTPUT_BYTES and not member.eof:
                    output = decompressed(b"")
                    if output:
                        yield output
                if member.eof:
                    data, member = member.unused_data, None
                    complete += 1
    if member is not None or head:
        raise error(f"{what} is incomplete: its gzip stream breaks off. {advice}")


class ZipWriter:
    r"""Write a zip file of one member, deflated fast: `zipfile` knows zlib only.

    The layout is that of PKWARE's APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.14 to 4.3.16, with
    64-bit sizes always, so that they need not be known before the content is.

    Parameters
    ----------
    write
        Appends bytes to a file that is empty.
    name
        The member's name.

    Examples
    --------
    >>> import io, zipfile
    >>> file = io.BytesIO()
    >>> writer = ZipWriter(file.write, "a.csv")
    >>> writer.write(b"id\n1\n")
    >>> header = writer.finish()
    >>> _ = file.seek(0), file.write(header)
    >>> zipfile.ZipFile(file).read("a.csv")
    b'id\n1\n'
    """

    def __init__(self, write: Callable[[bytes], object], name: str) -> None:
        self._write_out = write
        self._name = name.encode()
        self._compressor: Any = _engine.compressobj(_LEVEL, zlib.DEFLATED, _RAW_WBITS)
        self._crc = self._size = self._packed = 0
        now = time.localtime()
        date = (max(now.tm_year - 1980, 0) << 9) | (now.tm_mon << 5) | now.tm_mday
        self._modified = ((now.tm_hour << 11) | (now.tm_min << 5) | (now.tm_sec // 2), date)
        header = self._local_header()
        self._header_bytes = len(header)
        write(header)

    def write(self, data: bytes | memoryview) -> None:
        """Append to the member's content."""
        self._crc = crc32(data, self._crc)
        self._size += len(data)
        self._append(self._compressor.compress(data))

    def finish(self) -> bytes:
        """Complete the file, and return the header to be written over its first bytes."""
        self._append(self._compressor.flush())
        self._write_out(self._directory(self._header_bytes + self._packed))
        return self._local_header()

    def _append(self, data: bytes) -> None:
        self._write_out(data)
        self._packed += len(data)

    def _local_header(self) -> bytes:
        fixed = struct.pack("<4s5HIIIHH", b"PK\3\4", *self._common_fields())
        return fixed + self._name + self._sizes()

    def _common_fields(self) -> tuple[int, ...]:
        """Return what the member's header and its entry in the directory both hold."""
        version, utf8_name, deflated, see_extra = 45, 0x0800, 8, 0xFFFFFFFF
        lengths = (len(self._name), len(self._sizes()))
        return (version, utf8_name, deflated, *self._modified, self._crc, see_extra, see_extra,
                *lengths)  # fmt: skip

    def _sizes(self) -> bytes:
        return struct.pack("<HHQQ", 1, 16, self._size, self._packed)

    def _directory(self, start: int) -> bytes:
        """Return the central directory, which begins at `start`."""
        made_by = (3 << 8) | 45  # Unix, so that the permissions count; the version with zip64
        permissions = 0o100644 << 16
        fixed = struct.pack(
            "<4s6HIII5HII",
            b"PK\1\2", made_by, *self._common_fields(), 0, 0, 0, permissions, 0,
        )  # fmt: skip
        entry = fixed + self._name + self._sizes()
        end64 = struct.pack(
            "<4sQHHIIQQQQ", b"PK\6\6", 44, made_by, 45, 0, 0, 1, 1, len(entry), start
        )
        locator = struct.pack("<4sIQI", b"PK\6\7", 0, start + len(entry), 1)
        end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, len(entry), 0xFFFFFFFF, 0)
        return entry + end64 + locator + end
