"""The files of an export, and what the platform declares of their columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from civis_nb.frames.sql_types import DeclaredTypes, declared_types_of
from civis_nb.io.files.remote import file_label, link_renewal, remote_output, whole_number
from civis_nb.io.reading.content import CsvContent
from civis_nb.io.reading.manifest import manifest_of
from civis_nb.transport.download import Remote
from civis_nb.transport.slots import parallel_parts

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client
    from civis_nb.io.reading.options import SqlExport

__all__ = ["ResultFiles", "result_files"]


@dataclass(frozen=True)
class ResultFiles:
    """The files of a result, to be read as one CSV.

    Attributes
    ----------
    client
        The client.
    remotes
        The files, in order; none when the result has no rows.
    declared_types
        (name, SQL type) of each column; None where the platform does not declare them.
    header
        The first record, when the files have none; None: each file begins with it.
    parallel
        How many to download at the same time.
    """

    client: Client
    remotes: Sequence[Remote]
    declared_types: DeclaredTypes | None = None
    header: bytes | None = None
    parallel: int = 1

    @property
    def name(self) -> str:
        """The first file, for progress and errors."""
        return self.remotes[0].what if self.remotes else "the export"

    @property
    def size(self) -> int | None:
        """All of the bytes to be downloaded; None when unknown."""
        sizes = [remote.size for remote in self.remotes]
        return None if any(size is None for size in sizes) else sum(filter(None, sizes))

    def content(
        self, count: Callable[[int], None] | None = None, *, keep: bool = True
    ) -> CsvContent:
        """Return the content as one CSV.

        Parameters
        ----------
        count
            Called with the bytes of each chunk that arrives.
        keep
            Keep what was downloaded, so that the content can be iterated again.
        """
        return CsvContent(
            self.client,
            self.remotes,
            count,
            header=self.header,
            parallel=self.parallel,
            keep=keep,
        )


def result_files(
    client: Client,
    response: Any,
    export: SqlExport,
    declared_types: DeclaredTypes | None = None,
) -> ResultFiles:
    """Return the files of an export.

    Parameters
    ----------
    client
        The client.
    response
        The last response of the run.
    export
        What was exported.
    declared_types
        The columns' types, for where the export itself has none.

    Raises
    ------
    CivisDownloadError
        When the manifest could not be had whole.
    """
    outputs = list(response["output"] or [])
    if not outputs:
        declared = declared_types_of(getattr(response, "result_columns", None))
        return ResultFiles(client, [], declared or declared_types)
    if export.is_multifile:
        return _parts(client, manifest_of(client, outputs[0]), declared_types)
    found = [remote_output(client, output) for output in outputs]
    declared = _detected_types(found[0][1]) or declared_types
    return ResultFiles(client, [remote for remote, _ in found], declared)


def _detected_types(file: Any) -> DeclaredTypes | None:
    detected = getattr(file, "detected_info", None)
    return declared_types_of(getattr(detected, "table_columns", None))


def _parts(
    client: Client, manifest: dict[str, Any], declared_types: DeclaredTypes | None
) -> ResultFiles:
    """Return the files that a manifest names."""
    header = io.StringIO()
    # In quotes, so that a name that begins with a byte order mark keeps it.
    csv.writer(header, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow(manifest["header"])
    entries = manifest["entries"]
    if entries:
        declared_types = _detected_types(client.files.get(entries[0]["id"])) or declared_types
    return ResultFiles(
        client,
        [_part(client, entry) for entry in entries],
        declared_types,
        header.getvalue().encode(),
        parallel_parts(),
    )


def _part(client: Client, entry: dict[str, Any]) -> Remote:
    """Return a file of an export as the downloads know it."""
    what, size = file_label(entry["id"], entry.get("name")), whole_number(entry.get("size"))
    renew = link_renewal(client, entry["id"])
    return Remote(what, entry["url_signed"], size, renew, as_stored=True)
