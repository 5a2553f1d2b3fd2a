"""Contents that arrive in parts, in any order, several at a time, some of them twice.

Clients cut a file into parts of one size, the last one shorter; then each part is written
straight to its place in the final file, and joining costs nothing. A part that does not fit
this picture, or arrives again, is kept in a file of its own and copied when all are there.
"""

from __future__ import annotations

import json
import secrets
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from civis_nb.compression import crc32
from civis_nb.local.files.checksum import crc32_joined

__all__ = ["PartWriter", "Parts"]

_COPY_BYTES = 1024 * 1024


@dataclass(frozen=True)
class _Arrived:
    """A part that has arrived: in its place in the final file, or in a file of its own."""

    crc32: int
    size_bytes: int
    own_file: str | None


class PartWriter:
    """Writes one part piece by piece; the part counts once `finish` was called."""

    def __init__(
        self, path: Path, offset: int, limit: int | None, done: Callable[[_Arrived | None], None]
    ) -> None:
        self._file: BinaryIO = path.open("r+b", buffering=0)
        self._file.seek(offset)
        self._limit = limit
        self._path = path
        self._done = done
        self._crc = 0
        self._size = 0
        self._open = True

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        """Append `piece`.

        Raises
        ------
        ValueError
            When the part becomes longer than it was announced to be.
        """
        view = memoryview(piece)
        self._size += len(view)
        if self._limit is not None and self._size > self._limit:
            raise ValueError("a part is longer than its Content-Length")
        self._crc = crc32(view, self._crc)
        while view:
            view = view[self._file.write(view) :]

    @property
    def crc32(self) -> int:
        """The CRC-32 of what was written so far."""
        return self._crc

    def finish(self) -> int:
        """Store the part as whole, and return its CRC-32."""
        self._open = False
        self._file.close()
        own_file = self._path.name if self._limit is None else None
        self._done(_Arrived(self._crc, self._size, own_file))
        return self._crc

    def discard(self) -> None:
        """Remove the part; after `finish` this does nothing."""
        if not self._open:
            return
        self._open = False
        self._file.close()
        if self._limit is None:
            self._path.unlink(missing_ok=True)
        self._done(None)


class Parts:
    """The parts of one upload.

    Parameters
    ----------
    folder
        The upload's own folder; what it holds of an earlier run of the platform still counts.
    count
        How many parts there are.

    Attributes
    ----------
    completion
        Held while the parts are joined: a client may repeat a request that is still under way.
    """

    def __init__(self, folder: Path, count: int) -> None:
        self.completion = threading.Lock()
        self._folder = folder
        self._count = count
        self._lock = threading.Lock()
        self._being_written: set[int] = set()
        folder.mkdir(parents=True, exist_ok=True)
        self._data = folder / "data"
        self._data.touch()
        size = folder / "part_size"
        self._part_size = int(size.read_text()) if size.is_file() else None

    def writer(self, number: int, length: int | None) -> PartWriter:
        """Return a writer of part `number` (from 1) of `length` bytes; None: not announced."""
        with self._lock:
            if self._fits(number, length):
                assert self._part_size is not None  # noqa: S101 - _fits has seen to it
                self._being_written.add(number)
                offset = (number - 1) * self._part_size
                return PartWriter(
                    self._data, offset, length, lambda arrived: self._done(number, arrived)
                )
        own = self._folder / f"{number}.{secrets.token_hex(4)}"
        own.touch()
        return PartWriter(own, 0, None, lambda arrived: self._store(number, arrived))

    def _fits(self, number: int, length: int | None) -> bool:
        """Return whether a part can be written to its place in the final file."""
        if length is None or number in self._being_written or self._arrived(number) is not None:
            return False
        if number == self._count:
            return self._part_size is not None
        if self._part_size is None and length > 0:
            self._write("part_size", str(length))
            self._part_size = length
        return length == self._part_size

    def _done(self, number: int, arrived: _Arrived | None) -> None:
        """Store that the part has arrived, and that nobody writes it any more."""
        with self._lock:
            self._being_written.discard(number)
        self._store(number, arrived)

    def _store(self, number: int, arrived: _Arrived | None) -> None:
        """Store that a part has arrived; None: it was discarded."""
        if arrived is None:
            return
        mark = [arrived.crc32, arrived.size_bytes, arrived.own_file]
        self._write(f"{number}.mark", json.dumps(mark))

    def _write(self, name: str, text: str) -> None:
        """Write a file of the folder, whole or not at all."""
        partial = self._folder / f"{name}.{secrets.token_hex(4)}"
        partial.write_text(text)
        partial.replace(self._folder / name)

    def _arrived(self, number: int) -> _Arrived | None:
        """Return what is stored of a part; None while it has not arrived."""
        path = self._folder / f"{number}.mark"
        return _Arrived(*json.loads(path.read_text())) if path.is_file() else None

    def missing(self) -> list[int]:
        """Return the numbers of the parts that have not arrived."""
        return [n for n in range(1, self._count + 1) if self._arrived(n) is None]

    def join(self) -> tuple[Path, int, int]:
        """Join all parts, which must have arrived; return the file, its size, and its CRC-32."""
        numbers = range(1, self._count + 1)
        parts = [part for n in numbers if (part := self._arrived(n)) is not None]
        placed = all(part.own_file is None for part in parts)
        path = self._data if placed else self._copied(parts)
        crc = 0
        for part in parts:
            crc = crc32_joined(crc, part.crc32, part.size_bytes)
        return path, sum(part.size_bytes for part in parts), crc

    def _copied(self, parts: list[_Arrived]) -> Path:
        """Copy the parts into one file, in their order."""
        path = self._folder / "joined"
        with path.open("wb") as target, self._data.open("rb") as data:
            for index, part in enumerate(parts):
                if part.own_file is not None:
                    with (self._folder / part.own_file).open("rb") as own:
                        shutil.copyfileobj(own, target, _COPY_BYTES)
                else:
                    data.seek(index * (self._part_size or 0))
                    _copy(data, target, part.size_bytes)
        return path


def _copy(source: BinaryIO, target: BinaryIO, size: int) -> None:
    """Copy so many bytes, or as many as there are."""
    while size > 0 and (piece := source.read(min(size, _COPY_BYTES))):
        target.write(piece)
        size -= len(piece)
