"""The rows of one table into another: made, added, merged or replaced."""

from __future__ import annotations

import duckdb

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import ImportOptions, SyncOptions, SyncReport, TableSource
from civis_nb.local.warehouse.duckdb.target import Field, Target, find_target, keys, mapped
from civis_nb.local.warehouse.duckdb.upsert import merge, stage_for
from civis_nb.table_names import qualified, quoted

# ruff: noqa: S608 - names are quoted

__all__ = ["primary_key", "put_rows"]


def primary_key(cursor: duckdb.DuckDBPyConnection, schema: str, name: str) -> tuple[str, ...]:
    """Return the columns of a table's primary key, none when it has no such key."""
    rows = cursor.execute(
        """
        SELECT constraint_column_names FROM duckdb_constraints()
        WHERE database_name = current_database() AND schema_name = $1 AND table_name = $2
          AND constraint_type = 'PRIMARY KEY'""",
        [schema, name],
    ).fetchall()
    return tuple(str(column) for row in rows for column in row[0])


def put_rows(
    cursor: duckdb.DuckDBPyConnection, source: TableSource, place: str, options: SyncOptions
) -> SyncReport:
    """Bring the rows of a source into a table, inside the transaction that is open.

    Parameters
    ----------
    cursor
        Of the database that the table is in.
    source
        What the source's columns are.
    place
        What to select its rows from.
    options
        Where they go, and what becomes of rows that are there.

    Raises
    ------
    WarehouseError
        If something does not fit.
    """
    target = find_target(cursor, _as_import(options))
    report = _done(cursor, source, place, options, target)
    if options.verify_row_counts:
        _verify(cursor, place, target)
    return report


def _done(
    cursor: duckdb.DuckDBPyConnection,
    source: TableSource,
    place: str,
    options: SyncOptions,
    target: Target,
) -> SyncReport:
    mode = options.existing_rows
    if not target.fields:
        return SyncReport(_create(cursor, source, place, target), "The table is new.")
    if mode == "fail":
        raise WarehouseError(
            f"the table {target.sql_name} exists; existing_table_rows says to fail then. "
            "Choose append, truncate or drop"
        )
    if mode == "drop" or (mode is None and options.wipe):
        cursor.execute(f"DROP TABLE {target.sql_name}")
        return SyncReport(_create(cursor, source, place, target), "The table was made anew.")
    fields = _fitting(source, target)
    if mode == "append":
        return SyncReport(_insert(cursor, source, place, target, fields), "The rows were added.")
    identity = options.identity or primary_key(cursor, target.schema, target.table) or source.keys
    if mode is None and identity:
        written = _merge(cursor, source, place, options, target, fields, identity)
        return SyncReport(written, f"Merged by {', '.join(identity)}.")
    # As a DELETE, not a TRUNCATE: DuckDB lets the same primary keys come again after it.
    deleted = cursor.execute(f"DELETE FROM {target.sql_name}").fetchall()[0][0]
    written = _insert(cursor, source, place, target, fields)
    return SyncReport(written, f"They replaced the {deleted:,} rows that were there.")


def _as_import(options: SyncOptions) -> ImportOptions:
    return ImportOptions(options.schema, options.table, first_row_is_header=False)


def _create(
    cursor: duckdb.DuckDBPyConnection, source: TableSource, place: str, target: Target
) -> int:
    lines = [
        f"{quoted(c.name)} {c.duckdb_type}{' NOT NULL' if c.required else ''}"
        for c in source.columns
    ]
    if source.keys:
        lines.append(f"PRIMARY KEY ({', '.join(map(quoted, source.keys))})")
    cursor.execute(f"CREATE TABLE {target.sql_name} ({', '.join(lines)})")
    done = cursor.execute(f"INSERT INTO {target.sql_name} FROM {place}").fetchall()
    return int(done[0][0])


def _fitting(source: TableSource, target: Target) -> list[Field]:
    try:
        return mapped([column.name for column in source.columns], target, "the source")
    except WarehouseError as error:
        raise WarehouseError(
            f"{error}. wipe_destination_table makes the table anew, as the source is"
        ) from None


def _insert(
    cursor: duckdb.DuckDBPyConnection,
    source: TableSource,
    place: str,
    target: Target,
    fields: list[Field],
    into: str | None = None,
    where: str = "",
) -> int:
    columns = ", ".join(quoted(field.name) for field in fields)
    values = ", ".join(quoted(column.name) for column in source.columns)
    done = cursor.execute(
        f"INSERT INTO {into or target.sql_name} ({columns}) SELECT {values} FROM {place} {where}"
    ).fetchall()
    return int(done[0][0])


def _merge(
    cursor: duckdb.DuckDBPyConnection,
    source: TableSource,
    place: str,
    options: SyncOptions,
    target: Target,
    fields: list[Field],
    identity: tuple[str, ...],
) -> int:
    keys(identity, target, "identity_column")
    where = ""
    if options.last_modified:
        (field,) = keys((options.last_modified,), target, "last_modified_column")
        name = quoted(field.name)
        newest = f"(SELECT max({name}) FROM {target.sql_name})"
        where = f"WHERE {newest} IS NULL OR {name} >= {newest}"
    stage = stage_for(cursor, target)
    _insert(cursor, source, place, target, fields, into=stage, where=where)
    by_key = ImportOptions(
        options.schema, options.table, first_row_is_header=False, primary_keys=identity
    )
    return merge(cursor, target, stage, {field.name for field in fields}, by_key)


def _verify(cursor: duckdb.DuckDBPyConnection, place: str, target: Target) -> None:
    table = qualified(target.schema, target.table)
    expected, found = cursor.execute(
        f"SELECT (SELECT count(*) FROM {place}), (SELECT count(*) FROM {table})"
    ).fetchall()[0]
    if expected != found:
        raise WarehouseError(
            f"the source has {expected:,} rows, but {table} would have {found:,} after the sync "
            "(verify_table_row_counts); nothing was changed"
        )
