"""Who is called with what every poll of a future finds."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

__all__ = ["Subscriber", "Subscribers"]

log = logging.getLogger(__name__)

Subscriber = Callable[[Any, Any], object]


class Subscribers:
    """The subscribers of one future; no lock is held while they are called."""

    def __init__(self) -> None:
        self._callbacks: tuple[Subscriber, ...] = ()
        self._lock = threading.Lock()

    def add(self, callback: Subscriber) -> Callable[[], None]:
        """Call a subscriber from now on; return what ends that."""
        with self._lock:
            self._callbacks = (*self._callbacks, callback)
        return lambda: self._remove(callback)

    def notify(self, future: Any, response: Any) -> None:
        """Call all of them; one that raises is logged and called no more."""
        for callback in self._callbacks:
            try:
                callback(future, response)
            except Exception:
                log.exception("%r: a subscriber raised and is called no more", future)
                self._remove(callback)

    def after_fork(self) -> None:
        """Create a new lock in a forked child."""
        self._lock = threading.Lock()

    def _remove(self, callback: Subscriber) -> None:
        with self._lock:
            self._callbacks = tuple(one for one in self._callbacks if one is not callback)
