"""The log of a run as lines that a page can show: rewritten lines as they ended, colours apart."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from civis_nb._wire_text import masked_url
from civis_nb.display.ansi import PLAIN, Style, css, styled_parts
from civis_nb.display.html import visible
from civis_nb.display.text import cut

__all__ = ["LEVELS", "LOG_LAG_S", "LOG_LINES", "SETTLED_LINES", "LogLine", "RunLog"]

#: Lines of a log that a view shows while its run goes on.
LOG_LINES: Final = 200
#: Lines of a log that stay in a notebook.
SETTLED_LINES: Final = 50
#: How long a log may lag behind the end of its run.
LOG_LAG_S: Final = 30.0
#: The levels of log entries, the most severe first; others count as info.
LEVELS: Final = ("fatal", "error", "warn", "info", "debug")

_LINE_CHARS: Final = 2000
_MAX_PARTS: Final = 100
#: More lines than these are not kept: the oldest give way.
_KEPT_LINES: Final = 500_000


class LogLine(NamedTuple):
    """One line of a log.

    Attributes
    ----------
    level
        Its level.
    text
        What it says, without terminal codes.
    parts
        Its stretches, each with its style as CSS; empty where the whole line is plain.
    """

    level: str
    text: str
    parts: tuple[tuple[str, str], ...] = ()


class RunLog:
    r"""The log of a run, its lines numbered from 0; for any thread.

    A line that is written over by the next entry of its level (``\r``, as progress bars do) stays
    one line and keeps its number.

    Parameters
    ----------
    keep
        Lines to keep; of more, the oldest give way.

    Examples
    --------
    >>> log = RunLog()
    >>> log.add([{"message": "50%\r", "level": "info"}, {"message": "100%", "level": "info"}])
    >>> log.lines(0, 10), log.total
    ([LogLine(level='info', text='100%', parts=())], 1)
    """

    def __init__(self, keep: int = _KEPT_LINES) -> None:
        self._lock = threading.Lock()
        self._keep = keep
        self._lines: list[LogLine] = []
        #: The number of the first line that is kept.
        self._first = 0
        #: The level of the last line where an entry of that level may write over it, and whether
        #: any does: else only one that begins with a carriage return, too.
        self._open: tuple[str, bool] | None = None
        self._styles: dict[str, Style] = {}

    @property
    def total(self) -> int:
        """How many lines there were."""
        return self._first + len(self._lines)

    @property
    def first(self) -> int:
        """The number of the first line that is kept."""
        return self._first

    @property
    def settled(self) -> int:
        """How many lines will not change any more: all, or all but the last."""
        with self._lock:
            return self.total - (1 if self._open else 0)

    def add(self, entries: Iterable[Mapping[str, Any]]) -> None:
        """Append log entries (``message``, ``level``), oldest first."""
        with self._lock:
            for entry in entries:
                level = str(entry.get("level") or "info")
                self._add(level, str(entry.get("message") or ""))
            # In larger steps: each one moves all that is kept.
            if len(self._lines) > self._keep + max(self._keep // 10, 1):
                surplus = len(self._lines) - self._keep
                del self._lines[:surplus]
                self._first += surplus

    def read(self, last: int = LOG_LINES) -> tuple[tuple[LogLine, ...], int]:
        """Return the last lines, and how many there were in all."""
        with self._lock:
            return tuple(self._lines[-last:] if last else ()), self.total

    def lines(self, start: int, stop: int) -> list[LogLine]:
        """Return the lines with the numbers from `start` up to `stop`, those that are kept."""
        with self._lock:
            at = max(start - self._first, 0)
            return self._lines[at : max(stop - self._first, at)]

    def find(self, text: str = "", level: str = "debug", start: int = 0) -> list[int]:
        """Return the numbers of lines.

        Parameters
        ----------
        text
            What they contain; upper and lower case count as the same.
        level
            Their level, or a less severe one.
        start
            The first line to look at.
        """
        wanted = text.lower()
        levels = LEVELS[: LEVELS.index(level) + 1] if level in LEVELS else LEVELS
        with_others = "info" in levels
        with self._lock:
            first, lines = self._first, self._lines[max(start - self._first, 0) :]
        first = max(start, first)
        return [
            number
            for number, line in enumerate(lines, first)
            if wanted in line.text.lower()
            and (line.level in levels or (with_others and line.level not in LEVELS))
        ]

    def _add(self, level: str, message: str) -> None:
        """Add an entry; one that begins with a carriage return replaces the line before."""
        returns = message.startswith("\r")
        if self._open == (level, True) or (returns and self._open == (level, False)):
            if message.startswith("\n"):
                # The other half of a line end whose first half came with the entry before.
                message = message[1:]
            else:
                self._lines.pop()
        self._lines += [self._line(level, text) for text in _written(message)]
        ends_open = message.endswith("\r")
        self._open = (level, ends_open) if ends_open or returns else None

    def _line(self, level: str, raw: str) -> LogLine:
        """Return a line as it is shown: colours as CSS, secrets masked, not too long."""
        style = self._styles.get(level, PLAIN)
        if style == PLAIN and "\x1b" not in raw and "\x9b" not in raw:
            return LogLine(level, cut(visible(masked_url(raw)), _LINE_CHARS))
        parts, self._styles[level] = styled_parts(raw, style)
        text = "".join(part for part, _ in parts)
        if masked_url(text) != text:
            # A secret may stretch over several parts: no colours then.
            return LogLine(level, cut(visible(masked_url(text)), _LINE_CHARS))
        shown = _joined(
            (visible(part), css(style)) for part, style in _first_chars(parts, _LINE_CHARS)
        )
        whole = "".join(part for part, _ in shown)
        return LogLine(level, whole, tuple(shown) if any(look for _, look in shown) else ())


def _written(message: str) -> list[str]:
    """Return the lines of a message as they were left, with their terminal codes."""
    lines = message.replace("\r\n", "\n").removesuffix("\n").split("\n")
    return [line.rstrip("\r").rsplit("\r", 1)[-1] for line in lines]


def _joined(parts: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the parts of a line with neighbours of one look as one, and without too many looks.

    A line of which each character has a colour of its own would be a hundred times as long in the
    notebook: what follows on the first ones is plain.
    """
    found: list[tuple[str, str]] = []
    for text, look in parts:
        kept = look if len(found) < _MAX_PARTS else ""
        if found and found[-1][1] == kept:
            found[-1] = (found[-1][0] + text, kept)
        else:
            found.append((text, kept))
    return found


def _first_chars(parts: list[tuple[str, Style]], limit: int) -> list[tuple[str, Style]]:
    """Return the parts up to so many characters, with … where some are left out."""
    found, left = [], limit
    for text, style in parts:
        found.append((cut(text, left) if left else "…", style))
        if len(text) > left:
            break
        left -= len(text)
    return found
