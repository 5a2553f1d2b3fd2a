"""One scheduler for all futures: a thread that knows who is due, and a few that poll.

No lock is held while a future polls, and the polls of one future never overlap. Threads start
with the first future and end when there is nothing left to do.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import os
import queue
import threading
import time
import weakref
from typing import Protocol

__all__ = ["Scheduler", "Task", "default"]

log = logging.getLogger(__name__)

#: Threads that poll, as long as none of them is held up.
MAX_WORKERS = 8
#: Threads altogether, when requests hang.
MAX_THREADS = 64
#: A poll that takes longer no longer counts against `MAX_WORKERS`.
BLOCKED_AFTER_S = 1.0
#: A thread without work ends after this long: longer than the longest wait between polls,
#: so that one future keeps one thread, and with it one connection.
IDLE_S = 20.0
#: The dispatcher looks at the plan this often at least: a lock takes no wait of centuries.
MAX_WAIT_S = 3600.0


class Task(Protocol):
    """Something to be polled again and again."""

    def step(self) -> float | None:
        """Poll once; return the seconds until the next poll, None when there is none."""

    def after_fork(self) -> None:
        """Create new locks: in a forked child they may be held by threads that are not there."""


class _Entry:
    """A task's place in the plan."""

    __slots__ = ("again", "in_flight", "task", "ticket", "unwanted")

    def __init__(self, task: Task) -> None:
        self.task = task
        self.ticket = 0  # the valid ticket in the heap; others are leftovers
        self.in_flight = False
        self.again = False  # woken while in flight: poll once more at once
        self.unwanted = False  # removed while in flight: this poll is the last


class _Worker(threading.Thread):
    """A thread with its own inbox, so that the one that rested last is called first."""

    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__(name="civis_nb-poll", daemon=True)
        self.inbox: queue.SimpleQueue[_Entry] = queue.SimpleQueue()
        self.busy_since = time.monotonic()
        self._scheduler = scheduler

    def run(self) -> None:
        self._scheduler._work(self)


class Scheduler:
    """Polls tasks when they are due, on few threads.

    Parameters
    ----------
    max_workers
        Polls that go on at once, not counting those that are held up.
    idle_s
        Seconds after which a thread without work ends.

    Examples
    --------
    >>> done = threading.Event()
    >>> class Once:
    ...     def step(self):
    ...         done.set()
    ...     def after_fork(self): ...
    >>> Scheduler(idle_s=0.1).add(Once())
    >>> done.wait(10)
    True
    """

    def __init__(self, max_workers: int = MAX_WORKERS, idle_s: float = IDLE_S) -> None:
        self._max_workers = max_workers
        self._idle_s = idle_s
        self._reset()
        _schedulers.add(self)

    def _reset(self) -> None:
        """Set everything to the state without tasks and threads."""
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._tickets = itertools.count(1)
        self._heap: list[tuple[float, int, _Entry]] = []
        self._entries: dict[int, _Entry] = {}
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._dispatcher: threading.Thread | None = None

    @property
    def active(self) -> int:
        """How many tasks are being polled."""
        return len(self._entries)

    @property
    def threads(self) -> int:
        """How many threads there are at this moment."""
        with self._lock:
            return len(self._idle) + len(self._busy) + (self._dispatcher is not None)

    def is_worker(self) -> bool:
        """Return whether the calling thread is one that polls."""
        return isinstance(threading.current_thread(), _Worker)

    def add(self, task: Task, delay_s: float = 0.0) -> None:
        """Poll a task after `delay_s` seconds, then as often as its steps say.

        A task that is being polled already stays as it is.
        """
        with self._lock:
            entry = self._entries.get(id(task))
            if entry is None:
                entry = self._entries[id(task)] = _Entry(task)
            if entry.ticket or entry.in_flight:
                self._ensure_dispatcher()
            else:
                self._plan(entry, delay_s)
            entry.unwanted = False

    def wake(self, task: Task) -> None:
        """Poll a task at once; when it is being polled, once more right after."""
        with self._lock:
            entry = self._entries.get(id(task))
            if entry is None:
                entry = self._entries[id(task)] = _Entry(task)
            entry.unwanted = False
            if entry.in_flight:
                entry.again = True
            else:
                self._plan(entry, 0.0)

    def remove(self, task: Task) -> None:
        """Poll a task no more; a poll that is under way ends by itself."""
        with self._lock:
            entry = self._entries.get(id(task))
            if entry is None:
                return
            if entry.in_flight:
                entry.unwanted = True
            else:
                self._forget(entry)

    # Everything below that touches the plan is called with the lock held. In the main thread an
    # interrupt may end it at any line: what is left undone is then done by the next call.

    def _plan(self, entry: _Entry, delay_s: float) -> None:
        """Push a task on the heap, and start or wake the dispatcher."""
        due = time.monotonic() + max(delay_s, 0.0)
        ticket = next(self._tickets)
        heapq.heappush(self._heap, (due, ticket, entry))
        entry.ticket = ticket
        self._ensure_dispatcher()
        if self._heap[0][2] is entry:
            self._changed.notify()

    def _ensure_dispatcher(self) -> None:
        """Start the dispatcher unless it runs: an interrupt may have come before its start."""
        if self._dispatcher is None or not self._dispatcher.is_alive():
            self._dispatcher = threading.Thread(
                target=self._dispatch, name="civis_nb-schedule", daemon=True
            )
            self._dispatcher.start()

    def _forget(self, entry: _Entry) -> None:
        """Poll a task no more."""
        entry.ticket = 0
        del self._entries[id(entry.task)]
        if not self._entries:
            self._changed.notify()

    def _next_due(self) -> float | None:
        """Return when the next task is due, by the monotonic clock; None when there is none."""
        while self._heap and self._heap[0][2].ticket != self._heap[0][1]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def _take_due(self) -> _Entry | None:
        due = self._next_due()
        return None if due is None or due > time.monotonic() else self._take_first()

    def _take_first(self) -> _Entry:
        """Remove the task that is due first; it is not due again before it was polled."""
        entry = heapq.heappop(self._heap)[2]
        entry.in_flight = True
        entry.ticket = 0
        return entry

    def _free_worker(self) -> _Worker | None:
        """Return an idle worker, or a new one; None when all are busy."""
        if self._idle:
            return self._idle.pop()
        now = time.monotonic()
        blocked = sum(now - worker.busy_since > BLOCKED_AFTER_S for worker in self._busy)
        if len(self._busy) >= min(self._max_workers + blocked, MAX_THREADS):
            return None
        worker = _Worker(self)
        try:
            worker.start()
        except RuntimeError:  # no more threads to be had: those that exist go on
            return None
        return worker

    def _dispatch(self) -> None:
        """Pass due tasks to threads, until nothing is left to do."""
        with self._lock:
            while True:
                due = self._next_due()
                now = time.monotonic()
                if due is None and not self._entries:
                    self._changed.wait(self._idle_s)
                    if not self._entries:
                        self._dispatcher = None
                        return
                elif due is None:
                    self._changed.wait()
                elif due > now:
                    self._changed.wait(min(due - now, MAX_WAIT_S))
                elif (worker := self._free_worker()) is not None:
                    worker.busy_since = now
                    self._busy.add(worker)
                    worker.inbox.put(self._take_first())
                else:
                    # Every thread is busy: the first that is free takes what is due by itself.
                    self._changed.wait(BLOCKED_AFTER_S / 4)

    def _work(self, worker: _Worker) -> None:
        """Poll what the dispatcher hands over, then whatever else is due, then wait."""
        while True:
            try:
                entry: _Entry | None = worker.inbox.get(timeout=self._idle_s)
            except queue.Empty:
                with self._lock:
                    if worker in self._idle:
                        self._idle.remove(worker)
                        return
                continue  # called at this very moment: the inbox holds it, or will at once
            while entry is not None:
                delay_s = _step(entry.task)
                entry = self._settle(worker, entry, delay_s)

    def _settle(self, worker: _Worker, entry: _Entry, delay_s: float | None) -> _Entry | None:
        """Plan a task's next poll; return the next one that is due, None to let the thread rest."""
        with self._lock:
            entry.in_flight = False
            if delay_s is None or entry.unwanted:
                self._forget(entry)
            else:
                self._plan(entry, 0.0 if entry.again else delay_s)
                entry.again = False
            worker.busy_since = time.monotonic()
            following = self._take_due()
            if following is None:
                self._busy.discard(worker)
                self._idle.append(worker)
            return following

    def _after_fork(self) -> None:
        """Start anew in a forked child, which has none of the threads."""
        tasks = [entry.task for entry in list(self._entries.values())]
        self._reset()
        for task in tasks:
            task.after_fork()


def _step(task: Task) -> float | None:
    """Run the next step of a task; return the seconds until the one after it."""
    try:
        return task.step()
    except BaseException:
        # A task reports its own errors; this one is a defect, and must not stop the others.
        log.exception("%r can't be polled any more", task)
        return None


_schedulers: weakref.WeakSet[Scheduler] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for scheduler in list(_schedulers):
        scheduler._after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)

#: The one that all futures of this process share.
default = Scheduler()
