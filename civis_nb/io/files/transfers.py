"""Civis files: up and down, verified."""

from __future__ import annotations

import contextlib
import logging
import os
import stat
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from civis_nb._wire_text import Secret
from civis_nb.client.protocol import client_or_default
from civis_nb.errors import CivisArgumentError, CivisUploadError
from civis_nb.io.arguments import file_arguments
from civis_nb.io.call import progress_bar, step, tracked_transfer
from civis_nb.io.files.remote import remote_file, size_in_store, whole_number

if TYPE_CHECKING:
    from civis_nb.client.client import APIClient
    from civis_nb.client.protocol import Client
    from civis_nb.transport.sources import Source

log = logging.getLogger(__name__)

__all__ = [
    "check_arrived",
    "check_folder",
    "checked_name",
    "civis_to_file",
    "file_to_civis",
    "upload_source",
]

#: A platform that just took a file may need a moment to know its size.
_SIZE_WAITS_S = (0.1, 0.3, 0.9)


@tracked_transfer
def file_to_civis(
    buf: BinaryIO | str | os.PathLike[str],
    name: str | None = None,
    expires_at: str | None = "DEFAULT",
    description: str | None = None,
    client: APIClient | None = None,
    *,
    progress: bool | None = None,
) -> int:
    """Upload a file to Civis, and check that all of it arrived.

    Parameters
    ----------
    buf
        A path, or a file or buffer. What can seek is sent from its beginning, wherever it
        stands, and stands at its beginning afterwards. A buffer of text is sent as UTF-8.
    name
        The file's name on the platform; by default that of the path or of ``buf.name``.
    expires_at
        When the file expires, in ISO 8601; by default in 30 days; None: never.
    description
        At most 512 characters.
    client
        By default one made from the environment.
    progress
        Show a progress bar; None: when a person is watching and it takes a while.

    Returns
    -------
    int
        The file's id.

    Raises
    ------
    CivisInputError
        When `buf` can't be read from or has no name, or the description is too long. Nothing
        was sent.
    CivisUploadError
        When the platform does not hold everything that was sent.
    OSError
        When the path can't be read.
    """
    from civis_nb.transport.sources import open_source

    name = checked_name(name if name is not None else _name_of(buf))
    arguments = file_arguments(expires_at, description)
    with open_source(buf) as source:
        client = client_or_default(client)
        return upload_source(client, source, name, arguments, progress=progress)


def upload_source(
    client: Client,
    source: Source,
    name: str,
    arguments: Mapping[str, Any],
    *,
    progress: bool | None = None,
) -> int:
    """Upload content as a new file; the arguments are those of `file_to_civis`."""
    from civis_nb.transport.presigned import session_for
    from civis_nb.transport.sources import CountedSource
    from civis_nb.transport.upload import MAX_SINGLE_BYTES, part_ranges, post_form, put_parts

    if source.size == 0:
        log.warning("The file %r is empty: 0 bytes are uploaded.", name)
    session = session_for(client)
    with progress_bar(f"Uploading {name}", source.size, progress) as advance:
        watched = CountedSource(source, advance)
        if source.size <= MAX_SINGLE_BYTES:
            reply = client.files.post(name, **arguments)
            what = f"file {reply.id} ({name})"
            fields = _upload_fields(reply)
            post_form(session, reply.upload_url, fields, watched, filename=name, what=what)
        else:
            count = len(part_ranges(source.size))
            reply = client.files.post_multipart(name, count, **arguments)
            what = f"file {reply.id} ({name})"
            put_parts(session, list(reply.upload_urls), watched, what=what)
            client.files.post_multipart_complete(reply.id)
    step(f"Checking {what}")
    check_arrived(client, reply.id, what, source.size, session)
    file_id: int = reply.id
    return file_id


@tracked_transfer
def civis_to_file(
    file_id: int,
    buf: BinaryIO | str | os.PathLike[str],
    client: APIClient | None = None,
    *,
    progress: bool | None = None,
) -> None:
    """Download a Civis file, and check that all of it arrived.

    Parameters
    ----------
    file_id
        The file's id.
    buf
        A path: the file appears there only when it is complete, and what was there before
        stays as it is otherwise. Or a buffer of bytes, written from its present position.
    client
        By default one made from the environment.
    progress
        Show a progress bar; None: when a person is watching and it takes a while.

    Raises
    ------
    CivisInputError
        When `buf` takes no bytes.
    EmptyResultError
        When the file is empty or has expired.
    CivisDownloadError
        When the content could not be had whole.
    OSError
        When no file can be made at the path.
    """
    from civis_nb.transport.download import stream
    from civis_nb.transport.presigned import session_for
    from civis_nb.transport.sinks import check_buffer, write_buffer, write_path

    if isinstance(buf, str | os.PathLike):
        check_folder(buf)
    else:
        check_buffer(buf)
    client = client_or_default(client)
    remote = remote_file(client, file_id)
    with progress_bar(f"Downloading {remote.what}", remote.size, progress) as advance:
        chunks = advance.over(stream(remote, session_for(client)))
        if isinstance(buf, str | os.PathLike):
            write_path(chunks, buf, remote.what)
        else:
            write_buffer(chunks, buf)


def check_folder(path: Any) -> None:
    """Check that a file can be written at a path, before anything is sent.

    Raises
    ------
    CivisInputError
        When it is no path; a TypeError too.
    OSError
        When it is a folder, its folder does not exist, or one of them can't be written to.
    """
    if not isinstance(path, str | os.PathLike) or "\0" in os.fspath(path):
        raise CivisArgumentError(f"{path!r} is no path of a file; give a text or a pathlib.Path.")
    target = Path(path)
    if target.is_dir():
        raise IsADirectoryError(f"{target} is a folder; give the name of a file in it.")
    with contextlib.suppress(FileNotFoundError):
        kind = target.stat().st_mode  # a name that is too long is an error of its own
        if not os.access(target, os.W_OK):
            raise PermissionError(f"{target} is there and can't be written to.")
        if not stat.S_ISREG(kind):
            return  # a device or a pipe is written directly
    if target.is_symlink():
        target = target.resolve()
    if not target.parent.is_dir():
        raise FileNotFoundError(f"The folder {target.parent} does not exist; make it first.")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise PermissionError(f"The folder {target.parent} can't be written to; choose another.")


def checked_name(name: Any) -> str:
    """Return the name of a file, after a check that it is one.

    Raises
    ------
    CivisInputError
        When it is blank, or no text; a TypeError too.
    """
    if not isinstance(name, str) or not name.strip():
        raise CivisArgumentError(f"name can't be {name!r}; it is a text that is not blank.")
    return name


def _name_of(buf: Any) -> str:
    """Return the file name of a path or buffer."""
    if isinstance(buf, str | os.PathLike):
        return os.path.basename(os.fspath(buf))  # noqa: PTH119 - bytes and odd paths too
    name = getattr(buf, "name", None)
    if isinstance(name, str) and name:
        return os.path.basename(name)  # noqa: PTH119
    raise CivisArgumentError("The buffer has no name of its own; name the file: name='data.csv'.")


def _upload_fields(reply: Any) -> dict[str, str]:
    """Return the fields of the upload form, under the names that the platform gave them."""
    try:
        raw = reply.json(snake_case=False)
        fields = raw.get("uploadFields", raw.get("upload_fields"))
    except (AttributeError, TypeError):
        fields = None
    if not isinstance(fields, Mapping):
        fields = reply.upload_fields
        fields = fields.json(snake_case=False) if hasattr(fields, "json") else fields
    return {str(key): Secret(value) for key, value in dict(fields).items()}


def check_arrived(client: Client, file_id: int, what: str, sent: int, session: Any) -> None:
    """Check that the platform holds as many bytes as were sent.

    Raises
    ------
    CivisUploadError
        When it is not the same number of bytes.
    """
    held: int | None = None
    for wait_s in (0.0, *_SIZE_WAITS_S):
        time.sleep(wait_s)
        file = client.files.get(file_id)
        size = getattr(file, "file_size", None)
        if size is not None and whole_number(size) is None:
            return  # a mock client
        held = whole_number(size)
        if held == sent:
            return
        if not held:
            # Not every platform has a size from the start; the store itself does.
            held = size_in_store(getattr(file, "file_url", None), session)
            if held == sent:
                return
        if held is None and sent and getattr(file, "file_url", None) is None:
            continue
        if held is None:
            return
    if held is None:
        raise CivisUploadError(
            f"{what} was sent, {sent:,} bytes, but the platform has no content for it. "
            "It may have expired already; else send it again."
        )
    raise CivisUploadError(
        f"{what} did not arrive whole: {sent:,} bytes were sent and the platform holds "
        f"{held:,}. Send it again; do not use the file {file_id}."
    )
