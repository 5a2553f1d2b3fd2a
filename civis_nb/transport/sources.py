"""What uploads read from: pieces of a file or of memory, readable again and side by side."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from civis_nb.errors import CivisInputError, CivisUploadError
from civis_nb.transport.sinks import disk_errors, write_all

log = logging.getLogger(__name__)

__all__ = [
    "CountedSource",
    "FileSource",
    "GrowingSource",
    "MemorySource",
    "Source",
    "full_disk_named",
    "open_source",
]

#: What is given to a socket at once: Python's timeout is for all of such a piece, and a slow link
#: must be able to take it in that time.
CHUNK_BYTES = 256 * 1024


class Source(Protocol):
    """Content of known size, of which any piece can be read at any time, from any thread."""

    size: int

    def read(self, start: int, stop: int) -> Iterator[bytes | memoryview]:
        """Return the bytes from `start` to `stop`, in pieces."""
        ...


class MemorySource:
    """Bytes in memory.

    Parameters
    ----------
    data
        The content; it must not change while it is read.
    """

    def __init__(self, data: bytes | memoryview) -> None:
        self._view = memoryview(data)
        self.size = self._view.nbytes

    def read(self, start: int, stop: int) -> Iterator[bytes | memoryview]:
        """Return the bytes from `start` to `stop`, without a copy."""
        for position in range(start, stop, CHUNK_BYTES):
            yield self._view[position : min(position + CHUNK_BYTES, stop)]


class GrowingSource:
    """Bytes in memory that are sent while more are appended: reading too early waits.

    Parameters
    ----------
    size
        How many there will be.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._content = bytearray(size)
        self._filled = 0
        self._given_up = False
        self._changed = threading.Condition()

    def add(self, data: memoryview) -> int:
        """Append as much of `data` as fits; return how many bytes that is."""
        end = min(self._filled + len(data), self.size)
        count = end - self._filled
        self._content[self._filled : end] = data[:count]
        with self._changed:
            self._filled = end
            self._changed.notify_all()
        return count

    @property
    def full(self) -> bool:
        """Whether all of it has come."""
        return self._filled == self.size

    def give_up(self) -> None:
        """Wake all waiting readers: no more will come. Does nothing when all came."""
        with self._changed:
            self._given_up = not self.full
            self._changed.notify_all()

    def read(self, start: int, stop: int) -> Iterator[bytes | memoryview]:
        """Return the bytes from `start` to `stop`, in pieces, as they come.

        Raises
        ------
        CivisUploadError
            When they will not come.
        """
        position = start
        while position < stop:
            with self._changed:
                while not self._given_up and self._filled <= position:
                    self._changed.wait()
                if self._given_up:
                    raise CivisUploadError("What was to be sent did not come whole.")
                end = min(self._filled, stop, position + CHUNK_BYTES)
            yield memoryview(self._content)[position:end]
            position = end


class FileSource:
    """An open file on disk; its position is neither used nor changed.

    Parameters
    ----------
    descriptor
        Of the file, open for reading.
    what
        What to call it in an error.
    """

    def __init__(self, descriptor: int, what: str) -> None:
        self._descriptor = descriptor
        self._what = what
        self._lock = threading.Lock()
        found = os.fstat(descriptor)
        self.size = found.st_size
        self._written_ns = found.st_mtime_ns

    def warn_if_changed(self) -> None:
        """Log a warning when the file was written to since it was opened."""
        # No error: some file systems know only later when a file was written to last.
        found = os.fstat(self._descriptor)
        if found.st_size > self.size:
            log.warning(
                "%s became longer while it was being sent: its first %s bytes were sent.",
                self._what,
                f"{self.size:,}",
            )
        elif (found.st_size, found.st_mtime_ns) != (self.size, self._written_ns):
            log.warning(
                "%s was written to while it was being sent: a mixture of what it held before and "
                "after may have been sent. Send it again.",
                self._what,
            )

    def read(self, start: int, stop: int) -> Iterator[bytes | memoryview]:
        """Return the bytes from `start` to `stop`.

        Raises
        ------
        CivisUploadError
            When the file is shorter than it was when it was opened.
        """
        position = start
        while position < stop:
            data = self._read_at(position, min(CHUNK_BYTES, stop - position))
            if not data:
                raise CivisUploadError(
                    f"{self._what} became shorter while it was being sent: it ends at byte "
                    f"{position:,}, and was {self.size:,} bytes long. Send it again."
                )
            position += len(data)
            yield data

    def _read_at(self, position: int, count: int) -> bytes:
        """Read bytes at a position, from any thread."""
        if hasattr(os, "pread"):
            return os.pread(self._descriptor, count, position)
        # Windows has one position for all readers of a descriptor.
        with self._lock:
            os.lseek(self._descriptor, position, os.SEEK_SET)
            return os.read(self._descriptor, count)


@contextlib.contextmanager
def open_source(buf: Any) -> Iterator[Source]:
    """Open what is to be uploaded.

    Parameters
    ----------
    buf
        A path; or a file or buffer. One that can seek is sent from its beginning, wherever it
        stands, and stands at its beginning afterwards; one that can't is sent from where it is.
        What has no size beforehand (a pipe, a file in /proc) goes by way of a temporary file. A
        buffer of text is sent as UTF-8. A warning is logged where a file was written to meanwhile.

    Raises
    ------
    CivisInputError
        When `buf` is no path and no buffer of bytes that can be read.
    CivisUploadError
        When it needs a temporary file, and there is no room for it.
    OSError
        When the path can't be read.
    """
    if isinstance(buf, str | os.PathLike):
        with Path(buf).open("rb") as file:
            if _has_size(file.fileno()):
                on_disk = FileSource(file.fileno(), os.fspath(buf))
                yield on_disk
                on_disk.warn_if_changed()
            else:
                with _spooled(file) as source:
                    yield source
        return
    # A text file over a binary one: what is in the file is sent, not what it decodes to.
    binary = buf.buffer if isinstance(buf, io.TextIOWrapper) else buf
    _check(binary)
    if isinstance(buf, io.TextIOWrapper) and buf.writable():
        buf.flush()
    if isinstance(buf, io.StringIO):
        yield MemorySource(_encoded(buf.getvalue()))
        buf.seek(0)
        return
    if isinstance(binary, io.BytesIO):
        # No copy: it shares its bytes until one of the two is written to.
        yield MemorySource(binary.getvalue())
        buf.seek(0)
        return
    descriptor = _descriptor(binary)
    if descriptor is not None:
        on_disk = FileSource(descriptor, str(getattr(binary, "name", "the file")))
        yield on_disk
        on_disk.warn_if_changed()
        buf.seek(0)
        return
    if _seekable(binary):
        binary.seek(0)
    with _spooled(binary) as source:
        yield source
    if _seekable(binary):
        binary.seek(0)


def check_source(buf: Any) -> None:
    """Refuse what `open_source` would, without reading from it.

    Raises
    ------
    CivisInputError
        When `buf` is no path and no buffer of bytes that can be read.
    OSError
        When the path can't be read.
    """
    if not isinstance(buf, str | os.PathLike):
        _check(buf.buffer if isinstance(buf, io.TextIOWrapper) else buf)
        return
    path = Path(buf)
    if not stat.S_ISFIFO(path.stat().st_mode):  # who opens a pipe takes what is in it
        path.open("rb").close()


def full_disk_named() -> AbstractContextManager[None]:
    """Raise a full disk's error with the name of its temporary folder."""
    return disk_errors(
        f"What is to be uploaded could not be prepared in {tempfile.gettempdir()}",
        "Free some space, or name another folder in the environment variable TMPDIR. "
        "Nothing was sent.",
        CivisUploadError,
    )


def _check(buf: Any) -> None:
    """Raise when a buffer can't be read from."""
    if not callable(getattr(buf, "read", None)):
        raise CivisInputError(
            f"A {type(buf).__name__} is neither a path nor a buffer that can be read from. "
            "Give a path, or a file opened with mode 'rb', or an io.BytesIO()."
        )
    if getattr(buf, "closed", False):
        raise CivisInputError(f"{getattr(buf, 'name', 'The buffer')} is closed; open it again.")
    readable = getattr(buf, "readable", None)
    if callable(readable) and not readable():
        raise CivisInputError(
            f"{getattr(buf, 'name', 'The buffer')} is not open for reading. "
            "Open it with mode 'rb' or 'w+b', or give its path."
        )


def _seekable(buf: Any) -> bool:
    seekable = getattr(buf, "seekable", None)
    if callable(seekable):
        return bool(seekable())
    return callable(getattr(buf, "seek", None))


def _descriptor(buf: Any) -> int | None:
    """Return the descriptor of a plain file on disk, what was written to it flushed.

    Only for the classes of `io` itself: others (a `gzip.GzipFile`) have a descriptor too,
    of a file that holds something else than what they read.
    """
    buf = getattr(buf, "file", buf) if type(buf).__module__ == "tempfile" else buf
    raw = getattr(buf, "raw", buf)
    if type(buf) not in (io.BufferedReader, io.BufferedRandom, io.FileIO):
        return None
    if type(raw) is not io.FileIO or not raw.seekable():
        return None
    if buf.writable():
        buf.flush()
    return raw.fileno() if _has_size(raw.fileno()) else None


def _has_size(descriptor: int) -> bool:
    """Return whether the system tells how long a file is: pipes, devices and /proc have 0."""
    found = os.fstat(descriptor)
    return stat.S_ISREG(found.st_mode) and found.st_size > 0


@contextlib.contextmanager
def _spooled(buf: Any) -> Iterator[Source]:
    """Yield the rest of a buffer as a temporary file."""
    with tempfile.TemporaryFile(buffering=0) as file:
        with full_disk_named():
            _copy(buf, file)
        yield FileSource(file.fileno(), "the buffer")


def _copy(buf: Any, file: Any) -> None:
    """Write the rest of a buffer into a file."""
    while head := buf.read(CHUNK_BYTES):
        write_all(file, _encoded(head) if isinstance(head, str) else head)
    if head is None:
        raise CivisInputError("The buffer has nothing to read yet. Open it so that it waits.")


def _encoded(text: str) -> bytes:
    """Return a text as UTF-8: what the platform takes a file of text for."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise CivisInputError(
            f"The buffer holds a text that is no Unicode ({error.reason}). Give its bytes."
        ) from None


class CountedSource:
    """Another source, `source`, of which every piece that is read is counted.

    Parameters
    ----------
    source
        The source.
    count
        Called with the bytes of each piece, from the thread that reads.
    """

    def __init__(self, source: Source, count: Callable[[int], None]) -> None:
        self.source = source
        self._count = count
        self.size = source.size

    def read(self, start: int, stop: int) -> Iterator[bytes | memoryview]:
        """Return the bytes from `start` to `stop`, in pieces."""
        for data in self.source.read(start, stop):
            yield data
            self._count(len(data))
