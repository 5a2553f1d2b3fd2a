"""Runs that pages follow: their state and their log."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from civis_nb.display.activity import DONE_STATES, Activity
from civis_nb.display.log_lines import LOG_LAG_S
from civis_nb.display.log_parts import newest_lines
from civis_nb.display.run_view import RunView
from civis_nb.errors import CivisError
from civis_nb.futures.run import Run
from civis_nb.futures.states import field, run_times, state_of
from civis_nb.lab.feeds import Feed, Seen
from civis_nb.magics.jobs.read_log import ReadLog

__all__ = ["RunFeed"]


class RunFeed(Feed):
    """A run and its log, read until both have ended.

    Parameters
    ----------
    client
        The client of the account that the run belongs to.
    job_id, run_id
        The run.
    """

    least_wait_s = 0.3
    most_wait_s = 5.0

    def __init__(self, client: Any, job_id: int, run_id: int) -> None:
        super().__init__()
        self._client = client
        self._which = Run("jobs", "get_runs", job_id, run_id)
        self._log = ReadLog(client, job_id, run_id)
        self._title = ""
        self._state: Any = None
        self._ended_at: float | None = None
        self._given_up = False

    @property
    def log(self) -> Any:
        """The lines of its log."""
        return self._log.lines

    @property
    def ended(self) -> bool:
        """Whether the run has ended, and its log was read or does not come any more."""
        return self._ended_at is not None and (self._log.complete or self._given_up)

    def read(self) -> bool:
        """Read state and log; return whether there was news."""
        job_id, run_id = self._which.job_id, self._which.run_id
        if not self._title:
            self._title = str(self._client.jobs.get(job_id).name)
        before = state_of(self._state)
        if self._ended_at is None:
            self._state = self._client.jobs.get_runs(job_id, run_id)
            if state_of(self._state) in DONE_STATES:
                self._ended_at = time.monotonic()
        # Before the log is read: who listens is told what this read has decided.
        if self._ended_at is not None:
            self._given_up = time.monotonic() - self._ended_at > LOG_LAG_S
        try:
            more = self._log.read_now()
        except CivisError as error:
            if not self._given_up:
                raise
            self._log.error = error
            return True
        return more or state_of(self._state) != before or self.ended

    def content(self, seen: Seen) -> dict[str, Any]:
        """Return the run, and the lines of its log that a page does not have."""
        settled = self.log.settled
        found = {"run": self._run_data(), "lines": newest_lines(self.log, seen.lines)}
        seen.lines = settled
        return found

    def _run_data(self) -> dict[str, Any]:
        state, run = self._state, self._which
        queued_s, running_s = run_times(state)
        activity = Activity(
            title=self._title or f"Job {run.job_id}",
            state=state_of(state) or "unknown",
            job_id=run.job_id,
            run_id=run.run_id,
            url=run.web_page(self._client),
            unreachable=bool(self.problem),
            elapsed_s=_seconds_since(field(state, "started_at")),
            queued_s=queued_s,
            running_s=running_s,
            error=field(state, "error"),
            note=self._log.shortfall if self.ended else None,
        )
        actions = ["repeat"] if activity.ended else ["cancel"]
        return {**RunView(activity, live=True).data(), "actions": actions}


def _seconds_since(moment: Any) -> float | None:
    """Return the seconds since a time of the platform; None where it is none."""
    try:
        then = datetime.fromisoformat(moment)
    except (TypeError, ValueError):
        return None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return max((datetime.now(UTC) - then).total_seconds(), 0.0)
