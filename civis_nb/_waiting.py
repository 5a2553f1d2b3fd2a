"""Waits that an interrupt ends at once, in every process.

Importing polars replaces the handler of SIGINT by one after which the system goes on with a wait
that has no end, and Python never hears of the interrupt; in other threads, and on Windows, no
interrupt ends one either. So a wait is done in slices.
"""

from __future__ import annotations

import concurrent.futures
import queue
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future
from typing import Final, TypeVar

__all__ = [
    "SLICE_S",
    "after_interrupt",
    "first_done",
    "outcome",
    "queue_get",
    "still_running",
    "wait_event",
]

_Value = TypeVar("_Value")

#: The longest wait in which Python does not look for an interrupt.
SLICE_S: Final = 0.2
#: An interrupt that comes so soon after another one is the same one.
_SAME_S: Final = 0.2


def outcome(future: Future[_Value]) -> _Value:
    """Return the result of a future, however long it takes.

    Raises
    ------
    BaseException
        What the future failed with.

    Examples
    --------
    >>> future = Future()
    >>> future.set_result(1)
    >>> outcome(future)
    1
    """
    while not future.done():
        concurrent.futures.wait([future], SLICE_S)
    return future.result()


def first_done(
    futures: Iterable[Future[_Value]],
) -> tuple[set[Future[_Value]], set[Future[_Value]]]:
    """Return the futures that are done, once one of them is, and the others."""
    going = set(futures)
    while True:
        done, rest = concurrent.futures.wait(going, SLICE_S, FIRST_COMPLETED)
        if done or not rest:
            return done, rest


def queue_get(items: queue.Queue[_Value]) -> _Value:
    """Return the next item of a queue, however long it takes."""
    while True:
        try:
            return items.get(timeout=SLICE_S)
        except queue.Empty:
            continue


def still_running(
    futures: Iterable[Future[_Value]], timeout_s: float | None = None
) -> set[Future[_Value]]:
    """Wait for the ends of futures; return those that have not ended when the time is up.

    Examples
    --------
    >>> ended, other = Future(), Future()
    >>> ended.set_result(1)
    >>> still_running([ended, other], timeout_s=0) == {other}
    True
    """
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    # `wait` does not count those that were cancelled before they ran.
    going = {one for one in futures if not Future.done(one)}
    while going:
        concurrent.futures.wait(going, _next_slice_s(deadline))
        going = {one for one in going if not Future.done(one)}
        if deadline is not None and time.monotonic() >= deadline:
            break
    return going


def wait_event(event: threading.Event, timeout_s: float | None = None) -> bool:
    """Wait for an event; return False when it has not come in time."""
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    while not event.wait(_next_slice_s(deadline)):
        if deadline is not None and time.monotonic() >= deadline:
            return False
    return True


def _next_slice_s(deadline: float | None) -> float:
    """Return the seconds of the next slice, which ends at the deadline at the latest."""
    if deadline is None:
        return SLICE_S
    return min(max(deadline - time.monotonic(), 0.0), SLICE_S)


def after_interrupt(action: Callable[[], _Value]) -> _Value:
    """Run `action` after an interrupt, again when the same interrupt is raised twice.

    polars raises an interrupt of its own, and Python the same one again.

    Parameters
    ----------
    action
        The clean-up; called again when the second exception comes.

    Raises
    ------
    KeyboardInterrupt
        When there is another interrupt.
    """
    begun = time.monotonic()
    try:
        return action()
    except KeyboardInterrupt:
        if time.monotonic() - begun > _SAME_S:
            raise
        return action()
