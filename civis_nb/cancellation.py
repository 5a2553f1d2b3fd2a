"""Cancelling work from another thread: the one token that downloads, statements and runs share.

An interrupt reaches the main thread only, and a cancel request arrives in a thread of the server.
What other threads do for the work (download ahead, run a statement, wait before another attempt)
holds a `CancelToken`: they check it, wait on it, or subscribe to it.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Final

from civis_nb.errors import OperationCancelledError

__all__ = ["CANCELLED", "STOPPED", "CancelToken", "current_token"]

#: A person or a program asked for the end.
CANCELLED: Final = "cancelled"
#: What carries out the work is itself shutting down; this reason replaces `CANCELLED`.
STOPPED: Final = "stopped"


class CancelToken:
    """A request that work ends early, which any thread can make and every thread can see.

    Examples
    --------
    >>> token = CancelToken()
    >>> unsubscribe = token.on_cancel(lambda: print("stopping"))
    >>> token.cancel()
    stopping
    >>> token.cancelled, token.wait(60)
    (True, True)
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        # Reentrant: a callback may itself cancel, subscribe or unsubscribe.
        self._lock = threading.RLock()
        self._callbacks: dict[int, Callable[[], object]] = {}
        self._numbers = itertools.count()
        self._reason: str | None = None

    @property
    def cancelled(self) -> bool:
        """Whether the work is to end."""
        return self._event.is_set()

    @property
    def reason(self) -> str | None:
        """Why the work is to end: `CANCELLED` or `STOPPED`; None while it may go on."""
        return self._reason

    def cancel(self, reason: str = CANCELLED) -> None:
        """Request the end; the callbacks are called in this thread.

        A second call does nothing, unless its reason is `STOPPED` and the first one's was not:
        then the callbacks are called again.
        """
        # The callbacks are called under the lock, so that one whose subscription has ended is
        # called neither now nor later. They only set flags and shut sockets.
        with self._lock:
            if self._reason in (reason, STOPPED):
                return
            self._reason = reason
            self._event.set()
            for callback in list(self._callbacks.values()):
                callback()

    def wait(self, timeout_s: float) -> bool:
        """Wait until the work is to end or the time is up; return whether it is to end."""
        return self._event.wait(timeout_s)

    def raise_if_cancelled(self) -> None:
        """Raise when the work is to end.

        Raises
        ------
        OperationCancelledError
            When `cancel` was called.
        """
        if self._event.is_set():
            raise OperationCancelledError("The operation was cancelled.")

    def on_cancel(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Call ``callback`` when the work is to end; at once when it already is.

        Returns
        -------
        callable
            Ends the subscription: once it has returned, ``callback`` is not called any more.
        """
        with self._lock:
            number = next(self._numbers)
            self._callbacks[number] = callback
            if self.cancelled:
                callback()

        def unsubscribe() -> None:
            with self._lock:
                self._callbacks.pop(number, None)

        return unsubscribe

    def child(self) -> tuple[CancelToken, Callable[[], None]]:
        """Return a token that is cancelled with this one, and what separates the two."""
        token = CancelToken()
        return token, self.on_cancel(token.cancel)

    @contextlib.contextmanager
    def active(self) -> Iterator[None]:
        """Set this as the token that `current_token` returns, in this thread, for the block."""
        reset = _current.set(self)
        try:
            yield
        finally:
            _current.reset(reset)


_current: ContextVar[CancelToken | None] = ContextVar("civis_nb_cancel_token", default=None)


def current_token() -> CancelToken:
    """Return the token of this thread's work; where there is none, a new one."""
    return _current.get() or CancelToken()
