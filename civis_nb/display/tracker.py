"""Counts what a piece of work does: one step after the other, written and read from any thread."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from civis_nb.display.activity import Activity, duration, in_bytes
from civis_nb.display.followed import FollowedRun
from civis_nb.display.group_view import GroupView
from civis_nb.display.run_view import RunView
from civis_nb.display.text import one_line

__all__ = ["Tracker"]

#: The rate is that of the last seconds; so a transfer that slows down shows it.
_RATE_WINDOW_S: Final = 8.0
#: From here on a transfer to which nothing comes is said to be stalled.
_STALLED_S: Final = 3.0


class Tracker:
    """What a piece of work does now, and how far it is.

    Parameters
    ----------
    title
        Its first step.
    clock
        Returns the time in seconds.

    Attributes
    ----------
    started
        When the work began, by the clock.
    paused_since
        Since when the work waits for its caller; None while it goes on.
    """

    def __init__(
        self, title: str = "Preparing", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.started = clock()
        self.paused_since: float | None = None
        self.begin_step(title)

    def begin_step(self, title: str, total: int | None = None, *, estimated: bool = False) -> None:
        """Begin a step.

        Parameters
        ----------
        title
            What is going on from now on.
        total
            The bytes to transfer; None when unknown.
        estimated
            Whether `total` is an estimate.
        """
        with self._lock:
            self._title, self._total, self._estimated = title, total, estimated
            self._describe: Callable[[], Activity] | None = None
            self._describe_group: Callable[[], GroupView] | None = None
            self._followed: FollowedRun | None = None
            self._done = 0
            self._since, self._moved_at = self._clock(), self._clock()
            self._wall = time.time()
            self._samples: deque[tuple[float, int]] = deque([(self._since, 0)])

    def wait_for_run(
        self,
        describe: Callable[[], Activity],
        *,
        since: float | None = None,
        followed: FollowedRun | None = None,
    ) -> None:
        """Begin to wait for a run.

        Parameters
        ----------
        describe
            Returns what is known of the run; called from other threads. Without a title it is
            called "Waiting for job …".
        since
            When the wait began, by the clock; None: now.
        followed
            The run's log, and what a reader can do to the run; None: it can be looked at only.
        """
        self.begin_step("Waiting for a run")
        with self._lock:
            self._describe = describe
            self._followed = followed
            if since is not None:
                self._wall -= self._since - since
                self._since = since
                self.started = min(self.started, since)

    def wait_for_runs(self, describe: Callable[[], GroupView]) -> None:
        """Begin to wait for several runs.

        Parameters
        ----------
        describe
            Returns what is known of them; called from other threads.
        """
        self.begin_step(self._title)
        with self._lock:
            self._describe_group = describe

    def add(self, count: int) -> None:
        """Count bytes that were transferred."""
        with self._lock:
            self._done += count
            self._moved_at = self._clock()

    def restart(self) -> None:
        """Count from now how long the work takes."""
        self.started = self._clock()

    def pause(self) -> None:
        """Mark that the work waits for its caller, who does something else."""
        self.paused_since = self._clock()

    def resume(self) -> None:
        """Mark that the work goes on after a pause."""
        self.paused_since = None

    def activity(self) -> Activity:
        """Return what the work does at this moment."""
        with self._lock:
            now = self._clock()
            if self._describe is not None:
                return self._waiting(self._describe(), now)
            if self._describe_group is not None:
                caption = self._describe_group().caption
                return Activity(caption, elapsed_s=now - self._since)
            stalled_s = now - self._moved_at
            counts = bool(self._done or self._total)
            whole = self._total is not None and self._done >= self._total
            stalled = counts and stalled_s > _STALLED_S and not whole
            return Activity(
                self._title,
                elapsed_s=now - self._since,
                done_bytes=self._done if counts else None,
                total_bytes=self._total,
                estimated=self._estimated,
                bytes_per_s=self._rate(now),
                stalled_s=stalled_s if stalled else None,
            )

    @property
    def is_group(self) -> bool:
        """Whether it waits for several runs."""
        return self._describe_group is not None

    def view(self) -> RunView | GroupView:
        """Return a view of what the work does at this moment, in detail."""
        if self._describe_group is not None:
            return self._describe_group()
        activity = self.activity()
        with self._lock:
            return RunView(activity, live=True, followed=self._followed)

    def summary(self) -> str:
        """Return one line about the work that is done."""
        with self._lock:
            amount = f"{in_bytes(self._done)} " if self._done else ""
            took = duration(self._clock() - self.started)
            return f"{one_line(self._title)}: {amount}in {took}"

    def _rate(self, now: float) -> float | None:
        while len(self._samples) > 1 and now - self._samples[0][0] > _RATE_WINDOW_S:
            self._samples.popleft()
        since, before = self._samples[0]
        self._samples.append((now, self._done))
        passed = now - since
        return (self._done - before) / passed if passed > 0 and self._done > before else None

    def _waiting(self, run: Activity, now: float) -> Activity:
        return replace(
            run,
            title=run.title or f"Waiting for {run.ids or 'a run'}",
            elapsed_s=now - self._since,
            since=time.strftime("%H:%M:%S", time.localtime(self._wall)),
        )
