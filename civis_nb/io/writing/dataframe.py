"""Frames into tables."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from civis_nb.client.protocol import client_or_default
from civis_nb.errors import CivisInputError
from civis_nb.io.arguments import delimiter_name
from civis_nb.io.call import step, tracked_transfer
from civis_nb.io.writing.columns import arrow_of, as_csv_column, sql_type_of
from civis_nb.io.writing.csv_options import can_hold, styled_texts, write_options
from civis_nb.io.writing.destination import column_names
from civis_nb.io.writing.frame_text import FrameText
from civis_nb.io.writing.start import PreparedFiles, start_import
from civis_nb.io.writing.table_import import TableImport
from civis_nb.io.writing.table_names import check_text
from civis_nb.io.writing.upload import upload_gzip

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from civis_nb.client.client import APIClient
    from civis_nb.client.protocol import Client
    from civis_nb.futures import CivisFuture

__all__ = ["dataframe_to_civis"]


@dataclass(frozen=True)
class _FrameAsCsv:
    """A frame as CSV.

    Attributes
    ----------
    text
        The text.
    columns
        Name and SQL type of each column.
    header
        Whether the first line holds the names.
    delimiter
        As the API names it.
    """

    text: FrameText
    columns: list[dict[str, str]]
    header: bool
    delimiter: str


@tracked_transfer
def dataframe_to_civis(
    df: pd.DataFrame | pl.DataFrame,
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
    credential_id: int | None = None,
    primary_keys: list[str] | None = None,
    last_modified_keys: list[str] | None = None,
    execution: str = "immediate",
    polling_interval: int | float | None = None,
    hidden: bool = True,
    *,
    progress: bool | None = None,
    **kwargs: Any,
) -> CivisFuture:
    """Load a frame into a table, so that reading it back exactly gives the same frame.

    A new table gets the SQL types of the frame's columns (docs/reference/types.md). Columns of
    a table that exists are found by name, and sent in the table's order. A frame that lacks some
    of them is refused, unless `table_columns` names its own: then the table fills the others
    with their defaults. A pandas index is not written; ``index=True``
    writes it, or use ``df.reset_index()``.

    Parameters
    ----------
    df
        A pandas or polars DataFrame, or a pyarrow Table.
    table_columns
        Names and SQL types in the order of the frame; by default the frame's own.
    progress
        Show a progress bar; None: when a person is watching and it takes a while.
    **kwargs
        Passed on to ``DataFrame.to_csv`` of pandas or ``DataFrame.write_csv`` of polars.
    database, table, client, max_errors, existing_table_rows, diststyle, distkey, sortkey1
        As for `civis_file_to_table`.
    sortkey2, credential_id, primary_keys, last_modified_keys, execution
        As for `civis_file_to_table`.
    polling_interval, hidden
        As for `civis_file_to_table`.

    Returns
    -------
    CivisFuture
        The run of the import.

    Raises
    ------
    CivisInputError
        When the frame holds what no table can (bytes, lists, objects), has two columns of one
        name or none at all, or does not fit the table; when another argument can't be what it
        is. Nothing was sent.
    CivisUploadError
        When there is no room for the frame's text on this machine, or the platform does not
        hold everything that was sent. The table is unchanged.
    CivisAPIError
        When the platform refuses the import.
    """
    target = TableImport.of(locals())
    step("Preparing the frame")
    written = _written(df, kwargs)
    given = target.table_columns
    if given is not None and len(given) != len(written.columns):
        raise CivisInputError(
            f"table_columns names {len(given)} columns; the frame has {len(written.columns)}."
        )
    target.check_keys([column["name"] for column in given or written.columns])
    client = client_or_default(client)
    database_id = client.get_database_id(database)
    written = _matched_to_table(client, database_id, target, written)
    file_id = upload_gzip(client, written.text, f"{target.name}.csv.gz", progress)
    prepared = PreparedFiles(
        file_ids=[file_id],
        columns=written.columns,
        has_header=written.header,
        delimiter=written.delimiter,
        compression="gzip",
        loosen_types=given is None,
    )
    return start_import(client, database_id, prepared, target)


def _written(df: Any, options: dict[str, Any]) -> _FrameAsCsv:
    """Return a frame as CSV, as the options of its own writer have it."""
    import pyarrow as pa

    wanted = write_options(df, options)
    table = arrow_of(wanted.frame)
    names = wanted.names or table.column_names
    _check_names(names)
    columns, described = [], []
    for at, (name, column) in enumerate(zip(names, table.columns, strict=True)):
        csv_column, sql_type = as_csv_column(column, name)
        text = styled_texts(wanted.frame, at, column, csv_column, wanted.style)
        if text is not None:
            csv_column = text
            sql_type = sql_type if can_hold(column.type, text) else sql_type_of(text)
        columns.append(csv_column)
        described.append({"name": name, "sql_type": sql_type})
    # Without a line at all there would be no file.
    header = wanted.header or not table.num_rows
    text = FrameText(pa.Table.from_arrays(columns, names=names), header, wanted.delimiter)
    return _FrameAsCsv(text, described, header, delimiter_name(wanted.delimiter))


def _check_names(names: list[str]) -> None:
    """Check that a table can have columns of these names."""
    if not names:
        raise CivisInputError("The frame has no columns; there is nothing to load.")
    if not all(names):
        raise CivisInputError("A column of the frame has no name; give it one.")
    for name in names:
        check_text("The name of a column", name)
    folded = Counter(name.lower() for name in names)
    twice = [name for name in names if folded[name.lower()] > 1]
    if twice:
        raise CivisInputError(
            f"The frame has columns that a table can't keep apart: {', '.join(map(repr, twice))}. "
            "Rename them."
        )


def _matched_to_table(
    client: Client, database_id: int, target: TableImport, written: _FrameAsCsv
) -> _FrameAsCsv:
    """Return the frame with its columns named and ordered as those of the table it goes to."""
    given = target.table_columns
    if given is not None:
        columns = [
            {**column, **wanted} for column, wanted in zip(written.columns, given, strict=True)
        ]
        return replace(written, columns=columns)
    if target.existing_table_rows in ("drop", "fail"):
        return written
    names = column_names(client, database_id, target)
    if not names:
        return written
    folded = {name.lower(): name for name in names}
    # By the table's name of each: the frame's own name, and what is sent.
    found = {
        name if name in names else folded.get(name.lower(), name): (name, column)
        for column in written.columns
        for name in (column["name"],)
    }
    unknown = [own for name, (own, _) in found.items() if name not in names]
    missing = [name for name in names if name not in found]
    if unknown or missing:
        raise CivisInputError(_difference(target, names, unknown, missing))
    return replace(
        written,
        text=written.text.in_order([found[name][0] for name in names]),
        columns=[{**found[name][1], "name": name} for name in names],
    )


def _difference(
    target: TableImport, names: list[str], unknown: list[str], missing: list[str]
) -> str:
    """Return the message on a frame whose columns are not those of its table."""
    table = f"The table {target.schema}.{target.name}"
    if unknown:
        has = f"has no column {', '.join(map(repr, unknown))}; it has {', '.join(names)}."
        lacks = f" The frame lacks {', '.join(map(repr, missing))}." if missing else ""
        advice = "Rename the frame's columns, or use existing_table_rows='drop'."
        return f"{table} {has}{lacks} {advice} Nothing was sent."
    return (
        f"{table} has columns that the frame lacks: {', '.join(map(repr, missing))}. Add them, or, "
        "where the table is to fill them itself (a default, an identity, NULL), name the frame's "
        "own: table_columns=[{'name': …}, …]. Nothing was sent."
    )
