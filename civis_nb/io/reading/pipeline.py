"""From a statement to its result: start an export, wait for it, find its files, parse them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from civis_nb.cancellation import current_token
from civis_nb.errors import EmptyResultError
from civis_nb.futures import CivisFuture
from civis_nb.io.arguments import credential_or_default, new_job_name
from civis_nb.io.call import progress_bar, start_run
from civis_nb.io.reading.empty import empty_table
from civis_nb.io.reading.outputs import ResultFiles, result_files
from civis_nb.io.reading.parsers.arrow_exact import exact_table
from civis_nb.io.reading.parsers.from_arrow import converted
from civis_nb.io.reading.parsers.lazy import lazy_frame
from civis_nb.io.reading.parsers.list_inferred import read_rows
from civis_nb.io.reading.parsers.pandas_inferred import infer_pandas, read_with_pandas
from civis_nb.io.reading.parsers.polars_inferred import infer_polars
from civis_nb.io.runs import wait_for

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client
    from civis_nb.io.reading.options import ReadOptions, SqlExport
    from civis_nb.io.sql_types import DeclaredTypes

__all__ = ["read_result", "start_export"]


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
        When there are no rows, and with exact types, when the columns can't be known either.
    CivisSQLError
        When the statement failed.
    CivisDownloadError
        When the content could not be had whole.
    """
    files = result_files(client, wait_for(future), export, declared_types)
    if not files.remotes:
        if not options.is_exact:
            raise EmptyResultError(
                f"The script {future.job_id} gave no rows. "
                "With types='exact' that is an empty frame."
            )
        table = empty_table(client, future.job_id, export, files.declared_types)
        return converted(table, options.return_as)
    with progress_bar(f"Reading {files.name}", files.size, progress) as advance:
        return _parsed(files, options, advance)


def _parsed(files: ResultFiles, options: ReadOptions, count: Callable[[int], None]) -> Any:
    """Parse the files of a result, in the parser of its kind."""
    if options.return_as == "lazy":
        return lazy_frame(files, count)
    content = files.content(count)
    if options.is_exact:
        table = exact_table(content, files.declared_types, files.name)
        return converted(table, options.return_as)
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
