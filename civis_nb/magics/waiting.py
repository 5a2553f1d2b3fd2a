"""Wait for a run in the main thread; cancel it when interrupted or too late."""

from __future__ import annotations

import concurrent.futures
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from civis_nb._waiting import after_interrupt
from civis_nb.display.live import Display
from civis_nb.display.log_lines import SETTLED_LINES
from civis_nb.display.run_view import RunView
from civis_nb.display.tracker import Tracker
from civis_nb.errors import CivisTimeoutError
from civis_nb.futures import CivisFuture
from civis_nb.futures.interrupts import PendingStart, cancel_run
from civis_nb.magics.failures import without_traceback
from civis_nb.widgets.cell import WidgetCell

__all__ = ["display_of", "interrupted", "start_or_cancel", "wait"]

_WAIT_SLICE_S: Final = 0.1
#: Work that is done sooner shows only its result.
_SHOW_AFTER_S: Final = 0.4


def display_of(title: str, progress: bool | None = None) -> Display:
    """Return the display of a magic's work, which appears when the work takes a while.

    Parameters
    ----------
    title
        What is done.
    progress
        As for `Display`.
    """
    return Display(Tracker(title), progress, delay_s=_SHOW_AFTER_S, command=True, cell=WidgetCell)


def start_or_cancel(start: Callable[[], Any], then: Callable[[Any], object] | None = None) -> Any:
    """Start a run so that an interrupt in the middle of it does not lose the run.

    Parameters
    ----------
    start
        Starts it and returns its future.
    then
        Receives that future, as the last part of the start.

    Raises
    ------
    KeyboardInterrupt
        When interrupted: the run is cancelled as soon as it is known.
    """
    pending = PendingStart(start, then)
    try:
        return pending.future()
    except KeyboardInterrupt:
        report = after_interrupt(pending.cancel) or "Nothing was started."
        raise interrupted(report) from None


def wait(
    future: CivisFuture,
    display: Display,
    timeout_s: float | None = None,
    between: Callable[[], None] | None = None,
) -> None:
    """Wait until a future has ended, whichever way.

    Parameters
    ----------
    future
        The run.
    display
        Shows the run; what became of it stays there when the wait ends early.
    timeout_s
        Seconds until the run is cancelled; None: no end.
    between
        Called a few times a second; may take its time.

    Raises
    ------
    KeyboardInterrupt
        When interrupted: the run is cancelled, and the message is what became of it.
    CivisTimeoutError
        When the time is up; the run is cancelled as well.
    """
    started = time.monotonic()
    try:
        while not concurrent.futures.wait([future], timeout=_WAIT_SLICE_S).done:
            if between is not None:
                between()
            if timeout_s is not None and time.monotonic() - started > timeout_s:
                report = cancel_run(future)
                _settle(display, report)
                raise without_traceback(
                    CivisTimeoutError(f"Not done within {timeout_s:g} s. {report}")
                )
    except KeyboardInterrupt:
        report = after_interrupt(lambda: cancel_run(future))
        _settle(display, report)
        raise interrupted(report) from None


def interrupted(report: str) -> KeyboardInterrupt:
    """Return what an interrupted cell raises: it stops Run All, and reports on the run."""
    return without_traceback(KeyboardInterrupt(report), [f"KeyboardInterrupt: {report}"])


def _settle(display: Display, note: str) -> None:
    """Leave the last state and the end of the log, with a note, in place of the live view."""
    seen = display.tracker.activity()
    # Of a log less stays than was shown while the run went on.
    log = seen.log and seen.log[-SETTLED_LINES:]
    display.settle(RunView(replace(seen, log=log, note=note)))
