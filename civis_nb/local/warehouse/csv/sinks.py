"""Files that appear under their name only when they are complete.

As the contents that they become, they do not wait for the disk itself (fsync).
"""

from __future__ import annotations

import struct
import time
import zlib
from pathlib import Path
from typing import Any, Protocol

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.csv.gzip import fast_zlib

__all__ = ["Sink", "open_sink"]

_LEVEL = 1
_BUFFER_BYTES = 1 << 20


class Sink(Protocol):
    """Takes bytes; `finish` makes the file appear, `discard` leaves nothing behind."""

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes."""

    def finish(self) -> int:
        """Complete the file and give its size."""

    def discard(self) -> None:
        """Remove what was written."""


class _PlainSink:
    """Bytes as they come."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._temporary = path.with_name(f".{path.name}.part")
        self._file = self._temporary.open("wb", buffering=_BUFFER_BYTES)
        self.size = 0

    def write(self, data: bytes | memoryview) -> None:
        self._put(data)

    def _put(self, data: bytes | memoryview) -> None:
        self._file.write(data)
        self.size += len(data)

    def finish(self) -> int:
        self._file.close()
        stored = self._temporary.stat().st_size
        if stored != self.size:
            self.discard()
            raise WarehouseError(
                f"the file {self._path.name} has {stored} bytes on disk, but {self.size} "
                "were written; is the disk full?"
            )
        self._temporary.replace(self._path)
        return self.size

    def discard(self) -> None:
        self._file.close()
        self._temporary.unlink(missing_ok=True)


class _GzipSink(_PlainSink):
    """A gzip file of one member."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._deflate = fast_zlib.compressobj(_LEVEL, zlib.DEFLATED, 31)

    def write(self, data: bytes | memoryview) -> None:
        self._put(self._deflate.compress(data))

    def finish(self) -> int:
        self._put(self._deflate.flush())
        return super().finish()


class _ZipSink(_PlainSink):
    """A zip file of one member, in the form that allows more than 4 GB (zip64)."""

    def __init__(self, path: Path, member: str) -> None:
        super().__init__(path)
        self._name = member.encode()
        self._deflate: Any = fast_zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
        self._crc = 0
        self._plain_size = 0
        now = time.localtime()
        self._stamp = (
            now.tm_hour << 11 | now.tm_min << 5 | now.tm_sec // 2,
            (now.tm_year - 1980) << 9 | now.tm_mon << 5 | now.tm_mday,
        )
        self._put(self._local_header(0))
        self._header_size = self.size

    def _local_header(self, packed: int) -> bytes:
        """Write the header of the member; sizes stand in its zip64 field."""
        fixed = struct.pack(
            "<4s5H3L2H",
            b"PK\x03\x04",
            45,
            0x800,
            8,
            *self._stamp,
            self._crc,
            0xFFFFFFFF,
            0xFFFFFFFF,
            len(self._name),
            20,
        )
        return fixed + self._name + struct.pack("<2H2Q", 1, 16, self._plain_size, packed)

    def write(self, data: bytes | memoryview) -> None:
        self._crc = fast_zlib.crc32(data, self._crc)
        self._plain_size += len(data)
        self._put(self._deflate.compress(data))

    def finish(self) -> int:
        self._put(self._deflate.flush())
        packed = self.size - self._header_size
        directory_start = self.size
        fixed = struct.pack(
            "<4s6H3L5H2L",
            b"PK\x01\x02",
            45 | 3 << 8,
            45,
            0x800,
            8,
            *self._stamp,
            self._crc,
            0xFFFFFFFF,
            0xFFFFFFFF,
            len(self._name),
            20,
            0,
            0,
            0,
            0o600 << 16,
            0,
        )
        entry = fixed + self._name + struct.pack("<2H2Q", 1, 16, self._plain_size, packed)
        self._put(entry)
        end64 = struct.pack(
            "<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, len(entry), directory_start
        )
        locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, self.size, 1)
        start32 = min(directory_start, 0xFFFFFFFF)
        end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(entry), start32, 0)
        self._put(end64 + locator + end)
        self._file.seek(0)
        self._file.write(self._local_header(packed))
        return super().finish()


def open_sink(path: Path, compression: str, member: str) -> Sink:
    """Open a file for an export.

    Parameters
    ----------
    path
        Where the finished file stands.
    compression
        ``gzip``, ``zip`` or ``none``.
    member
        The name inside a zip file.
    """
    if compression == "gzip":
        return _GzipSink(path)
    if compression == "zip":
        return _ZipSink(path, member)
    return _PlainSink(path)
