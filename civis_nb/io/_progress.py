"""A call of a function that moves data: what it shows, what it started, how it ends early.

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
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from civis_nb._waiting import after_interrupt
from civis_nb.cancellation import CancelToken

if TYPE_CHECKING:
    from civis_nb.display.progress import Work

__all__ = [
    "Advance",
    "Call",
    "begin",
    "moving",
    "present",
    "progress_bar",
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
    work
        What it is doing, for displays.
    stop
        Ends what other threads do for it.
    """

    def __init__(self, progress: bool | None = None) -> None:
        from civis_nb.display.progress import Work

        self.progress = progress
        self.work: Work = Work()
        self.token = CancelToken()
        self._beginnings: list[Any] = []
        self._said: str | None = None

    def begin(self, start: Callable[[], _Result]) -> _Result:
        """Start a run so that an interrupt does not lose it; give its future.

        Parameters
        ----------
        start
            Starts the run and gives its future.
        """
        if threading.current_thread() is not threading.main_thread():
            return start()  # no interrupt comes here

        from civis_nb.futures.interrupts import PendingStart

        beginning = PendingStart(start)
        self._beginnings.append(beginning)
        future: _Result = beginning.future()
        return future

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Show the call while the block runs; when that fails, end all that works for it.

        Raises
        ------
        KeyboardInterrupt
            That came while the block ran: it says what became of runs that the call started.
        """
        from civis_nb.display.watching import showing

        try:
            with showing(self.work, self.progress):
                try:
                    yield
                except KeyboardInterrupt as interrupt:
                    self.end_early(interrupt)
                    raise
                except BaseException:
                    self.token.cancel()
                    raise
        except KeyboardInterrupt as interrupt:  # that came while the display was taken away
            self.end_early(interrupt)
            raise

    def end_early(self, interrupt: KeyboardInterrupt) -> None:
        """End what works for the call and what it started; have the interrupt tell of that."""
        if self._said is None:
            self._said = after_interrupt(self._ended_early)
        if self._said:
            interrupt.args = (self._said,)

    def _ended_early(self) -> str:
        self.token.cancel()
        if not self._beginnings:
            return ""
        from civis_nb.futures.interrupts import stopped_all

        self.work.next("Cancelling what was started")
        return stopped_all(self._beginnings)

    @contextlib.contextmanager
    def active(self) -> Iterator[None]:
        """Have functions that are called in the block take part in this call."""
        token = _current.set(self)
        try:
            with self.token.active():
                yield
        finally:
            _current.reset(token)

    def driven(self, items: Iterator[_Item]) -> Iterator[_Item]:
        """Iterate as this call: what happens between two items is not part of it.

        Parameters
        ----------
        items
            The iterator.
        """
        self.work.restart()
        with self.watched(), contextlib.ExitStack() as closing:
            close = getattr(items, "close", None)
            if callable(close):
                closing.callback(close)
            while True:
                self.work.go_on()
                with self.active():
                    try:
                        item = next(items)
                    except StopIteration:
                        return
                self.work.rest()
                yield item


_current: ContextVar[Call | None] = ContextVar("civis_nb_io_call", default=None)


def present() -> Call | None:
    """Return the call that this thread takes part in; None for none."""
    return _current.get()


def tracked_transfer(function: Callable[_P, _Result]) -> Callable[_P, _Result]:
    """Make a call, or a part of one, of each call of a function.

    Its keyword ``progress`` says whether it is shown.
    """

    @functools.wraps(function)
    def called(*args: _P.args, **kwargs: _P.kwargs) -> _Result:
        if _current.get() is not None:
            return function(*args, **kwargs)
        progress = kwargs.get("progress")
        call = Call(progress if isinstance(progress, bool) else None)
        try:
            with call.watched(), call.active():
                return function(*args, **kwargs)
        except KeyboardInterrupt as interrupt:  # that came on the way out
            call.end_early(interrupt)
            raise

    return called


@contextlib.contextmanager
def moving(progress: bool | None = None) -> Iterator[Call]:
    """Be a call while the block runs, or a part of the one that goes on already.

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
    with call.watched(), call.active():
        yield call


def step(title: str) -> None:
    """Say what the present call does from now on; without one nobody is told."""
    call = _current.get()
    if call is not None:
        call.work.next(title)


def begin(start: Callable[[], _Result]) -> _Result:
    """Start a run as `Call.begin` of the present call; without one, simply."""
    call = _current.get()
    return start() if call is None else call.begin(start)


class Advance:
    """Counts bytes, from any thread.

    Parameters
    ----------
    call
        Whose bytes they are.
    """

    def __init__(self, call: Call) -> None:
        self._add = call.work.add
        self._check = call.token.raise_if_cancelled

    def __call__(self, count: int) -> None:
        self._check()
        self._add(count)

    def over(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Pass on chunks and count them."""
        for chunk in chunks:
            yield chunk
            self(len(chunk))


@contextlib.contextmanager
def progress_bar(
    title: str, total: int | None, progress: bool | None, *, about: bool = False
) -> Iterator[Advance]:
    """Move bytes while the block runs, in sight of whoever watches.

    Parameters
    ----------
    title
        What is going on.
    total
        All of the bytes; None when unknown.
    progress
        As for `moving`.
    about
        Whether `total` is an estimate.
    """
    with moving(progress) as call:
        call.work.next(title, total, about=about)
        yield Advance(call)
