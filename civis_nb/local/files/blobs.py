"""File contents on disk: written beside, renamed when whole, never changed afterwards.

Nothing waits for the disk itself (fsync): what was written survives the end of the process,
also a forced one, as the system keeps it; after a power failure damage is seen by the size.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import threading
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from civis_nb.compression import crc32
from civis_nb.errors import CivisLocalError
from civis_nb.local.files.parts import Parts

__all__ = ["Blob", "BlobStore", "BlobWriter", "etag", "same_content"]

#: What `BlobStore` calls contents.
_IS_NAME = re.compile("[0-9a-f]{32}")
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
    crc32
        Its CRC-32.
    """

    name: str
    size_bytes: int
    crc32: int

    @property
    def etag(self) -> str:
        """The ETag, unique to this content even among equal bytes; its form is not an MD5's."""
        return etag(self.name, self.crc32)


def same_content(source: Path, target: Path) -> None:
    """Link a content under a second path, or copy it where the disk can't link."""
    # Contents never change once they are stored, so that two files may share one.
    try:
        os.link(source, target)
    except OSError:
        try:
            shutil.copyfile(source, target)
        except BaseException:
            target.unlink(missing_ok=True)
            raise


def etag(name: str, crc: int) -> str:
    """Return the ETag of the content `name`."""
    return f'"{name}.{crc:08x}"'


class BlobWriter:
    """Writes content piece by piece; nothing is visible until `finish`."""

    def __init__(self, folder: Path, name: str) -> None:
        self._target = folder / name
        self._partial = folder / f".{name}.{secrets.token_hex(4)}.partial"
        self._file: BinaryIO = self._partial.open("wb", buffering=0)
        self._crc = 0
        self._size = 0

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        """Append `piece`."""
        view = memoryview(piece)
        self._crc = crc32(view, self._crc)
        self._size += len(view)
        while view:
            view = view[self._file.write(view) :]

    @property
    def crc32(self) -> int:
        """The CRC-32 of what was written so far."""
        return self._crc

    def finish(self) -> Blob:
        """Publish the content under its name."""
        self._file.close()
        self._partial.replace(self._target)
        return Blob(self._target.name, self._size, self._crc)

    def discard(self) -> None:
        """Remove what was written; after `finish` this does nothing."""
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
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._parts.mkdir(exist_ok=True)
        except OSError as error:
            raise CivisLocalError(
                f"{folder} can't be used for the contents of files ({error.strerror}): it must be "
                "a folder that you can write to. Move away what is there, or give another state "
                "folder."
            ) from error
        self._uploads: dict[int, Parts] = {}
        self._lock = threading.Lock()
        for partial in folder.rglob(".*.partial"):
            partial.unlink(missing_ok=True)

    @staticmethod
    def _new_name() -> str:
        return secrets.token_hex(16)

    def writer(self) -> BlobWriter:
        """Return a writer of a new content."""
        return BlobWriter(self.folder, self._new_name())

    def path(self, name: str) -> Path:
        """Return the path of a content."""
        return self.folder / name

    def size_bytes(self, name: str) -> int | None:
        """Return the length of a content as it is on the disk; None when it is not there."""
        try:
            return self.path(name).stat().st_size
        except FileNotFoundError:
            return None

    def remove(self, name: str | None) -> None:
        """Remove a content; one that is not there is no error."""
        if name:
            # A system that can't remove an open file keeps it; nothing refers to it any more.
            with contextlib.suppress(OSError):
                self.path(name).unlink()

    def take(self, source: Path) -> Blob:
        """Move a finished file into the store."""
        crc = size = 0
        with source.open("rb", buffering=0) as file:
            while piece := file.read(_COPY_BYTES):
                crc = crc32(piece, crc)
                size += len(piece)
        name = self._new_name()
        partial = self.folder / f".{name}.partial"
        try:
            shutil.move(source, partial)
            partial.replace(self.path(name))
        except BaseException:
            # From another disk it is copied, for which there may be no space.
            partial.unlink(missing_ok=True)
            raise
        return Blob(name, size, crc)

    def sweep(self, named: Collection[str], uploads: Collection[int]) -> None:
        """Remove contents, and parts of uploads, that nothing names any more.

        To be called while nothing is being stored.

        Parameters
        ----------
        named
            The contents that files have.
        uploads
            The ids of files whose upload in parts goes on.
        """
        for path in self.folder.iterdir():
            if _IS_NAME.fullmatch(path.name) and path.name not in named:
                path.unlink(missing_ok=True)
        for path in self._parts.iterdir():
            if not path.name.isdecimal() or int(path.name) not in uploads:
                shutil.rmtree(path, ignore_errors=True)

    def parts(self, upload: int, count: int) -> Parts:
        """Return the parts of an upload that was announced to have `count` of them."""
        with self._lock:
            if upload not in self._uploads:
                self._uploads[upload] = Parts(self._parts / str(upload), count)
            return self._uploads[upload]

    def join(self, parts: Parts) -> Blob:
        """Join all parts of an upload, which must have arrived, to one content.

        The parts stay until `remove_parts`: whoever can't attach the content joins them again.
        """
        path, size, crc = parts.join()
        name = self._new_name()
        same_content(path, self.path(name))
        return Blob(name, size, crc)

    def remove_parts(self, upload: int) -> None:
        """Remove the parts of an upload."""
        with self._lock:
            self._uploads.pop(upload, None)
        shutil.rmtree(self._parts / str(upload), ignore_errors=True)
