"""A future that knows what was seen last of its run, and shows a wait for its end."""

from __future__ import annotations

import contextlib
import math
import time
import warnings
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any

from civis_nb._waiting import SLICE_S, after_interrupt
from civis_nb.display.activity import SHOWN_AFTER_S
from civis_nb.errors import CivisCancelledError
from civis_nb.futures.awaiting import CivisAsyncResultBase
from civis_nb.futures.failures import error_text
from civis_nb.futures.states import UNSEEN, run_times

if TYPE_CHECKING:
    from civis_nb.display.activity import Activity

__all__ = ["WatchedResult"]


class WatchedResult(CivisAsyncResultBase):
    """A future of a run, of which something is seen before its end: by a poll, in a subclass."""

    #: Whether a wait that takes a while is shown; None: when a person is watching.
    _progress: bool | None = None
    # A display may read these before the constructor has ended.
    _last_seen: Any = None
    _last_state: str = UNSEEN
    _last_poll_error: BaseException | None = None

    # What was seen last: none of these makes a call.

    @property
    def last_seen(self) -> Any:
        """The last response of the poller; None before the first."""
        return self._last_seen

    @property
    def state(self) -> str:
        """The state as last seen; ``"unknown"`` before the first poll."""
        return self._last_state

    @property
    def last_poll_error(self) -> BaseException | None:
        """Why the last poll failed; None when it succeeded. The run is not affected by it."""
        return self._last_poll_error

    @property
    def trouble(self) -> BaseException | None:
        """Deprecated: use `last_poll_error`."""
        warnings.warn(
            "trouble is deprecated: use last_poll_error.", DeprecationWarning, stacklevel=2
        )
        return self._last_poll_error

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._subject()}{self._shown_state()}>"

    def _shown_state(self) -> str:
        """Return the state as last seen, for a person."""
        return "not polled yet" if self._last_state == UNSEEN else self._last_state

    def activity(self, title: str = "") -> Activity:
        """Return what was seen last, as plain data for a display; no call is made.

        Parameters
        ----------
        title
            What runs, for a person.
        """
        from civis_nb.display.activity import Activity

        queued_s, running_s = run_times(self._last_seen)
        return Activity(
            title,
            "cancelled" if super().cancelled() else self._last_state,
            unreachable=self._last_poll_error is not None,
            queued_s=queued_s,
            running_s=running_s,
            error=error_text(self._last_seen) or None,
        )

    def _repr_html_(self) -> str:
        from civis_nb.display.run_view import RunView

        return str(RunView(self.activity(self._title()))._html())

    def _title(self) -> str:
        """Return the name of what runs where the API has sent it, else the kind of future."""
        name = getattr(self._last_seen, "name", None)
        return name if isinstance(name, str) and name else type(self).__name__

    def _subject(self) -> str:
        return ""

    # The waits.

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the end and return the last response.

        Parameters
        ----------
        timeout
            The longest wait in seconds; None: until the end.

        Raises
        ------
        TimeoutError
            When the end did not come in time; the run goes on.
        CivisJobFailure
            When the run failed; `CivisSQLError` when it was a SQL statement.
        Exception
            What the first callback that failed has raised.
        CivisCancelledError
            When the run was cancelled; it is a `concurrent.futures.CancelledError`.
        CivisConnectionError, CivisAPIError, CivisClientError
            When its state can't be found out; the run may go on.
        """
        return self._waited(super().result, timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for the end and return the exception; None when there is a result.

        Raises
        ------
        TimeoutError
            When the end did not come in time; the run goes on.
        CivisCancelledError
            When the run was cancelled; it is a `concurrent.futures.CancelledError`.
        """
        return self._waited(super().exception, timeout)  # type: ignore[no-any-return]

    def _ended(self) -> bool:
        return super().done()

    def _watch(self) -> None:
        """Ensure that something finds out the end; called before each wait."""

    def _waited(self, wait: Callable[[float | None], Any], timeout: float | None) -> Any:
        """Wait in slices, show a wait that takes a while, and report an interrupt."""
        begun = time.monotonic()
        deadline = None if timeout is None else begun + timeout
        try:
            self._watch()
            with contextlib.ExitStack() as display:
                while True:
                    now = time.monotonic()
                    left = SLICE_S if deadline is None else deadline - now
                    try:
                        return wait(min(max(left, 0.0), SLICE_S))
                    except TimeoutError:
                        if self._ended() and self._callbacks_ran():
                            return wait(0)  # what came of it may be a TimeoutError, too
                        if left <= SLICE_S and deadline is not None:
                            break
                    if begun <= now - SHOWN_AFTER_S:
                        display.enter_context(self._display(begun))
                        begun = math.inf
        except CancelledError:
            raise CivisCancelledError(self._cancelled_text()) from None
        except KeyboardInterrupt as interrupt:
            interrupt.args = (after_interrupt(self._when_interrupted),)
            raise
        finally:
            self.outcome_retrieved = self.outcome_retrieved or self._ended()
        rest = "its callbacks go on" if self._ended() else "it goes on"
        raise TimeoutError(f"{self._subject()}{self._shown_state()} after {timeout} s; {rest}.")

    def _cancelled_text(self) -> str:
        """Return what was cancelled, in words."""
        return f"{self._subject()}cancelled."

    def _display(self, since: float) -> contextlib.AbstractContextManager[object]:
        """Return the display of a wait that began at `since`, by the monotonic clock."""
        from civis_nb.display.live import Display
        from civis_nb.display.tracker import Tracker

        tracker = Tracker()
        tracker.wait_for_run(self.activity, since=since)
        return Display(tracker, self._progress)

    def _when_interrupted(self) -> str:
        """Return what becomes of the run when the wait for it is interrupted, in words."""
        return f"{self._subject()}goes on; .cancel() on the future stops it."
