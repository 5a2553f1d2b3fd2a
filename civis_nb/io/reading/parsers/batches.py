"""CSV as Arrow batches in which nothing is lost, with little memory."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any

from civis_nb.errors import CivisDownloadError
from civis_nb.io.reading.blocks import map_blocks, split_ahead, tables_of_rows
from civis_nb.io.reading.content import inflated, no_room
from civis_nb.io.reading.header import column_names
from civis_nb.io.reading.outputs import ResultFiles
from civis_nb.io.reading.parsers.arrow_csv import mismatched_column, parse_block
from civis_nb.io.reading.parsers.arrow_exact import types_of_columns
from civis_nb.io.reading.parsers.arrow_types import infer_column

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["TypeMismatchError", "empty_batch", "exact_batches", "typed_batches"]

_BLOCK_BYTES = 512 * 1024
_CHUNK_BYTES = 1024 * 1024


class TypeMismatchError(Exception):
    """A value is not of the type that the platform declares; never raised to the user.

    Parameters
    ----------
    column
        The number of its column, from 0; None when the content is no CSV of these columns.
    message
        The parser's message.
    """

    def __init__(self, column: int | None, message: str) -> None:
        super().__init__(message)
        self.column = column


def empty_batch(schema: pa.Schema) -> pa.RecordBatch:
    """Return a batch without rows."""
    import pyarrow as pa

    return pa.RecordBatch.from_arrays(
        [pa.array([], field.type) for field in schema], names=schema.names
    )


def exact_batches(
    files: ResultFiles, rows: int, count: Callable[[int], None] | None = None
) -> Iterator[pa.RecordBatch]:
    """Read the files of a result batch by batch.

    Parameters
    ----------
    files
        The files.
    rows
        The most rows in a batch.
    count
        Called with the bytes of each chunk that arrives.

    Raises
    ------
    CivisDownloadError
        When the content could not be had whole, or a value is not of the type that the platform
        declares: batches that were yielded already have that type.
    """
    try:
        yield from typed_batches(files, rows, count)
    except TypeMismatchError as error:
        raise CivisDownloadError(
            f"{files.name} can't be read with the types that the platform declares: {error}. "
            "Cast the column to text in the SQL."
        ) from None


def typed_batches(
    files: ResultFiles, rows: int, count: Callable[[int], None] | None = None
) -> Iterator[pa.RecordBatch]:
    """Read the files of a result batch by batch, as `exact_batches`.

    Raises
    ------
    TypeMismatchError
        When a value is not of its type.
    CivisDownloadError
        When the content could not be had whole.
    """
    content = files.content(count, keep=False)
    if files.declared_types is not None:
        with split_ahead(content, _BLOCK_BYTES, files.name) as (header, blocks):
            names = column_names(header, files.name)
            types = types_of_columns(names, files.declared_types)
            yield from _converted(blocks, names, types, rows)
        return
    # Types that hold all values are known at the end only: so the content is read twice.
    with tempfile.TemporaryFile() as file:
        names, types = _types_of_all(_written(content, file, files.name), files.name)
        file.seek(0)
        again = _read_again(file, files.name)
        with split_ahead(again, _BLOCK_BYTES, files.name) as (_, blocks):
            yield from _converted(blocks, names, types, rows)


def _written(chunks: Iterable[bytes], file: IO[bytes], what: str) -> Iterator[bytes]:
    """Pass on chunks and write them to a gzip file.

    Raises
    ------
    CivisDownloadError
        When there is no room for it.
    """
    from civis_nb.compression import gzip_compressor

    member = gzip_compressor()
    for chunk in chunks:
        _write(member.compress(chunk), file, what)
        yield chunk
    _write(member.flush(), file, what)


def _write(data: bytes, file: IO[bytes], what: str) -> None:
    """Write to a file."""
    try:
        file.write(data)
        file.flush()  # here, so that what fails is not the next to use the file
    except OSError as error:
        raise no_room(what, error) from None


def _read_again(file: IO[bytes], what: str) -> Iterator[bytes]:
    """Read what `_written` wrote."""
    return inflated(iter(lambda: file.read(_CHUNK_BYTES), b""), what)


def _converted(
    blocks: Iterable[bytes], names: Sequence[str], types: Sequence[Any], rows: int
) -> Iterator[pa.RecordBatch]:
    """Parse blocks of records, with known types; at least one batch."""
    import pyarrow as pa

    def parsed(block: bytes) -> Any:
        return _parsed_block(block, types)

    is_empty = True
    for table in tables_of_rows(map_blocks(blocks, parsed), rows):
        is_empty = is_empty and not table.num_rows
        yield from pa.Table.from_arrays(table.columns, names=list(names)).to_batches()
    if is_empty:
        fields = [
            pa.field(name, kind or pa.string()) for name, kind in zip(names, types, strict=True)
        ]
        yield empty_batch(pa.schema(fields))


def _parsed_block(block: bytes, types: Sequence[Any]) -> pa.Table:
    """Parse a block; raise with the place of the column when a text does not fit its type."""
    import pyarrow as pa

    try:
        return parse_block(block, types)
    except pa.ArrowInvalid as error:
        raise TypeMismatchError(mismatched_column(error), str(error).rstrip(".")) from None


def _types_of_all(chunks: Iterable[bytes], what: str) -> tuple[list[str], list[Any]]:
    """Return the names of the columns, and the types that hold the values of every block."""
    with split_ahead(chunks, _BLOCK_BYTES, what) as (header, blocks):
        names = column_names(header, what)
        types: list[Any] = [None] * len(names)
        seen = [False] * len(names)
        for block in blocks:
            for at, column in enumerate(_parsed_block(block, [None] * len(names)).columns):
                if column.null_count == len(column):
                    continue
                kind = _inferred_type(column)
                types[at] = _common_type(types[at], kind) if seen[at] else kind
                seen[at] = True
    return names, types


def _inferred_type(column: Any) -> Any:
    """Return the type of a column of texts; None for text."""
    import pyarrow as pa

    kind = infer_column(column).type
    return None if pa.types.is_string(kind) else kind


def _common_type(one: Any, other: Any) -> Any:
    """Return the type that holds the values of both; None for text."""
    import pyarrow as pa

    if one is None or other is None or one == other:
        return one if one == other else None
    if pa.types.is_decimal(one) and pa.types.is_decimal(other):
        scale = max(one.scale, other.scale)
        whole = max(one.precision - one.scale, other.precision - other.scale)
        return pa.decimal128(whole + scale, scale) if whole + scale <= 38 else None
    return None
