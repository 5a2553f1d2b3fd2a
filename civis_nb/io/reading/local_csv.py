"""Results saved as local CSV files: plain, gzip, or zip."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

from civis_nb.compression import ZipWriter, gzipped
from civis_nb.io.call import progress_bar
from civis_nb.io.prefetch import prefetch
from civis_nb.io.reading.content import inflated, joined, remote_chunks
from civis_nb.io.reading.outputs import ResultFiles
from civis_nb.transport.sinks import complete_file, write_all, write_path

__all__ = ["header_line", "save_csv", "save_result"]


def save_result(
    result: ResultFiles, filename: str | os.PathLike[str], compression: str, *, header: bool
) -> None:
    """Save the files of a result as one local file.

    Parameters
    ----------
    result
        At least one file.
    filename
        Where the file is to be.
    compression
        ``"none"``, ``"gzip"`` or ``"zip"``.
    header
        Whether each file begins with a header.

    Raises
    ------
    CivisDownloadError
        When the content could not be had whole; `filename` is unchanged.
    """
    name = Path(filename).name
    with progress_bar(f"Downloading {name}", result.size, None) as advance:
        files = (
            inflated(prefetch(remote_chunks(result.client, remote, advance)), remote.what)
            for remote in result.remotes
        )
        content = prefetch(joined(files, header=header and len(result.remotes) > 1))
        save_csv(content, filename, compression)


def save_csv(content: Iterable[bytes], filename: str | os.PathLike[str], compression: str) -> None:
    """Save the text of a CSV as a file; the arguments are those of `save_result`."""
    name = Path(filename).name
    if compression == "zip":
        # As the package civis names it: out.zip holds out.csv, any other name is its own.
        inner = f"{name.split('.')[0]}.csv" if name.endswith(".zip") else name
        with complete_file(filename) as file:
            _write_zip(content, file, inner)
    else:
        chunks = gzipped(content) if compression == "gzip" else content
        write_path(chunks, filename, name)


def header_line(names: Sequence[str], delimiter: str, *, quoted: bool) -> Iterator[bytes]:
    """Yield the first line of a CSV as the platform writes it; nothing when there are no names."""
    if names:
        cells = ['"' + name.replace('"', '""') + '"' for name in names] if quoted else names
        yield (delimiter.join(cells) + "\n").encode()


def _write_zip(chunks: Iterable[bytes], file: IO[bytes], name: str) -> None:
    """Write a zip file with one member."""
    writer = ZipWriter(lambda data: write_all(file, data), name)
    for chunk in chunks:
        writer.write(chunk)
    header = writer.finish()
    file.seek(0)
    write_all(file, header)
