"""The content of a result: one logical CSV, inflated and checked while it is downloaded."""

from __future__ import annotations

import io
import os
import tempfile
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, cast

from civis_nb.cancellation import current_token
from civis_nb.compression import inflate, is_gzip
from civis_nb.errors import CivisDownloadError
from civis_nb.io.prefetch import prefetch
from civis_nb.transport.download import Remote, stream
from civis_nb.transport.presigned import session_for

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client

__all__ = ["CsvContent", "first_record", "inflated", "joined", "no_room", "remote_chunks"]

_CHUNK_BYTES = 1024 * 1024
_IN_MEMORY_BYTES = 4 * 1024 * 1024
#: Chunks of at most 4 MiB that each of several files may be ahead.
_PART_DEPTH = 4


def remote_chunks(
    client: Client, remote: Remote, count: Callable[[int], None] | None = None
) -> Iterator[bytes]:
    """Download a file as it is stored; call `count` with the bytes of each chunk."""
    for chunk in stream(remote, session_for(client)):
        if count is not None:
            count(len(chunk))
        yield chunk


class CsvContent:
    """The files of a result as one CSV, inflated and checked in the thread that iterates it.

    Parameters
    ----------
    client
        The client.
    remotes
        The files, in order.
    count
        Called with the bytes of each chunk that arrives.
    header
        The first record, when the files have none (empty for a CSV without one); None: each
        file begins with it.
    parallel
        How many files are downloaded at the same time.
    keep
        Keep what was downloaded, so that the content can be iterated again.
    """

    def __init__(
        self,
        client: Client,
        remotes: Sequence[Remote],
        count: Callable[[int], None] | None = None,
        *,
        header: bytes | None = None,
        parallel: int = 1,
        keep: bool = True,
    ) -> None:
        self._remotes = remotes
        self._header = header
        self._parallel = parallel
        chunks = (remote_chunks(client, remote, count) for remote in remotes)
        self._stored = [_KeptChunks(one) if keep else one for one in chunks]

    def __iter__(self) -> Iterator[bytes]:
        has_header = self._header is None and len(self._remotes) > 1
        return _after(self._header or b"", joined(self._files(), header=has_header))

    def _files(self) -> Iterator[Iterable[bytes]]:
        """Yield the inflated chunks of each file, while the next ones are on their way."""
        waiting: deque[Iterator[bytes]] = deque()
        try:
            for stored, remote in zip(self._stored, self._remotes, strict=True):
                content = inflated(stored, remote.what)
                if self._parallel > 1:
                    content = prefetch(content, _PART_DEPTH)
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


class _KeptChunks:
    """Chunks that can be iterated again: those that came are kept, large ones on disk.

    Where they could not be had whole, no iteration ends as if they were.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._source = iter(chunks)
        # Of the call, not of one iteration: the next one goes on with the same download.
        self._token = current_token()
        self._failure: BaseException | None = None
        self._kept = _Kept()
        self._lock = threading.Lock()
        weakref.finalize(self, self._kept.close)

    def __iter__(self) -> Iterator[bytes]:
        position = 0
        while chunk := self._read(position):
            position += len(chunk)
            yield chunk

    def _read(self, position: int) -> bytes:
        """Return the next bytes from a position; b"" at the end."""
        with self._lock:
            if position < self._kept.length:
                return self._kept.read(position)
            if self._failure is not None:
                raise self._failure
            try:
                with self._token.active():
                    chunk = next(self._source, b"")
                self._kept.append(chunk)
            except BaseException as error:
                self._failure = error
                raise
            return chunk


class _Kept:
    """Bytes to be read again: large ones on disk, unless there is no room for them.

    Then they stay in memory: packed, they take less of it than the result will.

    Attributes
    ----------
    length
        How many there are.
    """

    def __init__(self) -> None:
        self.length = 0
        self._file: IO[bytes] = io.BytesIO()
        self._may_move = True

    def append(self, data: bytes) -> None:
        """Append some."""
        if self._may_move and self.length + len(data) > _IN_MEMORY_BYTES:
            self._may_move = False
            self._move_to_disk()
        try:
            _write(self._file, self.length, data)
        except OSError:  # the disk is full; memory raises another error
            self._move_to(io.BytesIO())
            _write(self._file, self.length, data)
        self.length += len(data)

    def read(self, position: int) -> bytes:
        """Return some of those that follow a position."""
        self._file.seek(position)
        return self._file.read(min(_CHUNK_BYTES, self.length - position))

    def close(self) -> None:
        """Close the file; one on disk is gone then."""
        self._file.close()

    def _move_to_disk(self) -> None:
        """Use a file on disk from now on, where one can be made and holds what there is."""
        try:
            file = cast(IO[bytes], tempfile.TemporaryFile(buffering=0))  # noqa: SIM115
        except OSError:
            return
        try:
            self._move_to(file)
        except OSError:
            file.close()

    def _move_to(self, file: IO[bytes]) -> None:
        """Use another file from now on, once it holds what there is."""
        position = 0
        while chunk := self.read(position):
            _write(file, position, chunk)
            position += len(chunk)
        self._file.close()
        self._file = file


def _write(file: IO[bytes], position: int, data: bytes) -> None:
    """Write all of `data` at a position; a file without a buffer may take it in parts."""
    file.seek(position)
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def no_room(what: str, error: OSError) -> CivisDownloadError:
    """Return the error of a result for which there is no room in the folder for temporary files."""
    reason = str(error) if error.errno is None else os.strerror(error.errno)
    return CivisDownloadError(
        f"{what} could not be stored in {tempfile.gettempdir()}: {reason}. Free some space, or "
        "name another folder in the environment variable TMPDIR."
    )


def inflated(chunks: Iterable[bytes], what: str) -> Iterator[bytes]:
    """Inflate what is gzip, by its first bytes; pass on what is not.

    Nothing is read before the first iteration, so that several files begin side by side.
    """
    chunks = iter(chunks)
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= 2:
            break
    whole = _after(head, chunks)
    yield from inflate(whole, what) if is_gzip(head) else whole


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


def first_record(chunks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Return the first record of a CSV with its line break, and the rest, uncut."""
    rest = iter(chunks)
    head = b""
    for chunk in rest:
        head += chunk
        position = -1
        while (position := head.find(b"\n", position + 1)) >= 0:
            if head.count(b'"', 0, position) % 2 == 0:
                end = position + 1
                return head[:end], _after(head[end:], rest)
    return head, iter(())


def _after(head: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield `head`, unless it is empty, and then the chunks."""
    if head:
        yield head
    yield from chunks
