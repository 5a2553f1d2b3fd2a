"""Exports of SQL results: to Civis files, to local CSV files, to many files at once."""

from __future__ import annotations

import os
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

from civis_nb.client.protocol import client_or_default
from civis_nb.errors import EmptyResultError
from civis_nb.futures import CivisFuture
from civis_nb.io.arguments import chosen, delimiter_name, whole_from
from civis_nb.io.call import Call, current_call, step, tracked_transfer
from civis_nb.io.files.transfers import check_folder
from civis_nb.io.reading.empty import empty_table
from civis_nb.io.reading.local_csv import header_line, save_csv, save_result
from civis_nb.io.reading.manifest import manifest_of
from civis_nb.io.reading.options import SqlExport
from civis_nb.io.reading.outputs import result_files
from civis_nb.io.reading.pipeline import start_export
from civis_nb.io.runs import FutureWithPostprocessing, wait_for

if TYPE_CHECKING:
    from civis_nb.client.client import APIClient

__all__ = ["civis_to_csv", "civis_to_multifile_csv", "export_to_civis_file"]

_COMPRESSIONS = ("none", "zip", "gzip")


@tracked_transfer
def export_to_civis_file(
    sql: str,
    database: str | int,
    sql_params_arguments: dict[str, Any] | None = None,
    job_name: str | None = None,
    client: APIClient | None = None,
    credential_id: int | None = None,
    polling_interval: int | float | None = None,
    hidden: bool = True,
    csv_settings: dict[str, Any] | None = None,
    *,
    progress: bool | None = None,
) -> CivisFuture:
    """Store the result of a statement as a Civis file.

    Parameters
    ----------
    sql
        The statement.
    database
        Name or id of the database.
    sql_params_arguments
        ``params`` and ``arguments`` of the script.
    job_name
        By default a random one.
    client
        By default one made from the environment.
    credential_id
        By default the user's default database credential.
    polling_interval
        Seconds between polls; None: adaptive.
    hidden
        Leave the job out of lists.
    csv_settings
        How the file is written, e.g. ``{"compression": "none"}``.
    progress
        Show what is waited for, also when the future is waited for; None: when a person is
        watching and it takes a while.

    Returns
    -------
    CivisFuture
        ``future.result()["output"][0]["file_id"]`` is the file; an empty result has no output.

    Raises
    ------
    CivisInputError
        When `sql_params_arguments` has unknown keys. Nothing was sent.
    CivisAPIError
        When the platform refuses the script.
    """
    export = SqlExport(
        sql=sql,
        database=database,
        csv_settings=csv_settings,
        sql_params_arguments=sql_params_arguments,
        job_name=job_name,
        credential_id=credential_id,
        hidden=hidden,
        polling_interval=polling_interval,
    )
    client = client_or_default(client)
    return start_export(
        client, export, poll_on_creation=False, cancel_on_interrupt=True, progress=progress
    )


@tracked_transfer
def civis_to_csv(
    filename: str | os.PathLike[str],
    sql: str,
    database: str | int,
    sql_params_arguments: dict[str, Any] | None = None,
    job_name: str | None = None,
    client: APIClient | None = None,
    credential_id: int | None = None,
    include_header: bool = True,
    compression: str = "none",
    delimiter: str = ",",
    unquoted: bool = False,
    hidden: bool = True,
    polling_interval: int | float | None = None,
    *,
    progress: bool | None = None,
) -> CivisFuture:
    r"""Store the result of a statement as a local CSV file.

    The file appears when it is complete; what was there before stays as it is until then.

    Parameters
    ----------
    filename
        Where the file is to be.
    sql, database, sql_params_arguments, job_name, client, credential_id
        As for `export_to_civis_file`.
    include_header
        Whether the first line holds the columns' names.
    compression
        ``"none"``, ``"gzip"`` or ``"zip"``. As with the package ``civis``, ``"gzip"`` gives
        a plain file when there is a header, and a gzip file when there is none.
    delimiter
        One of ``","``, ``"\t"`` and ``"|"``.
    unquoted
        Write fields without quotes.
    hidden, polling_interval
        As for `export_to_civis_file`.
    progress
        Show a progress bar; None: when a person is watching and it takes a while.

    Returns
    -------
    CivisFuture
        Done when the file is complete; it fails when the file could not be had whole. A
        result without rows is a file that holds its header. A statement without a result
        makes a RuntimeWarning and no file.

    Raises
    ------
    CivisInputError
        When an argument can't be what it is. Nothing was sent.
    OSError
        When the folder does not exist. Nothing was sent.
    CivisAPIError
        When the platform refuses the script.
    """
    chosen("compression", compression, _COMPRESSIONS)
    settings = _csv_settings(include_header, "gzip", delimiter, unquoted, None)
    check_folder(filename)
    export = SqlExport(
        sql=sql,
        database=database,
        csv_settings={**settings, "force_multifile": False},
        sql_params_arguments=sql_params_arguments,
        job_name=job_name,
        credential_id=credential_id,
        hidden=hidden,
        polling_interval=polling_interval,
    )
    client = client_or_default(client)
    packed = "none" if compression == "gzip" and include_header else compression

    def save(future: CivisFuture, response: Any) -> None:
        files = result_files(client, response, export)
        if files.remotes:
            save_result(files, filename, packed, header=include_header)
            return
        try:
            columns = empty_table(client, future.job_id, export, files.declared_types).column_names
        except EmptyResultError as error:
            warnings.warn(
                f"Job {future.job_id}, run {future.run_id}: {error} "
                f"{os.fspath(filename)} is not written.",
                RuntimeWarning,
                stacklevel=2,
            )
            return
        names = columns if include_header else []
        save_csv(header_line(names, delimiter, quoted=not unquoted), filename, packed)

    return start_export(
        client,
        export,
        partial(FutureWithPostprocessing, save, current_call() or Call(progress)),
        poll_on_creation=False,
        cancel_on_interrupt=True,
        progress=progress,
    )


@tracked_transfer
def civis_to_multifile_csv(
    sql: str,
    database: str | int,
    sql_params_arguments: dict[str, Any] | None = None,
    job_name: str | None = None,
    client: APIClient | None = None,
    credential_id: int | None = None,
    include_header: bool = True,
    compression: str = "none",
    delimiter: str = "|",
    max_file_size: int | None = None,
    unquoted: bool = False,
    prefix: str | None = None,
    polling_interval: int | float | None = None,
    hidden: bool = True,
    *,
    progress: bool | None = None,  # noqa: ARG001 - read by the decorator
) -> dict[str, Any]:
    r"""Export the result of a statement to several Civis files at once, and wait for it.

    Parameters
    ----------
    sql, database, sql_params_arguments, job_name, client, credential_id
        As for `export_to_civis_file`.
    include_header
        Whether the manifest names the columns.
    compression
        ``"none"``, ``"gzip"`` or ``"zip"``.
    delimiter
        One of ``","``, ``"\t"`` and ``"|"``.
    max_file_size
        The size of a file at most, in megabytes.
    unquoted
        Write fields without quotes.
    prefix
        What the files' names begin with.
    polling_interval, hidden, progress
        As for `export_to_civis_file`.

    Returns
    -------
    dict
        The manifest: ``query``, ``header``, ``entries`` (each with ``id``, ``name``, ``size``,
        ``url``, ``url_signed``), ``unquoted``, ``compression``, ``delimiter``.

    Raises
    ------
    CivisInputError
        When an argument can't be what it is. Nothing was sent.
    EmptyResultError
        When the statement gave no rows.
    CivisSQLError
        When the statement failed.
    CivisDownloadError
        When the manifest could not be had whole.
    """
    chosen("compression", compression, _COMPRESSIONS)
    whole_from("max_file_size", max_file_size, 1, missing=True)
    settings = _csv_settings(include_header, compression, delimiter, unquoted, prefix)
    export = SqlExport(
        sql=sql,
        database=database,
        csv_settings={**settings, "force_multifile": True, "max_file_size": max_file_size},
        sql_params_arguments=sql_params_arguments,
        job_name=job_name,
        credential_id=credential_id,
        hidden=hidden,
        polling_interval=polling_interval,
    )
    client = client_or_default(client)
    future = start_export(client, export)
    outputs = list(wait_for(future)["output"] or [])
    if not outputs:
        raise EmptyResultError(f"The export {future.job_id} gave no rows, and so no manifest.")
    step("Reading the manifest")
    return manifest_of(client, outputs[0])


def _csv_settings(
    include_header: bool, compression: str, delimiter: str, unquoted: bool, prefix: str | None
) -> dict[str, Any]:
    """Return the settings of an export as the API names them."""
    return {
        "include_header": include_header,
        "compression": compression,
        "column_delimiter": delimiter_name(delimiter),
        "unquoted": unquoted,
        "filename_prefix": prefix,
    }
