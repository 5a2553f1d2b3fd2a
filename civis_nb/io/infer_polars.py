"""CSV as the polars frame that `polars.read_csv` gives: types="infer"."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from civis_nb.errors import CivisDownloadError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["infer_polars"]


def infer_polars(chunks: Iterable[bytes], what: str, **options: Any) -> pl.DataFrame:
    """Read a CSV by `polars.read_csv`.

    Where the first hundred rows, of which polars tells the types, mislead it (numbers first,
    text later), the types are told from all rows.

    Parameters
    ----------
    chunks
        The content, cut anywhere.
    what
        What is read, for errors.
    **options
        Passed on to `polars.read_csv`.

    Raises
    ------
    CivisDownloadError
        When polars can't read it.
    """
    import polars as pl

    content = b"".join(chunks)
    try:
        return pl.read_csv(io.BytesIO(content), **options)
    except pl.exceptions.ComputeError:
        if options.keys() & {"infer_schema_length", "infer_schema", "schema", "dtypes"}:
            raise
    try:
        return pl.read_csv(io.BytesIO(content), infer_schema_length=None, **options)
    except pl.exceptions.ComputeError as error:
        raise CivisDownloadError(f"{what} can't be read by polars: {error}") from None
