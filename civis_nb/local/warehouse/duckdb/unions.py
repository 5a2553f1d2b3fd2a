"""UNION, INTERSECT and EXCEPT whose columns have PostgreSQL's types, or are refused as there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.dialects import Combined, UnsupportedSqlError, postgres_name, unified
from civis_nb.local.warehouse.duckdb.binding import bound
from civis_nb.local.warehouse.duckdb.failures import position_error
from civis_nb.local.warehouse.duckdb.readings import with_texts
from civis_nb.local.warehouse.duckdb.statement import Statement

__all__ = ["with_common_types"]

# ruff: noqa: S608 - parts of the user's own statement

_MARK = "civis_sql branch"
#: So many queries are described at once: DuckDB joins them.
_AT_ONCE = 40


def with_common_types(cursor: duckdb.DuckDBPyConnection, statement: Statement) -> Statement:
    """Return a statement in which the sides of set operations have common types.

    Parameters
    ----------
    cursor
        Knows the tables.
    statement
        Stays as it is if it has no set operations.

    Raises
    ------
    WarehouseError
        If the types of two columns can't be matched, or a text has not the form of the other
        side's type; with its place.
    """
    # A text that takes its type in an inner query decides what the outer ones have.
    while statement.set_operations and statement.text == statement.meaning:
        known = dict(statement.reading.texts)
        for combined, types in _described(cursor, statement.set_operations):
            texts, mismatches = unified(combined, types)
            new = [(offset, kind) for offset, kind in texts if offset not in known]
            if new:
                try:
                    statement = with_texts(statement, new)
                except UnsupportedSqlError as error:
                    raise _placed(error, statement, error.offset) from None
                break
            for found in mismatches:
                one, two = postgres_name(found.one), postgres_name(found.two)
                if found.operator == "recursive":
                    one, two = (found.one, found.two) if one == two else (one, two)
                    raise _placed(
                        WarehouseError(
                            f"the recursive query has a column of type {one.lower()} in its first "
                            f"term but {two.lower()} in the other: cast both to the same type"
                        ),
                        statement,
                        found.offset,
                    )
                raise _placed(
                    WarehouseError(
                        f"{found.operator} types {one} and {two} cannot be matched: cast one"
                    ),
                    statement,
                    found.offset,
                )
        else:
            break
    return statement


def _placed(error: WarehouseError, statement: Statement, at: int) -> WarehouseError:
    before = (statement.original or statement.text)[:at]
    return position_error(error, statement.script, statement.offset + len(before.encode()))


def _described(
    cursor: duckdb.DuckDBPyConnection, found: Sequence[Combined]
) -> Iterator[tuple[Combined, list[list[str]]]]:
    """Yield each set operation with the types of its queries, but those that DuckDB can't bind."""
    queries = [[branch.query for branch in combined.branches()] for combined in found]
    together = [query for each in queries for query in each]
    types = _types(cursor, together)
    for combined, own in zip(found, queries, strict=True):
        if types is not None:
            yield combined, [types.pop(0) for _ in own]
        elif len(found) > 1 and (alone := _types(cursor, own)) is not None:
            yield combined, alone


def _types(cursor: duckdb.DuckDBPyConnection, queries: list[str]) -> list[list[str]] | None:
    """Return the types of the columns of queries; None if they can't be bound on their own."""
    types: list[list[str]] = []
    for first in range(0, len(queries), _AT_ONCE):
        some = queries[first : first + _AT_ONCE]
        columns = ", ".join(f'0 AS "{_MARK}", b{at}.*' for at in range(len(some)))
        tables = ", ".join(f"(\n{query}\n) AS b{at}" for at, query in enumerate(some))
        try:
            found = bound(cursor, f"SELECT {columns} FROM {tables}")
        except duckdb.Error:
            return None  # the statement itself tells what is wrong, if anything is
        for name, kind in found:
            if name == _MARK:
                types.append([])
            else:
                types[-1].append(kind)
    return types
