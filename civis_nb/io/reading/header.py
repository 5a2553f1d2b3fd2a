"""The first record of a CSV: the names of its columns."""

from __future__ import annotations

import csv
import io

from civis_nb.errors import CivisDownloadError

__all__ = ["column_names"]


def column_names(record: bytes, what: str) -> list[str]:
    r"""Return the fields of the first record of a CSV.

    Parameters
    ----------
    record
        The record.
    what
        What is read, for the error.

    Raises
    ------
    CivisDownloadError
        When the record is no UTF-8 text.

    Examples
    --------
    >>> column_names(b'id,"a,b"\n', "it")
    ['id', 'a,b']
    """
    try:
        text = record.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CivisDownloadError(
            f"{what} is no UTF-8 text ({error.reason} at byte {error.start}). Read it with "
            "return_as='pandas', types='infer' and encoding='latin-1', or the like."
        ) from None
    return next(csv.reader(io.StringIO(text, newline="")), [])
