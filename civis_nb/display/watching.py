"""Who watches, and what is shown to them: every piece of work that takes more than two seconds."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from civis_nb import config
from civis_nb.display.progress import ProgressView, Work
from civis_nb.display.screens import CellEnd, Lines, LiveCell, ProgressSink, Terminal

__all__ = ["SHOWN_AFTER_S", "ProgressBoard", "board_for", "showing"]

log = logging.getLogger(__name__)

#: What is done sooner shows nothing.
SHOWN_AFTER_S: Final = 2.0
#: What lies still for so long is not shown until it goes on.
_REST_S: Final = 5.0


class ProgressBoard:
    """What goes on at one place, all in one display; drawn by a thread while there is something.

    Parameters
    ----------
    place
        Where it appears.
    delay_s
        How long work goes on before it is shown.
    """

    def __init__(self, place: ProgressSink, delay_s: float = SHOWN_AFTER_S) -> None:
        self._place = place
        self._delay_s = delay_s
        self._works: list[Work] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._broken = False

    @property
    def idle(self) -> bool:
        """Whether nothing goes on here."""
        return not self._works

    def add(self, work: Work) -> None:
        """Show a piece of work from now on; adding it again shows it no more often."""
        with self._changed:
            self._works.append(work)
            self._changed.notify()
            if self._thread is None and not self._broken:
                self._thread = threading.Thread(target=self._run, name="civis-show", daemon=True)
                self._thread.start()

    def remove(self, work: Work, well: bool) -> None:
        """Show a piece of work no longer.

        Parameters
        ----------
        work
            Which.
        well
            Whether it ended well.
        """
        with self._changed:
            self._works.remove(work)
            if not any(self._is_due(one) for one in self._works):
                self._try(self._place.wipe)
            if well and work not in self._works and self._is_due(work):
                self._try(lambda: self._place.settle(work.said_at_the_end()))
            self._changed.notify()

    def _is_due(self, work: Work) -> bool:
        return time.monotonic() - work.begun >= self._delay_s

    def _run(self) -> None:
        with self._changed:
            while self._works and not self._broken:
                self._draw()
                now = time.monotonic()
                waits = [work.begun + self._delay_s - now for work in self._works]
                waits = [wait for wait in waits if wait > 0]
                shown = len(waits) < len(self._works)
                self._changed.wait(min([*waits, *([self._place.every_s] if shown else [])]))
            self._thread = None

    def _draw(self) -> None:
        now = time.monotonic()
        works = [
            work
            for work in dict.fromkeys(self._works)
            if self._is_due(work) and now - (work.resting_since or now) < _REST_S
        ]
        self._try((lambda: self._place.draw(ProgressView.of(works))) if works else self._place.wipe)

    def _try(self, draw: Callable[[], None]) -> None:
        """Draw; a terminal that is gone is no reason for the work to fail."""
        if self._broken:
            return
        try:
            draw()
        except Exception:
            self._broken = True
            log.debug("Progress can't be shown here any more", exc_info=True)


@contextlib.contextmanager
def showing(work: Work, progress: bool | None = None) -> Iterator[None]:
    """Show a piece of work while the block runs, if it runs for more than two seconds.

    Parameters
    ----------
    work
        The work.
    progress
        True or False; None: when a person is watching.
    """
    board = board_for(progress)
    if board is None:
        yield
        return
    board.add(work)
    well = False
    try:
        yield
        well = True
    finally:
        board.remove(work, well)


_boards: dict[tuple[str, Any], ProgressBoard] = {}
_boards_lock = threading.Lock()


def board_for(progress: bool | None) -> ProgressBoard | None:
    """Return where the caller's work is to be shown; None for nowhere.

    Parameters
    ----------
    progress
        True or False; None: when a person is watching. That is: in a terminal, and in a
        notebook whose front end has somebody at the keyboard. Runners of notebooks (nbclient,
        nbconvert, papermill, nbval) say that they have nobody.
    """
    if progress is False:
        return None
    kernel = _kernel()
    if kernel is not None:
        live = config.get("display") in ("auto", "widget")
        if progress is None and not (live and getattr(kernel, "_allow_stdin", True)):
            return None
        return _board("cell" if live else "end", _cell(), LiveCell if live else CellEnd)
    if sys.stderr is not None and sys.stderr.isatty():
        return _board("terminal", None, Terminal)
    return _board("lines", None, Lines) if progress else None


def _board(kind: str, which: Any, place: Callable[[], ProgressSink]) -> ProgressBoard:
    with _boards_lock:
        board = _boards.get((kind, which))
        if board is None:
            # Earlier cells are done with, unless something still goes on in them.
            for key in [key for key, one in _boards.items() if one.idle]:
                del _boards[key]
            board = _boards[kind, which] = ProgressBoard(place())
        return board


def _kernel() -> Any:
    """Return the kernel that runs this; None outside of notebooks, and in a forked child of one."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    kernel = getattr(shell, "kernel", None)
    pid = getattr(getattr(kernel, "session", None), "pid", None)
    return kernel if pid in (None, os.getpid()) else None


def _cell() -> Any:
    """Return the running cell from others: by the request that runs it."""
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    try:
        return shell.get_parent()["header"]["msg_id"]
    except (AttributeError, KeyError, TypeError):
        return getattr(shell, "execution_count", None)


def _after_fork_in_child() -> None:
    global _boards_lock
    _boards.clear()
    _boards_lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
