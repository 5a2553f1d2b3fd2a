"""One display that changes while work goes on, and stays as it ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from civis_nb import config
from civis_nb.display.terminal import TerminalEnd

__all__ = ["UPDATE_INTERVAL_S", "LiveDisplay", "Nothing", "Screen", "Shell"]

UPDATE_INTERVAL_S: Final = 0.5


class Screen(Protocol):
    """Where a display appears.

    Attributes
    ----------
    replaces
        Whether it can replace what it has shown; a terminal can't.
    """

    replaces: bool

    def show(self, view: Any, handle: Any = None) -> Any:
        """Show a view, in place of what `handle` shows; give its handle."""

    def clear_cell(self) -> None:
        """Take away all outputs of the cell, as soon as the next one comes."""


class LiveDisplay:
    """The one display of a piece of work.

    With the setting ``display`` at auto or widget, in a notebook or a terminal, the display shows
    each state, at most twice a second. Otherwise it appears once, when the work has ended. What
    stays behind is the same.

    Parameters
    ----------
    delay_s
        How long the work may go on before its first state is shown: quick work needs none.
    screen
        Where it appears; None: the notebook or terminal that runs this.
    clock
        Gives the time in seconds.
    terminal
        Where the states appear that do not stay; None: the terminal that runs this, if any.
    """

    def __init__(
        self,
        delay_s: float = 0.0,
        screen: Screen | None = None,
        clock: Callable[[], float] = time.monotonic,
        terminal: TerminalEnd | None = None,
    ) -> None:
        self._screen: Screen = screen or Shell()
        self._terminal = terminal or (TerminalEnd.find() if screen is None else None)
        self._clock = clock
        self._handle: Any = None
        self._due = clock() + delay_s
        changes = self._screen.replaces or self._terminal is not None
        self._live = config.get("display") in ("auto", "widget") and changes

    def update(self, view: Any) -> None:
        """Show a state, unless one was shown less than half a second ago."""
        now = self._clock()
        if self._live and now >= self._due:
            self._due = now + UPDATE_INTERVAL_S
            if self._terminal is not None:
                self._terminal.draw(view)
            else:
                self._handle = self._screen.show(view, self._handle)

    def settle(self, view: Any) -> None:
        """Show what stays."""
        self._wipe()
        self._handle = self._screen.show(view, self._handle)

    def vanish(self, whole_cell: bool) -> None:
        """Take the display away, because the cell's value follows.

        Parameters
        ----------
        whole_cell
            Whether the cell holds nothing but this work, so that its output may be cleared.
        """
        self._wipe()
        if self._handle is None:
            return
        if whole_cell:
            self._screen.clear_cell()
        else:
            self._screen.show(Nothing(), self._handle)
        self._handle = None

    def _wipe(self) -> None:
        if self._terminal is not None:
            self._terminal.wipe()


class Nothing:
    """What is left of a display in a cell that has other outputs, too: they can't be cleared."""

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": ""}


class Shell:
    """The shell that runs this."""

    def __init__(self) -> None:
        from IPython.core.getipython import get_ipython

        self.replaces = getattr(get_ipython(), "kernel", None) is not None

    def show(self, view: Any, handle: Any = None) -> Any:
        """Show a view, in place of what `handle` shows; give its handle."""
        import IPython.display as ipython

        if handle is not None:
            handle.update(view)
            return handle
        show: Any = ipython.display  # IPython's functions have no types
        return show(view, display_id=True) if self.replaces else show(view)

    def clear_cell(self) -> None:
        """Take away all outputs of the cell, as soon as the next one comes."""
        import IPython.display as ipython

        clear: Any = ipython.clear_output
        clear(wait=True)
