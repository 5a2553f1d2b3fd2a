"""Results without rows: what columns they would have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from civis_nb.errors import CivisError, EmptyResultError
from civis_nb.io._arguments import client_or_default
from civis_nb.io._runs import wait_for
from civis_nb.sql_text import only_reads

if TYPE_CHECKING:
    import pyarrow as pa

    from civis_nb.client.client import APIClient

__all__ = ["columns_of", "empty_table"]


def columns_of(
    sql: str,
    database: str | int,
    client: APIClient | None = None,
    credential_id: int | None = None,
) -> list[str]:
    """Return the names of a statement's columns, by a query without rows.

    Raises
    ------
    EmptyResultError
        When the statement is not one SELECT, or gives no columns.
    CivisSQLError
        When the statement fails.
    """
    from civis_nb.io.databases import query_civis

    if not only_reads(sql):
        raise EmptyResultError("The statement gave no rows, and no columns can be told for it.")
    client = client_or_default(client)
    result = wait_for(query_civis(sql, database, client, credential_id, preview_rows=0))
    columns = list(getattr(result, "result_columns", None) or [])
    if not columns:
        raise EmptyResultError("The statement gave neither rows nor columns.")
    return [str(column) for column in columns]


def empty_table(
    script_id: int,
    sql: str,
    database: str | int,
    client: Any,
    credential_id: int | None,
    told: list[tuple[str, str]] | None,
) -> pa.Table:
    """Return an Arrow table without rows, with the columns of a statement.

    Raises
    ------
    EmptyResultError
        When the columns can't be known.
    """
    import pyarrow as pa

    from civis_nb.io.sql_types import arrow_type

    if told is None:
        try:
            told = [(name, "text") for name in columns_of(sql, database, client, credential_id)]
        except EmptyResultError:
            raise
        except CivisError as error:
            raise EmptyResultError(
                f"The script {script_id} gave no rows, and its columns can't be told: {error}"
            ) from None
    fields = [(name, arrow_type(kind) or pa.string()) for name, kind in told]
    return pa.table([pa.array([], kind) for _, kind in fields], names=[name for name, _ in fields])
