"""Results of any size as Arrow batches, with little memory."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any

from civis_nb.errors import CivisDownloadError, CivisInputError
from civis_nb.futures import CivisFuture
from civis_nb.io._arguments import client_or_default
from civis_nb.io._progress import Call, progress_bar
from civis_nb.io._runs import wait_for
from civis_nb.io.reading.blocks import in_order, record_blocks, tables_of
from civis_nb.io.reading.content import ahead, inflated, joined
from civis_nb.io.reading.empty import empty_table
from civis_nb.io.reading.export import begin_export
from civis_nb.io.reading.outputs import Found, find_outputs
from civis_nb.io.reading.parsers.arrow_exact import (
    known_types,
    misfit_of,
    parse_block,
    split_header,
)
from civis_nb.io.reading.parsers.arrow_types import infer_column
from civis_nb.io.sql_types import types_told

if TYPE_CHECKING:
    import pyarrow as pa

    from civis_nb.client.client import APIClient

__all__ = ["MisfitError", "exact_batches", "iter_batches", "typed_batches"]

_BLOCK_BYTES = 512 * 1024
_CHUNK_BYTES = 1024 * 1024


def iter_batches(
    sql: str,
    database: str | int,
    rows: int = 65536,
    *,
    sql_params_arguments: dict[str, Any] | None = None,
    job_name: str | None = None,
    client: APIClient | None = None,
    credential_id: int | None = None,
    polling_interval: int | float | None = None,
    hidden: bool = True,
    progress: bool | None = None,
) -> Iterator[pa.RecordBatch]:
    """Read the result of a statement batch by batch, exactly, with little memory.

    Where the platform does not tell the columns' types, the result goes to a temporary file
    first, so that the types can be told from all of it.

    Parameters
    ----------
    sql
        The statement.
    database
        Name or id of the database.
    rows
        Rows in a batch at most.
    sql_params_arguments, job_name, client, credential_id, polling_interval, hidden, progress
        As for `read_civis_sql`.

    Yields
    ------
    pyarrow.RecordBatch
        All of one schema; a result without rows gives one empty batch.

    Raises
    ------
    CivisInputError
        When `rows` is not positive. Nothing was sent.
    EmptyResultError
        When there are no rows and the columns can't be known.
    CivisSQLError
        When the statement failed.
    CivisDownloadError
        When the content could not be had whole.
    """
    if isinstance(rows, bool) or not isinstance(rows, int) or rows < 1:
        raise CivisInputError(f"rows can't be {rows!r}; it is at least 1.")
    client = client_or_default(client)
    call = Call(progress)
    with call.watched(), call.active():
        run = begin_export(
            client,
            sql,
            database,
            {"compression": "gzip"},
            sql_params_arguments=sql_params_arguments,
            job_name=job_name,
            credential_id=credential_id,
            hidden=hidden,
            polling_interval=polling_interval,
        )
    return call.driven(_batches(client, run, sql, database, credential_id, rows, progress))


def _batches(
    client: Any,
    run: CivisFuture,
    sql: str,
    database: str | int,
    credential_id: int | None,
    rows: int,
    progress: bool | None,
) -> Iterator[pa.RecordBatch]:
    ended = wait_for(run)
    outputs = list(ended["output"] or [])
    if not outputs:
        told = types_told(getattr(ended, "result_columns", None))
        empty = empty_table(run.job_id, sql, database, client, credential_id, told)
        yield empty.to_batches()[0] if empty.to_batches() else _empty_batch(empty.schema)
        return
    found = find_outputs(client, outputs)
    with progress_bar(f"Reading {found.remotes[0].what}", found.size, progress) as advance:
        yield from exact_batches(client, found, rows, advance)


def _empty_batch(schema: Any) -> Any:
    import pyarrow as pa

    return pa.RecordBatch.from_arrays(
        [pa.array([], field.type) for field in schema], names=schema.names
    )


class MisfitError(Exception):
    """A value is not of the type that the platform tells; never shown.

    Parameters
    ----------
    column
        The number of its column, from 0; None when the content is no CSV of these columns.
    said
        What the parser says of it.
    """

    def __init__(self, column: int | None, said: str) -> None:
        super().__init__(said)
        self.column = column


def exact_batches(
    client: Any, found: Found, rows: int, count: Callable[[int], None] | None = None
) -> Iterator[pa.RecordBatch]:
    """Read files of an export batch by batch.

    Raises
    ------
    CivisDownloadError
        When the content could not be had whole, or a value is not of the type that the platform
        tells: batches that were given already have that type.
    """
    try:
        yield from typed_batches(client, found, rows, count)
    except MisfitError as misfit:
        raise CivisDownloadError(
            f"{found.remotes[0].what} can't be read with the types that the platform tells: "
            f"{misfit}. Cast the column to text in the SQL."
        ) from None


def typed_batches(
    client: Any, found: Found, rows: int, count: Callable[[int], None] | None = None
) -> Iterator[pa.RecordBatch]:
    """Read files of an export batch by batch.

    Raises
    ------
    MisfitError
        When a value is not of its type.
    CivisDownloadError
        When the content could not be had whole.
    """
    what = found.remotes[0].what
    if found.told is not None:
        names, rest = split_header(found.content(client, count, keep=False), what)
        yield from _converted(rest, names, known_types(names, found.told), what, rows)
        return
    with tempfile.TemporaryFile() as file:
        names, types = _types_of_all(_spooled(found.content(client, count, keep=False), file), what)
        file.seek(0)
        names, rest = split_header(_unspooled(file, what), what)
        yield from _converted(rest, names, types, what, rows)


def _spooled(chunks: Iterable[bytes], file: IO[bytes]) -> Iterator[bytes]:
    from civis_nb.compression import gzip_compressor

    member = gzip_compressor()
    for chunk in chunks:
        file.write(member.compress(chunk))
        yield chunk
    file.write(member.flush())


def _unspooled(file: IO[bytes], what: str) -> Iterator[bytes]:
    pieces = iter(lambda: file.read(_CHUNK_BYTES), b"")
    return ahead(joined([inflated(pieces, what)], header=False), 2)


def _converted(
    chunks: Iterable[bytes], names: Sequence[str], types: Sequence[Any], what: str, rows: int
) -> Iterator[Any]:
    import pyarrow as pa

    def parsed(block: memoryview) -> Any:
        return _table(block, types)

    given = False
    blocks = record_blocks(chunks, _BLOCK_BYTES, what)
    for table in tables_of(in_order(blocks, parsed), rows):
        table = pa.Table.from_arrays(table.columns, names=list(names))
        for batch in table.to_batches():
            given = True
            yield batch
    if not given:
        fields = [
            pa.field(name, kind or pa.string()) for name, kind in zip(names, types, strict=True)
        ]
        yield _empty_batch(pa.schema(fields))


def _table(block: memoryview, types: Sequence[Any]) -> Any:
    import pyarrow as pa

    try:
        return parse_block(block, types)
    except pa.ArrowInvalid as error:
        raise MisfitError(misfit_of(error), str(error).rstrip(".")) from None


def _types_of_all(chunks: Iterable[bytes], what: str) -> tuple[list[str], list[Any]]:
    """Return the types from all of the content: of every block, and what holds them all."""
    names, rest = split_header(chunks, what)
    types: list[Any] = [None] * len(names)
    seen = [False] * len(names)
    for block in record_blocks(rest, _BLOCK_BYTES, what, buffers=1):
        for at, column in enumerate(_table(block, [None] * len(names)).columns):
            if column.null_count == len(column):
                continue
            kind = _kind(infer_column(column).type)
            types[at] = _common(types[at], kind) if seen[at] else kind
            seen[at] = True
    return names, types


def _kind(kind: Any) -> Any:
    import pyarrow as pa

    return None if pa.types.is_string(kind) else kind


def _common(one: Any, other: Any) -> Any:
    """Return the type that holds the values of both; None for text."""
    import pyarrow as pa

    if one is None or other is None or one == other:
        return one if one == other else None
    if pa.types.is_decimal(one) and pa.types.is_decimal(other):
        scale = max(one.scale, other.scale)
        whole = max(one.precision - one.scale, other.precision - other.scale)
        return pa.decimal128(whole + scale, scale) if whole + scale <= 38 else None
    return None
