"""CSV as an Arrow table in which nothing is lost: types="exact"."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from civis_nb.errors import CivisDownloadError
from civis_nb.io.reading.blocks import in_order, parse_pool, record_blocks, tables_of
from civis_nb.io.reading.content import first_record
from civis_nb.io.reading.parsers.arrow_types import infer_column
from civis_nb.io.sql_types import arrow_type

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "ChunkReader",
    "convert_options",
    "exact_table",
    "header_of",
    "known_types",
    "misfit_of",
    "parse_block",
    "read_options",
    "split_header",
]

BLOCK_BYTES = 2 * 1024 * 1024
_READ_BYTES = 1024 * 1024
_ROWS_AT_ONCE = 128 * 1024
_INFER_WORKERS = 4


class ChunkReader(io.RawIOBase):
    """Chunks of bytes as a file that can be read once.

    Parameters
    ----------
    chunks
        The content, in order.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a part of `buffer`; 0 at the end."""
        if not self._more():
            return 0
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def read(self, size: int = -1) -> bytes:
        """Return `size` bytes, fewer only at the end; without a size, all.

        pyarrow takes what it gets for a block, and a record that reaches over two of them is
        an error: so a block is always filled.
        """
        if size is None or size < 0:
            return self.readall()
        parts: list[memoryview] = []
        while size and self._more():
            parts.append(self._rest[:size])
            self._rest = self._rest[size:]
            size -= len(parts[-1])
        return b"".join(parts)

    def _more(self) -> bool:
        while not self._rest:
            try:
                self._rest = memoryview(next(self._chunks))
            except StopIteration:
                return False
        return True


def split_header(chunks: Iterable[bytes], what: str) -> tuple[list[str], Iterator[bytes]]:
    """Take the first record off a CSV; give its fields, and the rest.

    Raises
    ------
    CivisDownloadError
        When it is no UTF-8 text.
    """
    record, rest = first_record(iter(chunks))
    return header_of(record, what), rest


def header_of(record: bytes, what: str) -> list[str]:
    """Return the fields of one record.

    Raises
    ------
    CivisDownloadError
        When it is no UTF-8 text.
    """
    try:
        text = record.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CivisDownloadError(
            f"{what} is no UTF-8 text ({error.reason} at byte {error.start}). Read it with "
            "return_as='pandas', types='infer' and encoding='latin-1', or the like."
        ) from None
    return next(csv.reader(io.StringIO(text, newline="")), [])


def convert_options(types: Sequence[Any]) -> Any:
    """Return the conversion of columns ``c0``, ``c1``, … to Arrow types, None being text."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    return arrow_csv.ConvertOptions(
        column_types={f"c{at}": kind or pa.string() for at, kind in enumerate(types)},
        # NULL is the empty field without quotes; "" is a text of no length.
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        true_values=["t", "true", "True", "TRUE", "1"],
        false_values=["f", "false", "False", "FALSE", "0"],
    )


def exact_table(
    chunks: Iterable[bytes], told: Sequence[tuple[str, str]] | None, what: str
) -> pa.Table:
    """Read a CSV with a header into an Arrow table.

    Parameters
    ----------
    chunks
        The content in UTF-8, comma separated, cut anywhere; something that can be iterated
        a second time.
    told
        The (name, SQL type) of each column, as the platform tells; None: not told.
    what
        What is read, for errors.

    Returns
    -------
    pa.Table
        With the header's names, also where one comes twice. A column of unknown type gets one
        by `infer_column`.

    Raises
    ------
    CivisDownloadError
        When it is no such CSV.
    """
    import pyarrow as pa

    names, rest = split_header(chunks, what)
    types = known_types(names, told)
    if told is not None and not _is_about(names, told):
        told = None
    while True:
        try:
            columns = _read(rest, types, what).columns
            break
        except pa.ArrowInvalid as error:
            # A value that its type can't hold ('infinity' in a timestamp): that column as text.
            misfit = misfit_of(error)
            if misfit is None or types[misfit] is None:
                raise CivisDownloadError(f"{what} can't be read as CSV: {error}") from None
            types[misfit] = None
            _, rest = split_header(chunks, what)
    if told is None:
        # Only here, where nothing is told of any column.
        with ThreadPoolExecutor(_INFER_WORKERS, thread_name_prefix="civis-infer") as pool:
            columns = list(pool.map(infer_column, columns))
    return pa.Table.from_arrays(columns, names=names)


def known_types(names: Sequence[str], told: Sequence[tuple[str, str]] | None) -> list[Any]:
    """Return the Arrow type of each column; None for text, and where nothing is told of it.

    What is told of a table may be older than its columns: it counts when the names are the same.
    """
    if told is None or not _is_about(names, told):
        return [None] * len(names)
    return [arrow_type(sql_type) for _, sql_type in told]


def _is_about(names: Sequence[str], told: Sequence[tuple[str, str]]) -> bool:
    return [name.casefold() for name in names] == [name.casefold() for name, _ in told]


def _read(chunks: Iterable[bytes], types: Sequence[Any], what: str) -> Any:
    import pyarrow as pa

    def parsed(block: memoryview) -> Any:
        return parse_block(block, types)

    blocks = record_blocks(chunks, _READ_BYTES, what)
    tables = list(tables_of(in_order(blocks, parsed), _ROWS_AT_ONCE))
    return pa.concat_tables(tables) if tables else _schema(types).empty_table()


def _schema(types: Sequence[Any]) -> Any:
    import pyarrow as pa

    return pa.schema([pa.field(f"c{at}", kind or pa.string()) for at, kind in enumerate(types)])


def parse_block(block: memoryview, types: Sequence[Any]) -> Any:
    """Parse whole records of columns ``c0``, ``c1``, … into an Arrow table.

    Raises
    ------
    pyarrow.ArrowInvalid
        When a value can't be of its type, or records are of different lengths.
    """
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    try:
        return arrow_csv.read_csv(
            pa.BufferReader(block),
            *read_options(len(types), len(block), cut=True),
            convert_options(types),
            memory_pool=parse_pool(),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV" not in str(error):
            raise
        return _schema(types).empty_table()


def read_options(count: int, block_bytes: int, *, cut: bool = False) -> tuple[Any, Any]:
    """Return pyarrow's options to read a CSV of columns ``c0``, ``c1``, … without a header.

    What is already `cut` at the end of a record is parsed in one go, in the thread that asks.
    """
    from pyarrow import csv as arrow_csv

    names = [f"c{at}" for at in range(count)]
    return (
        arrow_csv.ReadOptions(
            column_names=names, block_size=max(block_bytes, 1), use_threads=not cut
        ),
        arrow_csv.ParseOptions(
            # Where blocks end is known already when they are cut: looking for it takes long.
            newlines_in_values=not cut,
            # A blank line of a single column is a NULL.
            ignore_empty_lines=count != 1,
        ),
    )


def misfit_of(error: Exception) -> int | None:
    """Return the number of the column, from 0, of which a value is not of its type."""
    found = re.match(r"In CSV column #(\d+):", str(error))
    return int(found.group(1)) if found else None
