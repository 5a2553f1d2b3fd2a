"""A full disk recognised among other errors, and space reserved for that case."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import duckdb
from sqlalchemy.exc import DatabaseError

from civis_nb.local.errors import NoSpace

__all__ = ["Reserve", "is_full", "no_space", "no_space_text", "says_full"]

_ERRNOS = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG})
_RESERVE_BYTES = 1024 * 1024
_TOO_LARGE = "file too large"
_FULL_WORDS = ("no space left", "not enough space", "disk quota exceeded", _TOO_LARGE)


def is_full(error: BaseException) -> bool:
    """Return whether an exception says that the disk, the user's share of it, or a file is full.

    Examples
    --------
    >>> is_full(OSError(errno.ENOSPC, "No space left on device"))
    True
    >>> is_full(OSError(errno.ENOENT, "No such file or directory"))
    False
    """
    if isinstance(error, DatabaseError):
        return error.orig is not None and is_full(error.orig)
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    if isinstance(error, duckdb.Error):
        return says_full(str(error))
    return isinstance(error, OSError) and error.errno in _ERRNOS


def says_full(text: str) -> bool:
    """Return whether the text of a database's error is about a full disk."""
    return any(words in text.lower() for words in _FULL_WORDS)


def no_space_text(state: Path, error: BaseException) -> str:
    """Return the text about an error, for which `is_full` holds, of the disk of a state folder."""
    if _TOO_LARGE in str(error).lower():
        return (
            f"No file in the local platform's state folder {state} can become as large as this "
            "needs: the file system has a limit, or the user (ulimit -f). What was there before "
            "is intact. Raise the limit, or start the platform with another folder (state=…)."
        )
    return (
        f"The disk that holds the local platform's state folder {state} is full. What was there "
        "before is intact. Free some space on it, then try again."
    )


def no_space(state: Path, error: BaseException) -> NoSpace:
    """Return the error of a request that the full disk stopped."""
    return NoSpace(no_space_text(state, error))


class Reserve:
    """Some space that is kept, so that the ends of runs can be stored when the disk is full.

    Parameters
    ----------
    path
        The file that keeps it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def fill(self) -> None:
        """Reserve the space, where it is not reserved already and there is enough."""
        if self._path.exists():
            return
        try:
            # Written, not only claimed: not all file systems keep what is claimed.
            self._path.write_bytes(b"\0" * _RESERVE_BYTES)
        except OSError:
            self._path.unlink(missing_ok=True)

    def release(self) -> bool:
        """Free the space; return False when there was none."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True
