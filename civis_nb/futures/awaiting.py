"""A future that can be awaited, and that knows whether somebody was told how it ended."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Generator
from concurrent.futures import Future
from typing import Any

__all__ = ["CivisAsyncResultBase"]


class CivisAsyncResultBase(Future[Any]):
    """A `concurrent.futures.Future` that also knows whether it ended well, and can be awaited."""

    #: Whether somebody was told how it ended: by `result`, `exception`, or ``await``.
    told: bool = False

    def __await__(self) -> Generator[Any, None, Any]:
        """Wait for the end without blocking the event loop; give or raise what `result` does.

        Cancelling the task that waits ends the wait, and leaves the run alone.
        """
        loop = asyncio.get_running_loop()
        ended = loop.create_future()

        def end_wait() -> None:
            if not ended.done():
                ended.set_result(None)

        def wake(_: Future[Any]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(end_wait)

        self.add_done_callback(wake)
        yield from ended
        return self.result()

    def succeeded(self) -> bool:
        """Return whether there is a result."""
        return self.done() and not self.cancelled() and self._exception is None

    def failed(self) -> bool:
        """Return whether it ended with an exception."""
        return self.done() and not self.cancelled() and self._exception is not None
