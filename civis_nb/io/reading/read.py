"""Tables and results of SQL, read into memory."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from civis_nb.errors import CivisAPIError, CivisInputError, EmptyResultError
from civis_nb.io._arguments import (
    DEPRECATED,
    check_encoding,
    chosen,
    client_or_default,
    column_list,
)
from civis_nb.io._progress import progress_bar, tracked_transfer
from civis_nb.io._runs import wait_for
from civis_nb.io.reading.empty import empty_table
from civis_nb.io.reading.export import begin_export
from civis_nb.io.reading.outputs import find_outputs
from civis_nb.io.reading.parsers.arrow_exact import exact_table
from civis_nb.io.reading.parsers.from_arrow import (
    list_from_arrow,
    pandas_from_arrow,
    polars_from_arrow,
)
from civis_nb.io.reading.parsers.lazy import lazy_frame
from civis_nb.io.reading.parsers.list_inferred import read_rows
from civis_nb.io.reading.parsers.pandas_inferred import infer_pandas, read_with_pandas
from civis_nb.io.reading.parsers.polars_inferred import infer_polars
from civis_nb.io.sql_types import types_told
from civis_nb.table_names import quoted, quoted_table, split_schema_tablename

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from civis_nb.client.client import APIClient
    from civis_nb.io.reading.content import Export

__all__ = ["RETURN_AS", "read_civis", "read_civis_sql"]

RETURN_AS = ("list", "pandas", "polars", "arrow", "lazy")
_TYPES = ("infer", "exact")


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
    return_as = _return_as(return_as, use_pandas)
    _check_reading(return_as, types, encoding, kwargs)
    client = client_or_default(client)
    known: list[tuple[str, str]] | None = None
    needs_names = any(not column.isidentifier() or not column.islower() for column in columns or ())
    if types == "exact" or return_as in ("arrow", "lazy") or needs_names:
        known = _table_columns(client, database, table)
    selected = "*" if columns is None else ", ".join(_column(column, known) for column in columns)
    return read_civis_sql(
        f"select {selected} from {name}",  # noqa: S608 - names are quoted, columns may be SQL
        database,
        return_as=return_as,
        encoding=encoding,
        job_name=job_name,
        client=client,
        credential_id=credential_id,
        polling_interval=polling_interval,
        hidden=hidden,
        types=types,
        progress=progress,
        parallel=parallel,
        _told=known if columns is None else None,
        **kwargs,
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
        ``"arrow"``: a table, exact; ``"lazy"``: a polars LazyFrame over a file on this
        machine, exact, for results larger than memory.
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
        ``"infer"``: pandas or polars tell the types from the text, as the package ``civis``
        has it. ``"exact"``: nothing is lost; types come from the database where it tells
        them (docs/reference/types.md), and zero rows give an empty frame.
    progress
        Show a progress bar; None: when a person is watching and it takes a while.
    parallel
        Export to several files at once and read them side by side.
    **kwargs
        Passed on to `pandas.read_csv`, `polars.read_csv` or `csv.reader`; not with exact types.

    Returns
    -------
    list or frame
        As `return_as` says.

    Raises
    ------
    CivisInputError
        When an argument can't be what it is. Nothing was sent.
    EmptyResultError
        When there are no rows, and with exact types, when the columns can't be known either.
    CivisSQLError
        When the statement failed.
    CivisDownloadError
        When the content could not be had whole.
    """
    told = kwargs.pop("_told", None)
    return_as = _return_as(return_as, use_pandas)
    exact = _check_reading(return_as, types, encoding, kwargs)
    client = client_or_default(client)
    settings: dict[str, Any] = {"compression": "gzip"}
    if parallel:
        settings["force_multifile"] = True
    future = begin_export(
        client,
        sql,
        database,
        settings,
        sql_params_arguments=sql_params_arguments,
        job_name=job_name,
        credential_id=credential_id,
        hidden=hidden,
        polling_interval=polling_interval,
    )
    run = wait_for(future)
    outputs = list(run["output"] or [])
    if not outputs:
        if not exact:
            raise EmptyResultError(
                f"The script {future.job_id} gave no rows. "
                "With types='exact' that is an empty frame."
            )
        told = types_told(getattr(run, "result_columns", None)) or told
        table = empty_table(future.job_id, sql, database, client, credential_id, told)
        return _as(table, return_as)
    found = find_outputs(client, outputs, multifile=parallel)
    with progress_bar(f"Reading {found.remotes[0].what}", found.size, progress) as advance:
        if return_as == "lazy":
            told = found.told or told
            return lazy_frame(client, replace(found, told=told), advance)
        content = found.content(client, advance)
        if exact:
            return _as(exact_table(content, found.told or told, content.what), return_as)
        return _inferred(content, return_as, encoding, kwargs)


def _inferred(content: Export, return_as: str, encoding: str | None, options: Any) -> Any:
    if return_as == "list":
        return read_rows(content, content.what, encoding, **options)
    if encoding is not None:
        options = {**options, "encoding": encoding}
    if return_as == "polars":
        return infer_polars(content, content.what, **options)
    # How the export was packed is known, and undone by now.
    options = {name: value for name, value in options.items() if name != "compression"}
    if options:
        return read_with_pandas(content, **options)
    return infer_pandas(content, content.what)


def _as(table: pa.Table, return_as: str) -> Any:
    if return_as == "list":
        return list_from_arrow(table)
    if return_as == "pandas":
        return pandas_from_arrow(table)
    if return_as == "arrow":
        return table
    frame = polars_from_arrow(table)
    return frame.lazy() if return_as == "lazy" else frame


def _check_reading(return_as: str, types: str, encoding: str | None, options: Any) -> bool:
    """Refuse what can't be read so; say whether the reading is exact."""
    exact = chosen("types", types, _TYPES) == "exact" or return_as in ("arrow", "lazy")
    if exact and (options or encoding):
        given = ", ".join([*options, *(["encoding"] if encoding else [])])
        raise CivisInputError(
            f"{given}: exact types take no options of a parser. Leave them out, or read with "
            "types='infer' and return_as 'list', 'pandas' or 'polars'."
        )
    check_encoding(encoding, return_as)
    return exact


def _return_as(return_as: str, use_pandas: Any) -> str:
    if use_pandas is DEPRECATED:
        return chosen("return_as", return_as, RETURN_AS)
    chosen("return_as", return_as, RETURN_AS)
    fits = return_as in ("list", "pandas") if use_pandas else return_as != "pandas"
    if not fits:
        raise CivisInputError(
            f"use_pandas={use_pandas!r} and return_as={return_as!r} contradict each other. "
            "Leave use_pandas out, it is deprecated; return_as says it all."
        )
    warnings.warn(
        "use_pandas is deprecated; say return_as='pandas' or return_as='list'.",
        FutureWarning,
        stacklevel=4,
    )
    return "pandas" if use_pandas else return_as


def _table_columns(client: Any, database: str | int, table: str) -> list[tuple[str, str]] | None:
    """Ask the platform for the columns of a table; None when it does not tell."""
    schema, name = split_schema_tablename(table)
    if schema is None:
        return None
    try:
        database_id = client.get_database_id(database)
        found = client.databases.get_schemas_tables(database_id, schema, name)
    except CivisAPIError:
        return None
    return types_told(getattr(found, "columns", None))


def _column(column: str, known: list[tuple[str, str]] | None) -> str:
    """Return a column as SQL: quoted when it is the very name of a column that needs it."""
    names = {name for name, _ in known or ()}
    needs_quotes = column != column.lower() or not column.isidentifier()
    return quoted(column) if column in names and needs_quotes else column
