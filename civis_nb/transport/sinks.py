"""Where downloads go: files that appear only when they are complete, and buffers."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from civis_nb.errors import (
    CivisDownloadError,
    CivisError,
    CivisInputError,
    CivisTransferError,
)

__all__ = [
    "check_buffer",
    "complete_file",
    "disk_errors",
    "is_standard_output",
    "write_all",
    "write_buffer",
    "write_path",
]

#: So much may wait for the disk before the download waits for it: the last fsync stays short.
_SYNC_BYTES = 32 * 1024 * 1024


def write_all(file: Any, data: bytes | memoryview) -> None:
    """Write all of `data`, also to a raw file that takes it in parts."""
    written = file.write(data)
    while isinstance(written, int) and written < len(data):
        data = memoryview(data)[written:]
        written = file.write(data)


@contextlib.contextmanager
def disk_errors(
    what: str, then: str = "", kind: type[CivisTransferError] = CivisDownloadError
) -> Iterator[None]:
    """Raise an operating system's disk error as a transfer error.

    Parameters
    ----------
    what
        What could not be done; the words of the system follow.
    then
        What the reader is to know besides.
    kind
        The class of the error.
    """
    try:
        yield
    except OSError as error:
        if isinstance(error, CivisError):
            raise  # a lost connection is one, too
        raise kind(f"{what}: {error.strerror or error}. {then}".rstrip()) from error


def is_standard_output(path: str | os.PathLike[str]) -> bool:
    """Return whether a path leads to where the standard output goes, as ``/dev/stdout`` does."""
    try:
        return os.path.samestat(Path(path).stat(), os.fstat(1))
    except OSError:
        return False


@contextlib.contextmanager
def complete_file(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a file for writing that takes its name only when everything is in it.

    It is written under a temporary name in the same folder, brought to the disk, and renamed.
    When the block fails, the file of that name, if there is one, is untouched, and nothing
    is left behind. What is no ordinary file (a device, a pipe) is written directly, as is the
    standard output: it may be redirected to a file, in which more is written.

    Parameters
    ----------
    path
        The file's name.

    Raises
    ------
    CivisDownloadError
        When the disk does not take what is written; `path` is unchanged.
    OSError
        When the folder does not exist, or can't be written to.
    """
    target = Path(path)
    shown = os.fspath(target)
    # Before links are resolved: that of /dev/stdout leads to a pipe, which has no path.
    to_output = is_standard_output(target)
    if to_output or (target.exists() and not target.is_file()):
        with (
            os.fdopen(os.dup(1), "wb", 0) if to_output else target.open("wb", 0) as direct,
            disk_errors(f"{shown} can't be written to"),
        ):
            yield direct
        return
    if target.is_symlink():
        target = target.resolve()
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.part")
    # os.open, so that the permissions are those of any new file.
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    file = os.fdopen(os.open(temporary, flags, 0o666), "w+b", buffering=0)
    try:
        with disk_errors(f"{shown} could not be written", "It is unchanged."), file:
            yield file
            os.fsync(file.fileno())
        if target.exists():
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_path(chunks: Iterable[bytes], path: str | os.PathLike[str], what: str) -> int:
    """Write chunks to a file that appears only when it is complete.

    Parameters
    ----------
    chunks
        The content.
    path
        The file's name.
    what
        What is downloaded, for the error.

    Returns
    -------
    int
        The bytes written.

    Raises
    ------
    CivisDownloadError
        When the chunks can't be had, or the disk does not take them; `path` is unchanged.
    OSError
        When no file can be made in that folder.
    """
    written = 0
    shown = os.fspath(path)
    with (
        complete_file(path) as file,
        disk_errors(f"{what} could not be written to {shown}", f"{shown} is unchanged."),
        _Writeback(file) as writeback,
    ):
        for chunk in chunks:
            write_all(file, chunk)
            written += len(chunk)
            writeback.written(len(chunk))
    return written


class _Writeback:
    """Flushes to disk while the download goes on."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._since = 0
        self._thread: threading.Thread | None = None

    def __enter__(self) -> _Writeback:
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._thread is not None:
            self._thread.join()

    def written(self, count: int) -> None:
        self._since += count
        if self._since < _SYNC_BYTES or (self._thread is not None and self._thread.is_alive()):
            return
        self._since = 0
        self._thread = threading.Thread(target=self._sync, name="civis-writeback", daemon=True)
        self._thread.start()

    def _sync(self) -> None:
        """Write the file to the disk already, while its end is still to come."""
        # Only a head start: the fsync before the rename is the one whose failure counts.
        with contextlib.suppress(OSError):
            os.fsync(self._file.fileno())


def check_buffer(buffer: Any) -> None:
    """Refuse a buffer that does not take bytes.

    Raises
    ------
    CivisInputError
        When `buffer` has no ``write``, is a text buffer, or is open for reading only.
    """
    write = getattr(buffer, "write", None)
    if not callable(write):
        raise CivisInputError(
            f"{buffer!r} is neither a path nor a buffer that can be written to. "
            "Give a path, or a file opened with mode 'wb', or an io.BytesIO()."
        )
    try:
        write(b"")
    except TypeError:
        raise CivisInputError(
            "The buffer takes text, and a file's content is bytes. "
            "Open it with mode 'wb', or give an io.BytesIO()."
        ) from None
    except (OSError, ValueError) as error:
        raise CivisInputError(f"The buffer can't be written to: {error}.") from None


def write_buffer(chunks: Iterable[bytes], buffer: Any) -> int:
    """Write chunks to a buffer, in order, from its present position.

    When the chunks fail, a buffer that was at its end is cut back to what it held.

    Returns
    -------
    int
        The bytes written.

    Raises
    ------
    CivisDownloadError
        When the chunks can't be had, or the buffer does not take them.
    """
    start = _end_position(buffer)
    written = 0
    try:
        for chunk in chunks:
            with disk_errors("The buffer could not be written to"):
                write_all(buffer, chunk)
            written += len(chunk)
    except BaseException:
        if start is not None:
            buffer.seek(start)
            buffer.truncate()
        raise
    return written


def _end_position(buffer: Any) -> int | None:
    """Return the position of a seekable buffer that stands at its end, else None."""
    try:
        if not buffer.seekable() or not callable(getattr(buffer, "truncate", None)):
            return None
        position = int(buffer.tell())
        end = int(buffer.seek(0, os.SEEK_END))
        buffer.seek(position)
    except (AttributeError, OSError, ValueError, TypeError):
        return None
    return position if position == end else None
