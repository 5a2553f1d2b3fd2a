"""Runs that an interrupt must not lose: known from their start on, and stopped with a word.

An interrupt reaches the main thread only. So whatever may not be broken off half way, starting
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

__all__ = ["PendingStart", "in_thread", "named", "stopped", "stopped_all"]

_Value = TypeVar("_Value")

#: In this time a thread runs that was started at all: the interrupt may have come before.
_THREAD_START_S: Final = 0.5
#: How long an interrupt waits to learn which run it is to stop.
_START_S: Final = 5.0
#: How long it waits for the platform to stop it.
_STOP_S: Final = 10.0


class PendingStart:
    """A run on its way to being started.

    Whoever can be interrupted keeps it before calling `future`.

    Parameters
    ----------
    start
        Starts the run and gives its future.

    Examples
    --------
    >>> PendingStart(lambda: "a future").future()
    'a future'
    """

    def __init__(self, start: Callable[[], Any]) -> None:
        self._start = start
        self._begun: Future[Any] = Future()
        self._at_it = threading.Event()
        self._unwanted = False

    def future(self) -> Any:
        """Start the run and give its future.

        Raises
        ------
        BaseException
            What starting it raised.
        """
        in_thread(self._do, "civis-start", self._begun)
        return outcome(self._begun)

    def _do(self) -> Any:
        self._at_it.set()
        if self._unwanted:
            raise CivisError("The run was not started: an interrupt came first.")
        return self._start()

    def ended(self) -> bool:
        """Return whether there is nothing left to stop."""
        if not self._begun.done():
            return False
        return self._begun.exception() is not None or bool(self._begun.result().done())

    def stopped(self) -> str:
        """Stop the run as soon as it is known, and say what became of it."""
        if not self._at_it.wait(_THREAD_START_S):
            self._unwanted = True
            if not self._at_it.is_set():
                return ""
        try:
            error = self._begun.exception(_START_S)
        except (TimeoutError, KeyboardInterrupt):
            # The answer may still come; then nobody waits for the run.
            self._begun.add_done_callback(_stop_late)
            return (
                "The request to start a run has no answer yet: the run may start all the same. "
                "It is cancelled then, if this process is still there."
            )
        return "" if error is not None else stopped(self._begun.result())


def named(future: Any) -> str:
    """Return the ids of a future's run in words."""
    ids = [f"job {future.job_id}"] if future.job_id is not None else []
    ids += [f"run {future.run_id}"] if future.run_id is not None else []
    return ", ".join(ids)


def stopped(future: Any) -> str:
    """Stop the remote run of a future, and say what became of it."""
    what = f"The remote run ({named(future)})" if named(future) else "The remote run"
    answer = in_thread(future.cancel, "civis-cancel")
    try:
        accepted = after_interrupt(lambda: answer.result(_STOP_S))
    except KeyboardInterrupt:
        return f"{what} may go on: there was another interrupt while it was being cancelled."
    except TimeoutError:
        return f"{what} was asked to stop and may go on: the platform gave no answer."
    except Exception as error:
        return f"{what} could not be cancelled and may go on: {error}"
    state = future.state
    if state == "cancelled":
        return f"{what} is cancelled."
    if future.cancelled():
        return f"{what} had ended before: {state}. What it gave is not kept."
    if future.done():
        return f"{what} had ended before: {state}."
    if accepted:
        return f"{what} was asked to stop; its state is {state}."
    return f"{what} could not be cancelled and may go on; its state is {state}."


def stopped_all(beginnings: Sequence[PendingStart]) -> str:
    """Stop runs, all at the same time, and say what became of each that had not ended."""
    going = [beginning for beginning in beginnings if not beginning.ended()]
    # Where none goes on, the last one is still worth a word.
    going = going or list(beginnings[-1:])
    said = [in_thread(beginning.stopped, "civis-stop") for beginning in going]
    try:
        return after_interrupt(lambda: " ".join(filter(None, map(outcome, said))))
    except KeyboardInterrupt:
        return "There was another interrupt while runs were being cancelled: they may go on."


def in_thread(
    work: Callable[[], _Value], name: str, done: Future[_Value] | None = None
) -> Future[_Value]:
    """Call a function in a daemon thread, in a copy of this context; return its future."""
    done = Future() if done is None else done
    context = contextvars.copy_context()

    def run() -> None:
        try:
            done.set_result(context.run(work))
        except BaseException as error:
            # Raised where the result is asked for.
            done.set_exception(error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return done


def _stop_late(begun: Future[Any]) -> None:
    if begun.exception() is None:
        begun.result().cancel()
