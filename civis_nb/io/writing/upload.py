"""Text on its way up: deflated while its first parts are already being sent.

An upload in parts needs their number before the text is deflated, and all of them must arrive.
So the size is estimated from samples, with a margin: all parts but the last have one size, and
the last one takes the rest. When the text proves to be shorter than that, it is sent anew,
as one whole.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol, cast

from civis_nb.compression import gzipped
from civis_nb.io.call import progress_bar
from civis_nb.io.files.transfers import check_arrived, file_to_civis
from civis_nb.io.prefetch import prefetch

if TYPE_CHECKING:
    from civis_nb.client.client import APIClient
    from civis_nb.client.protocol import Client
    from civis_nb.transport.sources import GrowingSource

__all__ = ["Text", "upload_gzip"]

#: More than the least size of a part that object stores take.
_PART_BYTES = 6 * 1024 * 1024
_MAX_PARTS = 1000
#: The share of the estimated size that is relied on.
_RELIABLE_SHARE = 0.8
_MEMORY_BYTES = 16 * 1024 * 1024


class Text(Protocol):
    """A text that is made piece by piece, and can be made again."""

    def chunks(self) -> Iterator[bytes]:
        """Yield all of it."""

    def samples(self) -> tuple[list[bytes], float]:
        """Return pieces from all over the text, and the share they make; none of a short one."""


class _TooShortError(Exception):
    """The text is too short for the number of parts that was announced."""


def upload_gzip(client: Client, text: Text, name: str, progress: bool | None) -> int:
    """Upload a text as a gzip file of one member; return the file's id.

    Raises
    ------
    CivisUploadError
        When there is no room for it on this machine, or the platform does not hold all of it.
    """
    expected = _expected_bytes(text)
    part_bytes = max(_PART_BYTES, expected // _MAX_PARTS)
    count = int(_RELIABLE_SHARE * expected) // part_bytes
    if count >= 1:
        try:
            return _upload_parts(client, text, name, count + 1, part_bytes, expected, progress)
        except _TooShortError:
            pass  # an upload that is not completed is no file
    return _upload_whole(client, text, name, progress)


def _expected_bytes(text: Text) -> int:
    """Return the estimated size of the deflated text; 0 for a short one."""
    samples, share = text.samples()
    return int(sum(map(len, gzipped(iter(samples)))) / share) if samples else 0


def _upload_whole(client: Client, text: Text, name: str, progress: bool | None) -> int:
    """Deflate the whole text, then send it."""
    from civis_nb.transport.sources import full_disk_named

    with tempfile.SpooledTemporaryFile(_MEMORY_BYTES) as file:
        with full_disk_named():
            for data in gzipped(prefetch(text.chunks(), 2)):
                file.write(data)
        return file_to_civis(
            _plain_file(file), name, client=cast("APIClient", client), progress=progress
        )


def _upload_parts(
    client: Client,
    text: Text,
    name: str,
    count: int,
    part_bytes: int,
    expected: int,
    progress: bool | None,
) -> int:
    """Send all parts but the last while they are deflated, then the last.

    Raises
    ------
    _TooShortError
        When nothing is left for the last part, or for one before it.
    """
    from civis_nb.transport.presigned import session_for
    from civis_nb.transport.sources import CountedSource, open_source
    from civis_nb.transport.upload import PartSender

    session = session_for(client)
    reply = client.files.post_multipart(name, count)
    file_id: int = reply.id
    what = f"file {file_id} ({name})"
    with (
        tempfile.SpooledTemporaryFile(_MEMORY_BYTES) as last,
        progress_bar(f"Uploading {name}", expected, progress, estimated=True) as advance,
        PartSender(session, list(reply.upload_urls), count, what) as sender,
    ):
        data = gzipped(prefetch(text.chunks(), 2))

        def send_part(number: int, part: GrowingSource) -> None:
            sender.send(number, CountedSource(part, advance))

        _cut(data, count - 1, part_bytes, send_part, last)
        with open_source(_plain_file(last)) as rest:
            sender.send(count - 1, CountedSource(rest, advance))
            sender.settle()
            size = (count - 1) * part_bytes + rest.size
    client.files.post_multipart_complete(file_id)
    check_arrived(client, file_id, what, size, session)
    return file_id


def _cut(
    data: Iterator[bytes],
    count: int,
    part_bytes: int,
    send_part: Callable[[int, GrowingSource], None],
    last: Any,
) -> None:
    """Cut `data` into `count` parts of one size, each begun before it has come; the rest to a file.

    Raises
    ------
    _TooShortError
        When nothing is left for the file, or for a part before it.
    """
    from civis_nb.transport.sources import GrowingSource, full_disk_named

    number = 0
    part: GrowingSource | None = None
    try:
        for piece in data:
            rest = memoryview(piece)
            while rest and number < count:
                if part is None:
                    part = GrowingSource(part_bytes)
                    send_part(number, part)
                rest = rest[part.add(rest) :]
                if part.full:
                    part, number = None, number + 1
            if rest:
                with full_disk_named():
                    last.write(rest)
        if not last.tell():
            raise _TooShortError
    finally:
        if part is not None:
            part.give_up()


def _plain_file(spooled: Any) -> Any:
    """Return the file that a spooled one is at present: memory, or a file on disk."""
    return spooled._file
