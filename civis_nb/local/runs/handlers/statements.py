"""What all runs that use a database share: log entries, and words for what happened."""

from __future__ import annotations

from civis_nb.local.runs.task import RunTask

__all__ = ["rows_text", "write_log"]


def write_log(task: RunTask, level: str, message: str) -> None:
    """Write an entry that is seen at once; the form that databases call."""
    task.log.add(level, message)
    task.log.flush()


def rows_text(count: int) -> str:
    """Return a number of rows in words.

    Examples
    --------
    >>> rows_text(1), rows_text(1200)
    ('1 row', '1,200 rows')
    """
    return f"{count:,} row{'' if count == 1 else 's'}"
