"""The embedded warehouse: one DuckDB file, many threads.

Every operation has a cursor of its own, so that temporary tables, SET and an open transaction
belong to one run, and cancelling one run leaves the others alone.

SQL of users can't reach the machine's files: DuckDB's external access is switched off for the
whole database, and can't be switched on again while it is open. What the platform itself reads
and writes goes through one scratch folder beside the database, the only folder that is allowed.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

import duckdb

from civis_nb.cancellation import CancelToken
from civis_nb.errors import CivisLocalError, StateInUseError, WarehouseError
from civis_nb.local.warehouse.base import (
    ColumnStats,
    CsvSettings,
    Export,
    ImportOptions,
    ImportReport,
    Log,
    Preview,
    SyncOptions,
    SyncReport,
    TableInfo,
    TableSource,
    ignore_log,
)
from civis_nb.local.warehouse.duckdb import catalog, copying, export, importing, marks, preview
from civis_nb.local.warehouse.duckdb.connection import Connection
from civis_nb.local.warehouse.duckdb.failures import read_failure, warehouse_error
from civis_nb.local.warehouse.duckdb.session import Session
from civis_nb.table_names import literal

__all__ = ["DuckDBWarehouse", "open_duckdb"]

_MAX_PREVIEW_ROWS = 1000

#: Of each cursor: a cursor does not take over the settings of its connection.
_CURSOR_SETTINGS = (
    "SET search_path = 'public,main'; SET TimeZone = 'UTC'; SET errors_as_json = true; "
    # NULL is the largest value, as in Redshift and PostgreSQL.
    "SET default_null_order = 'nulls_last_on_asc_first_on_desc'"
)

#: Settings that a run may change: they end with its cursor. All others hold for the whole
#: database, and one run must not change them for all.
_SETTINGS_OF_A_RUN = (
    "search_path",
    "schema",
    "TimeZone",
    "Calendar",
    "default_null_order",
    "errors_as_json",
    "integer_division",
    "enable_progress_bar",
    "explain_output",
    "ieee_floating_point_ops",
    "lambda_syntax",
    "max_expression_depth",
    "order_by_non_integer_literal",
    "pivot_limit",
    "scalar_subquery_error_on_multiple_rows",
)


def open_duckdb(path: Path | Literal[":memory:"]) -> DuckDBWarehouse:
    """Open a DuckDB file, or make one; ``:memory:`` for one that is gone when closed.

    Raises
    ------
    StateInUseError
        If another process has the file open.
    CivisLocalError
        If the file is no DuckDB database, or can't be read or written.

    Examples
    --------
    >>> warehouse = open_duckdb(":memory:")
    >>> warehouse.preview("SELECT NVL(NULL, 1) AS one", 10, CancelToken(), ignore_log).rows
    [['1']]
    >>> warehouse.close()
    """
    return DuckDBWarehouse(path)


class DuckDBWarehouse:
    """A `Warehouse` on DuckDB; made by `open_duckdb`."""

    dialect = "duckdb"
    adapter = "duckdb"

    def __init__(self, path: Path | Literal[":memory:"]) -> None:
        self._path = path
        self._scratch = _scratch_path(path)
        self._hidden = tuple(
            dict.fromkeys(str(p) for p in (self._scratch, path) if p != ":memory:")
        )
        self._connection = Connection(self._connected)

    def _connected(self) -> duckdb.DuckDBPyConnection:
        connection = _connect(self._path)
        try:
            # The database's lock is ours now: a scratch folder that lies there belongs to nobody.
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch.mkdir(mode=0o700, exist_ok=True)
            _set_up(connection, self._scratch)
        except duckdb.Error as error:
            connection.close()
            raise warehouse_error(read_failure(error), None, self._hidden) from None
        return connection

    # -- catalog --------------------------------------------------------------------------

    def schemas(self) -> list[str]:
        """Return the names of the schemas, sorted."""
        with self._session(CancelToken(), ignore_log) as session:
            return catalog.schemas(session.cursor)

    def tables(self, schema: str | None = None) -> list[TableInfo]:
        """Return tables and views, sorted, without their columns."""
        with self._session(CancelToken(), ignore_log) as session:
            return catalog.tables(session.cursor, schema)

    def table(self, schema: str, name: str) -> TableInfo | None:
        """Return one table with its columns, or None if there is none of that name."""
        with self._session(CancelToken(), ignore_log) as session:
            return catalog.table(session.cursor, schema, name)

    def column_stats(self, schema: str, name: str) -> Mapping[str, ColumnStats]:
        """Count and measure every column of a table.

        Raises
        ------
        WarehouseError
            If there is no such table.
        """
        with self._session(CancelToken(), ignore_log) as session:
            info = catalog.table(session.cursor, schema, name)
            if info is None:
                raise WarehouseError(f'there is no table "{schema}"."{name}"')
            return catalog.column_stats(session.cursor, info)

    # -- data -----------------------------------------------------------------------------

    def preview(self, sql: str, max_rows: int, cancel: CancelToken, log: Log) -> Preview:
        """Run all statements once; give the first rows, at most 1000, of the last result set.

        Raises
        ------
        WarehouseError
            If a statement fails; those before it stay done.
        OperationCancelledError
            If the token was cancelled.
        """
        with self._session(cancel, log) as session:
            return preview.preview(session, sql, min(max(max_rows, 0), _MAX_PREVIEW_ROWS))

    def export_csv(
        self,
        sql: str,
        folder: Path,
        base_name: str,
        settings: CsvSettings,
        cancel: CancelToken,
        log: Log,
    ) -> Export | None:
        """Run all statements once; write the last result set to CSV files in ``folder``.

        Returns
        -------
        Export or None
            None if no statement gives a result set. A result without rows has no files.

        Raises
        ------
        WarehouseError
            If a statement fails or a file can't be written; no file is left then.
        OperationCancelledError
            If the token was cancelled.
        """
        with self._session(cancel, log) as session:
            return export.export_csv(session, sql, self._scratch, folder, base_name, settings)

    def import_csv(
        self,
        paths: Sequence[Path],
        options: ImportOptions,
        cancel: CancelToken,
        log: Log,
        mark: str | None = None,
    ) -> ImportReport:
        """Load CSV files into a table in one transaction, and make a mark in it.

        Raises
        ------
        WarehouseError
            If a file can't be read or does not fit the table; nothing has changed then.
        OperationCancelledError
            If the token was cancelled; nothing has changed.
        """
        with self._session(cancel, log) as session:
            return importing.import_csv(session, paths, options, self._scratch, mark)

    def import_all(
        self,
        work: Sequence[tuple[Sequence[Path], ImportOptions]],
        cancel: CancelToken,
        log: Log,
        mark: str | None = None,
    ) -> list[ImportReport]:
        """Load CSV files into several tables in one transaction, and make a mark in it.

        Raises
        ------
        WarehouseError
            If a file can't be read or does not fit its table; nothing has changed then.
        OperationCancelledError
            If the token was cancelled; nothing has changed.
        """
        with self._session(cancel, log) as session:
            return importing.import_all(session, work, self._scratch, mark)

    def open_source(
        self, schema: str, name: str, folder: Path | None, cancel: CancelToken, log: Log
    ) -> TableSource:
        """Describe a table to be copied; with ``folder``, put its rows into a file there.

        Raises
        ------
        WarehouseError
            If there is no such table.
        OperationCancelledError
            If the token was cancelled.
        """
        with self._session(cancel, log) as session:
            return copying.open_source(session, schema, name, self._scratch, folder)

    def sync_tables(
        self,
        work: Sequence[tuple[TableSource, SyncOptions]],
        cancel: CancelToken,
        log: Log,
        mark: str | None = None,
    ) -> list[SyncReport]:
        """Copy tables into this database in one transaction, and make a mark in it.

        Raises
        ------
        WarehouseError
            If something does not fit; nothing has changed then.
        OperationCancelledError
            If the token was cancelled; nothing has changed.
        """
        with self._session(cancel, log) as session:
            return copying.sync_tables(session, work, self._scratch, mark)

    def marks(self) -> set[str]:
        """Return the marks of committed transactions that were not forgotten."""
        with self._session(CancelToken(), ignore_log) as session:
            return marks.known(session.cursor)

    def forget_marks(self, names: Sequence[str]) -> None:
        """Remove marks; nothing happens when the database is closed."""
        with suppress(CivisLocalError), self._session(CancelToken(), ignore_log) as session:
            marks.forget(session.cursor, names)

    def close(self) -> None:
        """Close the database; operations that run fail. A second call does nothing."""
        if self._connection.close():
            shutil.rmtree(self._scratch, ignore_errors=True)

    @contextmanager
    def _session(self, cancel: CancelToken, log: Log) -> Iterator[Session]:
        with self._connection.cursor() as cursor:
            cursor.execute(_CURSOR_SETTINGS)
            with Session(cursor, cancel, log, self._hidden).running() as session:
                yield session


def _connect(path: Path | Literal[":memory:"]) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(path))
    except duckdb.Error as error:
        if "lock" in str(error).lower():
            raise StateInUseError(
                f"The database {path} is open in another process: a local platform runs on it. "
                "Stop that one, or use another state folder."
            ) from None
        raise CivisLocalError(f"The database {path} can't be opened: {error}") from None


def _scratch_path(path: Path | Literal[":memory:"]) -> Path:
    if path == ":memory:":
        return Path(tempfile.mkdtemp(prefix="civis-nb-")).resolve()
    folder = Path(path).resolve()
    return folder.with_name(folder.name + ".scratch")


def _set_up(connection: duckdb.DuckDBPyConnection, scratch: Path) -> None:
    """Make the schema ``public`` and close the doors to the machine."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS public")
    connection.execute(f"SET allowed_directories = [{literal(str(scratch) + '/')}]")
    connection.execute("SET enable_external_access = false")
    names = ", ".join(literal(name) for name in _SETTINGS_OF_A_RUN)
    try:
        connection.execute(f"SET allowed_configs = [{names}]")
    except duckdb.CatalogException:
        return  # an older DuckDB: it can lock all settings or none, and runs need some
    connection.execute("SET lock_configuration = true")
