"""Where progress appears: in a cell of a notebook, in a terminal, or as lines of a log."""

from __future__ import annotations

import atexit
import contextvars
import sys
import time
from typing import Any, Final, Protocol

from civis_nb.display.bundle import Shown
from civis_nb.display.html import DIM, Html, el
from civis_nb.display.live import UPDATE_INTERVAL_S, Nothing, Screen, Shell
from civis_nb.display.progress import ProgressView, Step

__all__ = ["CellEnd", "Lines", "LiveCell", "ProgressSink", "Terminal"]

_LINE_EVERY_S: Final = 10.0
_BAR_COLUMNS: Final = 20
_ROOM_FOR_BAR: Final = 90


class ProgressSink(Protocol):
    """Where the state of work appears while it goes on.

    Attributes
    ----------
    every_s
        Seconds between draws.
    """

    every_s: float

    def draw(self, view: ProgressView) -> None:
        """Show how it is, in place of what was shown before."""

    def wipe(self) -> None:
        """Take away what is shown, as far as that can be done here."""

    def settle(self, said: str) -> None:
        """Leave behind what became of a piece of work that took a while and ended well."""


class LiveCell:
    """The output of a cell that is running: one display that changes, and is empty in the end.

    Parameters
    ----------
    screen
        The notebook; None: the one that runs this.
    """

    every_s = UPDATE_INTERVAL_S

    def __init__(self, screen: Screen | None = None) -> None:
        self._screen: Screen = screen or Shell()
        self._handle: Any = None
        self._blank = True
        # What threads show belongs to the cell that began the work, not to a later one.
        self._context = contextvars.copy_context()

    def draw(self, view: ProgressView) -> None:
        """Show how it is."""
        self._handle = self._context.run(self._screen.show, view, self._handle)
        self._blank = False

    def wipe(self) -> None:
        """Leave nothing to be seen."""
        if not self._blank:
            self._context.run(self._screen.show, Nothing(), self._handle)
            self._blank = True

    def settle(self, said: str) -> None:
        """Leave nothing: the cell's value follows."""


class _Said(Shown):
    """One line, for ever."""

    def __init__(self, said: str) -> None:
        self._said = said

    def __repr__(self) -> str:
        return self._said

    def _html(self) -> Html:
        return el("div", self._said, style=DIM)


class CellEnd:
    """A cell that shows nothing until work has ended: the setting ``display`` wants it so."""

    every_s = 60.0

    def __init__(self, screen: Screen | None = None) -> None:
        self._screen: Screen = screen or Shell()

    def draw(self, view: ProgressView) -> None:
        """Show nothing yet."""

    def wipe(self) -> None:
        """Take away nothing: nothing was shown."""

    def settle(self, said: str) -> None:
        """Say what was done."""
        self._screen.show(_Said(said))


class Terminal:
    """The end of a terminal, drawn by rich; it is as it was when the work has ended."""

    every_s = 0.25

    def __init__(self) -> None:
        self._live: Any = None
        # A process may end while another thread still has something to show: the cursor comes back.
        atexit.register(self.wipe)

    def draw(self, view: ProgressView) -> None:
        """Show how it is."""
        if self._live is None:
            from rich.console import Console
            from rich.live import Live

            # rich prints what is redirected to its own stream: only from the same terminal.
            same = sys.stdout is not None and sys.stdout.isatty()
            live = Live(
                console=Console(stderr=True),
                auto_refresh=False,
                transient=True,
                redirect_stdout=same,
            )
            live.start()
            self._live = live
        self._live.update(_grid(view, self._live.console.width), refresh=True)

    def wipe(self) -> None:
        """Take the lines away."""
        live, self._live = self._live, None
        if live is not None:
            live.stop()

    def settle(self, said: str) -> None:
        """Leave nothing, as bars in terminals do."""


def _grid(view: ProgressView, columns: int) -> Any:
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1), expand=False)
    grid.add_column(no_wrap=True, overflow="ellipsis")
    with_bar = columns >= _ROOM_FOR_BAR
    if with_bar:
        grid.add_column(width=_BAR_COLUMNS)
    grid.add_column(no_wrap=True, overflow="ellipsis")
    for step in view.shown():
        bar = [_bar(step, ProgressBar)] if with_bar else []
        grid.add_row(Text(step.short_title), *bar, Text(step.facts, style="dim"))
    return Group(grid, Text(view.more())) if view.more() else grid


def _bar(step: Step, bar: Any) -> Any:
    if step.share is None:
        return bar(total=None, pulse=True, width=_BAR_COLUMNS, animation_time=time.monotonic())
    return bar(total=1.0, completed=step.share, width=_BAR_COLUMNS)


class Lines:
    """A log that somebody asked for: a line now and then, and one at the end."""

    every_s = _LINE_EVERY_S

    def draw(self, view: ProgressView) -> None:
        """Write how it is."""
        _write(repr(view))

    def wipe(self) -> None:
        """Leave what is written."""

    def settle(self, said: str) -> None:
        """Write what was done."""
        _write(said)


def _write(text: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
