"""What notebooks have run, and the statements that were saved under a name; kept on disk.

The SQL is kept as it was written: the values of ``:names`` are not in it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from civis_nb._cache_folder import history_folder
from civis_nb.errors import CivisMagicError
from civis_nb.near_names import did_you_mean

__all__ = ["Entry", "History", "Saved"]

log = logging.getLogger(__name__)

_MAX_ENTRIES: Final = 10_000
#: A longer text is run, and not kept.
_MAX_CHARS: Final = 2_000_000
_WAIT_S: Final = 2.0
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, started_at REAL NOT NULL, kind TEXT NOT NULL,
    title TEXT NOT NULL, source TEXT, with_saved TEXT NOT NULL DEFAULT '[]', database TEXT,
    endpoint TEXT NOT NULL, job_id INTEGER, run_id INTEGER, state TEXT, took_s REAL);
CREATE TABLE IF NOT EXISTS saved (
    name TEXT PRIMARY KEY, source TEXT NOT NULL, with_saved TEXT NOT NULL, saved_at REAL NOT NULL);
"""


@dataclass(frozen=True)
class Saved:
    """A statement that can be run again.

    Attributes
    ----------
    source
        The SQL, as it was written.
    with_saved
        The names of the saved statements that go before it.
    database
        The name of the database that it ran on; None where it is not known.
    """

    source: str
    with_saved: tuple[str, ...] = ()
    database: str | None = None


@dataclass(frozen=True)
class Entry:
    """A run that a notebook has started.

    Attributes
    ----------
    number
        What ``--again`` calls it.
    started_at
        When, in seconds since 1970.
    kind
        ``sql``, ``job``, or the language of a script.
    title
        What it was: the first line of SQL, the name of a job.
    endpoint
        The platform.
    job_id, run_id
        The run; None where it is not known.
    state
        How it ended; ``started`` where nobody saw the end.
    took_s
        How long it took; None where nobody saw the end.
    """

    number: int
    started_at: float
    kind: str
    title: str
    endpoint: str
    job_id: int | None
    run_id: int | None
    state: str
    took_s: float | None


class _Kept:
    """A connection that is kept for the next cell: opening one takes longer than what it is for."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.lock = threading.Lock()
        self._file: tuple[Path, int, int] | None = None
        self._connection: sqlite3.Connection | None = None
        self._end: weakref.finalize[..., Any] | None = None

    def to(self, path: Path) -> sqlite3.Connection:
        """Return a connection to a file, which is made where it is not there."""
        if self._connection is not None and self._file == _identity(path):
            return self._connection
        self.close()
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # What people query is nobody else's business.
            path.touch(mode=0o600)
        connection = sqlite3.connect(
            path, timeout=_WAIT_S, isolation_level="IMMEDIATE", check_same_thread=False
        )
        self._end = weakref.finalize(self, connection.close)
        self._end.atexit = False  # a fork that ends has the one of its parent
        # A power cut may cost the last entries, a wait for the disk would cost every cell.
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(_SCHEMA)
        self._connection, self._file = connection, _identity(path)
        return connection

    def close(self) -> None:
        """Close the connection."""
        self._connection = None
        if self._end is not None:
            self._end()


def _identity(path: Path) -> tuple[Path, int, int] | None:
    """Return what tells a file from another that takes its place; None when there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return path, found.st_dev, found.st_ino


class History:
    """The history of all notebooks of this user.

    It is in the folder of the setting ``history_dir``. Where that can't be written, notebooks
    work all the same, without a history.
    """

    def __init__(self) -> None:
        self._kept = _Kept()
        self._inherited: list[_Kept] = []

    @property
    def path(self) -> Path:
        """The file."""
        return history_folder() / "history.sqlite"

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction on the file."""
        if self._kept.process != os.getpid():
            # A fork's connection and lock belong to its parent. They are not closed: that could
            # undo what the parent is writing.
            self._inherited.append(self._kept)
            self._kept = _Kept()
        kept = self._kept
        # Cells end in other threads than they begin in.
        with kept.lock:
            try:
                with kept.to(self.path) as connection:
                    yield connection
            except sqlite3.Error:
                kept.close()
                raise

    # -- runs -----------------------------------------------------------------------------

    def add(
        self,
        kind: str,
        title: str,
        endpoint: str,
        *,
        saved: Saved | None = None,
        job_id: int | None = None,
        run_id: int | None = None,
        state: str | None = None,
        took_s: float | None = None,
    ) -> int | None:
        """Record a run that was started; return its number, None where nothing can be kept.

        `state` and `took_s` are given where its end is known already.
        """
        source = saved.source if saved and len(saved.source) <= _MAX_CHARS else None
        values = (
            time.time(), kind, title, source, json.dumps(saved.with_saved if saved else ()),
            saved.database if saved else None, endpoint, job_id, run_id, state, took_s,
        )  # fmt: skip
        try:
            with self._opened() as connection:
                number = connection.execute(
                    "INSERT INTO runs (started_at, kind, title, source, with_saved, database, "
                    "endpoint, job_id, run_id, state, took_s) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    values,
                ).lastrowid
                oldest = (number or 0) - _MAX_ENTRIES
                connection.execute("DELETE FROM runs WHERE number <= ?", (oldest,))
            return number
        except (OSError, sqlite3.Error) as error:
            log.warning("The history can't be written: %s (%s)", error, self.path)
            return None

    def finish(self, number: int | None, state: str, took_s: float | None) -> None:
        """Record how a run ended."""
        if number is None:
            return
        try:
            with self._opened() as connection:
                connection.execute(
                    "UPDATE runs SET state = ?, took_s = ? WHERE number = ?",
                    (state, took_s, number),
                )
        except (OSError, sqlite3.Error) as error:
            log.warning("The history can't be written: %s (%s)", error, self.path)

    def entries(self, pattern: str | None = None, most: int = 20) -> list[Entry]:
        """Return the newest entries, newest first.

        Parameters
        ----------
        pattern
            What the title or the SQL must hold, in upper or lower case, or what the title is like,
            with ``*`` and ``?`` for any characters; None: all.
        most
            How many.

        Raises
        ------
        CivisMagicError
            When the history can't be read.
        """
        sql = "SELECT number, started_at, kind, title, endpoint, job_id, run_id, "
        sql += "COALESCE(state, 'started'), took_s FROM runs "
        values: list[Any] = []
        if pattern:
            # An asterisk may be one of the SQL that is looked for.
            sql += "WHERE instr(lower(title), lower(?)) OR instr(lower(source), lower(?)) "
            sql += "OR lower(title) GLOB lower(?) "
            values += [pattern] * 3
        with self._read() as connection:
            found = connection.execute(
                sql + "ORDER BY number DESC LIMIT ?", [*values, most]
            ).fetchall()
        return [Entry(*row) for row in found]

    # -- statements -----------------------------------------------------------------------

    def save(self, name: str, saved: Saved) -> None:
        """Keep a statement under a name, in place of an older one.

        Raises
        ------
        CivisMagicError
            When it can't be kept.
        """
        values = (name, saved.source, json.dumps(saved.with_saved), time.time())
        with self._read() as connection:
            connection.execute("INSERT OR REPLACE INTO saved VALUES (?, ?, ?, ?)", values)

    def statement(self, name: str) -> Saved:
        """Return the statement of an entry, by its number, or the one that was saved as `name`.

        Raises
        ------
        CivisMagicError
            When there is none.
        """
        if name.isdecimal():
            return self._of_entry(int(name))
        with self._read() as connection:
            row = connection.execute(
                "SELECT source, with_saved FROM saved WHERE name = ?", (name,)
            ).fetchone()
            names = [one for (one,) in connection.execute("SELECT name FROM saved ORDER BY name")]
        if row is None:
            hint = did_you_mean(name, names, 2)
            if not hint and names:
                hint = f" There are: {', '.join(names[:20])}."
            kept = name if name.isidentifier() else "NAME"
            raise CivisMagicError(
                f"No statement is saved as {name!r}.{hint} Save one with --save {kept}."
            )
        return Saved(row[0], tuple(json.loads(row[1])))

    def _of_entry(self, number: int) -> Saved:
        """Return the statement of an entry of the history."""
        with self._read() as connection:
            row = connection.execute(
                "SELECT source, with_saved, database, kind FROM runs WHERE number = ?", (number,)
            ).fetchone()
        if row is None:
            raise CivisMagicError(
                f"The history has no entry {number}. %civis_jobs --history lists them."
            )
        if row[0] is None or row[3] != "sql":
            raise CivisMagicError(
                f"Entry {number} of the history is no SQL that was kept. Run its job with "
                "%civis_run, whose id %civis_jobs --history shows."
            )
        return Saved(row[0], tuple(json.loads(row[1])), row[2])

    @contextlib.contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection to the history; raise a plain error where that fails."""
        try:
            with self._opened() as connection:
                yield connection
        except (OSError, sqlite3.Error) as error:
            raise CivisMagicError(
                f"The history can't be used: {error} ({self.path}). "
                "%civis_config history_dir FOLDER names another folder."
            ) from None
