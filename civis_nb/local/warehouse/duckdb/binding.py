"""Queries that DuckDB binds and does not run."""

from __future__ import annotations

from contextlib import suppress

import duckdb

from civis_nb.local.warehouse.dialects import PREFIX, create_computed, noting
from civis_nb.local.warehouse.dialects.types.decimals import Quotient

__all__ = ["DESCRIBE", "bound", "columns_of", "quotients_in"]

#: What stands before a query that DuckDB describes.
DESCRIBE = "DESCRIBE (\n"


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


def columns_of(
    cursor: duckdb.DuckDBPyConnection, query: str, head: str = DESCRIBE
) -> list[tuple[str, str]]:
    """Return the name and the type of each column of a query, which is not run.

    Parameters
    ----------
    cursor
        Binds it.
    query
        Without a semicolon at its end.
    head
        What stands before it when DuckDB describes it: the places in errors count from there.

    Raises
    ------
    duckdb.Error
        When DuckDB does not accept it, with the place.
    """
    # To bind takes a quarter of the time of DESCRIBE, but its errors have no place. `sql`, which is
    # public, runs a query that changes something, as nextval does.
    bind = getattr(cursor, "_bind", None)
    if bind is not None:
        with suppress(duckdb.Error):
            names, types, parameters, *_ = bind(query)
            if not parameters:
                return list(zip(names, map(str, types), strict=True))
    rows = cursor.execute(f"{head}{query}\n)").fetchall()
    return [(str(row[0]), str(row[1])) for row in rows]


def quotients_in(cursor: duckdb.DuckDBPyConnection, text: str) -> dict[int, Quotient]:
    """Return the quotients of decimals that DuckDB meets when it binds a statement.

    They are those before the first mistake; none where DuckDB has no way to bind alone.
    """
    bind = getattr(cursor, "_bind", None)
    if bind is None:
        return {}
    with noting() as found:
        try:
            bind(text)
        except duckdb.CatalogException as error:
            if PREFIX in str(error):  # the first statement that needs the functions in Python
                create_computed(cursor)
                with suppress(duckdb.Error):
                    bind(text)
        except duckdb.Error:
            pass  # the attempt that follows tells it
    return found
