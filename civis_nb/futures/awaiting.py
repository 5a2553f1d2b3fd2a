"""A future that can be awaited, that fails when a callback does, and knows whether it was read."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import Any

from civis_nb._waiting import SLICE_S

__all__ = ["CivisAsyncResultBase", "RunsLater"]

log = logging.getLogger(__name__)


class CivisAsyncResultBase(Future[Any]):
    """A `concurrent.futures.Future` that also knows whether it ended well, and can be awaited.

    A callback is a part of the work: `result`, `exception`, `succeeded` and `failed` wait for
    all of them, and the first exception that one raises is the future's, unless it has its own.
    """

    #: Whether its outcome was read: by `result`, `exception`, or ``await``.
    outcome_retrieved: bool = False

    def __init__(self) -> None:
        super().__init__()
        self._callback_error: BaseException | None = None
        self._callbacks_left = 0
        #: The threads that call callbacks: these may ask for the result, and don't wait.
        self._callback_threads: list[int] = []
        self._callbacks_changed = threading.Condition()

    def add_done_callback(self, fn: Callable[[Future[Any]], object]) -> None:
        """Call ``fn(future)`` at the end; at once when that was before.

        What it raises is logged, and raised by `result` where the future has no exception.
        """
        with self._callbacks_changed:
            self._callbacks_left += 1
        super().add_done_callback(lambda _: self._call_back(fn))

    def call_at_end(self, fn: Callable[[Future[Any]], object]) -> None:
        """Call ``fn(future)`` at the end, for a display: nobody waits for it, or fails with it."""
        super().add_done_callback(fn)

    def _call_back(self, fn: Callable[[Future[Any]], object]) -> None:
        """Call a callback, and keep what it raises."""
        thread = threading.get_ident()
        self._callback_threads.append(thread)
        try:
            fn(self)
        except BaseException as error:
            # Only who waits for the result can receive it.
            if self._callback_error is None:
                self._callback_error = error
            log.exception("exception calling callback for %r", self)
        finally:
            self._callback_threads.remove(thread)
            with self._callbacks_changed:
                self._callbacks_left -= 1
                self._callbacks_changed.notify_all()

    def _callbacks_ran(self, timeout: float | None = 0.0) -> bool:
        """Wait for the callbacks of a future that has ended; return whether all have run."""
        if threading.get_ident() in self._callback_threads:
            return True
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._callbacks_changed:
            while self._callbacks_left:
                left = SLICE_S if deadline is None else deadline - time.monotonic()
                if left <= 0:
                    return False
                self._callbacks_changed.wait(min(left, SLICE_S))
        return True

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the end and return the result, or raise what it, or a callback, failed with.

        Raises
        ------
        TimeoutError
            When the end, or that of the callbacks, did not come in time.
        """
        started = time.monotonic()
        value = super().result(timeout)
        self._await_callbacks(timeout, started)
        if self._callback_error is not None:
            raise self._callback_error
        return value

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for the end and return what it, or a callback, failed with; None for a result.

        Raises
        ------
        TimeoutError
            When the end, or that of the callbacks, did not come in time.
        """
        started = time.monotonic()
        error = super().exception(timeout)
        if error is not None:
            return error
        self._await_callbacks(timeout, started)
        return self._callback_error

    def _await_callbacks(self, timeout: float | None, started: float) -> None:
        """Wait for the callbacks, at most until `timeout` seconds after `started`."""
        left = None if timeout is None else timeout - (time.monotonic() - started)
        if not self._callbacks_ran(left):
            raise TimeoutError(f"{self!r} has ended; its callbacks still run after {timeout} s.")

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

        self.call_at_end(wake)
        yield from ended
        if not self._callbacks_ran():
            yield from loop.run_in_executor(None, self._callbacks_ran, None)
        return self.result()

    def succeeded(self) -> bool:
        """Return whether there is a result: the run ended well, and no callback failed."""
        return self.done() and not self.cancelled() and self._error() is None

    def failed(self) -> bool:
        """Return whether it ended with an exception, or a callback did."""
        return self.done() and not self.cancelled() and self._error() is not None

    def _error(self) -> BaseException | None:
        """Return the exception of a future that has ended, once its callbacks have run."""
        if self._exception is None:
            self._callbacks_ran(None)
        return self._exception or self._callback_error


class RunsLater(CivisAsyncResultBase):
    """A future that exists before the run it stands for.

    Attributes
    ----------
    run
        The future of the run; None before it has started.
    """

    run: Any = None

    @property
    def job_id(self) -> Any:
        """The id of the job; None before it has started."""
        return None if self.run is None else self.run.job_id

    @property
    def run_id(self) -> Any:
        """The id of the run; None before it has started."""
        return None if self.run is None else self.run.run_id
