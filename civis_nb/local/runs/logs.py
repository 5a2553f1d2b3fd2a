"""The log of a run: written in batches, read while the run goes on (API protocol, 4.5)."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, insert, select

from civis_nb.local.runs.jobs import ACTIVE, find_run
from civis_nb.local.store import Store, utc_now
from civis_nb.local.store.schema import logs

__all__ = ["LEVELS", "LogPage", "RunLog", "append_logs", "read_logs", "rows_text"]

LEVELS = ("unknown", "fatal", "error", "warn", "info", "debug")
MAX_AGE_S = 0.2
_MAX_BATCH = 2000
_DEFAULT_LIMIT = 10_000
_MAX_LIMIT = 100_000

#: A level, a message, and the time it was written at.
Entry = tuple[str, str, str]


def append_logs(store: Store, run_id: int, entries: Iterable[Entry]) -> None:
    """Add entries to a run's log, in their order, under the next ids from 1 on."""
    rows = [
        {"run_id": run_id, "level": level, "message": storable(message), "created_at": moment}
        for level, message, moment in entries
    ]
    if not rows:
        return
    with store.begin() as connection:
        last = connection.scalar(select(func.max(logs.c.id)).where(logs.c.run_id == run_id)) or 0
        for number, row in enumerate(rows, last + 1):
            row["id"] = number
        connection.execute(insert(logs), rows)


def storable(text: str) -> str:
    """Replace what a database can't hold in text: NUL and half surrogate pairs."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


@dataclass
class RunLog:
    """A run's log as its handler writes it; entries are stored in batches.

    Parameters
    ----------
    store, run_id
        Where the entries go.
    """

    store: Store
    run_id: int
    _pending: list[Entry] = field(default_factory=list)
    _oldest: float = 0.0

    def add(self, level: str, message: str) -> None:
        """Add an entry; it is in the store at the latest `MAX_AGE_S` and one `tick` later."""
        if not self._pending:
            self._oldest = time.monotonic()
        self._pending.append((level, message, utc_now()))
        if len(self._pending) >= _MAX_BATCH:
            self.flush()

    def write(self, level: str, message: str) -> None:
        """Add an entry that is seen at once; the form that databases call."""
        self.add(level, message)
        self.flush()

    def info(self, message: str) -> None:
        """Add an entry that is seen at once."""
        self.write("info", message)

    def warn(self, message: str) -> None:
        """Add a warning that is seen at once."""
        self.write("warn", message)

    def tick(self) -> None:
        """Store what has waited long enough."""
        if self._pending and time.monotonic() - self._oldest >= MAX_AGE_S:
            self.flush()

    def flush(self) -> None:
        """Store all that waits."""
        append_logs(self.store, self.run_id, self._pending)
        self._pending = []

    def drop_pending(self) -> int:
        """Drop the entries that could not be stored; return their number."""
        lost, self._pending = len(self._pending), []
        return lost


def rows_text(count: int) -> str:
    """Return a number of rows as log entries show it.

    Examples
    --------
    >>> rows_text(1), rows_text(1200)
    ('1 row', '1,200 rows')
    """
    return f"{count:,} row{'' if count == 1 else 's'}"


@dataclass(frozen=True)
class LogPage:
    """Part of a log, and what its two headers say."""

    entries: list[dict[str, Any]]
    headers: dict[str, str]


def read_logs(
    connection: Connection, job_id: int, run_id: int, last_id: int | None, limit: int | None
) -> LogPage:
    """Return log entries of a run.

    Parameters
    ----------
    connection
        A transaction: state, highest id and entries must belong together.
    job_id, run_id
        Whose log.
    last_id
        Entries with this id or a lower one are left out, the rest comes in order of ids; None:
        the newest come first.
    limit
        How many at most; None: 10,000.

    Raises
    ------
    NotFound
        When the job has no such run.
    """
    run = find_run(connection, job_id, run_id)
    highest = connection.scalar(select(func.max(logs.c.id)).where(logs.c.run_id == run_id))
    query = select(logs.c.id, logs.c.created_at, logs.c.level, logs.c.message).where(
        logs.c.run_id == run_id
    )
    if last_id is None:
        query = query.order_by(logs.c.created_at.desc(), logs.c.id.desc())
    else:
        query = query.where(logs.c.id > last_id).order_by(logs.c.id)
    size = _DEFAULT_LIMIT if limit is None else max(1, min(limit, _MAX_LIMIT))
    rows = connection.execute(query.limit(size)).mappings()
    active = run.state in ACTIVE
    headers = {"Civis-Cache-Control": "no-store" if active else "private"}
    if highest is not None or not active:
        headers["Civis-Max-Id"] = str(highest or 0)
    headers["Access-Control-Expose-Headers"] = "Civis-Cache-Control, Civis-Max-Id"
    return LogPage([dict(row) for row in rows], headers)
