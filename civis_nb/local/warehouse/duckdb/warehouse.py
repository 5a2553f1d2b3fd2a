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
from civis_nb.local.store.full_disk import Reserve
from civis_nb.local.warehouse.base import (
    ColumnStats,
    Log,
    TableInfo,
    ignore_log,
)
from civis_nb.local.warehouse.dialects import Dialect, attach_functions
from civis_nb.local.warehouse.duckdb import catalog, commit_markers
from civis_nb.local.warehouse.duckdb.connection import Connection
from civis_nb.local.warehouse.duckdb.engine import DuckDBEngine
from civis_nb.local.warehouse.duckdb.failures import read_failure, warehouse_error
from civis_nb.local.warehouse.sql_warehouse import SqlWarehouse
from civis_nb.table_names import literal

__all__ = ["DuckDBWarehouse", "open_duckdb"]

#: Set once for all cursors, which do not inherit what is set for their connection alone; a run that
#: changes one of them does so for itself, and its RESET gives it these again.
_SETTINGS = (
    "SET GLOBAL TimeZone = 'UTC'; SET GLOBAL errors_as_json = true; "
    # NULL is the largest value, as in Redshift and PostgreSQL.
    "SET GLOBAL default_null_order = 'nulls_last_on_asc_first_on_desc'"
)
_SEARCH_PATH = "SET search_path = 'public,main'"
_PUBLIC = "CREATE SCHEMA IF NOT EXISTS public"

#: With less free space on the disk than this, the file of a database is shortened when opened.
_SCARCE_BYTES = 256 * 2**20
#: A sequence that exists for a moment.
_SPACE = "civis_nb_space"

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


def open_duckdb(path: Path | Literal[":memory:"], dialect: Dialect = "redshift") -> DuckDBWarehouse:
    """Open a DuckDB file, or create one; ``:memory:`` for one that is gone when closed.

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
    return DuckDBWarehouse(path, dialect)


class DuckDBWarehouse(SqlWarehouse):
    """A `Warehouse` on DuckDB; opened by `open_duckdb`."""

    adapter = "duckdb"

    def __init__(self, path: Path | Literal[":memory:"], dialect: Dialect = "redshift") -> None:
        self.dialect = dialect
        self._path = path
        self._scratch = _scratch_path(path)
        self._hidden = tuple(
            dict.fromkeys(str(p) for p in (self._scratch, path) if p != ":memory:")
        )
        #: Needed for giving back space on a disk that is full.
        self._reserve = None if path == ":memory:" else Reserve(self._path_with(".reserve"))
        self._connection = Connection(self._connect, self._give_back)

    def _connect(self) -> duckdb.DuckDBPyConnection:
        """Open the database, and set it up with an empty scratch folder."""
        connection = _open_file(self._path)
        try:
            # We hold the database's lock now: a scratch folder that exists is a left-over.
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch.mkdir(mode=0o700, exist_ok=True)
            self._tidy(connection)
            _set_up(connection, self._scratch)
        except duckdb.Error as error:
            connection.close()
            raise warehouse_error(read_failure(error), None, self._hidden) from None
        return connection

    def _tidy(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Remove what a killed process left, and give back space where there is little."""
        if self._reserve is None:
            return
        shutil.rmtree(self._path_with(".tmp"), ignore_errors=True)
        if shutil.disk_usage(self._scratch).free < _SCARCE_BYTES:
            with suppress(duckdb.Error):  # nothing can be given back; reading works all the same
                self._give_back(connection)
        self._reserve.fill()

    def _give_back(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Cut what the database does not use off the end of its file.

        A statement that failed has made the file longer, and a checkpoint shortens it, but only
        one that has something to write; and it needs a little space before it gives back any.
        """
        if self._reserve is None:
            return
        self._reserve.release()
        try:
            connection.execute(f"CREATE OR REPLACE SEQUENCE main.{_SPACE}")
            connection.execute(f"DROP SEQUENCE main.{_SPACE}")
            connection.execute("CHECKPOINT")
        finally:
            self._reserve.fill()

    def _path_with(self, ending: str) -> Path:
        """Return the path beside the database's file that has a further ending."""
        path = Path(self._path).resolve()
        return path.with_name(path.name + ending)

    # -- catalog --------------------------------------------------------------------------

    def schemas(self) -> list[str]:
        """Return the names of the schemas, sorted."""
        with self.engine(CancelToken(), ignore_log) as engine:
            return catalog.schemas(engine.cursor)

    def tables(self, schema: str | None = None) -> list[TableInfo]:
        """Return tables and views, sorted, without their columns."""
        with self.engine(CancelToken(), ignore_log) as engine:
            return catalog.tables(engine.cursor, schema)

    def counted(self, tables: Sequence[TableInfo]) -> list[TableInfo]:
        """Return tables of a list with their columns, and the numbers of their rows."""
        with self.engine(CancelToken(), ignore_log) as engine:
            return catalog.counted(engine.cursor, tables)

    def table(self, schema: str, name: str) -> TableInfo | None:
        """Return one table with its columns, or None if there is none of that name."""
        with self.engine(CancelToken(), ignore_log) as engine:
            return catalog.table(engine.cursor, schema, name, self.dialect)

    def column_stats(self, schema: str, name: str) -> Mapping[str, ColumnStats]:
        """Return statistics of every column of a table.

        Raises
        ------
        WarehouseError
            If there is no such table.
        """
        with self.engine(CancelToken(), ignore_log) as engine:
            info = catalog.table(engine.cursor, schema, name, self.dialect)
            if info is None:
                raise WarehouseError(f'there is no table "{schema}"."{name}"')
            return catalog.column_stats(engine.cursor, info)

    # -- operations -----------------------------------------------------------------------

    def commit_markers(self) -> set[str]:
        """Return the markers of committed transactions that were not removed."""
        with self.engine(CancelToken(), ignore_log) as engine:
            return commit_markers.existing(engine.cursor)

    def remove_commit_markers(self, names: Sequence[str]) -> None:
        """Remove markers; nothing happens when the database is closed."""
        with suppress(CivisLocalError), self.engine(CancelToken(), ignore_log) as engine:
            commit_markers.remove(engine.cursor, names)

    def run_native(self, sql: str) -> None:
        """Run statements of the platform itself, which mean what they mean in DuckDB.

        Raises
        ------
        WarehouseError
            If a statement fails; those before it stay done.
        """
        with self.engine(CancelToken(), ignore_log) as engine:
            engine.cursor.execute(sql)

    def close(self, *, checkpoint: bool = True) -> None:
        """Close the database; operations that run fail. A second call does nothing."""
        if self._connection.close(checkpoint=checkpoint):
            shutil.rmtree(self._scratch, ignore_errors=True)

    @contextmanager
    def engine(self, cancel: CancelToken, log: Log) -> Iterator[DuckDBEngine]:
        """Open a cursor for one operation.

        Raises
        ------
        CivisLocalError
            When the database is closed, or can't be opened again.
        OperationCancelledError
            When the token was cancelled.
        """
        with self._connection.cursor() as cursor:
            engine = DuckDBEngine(cursor, cancel, log, self._scratch, self._hidden, self.dialect)
            with engine.cancellable():
                _search_public(cursor)
                yield engine


def _open_file(path: Path | Literal[":memory:"]) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file; raise a clear error when another process has it open."""
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
    """Return the scratch folder beside a database file; a temporary one in memory."""
    if path == ":memory:":
        return Path(tempfile.mkdtemp(prefix="civis-nb-")).resolve()
    folder = Path(path).resolve()
    return folder.with_name(folder.name + ".scratch")


def _search_public(cursor: duckdb.DuckDBPyConnection) -> None:
    """Set the search path of a cursor; if a user has dropped ``public``, create it again, empty."""
    while True:
        try:
            cursor.execute(_SEARCH_PATH)
        except duckdb.CatalogException:
            # Not if another run creates it at this moment: then the path can be set.
            with suppress(duckdb.TransactionException, duckdb.CatalogException):
                cursor.execute(_PUBLIC)
        else:
            return


def _set_up(connection: duckdb.DuckDBPyConnection, scratch: Path) -> None:
    """Create the schema ``public``, and deny access to files of the machine."""
    connection.execute(_PUBLIC)
    connection.execute(_SETTINGS)
    attach_functions(connection)
    connection.execute(f"SET allowed_directories = [{literal(str(scratch) + '/')}]")
    connection.execute("SET enable_external_access = false")
    # `Connection` writes checkpoints when it closes the database, unless nobody wants the changes;
    # files that are attached are to be whole when they are detached.
    connection.execute("PRAGMA disable_checkpoint_on_shutdown")
    connection.execute("SET GLOBAL checkpoint_on_detach = 'ENABLED'")
    names = ", ".join(literal(name) for name in _SETTINGS_OF_A_RUN)
    try:
        connection.execute(f"SET allowed_configs = [{names}]")
    except duckdb.CatalogException:
        return  # an older DuckDB: it can lock all settings or none, and runs need some
    connection.execute("SET lock_configuration = true")
