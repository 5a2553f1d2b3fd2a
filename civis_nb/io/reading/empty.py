"""Results without rows: which columns they would have."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from civis_nb.errors import CivisError, EmptyResultError
from civis_nb.frames.sql_types import DeclaredTypes, arrow_type
from civis_nb.io.runs import wait_for
from civis_nb.sql_text import only_reads

if TYPE_CHECKING:
    import pyarrow as pa

    from civis_nb.client.client import APIClient
    from civis_nb.client.protocol import Client
    from civis_nb.io.reading.options import SqlExport

__all__ = ["empty_table"]


def empty_table(
    client: Client, script_id: int, export: SqlExport, declared_types: DeclaredTypes | None
) -> pa.Table:
    """Return an Arrow table without rows, with the columns of a statement.

    Parameters
    ----------
    client
        The client.
    script_id
        The script that gave no rows.
    export
        What it exported.
    declared_types
        None: the columns are those of a query without rows, all of them texts.

    Raises
    ------
    EmptyResultError
        When the columns can't be known.
    """
    import pyarrow as pa

    if declared_types is None:
        try:
            declared_types = [(name, "text") for name in _column_names(client, export)]
        except EmptyResultError:
            raise
        except CivisError as error:
            raise EmptyResultError(
                f"The script {script_id} gave no rows, and its columns can't be found: {error}"
            ) from None
    return pa.schema(
        [pa.field(name, arrow_type(kind) or pa.string()) for name, kind in declared_types]
    ).empty_table()


def _column_names(client: Client, export: SqlExport) -> list[str]:
    """Return the names of a statement's columns, by a query without rows."""
    from civis_nb.io.databases import query_civis

    if not only_reads(export.sql):
        raise EmptyResultError(
            "The statement was run. It gave no rows, and its columns can't be found; query_civis "
            "is for statements without a result."
        )
    query = query_civis(
        export.sql, export.database, cast("APIClient", client), export.credential_id, preview_rows=0
    )
    columns = list(getattr(wait_for(query), "result_columns", None) or [])
    if not columns:
        raise EmptyResultError("The statement gave neither rows nor columns.")
    return [str(column) for column in columns]
