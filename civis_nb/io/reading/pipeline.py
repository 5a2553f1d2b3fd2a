"""From a statement to its result: start an export, wait for it, find its files, parse them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from civis_nb.cancellation import current_token
from civis_nb.errors import EmptyResultError
from civis_nb.frames.native import exact_columns_note
from civis_nb.frames.typed import TypedTable
from civis_nb.futures import CivisFuture
from civis_nb.io.arguments import credential_or_default, new_job_name
from civis_nb.io.call import progress_bar, start_run
from civis_nb.io.reading.empty import empty_table
from civis_nb.io.reading.outputs import ResultFiles, result_files
from civis_nb.io.reading.parsers.arrow_exact import exact_table, sql_types_of
from civis_nb.io.reading.parsers.lazy import lazy_frame
from civis_nb.io.reading.parsers.list_inferred import read_rows
from civis_nb.io.reading.parsers.pandas_inferred import infer_pandas, read_with_pandas
from civis_nb.io.reading.parsers.polars_inferred import infer_polars
from civis_nb.io.runs import wait_for

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client
    from civis_nb.frames.sql_types import DeclaredTypes
    from civis_nb.io.reading.options import ReadOptions, SqlExport

__all__ = ["read_result", "read_typed", "start_export"]


def start_export(
    client: Client,
    export: SqlExport,
    make_future: Callable[..., CivisFuture] = CivisFuture,
    **future_options: Any,
) -> CivisFuture:
    """Start an export as a part of the present call.

    Parameters
    ----------
    client
        The client.
    export
        What to export.
    make_future
        `CivisFuture`, or what takes the same arguments.
    **future_options
        Of the future.

    Returns
    -------
    CivisFuture
        The run.

    Raises
    ------
    CivisAPIError
        When the platform refuses the script.
    """

    def start() -> CivisFuture:
        script = client.scripts.post_sql(
            new_job_name(export.job_name),
            remote_host_id=client.get_database_id(export.database),
            credential_id=credential_or_default(client, export.credential_id),
            sql=export.sql,
            hidden=export.hidden,
            csv_settings=dict(export.csv_settings or {}),
            **(export.sql_params_arguments or {}),
        )
        current_token().raise_if_cancelled()  # interrupted by now: then there is to be no run
        run = client.scripts.post_sql_runs(script.id)
        return make_future(
            client.scripts.get_sql_runs,
            (script.id, run.id),
            polling_interval=export.polling_interval,
            client=client,
            **future_options,
        )

    return start_run(start)


def read_result(
    client: Client,
    future: CivisFuture,
    export: SqlExport,
    options: ReadOptions,
    *,
    declared_types: DeclaredTypes | None = None,
    progress: bool | None = None,
) -> Any:
    """Wait for an export and read its result.

    Parameters
    ----------
    client
        The client.
    future, export
        The run, and what it exports.
    options
        What the result becomes.
    declared_types
        The columns' types, for where the export itself has none.
    progress
        As for `read_civis_sql`.

    Returns
    -------
    list or frame
        As ``options.return_as`` says.

    Raises
    ------
    EmptyResultError
        When there are no rows, and unless types are inferred, when the columns can't be known
        either.
    CivisSQLError
        When the statement failed.
    CivisDownloadError
        When the content could not be had whole.

    Warns
    -----
    UserWarning
        When a column has no native type that keeps its values.
    """
    files = result_files(client, wait_for(future), export, declared_types)
    if not options.is_typed:
        return _inferred(future, files, options, progress)
    if options.return_as == "lazy" and files.remotes:
        with _progress(files, progress) as advance:
            frame, kept = lazy_frame(files, advance, native=options.types == "native")
    else:
        result = _typed(client, future, export, files, progress)
        frame, kept = result.frame(options.return_as, options.types)
    if kept:
        # Of the caller of the public function, which is decorated.
        warnings.warn(exact_columns_note(kept, "types='exact'"), UserWarning, stacklevel=4)
    return frame


def read_typed(client: Client, future: CivisFuture, export: SqlExport) -> TypedTable:
    """Wait for an export and read its result with exact types; as `read_result`."""
    files = result_files(client, wait_for(future), export)
    return _typed(client, future, export, files, progress=False)


def _typed(
    client: Client,
    future: CivisFuture,
    export: SqlExport,
    files: ResultFiles,
    progress: bool | None,
) -> TypedTable:
    """Return a result with exact types; one without rows keeps its columns."""
    if files.remotes:
        with _progress(files, progress) as advance:
            table = exact_table(files.content(advance), files.declared_types, files.name)
    else:
        table = empty_table(client, future.job_id, export, files.declared_types)
    return TypedTable(table, sql_types_of(table.column_names, files.declared_types))


def _inferred(
    future: CivisFuture, files: ResultFiles, options: ReadOptions, progress: bool | None
) -> Any:
    """Parse the files of a result in the parser of its kind, which infers the types."""
    if not files.remotes:
        raise EmptyResultError(
            f"The script {future.job_id} was run and gave no rows. With types='exact' that is an "
            "empty frame; query_civis is for statements without a result."
        )
    with _progress(files, progress) as advance:
        content = files.content(advance)
        given = dict(options.parser_options)
        if options.return_as == "list":
            return read_rows(content, files.name, options.encoding, **given)
        if options.encoding is not None:
            given["encoding"] = options.encoding
        if options.return_as == "polars":
            return infer_polars(content, files.name, **given)
        given.pop("compression", None)  # how the export was packed is known, and undone by now
        if given:
            return read_with_pandas(content, **given)
        return infer_pandas(content, files.name)


def _progress(
    files: ResultFiles, progress: bool | None
) -> AbstractContextManager[Callable[[int], None]]:
    return progress_bar(f"Reading {files.name}", files.size, progress)
