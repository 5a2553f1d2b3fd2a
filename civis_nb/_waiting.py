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

__all__ = ["after_interrupt", "first_done", "outcome", "queue_get", "wait_event"]

_Value = TypeVar("_Value")

_SLICE_S: Final = 0.2
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
        concurrent.futures.wait([future], _SLICE_S)
    return future.result()


def first_done(
    futures: Iterable[Future[_Value]],
) -> tuple[set[Future[_Value]], set[Future[_Value]]]:
    """Return the futures that are done, once one of them is, and the others."""
    going = set(futures)
    while True:
        done, rest = concurrent.futures.wait(going, _SLICE_S, FIRST_COMPLETED)
        if done or not rest:
            return done, rest


def queue_get(items: queue.Queue[_Value]) -> _Value:
    """Return the next item of a queue, however long it takes."""
    while True:
        try:
            return items.get(timeout=_SLICE_S)
        except queue.Empty:
            continue


def wait_event(event: threading.Event) -> None:
    """Wait for an event, however long it takes."""
    while not event.wait(_SLICE_S):
        pass


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
