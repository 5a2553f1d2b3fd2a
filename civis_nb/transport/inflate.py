"""Inflate gzip streams as they arrive, and refuse every stream that is not whole.

ISA-L (the package ``isal``) does the work where it is installed, else zlib. Both check the
CRC-32 and the length that each gzip member ends with.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from civis_nb.errors import CivisDownloadError

__all__ = ["GZIP_MAGIC", "compressor", "crc32", "inflate", "is_gzip"]

GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WBITS = 31
#: A feed is cut into pieces: what follows a member is copied, and small members are many.
_FEED_BYTES = 256 * 1024
#: No more than this is given out at once, however well a stream is deflated.
_OUTPUT_BYTES = 4 * 1024 * 1024

_engine: Any
_FAILURES: tuple[type[Exception], ...]
try:
    from isal import isal_zlib as _engine

    _FAILURES = (_engine.error, zlib.error)
except ImportError:  # pragma: no cover - platforms without a wheel of isal
    _engine = zlib
    _FAILURES = (zlib.error,)


def is_gzip(head: bytes) -> bool:
    """Say whether `head`, the first bytes of a file, are those of a gzip file."""
    return head[:2] == GZIP_MAGIC


def crc32(data: bytes | memoryview, value: int = 0) -> int:
    """Return the CRC-32 of `data`, going on from `value`.

    Examples
    --------
    >>> crc32(b"cd", crc32(b"ab")) == crc32(b"abcd")
    True
    """
    return int(_engine.crc32(data, value))


def compressor() -> Any:
    """Return an object with ``compress`` and ``flush`` that makes one gzip member, fast."""
    return _engine.compressobj(1, zlib.DEFLATED, _GZIP_WBITS)


def inflate(chunks: Iterable[bytes], what: str = "the file") -> Iterator[bytes]:
    """Inflate a gzip stream of one or more members.

    Parameters
    ----------
    chunks
        The stream, in order, cut anywhere.
    what
        What is read, for the error.

    Yields
    ------
    bytes
        The inflated content, at most 4 MiB at a time.

    Raises
    ------
    CivisDownloadError
        When the stream ends inside a member, when a checksum or length does not fit its
        content, or when something that is no gzip member follows.

    Examples
    --------
    >>> import gzip
    >>> b"".join(inflate([gzip.compress(b"a"), gzip.compress(b"b")]))
    b'ab'
    """
    member: Any = None
    head = b""
    for chunk in chunks:
        for start in range(0, len(chunk), _FEED_BYTES):
            data = head + chunk[start : start + _FEED_BYTES]
            head = b""
            while data:
                if member is None:
                    if len(data) < len(GZIP_MAGIC):
                        head = data
                        break
                    if not is_gzip(data):
                        raise CivisDownloadError(
                            f"{what} is damaged: after a complete gzip member it goes on with "
                            "bytes that are none. Download it again."
                        )
                    member = _engine.decompressobj(wbits=_GZIP_WBITS)
                output = _decompressed(member, data, what)
                if output:
                    yield output
                if member.eof:
                    data = member.unused_data
                    member = None
                else:
                    data = member.unconsumed_tail
                    if not data and len(output) == _OUTPUT_BYTES:
                        # All input is taken in, but output may still be waiting inside.
                        yield from _pending(member, what)
                        if member.eof:
                            data = member.unused_data
                            member = None
    if member is not None or head:
        raise CivisDownloadError(
            f"{what} is incomplete: its gzip stream ends before its end mark. Download it again."
        )


def _decompressed(member: Any, data: bytes, what: str) -> bytes:
    try:
        return bytes(member.decompress(data, _OUTPUT_BYTES))
    except _FAILURES as error:
        raise CivisDownloadError(
            f"{what} is damaged: its gzip stream fails its own check ({error}). Download it again."
        ) from None


def _pending(member: Any, what: str) -> Iterator[bytes]:
    while not member.eof:
        output = _decompressed(member, b"", what)
        if not output:
            return
        yield output
