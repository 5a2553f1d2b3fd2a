"""Users' SQL on one cursor of DuckDB: parsed, translated, run once, cancellable."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from civis_nb.cancellation import CancelToken
from civis_nb.errors import OperationCancelledError, WarehouseError
from civis_nb.local.warehouse.base import Log
from civis_nb.local.warehouse.dialects import Dialect
from civis_nb.local.warehouse.dialects.builtins import built_in
from civis_nb.local.warehouse.duckdb.alter import alter
from civis_nb.local.warehouse.duckdb.assignments import CONVERTED, converted
from civis_nb.local.warehouse.duckdb.attempts import Attempts
from civis_nb.local.warehouse.duckdb.binding import DESCRIBE, columns_of
from civis_nb.local.warehouse.duckdb.changes import what_was_done
from civis_nb.local.warehouse.duckdb.checks.aliases import check_aliases
from civis_nb.local.warehouse.duckdb.checks.allowed import check_allowed
from civis_nb.local.warehouse.duckdb.checks.foreign_calls import check_foreign_calls
from civis_nb.local.warehouse.duckdb.checks.foreign_names import check_foreign_names
from civis_nb.local.warehouse.duckdb.checks.quoted_names import check_quoted_names
from civis_nb.local.warehouse.duckdb.checks.sorted_by import sorted_rightly
from civis_nb.local.warehouse.duckdb.create import checked, exists_already, with_likes
from civis_nb.local.warehouse.duckdb.drop import drop_dependents
from civis_nb.local.warehouse.duckdb.failures import located_error, read_failure, warehouse_error
from civis_nb.local.warehouse.duckdb.result import DuckDBResult
from civis_nb.local.warehouse.duckdb.statement import Statement, parse_script
from civis_nb.local.warehouse.duckdb.unions import with_common_types
from civis_nb.local.warehouse.redshift.ignored_statements import reason_to_ignore
from civis_nb.sql_text import tokenize, without_terminator

__all__ = ["ScriptRunner"]

_INTERRUPT_EVERY_S = 0.02
#: Kinds that DuckDB parses but refuses when they run: settings of Redshift, and keys of a table,
#: which Redshift stores and does not enforce.
_REFUSED_LATE = {"SET", "VARIABLE_SET", "RESET", "ALTER"}


class ScriptRunner:
    """A cursor that runs users' SQL.

    Parameters
    ----------
    cursor
        Belongs to the runner, which closes it.
    cancel
        Interrupts what the cursor runs, and nothing else.
    log
        Receives what the user should know.
    scratch
        The folder that DuckDB may read and write.
    hidden
        Paths that error messages must not show.
    dialect
        What users' SQL means.
    """

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        cancel: CancelToken,
        log: Log,
        scratch: Path,
        hidden: tuple[str, ...] = (),
        dialect: Dialect = "redshift",
    ) -> None:
        self.cursor = cursor
        self.cancel = cancel
        self.log = log
        self.scratch = scratch
        self.hidden = hidden
        self.dialect = dialect
        self._in_transaction = False

    @contextmanager
    def cancellable(self) -> Iterator[None]:
        """Interrupt the cursor when the token is cancelled; close it at the end of the block.

        Raises
        ------
        OperationCancelledError
            When the token was cancelled.
        """
        done = threading.Event()
        interrupters: list[threading.Thread] = []
        # A cancel comes from another thread, also at the moment in which the statements end.
        ending = threading.Lock()

        def interrupt() -> None:
            # An interrupt between two statements is lost: hence again and again.
            while not done.is_set():
                with suppress(duckdb.Error):
                    self.cursor.interrupt()
                done.wait(_INTERRUPT_EVERY_S)

        def start_interrupting() -> None:
            with ending:
                if not done.is_set():
                    thread = threading.Thread(target=interrupt, name="civis-interrupt", daemon=True)
                    thread.start()
                    interrupters.append(thread)

        unsubscribe = self.cancel.on_cancel(start_interrupting)
        try:
            self.cancel.raise_if_cancelled()
            yield
        except duckdb.Error as error:
            if self.cancel.cancelled:
                raise OperationCancelledError from None
            raise warehouse_error(read_failure(error), None, self.hidden) from None
        except WarehouseError:
            if self.cancel.cancelled:
                raise OperationCancelledError from None
            raise
        finally:
            unsubscribe()
            with ending:
                done.set()
            for thread in interrupters:
                thread.join()
            self._end_transaction()
            self.cursor.close()

    def _end_transaction(self) -> None:
        """Roll back a transaction that the SQL left open."""
        if not self._in_transaction:
            return
        with suppress(duckdb.Error):
            self.cursor.execute("ROLLBACK")
        self.log("warn", "The SQL ended inside a transaction without COMMIT: it was rolled back")

    def run_script(self, sql: str) -> Iterator[DuckDBResult]:
        """Run all statements once, in order; yield the last result set, if there is any.

        The statements behind it run when the iteration goes on.

        Raises
        ------
        WarehouseError
            If a statement fails; with its position in the script.
        """
        statements = parse_script(self.cursor, sql, self.dialect, self.log, self.hidden)
        last = max((i for i, s in enumerate(statements) if s.has_rows), default=-1)
        for i, statement in enumerate(statements):
            check_allowed(statement)
            check_foreign_calls(self.cursor, statement)
            check_foreign_names(self.cursor, statement)
            check_aliases(self.cursor, statement)
            check_quoted_names(self.cursor, statement)
            if self._in_transaction:
                statement = self._translated_if_needed(statement)
            if i != last:
                self._run(statement)
            elif (result := self._result(statement)) is not None:
                yield result

    def _run(self, statement: Statement) -> None:
        """Run a statement to its end, without reading its rows."""
        try:
            for attempt in self._attempts(statement):
                with attempt as candidate:
                    self._execute(candidate)
        except WarehouseError:
            kind = statement.kind
            reason = (
                reason_to_ignore(statement.original or statement.text)
                if kind in _REFUSED_LATE
                else None
            )
            if reason is None:
                raise
            self.log("info", reason)

    def _execute(self, statement: Statement) -> None:
        """Run a statement that DuckDB accepts, or raise its error."""
        if statement.kind == "TRANSACTION":
            self._control_transaction(statement)
            return
        if statement.dialect != "duckdb" and (
            statement.kind in ("ALTER", "DROP")
            or (statement.prerequisites and statement.kind != "CREATE")
        ):
            with self._at_once():
                self._execute_one(statement)
        else:
            self._execute_one(statement)

    def _execute_one(self, statement: Statement) -> None:
        """Run a statement with what has to be done before it."""
        try:
            text = self._prepared(with_common_types(self.cursor, statement))
        except WarehouseError as error:
            raise (located_error(error, statement) if error.line is None else error) from None
        if text is None:
            return
        self._run_prerequisites(statement)
        self.cursor.execute(text)
        complete = getattr(self.cursor, "complete", None)
        if complete is not None and statement.has_rows:
            complete()
        if (done := what_was_done(self.cursor, statement)) is not None:
            self.log("info", done)

    def _prepared(self, statement: Statement) -> str | None:
        """Return the text to run, made with what the catalog knows; None if all is done.

        Raises
        ------
        WarehouseError
            If it names what does not exist, or what others depend on.
        """
        text = statement.text
        if statement.dialect != "duckdb":
            if statement.kind == "CREATE":
                text = with_likes(self.cursor, text)
                text = checked(self.cursor, text, statement.dialect)
                if exists_already(self.cursor, text):
                    self.cursor.execute(text)  # its sequence is in use
                    return None
            elif statement.kind == "DROP":
                for view in drop_dependents(self.cursor, (*statement.prerequisites, text)):
                    self.log("info", f"drop cascades to view {view}")
            elif statement.kind in CONVERTED:
                text = converted(self.cursor, statement)
            elif statement.kind == "ALTER" and alter(self.cursor, text, statement.dialect):
                return None
        return text

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        """Do all or nothing of what is run in the block."""
        if self._in_transaction:
            yield
            return
        self.cursor.execute("BEGIN TRANSACTION")
        try:
            yield
            self.cursor.execute("COMMIT")
        except BaseException:
            with suppress(duckdb.Error):
                self.cursor.execute("ROLLBACK")
            raise

    def _result(self, statement: Statement) -> DuckDBResult | None:
        """Return the result set of a statement, translated if needed; None if it has none.

        Queries are not run yet; other statements are.
        """
        relation: duckdb.DuckDBPyRelation | None = None
        columns: list[tuple[str, str]] = []
        if statement.is_query:
            for attempt in self._attempts(statement, shift=len(DESCRIBE)):
                with attempt as candidate:
                    self._run_prerequisites(candidate)
                    statement = with_common_types(self.cursor, candidate)
                    columns = columns_of(self.cursor, without_terminator(statement.text))
            statement = sorted_rightly(self.cursor, statement, columns)
        else:
            # EXPLAIN, RETURNING and the like can't stand inside a query.
            for attempt in self._attempts(statement):
                with attempt as candidate:
                    candidate = with_common_types(self.cursor, candidate)
                    relation = self.cursor.sql(converted(self.cursor, candidate))
            if relation is not None and statement.kind == "EXPLAIN":
                relation = _as_query_plan(relation, statement.dialect)
            if relation is None:  # settings, for one
                return None
            columns = [(str(item[0]), str(item[1])) for item in relation.description]
            if columns == [("Success", "BOOLEAN")]:
                return None
        return DuckDBResult(self.cursor, statement, columns, self.scratch, self.hidden, relation)

    def _translated_if_needed(self, statement: Statement) -> Statement:
        """Return the translation of a statement that DuckDB accepts, without running it."""
        # Not public, but the only way: all else ends the transaction when the binding fails.
        # Where it is missing, SQL for Redshift works outside BEGIN … COMMIT only.
        bind = getattr(self.cursor, "_bind", None)
        if bind is None or statement.kind in ("TRANSACTION", "SET"):
            return statement
        candidate = statement
        try:
            for attempt in self._attempts(statement):
                with attempt as candidate:
                    bind(candidate.text)
        except WarehouseError:
            return statement  # it fails again when it runs, with its own message
        return candidate

    def _attempts(self, statement: Statement, shift: int = 0) -> Attempts:
        return Attempts(
            statement,
            self.cancel,
            self.hidden,
            retry_conflicts=not self._in_transaction,
            shift=shift,
            cursor=self.cursor,
        )

    def _run_prerequisites(self, statement: Statement) -> None:
        """Run the statements that a translation needs before it."""
        for text in statement.prerequisites:
            # The sequence of a table that exists already: its CREATE TABLE raises the error.
            with suppress(duckdb.DependencyException):
                self.cursor.execute(text)

    def _control_transaction(self, statement: Statement) -> None:
        """Run BEGIN, COMMIT or ROLLBACK, and warn of one that has no effect."""
        word = next(t.text for t in tokenize(statement.text) if t.kind == "word").lower()
        begins = word in ("begin", "start")
        if begins == self._in_transaction:
            # As in PostgreSQL and Redshift: scripts end with a COMMIT too many.
            state = "already a" if begins else "no"
            self.log("warn", f"{word.upper()}: there is {state} transaction in progress")
            return
        try:
            self.cursor.execute(statement.text)
        except duckdb.Error:
            # A COMMIT that fails has ended the transaction as well.
            self._in_transaction = self._in_transaction and begins
            raise
        self._in_transaction = begins


def _as_query_plan(
    plan: duckdb.DuckDBPyRelation, dialect: Dialect
) -> duckdb.DuckDBPyRelation | None:
    """Return what EXPLAIN gives as the dialect has it: elsewhere than in DuckDB a line a row."""
    if dialect == "duckdb":
        return plan
    lines = built_in("unnest(string_split(rtrim(explain_value, chr(10)), chr(10)))")
    return plan.query("civis_plan", f'SELECT {lines} AS "QUERY PLAN" FROM civis_plan')  # noqa: S608
