"""One limit for all parts of files that are on their way up, whoever sends them."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator

from civis_nb import config
from civis_nb.cancellation import CancelToken

__all__ = ["parallel_parts", "slot"]


def parallel_parts() -> int:
    """Return how many parts may be on their way at the same time."""
    return int(config.get("parallel_parts"))


class _Slots:
    """Counts the parts that are in transfer in this process."""

    def __init__(self) -> None:
        self.used = 0
        self.changed = threading.Condition()


_slots = _Slots()


def _forget() -> None:
    """Start afresh in the child of a fork: the threads that hold a slot did not come along."""
    global _slots
    _slots = _Slots()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


@contextlib.contextmanager
def slot(token: CancelToken) -> Iterator[None]:
    """Hold one of the process's slots while the block runs; wait until one is free.

    Parameters
    ----------
    token
        Ends the wait.

    Raises
    ------
    OperationCancelledError
        When the work is to end.
    """
    slots = _slots

    def wake() -> None:
        with slots.changed:
            slots.changed.notify_all()

    unsubscribe = token.on_cancel(wake)
    with slots.changed:
        while slots.used >= parallel_parts() and not token.cancelled:
            slots.changed.wait()
        slots.used += 1
    unsubscribe()
    try:
        token.raise_if_cancelled()
        yield
    finally:
        with slots.changed:
            slots.used -= 1
            slots.changed.notify_all()
