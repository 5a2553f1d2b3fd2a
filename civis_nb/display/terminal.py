"""What changes while work goes on, at the end of a terminal, gone when the work has ended."""

from __future__ import annotations

import sys
from typing import Any, Final

__all__ = ["TerminalEnd", "fitted"]

#: How much of a view stays at the top when its end is cut off: what runs, its times, its log.
_HEAD_LINES: Final = 3


class TerminalEnd:
    """The last lines of a terminal, which show the text of a view.

    It is wiped at the end of the cell at the latest, whatever happens in it: the cursor is hidden
    as long as it is there.

    Parameters
    ----------
    shell
        IPython's shell.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._live: Any = None

    @classmethod
    def find(cls) -> TerminalEnd | None:
        """Return the terminal that runs this; None where there is none, or it is no terminal."""
        from IPython.core.getipython import get_ipython

        shell = get_ipython()
        if shell is None or getattr(shell, "kernel", None) is not None:
            return None
        return cls(shell) if sys.stderr is not None and sys.stderr.isatty() else None

    def draw(self, view: Any) -> None:
        """Show a view in place of the one before."""
        if self._live is None:
            from rich.console import Console
            from rich.live import Live

            self._live = Live(
                console=Console(stderr=True), auto_refresh=False, transient=True,
                redirect_stdout=sys.stdout is not None and sys.stdout.isatty(),
            )  # fmt: skip
            self._shell.events.register("post_run_cell", self._at_end)
            self._live.start()
        from rich.text import Text

        # A line less than there are: with all of them in use the first one scrolls away.
        text = fitted(repr(view), self._live.console.height - 1)
        self._live.update(Text(text, no_wrap=True, overflow="ellipsis"), refresh=True)

    def wipe(self) -> None:
        """Take the lines away; a second time it does nothing."""
        live, self._live = self._live, None
        if live is not None:
            self._shell.events.unregister("post_run_cell", self._at_end)
            live.stop()

    def _at_end(self, _result: Any) -> None:
        self.wipe()


def fitted(text: str, lines: int) -> str:
    r"""Return a text that has at most so many lines: its beginning and its end.

    Examples
    --------
    >>> fitted("what runs\ntimes\nlog:\n1\n2\n3\n4", 5)
    'what runs\ntimes\nlog:\n3\n4'
    """
    every = text.split("\n")
    if len(every) <= lines:
        return text
    behind = max(lines - _HEAD_LINES, 0)
    return "\n".join([*every[: lines - behind], *every[len(every) - behind :]])
