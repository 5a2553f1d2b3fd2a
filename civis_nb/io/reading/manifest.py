"""Manifests of exports to several files: which files there are, and where."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from civis_nb._wire_text import SecretBytes, SecretUrl
from civis_nb.errors import CivisClientError
from civis_nb.io.files.remote import remote_file

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client
    from civis_nb.transport.download import Remote

__all__ = ["manifest_of"]


def manifest_of(client: Client, output: Any) -> dict[str, Any]:
    """Download the manifest of an export to several files.

    Parameters
    ----------
    client
        The client.
    output
        The only item of the run's ``output``.

    Returns
    -------
    dict
        The manifest; its links are texts of which no repr shows the signature, so that a
        notebook in which it is shown gives nothing away.

    Raises
    ------
    CivisClientError
        When the file is no manifest.
    CivisDownloadError
        When it could not be had whole.
    """
    remote = remote_file(client, output["file_id"])
    content = _downloaded(client, remote)
    try:
        return _parsed(content)
    except (ValueError, KeyError, TypeError) as error:
        problem = f"{type(error).__name__}: {str(error)[:80]}"
    # Out here, so that nothing that holds the links can be reached from the error.
    raise CivisClientError(f"{remote.what} is no manifest ({problem}). Export it again.")


def _downloaded(client: Client, remote: Remote) -> SecretBytes:
    """Download a manifest; an error of that has no frame in which its links can be seen."""
    from civis_nb.transport.download import stream
    from civis_nb.transport.presigned import session_for, without_frames

    try:
        return SecretBytes(b"".join(stream(remote, session_for(client))))
    except BaseException as error:
        failure = without_frames(error)
    raise failure


def _parsed(content: bytes) -> dict[str, Any]:
    """Parse a manifest; its links are kept out of what is shown."""
    manifest: dict[str, Any] = json.loads(content)
    for entry in manifest["entries"]:
        if not isinstance(entry, dict):
            raise TypeError("an entry is no object")
        links = {key: SecretUrl(entry[key]) for key in ("url", "url_signed") if entry.get(key)}
        entry.update(links)
    return manifest
