"""SQL over Arrow tables, by DuckDB in this process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from civis_nb.errors import CivisInputError
from civis_nb.frames.typed import TypedTable

if TYPE_CHECKING:
    import duckdb

__all__ = ["connection_over", "query_tables"]


def connection_over(tables: Mapping[str, Any]) -> duckdb.DuckDBPyConnection:
    """Return a database of DuckDB in memory in which the tables have these names.

    Nothing else is visible in it: no variables of Python's, and times are in UTC.

    Parameters
    ----------
    tables
        Arrow tables and frames by name.

    Raises
    ------
    CivisInputError
        When one of them is no table.
    """
    import duckdb

    connection = duckdb.connect(":memory:", config={"python_enable_replacements": "false"})
    connection.execute("SET TimeZone = 'UTC'")
    for name, table in tables.items():
        try:
            connection.register(name, table)
        except duckdb.Error:
            raise CivisInputError(
                f"{name} is a {type(table).__name__}; SQL reads frames of pandas and polars, Arrow "
                "tables and result tables."
            ) from None
    return connection


def query_tables(sql: str, tables: Mapping[str, Any]) -> TypedTable:
    """Return the result of a query over tables.

    Parameters
    ----------
    sql
        In DuckDB's own dialect.
    tables
        Arrow tables and frames by name.

    Raises
    ------
    CivisInputError
        When DuckDB refuses it, or it gives no result.

    Examples
    --------
    >>> import pyarrow as pa
    >>> table = pa.table({"n": [1, 2]})
    >>> query_tables("select sum(n) as total from self", {"self": table}).table.to_pydict()
    {'total': [Decimal('3')]}
    """
    import duckdb

    with connection_over(tables) as connection:
        try:
            found = connection.sql(sql)
            if found is None:
                raise CivisInputError("The SQL gives no result; write a SELECT.")
            return TypedTable(found.to_arrow_table(), [str(kind) for kind in found.types])
        except duckdb.Error as error:
            names = ", ".join(tables)
            raise CivisInputError(f"{error}\n\nThe tables here: {names}.") from None
