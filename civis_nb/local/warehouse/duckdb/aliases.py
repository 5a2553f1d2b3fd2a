"""Names that must be those of columns, though DuckDB takes them as aliases."""

from __future__ import annotations

import duckdb

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.duckdb.binding import bound
from civis_nb.local.warehouse.duckdb.failures import position_error
from civis_nb.local.warehouse.duckdb.statement import Statement

__all__ = ["check_aliases"]


def check_aliases(cursor: duckdb.DuckDBPyConnection, statement: Statement) -> None:
    """Refuse an alias of the SELECT list where the dialect knows columns only.

    Raises
    ------
    WarehouseError
        If no column has the name; with its place.
    """
    for use in statement.alias_uses:
        try:
            bound(cursor, use.query)
        except duckdb.BinderException as error:
            if f'"{use.name}"' not in str(error).partition("not found")[0]:
                continue
            original = statement.original or statement.text
            raise position_error(
                WarehouseError(
                    f'column "{use.name}" does not exist: {use.clause} can\'t use an alias of the '
                    "SELECT list; repeat the expression, or put a query around this one"
                ),
                statement.script,
                statement.offset + len(original[: use.offset].encode()),
            ) from None
        except duckdb.Error:
            continue  # of something else, which the statement itself tells
