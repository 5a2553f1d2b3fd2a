"""Items of ORDER BY of which the result tells more than the statement."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from civis_nb.local.warehouse.dialects import SortedBy, UnsupportedSqlError, ambiguous
from civis_nb.local.warehouse.duckdb.failures import position_error
from civis_nb.local.warehouse.duckdb.readings import with_keys
from civis_nb.local.warehouse.duckdb.statement import Statement

__all__ = ["sorted_rightly"]


def sorted_rightly(
    cursor: duckdb.DuckDBPyConnection, statement: Statement, columns: Sequence[tuple[str, str]]
) -> Statement:
    """Return a query that sorts jsonb by its values.

    Parameters
    ----------
    cursor
        Binds it.
    statement
        A query.
    columns
        Names and DuckDB's types of its columns.

    Raises
    ------
    WarehouseError
        With the place of a name in ORDER BY that several columns have, or that is of JSON in a
        query that can't be read so.
    """
    of_json = [one for one in statement.sorted_by if "JSON" in _types_of(one, columns)]
    if of_json and statement.dialect == "postgres":
        places = frozenset(one.offset for one in of_json)
        if (keyed := with_keys(cursor, statement, places)) is not None:
            return keyed
    for one in statement.sorted_by:
        types = _types_of(one, columns)
        if one.beside_star and len(types) > 1:
            message = ambiguous(one.name)
        elif "JSON" in types and statement.dialect == "postgres":
            message = (
                f"ORDER BY of JSON is not supported here, as by {one.name}: put a query around "
                "this one, or sort by a value in it, such as j->>'key'"
            )
        else:
            continue
        before = (statement.original or statement.text)[: one.offset]
        offset = statement.offset + len(before.encode())
        error = UnsupportedSqlError(message, one.offset)
        raise position_error(error, statement.script, offset) from None
    return statement


def _types_of(one: SortedBy, columns: Sequence[tuple[str, str]]) -> list[str]:
    """Return the types of the columns that an item of ORDER BY means."""
    return [kind for place, (name, kind) in enumerate(columns, 1) if one.name in (name, str(place))]
