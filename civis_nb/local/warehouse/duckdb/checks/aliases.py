"""Names that must be those of columns, though DuckDB takes them as aliases."""

from __future__ import annotations

import duckdb

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.dialects.statements.alias_uses import AliasUse
from civis_nb.local.warehouse.duckdb.binding import bound
from civis_nb.local.warehouse.duckdb.failures import position_error
from civis_nb.local.warehouse.duckdb.statement import Statement

__all__ = ["check_aliases"]


def check_aliases(cursor: duckdb.DuckDBPyConnection, statement: Statement) -> None:
    """Refuse an alias of the SELECT list where the dialect knows columns only.

    Raises
    ------
    WarehouseError
        If no column has the name, or GROUP BY means a column of the name; with its place.
    """
    for use in statement.alias_uses:
        try:
            bound(cursor, use.query)
        except duckdb.BinderException as error:
            told = _told(use, str(error))
            if told is None:
                continue
            original = statement.original or statement.text
            raise position_error(
                WarehouseError(told),
                statement.script,
                statement.offset + len(original[: use.offset].encode()),
            ) from None
        except duckdb.Error:
            continue  # of something else, which the statement itself tells


def _told(use: AliasUse, error: str) -> str | None:
    """Return what is wrong with the use of an alias; None where nothing is."""
    is_grouped = use.clause in ("GROUP BY", "HAVING")
    if is_grouped and "must appear in the GROUP BY clause" in error:
        return (
            f'"{use.name}" in {use.clause} is the column of this name, not the alias of the SELECT '
            "list, and so a column is not grouped: write the expression, or choose another alias"
        )
    if is_grouped and f'Ambiguous reference to column name "{use.name}"' in error:
        return f'column reference "{use.name}" is ambiguous: several tables have it'
    if use.clause != "GROUP BY" and f'"{use.name}"' in error.partition("not found")[0]:
        return (
            f'column "{use.name}" does not exist: {use.clause} can\'t use an alias of the '
            "SELECT list; repeat the expression, or put a query around this one"
        )
    return None
