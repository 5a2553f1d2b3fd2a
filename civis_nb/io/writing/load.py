"""Files into tables: the import of CSV files, with as much looked at beforehand as is needed.

The sequence is that of the API protocol, section 5.7 (docs/reference/api-protocol.md).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from civis_nb.errors import (
    CivisAPIError,
    CivisArgumentError,
    CivisImportError,
    CivisInputError,
)
from civis_nb.futures import CivisFuture
from civis_nb.io._arguments import (
    client_or_default,
    credential_or_default,
    delimiter_name,
    file_id_of,
)
from civis_nb.io._progress import begin, tracked_transfer
from civis_nb.io.files.remote import whole_number
from civis_nb.io.writing.detect import Detected, agreed, preprocess
from civis_nb.io.writing.import_options import (
    check_import,
    checked_columns,
    key_columns,
    schema_and_table,
)

if TYPE_CHECKING:
    from civis_nb.client.client import APIClient

__all__ = ["civis_file_to_table", "csv_to_civis", "refuse_existing", "start_import"]


@tracked_transfer
def civis_file_to_table(
    file_id: int | list[int],
    database: str | int,
    table: str,
    client: APIClient | None = None,
    max_errors: int | None = None,
    existing_table_rows: str = "fail",
    diststyle: str | None = None,
    distkey: str | None = None,
    sortkey1: str | None = None,
    sortkey2: str | None = None,
    table_columns: list[dict[str, str]] | None = None,
    primary_keys: list[str] | None = None,
    last_modified_keys: list[str] | None = None,
    escaped: bool = False,
    execution: str = "immediate",
    delimiter: str | None = None,
    headers: bool | None = None,
    credential_id: int | None = None,
    polling_interval: int | float | None = None,
    hidden: bool = True,
    *,
    progress: bool | None = None,
) -> CivisFuture:
    r"""Load one or more Civis files into a table, all of them or none.

    Parameters
    ----------
    file_id
        The id of the file, or the ids of several with the same columns in the same order.
    database
        Name or id of the database.
    table
        ``schema.table``; a part that holds a dot stands in double quotes.
    client
        By default one made from the environment.
    max_errors
        How many rows may be left out because they can't be loaded.
    existing_table_rows
        When the table exists: ``"fail"``, ``"truncate"``, ``"append"``, ``"drop"``, ``"upsert"``.
    diststyle, distkey, sortkey1, sortkey2
        Of a new table on Redshift.
    table_columns
        ``[{"name": …, "sql_type": …}, …]`` in the order of the file; ``sql_type`` in all or in
        none of them. By default they are detected where they are needed.
    primary_keys, last_modified_keys
        Columns, for ``"upsert"``.
    escaped
        Quotes in the files are escaped by a backslash.
    execution
        ``"immediate"`` or ``"delayed"``.
    delimiter
        ``","``, ``"\t"`` or ``"|"``; by default detected.
    headers
        Whether the first line names the columns; by default detected.
    credential_id
        By default the user's default database credential.
    polling_interval
        Seconds between polls; None: adaptive.
    hidden
        Leave the jobs out of lists.
    progress
        Show what is waited for, also when the future is waited for; None: when a person is
        watching and it takes a while.

    Returns
    -------
    CivisFuture
        The run of the import.

    Raises
    ------
    CivisInputError
        When an argument can't be what it is (a TypeError too when an id is a text), or the
        table exists and `existing_table_rows` is ``"fail"``. Nothing was sent.
    CivisImportError
        When the files can't be prepared, or do not agree. The table is unchanged.
    CivisAPIError
        When the platform refuses the import.
    """
    file_ids = _file_ids(file_id)
    schema, name = schema_and_table(table)
    check_import(existing_table_rows, execution, primary_keys, max_errors, polling_interval)
    wanted_delimiter = None if delimiter is None else delimiter_name(delimiter)
    columns = checked_columns(table_columns)
    names = [column["name"] for column in columns] if columns else None
    primary_keys = key_columns("primary_keys", primary_keys, names)
    last_modified_keys = key_columns("last_modified_keys", last_modified_keys, names)
    client = client_or_default(client)
    database_id = client.get_database_id(database)
    if existing_table_rows == "fail":
        refuse_existing(client, database_id, schema, name)
    untyped = columns is None or "sql_type" not in columns[0]
    detect = untyped and (
        existing_table_rows == "drop" or not table_exists(client, database_id, schema, name)
    )
    found = preprocess(
        client,
        file_ids,
        detect_columns=detect,
        delimiter=wanted_delimiter,
        headers=headers,
        hidden=hidden,
        polling_interval=polling_interval,
    )
    file = agreed(found, delimiter=wanted_delimiter, headers=headers, columns=detect)
    if detect:
        columns = _named(file, columns)
    return start_import(
        client,
        [one.file_id for one in found],
        schema,
        name,
        database_id=database_id,
        credential_id=credential_id,
        columns=columns,
        first_row_is_header=bool(file.include_header),
        delimiter=file.delimiter or "comma",
        compression=file.compression or "none",
        loosen_types=detect,
        existing_table_rows=existing_table_rows,
        max_errors=max_errors,
        diststyle=diststyle,
        distkey=distkey,
        sortkeys=[sortkey1, sortkey2],
        primary_keys=primary_keys,
        last_modified_keys=last_modified_keys,
        escaped=escaped,
        execution=execution,
        polling_interval=polling_interval,
        hidden=hidden,
        progress=progress,
    )


@tracked_transfer
def csv_to_civis(
    filename: str | os.PathLike[str],
    database: str | int,
    table: str,
    client: APIClient | None = None,
    max_errors: int | None = None,
    existing_table_rows: str = "fail",
    diststyle: str | None = None,
    distkey: str | None = None,
    sortkey1: str | None = None,
    sortkey2: str | None = None,
    table_columns: list[dict[str, str]] | None = None,
    delimiter: str = ",",
    headers: bool | None = None,
    primary_keys: list[str] | None = None,
    last_modified_keys: list[str] | None = None,
    escaped: bool = False,
    execution: str = "immediate",
    credential_id: int | None = None,
    polling_interval: int | float | None = None,
    hidden: bool = True,
    *,
    progress: bool | None = None,
) -> CivisFuture:
    r"""Load a local CSV file into a table.

    Parameters
    ----------
    filename
        The file.
    delimiter
        ``","``, ``"\t"`` or ``"|"``.
    progress
        Show a progress bar; None: when a person is watching and it takes a while.
    database, table, client, max_errors, existing_table_rows
        As for `civis_file_to_table`.
    diststyle, distkey, sortkey1, sortkey2, table_columns, headers, primary_keys
        As for `civis_file_to_table`.
    last_modified_keys, escaped, execution, credential_id, polling_interval, hidden
        As for `civis_file_to_table`.

    Returns
    -------
    CivisFuture
        The run of the import.

    Raises
    ------
    CivisInputError
        When an argument can't be what it is, or the table exists and `existing_table_rows` is
        ``"fail"``. Nothing was sent.
    CivisUploadError
        When the platform does not hold everything that was sent. The table is unchanged.
    CivisImportError, CivisAPIError
        As `civis_file_to_table`.
    OSError
        When the file can't be read.
    """
    from civis_nb.io.files.transfers import file_to_civis
    from civis_nb.transport.sources import check_source

    schema, name = schema_and_table(table)
    check_import(existing_table_rows, execution, primary_keys, max_errors, polling_interval)
    delimiter_name(delimiter)
    columns = checked_columns(table_columns)
    names = [column["name"] for column in columns] if columns else None
    key_columns("primary_keys", primary_keys, names)
    key_columns("last_modified_keys", last_modified_keys, names)
    check_source(filename)
    client = client_or_default(client)
    if existing_table_rows == "fail":
        refuse_existing(client, client.get_database_id(database), schema, name)
    file_id = file_to_civis(filename, client=client, progress=progress)
    return civis_file_to_table(
        file_id,
        database,
        table,
        client=client,
        max_errors=max_errors,
        existing_table_rows=existing_table_rows,
        diststyle=diststyle,
        distkey=distkey,
        sortkey1=sortkey1,
        sortkey2=sortkey2,
        table_columns=table_columns,
        primary_keys=primary_keys,
        last_modified_keys=last_modified_keys,
        escaped=escaped,
        execution=execution,
        delimiter=delimiter,
        headers=headers,
        credential_id=credential_id,
        polling_interval=polling_interval,
        hidden=hidden,
        progress=progress,
    )


def start_import(
    client: Any,
    file_ids: Sequence[int],
    schema: str,
    table: str,
    *,
    database_id: int,
    credential_id: int | None,
    columns: list[dict[str, str]] | None,
    first_row_is_header: bool,
    delimiter: str,
    compression: str,
    loosen_types: bool,
    existing_table_rows: str,
    max_errors: int | None,
    diststyle: str | None,
    distkey: str | None,
    sortkeys: list[str | None],
    primary_keys: list[str] | None,
    last_modified_keys: list[str] | None,
    escaped: bool,
    execution: str,
    polling_interval: int | float | None,
    hidden: bool,
    progress: bool | None = None,
) -> CivisFuture:
    """Start the import of files that are known to be right; give its run as a future."""
    job = client.imports.post_files_csv(
        {"file_ids": list(file_ids)},
        {
            "schema": schema,
            "table": table,
            "remote_host_id": database_id,
            "credential_id": credential_or_default(client, credential_id),
            "primary_keys": primary_keys,
            "last_modified_keys": last_modified_keys,
        },
        first_row_is_header,
        name=f"CSV import to {schema}.{table}",
        max_errors=max_errors,
        existing_table_rows=existing_table_rows,
        column_delimiter=delimiter,
        compression=compression,
        escaped=escaped,
        execution=execution,
        loosen_types=loosen_types,
        table_columns=columns,
        redshift_destination_options={
            "diststyle": diststyle,
            "distkey": distkey,
            "sortkeys": sortkeys,
        },
        hidden=hidden,
    )
    return begin(
        lambda: CivisFuture(
            client.jobs.get_runs,
            (job.id, client.jobs.post_runs(job.id).id),
            polling_interval=polling_interval,
            client=client,
            poll_on_creation=False,
            cancel_on_interrupt=True,
            progress=progress,
        )
    )


def table_exists(client: Any, database_id: int, schema: str, table: str) -> bool:
    """Say whether the platform knows a table; when it can't be asked, say no."""
    try:
        client.databases.get_schemas_tables(database_id, schema, table)
    except CivisAPIError as error:
        if error.status_code == 404:
            return False
        raise
    return True


def refuse_existing(client: Any, database_id: int, schema: str, table: str) -> None:
    """Refuse to load into a table that the platform knows.

    Where the platform does not say, it is the import that fails.

    Raises
    ------
    CivisInputError
        When there is such a table.
    """
    try:
        found = client.databases.get_schemas_tables(database_id, schema, table)
    except CivisAPIError:
        return
    # A mock client knows every table.
    if whole_number(getattr(found, "id", None)) is not None:
        raise CivisInputError(
            f"The table {schema}.{table} exists. Say what is to become of its rows: "
            "existing_table_rows='append', 'truncate', 'drop' or 'upsert'. Nothing was sent."
        )


def _file_ids(file_id: Any) -> list[int]:
    ids = list(file_id) if isinstance(file_id, list | tuple) else [file_id]
    if not ids:
        raise CivisInputError("file_id is an empty list: there is nothing to load.")
    for one in ids:
        if isinstance(one, str):
            raise CivisArgumentError(
                f"file_id can't be {one!r}; it is a whole number: int({one!r})."
            )
    return [file_id_of(one) for one in ids]


def _named(file: Detected, columns: list[dict[str, str]] | None) -> list[dict[str, str]]:
    """Return the detected columns, under the caller's names where there are some."""
    if columns is None:
        return file.columns
    if len(columns) != len(file.columns):
        raise CivisImportError(
            f"table_columns names {len(columns)} columns; the file has {len(file.columns)}."
        )
    return [
        {"name": given["name"], "sql_type": found["sql_type"]}
        for given, found in zip(columns, file.columns, strict=True)
    ]
