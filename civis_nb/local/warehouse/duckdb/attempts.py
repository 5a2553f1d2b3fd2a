"""The attempts at one statement: as it is, again after a conflict, then its translations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from types import TracebackType

import duckdb

from civis_nb.cancellation import CancelToken
from civis_nb.errors import OperationCancelledError, WarehouseError
from civis_nb.local.warehouse.dialects import PREFIX, Dialect, absent_function, create_computed
from civis_nb.local.warehouse.dialects.calls.date_parts import PART_OF
from civis_nb.local.warehouse.duckdb.failures import (
    got_further,
    is_conflict,
    is_of_unknown_type,
    is_refusal,
    missing_function,
    read_failure,
    statement_error,
)
from civis_nb.local.warehouse.duckdb.readings import translated, with_joined, with_quotients
from civis_nb.local.warehouse.duckdb.shortened import with_columns
from civis_nb.local.warehouse.duckdb.statement import Statement

__all__ = ["Attempts"]

_NO_COLUMN = re.compile(r'Referenced column "(.*?)" not found')
_EXPLAIN = "EXPLAIN "
_CONFLICT_TRIES = 12
_CONFLICT_WAIT_S = 0.01


class Attempts:
    """The attempts at one statement, until DuckDB accepts one of its texts.

    The statement is tried as it is, again as long as another transaction is in the way, and then,
    if DuckDB refuses it, in each translation from Redshift's SQL. Errors of DuckDB within the
    block lead to the next attempt; the last one raises `WarehouseError`::

        for attempt in Attempts(statement, cancel, hidden, cursor=cursor):
            with attempt as candidate:
                cursor.execute(candidate.text)

    Parameters
    ----------
    statement
        Of the user.
    cancel
        Ends the waiting after a conflict.
    hidden
        Paths that errors must not show.
    retry_conflicts
        Whether a conflict leaves the statement undone as a whole, as it does outside of an
        explicit transaction.
    shift
        The number of bytes before the statement's text in what DuckDB runs.
    cursor
        Runs the statement; functions that it lacks are created there.
    """

    def __init__(
        self,
        statement: Statement,
        cancel: CancelToken,
        hidden: tuple[str, ...],
        *,
        retry_conflicts: bool = True,
        shift: int = 0,
        cursor: duckdb.DuckDBPyConnection,
    ) -> None:
        self._statement = self._candidate = statement
        self._cancel = cancel
        self._hidden = hidden
        self._tries_left = _CONFLICT_TRIES if retry_conflicts else 1
        self._shift = shift
        self._cursor = cursor
        self._has_computed = False
        self._translations = translated(statement, cursor)
        self._refused: list[tuple[duckdb.Error, Statement]] = []
        self._done = False

    def __iter__(self) -> Iterator[Attempts]:
        while not self._done:
            yield self

    def __enter__(self) -> Statement:
        return self._candidate

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        """Choose the next candidate, or raise."""
        if error is None:
            self._done = True
        if not isinstance(error, duckdb.Error):
            return False
        if self._tries_left > 1 and is_conflict(error):
            self._wait()
            return True
        if not self._has_computed and (missing_function(error) or "").startswith(PREFIX):
            create_computed(self._cursor)
            self._has_computed = True
            return True
        mended = with_quotients(self._cursor, self._candidate, error)
        if mended is not None:
            self._candidate = mended
            self._translations = translated(mended, self._cursor)
            return True
        mended = with_joined(self._candidate, error)
        if mended is not None:
            self._candidate = mended
            self._translations = translated(mended, self._cursor)
            return True
        mended = with_columns(self._cursor, self._candidate, error)
        if mended is not None:
            self._candidate = mended
            return True
        if not self._may_translate(error):
            raise self._error(error, self._candidate) from None
        self._refused.append((error, self._candidate))
        following = next(self._translations, None)
        if following is None:
            raise self._most_useful_error() from None
        self._candidate = following
        return True

    def _wait(self) -> None:
        """Wait longer after each conflict."""
        wait_s = _CONFLICT_WAIT_S * 2 ** (_CONFLICT_TRIES - self._tries_left)
        self._tries_left -= 1
        if self._cancel.wait(wait_s):
            raise OperationCancelledError

    def _may_translate(self, error: duckdb.Error) -> bool:
        """Return whether a translation may succeed where DuckDB refused the text."""
        if not is_refusal(error) or self._cancel.cancelled:
            return False
        settled = self._statement.original is not None and not self._statement.provisional
        return bool(self._refused) or not settled

    def _most_useful_error(self) -> WarehouseError:
        """Choose between what DuckDB says about the user's text and about its translations."""
        (refused, statement), *translations = self._refused
        original = statement.original or statement.text
        if is_of_unknown_type(refused):
            # A function that chooses by type hides that there is no such column.
            try:
                self._cursor.execute(_EXPLAIN + original)
            except duckdb.BinderException as found:
                if not _is_of_part(found, original):
                    explained = replace(
                        statement, text=original, original=None, meaning=None, offsets=None
                    )
                    return statement_error(found, explained, self._hidden, shift=len(_EXPLAIN))
            except duckdb.Error:
                pass  # of something else that DuckDB has not: the first error tells more
            for error, candidate in translations:
                if not (is_of_unknown_type(error) or _is_of_part(error, original)):
                    return self._error(error, candidate)
        for error, candidate in translations:
            if got_further(error, refused, original):
                return self._error(error, candidate)
        return self._error(refused, statement, _reason(refused, statement.dialect))

    def _error(self, error: duckdb.Error, statement: Statement, note: str = "") -> WarehouseError:
        return statement_error(error, statement, self._hidden, shift=self._shift, note=note)


def _is_of_part(error: duckdb.Error, sql: str) -> bool:
    """Return whether DuckDB takes a part of dates, as the first of DATEDIFF, for a column."""
    missing = _NO_COLUMN.search(read_failure(error).message)
    if missing is None or missing.group(1).lower() not in PART_OF:
        return False
    return re.search(rf"(?i)\(\s*{missing.group(1)}\s*,", sql) is not None


def _reason(refused: duckdb.Error, dialect: Dialect) -> str:
    """Return why there is not the function that DuckDB lacks; empty when unknown."""
    name = missing_function(refused)
    return "" if name is None else absent_function(name, dialect)
