"""Runs that we start and wait for, and futures whose end includes work of our own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from civis_nb.futures import CivisFuture

__all__ = ["FutureWithWork", "wait_for"]


class FutureWithWork(CivisFuture):
    """A future that has its result only when work on the finished run is done too.

    When that work fails, so does the future: `succeeded` is False and `result` raises.

    Parameters
    ----------
    work
        Called once with the last response of a run that succeeded.
    *args, **kwargs
        As for `CivisFuture`.
    """

    def __init__(self, work: Callable[[Any], object], *args: Any, **kwargs: Any) -> None:
        self._work = work
        super().__init__(*args, **kwargs)

    def _run_succeeded(self, response: Any) -> float | None:
        # An exception is passed on to the future by the scheduler.
        self._work(response)
        return super()._run_succeeded(response)


def wait_for(future: CivisFuture) -> Any:
    """Wait for a run that we started; when the wait is interrupted, cancel the run.

    Returns
    -------
    Any
        The last response of the run.

    Raises
    ------
    KeyboardInterrupt
        With a note that says what became of the run.
    CivisError
        As `CivisFuture.result`.
    """
    try:
        return future.result()
    except KeyboardInterrupt as interrupt:
        what = f"Job {future.job_id}, run {future.run_id}"
        if future.cancel():
            interrupt.add_note(f"{what}, was started by this call and is cancelled.")
        else:
            interrupt.add_note(f"{what}, was started by this call and could not be cancelled.")
        raise
