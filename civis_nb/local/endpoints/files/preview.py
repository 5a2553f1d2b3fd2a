"""``/files/{id}/preview``: the first rows of a CSV file, and what its columns seem to be."""

from __future__ import annotations

import codecs
from itertools import islice
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request

from civis_nb.errors import WarehouseError
from civis_nb.local.context import context_of
from civis_nb.local.endpoints.files.files import DetectedColumn
from civis_nb.local.errors import Invalid, Unprocessable
from civis_nb.local.http.wire import Wire
from civis_nb.local.warehouse.base import DELIMITERS, CsvDetection

__all__ = ["router"]

router = APIRouter(tags=["files"])

_ROWS = 20


class FilePreview(Wire):
    """The first rows of a file."""

    columns: list[DetectedColumn]
    rows: list[list[str]]
    column_delimiter: str
    include_header: bool


@router.get("/files/{id}/preview", summary="Get a column and row preview of a file")
def get_preview(
    request: Request,
    id: int,
    column_delimiter: Annotated[
        str | None, Query(json_schema_extra={"enum": list(DELIMITERS)})
    ] = None,
    include_header: bool | None = None,
) -> FilePreview:
    """Return the first rows of a CSV file; what is not given is detected."""
    # Imported here: finding types loads DuckDB.
    from civis_nb.local.warehouse.csv.detect import detect_csv

    if column_delimiter is not None and column_delimiter not in DELIMITERS:
        raise Invalid(
            f"column_delimiter can't be {column_delimiter!r}; it is one of "
            f"{', '.join(DELIMITERS)}.",
            "invalid_column_delimiter",
        )
    path = context_of(request).files.path(id)
    try:
        found = detect_csv(path, include_header=include_header, column_delimiter=column_delimiter)
        rows = _first_rows(path, found)
    except (WarehouseError, OSError, UnicodeError) as error:
        raise Unprocessable(
            f"File {id} can't be shown as a table: {error}.", "preview_failed"
        ) from None
    return FilePreview(
        columns=[DetectedColumn(name=c.name, sql_type=c.sql_type) for c in found.table_columns],
        rows=rows,
        column_delimiter=found.column_delimiter,
        include_header=found.include_header,
    )


def _first_rows(path: Path, found: CsvDetection) -> list[list[str]]:
    """Read the first rows below the header."""
    from civis_nb.local.warehouse.csv.sources import decompressed
    from civis_nb.local.warehouse.csv.text import csv_rows

    decoder = codecs.getincrementaldecoder(found.character_set)()
    delimiter, skipped = DELIMITERS[found.column_delimiter], int(found.include_header)
    text, read = "", 0
    for chunk in decompressed(path, found.compression):
        text += decoder.decode(chunk)
        if len(text) < 2 * read:
            continue  # a long row is not parsed again for each chunk of it
        read = len(text)
        rows = list(islice(csv_rows(text, delimiter, whole=False), skipped, _ROWS + skipped))
        if len(rows) == _ROWS:
            return rows
    text += decoder.decode(b"", final=True)
    return list(islice(csv_rows(text, delimiter), skipped, _ROWS + skipped))
