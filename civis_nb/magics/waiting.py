"""Wait for a run in the main thread: show how it goes, cancel it when interrupted or too late."""

from __future__ import annotations

import concurrent.futures
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from civis_nb._waiting import after_interrupt
from civis_nb.display.live import LiveDisplay
from civis_nb.display.runs import RunView
from civis_nb.errors import CivisTimeoutError
from civis_nb.futures.interrupts import PendingStart, stopped
from civis_nb.magics.failures import drawn

__all__ = ["Watch", "begin", "interrupted", "wait"]

_LOOK_S: Final = 0.1


class Watch:
    """The time that a wait has left, and what to do when it ends early.

    Parameters
    ----------
    timeout_s
        Seconds until the run is cancelled; None: no end.
    """

    def __init__(self, timeout_s: float | None = None) -> None:
        self.timeout_s = timeout_s
        self.started = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    @property
    def expired(self) -> bool:
        """Whether the time is up."""
        return self.timeout_s is not None and self.elapsed_s > self.timeout_s


def wait(
    future: Any,
    live: LiveDisplay,
    view: Callable[[], RunView],
    watch: Watch,
    between: Callable[[], None] | None = None,
) -> None:
    """Wait until a future has ended, whichever way.

    Parameters
    ----------
    future
        The run.
    live
        Where to show how it goes.
    view
        Gives what is known of the run now.
    watch
        How long to wait.
    between
        Called between polls, a few times a second; may take its time.

    Raises
    ------
    KeyboardInterrupt
        When interrupted: the run is cancelled, and the error says what became of it.
    CivisTimeoutError
        When the time is up; so as well.
    """
    try:
        while not _ended(future):
            if between is not None:
                between()
            live.update(view())
            if watch.expired:
                raise _too_late(future, live, view, watch)
    except KeyboardInterrupt:
        said = after_interrupt(lambda: stopped(future))
        live.settle(_with_note(view(), said))
        raise interrupted(said) from None


def interrupted(said: str) -> KeyboardInterrupt:
    """Return what an interrupted cell raises: it stops Run All, and says what became of the run."""
    return drawn(KeyboardInterrupt(said), [f"KeyboardInterrupt: {said}"])


def begin(start: Callable[[], Any]) -> Any:
    """Start a run so that an interrupt in the middle of it does not lose the run.

    Parameters
    ----------
    start
        Starts it and gives its future.

    Raises
    ------
    KeyboardInterrupt
        When interrupted: the run is cancelled as soon as it is known.
    """
    beginning = PendingStart(start)
    try:
        return beginning.future()
    except KeyboardInterrupt:
        said = after_interrupt(beginning.stopped) or "Nothing was started."
        raise interrupted(said) from None


def _ended(future: Any) -> bool:
    done, _ = concurrent.futures.wait([future], timeout=_LOOK_S)
    return bool(done)


def _too_late(
    future: Any, live: LiveDisplay, view: Callable[[], RunView], watch: Watch
) -> CivisTimeoutError:
    said = stopped(future)
    live.settle(_with_note(view(), said))
    return drawn(CivisTimeoutError(f"Not done within {watch.timeout_s:g} s. {said}"))


def _with_note(view: RunView, note: str) -> RunView:
    return replace(view, note=note, live=False)
