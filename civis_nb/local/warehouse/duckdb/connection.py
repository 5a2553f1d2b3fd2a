"""The connection to a DuckDB file, opened anew when DuckDB gives the database up.

After some faults, a checkpoint on a full disk for one, DuckDB refuses all further work until
the database is opened again. And what a statement took of the disk before it failed is given
back only then. Both must not need a restart of the platform.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import duckdb

from civis_nb.errors import CivisLocalError, WarehouseError

__all__ = ["Connection"]

_GIVEN_UP = ("has been invalidated", "fatal error")
_FULL = ("no space left", "disk quota exceeded")
#: How long work that is under way may hold up the opening anew.
_RENEW_DEADLINE_S = 10.0


class Connection:
    """One open database, shared by all threads.

    Parameters
    ----------
    connect
        Opens the database and sets it up.
    """

    def __init__(self, connect: Callable[[], duckdb.DuckDBPyConnection]) -> None:
        self._connect = connect
        self._changed = threading.Condition()
        self._active = 0
        self._given_up = self._bloated = False
        self._open: duckdb.DuckDBPyConnection | None = connect()
        self._closed = False

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend a cursor for one operation, which must close it.

        Raises
        ------
        CivisLocalError
            When the database is closed, or can't be opened anew.
        """
        with self._changed:
            self._renew_if_needed()
            if self._open is None:
                raise CivisLocalError("The database is closed: the local platform was stopped.")
            cursor = self._open.cursor()
            self._active += 1
        try:
            yield cursor
        except (WarehouseError, duckdb.Error) as error:
            self._judge(str(error).lower())
            raise
        finally:
            with self._changed:
                self._active -= 1
                self._changed.notify_all()
                if self._bloated and not self._active:
                    # What comes next, the end of this run for one, needs the space.
                    with suppress(CivisLocalError):
                        self._renew_if_needed()

    def _judge(self, text: str) -> None:
        with self._changed:
            self._given_up |= any(words in text for words in _GIVEN_UP)
            self._bloated |= any(words in text for words in _FULL)

    def _renew_if_needed(self) -> None:
        if self._closed or not (self._given_up or self._bloated):
            return
        if self._active and not self._given_up:
            return  # it is only about space: the next one may find nobody at work
        deadline = time.monotonic() + _RENEW_DEADLINE_S
        while self._active and (left := deadline - time.monotonic()) > 0:
            self._changed.wait(left)
        if self._closed or not (self._given_up or self._bloated):
            return  # somebody else has done it meanwhile
        self._close()
        # With no connection left DuckDB forgets the database, and reads it from the disk again.
        self._open = self._connect()
        self._given_up = self._bloated = False
        try:
            self._open.execute("CHECKPOINT")  # this is what gives the space back
        except duckdb.Error as error:
            self._given_up = any(words in str(error).lower() for words in _GIVEN_UP)

    def _close(self) -> None:
        connection, self._open = self._open, None
        if connection is not None:
            with suppress(duckdb.Error):
                connection.interrupt()
            with suppress(duckdb.Error):
                connection.close()

    def close(self) -> bool:
        """Close the database; operations that run fail. False when it was closed before."""
        with self._changed:
            was_open, self._closed = not self._closed, True
            self._close()
            return was_open
