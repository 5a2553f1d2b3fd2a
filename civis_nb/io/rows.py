"""CSV as a list of rows of texts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from civis_nb.errors import CivisDownloadError
from civis_nb.io.exact import ChunkReader

__all__ = ["read_rows"]

_CELL_CHARS = 2**31 - 1
_BUFFER_BYTES = 256 * 1024


def read_rows(
    chunks: Iterable[bytes], what: str, encoding: str | None = None, **options: Any
) -> list[list[str]]:
    """Read a CSV by `csv.reader`.

    Parameters
    ----------
    chunks
        The content, cut anywhere.
    what
        What is read, for errors.
    encoding
        By default UTF-8.
    **options
        Passed on to `csv.reader`.

    Returns
    -------
    list
        The rows, the header first; a NULL and an empty text are both ``""``.

    Raises
    ------
    CivisDownloadError
        When the content is not in that encoding, or no CSV.
    """
    binary = io.BufferedReader(ChunkReader(chunks), _BUFFER_BYTES)
    text = io.TextIOWrapper(binary, encoding=encoding or "utf-8", newline="")
    # The limit is the csv module's own, for the whole process; a larger one harms nobody.
    if csv.field_size_limit() < _CELL_CHARS:
        csv.field_size_limit(_CELL_CHARS)
    try:
        return list(csv.reader(text, **options))
    except UnicodeDecodeError as error:
        raise CivisDownloadError(
            f"{what} is no {encoding or 'utf-8'} text ({error.reason} at byte {error.start} of a "
            "block). Say its encoding: encoding='latin-1', or the like."
        ) from None
    except csv.Error as error:
        raise CivisDownloadError(f"{what} can't be read as CSV: {error}.") from None
