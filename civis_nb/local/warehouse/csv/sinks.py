"""Files that appear under their name only when they are complete.

As the contents that they become, they do not wait for the disk itself (fsync).
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from civis_nb.compression import ZipWriter, gzip_compressor
from civis_nb.errors import WarehouseError

__all__ = ["Sink", "open_sink"]

_BUFFER_BYTES = 1 << 20


class Sink(Protocol):
    """A file being written: `finish` makes it appear, `discard` removes it."""

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes."""

    def finish(self) -> int:
        """Complete the file and return its size."""

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
        self._deflate = gzip_compressor()

    def write(self, data: bytes | memoryview) -> None:
        self._put(self._deflate.compress(data))

    def finish(self) -> int:
        self._put(self._deflate.flush())
        return super().finish()


class _ZipSink(_PlainSink):
    """A zip file of one member."""

    def __init__(self, path: Path, member: str) -> None:
        super().__init__(path)
        self._zip = ZipWriter(self._put, member)

    def write(self, data: bytes | memoryview) -> None:
        self._zip.write(data)

    def finish(self) -> int:
        header = self._zip.finish()
        self._file.seek(0)
        self._file.write(header)
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
