"""Tables and results of SQL, read into memory."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from civis_nb.client.protocol import client_or_default
from civis_nb.errors import CivisAPIError, CivisInputError
from civis_nb.frames.sql_types import DeclaredTypes, declared_types_of
from civis_nb.io.arguments import (
    DEPRECATED,
    check_interval,
    chosen,
    column_list,
)
from civis_nb.io.call import tracked_transfer
from civis_nb.io.reading.options import RETURN_AS, ReadOptions, SqlExport
from civis_nb.io.reading.pipeline import read_result, start_export
from civis_nb.table_names import quoted, quoted_table, split_schema_tablename

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from civis_nb.client.client import APIClient
    from civis_nb.client.protocol import Client

__all__ = ["read_civis", "read_civis_sql"]

_GZIP = {"compression": "gzip"}
_PARALLEL = {**_GZIP, "force_multifile": True}


@tracked_transfer
def read_civis(
    table: str,
    database: str | int,
    columns: list[str] | None = None,
    return_as: str = "list",
    use_pandas: Any = DEPRECATED,
    encoding: str | None = None,
    job_name: str | None = None,
    client: APIClient | None = None,
    credential_id: int | None = None,
    polling_interval: int | float | None = None,
    hidden: bool = True,
    *,
    types: str = "infer",
    progress: bool | None = None,
    parallel: bool = False,
    **kwargs: Any,
) -> list[list[Any]] | pd.DataFrame | pl.DataFrame | pa.Table | pl.LazyFrame:
    """Read a table.

    Parameters
    ----------
    table
        ``schema.table``; a part that holds a dot stands in double quotes.
    database
        Name or id of the database.
    columns
        Names of columns, or SQL expressions; by default all columns.
    return_as, use_pandas, encoding, job_name, client, credential_id, polling_interval, hidden
        As for `read_civis_sql`.
    types, progress, parallel, **kwargs
        As for `read_civis_sql`.

    Returns
    -------
    list or frame
        As `read_civis_sql`.

    Raises
    ------
    CivisInputError
        When an argument can't be what it is. Nothing was sent.
    EmptyResultError
        When the table is empty.
    CivisSQLError
        When there is no such table or column.
    CivisDownloadError
        When the content could not be had whole.
    """
    name = quoted_table(table)
    columns = column_list(columns)
    options = ReadOptions(
        return_as=_return_as(return_as, use_pandas),
        types=types,
        encoding=encoding,
        parser_options=kwargs,
    )
    check_interval(polling_interval)
    client = client_or_default(client)
    declared: DeclaredTypes | None = None
    if options.is_typed or any(map(_needs_quotes, columns or ())):
        declared = _table_types(client, database, table)
    selected = "*" if columns is None else ", ".join(_as_sql(one, declared) for one in columns)
    export = SqlExport(
        sql=f"select {selected} from {name}",  # noqa: S608 - names are quoted, columns may be SQL
        database=database,
        csv_settings=_PARALLEL if parallel else _GZIP,
        job_name=job_name,
        credential_id=credential_id,
        hidden=hidden,
        polling_interval=polling_interval,
    )
    return read_result(
        client,
        start_export(client, export),
        export,
        options,
        declared_types=declared if columns is None else None,
        progress=progress,
    )


@tracked_transfer
def read_civis_sql(
    sql: str,
    database: str | int,
    return_as: str = "list",
    use_pandas: Any = DEPRECATED,
    sql_params_arguments: dict[str, Any] | None = None,
    encoding: str | None = None,
    job_name: str | None = None,
    client: APIClient | None = None,
    credential_id: int | None = None,
    polling_interval: int | float | None = None,
    hidden: bool = True,
    *,
    types: str = "infer",
    progress: bool | None = None,
    parallel: bool = False,
    **kwargs: Any,
) -> list[list[Any]] | pd.DataFrame | pl.DataFrame | pa.Table | pl.LazyFrame:
    """Read the result of a statement.

    Parameters
    ----------
    sql
        The statement.
    database
        Name or id of the database.
    return_as
        ``"list"``: rows of texts, the names first; ``"pandas"``, ``"polars"``: a frame;
        ``"arrow"``: a table; ``"lazy"``: a polars LazyFrame over a file on this machine, for
        results larger than memory. Both are exact unless ``types="native"``.
    use_pandas
        Deprecated; say ``return_as``.
    sql_params_arguments
        ``params`` and ``arguments`` of the script.
    encoding
        Of the text; by default UTF-8.
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
    types
        ``"infer"``: pandas or polars infer the types from the text, as with the package
        ``civis``. ``"exact"``: nothing is lost; types come from the database where it declares
        them (docs/reference/types.md), and zero rows give an empty frame. ``"native"``: the same
        values with the types that people work with: decimals as floats where these keep every
        digit, dates as datetime64; what would lose digits stays exact, and a warning says so.
    progress
        Show a progress bar; None: when a person is watching and it takes a while.
    parallel
        Export to several files at once and read them side by side.
    **kwargs
        Passed on to `pandas.read_csv`, `polars.read_csv` or `csv.reader`; only with
        ``types="infer"``.

    Returns
    -------
    list or frame
        As `return_as` says.

    Raises
    ------
    CivisInputError
        When an argument can't be what it is. Nothing was sent.
    EmptyResultError
        When there are no rows; with exact and native types, when the columns can't be known
        either.
    CivisSQLError
        When the statement failed.
    CivisDownloadError
        When the content could not be had whole.
    """
    options = ReadOptions(
        return_as=_return_as(return_as, use_pandas),
        types=types,
        encoding=encoding,
        parser_options=kwargs,
    )
    export = SqlExport(
        sql=sql,
        database=database,
        csv_settings=_PARALLEL if parallel else _GZIP,
        sql_params_arguments=sql_params_arguments,
        job_name=job_name,
        credential_id=credential_id,
        hidden=hidden,
        polling_interval=polling_interval,
    )
    client = client_or_default(client)
    return read_result(client, start_export(client, export), export, options, progress=progress)


def _return_as(return_as: str, use_pandas: Any) -> str:
    """Return ``return_as``, after a warning about ``use_pandas`` where that is given."""
    chosen("return_as", return_as, RETURN_AS)
    if use_pandas is DEPRECATED:
        return return_as
    agree = return_as in ("list", "pandas") if use_pandas else return_as != "pandas"
    if not agree:
        raise CivisInputError(
            f"use_pandas={use_pandas!r} and return_as={return_as!r} contradict each other. "
            "Leave use_pandas out: it is deprecated."
        )
    warnings.warn(
        "use_pandas is deprecated; use return_as='pandas' or return_as='list'.",
        FutureWarning,
        stacklevel=4,  # the caller of the public function, which is decorated
    )
    return "pandas" if use_pandas else return_as


def _table_types(client: Client, database: str | int, table: str) -> DeclaredTypes | None:
    """Return the columns of a table and their types; None where the platform has none."""
    schema, name = split_schema_tablename(table)
    if schema is None:
        return None
    try:
        database_id = client.get_database_id(database)
        found = client.databases.get_schemas_tables(database_id, schema, name)
    except CivisAPIError:
        return None
    return declared_types_of(getattr(found, "columns", None))


def _needs_quotes(column: str) -> bool:
    return not column.isidentifier() or not column.islower()


def _as_sql(column: str, declared: DeclaredTypes | None) -> str:
    """Return a column as SQL: quoted when it is the name of a column that needs it."""
    is_name = column in {name for name, _ in declared or ()}
    return quoted(column) if is_name and _needs_quotes(column) else column
