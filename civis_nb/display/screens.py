"""Where work is shown: in a cell of a notebook, in a terminal, or as lines of a log."""

from __future__ import annotations

import atexit
import contextvars
import sys
import time
from typing import Any, ClassVar, Final, Protocol

from civis_nb.display.activity import Activity
from civis_nb.display.bundle import Note
from civis_nb.display.group_view import GroupView
from civis_nb.display.progress_view import ProgressView
from civis_nb.display.run_view import RunView

__all__ = [
    "BackgroundCell",
    "CellOutput",
    "Log",
    "NotebookCell",
    "Screen",
    "StaticCell",
    "StillCell",
    "Terminal",
]

_BAR_COLUMNS: Final = 20
_COLUMNS_FOR_BAR: Final = 90
#: How much of a view stays at the top when its middle is cut out: what runs, its times, its log.
_HEAD_LINES: Final = 3

View = ProgressView | RunView | GroupView


class Screen:
    """Shows what stays only: nothing while work goes on.

    Attributes
    ----------
    interval_s
        Seconds between two drawings; None: nothing is ever drawn.
    outlives_cell
        Whether what is shown can be replaced when the cell that began the work has ended.
    """

    interval_s: ClassVar[float | None] = None
    outlives_cell: ClassVar[bool] = False

    def draw(self, view: View) -> None:
        """Show what goes on, in place of what was drawn before."""

    def clear(self, *, whole_cell: bool = False) -> None:
        """Remove what was drawn.

        Parameters
        ----------
        whole_cell
            Whether all outputs of the cell may be removed with it.
        """

    def show(self, view: Any) -> None:
        """Show a view that stays, in place of what was drawn."""
        import IPython.display as ipython

        display: Any = ipython.display  # IPython's functions have no types
        display(view)

    def repeat(self) -> None:
        """Send again what stays, where it may have come too late to be noticed."""

    def summarize(self, text: str) -> None:
        """Show one line about work that took a while and succeeded, where such lines are kept."""


class Output(Protocol):
    """The outputs of a cell."""

    def show(self, view: Any, handle: Any = None) -> Any:
        """Show a view, in place of what `handle` shows; return its handle."""

    def empty(self, handle: Any) -> None:
        """Leave nothing of what `handle` shows."""

    def clear_cell(self) -> None:
        """Remove all outputs of the cell, as soon as the next one comes."""


class CellOutput:
    """The outputs of the cell that is running."""

    def show(self, view: Any, handle: Any = None) -> Any:
        """Show a view, in place of what `handle` shows; return its handle."""
        import IPython.display as ipython

        if handle is not None:
            handle.update(view)
            return handle
        display: Any = ipython.display
        return display(view, display_id=True)

    def empty(self, handle: Any) -> None:
        """Leave nothing of what `handle` shows: an output can't be removed, but hold no data."""
        import IPython.display as ipython

        display: Any = ipython.display
        display({}, raw=True, display_id=handle.display_id, update=True)

    def clear_cell(self) -> None:
        """Remove all outputs of the cell, as soon as the next one comes."""
        import IPython.display as ipython

        clear: Any = ipython.clear_output
        clear(wait=True)


class NotebookCell(Screen):
    """The output of a cell that is running: one display that changes.

    Parameters
    ----------
    output
        The outputs of the cell; None: of the one that is running.
    """

    interval_s: ClassVar[float | None] = 0.5

    def __init__(self, output: Output | None = None) -> None:
        self._output = output or CellOutput()
        self._handle: Any = None
        self._blank = True
        # What threads show belongs to the cell that began the work, not to a later one.
        self._context = contextvars.copy_context()

    def draw(self, view: Any) -> None:
        """Show what goes on."""
        self._handle = self._context.run(self._output.show, view, self._handle)
        self._blank = False

    def clear(self, *, whole_cell: bool = False) -> None:
        """Leave nothing to be seen."""
        emptied = whole_cell and self._handle is not None
        if self._blank and not emptied:
            return
        if whole_cell:
            self._context.run(self._output.clear_cell)
            self._handle = None
        else:
            self._context.run(self._output.empty, self._handle)
        self._blank = True

    def show(self, view: Any) -> None:
        """Show a view that stays, in place of what was drawn."""
        self._context.run(self._output.show, view, self._handle)
        self._handle, self._blank = None, True


class BackgroundCell(NotebookCell):
    """The output of a cell that has ended, while its work goes on.

    Front ends find a display by its id. Runners of notebooks (nbclient, papermill) take notice of
    what comes while a cell runs, and as a message of that cell: so what is drawn here is sent as
    whatever runs at that moment, and what stays can be sent again.
    """

    outlives_cell = True

    def __init__(self, output: Output | None = None) -> None:
        super().__init__(output)
        self._settled: Any = None

    def draw(self, view: View) -> None:
        """Show what goes on."""
        self._handle = self._output.show(view, self._handle)

    def clear(self, *, whole_cell: bool = False) -> None:
        """Leave what was drawn: the work goes on unseen."""

    def show(self, view: Any) -> None:
        """Show a view that stays, in place of what was drawn."""
        self._handle = self._output.show(view, self._handle)
        self._settled = view

    def repeat(self) -> None:
        """Send again what stays."""
        if self._settled is not None:
            self._output.show(self._settled, self._handle)


class StillCell(BackgroundCell):
    """The output of a cell that has ended, which changes once: when its work has ended."""

    interval_s = None


class StaticCell(Screen):
    """A cell that shows nothing until work has ended, and then a line about it."""

    def summarize(self, text: str) -> None:
        """Show what was done."""
        self.show(Note(text))


class Terminal(Screen):
    """The last lines of a terminal, drawn by rich; they are gone when the work has ended."""

    interval_s = 0.25

    def __init__(self) -> None:
        self._live: Any = None
        # A process may end while another thread still has something to show: the cursor comes back.
        atexit.register(self.clear)

    def draw(self, view: View) -> None:
        """Show what goes on."""
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
        console = self._live.console
        if isinstance(view, ProgressView):
            drawn = _grid(view, console.width)
        else:
            from rich.text import Text

            # A line less than there are: with all of them in use the first one scrolls away.
            text = clipped(repr(view), console.height - 1)
            drawn = Text(text, no_wrap=True, overflow="ellipsis")
        self._live.update(drawn, refresh=True)

    def clear(self, *, whole_cell: bool = False) -> None:  # noqa: ARG002 - as the base
        """Remove the lines."""
        live, self._live = self._live, None
        if live is not None:
            live.stop()

    def show(self, view: Any) -> None:
        """Show a view that stays, in place of what was drawn."""
        self.clear()
        super().show(view)


def clipped(text: str, lines: int) -> str:
    r"""Return a text that has at most so many lines: its beginning and its end.

    Examples
    --------
    >>> clipped("what runs\ntimes\nlog:\n1\n2\n3\n4", 5)
    'what runs\ntimes\nlog:\n3\n4'
    """
    every = text.split("\n")
    if len(every) <= lines:
        return text
    behind = max(lines - _HEAD_LINES, 0)
    return "\n".join([*every[: lines - behind], *every[len(every) - behind :]])


def _grid(view: ProgressView, columns: int) -> Any:
    """Return the lines of a view as a table of rich: title, bar, facts."""
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1), expand=False)
    grid.add_column(no_wrap=True, overflow="ellipsis")
    with_bar = columns >= _COLUMNS_FOR_BAR
    if with_bar:
        grid.add_column(width=_BAR_COLUMNS)
    grid.add_column(no_wrap=True, overflow="ellipsis")
    for activity in view.shown:
        bar = [_bar(activity, ProgressBar)] if with_bar else []
        grid.add_row(Text(activity.short_title), *bar, Text(activity.facts, style="dim"))
    return Group(grid, Text(view.more)) if view.more else grid


def _bar(activity: Activity, bar: Any) -> Any:
    if activity.share is None:
        return bar(total=None, pulse=True, width=_BAR_COLUMNS, animation_time=time.monotonic())
    return bar(total=1.0, completed=activity.share, width=_BAR_COLUMNS)


class Log(Screen):
    """A log: a line now and then, and one at the end."""

    interval_s = 10.0

    def draw(self, view: View) -> None:
        """Write what goes on."""
        _write(repr(view))

    def summarize(self, text: str) -> None:
        """Write what was done."""
        _write(text)


def _write(text: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
