"""Iterate ahead of a consumer, in a thread that ends with it."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from civis_nb._waiting import queue_get
from civis_nb.cancellation import CancelToken, current_token

__all__ = ["prefetch"]

_Item = TypeVar("_Item")
_END = object()
#: How long a consumer that is closed waits for the thread.
_JOIN_S = 2.0


def prefetch(items: Iterable[_Item], depth: int = 4) -> Iterator[_Item]:
    """Iterate in a thread of its own, a few items ahead of the consumer.

    An exception of the iteration is raised in the consumer. The thread ends when the consumer
    closes the iterator, or the present `CancelToken` is cancelled.

    Parameters
    ----------
    items
        What to iterate; closed in the thread.
    depth
        The most items that wait for the consumer.

    Examples
    --------
    >>> list(prefetch("abc"))
    ['a', 'b', 'c']
    """
    waiting: queue.Queue[Any] = queue.Queue(depth)
    token, unsubscribe = current_token().child()

    def put(item: Any) -> bool:
        while not token.cancelled:
            try:
                waiting.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def iterate() -> None:
        try:
            for item in items:
                if not put((item, None)):
                    break
            else:
                put((_END, None))
        except BaseException as error:
            put((_END, error))
        finally:
            close = getattr(items, "close", None)
            if callable(close):
                close()
            unsubscribe()

    def run() -> None:
        with token.active():
            iterate()

    thread = threading.Thread(target=run, name="civis-prefetch", daemon=True)
    thread.start()
    received = _received(waiting, token, thread)
    next(received)  # to its first line: closed before that, a generator cleans up nothing
    return received


def _received(
    waiting: queue.Queue[Any], token: CancelToken, thread: threading.Thread
) -> Iterator[Any]:
    """Yield None, then the items; end the thread when the consumer closes this."""

    def wake() -> None:
        # With a full queue the consumer is not waiting.
        with contextlib.suppress(queue.Full):
            waiting.put_nowait((_END, None))

    unsubscribe = token.on_cancel(wake)
    try:
        yield None
        while True:
            item, error = queue_get(waiting)
            if error is not None:
                raise error
            token.raise_if_cancelled()
            if item is _END:
                return
            yield item
    finally:
        unsubscribe()
        token.cancel()
        # A thread in the middle of a request ends with the request, and touches nothing more.
        thread.join(_JOIN_S)
