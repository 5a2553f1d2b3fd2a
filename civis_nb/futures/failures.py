"""From a failed run to the exception that says why."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from civis_nb._wire_text import masked_url
from civis_nb.errors import CivisJobFailure, CivisMemoryFailure, CivisSQLError
from civis_nb.futures.states import field

__all__ = ["add_log", "error_text", "failure", "reason_in_logs", "sql_position"]

#: How the platform's log says that a process was killed for its memory.
_OUT_OF_MEMORY = "Process ran out of its"
#: How much of the log an error shows.
_LOG_LINES, _LOG_LINE_CHARS = 6, 300
_LINE = re.compile(r"^[ \t]*LINE (\d+): ?", re.MULTILINE)
_POSITION = re.compile(r"\bPosition: (\d+)")


def error_text(response: Any) -> str:
    """Return the error in a failed run's record; empty when it has none.

    Examples
    --------
    >>> error_text({"state": "failed", "error": None, "exception": "no such table"})
    'no such table'
    """
    for name in ("error", "exception", "mistral_state_info"):
        text = field(response, name)
        if isinstance(text, str) and text.strip() and text.strip() != "None":
            return text.strip()
    return ""


def reason_in_logs(entries: Iterable[Any]) -> str:
    r"""Return the text of log entries that explains best why a run failed; empty without entries.

    Examples
    --------
    >>> reason_in_logs([{"message": "reading"}, {"message": "disk full"}])
    'reading\ndisk full'
    """
    messages = []
    for entry in entries:
        message = field(entry, "message")
        if not isinstance(message, str):
            continue
        if field(entry, "level") == "error" and message.startswith(_OUT_OF_MEMORY):
            return message
        messages.append(message)
    return "\n".join(messages).strip()


def failure(
    text: str,
    response: Any = None,
    job_id: Any = None,
    run_id: Any = None,
    *,
    is_sql: bool = False,
    sql: str | None = None,
    is_workflow: bool = False,
) -> CivisJobFailure:
    r"""Return the exception of a failed run.

    Parameters
    ----------
    text
        Why it failed; may be empty.
    response
        The last state of the run.
    job_id, run_id
        What failed.
    is_sql
        Whether it was a run of one SQL statement.
    sql
        That statement, where it is known.
    is_workflow
        Whether it was an execution of a workflow.

    Examples
    --------
    >>> error = failure("LINE 2: FORM t\n        ^", is_sql=True)
    >>> type(error).__name__, error.line, error.column
    ('CivisSQLError', 2, 1)
    """
    if text.startswith(_OUT_OF_MEMORY):
        return CivisMemoryFailure(text, response, job_id, run_id)
    if is_sql:
        line, column = sql_position(text, sql)
        message = masked_url(text) or "The SQL failed; the platform does not say why."
        return CivisSQLError(message, response, job_id, run_id, line=line, column=column)
    message = masked_url(text) or "The run failed; neither its record nor its log says why."
    return CivisJobFailure(message, response, job_id, run_id, is_workflow=is_workflow)


def add_log(error: CivisJobFailure, entries: Iterable[Any], whose: str = "its log") -> None:
    """Add the end of the log of a failed run as a note.

    Parameters
    ----------
    error
        What the run ended with.
    entries
        The last entries of the log, oldest first.
    whose
        What the log is called.

    Examples
    --------
    >>> error = CivisJobFailure("exit code 1")
    >>> add_log(error, [{"message": "reading"}, {"message": "disk full"}])
    >>> print(error.__notes__[0])
    The end of its log:
      reading
      disk full
    """
    text = "\n".join(str(field(entry, "message") or "").rstrip() for entry in entries)
    lines = [line[:_LOG_LINE_CHARS] for line in text.split("\n") if line.strip()]
    if lines:
        shown = "\n".join(f"  {line}" for line in lines[-_LOG_LINES:])
        error.add_note(f"The end of {whose}:\n{masked_url(shown)}")


def sql_position(text: str, sql: str | None = None) -> tuple[int | None, int | None]:
    r"""Return where in a SQL statement an error lies, from the server's message.

    Understood are ``LINE n:`` with a caret below (DuckDB, and PostgreSQL's own tools) and
    ``Position: n`` (JDBC: characters from the statement's start).

    Parameters
    ----------
    text
        The server's message.
    sql
        The statement; without it ``Position: n`` has no line and column.

    Returns
    -------
    line, column : int or None
        Both from 1; None where the message does not say.

    Examples
    --------
    >>> sql_position('syntax error at or near "FORM"\nLINE 2:   FORM t\n          ^')
    (2, 3)
    >>> sql_position("syntax error Position: 12", "SELECT *\nFORM t")
    (2, 3)
    >>> sql_position("no such database")
    (None, None)
    """
    found = _LINE.search(text)
    if found:
        return _shown_position(text, found, sql)
    position = _POSITION.search(text)
    if position and sql is not None and 1 <= int(position[1]) <= len(sql) + 1:
        before = sql[: int(position[1]) - 1]
        return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    return None, None


def _shown_position(text: str, found: re.Match[str], sql: str | None) -> tuple[int, int | None]:
    """Return line and column from a ``LINE n:``, what it shows, and the caret below that."""
    line = int(found[1])
    rest = text[found.end() :].split("\n", 2)
    shown = rest[0].rstrip("\r")
    lines = sql.split("\n") if sql is not None else []
    part = _without_dots(shown)
    holding = [number for number, one in enumerate(lines, 1) if part in one]
    if line not in holding and len(holding) == 1:
        line = holding[0]  # DuckDB does not count empty lines before the statement
    marks = rest[1].rstrip() if len(rest) > 1 else ""
    if not marks or marks.lstrip(" ").strip("^~"):
        return line, None
    prefix = text[text.rfind("\n", 0, found.end()) + 1 : found.end()]
    index = _index_at(shown, marks.index(marks.lstrip(" ")) - _width(prefix))
    if index is None or not shown.startswith("..."):
        return line, None if index is None else index + 1
    # A long line is shown in part: a place in it is known only when the whole line is.
    whole = lines[line - 1] if line in holding else ""
    if whole.count(part) != 1 or index < 3:
        return line, None
    return line, whole.index(part) + index - 3 + 1


def _without_dots(shown: str) -> str:
    return shown.removeprefix("...").removesuffix("...")


def _index_at(shown: str, cells: int) -> int | None:
    """Return the index of the character that stands `cells` terminal cells from the left."""
    if cells < 0:
        return None
    index = 0
    while index < len(shown) and (cells > 0 or _width(shown[index]) == 0):
        cells -= _width(shown[index])
        index += 1
    return index if cells <= 0 else None


def _width(text: str) -> int:
    """Return the cells of a terminal that a text takes; DuckDB counts a tab as none."""
    return sum(
        0
        if unicodedata.combining(one) or unicodedata.category(one) == "Cc"
        else 2
        if unicodedata.east_asian_width(one) in "WF"
        else 1
        for one in text
    )
