"""CSV files into tables: detected where that is needed, and imported."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from civis_nb.client.protocol import client_or_default
from civis_nb.errors import CivisArgumentError, CivisImportError, CivisInputError
from civis_nb.io.arguments import delimiter_name, file_id_of
from civis_nb.io.call import tracked_transfer
from civis_nb.io.files.transfers import file_to_civis
from civis_nb.io.writing.destination import table_exists
from civis_nb.io.writing.detect import agreed, preprocess
from civis_nb.io.writing.start import PreparedFiles, start_import
from civis_nb.io.writing.table_import import TableImport

if TYPE_CHECKING:
    from civis_nb.client.client import APIClient
    from civis_nb.client.protocol import Client
    from civis_nb.futures import CivisFuture

__all__ = ["civis_file_to_table", "csv_to_civis"]


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
        When the table exists: ``"fail"`` (the import does; the table is unchanged),
        ``"truncate"``, ``"append"``, ``"drop"``, ``"upsert"``.
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
        When an argument can't be what it is (a TypeError too when an id is a text). Nothing
        was sent.
    CivisImportError
        When the files can't be prepared, or do not agree. The table is unchanged.
    CivisAPIError
        When the platform refuses the import.
    """
    file_ids = _file_ids(file_id)
    target = TableImport.of(locals())
    if delimiter is not None:
        delimiter_name(delimiter)
    client = client_or_default(client)
    database_id = client.get_database_id(database)
    return _load(client, database_id, file_ids, target, delimiter, headers)


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
        When an argument can't be what it is. Nothing was sent.
    CivisUploadError
        When the platform does not hold everything that was sent. The table is unchanged.
    CivisImportError, CivisAPIError
        As `civis_file_to_table`.
    OSError
        When the file can't be read.
    """
    from civis_nb.transport.sources import check_source

    target = TableImport.of(locals())
    delimiter_name(delimiter)
    check_source(filename)
    client = client_or_default(client)
    database_id = client.get_database_id(database)
    file_id = file_to_civis(filename, client=client, progress=progress)
    return _load(client, database_id, [file_id], target, delimiter, headers)


def _load(
    client: Client,
    database_id: int,
    file_ids: list[int],
    target: TableImport,
    delimiter: str | None,
    headers: bool | None,
) -> CivisFuture:
    """Prepare files and start their import; `delimiter` and `headers` are None to be detected."""
    wanted_delimiter = None if delimiter is None else delimiter_name(delimiter)
    detect_columns = not target.has_types and (
        target.existing_table_rows == "drop" or not table_exists(client, database_id, target)
    )
    found = preprocess(
        client,
        file_ids,
        target,
        detect_columns=detect_columns,
        delimiter=wanted_delimiter,
        headers=headers,
    )
    file = agreed(found, delimiter=wanted_delimiter, headers=headers, columns=detect_columns)
    prepared = PreparedFiles(
        file_ids=[one.file_id for one in found],
        columns=_named(file.columns, target) if detect_columns else target.table_columns,
        has_header=bool(file.include_header),
        delimiter=file.delimiter or "comma",
        compression=file.compression or "none",
        loosen_types=detect_columns,
    )
    return start_import(client, database_id, prepared, target)


def _file_ids(file_id: Any) -> list[int]:
    """Return ``file_id`` as a list of ids."""
    ids = list(file_id) if isinstance(file_id, list | tuple) else [file_id]
    if not ids:
        raise CivisInputError("file_id is an empty list: there is nothing to load.")
    for one in ids:
        if isinstance(one, str):
            raise CivisArgumentError(
                f"file_id can't be {one!r}; it is a whole number: int({one!r})."
            )
    return [file_id_of(one) for one in ids]


def _named(found: list[dict[str, str]], target: TableImport) -> list[dict[str, str]]:
    """Return the detected columns, under the caller's names where there are some."""
    given = target.table_columns
    if given is None:
        return found
    if len(given) != len(found):
        raise CivisImportError(
            f"table_columns names {len(given)} columns; the file has {len(found)}."
        )
    return [
        {"name": wanted["name"], "sql_type": column["sql_type"]}
        for wanted, column in zip(given, found, strict=True)
    ]
