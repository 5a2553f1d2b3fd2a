"""Shows work while it goes on: whether somebody is watching, on which screen, and how often."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final

from civis_nb import config
from civis_nb._waiting import after_interrupt
from civis_nb.display.activity import SHOWN_AFTER_S
from civis_nb.display.progress_view import ProgressView
from civis_nb.display.screens import (
    BackgroundCell,
    Log,
    NotebookCell,
    Screen,
    StaticCell,
    StillCell,
    Terminal,
)
from civis_nb.display.tracker import Tracker

__all__ = ["Board", "Display", "board_for", "shows_live_views"]

log = logging.getLogger(__name__)

#: Work that is paused for so long is not shown until it goes on.
_PAUSE_S: Final = 5.0


class Display:
    """The display of one piece of work: shows it while the ``with`` block runs.

    Several that go on at the same time on one screen share it, a line each.

    Parameters
    ----------
    tracker
        The work.
    progress
        Whether it is shown: True or False; None: when a person is watching.
    delay_s
        How long the work goes on before it is shown; None: two seconds.
    command
        Whether the work is a command of the user (a magic), not a function that takes a while:
        it is shown in detail, also in a notebook with nobody at the keyboard, and only where the
        setting ``display`` allows displays that change.
    cell
        Makes the screen of a cell in a notebook at which somebody sits; None: `NotebookCell`, or
        `BackgroundCell`.
    background
        Whether the work goes on when its cell has ended: it has a screen of its own.
    """

    def __init__(
        self,
        tracker: Tracker,
        progress: bool | None = None,
        *,
        delay_s: float | None = None,
        command: bool = False,
        cell: Callable[[], Screen] | None = None,
        background: bool = False,
    ) -> None:
        self.tracker = tracker
        self.command = command
        self.background = background
        self._cell = cell
        self._progress = progress
        self._delay_s = SHOWN_AFTER_S if delay_s is None else delay_s
        self._board: Board | None = None

    def __enter__(self) -> Display:
        self.open()
        return self

    def open(self) -> None:
        """Begin to show the work; `settle` and `remove` end it."""
        try:
            if self.background:
                self._board = _background_board(self._progress, self._cell)
            else:
                self._board = board_for(self._progress, command=self.command, cell=self._cell)
            # A display that is made after its cell has ended would be another cell's.
            self._board.add(self, at_once=self.background)
        except BaseException:  # nobody calls __exit__ then
            self.remove()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end(lambda board: board.remove(self, succeeded=kind is None))

    @property
    def changes(self) -> bool:
        """Whether it is drawn while the work goes on."""
        return self._board is not None and self._board.screen.interval_s is not None

    @property
    def screen(self) -> Screen | None:
        """Where it is shown; None when it is not open."""
        return None if self._board is None else self._board.screen

    def settle(self, view: Any) -> None:
        """End the display, and show a view that stays in its place."""
        self._end(lambda board: board.replace(self, view))

    def remove(self, *, whole_cell: bool = False) -> None:
        """End the display, and leave nothing: the value of the cell follows.

        Parameters
        ----------
        whole_cell
            Whether the cell holds nothing but this work, so that its outputs may be cleared.
        """
        self._end(lambda board: board.remove(self, whole_cell=whole_cell))

    def _end(self, end: Callable[[Board], None]) -> None:
        """End the display, once; an interrupt in the middle does not leave it on its board."""
        board = self._board
        if board is None:
            return
        try:
            end(board)
        except KeyboardInterrupt:
            after_interrupt(lambda: board.remove(self))
            raise
        finally:
            self._board = None

    @property
    def in_detail(self) -> bool:
        """Whether it is more than a line, where nothing else is shown."""
        return self.command or self.tracker.is_group

    @property
    def due_at(self) -> float:
        """When it is to be shown, by the monotonic clock."""
        return self.tracker.started + self._delay_s

    def is_due(self, now: float) -> bool:
        """Return whether the work has gone on for long enough to be shown."""
        return now >= self.due_at


class Board:
    """The displays on one screen, drawn by a thread while there are any.

    Parameters
    ----------
    screen
        Where they appear; also an attribute.
    """

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self._displays: list[Display] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._broken = screen.interval_s is None
        self._showing = False

    @property
    def idle(self) -> bool:
        """Whether nothing goes on here."""
        return not self._displays

    def add(self, display: Display, *, at_once: bool = False) -> None:
        """Draw a display from now on.

        Parameters
        ----------
        display
            Which.
        at_once
            Whether it is drawn before this returns.
        """
        with self._changed:
            self._displays.append(display)
            if at_once and not self._broken:
                self._draw()
            self._changed.notify()
            if self._thread is None and not self._broken:
                self._thread = threading.Thread(target=self._run, name="civis-show", daemon=True)
                self._thread.start()

    def remove(
        self, display: Display, *, succeeded: bool = False, whole_cell: bool = False
    ) -> None:
        """Draw a display no longer, whether or not it still is drawn.

        Parameters
        ----------
        display
            Which.
        succeeded
            Whether the work succeeded, so that it may be summarized.
        whole_cell
            Whether all outputs of the cell may be removed.
        """
        now = time.monotonic()
        with self._changed:
            self._forget(display)
            if not any(one.is_due(now) for one in self._displays):
                self._try(lambda: self.screen.clear(whole_cell=whole_cell))
            others = any(one.tracker is display.tracker for one in self._displays)
            if succeeded and not others and display.is_due(now):
                self._try(lambda: self.screen.summarize(display.tracker.summary()))
            self._changed.notify()

    def replace(self, display: Display, view: Any) -> None:
        """Show a view that stays in place of a display."""
        with self._changed:
            self._forget(display)
            self._showing = True
            try:
                self.screen.show(view)
            finally:
                self._showing = False
            self._changed.notify()

    def _forget(self, display: Display) -> None:
        """Remove a display from the list, where it may be missing after an interrupt."""
        if display in self._displays:
            self._displays.remove(display)

    def _run(self) -> None:
        """Draw the displays, again and again, until there are none; the target of a thread."""
        with self._changed:
            while self._displays and not self._broken:
                self._draw()
                now = time.monotonic()
                waits = [one.due_at - now for one in self._displays if not one.is_due(now)]
                if len(waits) < len(self._displays) and self.screen.interval_s is not None:
                    waits.append(self.screen.interval_s)
                self._changed.wait(min(waits))
            self._thread = None

    def _draw(self) -> None:
        """Draw the displays that are due: one command in detail, others a line each."""
        now = time.monotonic()
        # A piece of work may have several displays, where one function waits for another.
        shown = {
            one.tracker: one
            for one in self._displays
            if one.is_due(now) and now - (one.tracker.paused_since or now) < _PAUSE_S
        }
        if not shown:
            self._try(self.screen.clear)
        elif len(shown) == 1 and next(iter(shown.values())).in_detail:
            self._try(lambda: self.screen.draw(next(iter(shown)).view()))
        else:
            self._try(
                lambda: self.screen.draw(ProgressView(tuple(one.activity() for one in shown)))
            )

    def _try(self, draw: Callable[[], None]) -> None:
        """Draw; whatever goes wrong with it is no reason for the work to fail."""
        if self._showing:
            return  # a view that stays is on its way: what it does to be drawn has no place there
        try:
            draw()
        except (OSError, ValueError):  # the terminal or its stream is gone
            self._broken = True
            log.debug("Progress can't be shown here any more", exc_info=True)
        except Exception:
            self._broken = True
            log.exception("Progress can't be shown here any more; the work itself goes on")


_boards: dict[tuple[str, Any], Board] = {}
_boards_lock = threading.Lock()


def board_for(
    progress: bool | None = None,
    *,
    command: bool = False,
    cell: Callable[[], Screen] | None = None,
) -> Board:
    """Return the board of the screen on which the caller's work is shown.

    Parameters
    ----------
    progress
        True or False; None: when a person is watching. That is: in a terminal, and in a
        notebook whose front end has somebody at the keyboard. Runners of notebooks (nbclient,
        nbconvert, papermill, nbval) announce that they have nobody.
    command, cell
        As for `Display`.
    """
    if progress is False:
        return Board(Screen())
    kernel = _kernel()
    # Functions outside of notebooks have no use for the setting: a wrong one must not stop them.
    changing = (kernel is None and not command) or config.get("display") in ("auto", "widget")
    if kernel is not None:
        changing = changing and not _in_output_widget()
        somebody = getattr(kernel, "_allow_stdin", True)
        if changing and (progress or command or somebody):
            # A runner of notebooks has no live views: it keeps what a cell showed last.
            screen = cell if cell is not None and somebody else NotebookCell
            return _shared_board("cell", _cell(), screen)
        return _shared_board("static", _cell(), StaticCell) if progress else Board(Screen())
    if sys.stderr is not None and sys.stderr.isatty() and changing:
        return _shared_board("terminal", None, Terminal)
    return _shared_board("log", None, Log) if progress else Board(Screen())


def shows_live_views() -> bool:
    """Return whether a value that is shown now may be a live view: in a notebook, to a person."""
    return is_watched() and config.get("display") in ("auto", "widget")


def _background_board(progress: bool | None, cell: Callable[[], Screen] | None) -> Board:
    """Return a board for work that goes on when its cell has ended: a screen of its own."""
    if progress is False or _kernel() is None:
        return Board(Screen())  # in a terminal the next prompt is there
    if config.get("display") not in ("auto", "widget") or _in_output_widget():
        # A notebook that is a test shows the same each time: when the work ends is chance.
        return Board(StillCell() if is_watched() else Screen())
    return Board(cell() if cell is not None and is_watched() else BackgroundCell())


def is_watched() -> bool:
    """Return whether this runs in a notebook with a person at the keyboard."""
    kernel = _kernel()
    return kernel is not None and bool(getattr(kernel, "_allow_stdin", True))


def _shared_board(kind: str, key: Any, screen: Callable[[], Screen]) -> Board:
    """Return the board that all displays of a screen share; it is made for the first one."""
    with _boards_lock:
        board = _boards.get((kind, key))
        # In a cell that has shown progress, a command may still have a screen of its own.
        plain = board is not None and type(board.screen) is NotebookCell and board.idle
        if board is None or (plain and screen is not NotebookCell):
            # Those of earlier cells are not needed, unless something still goes on in them.
            for old in [old for old, one in _boards.items() if one.idle]:
                del _boards[old]
            board = _boards[kind, key] = Board(screen())
        return board


def _kernel() -> Any:
    """Return the kernel that runs this; None outside of notebooks, and in a forked child of one."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    kernel = getattr(shell, "kernel", None)
    pid = getattr(getattr(kernel, "session", None), "pid", None)
    return kernel if pid in (None, os.getpid()) else None


def _cell() -> Any:
    """Return what tells the running cell from others: the id of the request that runs it."""
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    try:
        return shell.get_parent()["header"]["msg_id"]
    except (AttributeError, KeyError, TypeError):
        return getattr(shell, "execution_count", None)


def _in_output_widget() -> bool:
    """Return whether an ``Output`` of ipywidgets takes what is shown, as under ``interact``.

    Front ends change nothing that it has shown.
    """
    outputs = sys.modules.get("ipywidgets.widgets.widget_output")
    if outputs is None:
        return False
    known = getattr(sys.modules["ipywidgets.widgets.widget"], "_instances", {})
    request = _cell()
    return any(
        isinstance(one, outputs.Output) and one.msg_id == request for one in list(known.values())
    )


def _after_fork_in_child() -> None:
    global _boards_lock
    _boards.clear()
    _boards_lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
