"""Errors that say that the process can open no more files and sockets, and how many it may."""

from __future__ import annotations

import errno
import os
import sqlite3
import sys

from sqlalchemy.exc import DatabaseError

from civis_nb.local.errors import Busy

__all__ = ["is_exhausted", "max_connections", "no_descriptors"]

_ERRNOS = frozenset({errno.EMFILE, errno.ENFILE})
_UNLIMITED = 1 << 20


def is_exhausted(error: BaseException) -> bool:
    """Return whether an exception says that no more files or sockets can be opened.

    Examples
    --------
    >>> is_exhausted(OSError(errno.EMFILE, "Too many open files"))
    True
    >>> is_exhausted(OSError(errno.ENOENT, "No such file or directory"))
    False
    """
    if isinstance(error, DatabaseError):
        return error.orig is not None and is_exhausted(error.orig)
    if isinstance(error, sqlite3.Error):
        # SQLite does not tell why; the store was opened before, so it is there.
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_CANTOPEN
    return isinstance(error, OSError) and error.errno in _ERRNOS


def no_descriptors() -> Busy:
    """Return the error of a request for which nothing could be opened."""
    return Busy(
        "The local platform can open no more files and connections at once. Try again in a "
        "moment; a higher limit (ulimit -n) before it starts lets it serve more clients."
    )


def max_connections() -> int:
    """Return how many connections of clients leave enough descriptors for their requests.

    Half of those that are free: a request opens about as many files as it has connections.
    """
    if sys.platform == "win32":
        return _UNLIMITED
    import resource

    limit, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY or limit > _UNLIMITED:
        return _UNLIMITED
    taken = len(os.listdir("/dev/fd"))  # noqa: PTH208 - names only
    return max((limit - taken) // 2, 1)
