"""Errors that say that another program holds the lock of the store."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DatabaseError

from civis_nb.local.errors import Busy
from civis_nb.local.store.descriptors import is_exhausted
from civis_nb.local.store.full_disk import is_full

__all__ = ["is_locked", "may_pass", "store_is_locked"]


def is_locked(error: BaseException) -> bool:
    """Return whether an exception says that another program holds the store's lock.

    Examples
    --------
    >>> is_locked(OSError("no error of the store"))
    False
    """
    if isinstance(error, DatabaseError):
        return error.orig is not None and is_locked(error.orig)
    # Its lowest byte is what it is, the others tell more.
    code = getattr(error, "sqlite_errorcode", None) if isinstance(error, sqlite3.Error) else None
    return code is not None and code & 0xFF == sqlite3.SQLITE_BUSY


def may_pass(error: BaseException) -> bool:
    """Return whether what the store refuses now may be stored in a while."""
    return is_full(error) or is_exhausted(error) or is_locked(error)


def store_is_locked() -> Busy:
    """Return the error of a request that could not change the store."""
    return Busy(
        "Another program holds the lock of platform.sqlite in the local platform's state folder. "
        "Nothing was done. Close that program, such as a viewer of databases with changes that it "
        "has not stored, then try again."
    )
