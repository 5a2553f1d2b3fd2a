"""Merge a staging table into a table: update the rows that are there, add the others."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.engine import SqlEngine
from civis_nb.local.warehouse.plan import TableColumn, TargetTable, find_columns
from civis_nb.table_names import quoted

# ruff: noqa: S608 - names are quoted

__all__ = ["create_stage", "merge"]


def create_stage(engine: SqlEngine, target: TargetTable) -> str:
    """Create an empty temporary table with the target's columns; return its name."""
    name = f"civis_upsert_{secrets.token_hex(4)}"
    columns = ", ".join(f"{quoted(c.name)} {c.type.native}" for c in target.columns)
    engine.change(f"CREATE TEMP TABLE {name} ({columns})")
    return name


def merge(
    engine: SqlEngine,
    target: TargetTable,
    stage: str,
    staged: set[str],
    primary_keys: Sequence[str],
    last_modified_keys: Sequence[str] = (),
) -> int:
    """Merge the staged rows by their primary keys; return the number of rows changed or added.

    Of rows with the same key the one with the greatest last-modified key wins, else the last
    one. A row in the table that is newer than the staged one stays.

    Raises
    ------
    WarehouseError
        If the keys are not columns of the table, or not among the staged columns.
    """
    primary = find_columns(primary_keys, target, "primary_keys")
    modified = find_columns(last_modified_keys, target, "last_modified_keys")
    for column in (*primary, *modified):
        if column.name not in staged:
            raise WarehouseError(f'the files lack the key column "{column.name}"')
    _keep_newest(engine, stage, primary, modified)
    same = " AND ".join(
        f"t.{quoted(c.name)} IS NOT DISTINCT FROM s.{quoted(c.name)}" for c in primary
    )
    if modified:
        engine.change(
            f"DELETE FROM {stage} AS s USING {target.sql_name} AS t "
            f"WHERE {same} AND ({_is_newer(modified)})"
        )
    columns = [quoted(c.name) for c in target.columns if c.name in staged]
    key_columns = {quoted(c.name) for c in primary}
    changed = [name for name in columns if name not in key_columns]
    matched = f"EXISTS (SELECT 1 FROM {target.sql_name} AS t WHERE {same})"
    engine.change(
        f"CREATE TEMP TABLE {stage}_new AS SELECT {', '.join(columns)} "
        f"FROM {stage} AS s WHERE NOT {matched}"
    )
    updated = 0
    if changed:
        values = ", ".join(f"{name} = s.{name}" for name in changed)
        updated = engine.change(
            f"UPDATE {target.sql_name} AS t SET {values} FROM {stage} AS s WHERE {same}",
        )
    added = engine.change(
        f"INSERT INTO {target.sql_name} ({', '.join(columns)}) SELECT * FROM {stage}_new",
    )
    engine.change(f"DROP TABLE {stage}; DROP TABLE {stage}_new")
    return updated + added


def _keep_newest(
    engine: SqlEngine, stage: str, primary: list[TableColumn], modified: list[TableColumn]
) -> None:
    """Delete all staged rows but one for each key."""
    partition = ", ".join(quoted(c.name) for c in primary)
    row_id = engine.row_id
    newest = ", ".join([f"{quoted(c.name)} DESC NULLS LAST" for c in modified] + [f"{row_id} DESC"])
    engine.change(
        f"DELETE FROM {stage} WHERE {row_id} IN (SELECT {row_id} FROM (SELECT {row_id}, "
        f"row_number() OVER (PARTITION BY {partition} ORDER BY {newest}) AS place "
        f"FROM {stage}) AS numbered WHERE place > 1)"
    )


def _is_newer(modified: list[TableColumn]) -> str:
    """Return the condition that the table's row (t) is newer than the staged one (s)."""
    terms = []
    for i, column in enumerate(modified):
        name = quoted(column.name)
        before = [
            f"t.{quoted(c.name)} IS NOT DISTINCT FROM s.{quoted(c.name)}" for c in modified[:i]
        ]
        newer = f"(t.{name} > s.{name} OR (s.{name} IS NULL AND t.{name} IS NOT NULL))"
        terms.append("(" + " AND ".join([*before, newer]) + ")")
    return " OR ".join(terms)
