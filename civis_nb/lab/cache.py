"""A cache of values that take long to load: an old one is returned while a new one is loaded."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

__all__ = ["Cache"]

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

#: A load that takes longer may hang: what is to come after it begins beside it.
_HUNG_AFTER_S: Final = 5.0


@dataclass
class _Entry(Generic[Value]):
    """The newest value of a key, and the load that is under way."""

    value: Value | None = None
    loaded_at: float | None = None
    loading: Future[Value] | None = None
    #: An earlier load of what was forgotten since, for whose end the next one waits.
    before: Future[Value] | None = None


class Cache(Generic[Key, Value]):
    """Values by key. An old one is given at once, while a new one is loaded.

    Parameters
    ----------
    load
        Loads the value of a key; runs in a thread of its own.
    fresh_s
        How long a value is given without loading it again.
    """

    def __init__(self, load: Callable[[Key], Value], fresh_s: float) -> None:
        self._load = load
        self._fresh_s = fresh_s
        self._entries: dict[Key, _Entry[Value]] = {}
        self._lock = threading.Lock()

    def get(self, key: Key, wait_s: float) -> Value:
        """Return the value of a key.

        Raises
        ------
        TimeoutError
            When there is none yet, and loading takes longer than `wait_s`; it goes on.
        Exception
            What `load` raised, when there is no earlier value; the next call loads again.
        """
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            is_old = entry.loaded_at is None or time.monotonic() - entry.loaded_at > self._fresh_s
            if is_old and entry.loading is None:
                entry.loading = Future()
                # A daemon: a server that ends does not wait for a network that is down.
                threading.Thread(
                    target=self._renew, args=(key, entry, entry.loading), daemon=True
                ).start()
            loading = entry.loading
            if entry.loaded_at is not None:
                return entry.value  # type: ignore[return-value]  # it is loaded
        assert loading is not None  # noqa: S101 - there is no value, so one is being loaded
        return loading.result(wait_s)

    def forget(self) -> None:
        """Forget all values: the next call for one is answered by a load that begins after this.

        However often this is called during one load, one more follows it.
        """
        with self._lock:
            self._entries = {
                key: entry if entry.before is not None else _Entry(before=entry.loading)
                for key, entry in self._entries.items()
                if entry.before is not None or entry.loading is not None
            }

    def _renew(self, key: Key, entry: _Entry[Value], loading: Future[Value]) -> None:
        """Load a value, and hand it to all who wait for it."""
        if entry.before is not None:
            wait([entry.before], _HUNG_AFTER_S)
            with self._lock:
                entry.before = None
        try:
            value = self._load(key)
        except BaseException as error:
            with self._lock:
                entry.loading = None
            loading.set_exception(error)
            return
        with self._lock:
            entry.value, entry.loaded_at, entry.loading = value, time.monotonic(), None
        loading.set_result(value)
