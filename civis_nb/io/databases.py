"""Queries, and transfers between databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from civis_nb.client.protocol import client_or_default
from civis_nb.client.response import Response
from civis_nb.futures import CivisFuture
from civis_nb.io.arguments import (
    check_interval,
    credential_or_default,
    new_job_name,
    statement,
    whole_from,
)
from civis_nb.io.call import start_run, tracked_transfer
from civis_nb.io.writing.table_names import schema_and_table
from civis_nb.table_names import quoted_table

if TYPE_CHECKING:
    from civis_nb.client.client import APIClient
    from civis_nb.client.protocol import Client

__all__ = ["query_civis", "transfer_table"]

#: What the answer to the start of a query has, and that to a poll has not: scripts that compare or
#: print results find the fields that they know, however quick the query was.
_OF_STARTS: Final = frozenset(
    {"columnDelimiter", "compression", "filenamePrefix", "includeHeader", "interactive",
     "myPermissionLevel", "previewRows", "unquoted"}
)  # fmt: skip


@tracked_transfer
def query_civis(
    sql: str,
    database: str | int,
    client: APIClient | None = None,
    credential_id: int | None = None,
    preview_rows: int = 10,
    polling_interval: int | float | None = None,
    hidden: bool = True,
    *,
    progress: bool | None = None,
) -> CivisFuture:
    """Run a statement, and see at most 1,000 rows of what it gives.

    Parameters
    ----------
    sql
        The statement.
    database
        Name or id of the database.
    client
        By default one made from the environment.
    credential_id
        By default the user's default database credential.
    preview_rows
        At most 1,000.
    polling_interval
        Seconds between polls; None: adaptive.
    hidden
        Leave the query out of lists.
    progress
        Show that the future is waited for; None: when a person is watching and it takes a while.

    Returns
    -------
    CivisFuture
        Its result has ``result_columns`` and ``result_rows``, texts and None.

    Raises
    ------
    CivisInputError
        When `sql` is blank, or another argument can't be what it is. Nothing was sent.
    CivisAPIError
        When the platform refuses the query.
    """
    sql = statement(sql)
    whole_from("preview_rows", preview_rows, 0)
    check_interval(polling_interval)
    client = client_or_default(client)
    database_id = client.get_database_id(database)
    return start_run(
        lambda: start_query(
            client,
            sql,
            database_id,
            credential_id,
            preview_rows,
            polling_interval,
            hidden,
            progress=progress,
        )
    )


def start_query(
    client: Client,
    sql: str,
    database_id: int,
    credential_id: int | None,
    preview_rows: int,
    polling_interval: float | None = None,
    hidden: bool = True,
    *,
    progress: bool | None = None,
) -> CivisFuture:
    """Start a query, and return its run; the arguments are those of `query_civis`, checked."""
    credential = credential_or_default(client, credential_id)
    query = client.queries.post(
        database_id, sql, preview_rows, credential=credential, hidden=hidden
    )
    return CivisFuture(
        client.queries.get,
        (query.id,),
        polling_interval=polling_interval,
        client=client,
        poll_on_creation=False,
        cancel_on_interrupt=True,
        progress=progress,
        seen=_as_polled(query),
    )


def _as_polled(query: Any) -> Any:
    """Return the answer to the start of a query with the fields of one to a poll."""
    if not isinstance(query, Response):
        return query
    polled = {name: value for name, value in query.json(snake_case=False).items()
              if name not in _OF_STARTS}  # fmt: skip
    return Response(polled, headers=query.headers)


@tracked_transfer
def transfer_table(
    source_db: str | int,
    dest_db: str | int,
    source_table: str,
    dest_table: str,
    job_name: str | None = None,
    client: APIClient | None = None,
    source_credential_id: int | None = None,
    dest_credential_id: int | None = None,
    polling_interval: int | float | None = None,
    *,
    progress: bool | None = None,
    **advanced_options: Any,
) -> CivisFuture:
    """Copy a table from one database to another.

    Parameters
    ----------
    source_db, dest_db
        Names or ids of the databases.
    source_table, dest_table
        As ``schema.table``.
    job_name
        By default a random one.
    client
        By default one made from the environment.
    source_credential_id, dest_credential_id
        By default the user's default database credential.
    polling_interval
        Seconds between polls; None: adaptive.
    progress
        Show that the future is waited for; None: when a person is watching and it takes a while.
    **advanced_options
        Options of the sync, e.g. ``wipe_destination_table=True``.

    Returns
    -------
    CivisFuture
        The run of the transfer.

    Raises
    ------
    CivisInputError
        When a table's name can't be read, or has no schema. Nothing was sent.
    CivisAPIError
        When the platform refuses the transfer.
    """
    schema_and_table(source_table)
    schema_and_table(dest_table)
    source_path, dest_path = quoted_table(source_table), quoted_table(dest_table)
    check_interval(polling_interval)
    client = client_or_default(client)
    source = {
        "remote_host_id": client.get_database_id(source_db),
        "credential_id": credential_or_default(client, source_credential_id),
    }
    destination = {
        "remote_host_id": client.get_database_id(dest_db),
        "credential_id": credential_or_default(client, dest_credential_id),
    }
    job = client.imports.post(
        new_job_name(job_name), "Dbsync", True, source=source, destination=destination
    )
    client.imports.post_syncs(
        id=job.id,
        source={"path": source_path},
        destination={"path": dest_path},
        advanced_options=advanced_options,
    )
    return start_run(
        lambda: CivisFuture(
            client.imports.get_files_runs,
            (job.id, client.imports.post_runs(id=job.id).run_id),
            polling_interval=polling_interval,
            client=client,
            poll_on_creation=False,
            cancel_on_interrupt=True,
            progress=progress,
        )
    )
