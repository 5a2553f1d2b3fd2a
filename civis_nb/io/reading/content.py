"""The content of exports: one logical CSV, inflated and checked while it is downloaded."""

from __future__ import annotations

import contextlib
import os
import queue
import tempfile
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Any, TypeVar

from civis_nb._waiting import queue_get
from civis_nb.cancellation import CancelToken, current_token
from civis_nb.compression import inflate, is_gzip
from civis_nb.errors import CivisDownloadError
from civis_nb.transport.download import Remote, stream
from civis_nb.transport.presigned import session_for

__all__ = [
    "Export",
    "Kept",
    "ahead",
    "first_record",
    "inflated",
    "joined",
    "last_record_end",
    "records",
    "remote_chunks",
]

_Item = TypeVar("_Item")
_END = object()
_CHUNK_BYTES = 1024 * 1024
_KEPT_BYTES = 4 * 1024 * 1024
#: Pieces of at most 4 MiB that each of several files may be ahead.
_PART_DEPTH = 4
#: How long who takes no more waits for the thread that gives.
_JOIN_S = 2.0


def remote_chunks(
    client: Any, remote: Remote, count: Callable[[int], None] | None = None
) -> Iterator[bytes]:
    """Download a file; give its bytes as they are stored."""
    for chunk in stream(remote, session_for(client)):
        if count is not None:
            count(len(chunk))
        yield chunk


class Kept:
    """Chunks that can be iterated more than once: those that came are kept, large ones on disk.

    Parameters
    ----------
    chunks
        The content, in order; taken as far as somebody asks.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._source = iter(chunks)
        self._kept: IO[bytes] = tempfile.SpooledTemporaryFile(_KEPT_BYTES)  # noqa: SIM115
        self._length = 0
        self._lock = threading.Lock()
        weakref.finalize(self, self._kept.close)

    def __iter__(self) -> Iterator[bytes]:
        at = 0
        while chunk := self._from(at):
            at += len(chunk)
            yield chunk

    def _from(self, at: int) -> bytes:
        """Return the next bytes from a position; b"" at the end."""
        with self._lock:
            if at < self._length:
                self._kept.seek(at)
                return self._kept.read(_CHUNK_BYTES)
            chunk = next(self._source, b"")
            self._kept.seek(0, os.SEEK_END)
            self._kept.write(chunk)
            self._length += len(chunk)
            return chunk


class Export:
    """The content of an export as one CSV, inflated and checked; can be iterated again.

    Parameters
    ----------
    client
        The client.
    remotes
        The files, in order.
    count
        Called with the bytes of each piece that arrives.
    header
        The first record, when the files have none; None: each begins with it.
    parallel
        How many files are downloaded at the same time.
    keep
        Keep what was downloaded, so that it can be iterated again.
    """

    def __init__(
        self,
        client: Any,
        remotes: Sequence[Remote],
        count: Callable[[int], None] | None = None,
        *,
        header: bytes | None = None,
        parallel: int = 1,
        keep: bool = True,
    ) -> None:
        self.what = remotes[0].what if remotes else "the export"
        self._remotes = remotes
        self._header = header
        self._parallel = parallel
        chunks = (remote_chunks(client, remote, count) for remote in remotes)
        self._stored = [Kept(one) if keep else one for one in chunks]

    def __iter__(self) -> Iterator[bytes]:
        has_header = self._header is None and len(self._remotes) > 1
        content = joined(self._files(), header=has_header)
        return _chain(self._header or b"", ahead(content))

    def _files(self) -> Iterator[Iterable[bytes]]:
        waiting: deque[Iterator[bytes]] = deque()
        try:
            for stored, remote in zip(self._stored, self._remotes, strict=True):
                content = inflated(stored, remote.what)
                if self._parallel > 1:
                    content = ahead(content, _PART_DEPTH)
                waiting.append(content)
                if len(waiting) >= self._parallel:
                    yield waiting.popleft()
            while waiting:
                yield waiting.popleft()
        finally:
            for content in waiting:
                close = getattr(content, "close", None)
                if callable(close):
                    close()


def inflated(chunks: Iterable[bytes], what: str) -> Iterator[bytes]:
    """Inflate what is gzip, by its first bytes; pass on what is not."""
    chunks = iter(chunks)
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= 2:
            break
    whole = _chain(head, chunks)
    return inflate(whole, what) if is_gzip(head) else whole


def _chain(head: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from rest


def ahead(items: Iterable[_Item], depth: int = 4) -> Iterator[_Item]:
    """Iterate in a thread of its own, a few items ahead of who takes them.

    An exception of the iteration is raised where the items are taken. When these are no
    longer taken, or the work that they are for is stopped, the thread ends.
    """
    waiting: queue.Queue[Any] = queue.Queue(depth)
    token, unsubscribe = current_token().child()

    def put(item: Any) -> bool:
        while not token.cancelled:
            try:
                waiting.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def iterate() -> None:
        try:
            for item in items:
                if not put((item, None)):
                    break
            else:
                put((_END, None))
        except BaseException as error:
            put((_END, error))
        finally:
            close = getattr(items, "close", None)
            if callable(close):
                close()
            unsubscribe()

    def run() -> None:
        with token.active():
            iterate()

    thread = threading.Thread(target=run, name="civis-ahead", daemon=True)
    thread.start()
    return _taken(waiting, token, thread)


def _taken(
    waiting: queue.Queue[Any], token: CancelToken, thread: threading.Thread
) -> Iterator[Any]:
    def wake() -> None:
        # Only who waits must be woken; and nobody waits while there is something to take.
        with contextlib.suppress(queue.Full):
            waiting.put_nowait((_END, None))

    unsubscribe = token.on_cancel(wake)
    try:
        while True:
            item, error = queue_get(waiting)
            if error is not None:
                raise error
            token.raise_if_cancelled()
            if item is _END:
                return
            yield item
    finally:
        unsubscribe()
        token.cancel()
        # A thread that stands in the middle of a request ends with it, and touches nothing more.
        thread.join(_JOIN_S)


def records(
    chunks: Iterable[bytes], block_bytes: int, what: str, *, quote: bytes = b'"'
) -> Iterator[bytes]:
    r"""Cut a CSV into blocks of whole records.

    A record ends at a line break outside quotes: one that is preceded by an even number of
    quotes.

    Parameters
    ----------
    chunks
        The CSV, cut anywhere.
    block_bytes
        A block is cut as soon as it is as long as this.
    what
        What is read, for the error.
    quote
        The quote character; empty when the CSV has no quotes.

    Raises
    ------
    CivisDownloadError
        When the CSV ends inside quotes.

    Examples
    --------
    >>> list(records([b'a,b\n1,"x\n', b'y"\n2,z'], 1, "it"))
    [b'a,b\n', b'1,"x\ny"\n', b'2,z']
    """
    parts: list[bytes] = []
    length = 0
    inside = 0  # quotes in `parts`, modulo 2
    for chunk in chunks:
        quotes = chunk.count(quote) if quote else 0
        if length + len(chunk) >= block_bytes:
            cut = last_record_end(chunk, (inside + quotes) % 2, quote)
            if cut:
                parts.append(chunk[:cut])
                yield b"".join(parts)
                parts, length, inside = [], 0, 0
                chunk = chunk[cut:]
                quotes = chunk.count(quote) if quote else 0
        if chunk:
            parts.append(chunk)
            length += len(chunk)
            inside = (inside + quotes) % 2
    if inside:
        raise CivisDownloadError(
            f"{what} ends inside a quoted field: it is incomplete, or no CSV. Download it again."
        )
    if parts:
        yield b"".join(parts)


def last_record_end(chunk: bytes, parity: int, quote: bytes = b'"') -> int:
    """Return the position after the last line break outside quotes; 0 when there is none.

    `parity` is the number of quotes up to the chunk's end, modulo 2.
    """
    end = len(chunk)
    while True:
        position = chunk.rfind(b"\n", 0, end)
        if position < 0:
            return 0
        if quote:
            parity = (parity + chunk.count(quote, position, end)) % 2
        if parity == 0:
            return position + 1
        end = position


def joined(files: Iterable[Iterable[bytes]], *, header: bool) -> Iterator[bytes]:
    """Read several CSV files of one result as one; a header stays where it comes first.

    Parameters
    ----------
    files
        The content of each file.
    header
        Whether each begins with the same header.
    """
    first_header: bytes | None = None
    last = b"\n"
    for number, chunks in enumerate(files):
        rest = iter(chunks)
        if number and not last.endswith((b"\n", b"\r")):
            yield b"\n"
        if header:
            found, rest = first_record(rest)
            if first_header is None:
                first_header = found
                yield found
            elif found.rstrip(b"\r\n") != first_header.rstrip(b"\r\n"):
                raise CivisDownloadError(
                    "The export has several files with different headers; read them one by one."
                )
        for chunk in rest:
            if chunk:
                last = chunk
                yield chunk


def first_record(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Return the first record of a CSV with its line break, and the rest, uncut."""
    head = b""
    for chunk in chunks:
        head += chunk
        position = -1
        while (position := head.find(b"\n", position + 1)) >= 0:
            if head.count(b'"', 0, position) % 2 == 0:
                return head[: position + 1], _chain(head[position + 1 :], chunks)
    return head, iter(())
