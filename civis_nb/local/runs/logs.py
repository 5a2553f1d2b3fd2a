"""The log of a run: written in batches, read while the run goes on (API protocol, 4.5).

A log keeps `log_limit_mib` of its entries: the beginning, which stays, and the end. Between the two
an entry says how much was left out. Ids only increase; those of entries that were left out are not
used again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, LargeBinary, bindparam, cast, delete, func, insert, select

from civis_nb import config
from civis_nb.local.runs.jobs import ACTIVE, find_run
from civis_nb.local.store import Store, utc_now
from civis_nb.local.store.schema import log_sizes, logs

__all__ = ["LEVELS", "LogPage", "RunLog", "append_logs", "read_logs", "rows_text"]

LEVELS = ("unknown", "fatal", "error", "warn", "info", "debug")
MAX_AGE_S = 0.2
_MAX_BATCH = 2000
_DEFAULT_LIMIT = 10_000
_MAX_LIMIT = 100_000
_MIB = 1 << 20
#: What waits is stored at the latest when it is this long, and an entry is cut to it.
_MAX_BATCH_CHARS = _MIB
_MAX_MESSAGE_CHARS = _MIB
#: Of messages in one answer; what follows is in the next one.
_MAX_ANSWER_BYTES = 8 * _MIB
#: What an entry takes in the store beside its message.
_ENTRY_BYTES = 80
#: Of the limit, how much is removed at once, so that few removals are needed.
_REMOVED_PART = 8

#: A level, a message, and the time it was written at.
Entry = tuple[str, str, str]

#: Made once: making a statement takes longer than running it.
_LAST_ID = select(func.max(logs.c.id)).where(logs.c.run_id == bindparam("run_id"))
_STORED_SIZE = select(log_sizes).where(log_sizes.c.run_id == bindparam("run_id"))
_ADD = insert(logs)
_SET_SIZE = insert(log_sizes).prefix_with("OR REPLACE")


def append_logs(store: Store, run_id: int, entries: Iterable[Entry]) -> None:
    """Add entries to a run's log, in their order, under the next ids from 1 on.

    When the log is longer than `log_limit_mib`, entries are removed from its middle.
    """
    rows: list[dict[str, Any]] = [
        {"run_id": run_id, "level": level, "message": _shortened(message), "created_at": moment}
        for level, message, moment in entries
    ]
    if not rows:
        return
    limit_bytes = config.get("log_limit_mib") * _MIB
    with store.begin() as connection:
        last = connection.scalar(_LAST_ID, {"run_id": run_id}) or 0
        size = _size(connection, run_id, limit_bytes // 2)
        for number, row in enumerate(rows, last + 1):
            row["id"] = number
            size.add(number, len(row["message"].encode()) + _ENTRY_BYTES, limit_bytes // 2)
        connection.execute(_ADD, rows)
        if size.kept_bytes > limit_bytes:
            _leave_out(connection, run_id, size, limit_bytes)
        connection.execute(_SET_SIZE, {"run_id": run_id, **vars(size)})


@dataclass
class _Size:
    """How much of a log is kept; the columns of `log_sizes`."""

    kept_bytes: int = 0
    head_id: int | None = None
    note_id: int | None = None
    left_out_entries: int = 0
    left_out_bytes: int = 0

    def add(self, number: int, size_bytes: int, head_bytes: int) -> None:
        """Count an entry, which is the last of the beginning if that is long enough with it."""
        self.kept_bytes += size_bytes
        if self.head_id is None and self.kept_bytes >= head_bytes:
            self.head_id = number


def _size(connection: Connection, run_id: int, head_bytes: int) -> _Size:
    """Return the size of a log: the stored one, or counted where there is none."""
    row = connection.execute(_STORED_SIZE, {"run_id": run_id}).one_or_none()
    if row is not None:
        return _Size(**{name: value for name, value in row._mapping.items() if name != "run_id"})
    size = _Size()
    query = select(logs.c.id, _ENTRY_COST).where(logs.c.run_id == run_id).order_by(logs.c.id)
    for number, size_bytes in connection.execute(query):
        size.add(number, size_bytes, head_bytes)
    return size


#: What an entry that is stored counts.
_ENTRY_COST = func.length(cast(logs.c.message, LargeBinary)) + _ENTRY_BYTES


def _leave_out(connection: Connection, run_id: int, size: _Size, limit_bytes: int) -> None:
    """Remove entries after the beginning, the oldest first, and say how many they were."""
    wanted_bytes = size.kept_bytes - (limit_bytes - limit_bytes // _REMOVED_PART)
    query = (
        select(logs.c.id, logs.c.created_at, _ENTRY_COST.label("bytes"))
        .where(logs.c.run_id == run_id, logs.c.id > (size.head_id or 0))
        .where(logs.c.id > (size.note_id or 0))
        .order_by(logs.c.id)
    )
    removed: list[Any] = []
    with connection.execute(query) as found:
        for row in found:
            removed.append(row)
            wanted_bytes -= row.bytes
            if wanted_bytes <= 0:
                break
    if not removed:
        return
    last = removed[-1]
    removed_bytes = sum(row.bytes for row in removed)
    size.kept_bytes -= removed_bytes
    size.left_out_entries += len(removed)
    size.left_out_bytes += removed_bytes - len(removed) * _ENTRY_BYTES
    size.note_id = last.id
    middle = (logs.c.run_id == run_id, logs.c.id > (size.head_id or 0), logs.c.id <= last.id)
    connection.execute(delete(logs).where(*middle))
    note = (
        f"[{size.left_out_entries:,} lines with {size.left_out_bytes:,} bytes were left out here: "
        f"a log keeps {limit_bytes // _MIB} MiB, half of them of its beginning and half of its "
        "end (setting log_limit_mib).]"
    )
    entry = {"run_id": run_id, "id": last.id, "level": "warn", "message": note}
    connection.execute(insert(logs), {**entry, "created_at": last.created_at})


def _shortened(text: str) -> str:
    """Return a message as it is stored: one that is too long is cut, and says so."""
    left_out = len(text) - _MAX_MESSAGE_CHARS
    if left_out > 0:
        text = f"{text[:_MAX_MESSAGE_CHARS]} [{left_out:,} characters were left out here.]"
    return storable(text)


def storable(text: str) -> str:
    """Replace what a database can't hold in text: NUL and half surrogate pairs."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


@dataclass
class RunLog:
    """A run's log as its handler writes it; entries are stored in batches.

    Who reads the log of an active run has it stored before (`JobRunner.store_log`).

    Parameters
    ----------
    store, run_id
        Where the entries go.
    """

    store: Store
    run_id: int
    _pending: list[Entry] = field(default_factory=list)
    _pending_chars: int = 0
    _oldest: float = 0.0
    #: Held while entries are stored, so that they are in their order.
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def add(self, level: str, message: str) -> None:
        """Add an entry; it is in the store at the latest `MAX_AGE_S` and one `tick` later."""
        with self._lock:
            if not self._pending:
                self._oldest = time.monotonic()
            self._pending.append((level, message, utc_now()))
            self._pending_chars += len(message)
            if len(self._pending) >= _MAX_BATCH or self._pending_chars >= _MAX_BATCH_CHARS:
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
        with self._lock:
            append_logs(self.store, self.run_id, self._pending)
            self._pending, self._pending_chars = [], 0

    def drop_pending(self) -> int:
        """Drop the entries that could not be stored; return their number."""
        with self._lock:
            lost, self._pending, self._pending_chars = len(self._pending), [], 0
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
        How many at most; None: 10,000. Fewer come where their messages are more than 8 MiB: the
        next ones are those after the last id.

    Raises
    ------
    NotFound
        When the job has no such run.
    """
    run = find_run(connection, job_id, run_id)
    highest = connection.scalar(_LAST_ID, {"run_id": run_id})
    query = select(logs.c.id, logs.c.created_at, logs.c.level, logs.c.message).where(
        logs.c.run_id == run_id
    )
    if last_id is None:
        query = query.order_by(logs.c.created_at.desc(), logs.c.id.desc())
    else:
        query = query.where(logs.c.id > last_id).order_by(logs.c.id)
    size = _DEFAULT_LIMIT if limit is None else max(1, min(limit, _MAX_LIMIT))
    entries: list[dict[str, Any]] = []
    room_bytes = _MAX_ANSWER_BYTES
    # One by one: what is beyond the bound is not read.
    with connection.execute(query.limit(size)) as found:
        for row in found:
            room_bytes -= len(row.message.encode())
            if entries and room_bytes < 0:
                break
            entries.append(dict(row._mapping))
    active = run.state in ACTIVE
    headers = {"Civis-Cache-Control": "no-store" if active else "private"}
    if highest is not None or not active:
        headers["Civis-Max-Id"] = str(highest or 0)
    headers["Access-Control-Expose-Headers"] = "Civis-Cache-Control, Civis-Max-Id"
    return LogPage(entries, headers)
