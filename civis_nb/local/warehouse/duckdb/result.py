"""A result set of DuckDB: its columns, and a query over it that is run exactly once.

DuckDB's COPY writes CSV into a pipe while another thread takes what comes out; so an export runs
its query once, memory is bounded, and the text is DuckDB's own.
"""

from __future__ import annotations

import os
import re
import secrets
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import DELIMITERS, Column, CsvSettings
from civis_nb.local.warehouse.dialects import CATALOG, FILLED_TYPE, Dialect
from civis_nb.local.warehouse.dialects.builtins import built_in
from civis_nb.local.warehouse.duckdb.failures import statement_error
from civis_nb.local.warehouse.duckdb.statement import Statement
from civis_nb.local.warehouse.duckdb.types import is_nested, sql_type
from civis_nb.local.warehouse.sqltypes import is_unquoted
from civis_nb.sql_text import without_terminator
from civis_nb.table_names import literal

__all__ = ["DuckDBResult"]

_NAME = "civis_result"
#: Types whose values a dialect writes otherwise than DuckDB -> the text of one.
_AS_TEXT = dict.fromkeys(
    ("DOUBLE", "FLOAT", "INTERVAL", "DATE", "TIMESTAMP"), f"{CATALOG}.as_text({{0}}, {{0}})"
)
_SHOWN: dict[Dialect, dict[str, str]] = {
    "redshift": {**_AS_TEXT, "BLOB": "lower(hex({0}))"},
    "postgres": {**_AS_TEXT, "BLOB": f"{CATALOG}.shown_bytes({{0}})"},
    "duckdb": {},
}
_PIPE_BYTES = 1 << 20
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ of Linux


class DuckDBResult:
    """A `ResultSet` of DuckDB.

    Parameters
    ----------
    cursor
        Runs the query.
    statement
        What the result is of.
    columns
        The name and the type, as DuckDB names it, of each column.
    scratch
        The folder that DuckDB may write to.
    hidden
        Paths that errors must not show.
    relation
        The result of a statement that can't stand inside a query, and has run; else None.
    """

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        statement: Statement,
        columns: Sequence[tuple[str, str]],
        scratch: Path,
        hidden: tuple[str, ...],
        relation: duckdb.DuckDBPyRelation | None = None,
    ) -> None:
        self.columns = tuple(Column(name, sql_type(native)) for name, native in columns)
        self._cursor = cursor
        self._statement = statement
        self._scratch = scratch
        self._hidden = hidden
        self._relation = relation
        # Unique names: the result's own may occur twice.
        self._aliases = [f"c{i}" for i in range(len(self.columns))]
        shown = _SHOWN[statement.dialect]
        self._values = [
            shown.get(native, _text_of(native, statement.dialect)).format(alias)
            for alias, (_, native) in zip(self._aliases, columns, strict=True)
        ]

    def first_rows(self, limit: int) -> list[list[str | None]]:
        """Return the first rows as text, as an export writes it.

        The query stops when it has the rows. One that writes must run even for no rows at all.
        """
        cells = ", ".join(f"CAST({value} AS VARCHAR)" for value in self._values)
        rows = self._query(f"SELECT {cells} FROM", f"LIMIT {max(1, limit)}")
        return [list(row) for row in rows[:limit]]

    def write_csv(self, settings: CsvSettings, write: Callable[[bytes], None]) -> int:
        """Pass all rows to ``write`` in chunks; return their number."""
        delimiter = DELIMITERS[settings.column_delimiter]
        options = ["FORMAT csv", "HEADER false", f"DELIMITER {literal(delimiter)}", "NULLSTR ''"]
        if settings.unquoted:
            options += ["QUOTE ''", "ESCAPE ''"]
        else:
            texts = [
                alias
                for alias, column in zip(self._aliases, self.columns, strict=True)
                if not is_unquoted(column.sql_type)
            ]
            if texts:
                options.append(built_in(f"FORCE_QUOTE row({', '.join(texts)})"))
        values = ", ".join(
            value if value == alias else f"{value} AS {alias}"
            for value, alias in zip(self._values, self._aliases, strict=True)
        )
        pipe = self._scratch / f"export-{secrets.token_hex(8)}"
        suffix = f") TO {literal(str(pipe))} ({', '.join(options)})"
        return _through_pipe(
            pipe, lambda: int(self._query(f"COPY (SELECT {values} FROM", suffix)[0][0]), write
        )

    def _query(self, prefix: str, suffix: str) -> list[tuple[Any, ...]]:
        """Run ``prefix result suffix`` once, where the result has the columns ``c0``, ``c1``, …."""
        columns = ", ".join(self._aliases)
        prefix = built_in(prefix)
        head = f"{prefix} (\n"
        try:
            if self._relation is not None:
                head = ""
                found = self._relation.query(
                    _NAME, f"{prefix} {_NAME} AS civis_rows({columns}) {suffix}"
                )
                return [] if found is None else found.fetchall()
            body = without_terminator(self._statement.text)
            return self._cursor.execute(
                f"{head}{body}\n) AS civis_rows({columns}) {suffix}"
            ).fetchall()
        except duckdb.Error as error:
            shift = len(head.encode())
            raise statement_error(error, self._statement, self._hidden, shift=shift) from None


def _text_of(native: str, dialect: Dialect) -> str:
    """Return what writes the values of a type where a dialect has no text of its own for them.

    Nested values are JSON, as SUPER has them; a decimal without digits before its point is 0.5,
    not .5. The zeros at the end of PostgreSQL's quotients are left out: they only fill the type.
    """
    if is_nested(native):
        return "CAST(to_json({0}) AS VARCHAR)"
    size = re.fullmatch(r"DECIMAL\((\d+), ?(\d+)\)", native)
    if size is not None and dialect == "postgres" and FILLED_TYPE.fullmatch(native):
        return "rtrim(rtrim(CAST({0} AS VARCHAR), '0'), '.')"
    if size is None or size[1] != size[2] or size[1] == "38":
        return "{0}"
    return f"CAST({{0}} AS DECIMAL({int(size[1]) + 1}, {size[2]}))"


def _through_pipe(pipe: Path, run: Callable[[], int], write: Callable[[bytes], None]) -> int:
    """Run what writes to ``pipe``, passing the bytes to ``write``; return what ``run`` returns."""
    if not hasattr(os, "mkfifo"):  # Windows: through a file
        try:
            rows = run()
            with pipe.open("rb") as source:
                while data := source.read(_PIPE_BYTES):
                    write(data)
        finally:
            pipe.unlink(missing_ok=True)
        return rows
    reading, writing = _opened(pipe)
    _enlarge(reading)
    failures: list[BaseException] = []

    def drain() -> None:
        try:
            while data := os.read(reading, _PIPE_BYTES):
                write(data)
        except BaseException as error:  # raised by the thread that waits
            failures.append(error)
        finally:
            os.close(reading)  # DuckDB, if still writing, gets an error and stops

    thread = threading.Thread(target=drain, name="civis-export", daemon=True)
    thread.start()
    try:
        rows = run()
    except BaseException:
        if failures:
            raise _unwritable(failures[0]) from None
        raise
    finally:
        os.close(writing)
        thread.join()
        pipe.unlink(missing_ok=True)
    if failures:
        raise _unwritable(failures[0])
    return rows


def _opened(pipe: Path) -> tuple[int, int]:
    """Create a pipe and open both of its ends, or neither."""
    os.mkfifo(pipe, 0o600)
    ends: list[int] = []
    try:
        ends.append(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK))
        # Our own writing end holds the pipe open until DuckDB is done, even if it never opens it.
        ends.append(os.open(pipe, os.O_WRONLY))
    except OSError:
        for end in ends:
            os.close(end)
        pipe.unlink()
        raise
    os.set_blocking(ends[0], True)
    return ends[0], ends[1]


def _enlarge(pipe: int) -> None:
    """Enlarge a pipe where the system allows it: fewer switches between the two threads."""
    try:
        import fcntl

        fcntl.fcntl(pipe, _SET_PIPE_SIZE, _PIPE_BYTES)
    except (ImportError, OSError):
        return


def _unwritable(error: BaseException) -> BaseException:
    """Return the error of an export that could not be written."""
    if isinstance(error, OSError):
        return WarehouseError(f"the export could not be written: {error.strerror}")
    return error
