"""Frames into tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from civis_nb.errors import CivisAPIError, CivisInputError
from civis_nb.io._arguments import client_or_default, delimiter_name
from civis_nb.io._progress import step, tracked_transfer
from civis_nb.io.writing.columns import arrow_of, as_csv_column, sql_type_of
from civis_nb.io.writing.csv_options import asked_of, holds, restyled
from civis_nb.io.writing.import_options import (
    check_import,
    check_text,
    checked_columns,
    key_columns,
    schema_and_table,
)
from civis_nb.io.writing.load import refuse_existing, start_import
from civis_nb.io.writing.upload import Text, upload_gzip

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from civis_nb.client.client import APIClient
    from civis_nb.futures import CivisFuture

__all__ = ["dataframe_to_civis"]

#: Small enough that the texts of a few blocks stay in the processor's cache.
_ROWS_AT_ONCE = 25_000
#: Frames from this size on are sampled, to know how large their deflated text will be.
_SAMPLED_FROM_BYTES = 16 * 1024 * 1024
_SAMPLES = 3


@dataclass(frozen=True)
class _Written:
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
        The platform's word for the delimiter.
    """

    text: Text
    columns: list[dict[str, str]]
    header: bool = True
    delimiter: str = "comma"


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
    a table that exists are found by name. A pandas index is not written; ``index=True``
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
        name or none at all, or does not fit the table; when the table exists and
        `existing_table_rows` is ``"fail"``; when another argument can't be what it is. Nothing
        was sent.
    CivisUploadError
        When there is no room for the frame's text on this machine, or the platform does not
        hold everything that was sent. The table is unchanged.
    CivisAPIError
        When the platform refuses the import.
    """
    schema, name = schema_and_table(table)
    check_import(existing_table_rows, execution, primary_keys, max_errors, polling_interval)
    given = checked_columns(table_columns)
    step("Preparing the frame")
    prepared = _prepared(df, kwargs)
    if given is not None and len(given) != len(prepared.columns):
        raise CivisInputError(
            f"table_columns names {len(given)} columns; the frame has {len(prepared.columns)}."
        )
    names = [column["name"] for column in given or prepared.columns]
    primary_keys = key_columns("primary_keys", primary_keys, names)
    last_modified_keys = key_columns("last_modified_keys", last_modified_keys, names)
    client = client_or_default(client)
    database_id = client.get_database_id(database)
    if existing_table_rows == "fail":
        refuse_existing(client, database_id, schema, name)
    columns = _matched(
        prepared.columns, given, client, database_id, schema, name, existing_table_rows
    )
    file_id = upload_gzip(client, prepared.text, f"{name}.csv.gz", progress)
    return start_import(
        client,
        [file_id],
        schema,
        name,
        database_id=database_id,
        credential_id=credential_id,
        columns=columns,
        first_row_is_header=prepared.header,
        delimiter=prepared.delimiter,
        compression="gzip",
        loosen_types=given is None,
        existing_table_rows=existing_table_rows,
        max_errors=max_errors,
        diststyle=diststyle,
        distkey=distkey,
        sortkeys=[sortkey1, sortkey2],
        primary_keys=primary_keys,
        last_modified_keys=last_modified_keys,
        escaped=False,
        execution=execution,
        polling_interval=polling_interval,
        hidden=hidden,
        progress=progress,
    )


def _prepared(df: Any, options: dict[str, Any]) -> _Written:
    import pyarrow as pa

    asked = asked_of(df, options)
    table = arrow_of(asked.frame)
    names = asked.names or table.column_names
    _check_names(names)
    columns, described = [], []
    for at, (name, column) in enumerate(zip(names, table.columns, strict=True)):
        csv_column, sql_type = as_csv_column(column, name)
        text = restyled(asked.frame, at, column, csv_column, asked.style)
        if text is not None:
            csv_column = text
            sql_type = sql_type if holds(column.type, text) else sql_type_of(text)
        columns.append(csv_column)
        described.append({"name": name, "sql_type": sql_type})
    exact = pa.Table.from_arrays(columns, names=names)
    # Without a line at all there would be no file.
    header = asked.header or not table.num_rows
    text = _FrameText(exact, header, asked.delimiter)
    return _Written(text, described, header, delimiter_name(asked.delimiter))


def _check_names(names: list[str]) -> None:
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


class _FrameText:
    """The CSV of a frame, written block by block."""

    def __init__(self, table: pa.Table, header: bool = True, delimiter: str = ",") -> None:
        import polars as pl

        frame = pl.from_arrow(table)
        assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a table never gives a series
        self._frame = frame
        self._header = header
        self._delimiter = delimiter

    def _text(self, start: int, rows: int, *, header: bool) -> bytes:
        piece = self._frame.slice(start, rows)
        return piece.write_csv(include_header=header, separator=self._delimiter).encode()

    def chunks(self) -> Iterator[bytes]:
        for start in range(0, max(self._frame.height, 1), _ROWS_AT_ONCE):
            yield self._text(start, _ROWS_AT_ONCE, header=self._header and start == 0)

    def samples(self) -> tuple[list[bytes], float]:
        rows = self._frame.height
        if rows < _SAMPLES or self._frame.estimated_size() < _SAMPLED_FROM_BYTES:
            return [], 0.0
        count = min(max(rows // 500, 1), _ROWS_AT_ONCE)
        starts = [(rows - count) * at // (_SAMPLES - 1) for at in range(_SAMPLES)]
        texts = [self._text(at, count, header=False) for at in starts]
        return texts, count * _SAMPLES / rows


def _matched(
    columns: list[dict[str, str]],
    given: list[dict[str, str]] | None,
    client: Any,
    database_id: int,
    schema: str,
    table: str,
    existing_table_rows: str,
) -> list[dict[str, str]]:
    """Return the columns as the table is to have them, in the order of the frame."""
    if given is not None:
        return [{**column, **wanted} for column, wanted in zip(columns, given, strict=True)]
    if existing_table_rows in ("drop", "fail"):
        return columns
    names = _names_of_table(client, database_id, schema, table)
    if not names:
        return columns
    folded = {name.lower(): name for name in names}
    wanted = [column["name"] for column in columns]
    unknown = [name for name in wanted if name.lower() not in folded]
    if unknown:
        raise CivisInputError(
            f"The table {schema}.{table} has no column {', '.join(map(repr, unknown))}; it has "
            f"{', '.join(names)}. Rename the frame's columns, or say "
            "existing_table_rows='drop'. Nothing was sent."
        )
    return [
        {**column, "name": name if (name := column["name"]) in names else folded[name.lower()]}
        for column in columns
    ]


def _names_of_table(client: Any, database_id: int, schema: str, table: str) -> list[str]:
    try:
        found = client.databases.get_schemas_tables(database_id, schema, table)
    except CivisAPIError:
        return []
    columns = getattr(found, "columns", None)
    if not isinstance(columns, list):
        return []
    return [column["name"] for column in columns]
