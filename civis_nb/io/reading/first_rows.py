"""The first rows of an export: its download stops where they are whole."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

from civis_nb.frames.typed import TypedTable
from civis_nb.io.call import progress_bar
from civis_nb.io.reading.outputs import result_files
from civis_nb.io.reading.parsers.arrow_exact import sql_types_of
from civis_nb.io.reading.parsers.batches import exact_batches
from civis_nb.io.runs import wait_for

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client
    from civis_nb.futures import CivisFuture
    from civis_nb.io.reading.options import SqlExport

__all__ = ["first_rows"]

_BATCH_ROWS: Final = 65536


def first_rows(
    client: Client, future: CivisFuture, export: SqlExport, rows: int, progress: bool | None = None
) -> tuple[TypedTable, bool] | None:
    """Wait for an export and read its first rows, with exact types.

    Parameters
    ----------
    client
        The client.
    future, export
        The run, and what it exports.
    rows
        How many to read.
    progress
        As for `read_civis_sql`.

    Returns
    -------
    tuple or None
        The rows, and whether there are no others. None for a result without
        rows.

    Raises
    ------
    CivisSQLError
        When the statement failed.
    CivisDownloadError
        When the rows could not be had whole.
    """
    import pyarrow as pa

    files = result_files(client, wait_for(future), export)
    if not files.remotes:
        return None
    batches: list[Any] = []
    held = 0
    with progress_bar(f"Reading {files.name}", files.size, progress) as advance:
        # One row more tells whether there are others.
        found: Any = exact_batches(files, min(rows + 1, _BATCH_ROWS), advance)
        with contextlib.closing(found):
            for batch in found:
                batches.append(batch)
                held += batch.num_rows
                if held > rows:
                    break
    table = pa.Table.from_batches(batches).slice(0, rows)
    return TypedTable(table, sql_types_of(table.column_names, files.declared_types)), held <= rows
