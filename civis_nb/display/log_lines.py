"""Log lines as a page can show them: terminal codes out, rewritten lines as they ended."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Final

from civis_nb._wire_text import masked_url
from civis_nb.display.text import cut

__all__ = ["LOG_LINES", "LogTail", "log_lines", "without_ansi"]

LOG_LINES: Final = 200

_LINE_CHARS = 2000
_ANSI = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b[\]PX^_].*?(?:\x1b\\|\x07|\Z)"  # OSC and its like: titles, hyperlinks
    r"|\x1b[ -/]*[0-~]?"  # two-character codes, and one cut off
    r"|\x9b[0-?]*[ -/]*[@-~]",
    re.DOTALL,
)


def without_ansi(text: str) -> str:
    r"""Return `text` without terminal codes for colours and cursors.

    Examples
    --------
    >>> without_ansi("\x1b[1;31mred\x1b[0m")
    'red'
    """
    return _ANSI.sub("", text)


def log_lines(message: str) -> list[str]:
    r"""Return the lines of a log message as they look in the end.

    A line that was written over (``\r``, as progress bars do) counts as it was left.

    Examples
    --------
    >>> log_lines("10%\r20%\nred: \x1b[31mx\x1b[0m\n")
    ['20%', 'red: x']
    """
    text = masked_url(without_ansi(message)).replace("\r\n", "\n")
    lines = text.removesuffix("\n").split("\n")
    return [cut(line.rstrip("\r").rsplit("\r", 1)[-1], _LINE_CHARS) for line in lines]


class LogTail:
    """The last lines of a log, and how many there were in all; for any thread.

    Parameters
    ----------
    keep
        Lines to keep.
    """

    def __init__(self, keep: int = LOG_LINES) -> None:
        self._lines: deque[tuple[str, str]] = deque(maxlen=keep)
        self._total = 0
        self._lock = threading.Lock()

    def add(self, entries: Iterable[Mapping[str, Any]]) -> None:
        """Append log entries (``message``, ``level``), oldest first."""
        lines = [
            (str(entry.get("level") or "info"), line)
            for entry in entries
            for line in log_lines(str(entry.get("message") or ""))
        ]
        with self._lock:
            self._lines.extend(lines)
            self._total += len(lines)

    def read(self) -> tuple[tuple[tuple[str, str], ...], int]:
        """Return the lines kept, each with its level, and how many there were in all."""
        with self._lock:
            return tuple(self._lines), self._total
