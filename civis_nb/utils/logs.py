"""Follow the log of a run: every entry, once, in order of arrival."""

from __future__ import annotations

import contextlib
import datetime
import logging
import time
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from civis_nb.client.protocol import client_or_default
from civis_nb.errors import CivisClientError, CivisInputError
from civis_nb.futures.run import header, newest_run_id
from civis_nb.futures.states import DONE, field, state_of
from civis_nb.futures.timing import FailureBudget

if TYPE_CHECKING:
    from civis_nb.client.client import APIClient
    from civis_nb.client.protocol import Client

__all__ = ["LogCursor", "job_logs"]

log = logging.getLogger(__name__)

#: Entries that are asked for at once.
_PAGE_ENTRIES = 1000
#: Pages that one `read` takes at most.
_PAGES_PER_READ = 50
#: How far back entries may still appear between those that were seen.
_WINDOW_ENTRIES = 100
_WINDOW_S = 300.0
#: Seconds between two readings of that stretch.
_REREAD_S = 5.0
#: Reads for entries that the server says exist and does not give, after the log is complete.
_LAST_READS = 5
#: Seconds between two reads of a log that goes on.
_MIN_WAIT_S, _MAX_WAIT_S = 0.25, 5.0


class LogCursor:
    """A place in the log of a run: each `read` returns what has come since the last one.

    Entries may become visible out of order; an entry that appears late between others is given
    when it appears, and none is given twice.

    Parameters
    ----------
    client
        An `APIClient`.
    job_id, run_id
        The job, of any type, and its run.

    Attributes
    ----------
    complete : bool
        Whether everything was read of a log that will not grow.
    """

    def __init__(self, client: Client, job_id: int, run_id: int) -> None:
        self._client = client
        self._ids = (job_id, run_id)
        self._floor = 0  # every entry up to this id was given, or will never come
        self._recent: deque[tuple[int, float]] = deque()  # id and arrival, ids above the floor
        self._seen: set[int] = set()  # the same ids
        self._highest = 0
        self._reread_due = 0.0  # when, by the monotonic clock, to read the window again
        self._reads_left = _LAST_READS
        self._behind = False  # whether there is more to be had at once
        self.complete = False

    def read(self) -> list[dict[str, Any]]:
        """Return the new entries; empty when there are none. It does not wait for any.

        Returns
        -------
        list of dict
            With ``id``, ``created_at``, ``message``, ``level``.

        Raises
        ------
        CivisError
            When the log can't be read now; nothing is lost, the next `read` goes on.
        """
        if self.complete:
            return []
        new: list[dict[str, Any]] = []
        try:
            self._read_into(new)
        except Exception:
            if not new:
                raise
            # What was read is given first; a lasting error shows at the next read.
            log.debug("The log of run %s broke off", self._ids[1], exc_info=True)
        return new

    def _read_into(self, new: list[dict[str, Any]]) -> None:
        """Read what is new in the log; from time to time read its end again, for late entries."""
        self._shrink_window()
        now = time.monotonic()
        whole = now >= self._reread_due
        page, fresh = self._read_pages(self._floor if whole else self._highest, new)
        ended = header(page, "civis-cache-control") != "no-store" and not self._behind
        if ended and not whole and self._floor < self._highest:
            page, late = self._read_pages(self._floor, new)
            fresh, whole = fresh or late, True
        if whole:
            self._reread_due = now + _REREAD_S
        if not self._behind:
            self._note_end(page, fresh)

    def _read_pages(self, after: int, new: list[dict[str, Any]]) -> tuple[Any, bool]:
        """Read all entries past an id; return the last page, and whether any entry was new."""
        any_fresh, self._behind = False, False
        for _ in range(_PAGES_PER_READ):
            page = self._client.jobs.list_runs_logs(*self._ids, last_id=after, limit=_PAGE_ENTRIES)
            fresh = self._take(page, new)
            any_fresh = any_fresh or fresh
            top = max((_id(entry) for entry in page), default=0)
            known_top = _number(header(page, "civis-max-id"))
            if known_top is not None and top >= known_top:
                break
            if not page or (top <= after and not fresh):
                break
            after = max(after, top)
        else:
            self._behind = True
        return page, any_fresh

    def _shrink_window(self) -> None:
        """Stop waiting for entries before the first gap that may still be filled."""
        horizon = time.monotonic() - _WINDOW_S
        while self._recent and (
            len(self._recent) > _WINDOW_ENTRIES
            or self._recent[0][1] < horizon
            or self._recent[0][0] == self._floor + 1
        ):
            entry_id, _ = self._recent.popleft()
            self._seen.discard(entry_id)
            self._floor = max(self._floor, entry_id)

    def _take(self, page: Any, new: list[dict[str, Any]]) -> bool:
        """Append the new entries of a page; return whether there were any."""
        now = time.monotonic()
        fresh: list[tuple[int, float]] = []
        for entry in page:
            entry_id = _id(entry)
            if entry_id in self._seen or entry_id <= self._floor:
                continue
            fresh.append((entry_id, now))
            self._seen.add(entry_id)
            new.append(_as_dict(entry))
        if fresh:
            self._recent.extend(fresh)
            if fresh[0][0] < self._highest:
                self._recent = deque(sorted(self._recent))
            self._highest = self._recent[-1][0]
        return bool(fresh)

    def _note_end(self, page: Any, fresh: bool) -> None:
        """Record that everything was read so far, which may be the end of the log."""
        cache_control = header(page, "civis-cache-control")
        if cache_control == "no-store":
            return
        if cache_control is None:
            # The server does not say whether more comes; a run that has ended writes no more.
            finished = state_of(self._client.jobs.get_runs(*self._ids)) in DONE
            self._reads_left -= finished
            self.complete = finished and not fresh and self._reads_left < _LAST_READS - 1
            return
        known_top = _number(header(page, "civis-max-id"))
        missing = known_top is not None and known_top > self._highest
        self._reads_left -= missing
        self.complete = not missing or self._reads_left <= 0


def job_logs(
    job_id: int,
    run_id: int | None = None,
    finished_timeout: int | None = None,
    client: APIClient | None = None,
) -> Iterator[dict[str, Any]]:
    """Follow the log of a run, to its end.

    A read that fails is repeated for up to ten minutes: nothing is lost and nothing comes twice.

    Parameters
    ----------
    job_id
        The job, or the script, import, query of any type.
    run_id
        Its run; None: the newest.
    finished_timeout
        Seconds after the run's end at which to stop even when the platform has not called the
        log complete; None: follow until it has.
    client
        The client; None: a new one.

    Yields
    ------
    dict
        One entry, with ``id``, ``created_at``, ``message``, ``level``.

    Raises
    ------
    CivisInputError
        When the job has no run.
    CivisAPIError
        When there is no such job or run.
    """
    client = client_or_default(client)
    if run_id is None:
        run_id = newest_run_id(client, job_id)
        if run_id is None:
            raise CivisInputError(f"Job {job_id} has no run yet, and so no log.")
    cursor = LogCursor(client, job_id, run_id)
    end = None if finished_timeout is None else _End(client, job_id, run_id, finished_timeout)
    failure_budget = FailureBudget()
    wait_s = _MIN_WAIT_S
    while True:
        try:
            entries = cursor.read()
        except Exception as error:
            retry_wait_s = failure_budget.wait_s(error)
            if retry_wait_s is None:
                raise
            time.sleep(retry_wait_s)
            continue
        failure_budget.reset()
        yield from entries
        if cursor.complete or (end is not None and not entries and end.has_come()):
            return
        if not cursor._behind:
            wait_s = _MIN_WAIT_S if entries else min(wait_s * 1.5, _MAX_WAIT_S)
            time.sleep(wait_s)


class _End:
    """Tells when a run has been over for some time."""

    def __init__(self, client: Client, job_id: int, run_id: int, timeout_s: float) -> None:
        self._client = client
        self._ids = (job_id, run_id)
        self._timeout_s = timeout_s
        self._seen_over: float | None = None

    def has_come(self) -> bool:
        """Return it; the run is asked for until it is over."""
        now = time.monotonic()
        if self._seen_over is None:
            run = self._client.jobs.get_runs(*self._ids)
            finished_at = field(run, "finished_at")
            if not isinstance(finished_at, str):
                return False
            self._seen_over = now - _age_s(finished_at, _server_time(run))
        return now - self._seen_over >= self._timeout_s


def _age_s(moment: str, now: datetime.datetime) -> float:
    """Return how old a moment is; 0 for what is no time."""
    with contextlib.suppress(ValueError):
        then = datetime.datetime.fromisoformat(moment)
        if then.tzinfo is None:
            then = then.replace(tzinfo=datetime.UTC)
        return max((now - then).total_seconds(), 0.0)
    return 0.0


def _server_time(answer: Any) -> datetime.datetime:
    """Return the server's time when it answered: its clock is the one that dates its runs."""
    from email.utils import parsedate_to_datetime

    try:
        when = parsedate_to_datetime(header(answer, "date") or "")
    except ValueError:
        return datetime.datetime.now(datetime.UTC)
    return when.replace(tzinfo=when.tzinfo or datetime.UTC)


def _id(entry: Any) -> int:
    entry_id = field(entry, "id")
    if not isinstance(entry_id, int):
        raise CivisClientError(f"A log entry has no id that is a number, but {entry_id!r}.")
    return entry_id


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.strip().isdigit() else None


def _as_dict(entry: Any) -> dict[str, Any]:
    if isinstance(entry, dict):
        return dict(entry)
    return dict(entry.json())
