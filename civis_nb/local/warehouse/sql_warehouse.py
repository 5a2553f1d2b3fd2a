"""What all SQL databases of the platform do alike."""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from civis_nb.cancellation import CancelToken
from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import (
    MAX_PREVIEW_ROWS,
    CsvSettings,
    Export,
    ImportOptions,
    ImportReport,
    Log,
    Preview,
    SourceColumn,
    SyncOptions,
    SyncReport,
    TableInfo,
    TableSource,
)
from civis_nb.local.warehouse.engine import SqlEngine
from civis_nb.local.warehouse.exporting import export_files
from civis_nb.local.warehouse.importing import import_files
from civis_nb.local.warehouse.syncing import sync_tables
from civis_nb.table_names import qualified

__all__ = ["SqlWarehouse"]


class SqlWarehouse(ABC):
    """The part of a `Warehouse` that needs nothing but a `SqlEngine`."""

    @abstractmethod
    def engine(self, cancel: CancelToken, log: Log) -> AbstractContextManager[SqlEngine]:
        """Open a connection for one operation."""

    @abstractmethod
    def table(self, schema: str, name: str) -> TableInfo | None:
        """Return one table with its columns, or None if there is none of that name."""

    def preview(self, sql: str, max_rows: int, cancel: CancelToken, log: Log) -> Preview:
        """Run all statements once; return the first rows of the last result set.

        However many are requested, there are at most `MAX_PREVIEW_ROWS`.

        Raises
        ------
        WarehouseError
            If a statement fails; those before it stay done.
        OperationCancelledError
            If the token was cancelled.
        """
        limit = min(max(max_rows, 0), MAX_PREVIEW_ROWS)
        preview = Preview((), (), [])
        with self.engine(cancel, log) as engine:
            for result in engine.run_script(sql):
                names = tuple(column.name for column in result.columns)
                types = tuple(column.sql_type for column in result.columns)
                preview = Preview(names, types, result.first_rows(limit))
        return preview

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
            None if no statement has a result set. A result without rows has no files.

        Raises
        ------
        WarehouseError
            If a statement fails or a file can't be written; no file is left then.
        OperationCancelledError
            If the token was cancelled.
        """
        with self.engine(cancel, log) as engine:
            return export_files(engine, sql, folder, base_name, settings)

    def import_csv(
        self,
        imports: Sequence[tuple[Sequence[Path], ImportOptions]],
        cancel: CancelToken,
        log: Log,
        commit_marker: str | None = None,
    ) -> list[ImportReport]:
        """Load CSV files into tables in one transaction, and set the commit marker in it.

        Parameters
        ----------
        imports
            The files of each table, and how they are loaded.
        cancel, log
            Of the operation.
        commit_marker
            Is among `commit_markers` when the transaction was committed, also after a crash.

        Raises
        ------
        WarehouseError
            If a file can't be read or does not fit its table; nothing has changed then.
        OperationCancelledError
            If the token was cancelled; nothing has changed.
        """
        with self.engine(cancel, log) as engine:
            return import_files(engine, imports, commit_marker)

    def open_source(
        self, schema: str, name: str, folder: Path | None, cancel: CancelToken, log: Log
    ) -> TableSource:
        """Describe a table to be copied; with ``folder``, write its rows to a file there.

        Raises
        ------
        WarehouseError
            If there is no such table.
        OperationCancelledError
            If the token was cancelled.
        """
        info = self.table(schema, name)
        if info is None:
            raise WarehouseError(f"there is no table {qualified(schema, name)} to copy")
        path = None
        with self.engine(cancel, log) as engine:
            keys = engine.primary_key(info.schema, info.name)
            limits = engine.text_limits(info.schema, info.name)
            if folder is not None:
                path = folder / f"copy_{secrets.token_hex(8)}.duckdb"
                engine.save_table(info.schema, info.name, path)
        columns = tuple(
            SourceColumn(c.name, c.sql_type, not c.nullable, limits.get(c.name))
            for c in info.columns
        )
        return TableSource(info.schema, info.name, columns, keys, path)

    def sync_tables(
        self,
        syncs: Sequence[tuple[TableSource, SyncOptions]],
        cancel: CancelToken,
        log: Log,
        commit_marker: str | None = None,
    ) -> list[SyncReport]:
        """Copy tables into this database in one transaction, and set the commit marker in it.

        Raises
        ------
        WarehouseError
            If something does not fit; nothing has changed then.
        OperationCancelledError
            If the token was cancelled; nothing has changed.
        """
        with self.engine(cancel, log) as engine:
            return sync_tables(engine, syncs, commit_marker)
