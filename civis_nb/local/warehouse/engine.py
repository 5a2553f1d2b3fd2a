"""What a SQL database has to provide, so that imports, copies, previews and exports work with it.

One `SqlEngine` is one connection for one operation. The modules `importing`, `loading`, `merging`,
`syncing` and `exporting` hold the logic and know no database: they write plain SQL (CREATE TABLE,
INSERT … SELECT, UPDATE … FROM, DELETE … USING) and leave to the engine where databases differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from civis_nb.cancellation import CancelToken
from civis_nb.errors import OperationCancelledError, WarehouseError
from civis_nb.local.warehouse.base import Column, CsvSettings, Log, TableSource
from civis_nb.local.warehouse.csv.text import CsvFormat
from civis_nb.local.warehouse.plan import ColumnType, FileLoad, TableColumn, TargetTable
from civis_nb.local.warehouse.sqltypes import TextLimit

__all__ = ["EngineError", "ResultSet", "SqlEngine", "retry_on_conflict"]

T = TypeVar("T")

_TRIES = 10
_WAIT_S = 0.02


class EngineError(WarehouseError):
    """A statement of the platform itself failed.

    Parameters
    ----------
    message
        The database's words.
    conflict
        Whether another transaction was in the way: the transaction may be run again.
    row_related
        Whether the values of a single row may be the reason.
    csv_error
        What is wrong with the CSV file that was read, where it was that.
    """

    def __init__(
        self,
        message: str,
        *,
        conflict: bool = False,
        row_related: bool = False,
        csv_error: WarehouseError | None = None,
    ) -> None:
        super().__init__(message)
        self.conflict = conflict
        self.row_related = row_related
        self.csv_error = csv_error


class ResultSet(Protocol):
    """The result of a statement, not read yet; it is read once."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """Return the columns; a name may occur twice."""

    def first_rows(self, limit: int) -> list[list[str | None]]:
        """Return the first rows as text, as an export writes it; one row is computed at least."""

    def write_csv(self, settings: CsvSettings, write: Callable[[bytes], None]) -> int:
        """Pass all rows, without a header, to ``write`` in chunks; return their number.

        NULL is an empty field, and text is always quoted, unless ``settings.unquoted``.
        """


class SqlEngine(Protocol):
    """One connection to a database, for one operation; ``cancel`` interrupts what it runs.

    Attributes
    ----------
    cancel, log
        Of the operation.
    scratch
        The folder that the database reads files from.
    row_id
        The hidden column that numbers a table's rows in the order of their insertion.
    """

    cancel: CancelToken
    log: Log
    scratch: Path
    row_id: str

    # -- users' SQL

    def run_script(self, sql: str) -> Iterator[ResultSet]:
        """Run all statements once, in order; yield the last result set, if there is any.

        The statements behind it run when the iteration goes on.
        """

    # -- the platform's SQL; each raises `EngineError`

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a query and return its rows."""

    def change(self, sql: str) -> int:
        """Run a statement and return the number of rows that it wrote; 0 where it writes none."""

    def transaction(self, commit_marker: str | None) -> AbstractContextManager[None]:
        """Commit at the end of the block, with a marker unless that is None; else roll back."""

    # -- tables and types

    def target_table(self, schema: str, table: str) -> TargetTable:
        """Return the table that rows go to, without columns when it does not exist.

        Raises
        ------
        WarehouseError
            If the schema is missing, or the name belongs to a view.
        """

    def primary_key_sql(self, columns: Sequence[str]) -> str:
        """Return the constraint of a new table that declares its primary key."""

    def primary_key(self, schema: str, table: str) -> tuple[str, ...]:
        """Return the columns of a table's primary key."""

    def text_limits(self, schema: str, table: str) -> Mapping[str, TextLimit]:
        """Return the limits of a table's columns of texts by their names."""

    def column_type(self, sql_type: str) -> ColumnType:
        """Return the database's type for one of the API's names."""

    def column_sql(self, column: TableColumn) -> str:
        """Return the definition of a column of a new table."""

    def native_types(self, relation: str) -> list[str]:
        """Return the types of a relation's columns, as the database names them."""

    def cast_sql(self, cell: str, column: TableColumn, *, lenient: bool) -> str:
        """Return the SQL that converts a text to a column's value.

        A text that is no value of the type, or exceeds its limit, is NULL when ``lenient``, else
        an error.
        """

    def values_sql(self, columns: Sequence[TableColumn], relation: str, *, lenient: bool) -> str:
        """Return the SELECT of the columns' values, in order, from texts ``c0``, ``c1``, ….

        It converts as `cast_sql` does, and is planned in a time that grows with the number of
        columns, not with its square.
        """

    # -- CSV files in `scratch`

    def csv_column_types(self, path: Path, columns: int, written: CsvFormat) -> list[str | None]:
        """Return types of the API that fit all cells of each column; None for an empty column."""

    def csv_relation(self, path: Path, columns: int, written: CsvFormat) -> str:
        """Return what to select a file's rows from: the columns ``c0``, ``c1``, … of text."""

    def stage_csv(self, load: FileLoad, written: CsvFormat, stage: str) -> dict[int, str]:
        """Load the readable rows into a new temporary table; return why each other row is not.

        The table has the columns ``place``, counted from 0, and ``c0``, ``c1``, … of text. Keys
        of the result are row numbers in the file, from 1 without the header.
        """

    # -- copies of tables

    def save_table(self, schema: str, table: str, path: Path) -> None:
        """Write a table's rows to a new file, in the form of `TableSource.path`."""

    def attached(self, sources: Sequence[TableSource]) -> AbstractContextManager[list[str]]:
        """Make sources readable within the block; return the relation of each."""


def retry_on_conflict(cancel: CancelToken, transaction: Callable[[], T]) -> T:
    """Run a transaction, again as long as another one is in the way.

    Raises
    ------
    OperationCancelledError
        When the operation was cancelled.
    """
    for attempt in range(_TRIES):
        try:
            return transaction()
        except EngineError as error:
            cancel.raise_if_cancelled()
            if not error.conflict or attempt == _TRIES - 1:
                raise
        if cancel.wait(_WAIT_S * 2**attempt):
            raise OperationCancelledError
    raise AssertionError("unreachable")
