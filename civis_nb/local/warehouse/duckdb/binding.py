"""Queries that DuckDB binds and does not run."""

from __future__ import annotations

import duckdb

__all__ = ["bound"]


def bound(cursor: duckdb.DuckDBPyConnection, query: str) -> list[tuple[str, str]]:
    """Return the names and types of a query's columns; nothing is run.

    Raises
    ------
    duckdb.Error
        If it can't be bound. This ends no transaction where DuckDB has a way.
    """
    bind = getattr(cursor, "_bind", None)
    if bind is None:
        rows = cursor.execute(f"DESCRIBE {query}").fetchall()
        return [(str(row[0]), str(row[1])) for row in rows]
    names, types, *_ = bind(query)
    return [(str(name), str(kind)) for name, kind in zip(names, types, strict=True)]
