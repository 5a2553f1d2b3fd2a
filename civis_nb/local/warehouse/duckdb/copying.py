"""Whole tables from one database into another, or within one: in one transaction.

Two DuckDB databases of one process can't see each other, as neither may reach files outside of
its own scratch folder. So the table goes through a small DuckDB file that is written in one
scratch folder and moved to the other: every type survives, nothing becomes text on the way.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import duckdb

from civis_nb.errors import OperationCancelledError, WarehouseError
from civis_nb.local.warehouse.base import SourceColumn, SyncOptions, SyncReport, TableSource
from civis_nb.local.warehouse.duckdb import catalog, marks
from civis_nb.local.warehouse.duckdb.failures import is_conflict, read_failure, warehouse_error
from civis_nb.local.warehouse.duckdb.session import Session
from civis_nb.local.warehouse.duckdb.syncing import primary_key, put_rows
from civis_nb.table_names import literal, qualified

__all__ = ["open_source", "sync_tables"]

_TRIES = 10
_WAIT_S = 0.02
_CONTENT = "content"


def open_source(
    session: Session, schema: str, name: str, scratch: Path, folder: Path | None
) -> TableSource:
    """Describe a table that is to be copied; with `folder`, put its rows into a file there.

    Raises
    ------
    WarehouseError
        If there is no such table.
    """
    cursor = session.cursor
    info = catalog.table(cursor, schema, name)
    if info is None:
        raise WarehouseError(f"there is no table {qualified(schema, name)} to copy")
    columns = _columns(cursor, info.schema, info.name)
    source = TableSource(
        info.schema, info.name, columns, primary_key(cursor, info.schema, info.name)
    )
    if folder is None:
        return source
    alias = f"civis_copy_{secrets.token_hex(8)}"
    path = scratch / f"{alias}.duckdb"
    try:
        with _attached(cursor, path, alias):
            cursor.execute(
                f"CREATE TABLE {alias}.{_CONTENT} AS FROM {qualified(info.schema, info.name)}"
            )
        target = folder / path.name
        shutil.move(path, target)
    finally:
        path.unlink(missing_ok=True)
    return replace(source, path=target)


def _columns(cursor: duckdb.DuckDBPyConnection, schema: str, name: str) -> tuple[SourceColumn, ...]:
    rows = cursor.execute(
        """
        SELECT column_name, data_type, is_nullable FROM duckdb_columns()
        WHERE database_name = current_database() AND schema_name = $1 AND table_name = $2
        ORDER BY column_index""",
        [schema, name],
    ).fetchall()
    return tuple(SourceColumn(str(r[0]), str(r[1]), required=not r[2]) for r in rows)


@contextmanager
def _attached(
    cursor: duckdb.DuckDBPyConnection, path: Path, alias: str, options: str = ""
) -> Iterator[None]:
    cursor.execute(f"ATTACH {literal(str(path))} AS {alias} {options}")
    try:
        yield
    finally:
        _detach(cursor, alias)


def _detach(cursor: duckdb.DuckDBPyConnection, alias: str) -> None:
    for _ in range(_TRIES):
        try:
            cursor.execute(f"DETACH {alias}")
        except duckdb.InterruptException:
            continue  # the run was cancelled, and interrupts come one after the other
        except duckdb.Error:
            return  # it was not attached
        return


def sync_tables(
    session: Session,
    work: Sequence[tuple[TableSource, SyncOptions]],
    scratch: Path,
    mark: str | None = None,
) -> list[SyncReport]:
    """Bring tables to where they are to go: all of them, or nothing has changed.

    With the rows comes a mark, if one is given (see `marks`).

    Raises
    ------
    WarehouseError
        If something does not fit.
    """
    for attempt in range(_TRIES):
        try:
            return _in_transaction(session, work, scratch, mark)
        except duckdb.Error as error:
            if session.cancel.cancelled:
                raise OperationCancelledError from None
            if not is_conflict(error) or attempt == _TRIES - 1:
                failure = replace(read_failure(error), start=None)
                prefix = "the sync failed; nothing was changed"
                raise warehouse_error(failure, None, session.hidden, prefix) from None
        if session.cancel.wait(_WAIT_S * 2**attempt):
            raise OperationCancelledError
    raise AssertionError("unreachable")


def _in_transaction(
    session: Session,
    work: Sequence[tuple[TableSource, SyncOptions]],
    scratch: Path,
    mark: str | None,
) -> list[SyncReport]:
    cursor = session.cursor
    with _readable(cursor, [source for source, _ in work], scratch) as places:
        cursor.execute("BEGIN TRANSACTION")
        try:
            reports = []
            for (source, options), place in zip(work, places, strict=True):
                reports.append(put_rows(cursor, source, place, options))
                session.cancel.raise_if_cancelled()
            marks.put(cursor, mark)
            cursor.execute("COMMIT")
        except BaseException:
            with suppress(duckdb.Error):
                cursor.execute("ROLLBACK")
            raise
    return reports


@contextmanager
def _readable(
    cursor: duckdb.DuckDBPyConnection, sources: Sequence[TableSource], scratch: Path
) -> Iterator[list[str]]:
    """Make the sources' rows readable for a while; give what to select each of them from."""
    places: list[str] = []
    taken: list[tuple[str, Path, Path]] = []
    try:
        for source in sources:
            if source.path is None:
                places.append(qualified(source.schema, source.table))
                continue
            alias = f"civis_copy_{secrets.token_hex(8)}"
            inside = scratch / f"{alias}.duckdb"
            shutil.move(source.path, inside)
            taken.append((alias, inside, source.path))
            cursor.execute(f"ATTACH {literal(str(inside))} AS {alias} (READ_ONLY)")
            places.append(f"{alias}.{_CONTENT}")
        yield places
    finally:
        for alias, inside, outside in taken:
            _detach(cursor, alias)
            # Put back: a transaction that met another one is tried again.
            shutil.move(inside, outside)
