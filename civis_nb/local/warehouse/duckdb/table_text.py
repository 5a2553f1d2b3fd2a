"""The definition of a table as DuckDB's catalog writes it, and the same table made anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from civis_nb.local.warehouse.dialects.builtins import built_in
from civis_nb.local.warehouse.dialects.tokens import Tokens
from civis_nb.table_names import literal, qualified, quoted

__all__ = ["TableText", "find_relation", "read_table", "rebuild"]

# ruff: noqa: S608 - names are quoted


@dataclass(frozen=True)
class TableText:
    """The parts of a table's definition.

    ``columns`` holds the definition of each column by its name, without checks and keys, which are
    among ``constraints``.
    """

    schema: str
    name: str
    temporary: bool
    columns: Mapping[str, str]
    constraints: tuple[str, ...]

    @property
    def sql_name(self) -> str:
        """Return the table's name as SQL."""
        prefix = "temp." if self.temporary else ""
        return prefix + qualified(self.schema, self.name)


def find_relation(
    cursor: duckdb.DuckDBPyConnection, path: list[str]
) -> tuple[str, str, str, bool] | None:
    """Return database, schema and name of a table or view, and whether it is a view.

    Parameters
    ----------
    cursor
        Has the catalog and the search path.
    path
        The parts of the name.
    """
    rows = cursor.execute(
        built_in(
            "SELECT database_name, schema_name, name, is_view FROM ("
            "  SELECT database_name, schema_name, table_name AS name, false AS is_view"
            "  FROM duckdb_tables() WHERE NOT internal UNION ALL"
            "  SELECT database_name, schema_name, view_name, true FROM duckdb_views()"
            "  WHERE NOT internal"
            ") WHERE database_name IN (current_database(), 'temp') AND lower(name) = lower($1) "
            "AND CASE WHEN $2 IS NULL THEN database_name = 'temp' "
            "  OR list_contains(current_schemas(true), schema_name) "
            "  ELSE lower(schema_name) = lower($2) END "
            "ORDER BY database_name = 'temp' DESC, "
            "list_position(current_schemas(true), schema_name)"
        ),
        [path[-1], path[-2] if len(path) > 1 else None],
    ).fetchall()
    return None if not rows else (str(rows[0][0]), str(rows[0][1]), str(rows[0][2]), rows[0][3])


def read_table(cursor: duckdb.DuckDBPyConnection, path: list[str]) -> TableText | None:
    """Return the definition of a table, or the columns of a view; None if there is none."""
    found = find_relation(cursor, path)
    if found is None:
        return None
    database, schema, name, is_view = found
    key = [database, schema, name]
    if is_view:
        rows = cursor.execute(
            built_in(
                "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = $1 "
                "AND schema_name = $2 AND table_name = $3 ORDER BY column_index"
            ),
            key,
        ).fetchall()
        columns = {str(column): f"{quoted(str(column))} {native}" for column, native in rows}
        return TableText(schema, name, database == "temp", columns, ())
    (sql,) = cursor.execute(
        built_in(
            "SELECT sql FROM duckdb_tables() WHERE database_name = $1 AND schema_name = $2 "
            "AND table_name = $3"
        ),
        key,
    ).fetchall()[0]
    tokens = Tokens(str(sql))
    opened = tokens.words.index("(")
    columns, constraints = {}, []
    at, close = opened + 1, tokens.partners[opened]
    while at < close:
        behind = at
        while behind < close and tokens.words[behind] != ",":
            behind = tokens.partners.get(behind, behind) + 1
        text = tokens.original(at, behind)
        if tokens.words[at] in ("check", "unique", "primary", "foreign"):
            constraints.append(text)
        else:
            columns[tokens.name(at)] = text
        at = behind + 1
    return TableText(schema, name, database == "temp", columns, tuple(constraints))


def rebuild(
    cursor: duckdb.DuckDBPyConnection, old: TableText, new: TableText, values: Mapping[str, str]
) -> None:
    """Recreate a table with another definition, keeping its rows, comments and indexes.

    Parameters
    ----------
    cursor
        Runs the statements, in a transaction.
    old, new
        The table as it is, and as it is to be.
    values
        Column -> the SQL of its value in a row of the old table; others get their defaults.
    """
    database = "temp" if old.temporary else "current_database()"
    where = (
        f"database_name = {literal('temp') if old.temporary else database} "
        f"AND schema_name = {literal(old.schema)} AND table_name = {literal(old.name)}"
    )
    indexes = cursor.execute(built_in(f"SELECT sql FROM duckdb_indexes() WHERE {where}")).fetchall()
    comments = cursor.execute(
        built_in(
            f"SELECT NULL, comment FROM duckdb_tables() WHERE {where} AND comment IS NOT NULL "
            "UNION ALL "
            f"SELECT column_name, comment FROM duckdb_columns() WHERE {where} "
            "AND comment IS NOT NULL"
        )
    ).fetchall()
    fresh = f"{old.name} made anew"
    fresh_name = ("temp." if old.temporary else "") + qualified(old.schema, fresh)
    parts = ", ".join([*new.columns.values(), *new.constraints])
    temporary = "TEMP " if old.temporary else ""
    cursor.execute(f"CREATE {temporary}TABLE {fresh_name} ({parts})")
    names = ", ".join(quoted(name) for name in values)
    cursor.execute(
        f"INSERT INTO {fresh_name} ({names}) SELECT {', '.join(values.values())} "
        f"FROM {old.sql_name}"
    )
    cursor.execute(f"DROP TABLE {old.sql_name}")
    cursor.execute(f"ALTER TABLE {fresh_name} RENAME TO {quoted(old.name)}")
    for (sql,) in indexes:
        cursor.execute(sql)
    for column, comment in comments:
        if column is None:
            cursor.execute(f"COMMENT ON TABLE {old.sql_name} IS {literal(comment)}")
        elif column in new.columns:
            place = f"{old.sql_name}.{quoted(column)}"
            cursor.execute(f"COMMENT ON COLUMN {place} IS {literal(comment)}")
