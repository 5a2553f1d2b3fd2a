"""CSV as the polars frame that `polars.read_csv` returns: types="infer"."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from civis_nb.errors import CivisDownloadError
from civis_nb.io.prefetch import prefetch
from civis_nb.io.reading.blocks import map_blocks, split_ahead

if TYPE_CHECKING:
    import polars as pl

__all__ = ["infer_polars"]

#: Small, so that parsing begins early; smaller ones cost polars more time for the same text.
_BLOCK_BYTES = 4 * 1024 * 1024
#: From so many rows polars infers the types, by default.
_INFERRED_FROM_ROWS = 100
_ABOUT_TYPES = frozenset({"infer_schema_length", "infer_schema", "schema", "dtypes"})


def infer_polars(chunks: Iterable[bytes], what: str, **options: Any) -> pl.DataFrame:
    """Read a CSV by `polars.read_csv`.

    Where the first hundred rows, from which polars infers the types, mislead it (numbers first,
    text later), the types are inferred from all rows.

    Parameters
    ----------
    chunks
        The content, cut anywhere; something that can be iterated again.
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

    if not options:
        frame = _by_blocks(chunks, what)
        if frame is not None:
            return frame
    content = b"".join(prefetch(chunks))
    try:
        return pl.read_csv(io.BytesIO(content), **options)
    except pl.exceptions.ComputeError:
        if options.keys() & _ABOUT_TYPES:
            raise
    try:
        return pl.read_csv(io.BytesIO(content), infer_schema_length=None, **options)
    except pl.exceptions.ComputeError as error:
        if options:
            raise  # they may be what is wrong
        raise CivisDownloadError(f"{what} can't be read by polars: {error}") from None


def _by_blocks(chunks: Iterable[bytes], what: str) -> pl.DataFrame | None:
    """Parse while the rest is still on its way; None when the whole must be seen first."""
    import polars as pl

    with split_ahead(chunks, _BLOCK_BYTES, what) as (header, blocks):
        first = next(blocks, b"")
        if first.count(b"\n") <= 2 * _INFERRED_FROM_ROWS:
            return None
        try:
            schema = _schema(header, first)

            def parsed(block: bytes) -> pl.DataFrame:
                return pl.read_csv(block, has_header=False, schema=schema)

            return pl.concat(list(map_blocks(itertools.chain([first], blocks), parsed)))
        except pl.exceptions.PolarsError:
            return None


def _schema(header: bytes, block: bytes) -> Any:
    """Return the types that polars infers from the header and the first hundred rows."""
    import polars as pl

    lines: Iterator[bytes] = iter(io.BytesIO(block))
    head = b"".join(line for line, _ in zip(lines, range(4 * _INFERRED_FROM_ROWS), strict=False))
    if head.count(b'"') % 2:
        head = block
    return pl.read_csv(header + head, infer_schema_length=_INFERRED_FROM_ROWS).schema
