"""ALTER COLUMN … TYPE VARCHAR(n): the length is a CHECK, which DuckDB can't change in place."""

from __future__ import annotations

import re

import duckdb

from civis_nb.table_names import qualified, quoted

__all__ = ["change_length"]

# ruff: noqa: S608 - names are quoted

_NAME = r'(?:"(?:[^"]|"")+"|\w+)'
_ALTER = re.compile(
    rf"(?is)\s*alter\s+table\s+(?:(?P<schema>{_NAME})\s*\.\s*)?(?P<table>{_NAME})\s+alter\s+"
    rf"(?:column\s+)?(?P<column>{_NAME})\s+(?:set\s+data\s+)?type\s+"
    r"(?:varchar|character\s+varying|nvarchar|text)\s*(?:\(\s*(?P<length>\d+|max)\s*\))?\s*;?\s*$"
)
_HEAD = re.compile(r"(?is)\s*create\s+(temp(?:orary)?\s+)?table\s+[^(]+\(")


def change_length(cursor: duckdb.DuckDBPyConnection, sql: str) -> bool:
    """Create the table anew with another length of one column; return whether that was it.

    Parameters
    ----------
    cursor
        Runs the statements.
    sql
        The user's ALTER TABLE.
    """
    found = _ALTER.match(sql)
    if found is None:
        return False
    names = {k: _bare(v) for k, v in found.groupdict().items() if v and k != "length"}
    row = cursor.execute(
        "SELECT schema_name, table_name, sql, temporary FROM duckdb_tables() "
        "WHERE lower(table_name) = lower($1) AND ($2 IS NULL OR lower(schema_name) = lower($2)) "
        "ORDER BY temporary DESC, schema_name = 'public' DESC",
        [names["table"], names.get("schema")],
    ).fetchone()
    if row is None or row[3]:
        return False
    schema, table, definition = str(row[0]), str(row[1]), str(row[2])
    column = re.escape(names["column"])
    check = re.compile(rf'(?i)CHECK\(\((strlen|length)\("?{column}"?\) <= \d+\)\)')
    size = check.search(definition)
    if size is None:
        return False
    length = found["length"] or "256"
    unchecked = "CHECK(true)" if length.lower() == "max" else None
    new = unchecked or f"CHECK(({size.group(1)}({quoted(names['column'])}) <= {length}))"
    body = check.sub(lambda _: new, _HEAD.sub("", definition, count=1))
    fresh = f"{table} with another length"
    cursor.execute(f"CREATE TABLE {qualified(schema, fresh)} ({body}")
    try:
        cursor.execute(
            f"INSERT INTO {qualified(schema, fresh)} SELECT * FROM {qualified(schema, table)}"
        )
        cursor.execute(f"DROP TABLE {qualified(schema, table)}")
    except duckdb.Error:
        cursor.execute(f"DROP TABLE {qualified(schema, fresh)}")
        raise
    cursor.execute(f"ALTER TABLE {qualified(schema, fresh)} RENAME TO {quoted(table)}")
    return True


def _bare(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()
