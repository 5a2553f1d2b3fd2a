"""The outputs of an export: which files, and what the platform tells of their columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from civis_nb.io.files.remote import remote_output, whole_number
from civis_nb.io.reading.content import Export
from civis_nb.io.reading.manifest import manifest_of
from civis_nb.io.sql_types import types_told
from civis_nb.transport.download import Remote
from civis_nb.transport.slots import parallel_parts

__all__ = ["Found", "find_outputs"]


@dataclass(frozen=True)
class Found:
    """Files to be read as one CSV.

    Attributes
    ----------
    remotes
        The files, in order.
    told
        (name, SQL type) of each column; None where the platform does not tell.
    header
        The first record when the files have none.
    parallel
        How many to download at the same time.
    """

    remotes: Sequence[Remote]
    told: list[tuple[str, str]] | None = None
    header: bytes | None = None
    parallel: int = 1

    @property
    def size(self) -> int | None:
        """All of the bytes to be downloaded; None when unknown."""
        sizes = [remote.size for remote in self.remotes]
        return None if any(size is None for size in sizes) else sum(filter(None, sizes))

    def content(
        self, client: Any, count: Callable[[int], None] | None = None, *, keep: bool = True
    ) -> Export:
        """Return the content as one CSV; `keep` it, so that it can be iterated again."""
        return Export(
            client, self.remotes, count, header=self.header, parallel=self.parallel, keep=keep
        )


def find_outputs(client: Any, outputs: Sequence[Any], *, multifile: bool = False) -> Found:
    """Look up the output files of an export.

    Parameters
    ----------
    client
        The client.
    outputs
        The run's ``output``, not empty.
    multifile
        Whether the output is a manifest of parts.

    Raises
    ------
    CivisDownloadError
        When the manifest could not be had whole.
    """
    if multifile:
        return _parts(client, manifest_of(client, outputs[0]))
    looked_up = [remote_output(client, output) for output in outputs]
    return Found([remote for remote, _ in looked_up], _told(looked_up[0][1]))


def _told(file: Any) -> list[tuple[str, str]] | None:
    detected = getattr(file, "detected_info", None)
    return types_told(getattr(detected, "table_columns", None))


def _parts(client: Any, manifest: dict[str, Any]) -> Found:
    header = io.StringIO()
    # In quotes, so that a name that begins with a byte order mark keeps it.
    csv.writer(header, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow(manifest["header"])
    entries = manifest["entries"]
    remotes = [_part(client, entry) for entry in entries]
    told = _told(client.files.get(entries[0]["id"])) if entries else None
    return Found(remotes, told, header.getvalue().encode(), parallel_parts())


def _part(client: Any, entry: dict[str, Any]) -> Remote:
    def renew() -> Any:
        return client.files.get(entry["id"]).file_url

    what = f"file {entry['id']} ({entry.get('name')})"
    size = whole_number(entry.get("size"))
    return Remote(what, entry["url_signed"], size, renew, as_stored=True)
