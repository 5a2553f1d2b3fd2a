"""Rows of a staging table into a table: what is there is updated, what is new is added."""

from __future__ import annotations

import secrets

import duckdb

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import ImportOptions
from civis_nb.local.warehouse.duckdb.target import Field, Target, keys
from civis_nb.table_names import quoted

# ruff: noqa: S608 - names are quoted

__all__ = ["merge", "stage_for"]


def stage_for(cursor: duckdb.DuckDBPyConnection, target: Target) -> str:
    """Make an empty temporary table with the target's columns; give its name."""
    name = f"civis_upsert_{secrets.token_hex(4)}"
    columns = ", ".join(f"{quoted(f.name)} {f.duckdb_type}" for f in target.fields)
    cursor.execute(f"CREATE TEMP TABLE {name} ({columns})")
    return name


def merge(
    cursor: duckdb.DuckDBPyConnection,
    target: Target,
    stage: str,
    in_files: set[str],
    options: ImportOptions,
) -> int:
    """Merge the staged rows by their primary keys; give the number of rows changed or added.

    Of rows with the same key the one with the greatest last-modified key wins, else the last
    one. A row in the table that is newer than the staged one stays.

    Raises
    ------
    WarehouseError
        If the keys are not columns of the table and of the files.
    """
    primary = keys(options.primary_keys, target, "primary_keys")
    modified = keys(options.last_modified_keys, target, "last_modified_keys")
    for field in (*primary, *modified):
        if field.name not in in_files:
            raise WarehouseError(f'the files lack the key column "{field.name}"')
    _keep_newest(cursor, stage, primary, modified)
    same = " AND ".join(
        f"t.{quoted(f.name)} IS NOT DISTINCT FROM s.{quoted(f.name)}" for f in primary
    )
    if modified:
        cursor.execute(
            f"DELETE FROM {stage} AS s USING {target.sql_name} AS t "
            f"WHERE {same} AND ({_is_newer(modified)})"
        )
    columns = [quoted(f.name) for f in target.fields if f.name in in_files]
    keys_of = {quoted(f.name) for f in primary}
    changed = [c for c in columns if c not in keys_of]
    matched = f"EXISTS (SELECT 1 FROM {target.sql_name} AS t WHERE {same})"
    cursor.execute(
        f"CREATE TEMP TABLE {stage}_new AS SELECT {', '.join(columns)} "
        f"FROM {stage} AS s WHERE NOT {matched}"
    )
    updated = 0
    if changed:
        values = ", ".join(f"{c} = s.{c}" for c in changed)
        updated = _count(
            cursor,
            f"UPDATE {target.sql_name} AS t SET {values} FROM {stage} AS s WHERE {same}",
        )
    added = _count(
        cursor,
        f"INSERT INTO {target.sql_name} ({', '.join(columns)}) SELECT * FROM {stage}_new",
    )
    cursor.execute(f"DROP TABLE {stage}; DROP TABLE {stage}_new")
    return updated + added


def _keep_newest(
    cursor: duckdb.DuckDBPyConnection, stage: str, primary: list[Field], modified: list[Field]
) -> None:
    """Leave one staged row for each key."""
    partition = ", ".join(quoted(f.name) for f in primary)
    newest = ", ".join([f"{quoted(f.name)} DESC NULLS LAST" for f in modified] + ["rowid DESC"])
    cursor.execute(
        f"DELETE FROM {stage} WHERE rowid IN (SELECT rowid FROM (SELECT rowid, row_number() "
        f"OVER (PARTITION BY {partition} ORDER BY {newest}) AS place FROM {stage}) WHERE place > 1)"
    )


def _count(cursor: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(cursor.execute(sql).fetchall()[0][0])


def _is_newer(modified: list[Field]) -> str:
    """Write that the table's row (t) is newer than the staged one (s), key after key."""
    terms = []
    for i, field in enumerate(modified):
        name = quoted(field.name)
        before = [
            f"t.{quoted(f.name)} IS NOT DISTINCT FROM s.{quoted(f.name)}" for f in modified[:i]
        ]
        newer = f"(t.{name} > s.{name} OR (s.{name} IS NULL AND t.{name} IS NOT NULL))"
        terms.append("(" + " AND ".join([*before, newer]) + ")")
    return " OR ".join(terms)
