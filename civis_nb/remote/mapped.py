"""`map`: a function called for each of many items, each in a job of its own."""

from __future__ import annotations

import atexit
import concurrent.futures
import contextlib
import logging
import reprlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from civis_nb._waiting import SLICE_S, after_interrupt
from civis_nb.display.activity import SHOWN_AFTER_S, Activity
from civis_nb.errors import CivisCancelledError, CivisInputError
from civis_nb.futures.awaiting import RunsLater
from civis_nb.futures.executors import DEFAULT_IMAGE
from civis_nb.futures.group import RunGroup
from civis_nb.remote import calls

if TYPE_CHECKING:
    from civis_nb.client.client import APIClient

__all__ = ["FunctionMap", "MappedCall", "map"]

_MAX_JOBS = 50
#: So many jobs are started at the same time.
_STARTS = 8
#: How long the end of the program waits for starts that are on their way.
_EXIT_S = 10.0

_logger = logging.getLogger(__name__)


class MappedCall(RunsLater):
    """The call for one item: waits for its turn, then for its job.

    Attributes
    ----------
    run
        The future of its job; None before it has started.
    """

    run: calls.FunctionFuture | None = None

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self._turn = threading.RLock()

    def __repr__(self) -> str:
        state = self.run.state if self.run is not None else "waits for its turn"
        return f"<{type(self).__name__} of item {self._number}: {state}>"

    @property
    def state(self) -> str:
        """The state of its job as last seen; ``"queued"`` before its turn."""
        if self.run is not None:
            return self.run.state
        return "cancelled" if self.cancelled() else "failed" if self.done() else "queued"

    def activity(self, title: str = "") -> Activity:
        """Return what was seen last of it, as plain data for a display."""
        return Activity(title, self.state) if self.run is None else self.run.activity(title)

    def cancel(self) -> bool:
        """Stop the job; a call whose turn has not come is never made."""
        if self.run is not None:
            return self.run.cancel()
        with self._turn:
            if self.cancelled():
                return True
            is_cancelled = super().cancel()
            if is_cancelled:
                # Else who waits for several futures, by concurrent.futures.wait, is not told.
                self.set_running_or_notify_cancel()
        return is_cancelled

    def take_turn(self) -> bool:
        """Return whether the call is made now; it is not where it was cancelled before."""
        with self._turn:
            return not self.cancelled() and self.set_running_or_notify_cancel()

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the end and return the function's value, or raise its exception.

        Raises
        ------
        TimeoutError
            When the end did not come in time.
        CivisCancelledError
            When it was cancelled.
        """
        try:
            return super().result(timeout)
        except CancelledError as error:
            if isinstance(error, CivisCancelledError):
                raise
            raise CivisCancelledError(
                f"The call for item {self._number} was cancelled before its turn."
            ) from None

    def follow(self, run: calls.FunctionFuture) -> None:
        """Copy the outcome of the job when it ends."""
        self.run = run
        run.call_at_end(self._take)

    def _take(self, run: Future[Any]) -> None:
        try:
            self.set_result(run.result(0))
        except BaseException as error:
            # All that the function may raise; whoever waits for the value receives it.
            self.set_exception(error)


class FunctionMap(Iterator[Any]):
    """The values of a function for many items, in their order; see `map`.

    Attributes
    ----------
    futures
        A future for each item, in order.
    group
        All of them as a `civis_nb.futures.RunGroup`: shown with counts and a row for each.
    """

    def __init__(
        self,
        start: Callable[[bytes], calls.FunctionFuture],
        contents: Sequence[bytes],
        jobs: int,
        group: Callable[[Sequence[MappedCall]], RunGroup],
    ) -> None:
        self.futures = tuple(MappedCall(number) for number in range(len(contents)))
        self.group = group(self.futures)
        self._start = start
        self._next = 0
        self._cancelled = False
        self._is_over = False
        self._free = threading.Semaphore(jobs)
        self._waiting = deque(zip(self.futures, contents, strict=True))
        #: Guards what is below, and is notified of it.
        self._changed = threading.Condition()
        self._on_the_way = 0
        self._threads = min(jobs, _STARTS, len(contents))
        if self._threads:
            atexit.register(self._end)
        for number in range(self._threads):
            # Daemons: jobs that wait for their turn must not keep the program from ending.
            threading.Thread(target=self._serve, name=f"civis_nb.map_{number}", daemon=True).start()

    def _serve(self) -> None:
        """Start the jobs of items that wait, one after the other; the target of a thread."""
        while True:
            try:
                future, content = self._waiting.popleft()
            except IndexError:
                break
            self._free.acquire()
            with self._changed:
                if self._is_over:
                    return
                self._on_the_way += 1
            try:
                self._started(future, content)
            finally:
                with self._changed:
                    self._on_the_way -= 1
                    self._changed.notify_all()
        with self._changed:
            self._threads -= 1
            if not self._threads:
                atexit.unregister(self._end)

    def _end(self) -> None:
        """Start no more jobs when the program ends, and tell how many that concerns."""
        with self._changed:
            self._is_over = True
            self._changed.wait_for(lambda: not self._on_the_way, _EXIT_S)
        left = sum(one.run is None and not one.done() for one in self.futures)
        if left:
            _logger.warning(
                "The program ends before %d of %d calls of %s were started, and they never will "
                "be. Read the values, as by list(...), before it ends.",
                left,
                len(self),
                self.group.title,
            )

    def _started(self, future: MappedCall, content: bytes) -> None:
        """Start the job of one item, for which a place is free."""
        if self._cancelled or not future.take_turn():
            self._free.release()
            return
        try:
            run = self._start(content)
        except BaseException as error:
            # Raised where the value is read: this is a thread of its own.
            self._free.release()
            future.set_exception(error)
            return
        run.call_at_end(lambda _: self._free.release())
        future.follow(run)
        if self._cancelled:
            run.cancel()

    def __iter__(self) -> FunctionMap:
        return self

    def __next__(self) -> Any:
        if self._next == len(self.futures):
            raise StopIteration
        self._next += 1
        try:
            return self._awaited(self.futures[self._next - 1])
        except KeyboardInterrupt as interrupt:
            done = sum(one.done() for one in self.futures)
            after_interrupt(self.cancel)
            interrupt.args = (f"{done} of {len(self)} calls had ended; the others are cancelled.",)
            raise
        except BaseException:
            self.cancel()
            raise

    def _awaited(self, future: MappedCall) -> Any:
        """Return the value of one call; show all of them when that takes a while."""
        begun = time.monotonic()
        with contextlib.ExitStack() as display:
            while not future.done():
                concurrent.futures.wait([future], SLICE_S)
                if time.monotonic() - begun > SHOWN_AFTER_S:
                    begun = float("inf")
                    display.enter_context(self._display())
        return future.result()

    def _display(self) -> contextlib.AbstractContextManager[object]:
        """Return the display of all calls together."""
        from civis_nb.display.live import Display
        from civis_nb.display.tracker import Tracker
        from civis_nb.widgets.cell import WidgetCell

        tracker = Tracker(self.group.title)
        tracker.wait_for_runs(lambda: self.group.view(live=True))
        return Display(tracker, cell=WidgetCell)

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        return self.group._repr_mimebundle_(**options)

    def __len__(self) -> int:
        return len(self.futures)

    def __repr__(self) -> str:
        done = sum(future.done() for future in self.futures)
        return f"<{type(self).__name__}: {done} of {len(self.futures)} calls are done>"

    def cancel(self) -> None:
        """Stop all jobs that go on, and start no more."""
        self._cancelled = True
        for future in self.futures:
            if future.run is None:
                future.cancel()
        with ThreadPoolExecutor(_STARTS, "civis_nb.map") as pool:
            going = [future for future in self.futures if not future.done()]
            list(pool.map(MappedCall.cancel, going))


def map(
    function: Callable[[Any], Any],
    items: Iterable[Any],
    /,
    *,
    max_jobs: int = _MAX_JOBS,
    cpu: int = 1024,
    memory: int = 1024,
    image: str = DEFAULT_IMAGE,
    requirements: Sequence[str] = (),
    client: APIClient | None = None,
) -> FunctionMap:
    """Call a Python function for each of many items, each in a job of its own.

    Parameters
    ----------
    function
        Takes one item.
    items
        What it is called for.
    max_jobs
        How many jobs there are at the same time, at most.
    cpu, memory, image, requirements, client
        As for `run`.

    Returns
    -------
    FunctionMap
        An iterator over the values, in the order of the items; the jobs are started at once,
        whether it is read or not. When a call fails, its exception is raised in its turn, and
        the other jobs are cancelled, as they are by an interrupt. ``futures`` has each call by
        itself: all outcomes, whichever way they end. When the program ends first, no more jobs
        are started, and a warning says how many were not; those that were go on.

    Raises
    ------
    CivisInputError
        When the function or an item can't be pickled, or a setting can't be what it is.
        Nothing was sent.

    Examples
    --------
    >>> import civis_nb
    >>> with civis_nb.local.start(samples=False) as platform:
    ...     list(civis_nb.map(abs, [-1, 2], max_jobs=2, client=platform.client()))
    [1, 2]
    """
    if isinstance(max_jobs, bool) or not isinstance(max_jobs, int) or max_jobs < 1:
        raise CivisInputError(f"max_jobs can't be {max_jobs!r}: it is 1 or more.")
    settings = calls.JobSettings(cpu, memory, image, calls._listed(requirements), client)
    given = list(items)
    contents = [calls.pickled_call(function, item) for item in given]
    executor = settings.executor(calls.title(function))
    names = [reprlib.repr(item) for item in given]
    return FunctionMap(
        lambda content: calls.start(content, executor, settings.requirements),
        contents,
        max_jobs,
        lambda futures: RunGroup(futures, names, title=calls.title(function)),
    )
