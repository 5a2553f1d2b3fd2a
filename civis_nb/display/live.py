"""One display that changes while work goes on, and stays as it ended."""

from __future__ import annotations

import time
from typing import Any, Final

from civis_nb import config

__all__ = ["LiveDisplay"]

UPDATE_INTERVAL_S: Final = 0.5


class LiveDisplay:
    """The one display of a piece of work.

    With the setting ``display`` at auto or widget, in a notebook, the display shows each state,
    at most twice a second. Otherwise it appears once, when the work has ended. What stays behind
    is the same.

    Parameters
    ----------
    delay_s
        How long the work may go on before its first state is shown: quick work needs none.
    """

    def __init__(self, delay_s: float = 0.0) -> None:
        self._handle: Any = None
        self._due = time.monotonic() + delay_s
        self._live = config.get("display") in ("auto", "widget") and _in_kernel()

    @property
    def shown(self) -> bool:
        """Whether there is a display in the cell."""
        return self._handle is not None

    def update(self, view: Any) -> None:
        """Show a state, unless one was shown less than half a second ago."""
        now = time.monotonic()
        if not self._live or now < self._due:
            return
        self._due = now + UPDATE_INTERVAL_S
        self._show(view)

    def settle(self, view: Any) -> None:
        """Show what stays."""
        if self._live:
            self._show(view)
        else:
            _show_once(view)

    def vanish(self, whole_cell: bool) -> None:
        """Take the display away, because the cell's value follows.

        Parameters
        ----------
        whole_cell
            Whether the cell holds nothing but this work, so that its output may be cleared.
        """
        if self._handle is None:
            return
        if whole_cell:
            _clear_cell()
        else:
            self._handle.update({"text/plain": ""}, raw=True)
        self._handle = None

    def _show(self, view: Any) -> None:
        if self._handle is None:
            self._handle = _show_once(view, display_id=True)
        else:
            self._handle.update(view)


def _in_kernel() -> bool:
    """Tell whether a front end listens that can replace what it shows; a terminal can't."""
    from IPython.core.getipython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None


def _show_once(view: Any, **options: Any) -> Any:
    import IPython.display as ipython

    show: Any = ipython.display  # IPython's functions have no types
    return show(view, **options)


def _clear_cell() -> None:
    import IPython.display as ipython

    clear: Any = ipython.clear_output
    clear(wait=True)
