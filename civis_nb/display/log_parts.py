"""The log of a run as messages to a page: not too much of it at once."""

from __future__ import annotations

from typing import Any, Final

from civis_nb.display.log_lines import LogLine, RunLog

__all__ = ["MAX_LINES", "found_in", "lines_between", "newest_lines", "text_of"]

#: The most that one message brings of a log; what is left out is loaded when somebody looks at it.
MAX_LINES: Final = 1000
_MAX_CHARS: Final = 200_000
#: Lines at the end of a log that a new view has at once.
_LAST_LINES: Final = 200


def newest_lines(log: RunLog, sent: int) -> dict[str, Any]:
    """Return the lines that a page does not have, or the last of them where they are many.

    Parameters
    ----------
    log
        The log.
    sent
        How many lines the page was sent that will not change any more.
    """
    total = log.total
    start = max(min(sent, total - _LAST_LINES), total - MAX_LINES, 0)
    return lines_between(log, start, total, from_end=True)


def lines_between(log: RunLog, start: int, stop: int, *, from_end: bool = False) -> dict[str, Any]:
    """Return lines as a message has them: ``{start, lines, first, total}``.

    Parameters
    ----------
    log
        The log.
    start, stop
        The numbers of the first line, and of the one after the last.
    from_end
        Where there are too many characters: leave out the first lines rather than the last.
    """
    first = log.first
    start = max(start, first)
    found = [_as_json(line) for line in log.lines(start, min(stop, start + MAX_LINES))]
    left = _MAX_CHARS
    kept = 0
    for line in reversed(found) if from_end else iter(found):
        left -= len(str(line[1]))
        if left < 0 and kept:
            break
        kept += 1
    if from_end:
        start += len(found) - kept
        found = found[len(found) - kept :]
    return {"start": start, "lines": found[:kept], "first": first, "total": log.total}


def found_in(log: RunLog, text: str, level: str, start: int) -> dict[str, Any]:
    """Return the numbers of the lines of a level that contain a text: ``{numbers, total}``."""
    # Lines that come meanwhile are found by the next request.
    total = log.total
    return {"numbers": log.find(text, level, start), "total": total}


def text_of(log: RunLog, level: str) -> str:
    """Return the lines of a level as text."""
    if level == "debug":
        lines = log.lines(0, log.total)
    else:
        lines = [line for at in log.find("", level) for line in log.lines(at, at + 1)]
    return "".join(f"{line.text}\n" for line in lines)


def _as_json(line: LogLine) -> list[Any]:
    level, text, parts = line
    return [level, [list(part) for part in parts] if parts else text]
