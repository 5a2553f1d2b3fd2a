"""CSV as a list of rows of texts."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import Any

from civis_nb.errors import CivisDownloadError
from civis_nb.io.csv_reader import CsvError, csv_reader
from civis_nb.io.prefetch import prefetch
from civis_nb.io.reading.blocks import map_blocks, parse_pool, split_ahead
from civis_nb.io.reading.chunk_reader import ChunkReader
from civis_nb.io.reading.header import column_names

__all__ = ["read_rows"]

_BUFFER_BYTES = 256 * 1024
_BLOCK_BYTES = 4 * 1024 * 1024
#: Equal texts of a column are kept once, as long as there are no more than this of them.
_MAX_SHARED = 200_000
#: Texts may recur only after many rows.
_TRIED_ROWS = 250_000
_SAMPLE_ROWS = 100


class _NotReproducible(Exception):  # noqa: N818 - internal, never raised to the user
    """`csv.reader` may read the CSV in another way than pyarrow."""


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
    if not options and (encoding or "utf-8").lower() in ("utf-8", "utf8"):
        try:
            return _by_arrow(chunks, what)
        except _NotReproducible:
            pass
    return _by_csv(chunks, what, encoding, options)


def _as_lists(rows: list[Any]) -> list[list[str]]:
    """Replace each row by a list; rows are tuples until the last one has come.

    Python starts a garbage collection when many more containers were created than freed, and then
    walks over all lists, again and again while they become more. It leaves out tuples of texts once
    it has seen them, and here one of them is freed for each list that is created.
    """
    for at, row in enumerate(rows):
        rows[at] = list(row)
    return rows


def _by_arrow(chunks: Iterable[bytes], what: str) -> list[list[str]]:
    """Parse block by block with pyarrow."""
    with split_ahead(chunks, _BLOCK_BYTES, what) as (header, blocks):
        names = column_names(header, what)
        if len(names) < 2:
            raise _NotReproducible  # a blank line is a row without cells for csv.reader
        rows: list[Any] = [names]
        columns = [_Column() for _ in names]
        for table in map_blocks(blocks, _parser(len(names))):
            texts = [column.texts(one) for column, one in zip(columns, table.columns, strict=True)]
            rows.extend(zip(*texts, strict=True))
    return _as_lists(rows)


def _parser(count: int) -> Callable[[bytes], Any]:
    """Return a function that parses a block of whole records as a table of texts."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    names = [f"c{at}" for at in range(count)]
    convert = arrow_csv.ConvertOptions(
        column_types={name: pa.string() for name in names}, strings_can_be_null=False
    )
    # Blocks end where records do; to find the end again takes long.
    parse = arrow_csv.ParseOptions(newlines_in_values=False, ignore_empty_lines=False)
    pool = parse_pool()

    def parsed(block: bytes) -> Any:
        read = arrow_csv.ReadOptions(
            column_names=names, block_size=len(block) + 1, use_threads=False
        )
        try:
            return arrow_csv.read_csv(
                pa.BufferReader(block), read, parse, convert, memory_pool=pool
            )
        except pa.ArrowInvalid:
            raise _NotReproducible from None  # rows of different lengths, or no UTF-8

    return parsed


class _Column:
    """The texts of one column as Python strings; equal ones are one object, where many are."""

    def __init__(self) -> None:
        self._shared: dict[str, str] = {}
        self._sample: Any = None
        self._repeats = True  # equal texts within a block
        self._recurs = False  # the same texts in later blocks
        self._seen = 0

    def texts(self, column: Any) -> list[str]:
        """Return the cells as texts; where values come again and again, each is one object."""
        column = column.combine_chunks()
        self._seen += len(column)
        if self._repeats:
            encoded = column.dictionary_encode()
            found = encoded.dictionary.to_pylist()
            if len(found) <= len(column) // 2:
                return self._of_distinct(found, encoded.indices)
            self._repeats = False
        if not self._recurs and self._seen < _TRIED_ROWS:
            self._recurs = self._recurs_in(column)
        texts: list[str] = column.to_pylist()
        if self._recurs:
            texts = list(map(self._shared.setdefault, texts, texts))
            if len(self._shared) > _MAX_SHARED:
                self._recurs, self._shared = False, {}
        return texts

    def _of_distinct(self, found: list[str], indices: Any) -> list[str]:
        """Return the texts of a block by their places in a list of the distinct ones."""
        if len(self._shared) > _MAX_SHARED:
            self._shared = {}
        values = list(map(self._shared.setdefault, found, found))
        return list(map(values.__getitem__, indices.to_numpy().tolist()))

    def _recurs_in(self, column: Any) -> bool:
        """Return whether a block holds most of a sample of the first one."""
        import pyarrow.compute as pc

        if self._sample is None:
            self._sample = pc.unique(column.slice(0, _SAMPLE_ROWS))
            return False
        known = pc.sum(pc.is_in(self._sample, column)).as_py() or 0
        return bool(2 * known > len(self._sample))


def _by_csv(
    chunks: Iterable[bytes], what: str, encoding: str | None, options: dict[str, Any]
) -> list[list[str]]:
    """Return the rows as the csv module parses them."""
    binary = io.BufferedReader(ChunkReader(prefetch(chunks)), _BUFFER_BYTES)
    text = io.TextIOWrapper(binary, encoding=encoding or "utf-8", newline="")
    try:
        return _as_lists(list(map(tuple, csv_reader(text, **options))))
    except UnicodeDecodeError as error:
        raise CivisDownloadError(
            f"{what} is no {encoding or 'utf-8'} text ({error.reason} at byte {error.start} of a "
            "block). Pass its encoding: encoding='latin-1', or the like."
        ) from None
    except CsvError as error:
        raise CivisDownloadError(f"{what} can't be read as CSV: {error}.") from None
