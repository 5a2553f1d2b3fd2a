r"""CSV as blocks of whole records, each of which a parser can take without a further copy."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from civis_nb._waiting import outcome
from civis_nb.errors import CivisDownloadError
from civis_nb.io.prefetch import prefetch
from civis_nb.io.reading.content import first_record

__all__ = [
    "last_record_end",
    "map_blocks",
    "parse_pool",
    "record_blocks",
    "split_ahead",
    "tables_of_rows",
]

_Result = TypeVar("_Result")
_WORKERS = 2
#: Blocks that are cut and wait: they are memory.
_BLOCKS_AHEAD = 2
#: How large a block is for each of its columns, and at most for all of them.
_COLUMN_BYTES = 8 * 1024
_WIDE_BLOCK_BYTES = 8 * 1024 * 1024
#: Pieces of this size are still in the cache when their quotes are counted.
_PIECE_BYTES = 256 * 1024


@contextlib.contextmanager
def split_ahead(
    chunks: Iterable[bytes], block_bytes: int, what: str
) -> Iterator[tuple[bytes, Iterator[bytes]]]:
    r"""Split a CSV into its first record and blocks of the others, ahead of the consumer.

    One thread does all that has to be done in order: it takes the chunks, which are downloaded and
    inflated then, and cuts them. It ends with the block. Of many columns, blocks are larger:
    parsers need time for each column of a block, however few its rows are.

    Parameters
    ----------
    chunks, block_bytes, what
        As for `record_blocks`.

    Yields
    ------
    tuple
        The first record with its line break, and the blocks.

    Examples
    --------
    >>> with split_ahead([b"a,b\n1,x\n2", b",y\n"], 4, "it") as (header, blocks):
    ...     header, list(blocks)
    (b'a,b\n', [b'1,x\n2,y\n'])
    """

    def parts() -> Iterator[bytes]:
        header, rest = first_record(chunks)
        yield header
        wide = min((header.count(b",") + 1) * _COLUMN_BYTES, _WIDE_BLOCK_BYTES)
        yield from record_blocks(rest, max(block_bytes, wide), what)

    source: Any = prefetch(parts(), _BLOCKS_AHEAD)
    try:
        yield next(source), source
    finally:
        source.close()


def record_blocks(chunks: Iterable[bytes], block_bytes: int, what: str) -> Iterator[bytes]:
    r"""Cut a CSV into blocks of whole records, each of which ends in a line break.

    Parameters
    ----------
    chunks
        The CSV, cut anywhere.
    block_bytes
        A block has about so many bytes, more where a single record has.
    what
        What is read, for the error.

    Raises
    ------
    CivisDownloadError
        When the CSV ends inside quotes.

    Examples
    --------
    >>> chunks = [b'a,b\n1,"x\n', b'y"\n2,z']
    >>> list(record_blocks(chunks, 4, "it"))
    [b'a,b\n', b'1,"x\ny"\n', b'2,z\n']
    """
    pieces: list[memoryview] = []
    filled = inside = 0
    for chunk in chunks:
        view, start = memoryview(chunk), 0
        while start < len(chunk):
            # In a record that is longer than a block, each part is looked through once.
            room = block_bytes - filled if filled < block_bytes else block_bytes
            stop = min(start + room, len(chunk))
            inside ^= _odd_quotes(view[start:stop])
            filled += stop - start
            if filled >= block_bytes:
                end = last_record_end(chunk, inside, start, stop)
                if end > start:
                    yield b"".join([*pieces, view[start:end]])
                    pieces, filled, start = [], stop - end, end
            pieces.append(view[start:stop])
            start = stop
    if inside:
        raise CivisDownloadError(
            f"{what} ends inside a quoted field: it is incomplete, or no CSV. Download it again."
        )
    if filled:
        last = b"".join(pieces)
        # Without it, pyarrow takes a NULL at the end for a text when quotes come before it.
        yield last if last.endswith(b"\n") else last + b"\n"


def _odd_quotes(data: memoryview) -> int:
    """Return the number of quotes, modulo 2, without holding up other threads."""
    import numpy as np

    codes = np.frombuffer(data, np.uint8)
    pieces = (codes[at : at + _PIECE_BYTES] for at in range(0, len(codes), _PIECE_BYTES))
    return sum(int(np.count_nonzero(piece == ord('"'))) for piece in pieces) % 2


def last_record_end(text: bytes, odd_quotes: int, start: int = 0, stop: int | None = None) -> int:
    r"""Return the position after the last line break outside quotes; `start` when there is none.

    Parameters
    ----------
    text
        Records, of which a part is looked through.
    odd_quotes
        The number of quotes from the beginning of a record to the end of that part, modulo 2.
    start, stop
        Where that part begins and ends.

    Examples
    --------
    >>> last_record_end(b'1,x\n2,"y\n', 1)
    4
    """
    end = len(text) if stop is None else stop
    while (position := text.rfind(b"\n", start, end)) >= 0:
        odd_quotes ^= text.count(b'"', position, end) % 2
        if not odd_quotes:
            return position + 1
        end = position
    return start


def parse_pool() -> Any:
    """Return the pool of memory for what lives no longer than a block: one that keeps little."""
    import pyarrow as pa

    try:
        return pa.jemalloc_memory_pool()
    except NotImplementedError:  # pragma: no cover - not on all systems
        return pa.system_memory_pool()


def map_blocks(blocks: Iterable[bytes], work: Callable[[bytes], _Result]) -> Iterator[_Result]:
    """Call a function with each block, with several at a time; yield the results in order.

    Parameters
    ----------
    blocks
        From `split_ahead`.
    work
        The function.
    """
    pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="civis-parse")
    waiting: deque[Future[_Result]] = deque()
    try:
        for block in blocks:
            waiting.append(pool.submit(work, block))
            # One more than there are workers: while a result is used, none of them is idle.
            if len(waiting) > _WORKERS:
                yield outcome(waiting.popleft())
        while waiting:
            yield outcome(waiting.popleft())
    finally:
        pool.shutdown(cancel_futures=True)


def tables_of_rows(tables: Iterable[Any], rows: int) -> Iterator[Any]:
    """Join small Arrow tables to tables of exactly `rows` rows, the last one of fewer.

    Each has one chunk for every column.
    """
    import pyarrow as pa

    pool = parse_pool()
    waiting: list[Any] = []
    count = 0
    for table in tables:
        waiting.append(table)
        count += table.num_rows
        while count >= rows:
            count -= rows
            rest = waiting.pop()
            first = rest.num_rows - count
            waiting.append(rest.slice(0, first))
            yield pa.concat_tables(waiting).combine_chunks(memory_pool=pool)
            waiting = [rest.slice(first)] if count else []
    if waiting:
        yield pa.concat_tables(waiting).combine_chunks(memory_pool=pool)
