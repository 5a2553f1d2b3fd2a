"""File contents on disk: written beside, renamed when whole, never changed afterwards."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

__all__ = ["Blob", "BlobStore", "BlobWriter"]

_COPY_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Blob:
    """A stored content.

    Attributes
    ----------
    name
        What `BlobStore.path` and `BlobStore.remove` call it.
    size_bytes
        Its length.
    md5
        Its MD5 in hexadecimal; of content that came in parts the MD5 of the parts' MD5s, a
        hyphen and their number, as object stores write it.
    """

    name: str
    size_bytes: int
    md5: str


class BlobWriter:
    """Takes content piece by piece; nothing is visible until `finish`."""

    def __init__(self, folder: Path, name: str) -> None:
        self._target = folder / name
        self._partial = folder / f".{name}.{secrets.token_hex(4)}.partial"
        self._file: BinaryIO = self._partial.open("wb", buffering=0)
        self._digest = hashlib.md5(usedforsecurity=False)
        self._size = 0

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        """Append `piece`."""
        view = memoryview(piece)
        self._digest.update(view)
        self._size += len(view)
        while view:
            view = view[self._file.write(view) :]

    @property
    def digest(self) -> bytes:
        """The MD5 of what was written so far."""
        return self._digest.digest()

    def finish(self) -> Blob:
        """Give the content its name."""
        self._file.close()
        self._partial.replace(self._target)
        return Blob(self._target.name, self._size, self._digest.hexdigest())

    def discard(self) -> None:
        """Forget what was written; after `finish` this does nothing."""
        self._file.close()
        self._partial.unlink(missing_ok=True)


class BlobStore:
    """The folder of all contents.

    Parameters
    ----------
    folder
        Made when absent. Left-overs of uploads that a crash interrupted are removed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._parts = folder / "parts"
        self._parts.mkdir(parents=True, exist_ok=True)
        for partial in folder.rglob(".*.partial"):
            partial.unlink(missing_ok=True)

    @staticmethod
    def _new_name() -> str:
        return secrets.token_hex(16)

    def writer(self) -> BlobWriter:
        """Begin a new content."""
        return BlobWriter(self.folder, self._new_name())

    def path(self, name: str) -> Path:
        """Give the path of a content."""
        return self.folder / name

    def remove(self, name: str | None) -> None:
        """Forget a content; one that is gone already is no error."""
        if name:
            # A system that can't remove an open file keeps it; nothing refers to it any more.
            with contextlib.suppress(OSError):
                self.path(name).unlink()

    def take(self, source: Path) -> Blob:
        """Move a finished file into the store."""
        digest = hashlib.md5(usedforsecurity=False)
        size = 0
        with source.open("rb", buffering=0) as file:
            while piece := file.read(_COPY_BYTES):
                digest.update(piece)
                size += len(piece)
        name = self._new_name()
        partial = self.folder / f".{name}.partial"
        shutil.move(source, partial)
        partial.replace(self.path(name))
        return Blob(name, size, digest.hexdigest())

    def part_writer(self, upload: int, number: int) -> BlobWriter:
        """Begin part `number` (from 1) of an upload; it replaces an earlier one."""
        folder = self._parts / str(upload)
        folder.mkdir(exist_ok=True)
        return BlobWriter(folder, str(number))

    def note_part(self, upload: int, number: int, md5: str) -> None:
        """Remember the MD5 of a part that was stored."""
        (self._parts / str(upload) / f"{number}.md5").write_text(md5, encoding="ascii")

    def missing_parts(self, upload: int, count: int) -> list[int]:
        """Give the numbers of the parts that have not arrived."""
        folder = self._parts / str(upload)
        return [n for n in range(1, count + 1) if not (folder / f"{n}.md5").is_file()]

    def assemble(self, upload: int, count: int) -> Blob:
        """Join the parts of an upload, in order, to one content, without holding it in memory."""
        folder = self._parts / str(upload)
        digests = [(folder / f"{n}.md5").read_text(encoding="ascii") for n in range(1, count + 1)]
        name = self._new_name()
        partial = self.folder / f".{name}.partial"
        with partial.open("wb", buffering=0) as target:
            for number in range(1, count + 1):
                with (folder / str(number)).open("rb", buffering=0) as part:
                    _append(part, target)
        size = partial.stat().st_size
        partial.replace(self.path(name))
        joined = b"".join(bytes.fromhex(digest) for digest in digests)
        etag = hashlib.md5(joined, usedforsecurity=False).hexdigest()
        return Blob(name, size, f"{etag}-{count}")

    def remove_parts(self, upload: int) -> None:
        """Forget the parts of an upload."""
        shutil.rmtree(self._parts / str(upload), ignore_errors=True)


def _append(source: BinaryIO, target: BinaryIO) -> None:
    copy = getattr(os, "copy_file_range", None)
    if copy is not None:
        with contextlib.suppress(OSError):
            while copy(source.fileno(), target.fileno(), 1 << 30):
                pass
    # What the kernel would not copy (another system, another file system) goes the long way.
    shutil.copyfileobj(source, target, _COPY_BYTES)
