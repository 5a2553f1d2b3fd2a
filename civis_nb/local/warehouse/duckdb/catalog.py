"""Tables and their columns, keys and statistics, from DuckDB's catalog."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import duckdb

from civis_nb.local.warehouse.base import ColumnInfo, ColumnStats, TableInfo
from civis_nb.local.warehouse.dialects import Dialect
from civis_nb.local.warehouse.dialects.builtins import built_in
from civis_nb.local.warehouse.dialects.catalog.notes import KEYS, VIEW_TEXT
from civis_nb.local.warehouse.dialects.catalog.notes import text_limits as text_limits_of
from civis_nb.local.warehouse.dialects.catalog.system_views import table_text
from civis_nb.local.warehouse.duckdb.types import sql_type
from civis_nb.local.warehouse.sqltypes import TextLimit
from civis_nb.table_names import qualified, quoted

# ruff: noqa: S608 - names are quoted, values are bound

__all__ = [
    "all_schemas",
    "column_stats",
    "counted",
    "find",
    "primary_key",
    "schemas",
    "table",
    "tables",
    "text_limits",
]

_SHOWN_VALUES = 20
_SAMPLES = 10
_NUMBERS = ("SMALLINT", "INTEGER", "BIGINT", "DECIMAL", "REAL", "DOUBLE PRECISION")

_TABLES = f"""
    SELECT schema_name, table_name, false AS is_view, estimated_size AS row_count, sql, comment
    FROM duckdb_tables()
    WHERE NOT internal AND NOT temporary AND database_name = current_database()
    UNION ALL
    SELECT schema_name, view_name, true, NULL, {VIEW_TEXT}, comment
    FROM duckdb_views()
    WHERE NOT internal AND NOT temporary AND database_name = current_database()
"""


def _run(
    cursor: duckdb.DuckDBPyConnection, sql: str, values: list[Any] | None = None
) -> duckdb.DuckDBPyConnection:
    return cursor.execute(built_in(sql), values)


def schemas(cursor: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the schemas, sorted; DuckDB's own ``main`` only if something lies in it."""
    rows = _run(
        cursor,
        f"""
        SELECT schema_name FROM duckdb_schemas()
        WHERE database_name = current_database()
          AND schema_name NOT IN ('information_schema', 'pg_catalog')
          AND (schema_name <> 'main' OR 'main' IN (SELECT schema_name FROM ({_TABLES})))
        ORDER BY 1""",
    ).fetchall()
    return [str(row[0]) for row in rows]


def all_schemas(cursor: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the schemas that tables can be created in, sorted."""
    rows = _run(
        cursor,
        "SELECT schema_name FROM duckdb_schemas() WHERE database_name = current_database() "
        "AND schema_name NOT IN ('information_schema', 'pg_catalog') ORDER BY 1",
    ).fetchall()
    return [str(row[0]) for row in rows]


def tables(cursor: duckdb.DuckDBPyConnection, schema: str | None) -> list[TableInfo]:
    """Return tables and views, sorted, without columns."""
    rows = _run(
        cursor,
        f"SELECT * FROM ({_TABLES}) WHERE $1 IS NULL OR lower(schema_name) = lower($1) "
        "ORDER BY schema_name, table_name",
        [schema],
    ).fetchall()
    return [_info(row, ()) for row in rows]


def counted(cursor: duckdb.DuckDBPyConnection, infos: Sequence[TableInfo]) -> list[TableInfo]:
    """Return tables of a list with their columns, and the numbers of their rows.

    What `table` returns of each, but for its definition, and of a thousand in the time of a few.
    """
    rows = _run(
        cursor,
        """
        SELECT schema_name, table_name, column_name, data_type, is_nullable, comment
        FROM duckdb_columns() WHERE database_name = current_database() AND NOT internal
          AND table_name IN (SELECT unnest($1::VARCHAR[]))
        ORDER BY column_index""",
        [[info.name for info in infos]],
    ).fetchall()
    limits = {
        (info.schema, info.name): text_limits_of(info.definition or "")
        for info in infos
        if not info.is_view
    }
    columns: dict[tuple[str, str], list[ColumnInfo]] = {}
    for schema, name, column, data_type, nullable, comment in rows:
        known = columns.setdefault((schema, name), [])
        kind, limit = sql_type(str(data_type)), limits.get((schema, name), {}).get(column)
        known.append(ColumnInfo(str(column), kind, len(known) + 1, bool(nullable), comment, limit))
    found = []
    for info in infos:
        its = tuple(columns.get((info.schema, info.name), ()))
        row_count = info.row_count
        if its and not info.is_view:
            # The catalog's count is an estimate once rows were deleted.
            with contextlib.suppress(duckdb.CatalogException):  # it was dropped meanwhile
                sql = f"SELECT count(*) FROM {qualified(info.schema, info.name)}"
                ((row_count,),) = _run(cursor, sql).fetchall()
        found.append(replace(info, columns=its, row_count=row_count))
    return found


def find(cursor: duckdb.DuckDBPyConnection, schema: str, name: str) -> tuple[str, str, bool] | None:
    """Return the schema, the name, and whether it is a view, of a table or view.

    `table` returns more, and takes three times as long.
    """
    here = "database_name = current_database() AND lower(schema_name) = lower($1)"
    row = _run(
        cursor,
        f"SELECT schema_name, table_name, false FROM duckdb_tables() "
        f"WHERE {here} AND lower(table_name) = lower($2) AND NOT internal AND NOT temporary "
        f"UNION ALL SELECT schema_name, view_name, true FROM duckdb_views() "
        f"WHERE {here} AND lower(view_name) = lower($2) AND NOT internal AND NOT temporary",
        [schema, name],
    ).fetchone()
    return None if row is None else (str(row[0]), str(row[1]), bool(row[2]))


def table(
    cursor: duckdb.DuckDBPyConnection, schema: str, name: str, dialect: Dialect
) -> TableInfo | None:
    """Return one table or view; as in the database, case does not distinguish names."""
    row = _run(
        cursor,
        f"SELECT * FROM ({_TABLES}) WHERE lower(schema_name) = lower($1) "
        "AND lower(table_name) = lower($2)",
        [schema, name],
    ).fetchone()
    if row is None:
        return None
    cursor.fetchall()
    rows = _run(
        cursor,
        """
        SELECT column_name, data_type, column_index, is_nullable, comment
        FROM duckdb_columns()
        WHERE database_name = current_database() AND schema_name = $1 AND table_name = $2
        ORDER BY column_index""",
        [row[0], row[1]],
    ).fetchall()
    limits = {} if row[2] else text_limits_of(str(row[4]))
    columns = tuple(
        ColumnInfo(str(c[0]), sql_type(str(c[1])), order, bool(c[3]), c[4], limits.get(c[0]))
        for order, c in enumerate(rows, start=1)
    )
    info = _info(row, columns)
    if info.is_view:
        return info
    # The catalog's count is an estimate once rows were deleted.
    counted = _run(cursor, f"SELECT count(*) FROM {qualified(row[0], row[1])}").fetchall()
    definition = info.definition
    if dialect != "duckdb":
        ((definition,),) = _run(
            cursor,
            f"SELECT sql FROM {table_text(dialect)} AS texts WHERE schema_name = $1 "
            "AND table_name = $2 AND database_name = current_database()",
            [row[0], row[1]],
        ).fetchall()
    return TableInfo(
        info.schema,
        info.name,
        info.is_view,
        int(counted[0][0]),
        info.columns,
        definition,
        info.comment,
    )


def definition_of(cursor: duckdb.DuckDBPyConnection, schema: str | None, name: str) -> str:
    """Return DuckDB's text for a table; empty if there is none.

    Parameters
    ----------
    cursor
        Has the catalog, and the search path of a name without a schema.
    schema, name
        Of the table, in any case.
    """
    rows = _run(
        cursor,
        "SELECT sql FROM duckdb_tables() WHERE lower(table_name) = lower($1) AND CASE "
        "WHEN $2 IS NULL THEN temporary OR (database_name = current_database() "
        "AND list_contains(current_schemas(false), schema_name)) "
        "ELSE lower(schema_name) = lower($2) "
        "AND database_name IN (current_database(), 'temp') END "
        "ORDER BY temporary DESC, list_position(current_schemas(false), schema_name) LIMIT 1",
        [name, schema],
    ).fetchall()
    return str(rows[0][0]) if rows else ""


def text_limits(
    cursor: duckdb.DuckDBPyConnection, schema: str | None, name: str
) -> dict[str, TextLimit]:
    """Return the limits of a table's columns of texts by their names."""
    return text_limits_of(definition_of(cursor, schema, name))


def primary_key(cursor: duckdb.DuckDBPyConnection, schema: str, name: str) -> tuple[str, ...]:
    """Return the columns of a table's primary key, none when it has no such key."""
    rows = _run(
        cursor,
        f"""
        SELECT columns FROM {KEYS} AS keys
        WHERE database_name = current_database() AND schema_name = $1 AND table_name = $2
          AND constraint_type = 'PRIMARY KEY'""",
        [schema, name],
    ).fetchall()
    return tuple(str(column) for row in rows for column in row[0])


def _info(row: tuple[Any, ...], columns: tuple[ColumnInfo, ...]) -> TableInfo:
    schema, name, is_view, row_count, definition, comment = row
    return TableInfo(schema, name, bool(is_view), row_count, columns, definition, comment)


def column_stats(cursor: duckdb.DuckDBPyConnection, info: TableInfo) -> dict[str, ColumnStats]:
    """Compute every column's statistics in one scan, and its most frequent values.

    A mean or deviation that DuckDB can't compute, of values too large, say, is None.
    """
    source = qualified(info.schema, info.name)
    measures = [_measures(column) for column in info.columns]
    try:
        all_of_them = ", ".join(measure for of_one in measures for measure in of_one)
        total, *values = _run(cursor, f"SELECT count(*), {all_of_them} FROM {source}").fetchall()[0]
    except (duckdb.OutOfRangeException, duckdb.ConversionException):
        total = _run(cursor, f"SELECT count(*) FROM {source}").fetchall()[0][0]
        values = [_one(cursor, measure, source) for of_one in measures for measure in of_one]
    stats: dict[str, ColumnStats] = {}
    for i, column in enumerate(info.columns):
        low, high, average, deviation, count, distinct = values[6 * i : 6 * i + 6]
        name = quoted(column.name)
        frequent = _run(
            cursor,
            f"SELECT CAST({name} AS VARCHAR), count(*) FROM {source} WHERE {name} IS NOT NULL "
            f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {_SHOWN_VALUES}",
        ).fetchall()
        stats[column.name] = ColumnStats(
            min_value=low,
            max_value=high,
            avg_value=average,
            stddev=deviation,
            null_count=int(total) - int(count),
            distinct_count=int(distinct),
            coverage_count=int(count),
            sample_values=[str(value) for value, _ in frequent[:_SAMPLES]],
            value_distribution={str(value): int(n) for value, n in frequent},
        )
    return stats


def _measures(column: ColumnInfo) -> list[str]:
    """Return the SQL of the six measures of a column."""
    name = quoted(column.name)
    is_number = column.sql_type.startswith(_NUMBERS)
    ordered = column.sql_type not in ("SUPER", "VARBYTE")
    return [
        f"min({name})::VARCHAR" if ordered else "NULL",
        f"max({name})::VARCHAR" if ordered else "NULL",
        f"avg({name})::VARCHAR" if is_number else "NULL",
        f"stddev_samp({name})::VARCHAR" if is_number else "NULL",
        f"count({name})",
        f"count(DISTINCT {name})",
    ]


def _one(cursor: duckdb.DuckDBPyConnection, measure: str, source: str) -> Any:
    """Return one measure; None when DuckDB can't compute it."""
    try:
        return _run(cursor, f"SELECT {measure} FROM {source}").fetchall()[0][0]
    except (duckdb.OutOfRangeException, duckdb.ConversionException):
        return None
