"""CSV as a list of rows of texts."""

from __future__ import annotations

import contextlib
import csv
import gc
import io
from collections.abc import Iterable, Iterator
from typing import Any

from civis_nb.errors import CivisDownloadError
from civis_nb.io.content import ahead, records
from civis_nb.io.exact import ChunkReader, split_header

__all__ = ["read_rows"]

_CELL_CHARS = 2**31 - 1
_BUFFER_BYTES = 256 * 1024
_BLOCK_BYTES = 4 * 1024 * 1024
#: Equal texts of a column are kept once, as long as there are no more than this of them.
_MAX_SHARED = 200_000


class _Unlike(Exception):  # noqa: N818 - a turn of the reading, never shown
    """The CSV is one that `csv.reader` may read in its own way."""


def read_rows(
    chunks: Iterable[bytes], what: str, encoding: str | None = None, **options: Any
) -> list[list[str]]:
    """Read a CSV as `csv.reader` does.

    Parameters
    ----------
    chunks
        The content, cut anywhere; something that can be iterated again.
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
    with _no_collection():
        if not options and (encoding or "utf-8").lower() in ("utf-8", "utf8"):
            try:
                return _by_arrow(chunks, what)
            except _Unlike:
                pass
        return _by_csv(chunks, what, encoding, options)


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the garbage collector from walking over millions of new rows again and again."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _by_arrow(chunks: Iterable[bytes], what: str) -> list[list[str]]:
    names, rest = split_header(chunks, what)
    if len(names) < 2:
        raise _Unlike  # a blank line is a row without cells for csv.reader
    rows = [names]
    columns = [_Column() for _ in names]
    for table in ahead(_tables(records(rest, _BLOCK_BYTES, what), len(names)), 2):
        texts = [column.texts(one) for column, one in zip(columns, table.columns, strict=True)]
        rows.extend(map(list, zip(*texts, strict=True)))
    return rows


def _tables(blocks: Iterable[bytes], count: int) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    names = [f"c{at}" for at in range(count)]
    convert = arrow_csv.ConvertOptions(
        column_types={name: pa.string() for name in names}, strings_can_be_null=False
    )
    parse = arrow_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False)
    for block in blocks:
        try:
            yield arrow_csv.read_csv(
                pa.BufferReader(block),
                _read_options(names, block),
                parse,
                convert,
                memory_pool=pa.system_memory_pool(),
            )
        except pa.ArrowInvalid:
            raise _Unlike from None  # rows of different lengths, or no UTF-8


def _read_options(names: list[str], block: bytes) -> Any:
    from pyarrow import csv as arrow_csv

    return arrow_csv.ReadOptions(column_names=names, block_size=len(block))


class _Column:
    """Texts of one column as Python has them; equal ones are the same object, where many are."""

    def __init__(self) -> None:
        self._shared: dict[str, str] | None = {}

    def texts(self, column: Any) -> list[str]:
        if self._shared is None:
            return _plain_list(column)
        encoded = column.combine_chunks().dictionary_encode()
        found = _plain_list(encoded.dictionary)
        if len(found) > len(column) // 2 or len(self._shared) > _MAX_SHARED:
            self._shared = None
            return _plain_list(column)
        keep = self._shared.setdefault
        values = [keep(text, text) for text in found]
        return list(map(values.__getitem__, encoded.indices.to_numpy().tolist()))


def _plain_list(column: Any) -> list[str]:
    import polars as pl

    # polars makes a list of texts several times faster than pyarrow.
    return pl.Series(pl.from_arrow(column)).to_list()


def _by_csv(
    chunks: Iterable[bytes], what: str, encoding: str | None, options: dict[str, Any]
) -> list[list[str]]:
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
