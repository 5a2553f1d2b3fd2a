"""Results of any size as Arrow batches, with little memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from civis_nb.client.protocol import client_or_default
from civis_nb.errors import CivisInputError
from civis_nb.io.call import Call, progress_bar
from civis_nb.io.reading.empty import empty_table
from civis_nb.io.reading.options import SqlExport
from civis_nb.io.reading.outputs import result_files
from civis_nb.io.reading.parsers.batches import empty_batch, exact_batches
from civis_nb.io.reading.pipeline import start_export
from civis_nb.io.runs import wait_for

if TYPE_CHECKING:
    import pyarrow as pa

    from civis_nb.client.client import APIClient
    from civis_nb.client.protocol import Client
    from civis_nb.futures import CivisFuture

__all__ = ["iter_batches"]


def iter_batches(
    sql: str,
    database: str | int,
    rows: int = 65536,
    *,
    sql_params_arguments: dict[str, Any] | None = None,
    job_name: str | None = None,
    client: APIClient | None = None,
    credential_id: int | None = None,
    polling_interval: int | float | None = None,
    hidden: bool = True,
    progress: bool | None = None,
) -> Iterator[pa.RecordBatch]:
    """Read the result of a statement batch by batch, exactly, with little memory.

    Where the platform does not declare the columns' types, the result goes to a temporary file
    first, so that the types can be inferred from all of it.

    Parameters
    ----------
    sql
        The statement.
    database
        Name or id of the database.
    rows
        Rows in a batch at most.
    sql_params_arguments, job_name, client, credential_id, polling_interval, hidden, progress
        As for `read_civis_sql`.

    Yields
    ------
    pyarrow.RecordBatch
        All of one schema; a result without rows gives one empty batch.

    Raises
    ------
    CivisInputError
        When `rows` is not positive. Nothing was sent.
    EmptyResultError
        When there are no rows and the columns can't be known.
    CivisSQLError
        When the statement failed.
    CivisDownloadError
        When the content could not be had whole.
    """
    if isinstance(rows, bool) or not isinstance(rows, int) or rows < 1:
        raise CivisInputError(f"rows can't be {rows!r}; it is at least 1.")
    export = SqlExport(
        sql=sql,
        database=database,
        sql_params_arguments=sql_params_arguments,
        job_name=job_name,
        credential_id=credential_id,
        hidden=hidden,
        polling_interval=polling_interval,
    )
    client = client_or_default(client)
    call = Call(progress)
    with call.displayed(), call.active():
        future = start_export(client, export)
    return call.iterate(_batches(client, future, export, rows))


def _batches(
    client: Client, future: CivisFuture, export: SqlExport, rows: int
) -> Iterator[pa.RecordBatch]:
    """Wait for an export and yield its result."""
    files = result_files(client, wait_for(future), export)
    if not files.remotes:
        yield empty_batch(empty_table(client, future.job_id, export, files.declared_types).schema)
        return
    with progress_bar(f"Reading {files.name}", files.size, None) as advance:
        yield from exact_batches(files, rows, advance)
