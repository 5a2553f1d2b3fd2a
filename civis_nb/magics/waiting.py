"""Wait for a run in the main thread: show how it goes, cancel it when interrupted or too late."""

from __future__ import annotations

import concurrent.futures
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from civis_nb.display.live import LiveDisplay
from civis_nb.display.runs import RunView
from civis_nb.errors import CivisTimeoutError
from civis_nb.magics.failures import drawn

__all__ = ["Watch", "begin", "interrupted", "wait"]

_LOOK_S: Final = 0.1
#: How long an interrupt waits to learn which run it should cancel.
_START_S: Final = 15.0


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
        raise interrupted(said) from None


def interrupted(said: str) -> KeyboardInterrupt:
    """Give what an interrupted cell raises: it stops Run All, and says what became of the run."""
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
    begun: concurrent.futures.Future[Any] = concurrent.futures.Future()

    def work() -> None:
        try:
            begun.set_result(start())
        except BaseException as error:
            # Raised where the result is asked for.
            begun.set_exception(error)

    threading.Thread(target=work, name="civis-start", daemon=True).start()
    try:
        return begun.result()
    except KeyboardInterrupt:
        said = _cancelled_at_start(begun)
        raise interrupted(said) from None


def _cancelled_at_start(begun: concurrent.futures.Future[Any]) -> str:
    try:
        error = begun.exception(timeout=_START_S)
    except (TimeoutError, KeyboardInterrupt):
        return "The request to start the run had no answer yet: the run may start all the same."
    return "Nothing was started." if error is not None else _cancelled(begun.result())


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
    return replace(view, note=note, live=False)


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
