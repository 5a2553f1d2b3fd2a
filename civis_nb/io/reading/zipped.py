"""A zip file with one member, deflated by ISA-L: `zipfile` knows zlib only, ten times slower.

The layout is that of PKWARE's APPNOTE 6.3, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16, with
64-bit sizes always, so that they need not be known before the content is.
"""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Iterable
from typing import IO, Any

from civis_nb.transport.inflate import crc32

__all__ = ["zip_one"]

_VERSION = 45  # the first with 64-bit sizes
_UTF8_NAME = 0x0800
_DEFLATE = 8
_SEE_EXTRA = 0xFFFFFFFF


def zip_one(chunks: Iterable[bytes], file: IO[bytes], name: str) -> None:
    """Write a zip file with one member.

    Parameters
    ----------
    chunks
        The member's content.
    file
        A seekable binary file that is empty.
    name
        The member's name.
    """
    now = time.localtime()
    date = (max(now.tm_year - 1980, 0) << 9) | (now.tm_mon << 5) | now.tm_mday
    clock = (now.tm_hour << 11) | (now.tm_min << 5) | (now.tm_sec // 2)
    raw_name = name.encode()
    file.write(_local_header(raw_name, clock, date, 0, 0, 0))
    member = _compressor()
    crc = size = packed = 0
    for chunk in chunks:
        crc = crc32(chunk, crc)
        size += len(chunk)
        packed += _write(file, member.compress(chunk))
    packed += _write(file, member.flush())
    directory = file.tell()
    file.write(_directory(raw_name, clock, date, crc, packed, size, directory))
    file.seek(0)
    file.write(_local_header(raw_name, clock, date, crc, packed, size))
    file.seek(0, 2)


def _compressor() -> Any:
    try:
        from isal import isal_zlib
    except ImportError:  # pragma: no cover - platforms without a wheel of isal
        return zlib.compressobj(1, zlib.DEFLATED, -15)
    return isal_zlib.compressobj(1, zlib.DEFLATED, -15)


def _write(file: IO[bytes], data: bytes) -> int:
    from civis_nb.transport.sinks import write_all

    write_all(file, data)
    return len(data)


def _local_header(name: bytes, clock: int, date: int, crc: int, packed: int, size: int) -> bytes:
    extra = struct.pack("<HHQQ", 1, 16, size, packed)
    fixed = struct.pack(
        "<4sHHHHHIIIHH",
        b"PK\3\4",
        _VERSION,
        _UTF8_NAME,
        _DEFLATE,
        clock,
        date,
        crc,
        _SEE_EXTRA,
        _SEE_EXTRA,
        len(name),
        len(extra),
    )
    return fixed + name + extra


def _directory(
    name: bytes, clock: int, date: int, crc: int, packed: int, size: int, start: int
) -> bytes:
    extra = struct.pack("<HHQQ", 1, 16, size, packed)
    entry = struct.pack(
        "<4sHHHHHHIIIHHHHHII",
        b"PK\1\2",
        (3 << 8) | _VERSION,  # made on Unix, so that the permissions below count
        _VERSION,
        _UTF8_NAME,
        _DEFLATE,
        clock,
        date,
        crc,
        _SEE_EXTRA,
        _SEE_EXTRA,
        len(name),
        len(extra),
        0,
        0,
        0,
        0o100644 << 16,
        0,
    )
    entry += name + extra
    end64 = struct.pack(
        "<4sQHHIIQQQQ", b"PK\6\6", 44, (3 << 8) | _VERSION, _VERSION, 0, 0, 1, 1, len(entry), start
    )
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, start + len(entry), 1)
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, len(entry), _SEE_EXTRA, 0)
    return entry + end64 + locator + end
