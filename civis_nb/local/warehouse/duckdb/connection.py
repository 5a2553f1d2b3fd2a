"""The connection to a DuckDB file, reopened after a fatal error or a full disk.

After some errors, a checkpoint on a full disk for one, DuckDB refuses all further work until the
database is opened again. And disk space that a failed statement used is freed only then. Neither
may need a restart of the platform.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import duckdb

from civis_nb.errors import CivisLocalError, WarehouseError
from civis_nb.local.store.full_disk import says_full

__all__ = ["Connection"]

_INVALIDATED = ("has been invalidated", "fatal error")
#: How long running operations may delay the reopening.
_REOPEN_DEADLINE_S = 10.0


class Connection:
    """One open database, shared by all threads.

    Parameters
    ----------
    connect
        Opens the database and sets it up.
    give_back
        Gives the disk space that the database does not use back to the system, by a connection
        that has just been opened.
    """

    def __init__(
        self,
        connect: Callable[[], duckdb.DuckDBPyConnection],
        give_back: Callable[[duckdb.DuckDBPyConnection], None],
    ) -> None:
        self._connect = connect
        self._give_back = give_back
        self._changed = threading.Condition()
        self._active = 0
        self._invalidated = self._full = False
        self._open: duckdb.DuckDBPyConnection | None = connect()
        self._closed = False

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open a cursor for one operation, which must close it.

        Raises
        ------
        CivisLocalError
            When the database is closed, or can't be opened again.
        """
        with self._changed:
            self._reopen_if_needed()
            if self._open is None:
                raise CivisLocalError("The database is closed: the local platform was stopped.")
            cursor = self._open.cursor()
            self._active += 1
        try:
            yield cursor
        except (WarehouseError, duckdb.Error) as error:
            self._note_failure(str(error))
            raise
        finally:
            with self._changed:
                self._active -= 1
                self._changed.notify_all()
                if self._full and not self._active:
                    # The next step, storing the end of this run, needs the space.
                    with suppress(CivisLocalError):
                        self._reopen_if_needed()

    def _note_failure(self, text: str) -> None:
        """Note whether an error makes reopening necessary."""
        with self._changed:
            self._invalidated |= _says_invalidated(text)
            self._full |= says_full(text)

    def _reopen_if_needed(self) -> None:
        """Reopen the database after a fatal error, or to free disk space when nothing runs."""
        if self._closed or not (self._invalidated or self._full):
            return
        if self._active and not self._invalidated:
            return  # only space is to be freed: a later operation may find no other running
        deadline = time.monotonic() + _REOPEN_DEADLINE_S
        while self._active and (left := deadline - time.monotonic()) > 0:
            self._changed.wait(left)
        if self._closed or not (self._invalidated or self._full):
            return  # another thread has reopened it meanwhile
        self._close()
        # With no connection left DuckDB drops the database, and reads it from the disk again.
        self._open = self._connect()
        self._invalidated = self._full = False
        try:
            self._give_back(self._open)
        except duckdb.Error as error:
            self._invalidated = _says_invalidated(str(error))

    def _close(self, *, checkpoint: bool = True) -> None:
        """Interrupt what runs, and close the connection."""
        connection, self._open = self._open, None
        if connection is not None:
            with suppress(duckdb.Error):
                connection.interrupt()
            if checkpoint:
                # Where that fails, the log of changes is read when the database is next opened.
                with suppress(duckdb.Error):
                    connection.execute("CHECKPOINT")
            with suppress(duckdb.Error):
                connection.close()

    def close(self, *, checkpoint: bool = True) -> bool:
        """Close the database; operations that run fail. False when it was closed before.

        Without `checkpoint` the latest changes stay in the log beside the file.
        """
        with self._changed:
            was_open, self._closed = not self._closed, True
            self._close(checkpoint=checkpoint)
            return was_open


def _says_invalidated(text: str) -> bool:
    """Return whether after an error of this text the database must be opened again."""
    return any(words in text.lower() for words in _INVALIDATED)
