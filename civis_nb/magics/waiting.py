"""Wait for a run in the main thread: show how it goes, cancel it when interrupted or too late."""

from __future__ import annotations

import concurrent.futures
import time
from collections.abc import Callable
from typing import Any, Final

from civis_nb.display.live import LiveDisplay
from civis_nb.display.runs import RunView
from civis_nb.errors import CivisTimeoutError
from civis_nb.magics.failures import drawn

__all__ = ["Watch", "wait"]

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
        Called between two looks, a few times a second; may take its time.

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
        said = _cancelled(future)
        live.settle(_with_note(view(), said))
        raise drawn(KeyboardInterrupt(said), [f"KeyboardInterrupt: {said}"]) from None


def _ended(future: Any) -> bool:
    done, _ = concurrent.futures.wait([future], timeout=_LOOK_S)
    return bool(done)


def _too_late(
    future: Any, live: LiveDisplay, view: Callable[[], RunView], watch: Watch
) -> CivisTimeoutError:
    said = _cancelled(future)
    live.settle(_with_note(view(), said))
    return drawn(CivisTimeoutError(f"Not done within {watch.timeout_s:g} s. {said}"))


def _with_note(view: RunView, note: str) -> RunView:
    from dataclasses import replace

    return replace(view, note=note)


def _cancelled(future: Any) -> str:
    """Cancel the remote run and say what became of it."""
    ids = [f"job {future.job_id}"] if future.job_id is not None else []
    ids += [f"run {future.run_id}"] if future.run_id is not None else []
    what = f"The remote run ({', '.join(ids)})" if ids else "The remote run"
    try:
        accepted = future.cancel()
    except KeyboardInterrupt:
        return f"{what} may go on: it was interrupted while it was being cancelled."
    state = future.state
    if state == "cancelled":
        return f"{what} is cancelled."
    if accepted:
        return f"{what} was asked to stop; its state is {state}."
    if future.done():
        return f"{what} had ended before: {state}."
    return f"{what} could not be cancelled and may go on; its state is {state}."
