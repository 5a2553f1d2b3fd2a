"""DuckDB as a `SqlEngine`: one cursor for one operation of the platform."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import TableSource
from civis_nb.local.warehouse.csv import infer
from civis_nb.local.warehouse.csv.casts import cast, cast_limited
from civis_nb.local.warehouse.csv.reader import csv_error, read_csv_sql
from civis_nb.local.warehouse.csv.text import CsvFormat
from civis_nb.local.warehouse.dialects.builtins import built_in
from civis_nb.local.warehouse.dialects.catalog.notes import key_note, length_check
from civis_nb.local.warehouse.dialects.types.names import no_values
from civis_nb.local.warehouse.duckdb import catalog, commit_markers
from civis_nb.local.warehouse.duckdb.failures import is_conflict, read_failure, warehouse_error
from civis_nb.local.warehouse.duckdb.script import ScriptRunner
from civis_nb.local.warehouse.duckdb.types import is_text, native_type, sql_type
from civis_nb.local.warehouse.engine import EngineError
from civis_nb.local.warehouse.plan import ColumnType, FileLoad, TableColumn, TargetTable
from civis_nb.local.warehouse.sqltypes import TextLimit, declared_limit
from civis_nb.table_names import literal, qualified, quoted

# ruff: noqa: S608 - names and texts are quoted

__all__ = ["DuckDBEngine"]

#: Errors that the values of a single row may cause.
_ROW_ERRORS = (
    duckdb.ConversionException,
    duckdb.InvalidInputException,
    duckdb.ConstraintException,
    duckdb.OutOfRangeException,
    duckdb.TypeMismatchException,
)
_CONTENT = "content"
_DETACH_TRIES = 10
#: More columns than that are converted as lists.
_WIDE = 200
_ELEMENT, _LIST = "cell", "list_"


class DuckDBEngine(ScriptRunner):
    """A `SqlEngine` on one cursor."""

    row_id = "rowid"

    # -- the platform's SQL ---------------------------------------------------------------

    @contextmanager
    def _engine_errors(self) -> Iterator[None]:
        """Raise DuckDB's errors as `EngineError`."""
        try:
            yield
        except duckdb.Error as error:
            failure = read_failure(error)
            # The statement is not the user's: its position would mean nothing.
            shown = warehouse_error(failure, None, self.hidden)
            is_csv = "CSV Error" in failure.message or "CSV" in failure.message.split("\n")[0]
            raise EngineError(
                str(shown),
                conflict=is_conflict(error),
                row_related=isinstance(error, _ROW_ERRORS),
                csv_error=csv_error(error, "a file") if is_csv else None,
            ) from None

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a query and return its rows."""
        with self._engine_errors():
            return self.cursor.execute(built_in(sql)).fetchall()

    def change(self, sql: str) -> int:
        """Run a statement and return the number of rows that it wrote."""
        rows = self.rows(sql)
        return int(rows[0][0]) if rows else 0

    @contextmanager
    def transaction(self, commit_marker: str | None) -> Iterator[None]:
        """Commit at the end of the block, with a marker unless that is None; else roll back."""
        self.rows("BEGIN TRANSACTION")
        try:
            yield
            with self._engine_errors():
                commit_markers.add(self.cursor, commit_marker)
                self.cursor.execute("COMMIT")
        except BaseException:
            with suppress(duckdb.Error):
                self.cursor.execute("ROLLBACK")
            raise

    # -- tables and types -----------------------------------------------------------------

    def target_table(self, schema: str, table: str) -> TargetTable:
        """Return the table that rows go to, without columns when it does not exist.

        Raises
        ------
        WarehouseError
            If the schema is missing, or the name belongs to a view.
        """
        known = catalog.all_schemas(self.cursor)
        by_name = {name.lower(): name for name in known} | {name: name for name in known}
        found_schema = by_name.get(schema) or by_name.get(schema.lower())
        if found_schema is None:
            shown = ", ".join(name for name in known if name != "main")
            raise WarehouseError(
                f'there is no schema "{schema}"; there is: {shown}. '
                f"CREATE SCHEMA {quoted(schema)} makes it"
            )
        found = catalog.find(self.cursor, found_schema, table)
        if found is None:
            return TargetTable(found_schema, table)
        _, name, is_view = found
        if is_view:
            raise WarehouseError(f'"{found_schema}"."{name}" is a view: rows can\'t be put into it')
        rows = self.rows(f"FROM pragma_table_info({literal(qualified(found_schema, name))})")
        limits = catalog.text_limits(self.cursor, found_schema, name)
        columns = tuple(
            TableColumn(
                column,
                _column_type(native, limits.get(column)),
                required=required,
                has_default=default is not None,
            )
            for _, column, native, required, default, _ in rows
        )
        return TargetTable(found_schema, name, columns)

    def primary_key_sql(self, columns: Sequence[str]) -> str:
        """Return the constraint of a new table that declares its primary key."""
        if self.dialect == "redshift":
            return key_note("primary key", columns)
        return f"PRIMARY KEY ({', '.join(map(quoted, columns))})"

    def primary_key(self, schema: str, table: str) -> tuple[str, ...]:
        """Return the columns of a table's primary key, none when it has no such key."""
        return catalog.primary_key(self.cursor, schema, table)

    def text_limits(self, schema: str, table: str) -> dict[str, TextLimit]:
        """Return the limits of a table's columns of texts by their names."""
        return catalog.text_limits(self.cursor, schema, table)

    def column_type(self, sql_type: str) -> ColumnType:
        """Return DuckDB's type for one of the API's names.

        Raises
        ------
        WarehouseError
            If the type is unknown, or there are no values of it.
        """
        native = native_type(sql_type)
        if native == "JSON" and self.dialect == "redshift":
            raise WarehouseError(no_values("super"))
        limit = declared_limit(sql_type, in_bytes=self.dialect == "redshift")
        return _column_type(native, limit)

    def column_sql(self, column: TableColumn) -> str:
        """Return the definition of a column of a new table."""
        name, limit = quoted(column.name), column.type.limit
        required = " NOT NULL" if column.required else ""
        check = f" {length_check(name, limit)}" if limit else ""
        return f"{name} {column.type.native}{required}{check}"

    def native_types(self, relation: str) -> list[str]:
        """Return DuckDB's types of a relation's columns."""
        return [str(row[1]) for row in self.rows(f"DESCRIBE FROM {relation}")]

    def cast_sql(self, cell: str, column: TableColumn, *, lenient: bool) -> str:
        """Return the SQL that converts a text to a column's value."""
        if column.type.limit is not None:
            return cast_limited(cell, column.name, column.type.limit, lenient=lenient)
        return cast(cell, column.type.native, lenient=lenient, exact=column.exact)

    def values_sql(self, columns: Sequence[TableColumn], relation: str, *, lenient: bool) -> str:
        """Return the SELECT of the columns' values from texts ``c0``, ``c1``, ….

        DuckDB plans expressions that name a column twice in a time that grows with the square of
        their number. Those of a wide table are therefore written once for each type, over lists.
        """
        cells = [f"c{i}" for i in range(len(columns))]
        if len(columns) <= _WIDE:
            values = [
                self.cast_sql(cell, column, lenient=lenient)
                for cell, column in zip(cells, columns, strict=True)
            ]
            return f"SELECT {', '.join(values)} FROM {relation}"
        lists: dict[str, tuple[str, list[str]]] = {}
        values, unchanged = [], []
        for cell, column in zip(cells, columns, strict=True):
            conversion = self.cast_sql(_ELEMENT, column, lenient=lenient)
            if conversion == _ELEMENT:
                unchanged.append(cell)
                values.append(cell)
                continue
            name, listed = lists.setdefault(conversion, (f"{_LIST}{len(lists)}", []))
            listed.append(cell)
            values.append(f"list_extract({name}, {len(listed)})")
        converted = [
            f"list_transform(list_value({', '.join(listed)}), lambda {_ELEMENT}: {conversion}) "
            f"AS {name}"
            for conversion, (name, listed) in lists.items()
        ]
        selected = ", ".join([*unchanged, *converted])
        return f"SELECT {', '.join(values)} FROM (SELECT {selected} FROM {relation})"

    # -- CSV files ------------------------------------------------------------------------

    def csv_column_types(self, path: Path, columns: int, written: CsvFormat) -> list[str | None]:
        """Return types of the API that fit all cells of each column; None for an empty column."""
        return infer.column_types(path, columns, written, self.cursor)

    def csv_relation(self, path: Path, columns: int, written: CsvFormat) -> str:
        """Return the table function that reads a file: the columns ``c0``, ``c1``, … of text."""
        return read_csv_sql(path, columns, written)

    def stage_csv(self, load: FileLoad, written: CsvFormat, stage: str) -> dict[int, str]:
        """Load the readable rows into a new temporary table; return why each other row is not."""
        token = secrets.token_hex(4)
        errors, scans = f"civis_errors_{token}", f"civis_scans_{token}"
        rejects = f", store_rejects = true, rejects_table = '{errors}', rejects_scan = '{scans}'"
        relation = read_csv_sql(load.path, len(load.columns), written, rejects)
        # Numbered here: the rowid of a table that is not committed does not count from 0.
        self.change(
            f"CREATE TEMP TABLE {stage} AS SELECT row_number() OVER () - 1 AS place, * "
            f"FROM {relation}"
        )
        try:
            rejected = self.rows(
                f"SELECT line, error_type, error_message FROM {errors} ORDER BY line, byte_position"
            )
        finally:
            for name in (errors, scans):
                with suppress(duckdb.Error):  # the cursor's end drops the tables as well
                    self.cursor.execute(f"DROP TABLE IF EXISTS temp.{name}")
        reasons: dict[int, str] = {}
        for line, kind, message in rejected:
            row = int(line) - int(written.header)
            reasons.setdefault(row, _reject_reason(str(kind), str(message)))
        return reasons

    # -- copies of tables -----------------------------------------------------------------

    # Two DuckDB databases of one process can't see each other, as neither may reach files outside
    # of its own scratch folder. So a table is written to a small DuckDB file in one scratch folder
    # and moved to the other: every type survives, nothing becomes text on the way.

    def save_table(self, schema: str, table: str, path: Path) -> None:
        """Write a table's rows to a new DuckDB file, as the table ``content``."""
        alias = _new_alias()
        inside = self.scratch / f"{alias}.duckdb"
        try:
            self.rows(f"ATTACH {literal(str(inside))} AS {alias}")
            try:
                self.rows(f"CREATE TABLE {alias}.{_CONTENT} AS FROM {qualified(schema, table)}")
            finally:
                self._detach(alias)
            shutil.move(inside, path)
        finally:
            inside.unlink(missing_ok=True)

    @contextmanager
    def attached(self, sources: Sequence[TableSource]) -> Iterator[list[str]]:
        """Make sources readable within the block; yield the relation of each."""
        relations: list[str] = []
        moved: list[tuple[str, Path, Path]] = []
        try:
            for source in sources:
                if source.path is None:
                    relations.append(qualified(source.schema, source.table))
                    continue
                alias = _new_alias()
                inside = self.scratch / f"{alias}.duckdb"
                shutil.move(source.path, inside)
                moved.append((alias, inside, source.path))
                self.rows(f"ATTACH {literal(str(inside))} AS {alias} (READ_ONLY)")
                relations.append(f"{alias}.{_CONTENT}")
            yield relations
        finally:
            for alias, inside, outside in moved:
                self._detach(alias)
                # Put back: after a conflict the transaction is tried again.
                shutil.move(inside, outside)

    def _detach(self, alias: str) -> None:
        """Detach a database file, if it is attached."""
        for _ in range(_DETACH_TRIES):
            try:
                self.cursor.execute(f"DETACH {alias}")
            except duckdb.InterruptException:
                continue  # the run was cancelled, and interrupts come one after the other
            except duckdb.Error:
                return  # it was not attached
            return


def _column_type(native: str, limit: TextLimit | None) -> ColumnType:
    return ColumnType(native, sql_type(native), is_text(native), limit)


def _new_alias() -> str:
    return f"civis_copy_{secrets.token_hex(8)}"


def _reject_reason(kind: str, message: str) -> str:
    """Return in plain words why DuckDB could not read a row of a CSV file."""
    text = message.rstrip(".")
    counted = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
    if counted:
        return f"{counted.group(2)} cells instead of {counted.group(1)}"
    if "QUOTE" in kind.upper():
        return "a quoted cell has no proper end"
    if "unicode" in text.lower() or "UNICODE" in kind.upper():
        return "the text is not UTF-8; preprocess the file with force_character_set_conversion"
    return text
