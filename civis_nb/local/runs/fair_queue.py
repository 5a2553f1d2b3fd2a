"""A queue in which users take turns, so that one with much work holds up nobody else."""

from __future__ import annotations

import threading
from collections import deque

__all__ = ["FairQueue"]


class FairQueue:
    """Runs that wait for a worker: those of one user in their order, users in turn.

    Examples
    --------
    >>> queue = FairQueue()
    >>> for user_id, run_id in [(1, 10), (1, 11), (1, 12), (2, 20)]:
    ...     queue.put(user_id, run_id)
    >>> [queue.get() for _ in range(4)]
    [10, 20, 11, 12]
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        #: Users with waiting runs, the one whose turn is next first.
        self._waiting: dict[int, deque[int]] = {}
        self._is_closed = False

    def put(self, user_id: int, run_id: int) -> None:
        """Add a run of a user."""
        with self._changed:
            self._waiting.setdefault(user_id, deque()).append(run_id)
            self._changed.notify()

    def get(self) -> int | None:
        """Return the next run, waiting for one; None when the queue is closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closed)
            if not self._waiting:
                return None
            user_id = next(iter(self._waiting))
            runs = self._waiting.pop(user_id)
            run_id = runs.popleft()
            if runs:
                self._waiting[user_id] = runs
            return run_id

    def close(self) -> None:
        """Close the queue: once it is empty, `get` returns None to all who wait."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
