"""Calls of functions that DuckDB has, the dialect has not, and no user has created."""

from __future__ import annotations

import functools

import duckdb

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.dialects import CATALOG
from civis_nb.local.warehouse.dialects.builtins import built_in
from civis_nb.local.warehouse.dialects.foreign.calls import is_built_in
from civis_nb.local.warehouse.duckdb.failures import position_error
from civis_nb.local.warehouse.duckdb.statement import Statement

__all__ = ["check_foreign_calls"]

# ruff: noqa: S608 - the query is made of constants

_OWN = built_in(
    "SELECT lower(function_name) FROM duckdb_functions() "
    f"WHERE NOT internal AND database_name <> '{CATALOG}'"
)
_INTERNAL = built_in("SELECT lower(function_name) FROM duckdb_functions() WHERE internal")


def check_foreign_calls(cursor: duckdb.DuckDBPyConnection, statement: Statement) -> None:
    """Refuse a call of a function that only DuckDB has.

    Raises
    ------
    WarehouseError
        If the function is not one of the user's own; with its place.
    """
    if not statement.foreign_calls:
        return
    internal = _internal(duckdb.__version__)
    found = [call for call in statement.foreign_calls if is_built_in(call.name, internal)]
    if not found:
        return
    own = {name for (name,) in cursor.execute(_OWN).fetchall()}
    for call in found:
        if call.name not in own:
            original = statement.original or statement.text
            raise position_error(
                WarehouseError(call.message),
                statement.script,
                statement.offset + len(original[: call.offset].encode()),
            )


@functools.cache
def _internal(_version: str) -> frozenset[str]:
    """Return the names of DuckDB's own functions."""
    with duckdb.connect() as connection:
        return frozenset(name for (name,) in connection.execute(_INTERNAL).fetchall())
