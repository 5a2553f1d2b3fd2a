"""Files of the platform as things to download: link, size, a fresh link."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from civis_nb.errors import CivisAPIError, EmptyResultError
from civis_nb.futures.states import field
from civis_nb.io.arguments import file_id_of
from civis_nb.transport.download import Remote

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client

__all__ = [
    "file_label",
    "link_renewal",
    "remote_file",
    "remote_output",
    "size_in_store",
    "whole_number",
]


def whole_number(value: Any) -> int | None:
    """Return `value` when it is a size, else None (for a mock or an old platform)."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if value >= 0 else None


def file_label(file_id: Any, name: Any) -> str:
    """Return what messages call a file.

    Examples
    --------
    >>> file_label(12, "data.csv"), file_label(12, None)
    ('file 12 (data.csv)', 'file 12')
    """
    return f"file {file_id} ({name})" if isinstance(name, str) and name else f"file {file_id}"


def link_renewal(client: Client, file_id: Any) -> Callable[[], str | None]:
    """Return a function that requests a new link to the content of a file."""

    def renew() -> Any:
        return client.files.get(file_id).file_url

    return renew


def remote_file(client: Client, file_id: int, *, as_stored: bool = False) -> Remote:
    """Return a Civis file as something to download.

    Raises
    ------
    CivisInputError
        When `file_id` is no id.
    EmptyResultError
        When the file has no content, or no longer.
    """
    file_id = file_id_of(file_id)
    file = client.files.get(file_id)
    url = file.file_url
    what = file_label(file_id, getattr(file, "name", None))
    if not url:
        raise EmptyResultError(
            f"{what} has no content: it is empty, or it has expired. Upload it again."
        )
    size = whole_number(getattr(file, "file_size", None))
    return Remote(what, url, size, link_renewal(client, file_id), as_stored)


def remote_output(client: Client, output: Any) -> tuple[Remote, Any]:
    """Return one output file of an export as something to download.

    Parameters
    ----------
    client
        The client.
    output
        An item of the run's ``output``; a dict in somebody's test.

    Returns
    -------
    tuple
        What to download, and the file as the platform describes it; None for the latter where
        it does not.

    Raises
    ------
    EmptyResultError
        When the output has no content any more.
    """
    file_id = field(output, "file_id")
    what = file_label(file_id, field(output, "output_name"))
    file = None
    if whole_number(file_id) is not None:
        try:
            file = client.files.get(file_id)
        except CivisAPIError:
            # The export's own link needs no permission on the file: its size stays unknown.
            file = None
    size = whole_number(getattr(file, "file_size", None)) or None
    path = field(output, "path")
    if not path:
        raise EmptyResultError(
            f"{what} has no content any more: it has expired, or was removed. Run the statement "
            "again."
        )
    return Remote(what, path, size, link_renewal(client, file_id), as_stored=True), file


def size_in_store(url: Any, session: Any) -> int | None:
    """Return how many bytes the store holds under a link; None when it does not answer."""
    from civis_nb._wire_text import SecretUrl
    from civis_nb.transport.presigned import Broken, ask

    if not isinstance(url, str):
        return None
    url = SecretUrl(url)
    headers = {"Range": "bytes=0-0", "Accept-Encoding": "identity"}
    try:
        with ask(session, "GET", url, headers=headers, stream=True) as response:
            length = response.headers.get(
                "Content-Range" if response.status_code != 200 else "Content-Length", ""
            )
            if response.status_code not in (200, 206, 416):
                return None
    except Broken:
        return None
    found = re.search(r"(\d+)$", length)
    return int(found.group(1)) if found else None
