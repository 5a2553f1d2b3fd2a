"""Waits for runs of a call, and futures that end with work on the result of their run."""

from __future__ import annotations

import atexit
import threading
import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from civis_nb._waiting import after_interrupt, outcome
from civis_nb.futures import CivisFuture
from civis_nb.futures.interrupts import cancel_run
from civis_nb.io.call import Call, current_call

__all__ = ["FutureWithPostprocessing", "wait_for"]

#: How long `cancel` waits for the work to end.
_END_S = 5.0


class FutureWithPostprocessing(CivisFuture):
    """A future that has its result only when work on the finished run is done too.

    When that work fails, so does the future: `succeeded` is False and `result` raises.

    Parameters
    ----------
    work
        Called once with the future and the last response of a run that succeeded.
    call
        What the work is a part of.
    *args, **kwargs
        As for `CivisFuture`.
    """

    def __init__(
        self, work: Callable[[Any, Any], object], call: Call, *args: Any, **kwargs: Any
    ) -> None:
        self._work = work
        self._call = call
        self._work_started = threading.Event()
        self._work_ended = threading.Event()
        call.tracker.wait_for_run(self.activity)
        super().__init__(*args, **kwargs)

    def cancel(self) -> bool:
        """Stop the run on the platform; or, when it has ended, the work on its result.

        Returns
        -------
        bool
            As `CivisFuture.cancel`.
        """
        if self._ended():
            return self.cancelled()
        self._call.token.cancel()
        if not self._work_started.is_set():
            return super().cancel()
        self._work_ended.wait(_END_S)
        return not self._ended() or self.cancelled()

    def _run_succeeded(self, response: Any) -> float | None:
        """Run the work on the result before the future ends, unless the call is cancelled."""
        self._work_started.set()
        _working.add(self)
        try:
            self._call.token.raise_if_cancelled()
            with self._display_of_work(), self._call.active():
                self._work(self, response)
            return super()._run_succeeded(response)
        except BaseException:
            # It is passed on to the future by the scheduler, unless the work was given up.
            if not self._call.token.cancelled:
                raise
            self._end_cancelled()
            return None
        finally:
            self._work_ended.set()
            _working.discard(self)

    def _display_of_work(self) -> AbstractContextManager[object]:
        """Return the display of the work when it is shown even if nobody waits for it."""
        from civis_nb.display.live import Display

        return Display(self._call.tracker, self._call.progress is True)

    def _display(self, since: float) -> AbstractContextManager[object]:  # noqa: ARG002 - as the base
        from civis_nb.display.live import Display

        return Display(self._call.tracker, self._call.progress)


_working: weakref.WeakSet[FutureWithPostprocessing] = weakref.WeakSet()


def _cancel_pending_work() -> None:
    """End work that nobody waited for before its process ends, so that it can clean up."""
    for future in list(_working):
        if not future._work_ended.is_set():
            future.cancel()


atexit.register(_cancel_pending_work)


def wait_for(future: CivisFuture) -> Any:
    """Wait for a run that the present call started; when the call is interrupted, it is cancelled.

    Returns
    -------
    Any
        The last response of the run.

    Raises
    ------
    CivisError
        As `CivisFuture.result`.
    KeyboardInterrupt
        With what became of the run.
    """
    call = current_call()
    if call is not None:
        call.tracker.wait_for_run(future.activity)
    try:
        return outcome(future)
    except KeyboardInterrupt as interrupt:
        if call is None:
            interrupt.args = (after_interrupt(lambda: cancel_run(future)),)
        raise
