"""A query that goes on while the notebook does: a future of a frame."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from civis_nb._waiting import still_running
from civis_nb.display.activity import Activity
from civis_nb.display.bundle import Displayable
from civis_nb.display.html import Html
from civis_nb.display.live import Display
from civis_nb.display.run_view import RunView
from civis_nb.display.text import run_ids
from civis_nb.display.tracker import Tracker
from civis_nb.futures.awaiting import RunsLater
from civis_nb.futures.states import CANCELLED
from civis_nb.magics.failures import message_of
from civis_nb.magics.sql.fetching import Fetched

__all__ = ["FrameFuture"]

_FRAME_OF = "The frame is what .result(), or await, gives: future.result() waits for it."


class FrameFuture(Displayable, RunsLater):
    """The frame that a query will give.

    Parameters
    ----------
    title
        What runs.
    start
        Starts the run and returns its `CivisFuture`.
    read
        Reads the result of a run that has succeeded.
    explain
        Turns what a run failed with into what the user sees.
    timeout_s
        Seconds until the run is cancelled; None: no end.

    Attributes
    ----------
    run : CivisFuture or None
        The run; None until it has started.
    note : str
        What there is to say about the frame; empty when nothing is.
    """

    def __init__(
        self,
        title: str,
        start: Callable[[], Any],
        read: Callable[[Any], Fetched],
        explain: Callable[[Any], BaseException],
        timeout_s: float | None = None,
    ) -> None:
        super().__init__()
        self.title = title
        self.note = ""
        self._start = start
        self._read = read
        self._explain = explain
        self._timeout_s = timeout_s
        self._cancel_requested = threading.Event()
        threading.Thread(target=self._work, name="civis-sql-bg", daemon=True).start()

    @property
    def state(self) -> str:
        """The state of the run as last seen; ``fetching`` while its result comes in."""
        if self.cancelled():
            return "cancelled"
        if self.run is None:
            return "failed" if self.done() else "starting"
        state: str = self.run.state
        return "fetching" if state in ("succeeded", "success") and not self.done() else state

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the frame and return it.

        Parameters
        ----------
        timeout
            The longest wait in seconds; None: until the end.

        Raises
        ------
        TimeoutError
            When the end did not come in time; the query goes on.
        CivisError
            What the query, or reading its result, failed with.
        """
        left = self._wait(timeout)
        self.outcome_retrieved = True
        return super().result(left)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for the end and return what it failed with; None when there is a frame.

        Raises
        ------
        TimeoutError
            When the end did not come in time; the query goes on.
        """
        left = self._wait(timeout)
        self.outcome_retrieved = True
        return super().exception(left)

    def _wait(self, timeout: float | None) -> float | None:
        """Wait for the end; return the seconds that are left, None where there is no limit."""
        if self.done():
            return timeout
        tracker = Tracker()
        tracker.wait_for_run(lambda: replace(self.activity(), title=""))
        deadline = None if timeout is None else time.monotonic() + timeout
        try:
            with Display(tracker):
                still_running([self], timeout)
        except KeyboardInterrupt as interrupt:
            ids = f" ({run_ids(self.job_id, self.run_id)})" if self.job_id is not None else ""
            interrupt.args = (f"The query{ids} goes on; .cancel() on the future stops it.",)
            raise
        return None if deadline is None else max(deadline - time.monotonic(), 0.0)

    def cancel(self) -> bool:
        """Stop the remote run.

        Returns
        -------
        bool
            Whether it is cancelled or was asked to stop.
        """
        if self.done():
            return self.cancelled()
        self._cancel_requested.set()
        return True if self.run is None else bool(self.run.cancel())

    def _work(self) -> None:
        """Start the run, wait for it, and read its result; the target of a thread."""
        try:
            self.run = self._start()
            if self._timeout_s is not None:
                self.run.cancel_after(self._timeout_s)
            if self._cancel_requested.is_set():
                self.run.cancel()
            still_running([self.run])
            if self.run.cancelled():
                if super().cancel():
                    self.set_running_or_notify_cancel()
                return
            error = self.run.exception()
            found = None if error is not None else self._read(self.run)
        except BaseException as failure:
            # Only who asks for the result can receive it.
            self.set_exception(failure)
            return
        if found is None:
            self.set_exception(self._explain(error))
            return
        self.note = found.note
        self.set_result(found.frame)

    @property
    def cancel_requested(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancel_requested.is_set()

    def activity(self, title: str = "") -> Activity:
        """Return what was seen last of the run, as plain data for a display; no call is made.

        Parameters
        ----------
        title
            What runs, for a person; by default the query.
        """
        title = title or self.title
        if self.run is None:
            activity = Activity(title, self.state)
        else:
            activity = replace(self.run.activity(title), state=self.state)
        if not self.done():
            note = "It runs in the background: .result() waits for the frame."
            return replace(activity, note=note)
        if self.cancelled() or (error := self._exception) is None:
            return replace(activity, note=self.note or None)
        # After --timeout the run is cancelled, and the future has failed.
        state = activity.state if activity.state in CANCELLED else "failed"
        return replace(activity, state=state, error=message_of(error))

    def __repr__(self) -> str:
        return repr(RunView(self.activity()))

    def _html(self) -> Html:
        return RunView(self.activity())._html()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(f"A future has no {name!r}. {_FRAME_OF}")

    def __getitem__(self, key: Any) -> Any:
        raise TypeError(f"A future has no [{key!r}]. {_FRAME_OF}")

    #: Python would iterate by means of the brackets.
    __iter__ = None
