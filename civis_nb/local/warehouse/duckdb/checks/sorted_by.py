"""Names in ORDER BY of which the result tells more than the statement."""

from __future__ import annotations

from collections.abc import Sequence

from civis_nb.local.warehouse.dialects import UnsupportedSqlError, ambiguous
from civis_nb.local.warehouse.duckdb.failures import position_error
from civis_nb.local.warehouse.duckdb.statement import Statement

__all__ = ["check_sorted_by"]


def check_sorted_by(statement: Statement, columns: Sequence[tuple[str, str]]) -> None:
    """Refuse a name in ORDER BY that several columns have, or one of JSON.

    Parameters
    ----------
    statement
        A query.
    columns
        Names and DuckDB's types of its columns.

    Raises
    ------
    WarehouseError
        With the place of the name.
    """
    for one in statement.sorted_by:
        types = [kind for name, kind in columns if name == one.name]
        if one.beside_star and len(types) > 1:
            message = ambiguous(one.name)
        elif "JSON" in types and statement.dialect == "postgres":
            message = (
                f"ORDER BY of JSON is not supported, as by {one.name}: sort by a value in it, "
                f"such as {one.name}->>'key'"
            )
        else:
            continue
        before = (statement.original or statement.text)[: one.offset]
        offset = statement.offset + len(before.encode())
        error = UnsupportedSqlError(message, one.offset)
        raise position_error(error, statement.script, offset) from None
