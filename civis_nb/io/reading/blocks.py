r"""CSV as blocks of whole records, in a few buffers that are filled again and again.

New memory costs more time than moving what is in it: so a large result passes through a
handful of buffers that stay in the processor's cache.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from civis_nb._waiting import outcome
from civis_nb.errors import CivisDownloadError
from civis_nb.io.prefetch import prefetch

__all__ = ["last_record_end", "map_blocks", "parse_pool", "record_blocks", "tables_of_rows"]

_Result = TypeVar("_Result")
_WORKERS = 2
#: How many blocks are in use at a time: one filled, one ready, one just taken, and those that
#: are worked on.
_BUFFERS = _WORKERS + 3
#: Pieces of this size are still in the cache when their quotes are counted.
_PIECE_BYTES = 256 * 1024


def record_blocks(
    chunks: Iterable[bytes], block_bytes: int, what: str, *, buffers: int = _BUFFERS
) -> Iterator[memoryview]:
    r"""Cut a CSV into blocks of whole records, each of which ends in a line break.

    Parameters
    ----------
    chunks
        The CSV, cut anywhere.
    block_bytes
        A block is no longer than this, unless a single record is.
    what
        What is read, for the error.
    buffers
        A block is overwritten when this many blocks after it have been taken.

    Raises
    ------
    CivisDownloadError
        When the CSV ends inside quotes.

    Examples
    --------
    >>> chunks = [b'a,b\n1,"x\n', b'y"\n2,z']
    >>> [bytes(block) for block in record_blocks(chunks, 4, "it")]
    [b'a,b\n', b'1,"x\ny"\n', b'2,z\n']
    """
    ring = [bytearray(block_bytes) for _ in range(buffers)]
    number = filled = inside = 0
    for chunk in chunks:
        rest = memoryview(chunk)
        while rest:
            buffer = ring[number]
            piece = rest[: min(len(buffer) - filled, _PIECE_BYTES)]
            buffer[filled : filled + len(piece)] = piece
            filled += len(piece)
            inside ^= _odd_quotes(piece)
            rest = rest[len(piece) :]
            if filled < len(buffer):
                continue
            end = last_record_end(buffer, inside)
            if not end:
                ring[number] = buffer + bytes(len(buffer))
                continue
            tail = buffer[end:]
            yield memoryview(buffer)[:end]
            number = (number + 1) % buffers
            if len(ring[number]) <= len(tail):
                ring[number] = bytearray(len(buffer))
            ring[number][: len(tail)] = tail
            filled = len(tail)
    if inside:
        raise CivisDownloadError(
            f"{what} ends inside a quoted field: it is incomplete, or no CSV. Download it again."
        )
    if filled:
        buffer = ring[number]
        if buffer[filled - 1] != ord("\n"):
            # Without it, pyarrow takes a NULL at the end for a text when quotes come before it.
            buffer[filled : filled + 1] = b"\n"
            filled += 1
        yield memoryview(buffer)[:filled]


def _odd_quotes(piece: memoryview) -> int:
    """Return the number of quotes in a piece, modulo 2, without holding up other threads."""
    import numpy as np

    return int(np.count_nonzero(np.frombuffer(piece, np.uint8) == ord('"'))) % 2


def last_record_end(block: bytes | bytearray, odd_quotes: int) -> int:
    r"""Return the position after the last line break outside quotes; 0 when there is none.

    Parameters
    ----------
    block
        Begins with a record.
    odd_quotes
        The number of quotes in it, modulo 2.

    Examples
    --------
    >>> last_record_end(b'1,x\n2,"y\n', 1)
    4
    """
    end = len(block)
    while (position := block.rfind(b"\n", 0, end)) >= 0:
        odd_quotes ^= block.count(b'"', position, end) % 2
        if not odd_quotes:
            return position + 1
        end = position
    return 0


def parse_pool() -> Any:
    """Return the pool of memory for what lives no longer than a block: one that keeps little."""
    import pyarrow as pa

    try:
        return pa.jemalloc_memory_pool()
    except NotImplementedError:  # pragma: no cover - not on all systems
        return pa.system_memory_pool()


def map_blocks(
    blocks: Iterable[memoryview], work: Callable[[memoryview], _Result]
) -> Iterator[_Result]:
    """Call a function with each block, with several at a time; yield the results in order.

    Parameters
    ----------
    blocks
        From `record_blocks`; they are made in a thread of their own.
    work
        The function; it must not keep the block.
    """
    source: Any = prefetch(blocks, 1)
    pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="civis-parse")
    waiting: deque[Future[_Result]] = deque()
    try:
        for block in source:
            waiting.append(pool.submit(work, block))
            if len(waiting) >= _WORKERS:
                yield outcome(waiting.popleft())
        while waiting:
            yield outcome(waiting.popleft())
    finally:
        source.close()
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
