"""The start of an import of files that are ready for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from civis_nb.futures import CivisFuture
from civis_nb.io.arguments import credential_or_default
from civis_nb.io.call import start_run

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client
    from civis_nb.io.writing.table_import import TableImport

__all__ = ["PreparedFiles", "start_import"]


@dataclass(frozen=True, kw_only=True)
class PreparedFiles:
    """Civis files of one form that are ready to be imported.

    Attributes
    ----------
    file_ids
        The files.
    columns
        Name and SQL type of each column; None: those of the table.
    has_header
        Whether the first line holds the names.
    delimiter, compression
        As the API names them.
    loosen_types
        Whether the platform may choose wider types than those of `columns`.
    """

    file_ids: Sequence[int]
    columns: list[dict[str, str]] | None
    has_header: bool
    delimiter: str
    compression: str
    loosen_types: bool


def start_import(
    client: Client, database_id: int, files: PreparedFiles, target: TableImport
) -> CivisFuture:
    """Start an import as a part of the present call; return its run.

    Raises
    ------
    CivisAPIError
        When the platform refuses the import.
    """
    job = client.imports.post_files_csv(
        {"file_ids": list(files.file_ids)},
        {
            "schema": target.schema,
            "table": target.name,
            "remote_host_id": database_id,
            "credential_id": credential_or_default(client, target.credential_id),
            "primary_keys": target.primary_keys,
            "last_modified_keys": target.last_modified_keys,
        },
        files.has_header,
        name=f"CSV import to {target.schema}.{target.name}",
        max_errors=target.max_errors,
        existing_table_rows=target.existing_table_rows,
        column_delimiter=files.delimiter,
        compression=files.compression,
        escaped=target.escaped,
        execution=target.execution,
        loosen_types=files.loosen_types,
        table_columns=files.columns,
        redshift_destination_options={
            "diststyle": target.diststyle,
            "distkey": target.distkey,
            "sortkeys": [target.sortkey1, target.sortkey2],
        },
        hidden=target.hidden,
    )
    return start_run(
        lambda: CivisFuture(
            client.jobs.get_runs,
            (job.id, client.jobs.post_runs(job.id).id),
            polling_interval=target.polling_interval,
            client=client,
            poll_on_creation=False,
            cancel_on_interrupt=True,
            progress=target.progress,
        )
    )
