"""One run's statements on one cursor of DuckDB: planned, translated, run once, cancellable."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb

from civis_nb.cancellation import CancelToken
from civis_nb.errors import OperationCancelledError, WarehouseError
from civis_nb.local.warehouse.base import Log
from civis_nb.local.warehouse.duckdb.failures import (
    found_in,
    is_conflict,
    is_further,
    is_refusal,
    missing_function,
    read_failure,
    warehouse_error,
)
from civis_nb.local.warehouse.duckdb.statement import Statement, kind_of
from civis_nb.local.warehouse.redshift.ignored_statements import reason_to_ignore
from civis_nb.local.warehouse.redshift.semantics import with_redshift_semantics
from civis_nb.sql_text import (
    split_statements,
    tokenize,
    without_terminator,
)

if TYPE_CHECKING:
    from civis_nb.local.warehouse.redshift.translate import Translation

__all__ = ["Session"]

T = TypeVar("T")

_DESCRIBE = "DESCRIBE (\n"
_INTERRUPT_EVERY_S = 0.02
_CONFLICT_TRIES = 12
_CONFLICT_WAIT_S = 0.01
_REFUSED_LATE = {"SET", "VARIABLE_SET", "RESET", "ALTER"}


class Session:
    """A cursor for one operation.

    Parameters
    ----------
    cursor
        Belongs to the session, which closes it.
    cancel
        Interrupts what the cursor does, and nothing else.
    log
        Takes what the user should know.
    hidden
        Paths that error messages must not show.
    """

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        cancel: CancelToken,
        log: Log,
        hidden: tuple[str, ...] = (),
    ) -> None:
        self.cursor = cursor
        self.cancel = cancel
        self.log = log
        self.hidden = hidden
        self._in_transaction = False

    @contextmanager
    def running(self) -> Iterator[Session]:
        """Watch the token while statements run; close the cursor in the end.

        Raises
        ------
        OperationCancelledError
            When the token was cancelled.
        """
        done = threading.Event()
        watchers: list[threading.Thread] = []
        # A cancel comes from another thread, also at the moment in which the statements end.
        ending = threading.Lock()

        def interrupt() -> None:
            # An interrupt between two statements is forgotten by DuckDB: hence again and again.
            while not done.is_set():
                with suppress(duckdb.Error):
                    self.cursor.interrupt()
                done.wait(_INTERRUPT_EVERY_S)

        def watch() -> None:
            with ending:
                if not done.is_set():
                    thread = threading.Thread(target=interrupt, name="civis-interrupt", daemon=True)
                    thread.start()
                    watchers.append(thread)

        forget = self.cancel.on_cancel(watch)
        try:
            self.cancel.raise_if_cancelled()
            yield self
        except duckdb.Error as error:
            if self.cancel.cancelled:
                raise OperationCancelledError from None
            raise warehouse_error(read_failure(error), None, self.hidden) from None
        except WarehouseError:
            if self.cancel.cancelled:
                raise OperationCancelledError from None
            raise
        finally:
            forget()
            with ending:
                done.set()
            for thread in watchers:
                thread.join()
            self._end_transaction()
            self.cursor.close()

    def _end_transaction(self) -> None:
        if not self._in_transaction:
            return
        with suppress(duckdb.Error):
            self.cursor.execute("ROLLBACK")
        self.log("warn", "The SQL ended inside a transaction without COMMIT: it was rolled back")

    # -- planning -------------------------------------------------------------------------

    def plan(self, sql: str) -> list[Statement]:
        """Cut a script into statements; nothing is run.

        Raises
        ------
        WarehouseError
            If a statement can be read neither as DuckDB's SQL nor as Redshift's.
        """
        try:
            sql.encode()
        except UnicodeEncodeError as error:
            raise WarehouseError(
                f"the SQL holds an unpaired surrogate at character {error.start + 1}"
            ) from None
        try:
            return self._native(sql, 0)
        except duckdb.Error as error:
            if not is_refusal(error):
                raise
            statements: list[Statement] = []
            for piece in split_statements(sql):
                offset = len(sql[: piece.start].encode())
                statements += self._plan_one(piece.text, offset, sql)
            return statements

    def _native(self, sql: str, offset: int) -> list[Statement]:
        statements, at = [], 0
        for parsed in self.cursor.extract_statements(sql):
            found = sql.find(parsed.query, at)
            if found > at:
                offset += len(sql[at:found].encode())
                at = found
            statements.append(self._as_meant(Statement(parsed.query, offset, kind_of(parsed))))
            offset += len(parsed.query.encode())
            at += len(parsed.query)
        return statements

    def _as_meant(self, statement: Statement) -> Statement:
        """Say otherwise what DuckDB takes, and reads as nobody means it."""
        meant = with_redshift_semantics(statement.text)
        if meant == statement.text:
            return statement
        return replace(statement, text=meant, original=statement.text, provisional=True)

    def _plan_one(self, text: str, offset: int, sql: str) -> list[Statement]:
        try:
            return self._native(text, offset)
        except duckdb.Error as refused:
            if not is_refusal(refused):
                raise
            note = reason_to_ignore(text)
            if note is not None:
                self.log("info", note)
                return []
            for t in _translations(text):
                with suppress(duckdb.ParserException, duckdb.NotImplementedException):
                    parsed = self.cursor.extract_statements(t.sql)
                    return [
                        Statement(s.query, offset, kind_of(s), text, t.prerequisites, True)
                        for s in parsed
                    ]
            raise self.error(refused, Statement(text, offset, ""), sql) from None

    # -- running --------------------------------------------------------------------------

    def run(self, statement: Statement, sql: str) -> None:
        """Run a statement to its end, without its rows."""

        def execute(candidate: Statement) -> None:
            self._run_before(candidate)
            self._note_transaction(candidate, lambda: self.cursor.execute(candidate.text))
            finish = getattr(self.cursor, "complete", None)
            if finish is not None and candidate.has_rows:
                finish()

        if self._in_transaction:
            statement = self._bound_blindly(statement, sql)
        try:
            self.attempt(statement, sql, execute)
        except WarehouseError:
            # What DuckDB can read is refused only now: settings of Redshift, and keys of a table,
            # which Redshift notes and does not enforce.
            note = reason_to_ignore(statement.text) if statement.kind in _REFUSED_LATE else None
            if note is None:
                raise
            self.log("info", note)

    def bound(self, statement: Statement, sql: str) -> tuple[Statement, list[tuple[str, str]]]:
        """Find the columns of a query, translated if it must be, without running it.

        Returns
        -------
        tuple
            The statement that DuckDB takes, and a (name, type) for each column.
        """
        if self._in_transaction:
            statement = self._bound_blindly(statement, sql)
        found: list[tuple[Statement, list[tuple[str, str]]]] = []

        def describe(candidate: Statement) -> None:
            self._run_before(candidate)
            body = without_terminator(candidate.text)
            rows = self.cursor.execute(f"{_DESCRIBE}{body}\n)").fetchall()
            found.append((candidate, [(str(row[0]), str(row[1])) for row in rows]))

        self.attempt(statement, sql, describe, len(_DESCRIBE))
        return found[-1]

    def _bound_blindly(self, statement: Statement, sql: str) -> Statement:
        """Bind any statement inside a transaction, where DuckDB offers a way to."""
        # Not public, but the only way: all else ends the transaction when the binding fails.
        # Where it is missing, SQL for Redshift works outside BEGIN … COMMIT only.
        bind = getattr(self.cursor, "_bind", None)
        if bind is None or statement.kind in ("TRANSACTION", "SET"):
            return statement
        found: list[Statement] = []

        def check(candidate: Statement) -> None:
            bind(candidate.text)
            found.append(candidate)

        try:
            self.attempt(statement, sql, check)
        except WarehouseError:
            return statement  # to be run, and to fail with its own words
        return found[-1]

    def attempt(
        self, statement: Statement, sql: str, action: Callable[[Statement], T], shift: int = 0
    ) -> T:
        """Do something with a statement; if DuckDB refuses its text, with translations of it.

        ``shift`` bytes stand before the statement's text in what DuckDB gets.

        Raises
        ------
        WarehouseError
            With the place in the user's whole text.
        """
        try:
            return self._again_on_conflict(lambda: action(statement))
        except duckdb.Error as error:
            settled = statement.original is not None and not statement.provisional
            if not is_refusal(error) or settled or self.cancel.cancelled:
                raise self.error(error, statement, sql, shift) from None
            refused = error
        return self._translated(refused, statement, sql, action, shift)

    def _translated(
        self,
        refused: duckdb.Error,
        statement: Statement,
        sql: str,
        action: Callable[[Statement], T],
        shift: int,
    ) -> T:
        failures: list[tuple[duckdb.Error, Translation]] = []
        original = statement.original or statement.text
        for translation in _translations(original):
            if translation.sql == statement.text:
                continue  # it has just been refused
            candidate = replace(
                statement,
                text=translation.sql,
                original=original,
                prerequisites=translation.prerequisites,
                provisional=False,
            )
            try:
                return self._again_on_conflict(lambda c=candidate: action(c))  # type: ignore[misc]
            except duckdb.Error as error:
                if not is_refusal(error):
                    raise self.error(error, candidate, sql, shift) from None
                failures.append((error, translation))
        raise self._most_useful(refused, failures, statement, sql, shift) from None

    def _again_on_conflict(self, action: Callable[[], T]) -> T:
        for attempt in range(_CONFLICT_TRIES):
            try:
                return action()
            except duckdb.Error as error:
                last = attempt == _CONFLICT_TRIES - 1
                if self._in_transaction or last or not is_conflict(error):
                    raise
            # The statement was undone whole: nothing is done twice.
            if self.cancel.wait(_CONFLICT_WAIT_S * 2**attempt):
                raise OperationCancelledError
        raise AssertionError("unreachable")

    def _run_before(self, statement: Statement) -> None:
        for text in statement.prerequisites:
            # A sequence of a table that is there already: its CREATE TABLE tells the user.
            with suppress(duckdb.DependencyException):
                self.cursor.execute(text)

    def _note_transaction(self, statement: Statement, execute: Callable[[], Any]) -> None:
        if statement.kind != "TRANSACTION":
            execute()
            return
        word = next(t.text for t in tokenize(statement.text) if t.kind == "word").lower()
        begins = word in ("begin", "start")
        if begins == self._in_transaction:
            # As in PostgreSQL and Redshift: scripts end with a COMMIT too many.
            state = "already a" if begins else "no"
            self.log("warn", f"{word.upper()}: there is {state} transaction in progress")
            return
        try:
            execute()
        except duckdb.Error:
            # A COMMIT that fails has ended the transaction as well.
            self._in_transaction = self._in_transaction and begins
            raise
        self._in_transaction = begins

    # -- errors ---------------------------------------------------------------------------

    def error(
        self, error: duckdb.Error, statement: Statement, sql: str, shift: int = 0, note: str = ""
    ) -> WarehouseError | OperationCancelledError:
        """Build the error for users; ``shift`` bytes stand before the statement's text."""
        if self.cancel.cancelled:
            return OperationCancelledError()
        failure = read_failure(error)
        if note:
            failure = replace(failure, message=note)
        if failure.start is not None:
            failure = replace(failure, start=failure.start - shift)
        if is_conflict(error):
            failure = replace(
                failure,
                message=f"{failure.message} Another run changed the same rows or table at the "
                "same time. Run it again.",
            )
        if statement.original is not None:
            return warehouse_error(found_in(failure, statement), sql, self.hidden)
        if failure.start is not None:
            inside = 0 <= failure.start <= len(statement.text.encode())
            start = statement.offset + failure.start if inside else None
            failure = replace(failure, start=start)
        return warehouse_error(failure, sql, self.hidden)

    def _most_useful(
        self,
        refused: duckdb.Error,
        failures: list[tuple[duckdb.Error, Translation]],
        statement: Statement,
        sql: str,
        shift: int,
    ) -> WarehouseError | OperationCancelledError:
        """Choose between what DuckDB says of the user's text and of its translations."""
        original = statement.original or statement.text
        for error, translation in failures:
            if is_further(error, refused, original):
                candidate = replace(
                    statement, text=translation.sql, original=original, provisional=False
                )
                return self.error(error, candidate, sql, shift)
        return self.error(refused, statement, sql, shift, _why_not(refused))


def _translations(text: str) -> Iterator[Translation]:
    # Imported here: sqlglot takes a while to load, and most SQL needs no translation.
    from civis_nb.local.warehouse.redshift.translate import translations

    return translations(text)


def _why_not(refused: duckdb.Error) -> str:
    from civis_nb.local.warehouse.redshift.translate import untranslatable_reason

    name = missing_function(refused)
    return untranslatable_reason(name) if name is not None else ""
