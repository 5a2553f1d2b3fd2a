"""The log of a run: written in batches, read while the run goes on (API protocol, 4.5)."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from itertools import islice

from civis_nb.local.context import PlatformContext
from civis_nb.local.files.run_logs import LogLine, RunLogs
from civis_nb.local.runs.jobs import ACTIVE, find_run
from civis_nb.local.store import utc_now
from civis_nb.local.store.descriptors import is_exhausted

__all__ = ["LEVELS", "LogPage", "RunLog", "read_logs", "rows_text"]

LEVELS = ("unknown", "fatal", "error", "warn", "info", "debug")
MAX_AGE_S = 0.2
_MAX_BATCH = 2000
_DEFAULT_LIMIT = 10_000
_MAX_LIMIT = 100_000
#: What waits is stored at the latest when it is this long.
_MAX_BATCH_CHARS = 1 << 20
#: Of messages in one answer; what follows is in the next one.
_MAX_ANSWER_BYTES = 8 << 20

#: A level, a message, and the time it was written at.
Entry = tuple[str, str, str]


@dataclass
class RunLog:
    """A run's log as its handler writes it; entries are stored in batches.

    Who reads the log of an active run has it stored before (`JobRunner.store_log`).

    Parameters
    ----------
    logs, run_id
        Where the entries go.
    """

    logs: RunLogs
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
                self._flush_or_wait()

    def write(self, level: str, message: str) -> None:
        """Add an entry that is seen at once; the form that databases call."""
        self.add(level, message)
        self._flush_or_wait()

    def info(self, message: str) -> None:
        """Add an entry that is seen at once."""
        self.write("info", message)

    def warn(self, message: str) -> None:
        """Add a warning that is seen at once."""
        self.write("warn", message)

    def tick(self) -> None:
        """Store what has waited long enough."""
        if self._pending and time.monotonic() - self._oldest >= MAX_AGE_S:
            self._flush_or_wait()

    def flush(self) -> None:
        """Store all that waits."""
        with self._lock:
            self.logs.append(self.run_id, self._pending)
            self._pending, self._pending_chars = [], 0

    def _flush_or_wait(self) -> None:
        """Store all that waits, or leave it waiting while no file can be opened."""
        try:
            self.flush()
        except OSError as error:
            if not is_exhausted(error):
                raise

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

    entries: list[LogLine]
    headers: dict[str, str]


def read_logs(
    context: PlatformContext, job_id: int, run_id: int, last_id: int | None, limit: int | None
) -> LogPage:
    """Return log entries of a run.

    Parameters
    ----------
    context
        The platform.
    job_id, run_id
        Whose log.
    last_id
        Entries with this id or a lower one are left out, the rest comes in order of ids; None:
        the newest ones, of which the one with the latest time comes first.
    limit
        How many at most; None: 10,000. Fewer come where their messages are more than 8 MiB: the
        next ones are those after the last id.

    Raises
    ------
    NotFound
        When the job has no such run.
    """
    # The state first: the log of a run that has ended is complete.
    with context.store.read() as connection:
        active = find_run(connection, job_id, run_id).state in ACTIVE
    highest = context.logs.highest_id(run_id)
    found = context.logs.newest(run_id) if last_id is None else context.logs.after(run_id, last_id)
    size = _DEFAULT_LIMIT if limit is None else max(1, min(limit, _MAX_LIMIT))
    entries: list[LogLine] = []
    room_bytes = _MAX_ANSWER_BYTES
    for entry in islice(found, size):
        room_bytes -= len(entry.message.encode())
        if entries and room_bytes < 0:
            break
        entries.append(entry)
    # The log may have grown since its highest id was read.
    highest = max([highest, *(entry.id for entry in entries)])
    if last_id is None:
        entries.sort(key=lambda entry: (entry.created_at, entry.id), reverse=True)
    headers = {"Civis-Cache-Control": "no-store" if active else "private"}
    if highest or not active:
        headers["Civis-Max-Id"] = str(highest)
    headers["Access-Control-Expose-Headers"] = "Civis-Cache-Control, Civis-Max-Id"
    return LogPage(entries, headers)
