"""What all runs that use a database share: cancelling, and words for what happened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from civis_nb.local.runner.work import RunCancelledError, RunTask
from civis_nb.local.warehouse.base import Cancelled, CancelToken

__all__ = ["cancel_token", "rows_text", "write_log"]


@contextmanager
def cancel_token(task: RunTask) -> Iterator[CancelToken]:
    """Give a token that is cancelled when the run is.

    Raises
    ------
    RunCancelledError
        When the work inside gave up because of it.
    """
    token = CancelToken()
    task.control.on_cancel(token.cancel)
    try:
        yield token
    except Cancelled:
        raise RunCancelledError from None
    finally:
        task.control.forget(token.cancel)


def write_log(task: RunTask, level: str, message: str) -> None:
    """Write an entry that is seen at once; the form that databases call."""
    task.log.add(level, message)
    task.log.flush()


def rows_text(count: int) -> str:
    """Say how many rows.

    Examples
    --------
    >>> rows_text(1), rows_text(1200)
    ('1 row', '1,200 rows')
    """
    return f"{count:,} row{'' if count == 1 else 's'}"
