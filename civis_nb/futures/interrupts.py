"""Runs that an interrupt must not lose: known from their start on, and cancelled with a report.

An interrupt reaches the main thread only. So whatever must not be broken off half way, starting
and cancelling runs, is done by threads that the main thread waits for.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Final, TypeVar

from civis_nb._waiting import after_interrupt, outcome
from civis_nb.errors import CivisError
from civis_nb.futures.states import DONE

__all__ = ["PendingStart", "cancel_run", "cancel_runs", "in_thread"]

_Value = TypeVar("_Value")

#: In this time a thread runs that was started at all: the interrupt may have come before.
_THREAD_START_S: Final = 0.5
#: How long an interrupt waits to learn which run it is to cancel.
_START_S: Final = 5.0
#: How long it waits for the platform to cancel it.
_CANCEL_S: Final = 10.0


class PendingStart:
    """A run that is being started.

    Whoever can be interrupted keeps it before calling `future`.

    Parameters
    ----------
    start
        Starts the run and returns its future.
    then
        Receives that future, as the last part of the start.

    Examples
    --------
    >>> PendingStart(lambda: "a future").future()
    'a future'
    """

    def __init__(
        self, start: Callable[[], Any], then: Callable[[Any], object] | None = None
    ) -> None:
        self._start = start
        self._then = then
        self._future: Future[Any] = Future()  # of the run's future
        self._thread_runs = threading.Event()
        self._cancelled = False

    def future(self) -> Any:
        """Start the run and return its future.

        Raises
        ------
        BaseException
            What starting it raised.
        """
        context = contextvars.copy_context()
        threading.Thread(
            target=self._start_in, args=(context,), name="civis-start", daemon=True
        ).start()
        return outcome(self._future)

    def _start_in(self, context: contextvars.Context) -> None:
        """Start the run, in its thread."""
        self._thread_runs.set()
        try:
            if self._cancelled:
                raise CivisError("The run was not started: an interrupt came first.")
            found = context.run(self._start)
            if self._then is not None:
                context.run(self._then, found)
            self._future.set_result(found)
        except BaseException as error:
            # Raised by `future`.
            self._future.set_exception(error)

    def ended(self) -> bool:
        """Return whether there is nothing left to cancel."""
        if not self._future.done():
            return False
        return self._future.exception() is not None or bool(self._future.result().done())

    def cancel(self) -> str:
        """Cancel the run as soon as it is known; return what became of it, in words."""
        if not self._thread_runs.wait(_THREAD_START_S):
            self._cancelled = True
            if not self._thread_runs.is_set():
                return ""
        try:
            error = self._future.exception(_START_S)
        except (TimeoutError, KeyboardInterrupt):
            # The answer may still come; then nobody waits for the run.
            self._future.add_done_callback(_cancel_late)
            return (
                "The request to start a run has no answer yet: the run may start all the same. "
                "It is cancelled then, if this process is still there."
            )
        return "" if error is not None else cancel_run(self._future.result())


def cancel_run(future: Any) -> str:
    """Cancel the remote run of a future; return what became of it, in words."""
    from civis_nb.display.text import run_ids

    is_workflow = bool(getattr(getattr(future, "_run", None), "is_workflow", False))
    ids = run_ids(future.job_id, future.run_id, is_workflow=is_workflow)
    what = f"The remote run ({ids})" if ids else "The remote run"
    answer = in_thread(future.cancel, "civis-cancel")
    try:
        accepted = after_interrupt(lambda: answer.result(_CANCEL_S))
    except KeyboardInterrupt:
        return f"{what} may go on: there was another interrupt while it was being cancelled."
    except TimeoutError:
        return f"{what} was asked to stop and may go on: the platform gave no answer."
    except Exception as error:
        return f"{what} could not be cancelled and may go on: {error}"
    state = future.state
    if state == "cancelled":
        return f"{what} is cancelled."
    if future.cancelled() and state in DONE:
        return f"{what} had ended before: {state}. What it gave is not kept."
    if future.done() and not future.cancelled():
        return f"{what} had ended before: {state}."
    if accepted:
        return f"{what} was asked to stop; its state is {state}."
    return f"{what} could not be cancelled and may go on; its state is {state}."


def cancel_runs(pending: Sequence[PendingStart]) -> str:
    """Cancel runs, all at the same time; return what became of each that had not ended."""
    active = [one for one in pending if not one.ended()]
    # Where all have ended, the last one is reported.
    active = active or list(pending[-1:])
    reports = [in_thread(one.cancel, "civis-cancel") for one in active]
    try:
        return after_interrupt(lambda: " ".join(filter(None, map(outcome, reports))))
    except KeyboardInterrupt:
        return "There was another interrupt while runs were being cancelled: they may go on."


def in_thread(work: Callable[[], _Value], name: str) -> Future[_Value]:
    """Call a function in a daemon thread, in a copy of this context; return its future."""
    done: Future[_Value] = Future()
    context = contextvars.copy_context()

    def run() -> None:
        try:
            done.set_result(context.run(work))
        except BaseException as error:
            # Raised where the result is read.
            done.set_exception(error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return done


def _cancel_late(started: Future[Any]) -> None:
    if started.exception() is None:
        started.result().cancel()
