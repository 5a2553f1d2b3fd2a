"""Exports saved as local files: plain, gzip, or zip."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from civis_nb.compression import ZipWriter, gzip_compressor
from civis_nb.io._progress import progress_bar
from civis_nb.io.files.remote import remote_output
from civis_nb.io.reading.content import ahead, inflated, joined, remote_chunks
from civis_nb.transport.sinks import complete_file, write_all, write_path

__all__ = ["save_outputs"]


def save_outputs(
    client: Any,
    outputs: Sequence[Any],
    filename: str | os.PathLike[str],
    compression: str,
    *,
    header: bool,
    progress: bool | None,
) -> None:
    """Save the output files of an export as one local file.

    Parameters
    ----------
    client
        The client.
    outputs
        The run's ``output``, not empty.
    filename
        Where the file is to be.
    compression
        ``"none"``, ``"gzip"`` or ``"zip"``.
    header
        Whether each output begins with a header.
    progress
        As for `civis_to_csv`.

    Raises
    ------
    CivisDownloadError
        When the content could not be had whole; `filename` is unchanged.
    """
    remotes = [remote_output(client, output)[0] for output in outputs]
    sizes = [remote.size for remote in remotes]
    total = sum(size for size in sizes if size) if all(sizes) else None
    name = Path(filename).name
    with progress_bar(f"Downloading {name}", total, progress) as advance:
        files = (
            inflated(ahead(remote_chunks(client, remote, advance)), remote.what)
            for remote in remotes
        )
        content = ahead(joined(files, header=header and len(remotes) > 1))
        if compression == "zip":
            # As the package civis names it: out.zip holds out.csv, any other name is its own.
            inner = f"{name.split('.')[0]}.csv" if name.endswith(".zip") else name
            with complete_file(filename) as file:
                _write_zip(content, file, inner)
        elif compression == "gzip":
            write_path(_deflated(content), filename, name)
        else:
            write_path(content, filename, name)


def _deflated(chunks: Iterable[bytes]) -> Iterator[bytes]:
    member = gzip_compressor()
    for chunk in chunks:
        yield member.compress(chunk)
    yield member.flush()


def _write_zip(chunks: Iterable[bytes], file: IO[bytes], name: str) -> None:
    """Write a zip file with one member."""
    writer = ZipWriter(lambda data: write_all(file, data), name)
    for chunk in chunks:
        writer.write(chunk)
    header = writer.finish()
    file.seek(0)
    write_all(file, header)
