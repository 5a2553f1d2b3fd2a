"""A call of a function that moves data: its progress, its runs, and its early end.

The outermost function of `civis_nb.io` opens the call; those that it calls take part in it. So
there is one line of progress for a person, whatever the call is doing; and when it is
interrupted, the runs that it started are cancelled, and the threads that work for it end.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from civis_nb._tracebacks import end_at_users_line
from civis_nb._waiting import after_interrupt
from civis_nb.cancellation import CancelToken

if TYPE_CHECKING:
    from civis_nb.display.tracker import Tracker
    from civis_nb.futures.interrupts import PendingStart

__all__ = [
    "Advance",
    "Call",
    "current_call",
    "open_call",
    "progress_bar",
    "start_run",
    "step",
    "tracked_transfer",
]

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_P = ParamSpec("_P")


class Call:
    """One call.

    Parameters
    ----------
    progress
        Whether it is shown; None: when a person is watching and it takes a while.

    Attributes
    ----------
    tracker
        What the call does now, for displays.
    token
        Cancels what other threads do for it.
    """

    def __init__(self, progress: bool | None = None) -> None:
        from civis_nb.display.tracker import Tracker

        self.progress = progress
        self.tracker: Tracker = Tracker()
        self.token = CancelToken()
        self._pending: list[PendingStart] = []
        self._report: str | None = None

    def start_run(self, start: Callable[[], _Result]) -> _Result:
        """Start a run so that an interrupt does not lose it; return its future.

        Parameters
        ----------
        start
            Starts the run and returns its future.
        """
        if threading.current_thread() is not threading.main_thread():
            return start()  # no interrupt comes here

        from civis_nb.futures.interrupts import PendingStart

        pending = PendingStart(start)
        self._pending.append(pending)
        future: _Result = pending.future()
        return future

    @contextlib.contextmanager
    def displayed(self) -> Iterator[None]:
        """Show the call while the block runs; when that fails, end all that works for it.

        Raises
        ------
        KeyboardInterrupt
            When one came while the block ran; its message is what became of the runs of the call.
        """
        from civis_nb.display.live import Display

        display = Display(self.tracker, self.progress)
        try:
            with display:
                try:
                    yield
                except KeyboardInterrupt as interrupt:
                    self.end_early(interrupt)
                    raise
                except BaseException:
                    self.token.cancel()
                    raise
        except KeyboardInterrupt as interrupt:  # that came while the display was taken away
            after_interrupt(display.remove)
            self.end_early(interrupt)
            raise

    def end_early(self, interrupt: KeyboardInterrupt) -> None:
        """Cancel what works for the call and what it started; put that into the interrupt."""
        if self._report is None:
            self._report = after_interrupt(self._cancel)
        if self._report:
            interrupt.args = (self._report,)

    def _cancel(self) -> str:
        """Cancel all work of the call; return what became of its runs, in words."""
        self.token.cancel()
        if not self._pending:
            return ""
        from civis_nb.futures.interrupts import cancel_runs

        self.tracker.begin_step("Cancelling what was started")
        return cancel_runs(self._pending)

    @contextlib.contextmanager
    def active(self) -> Iterator[None]:
        """Run the block as part of this call, with the functions that it calls."""
        token = _current.set(self)
        try:
            with self.token.active():
                yield
        finally:
            _current.reset(token)

    def iterate(self, items: Iterator[_Item]) -> Iterator[_Item]:
        """Iterate as this call; what the caller does between two items is not part of it.

        Parameters
        ----------
        items
            The iterator.
        """
        self.tracker.restart()
        with self.displayed(), contextlib.ExitStack() as closing:
            close = getattr(items, "close", None)
            if callable(close):
                closing.callback(close)
            while True:
                self.tracker.resume()
                with self.active():
                    try:
                        item = next(items)
                    except StopIteration:
                        return
                self.tracker.pause()
                yield item


_current: ContextVar[Call | None] = ContextVar("civis_nb_io_call", default=None)


def current_call() -> Call | None:
    """Return the call that this thread takes part in; None for none."""
    return _current.get()


def tracked_transfer(function: Callable[_P, _Result]) -> Callable[_P, _Result]:
    """Open a call for each use of a function, unless one is open already.

    Its keyword ``progress`` says whether it is shown.
    """

    @functools.wraps(function)
    def called(*args: _P.args, **kwargs: _P.kwargs) -> _Result:
        if _current.get() is not None:
            return function(*args, **kwargs)
        progress = kwargs.get("progress")
        call = Call(progress if isinstance(progress, bool) else None)
        try:
            with call.displayed(), call.active():
                return function(*args, **kwargs)
        except KeyboardInterrupt as interrupt:  # that came on the way out
            call.end_early(interrupt)
            raise
        except OSError as error:  # a file that is not there, a disk that is full
            end_at_users_line(error)
            raise

    return called


@contextlib.contextmanager
def open_call(progress: bool | None = None) -> Iterator[Call]:
    """Open a call for the block, or take part in the one that is open already.

    Parameters
    ----------
    progress
        Whether it is shown; None: when a person is watching. The outermost call decides.
    """
    call = _current.get()
    if call is not None:
        yield call
        return
    call = Call(progress)
    with call.displayed(), call.active():
        yield call


def step(title: str) -> None:
    """Begin a step of the present call; without one do nothing."""
    call = _current.get()
    if call is not None:
        call.tracker.begin_step(title)


def start_run(start: Callable[[], _Result]) -> _Result:
    """Start a run as part of the present call, if there is one; return its future."""
    call = _current.get()
    return start() if call is None else call.start_run(start)


class Advance:
    """Counts bytes, from any thread.

    Parameters
    ----------
    call
        Whose bytes they are.
    """

    def __init__(self, call: Call) -> None:
        self._add = call.tracker.add
        self._check = call.token.raise_if_cancelled

    def __call__(self, count: int) -> None:
        """Count bytes.

        Raises
        ------
        OperationCancelledError
            When the call is to end.
        """
        self._check()
        self._add(count)

    def over(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Pass on chunks and count them."""
        for chunk in chunks:
            yield chunk
            self(len(chunk))


@contextlib.contextmanager
def progress_bar(
    title: str, total: int | None, progress: bool | None, *, estimated: bool = False
) -> Iterator[Advance]:
    """Show the bytes that move while the block runs.

    Parameters
    ----------
    title
        What is going on.
    total
        All of the bytes; None when unknown.
    progress
        As for `open_call`.
    estimated
        Whether `total` is an estimate.
    """
    with open_call(progress) as call:
        call.tracker.begin_step(title, total, estimated=estimated)
        yield Advance(call)
