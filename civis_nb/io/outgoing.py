"""Text on its way up: deflated while its first parts are already being sent.

An upload in parts needs their number before the text is deflated, and all of them must arrive.
So the size is estimated from samples, with a margin: all parts but the last have one size, and
the last one takes the rest. When the text proves to be shorter than that, it is sent anew,
as one whole.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any, Protocol

from civis_nb.io._progress import progress_bar
from civis_nb.io.content import ahead
from civis_nb.io.files import check_arrived, file_to_civis
from civis_nb.transport.inflate import compressor

__all__ = ["Text", "upload_gzip"]

#: More than the least size of a part that object stores take.
_PART_BYTES = 6 * 1024 * 1024
_MAX_PARTS = 1000
#: The share of the estimated size that is taken for sure.
_SURE = 0.8
_MEMORY_BYTES = 16 * 1024 * 1024


class Text(Protocol):
    """A text that is made piece by piece, as often as it is asked for."""

    def chunks(self) -> Iterator[bytes]:
        """Give all of it."""

    def samples(self) -> tuple[list[bytes], float]:
        """Give pieces from all over it, and what share of it they are; no pieces of a short one."""


class _TooShortError(Exception):
    """There is less of it than the number of parts that was announced needs."""


def upload_gzip(client: Any, text: Text, name: str, progress: bool | None) -> int:
    """Upload a text as a gzip file of one member; give the file's id.

    Raises
    ------
    CivisUploadError
        When there is no room for it on this machine, or the platform does not hold all of it.
    """
    expected = _expected_bytes(text)
    part_bytes = max(_PART_BYTES, expected // _MAX_PARTS)
    count = int(_SURE * expected) // part_bytes
    if count >= 1:
        try:
            return _upload_parts(client, text, name, count + 1, part_bytes, progress)
        except _TooShortError:
            pass  # an upload that is not completed is no file
    return _upload_whole(client, text, name, progress)


def _expected_bytes(text: Text) -> int:
    samples, share = text.samples()
    return int(sum(map(len, _deflated(iter(samples)))) / share) if samples else 0


def _deflated(chunks: Iterator[bytes]) -> Iterator[bytes]:
    member = compressor()
    for chunk in chunks:
        yield member.compress(chunk)
    yield member.flush()


def _upload_whole(client: Any, text: Text, name: str, progress: bool | None) -> int:
    from civis_nb.transport.sources import no_room

    with tempfile.SpooledTemporaryFile(_MEMORY_BYTES) as file:
        with no_room():
            for data in _deflated(ahead(text.chunks(), 2)):
                file.write(data)
        return file_to_civis(_plain_file(file), name, client=client, progress=progress)


def _upload_parts(
    client: Any, text: Text, name: str, count: int, part_bytes: int, progress: bool | None
) -> int:
    """Send all parts but the last while the text is deflated, then the last.

    Raises
    ------
    _TooShortError
        When nothing is left for the last part, or for one before it.
    """
    from civis_nb.transport.presigned import session_for
    from civis_nb.transport.sources import MemorySource, Watched, open_source
    from civis_nb.transport.upload import PartSender

    session = session_for(client)
    reply = client.files.post_multipart(name, count)
    file_id: int = reply.id
    what = f"file {file_id} ({name})"
    with (
        tempfile.SpooledTemporaryFile(_MEMORY_BYTES) as last,
        progress_bar(f"Uploading {name}", None, progress) as advance,
        PartSender(session, list(reply.upload_urls), count, what) as sender,
    ):
        size = 0
        parts = _parts(_deflated(ahead(text.chunks(), 2)), count, part_bytes, last)
        for number, part in enumerate(parts):
            sender.send(number, Watched(MemorySource(part), advance))
            size += len(part)
        with open_source(_plain_file(last)) as rest:
            sender.send(count - 1, Watched(rest, advance))
            sender.settle()
            size += rest.size
    client.files.post_multipart_complete(file_id)
    check_arrived(client, file_id, what, size, session)
    return file_id


def _parts(data: Iterator[bytes], count: int, part_bytes: int, last: Any) -> Iterator[bytes]:
    """Cut `data` into parts of one size, and write what is to be the last one to a file."""
    from civis_nb.transport.sources import no_room

    waiting = bytearray()
    cut = 0
    for piece in data:
        waiting += piece
        while cut < count - 1 and len(waiting) >= part_bytes:
            yield bytes(memoryview(waiting)[:part_bytes])
            del waiting[:part_bytes]
            cut += 1
        if cut == count - 1:
            with no_room():
                last.write(waiting)
            waiting.clear()
    if cut < count - 1 or not last.tell():
        raise _TooShortError


def _plain_file(spooled: Any) -> Any:
    """Give the file that a spooled one is at present: memory, or a file on disk."""
    return spooled._file
