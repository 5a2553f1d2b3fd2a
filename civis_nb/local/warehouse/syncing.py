"""Whole tables copied from one database into another, or within one, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import SyncOptions, SyncReport, TableSource
from civis_nb.local.warehouse.engine import EngineError, SqlEngine, retry_on_conflict
from civis_nb.local.warehouse.merging import create_stage, merge
from civis_nb.local.warehouse.plan import (
    ColumnType,
    TableColumn,
    TargetTable,
    find_columns,
    match_columns,
)
from civis_nb.table_names import quoted

# ruff: noqa: S608 - names are quoted

__all__ = ["sync_tables"]


@dataclass(frozen=True)
class _Sync:
    """A source whose rows can be selected from ``relation``, and the table that it goes to."""

    source: TableSource
    relation: str
    options: SyncOptions
    target: TargetTable


def sync_tables(
    engine: SqlEngine,
    syncs: Sequence[tuple[TableSource, SyncOptions]],
    commit_marker: str | None = None,
) -> list[SyncReport]:
    """Copy tables, and set the commit marker with them.

    Raises
    ------
    WarehouseError
        If something does not fit; nothing has changed then.
    """
    try:
        return retry_on_conflict(engine.cancel, lambda: _transaction(engine, syncs, commit_marker))
    except EngineError as error:
        raise WarehouseError(f"the sync failed; nothing was changed: {error}") from None


def _transaction(
    engine: SqlEngine,
    syncs: Sequence[tuple[TableSource, SyncOptions]],
    commit_marker: str | None,
) -> list[SyncReport]:
    """Copy all tables in one transaction."""
    reports = []
    with (
        engine.attached([source for source, _ in syncs]) as relations,
        engine.transaction(commit_marker),
    ):
        for (source, options), relation in zip(syncs, relations, strict=True):
            target = engine.target_table(options.schema, options.table)
            sync = _Sync(source, relation, options, target)
            reports.append(_copy(engine, sync))
            if options.verify_row_counts:
                _verify(engine, sync)
            engine.cancel.raise_if_cancelled()
    return reports


def _copy(engine: SqlEngine, sync: _Sync) -> SyncReport:
    """Copy the rows of one table, as the options and the state of its target demand."""
    source, options, target = sync.source, sync.options, sync.target
    mode = options.existing_rows
    if not target.columns:
        return SyncReport(_create(engine, sync), "The table is new.")
    if mode == "fail":
        raise WarehouseError(
            f"the table {target.sql_name} exists; existing_table_rows says to fail then. "
            "Choose append, truncate or drop"
        )
    if mode == "drop" or (mode is None and options.wipe):
        engine.change(f"DROP TABLE {target.sql_name}")
        return SyncReport(_create(engine, sync), "The table was created again.")
    columns = _matched(source, target)
    if mode == "append":
        return SyncReport(_insert(engine, sync, columns, target.sql_name), "The rows were added.")
    identity = options.identity or engine.primary_key(target.schema, target.table) or source.keys
    if mode is None and identity:
        written = _merge(engine, sync, columns, identity)
        return SyncReport(written, f"Merged by {', '.join(identity)}.")
    # A DELETE, not a TRUNCATE: after it DuckDB accepts the same primary keys again.
    deleted = engine.change(f"DELETE FROM {target.sql_name}")
    written = _insert(engine, sync, columns, target.sql_name)
    return SyncReport(written, f"They replaced the {deleted:,} rows of the table.")


def _create(engine: SqlEngine, sync: _Sync) -> int:
    """Create the target as the source is, and copy the rows."""
    natives = engine.native_types(sync.relation)
    lines = [
        engine.column_sql(
            TableColumn(
                column.name,
                ColumnType(native, column.sql_type, limit=column.limit),
                required=column.required,
            )
        )
        for column, native in zip(sync.source.columns, natives, strict=True)
    ]
    if sync.source.keys:
        lines.append(engine.primary_key_sql(sync.source.keys))
    engine.change(f"CREATE TABLE {sync.target.sql_name} ({', '.join(lines)})")
    return engine.change(f"INSERT INTO {sync.target.sql_name} SELECT * FROM {sync.relation}")


def _matched(source: TableSource, target: TargetTable) -> tuple[TableColumn, ...]:
    """Return the target's column for each column of the source."""
    try:
        return match_columns([column.name for column in source.columns], target, "the source")
    except WarehouseError as error:
        raise WarehouseError(
            f"{error}. With wipe_destination_table the table is created again, as the source is"
        ) from None


def _insert(
    engine: SqlEngine, sync: _Sync, columns: Sequence[TableColumn], into: str, where: str = ""
) -> int:
    """Insert the source's rows, and return their number."""
    names = ", ".join(quoted(column.name) for column in columns)
    values = ", ".join(
        _value(engine, quoted(given.name), column)
        for given, column in zip(sync.source.columns, columns, strict=True)
    )
    return engine.change(
        f"INSERT INTO {into} ({names}) SELECT {values} FROM {sync.relation} {where}"
    )


def _value(engine: SqlEngine, value: str, column: TableColumn) -> str:
    """Return the SQL of a value as its column keeps it."""
    if column.type.limit is None:
        return value
    return engine.cast_sql(f"CAST({value} AS VARCHAR)", column, lenient=False)


def _merge(
    engine: SqlEngine, sync: _Sync, columns: Sequence[TableColumn], identity: Sequence[str]
) -> int:
    """Merge the source's rows by the identity columns, and return the number written."""
    target, options = sync.target, sync.options
    find_columns(identity, target, "identity_column")
    where = ""
    if options.last_modified:
        (column,) = find_columns((options.last_modified,), target, "last_modified_column")
        name = quoted(column.name)
        newest = f"(SELECT max({name}) FROM {target.sql_name})"
        where = f"WHERE {newest} IS NULL OR {name} >= {newest}"
    stage = create_stage(engine, target)
    _insert(engine, sync, columns, stage, where)
    return merge(engine, target, stage, {column.name for column in columns}, identity)


def _verify(engine: SqlEngine, sync: _Sync) -> None:
    """Compare the number of rows with the source's."""
    table = sync.target.sql_name
    ((expected, found),) = engine.rows(
        f"SELECT (SELECT count(*) FROM {sync.relation}), (SELECT count(*) FROM {table})"
    )
    if expected != found:
        raise WarehouseError(
            f"the source has {expected:,} rows, but {table} would have {found:,} after the sync "
            "(verify_table_row_counts); nothing was changed"
        )
