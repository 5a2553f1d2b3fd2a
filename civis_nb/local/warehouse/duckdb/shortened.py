"""INSERT with fewer values than the table has columns: the others get their defaults."""

from __future__ import annotations

import re
from dataclasses import replace

import duckdb

from civis_nb.local.warehouse.dialects.tokens import Tokens
from civis_nb.local.warehouse.duckdb.statement import Statement
from civis_nb.table_names import quoted

__all__ = ["with_columns"]

_FEWER = re.compile(r"has (\d+) columns but (\d+) values were supplied")


def with_columns(
    cursor: duckdb.DuckDBPyConnection, statement: Statement, error: duckdb.Error
) -> Statement | None:
    """Return an INSERT that names the first columns, which its values are for.

    Parameters
    ----------
    cursor
        Knows the table.
    statement
        The INSERT that DuckDB refused.
    error
        Why.

    Returns
    -------
    Statement or None
        None if something else is wrong.
    """
    found = _FEWER.search(str(error))
    if found is None or statement.kind != "INSERT" or statement.dialect == "duckdb":
        return None
    count = int(found.group(2))
    if count >= int(found.group(1)):
        return None
    tokens = Tokens(statement.text)
    is_written = Tokens(statement.original or statement.text).matches(0, "insert")
    if not is_written or not tokens.matches(0, "insert", "into"):
        return None
    behind = tokens.path(2)[1]
    table = tokens.render(2, behind)
    names = [str(row[0]) for row in cursor.execute(f"DESCRIBE {table}").fetchall()][:count]
    tokens.insert_after(behind - 1, f" ({', '.join(quoted(name) for name in names)})")
    return replace(statement, text=tokens.result()[0], provisional=False)
