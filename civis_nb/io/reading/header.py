"""The first record of a CSV: the names of its columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from civis_nb.errors import CivisDownloadError
from civis_nb.io.reading.content import first_record

__all__ = ["split_header"]


def split_header(chunks: Iterable[bytes], what: str) -> tuple[list[str], Iterator[bytes]]:
    r"""Split a CSV into the fields of its first record and the rest.

    Parameters
    ----------
    chunks
        The CSV, cut anywhere.
    what
        What is read, for the error.

    Raises
    ------
    CivisDownloadError
        When the record is no UTF-8 text.

    Examples
    --------
    >>> names, rest = split_header([b'id,"a,b"\n1,2\n'], "it")
    >>> names, list(rest)
    (['id', 'a,b'], [b'1,2\n'])
    """
    record, rest = first_record(chunks)
    try:
        text = record.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CivisDownloadError(
            f"{what} is no UTF-8 text ({error.reason} at byte {error.start}). Read it with "
            "return_as='pandas', types='infer' and encoding='latin-1', or the like."
        ) from None
    return next(csv.reader(io.StringIO(text, newline="")), []), rest
