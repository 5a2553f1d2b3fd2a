"""Ending work early: a wish that every thread which takes part in the work hears.

An interrupt reaches the main thread only. What other threads do for it (download ahead, send
parts, wait before another attempt) hangs on a `Stop`: the main thread sets it, and they end at
once, also when a connection stands still.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from civis_nb.errors import CivisTransferError

__all__ = ["Stop", "child", "current", "shut"]


class Stop:
    """A wish that work ends, heard by all that looks at it, waits on it or hangs on it.

    Examples
    --------
    >>> stop = Stop()
    >>> _ = stop.call(lambda: print("heard"))
    >>> stop.set()
    heard
    >>> stop.wait(60)
    True
    """

    def __init__(self) -> None:
        self._set = threading.Event()
        self._lock = threading.RLock()
        self._callbacks: dict[int, Callable[[], object]] = {}
        self._numbers = itertools.count()

    @property
    def is_set(self) -> bool:
        """Whether the work is to end."""
        return self._set.is_set()

    def set(self) -> None:
        """Have the work end."""
        # The lock is held, so that what was taken back is called neither now nor later. What is
        # called here only pokes: it sets flags, and shuts sockets.
        with self._lock:
            self._set.set()
            callbacks, self._callbacks = list(self._callbacks.values()), {}
            for callback in callbacks:
                callback()

    def wait(self, seconds: float) -> bool:
        """Sleep, no longer than until the work is to end; tell whether it is."""
        return self._set.wait(seconds)

    def check(self) -> None:
        """Raise when the work is to end.

        Raises
        ------
        CivisTransferError
            So that threads that work for others end as they do after any failure. Who stopped
            the work knows why, and never sees it.
        """
        if self.is_set:
            raise CivisTransferError("The transfer was interrupted.")

    def call(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Call `callback` when the work is to end, at once when it is already.

        Returns
        -------
        Callable
            Takes it back: when this has returned, it is not called any more.
        """
        with self._lock:
            number = next(self._numbers)
            if self.is_set:
                callback()
            else:
                self._callbacks[number] = callback

        def take_back() -> None:
            with self._lock:
                self._callbacks.pop(number, None)

        return take_back

    @contextlib.contextmanager
    def active(self) -> Iterator[None]:
        """Have `current` give this one, in this thread, while the block runs."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)


_current: ContextVar[Stop | None] = ContextVar("civis_nb_stop", default=None)


def current() -> Stop:
    """Give the wish that this thread's work hangs on; where there is none, one of nobody."""
    return _current.get() or Stop()


def child() -> tuple[Stop, Callable[[], None]]:
    """Give a wish of its own for work that also ends with the present one; and what parts them."""
    own = Stop()
    parent = _current.get()
    return own, (lambda: None) if parent is None else parent.call(own.set)


def shut(response: Any) -> Callable[[], None]:
    """Give what ends the reading of an answer of requests from another thread."""

    def end() -> None:
        # Older versions of urllib3 can't; then the reading ends with its timeout.
        with contextlib.suppress(
            AttributeError, NotImplementedError, OSError, RuntimeError, ValueError
        ):
            response.raw.shutdown()

    return end
