"""Values in Civis files: JSON, frames, and files that runs leave behind."""

from __future__ import annotations

import io
import json
import re
import tempfile
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from civis_nb.client.protocol import client_or_default
from civis_nb.errors import (
    CivisAPIError,
    CivisArgumentError,
    CivisContentError,
    CivisInputError,
)
from civis_nb.io.arguments import chosen, file_arguments
from civis_nb.io.call import progress_bar, step, tracked_transfer
from civis_nb.io.files.transfers import checked_name, civis_to_file, file_to_civis

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from civis_nb.client.client import APIClient

__all__ = [
    "dataframe_to_file",
    "file_id_from_run_output",
    "file_to_dataframe",
    "file_to_json",
    "json_to_file",
]

_COMPRESSIONS = {".gz": "gzip", ".bz2": "bz2", ".zip": "zip", ".xz": "xz", ".zst": "zstd"}
#: Of 4 bytes each at most, they are a name that every file system takes.
_MAX_NAME_CHARS = 60


def file_id_from_run_output(
    name: str, job_id: int, run_id: int, regex: bool = False, client: APIClient | None = None
) -> int:
    """Find a file that a run left behind.

    Parameters
    ----------
    name
        The output's name, or a regular expression that is found in it.
    job_id, run_id
        The run.
    regex
        Whether `name` is a regular expression; the first output that fits is taken.
    client
        By default one made from the environment.

    Returns
    -------
    int
        The file's id.

    Raises
    ------
    OSError
        When there is no such run.
    CivisInputError
        When `name` is no text, or no regular expression. Nothing was sent.
    FileNotFoundError
        When the run has no such output; the message names those it has.
    """
    if not isinstance(name, str):
        raise CivisArgumentError(f"name is a text, not {type(name).__name__}.")
    try:
        wanted = re.compile(name if regex else re.escape(name))
    except re.error as error:
        raise CivisInputError(f"name is no regular expression: {error}.") from None
    client = client_or_default(client)
    try:
        outputs = list(client.jobs.list_runs_outputs(job_id, run_id, iterator=True))
    except CivisAPIError as error:
        if error.status_code == 404:
            raise OSError(f"There is no run {run_id} of the job {job_id}.") from error
        raise
    files = [output for output in outputs if output.object_type == "File"]
    for output in files:
        if wanted.search(output.name) if regex else wanted.fullmatch(output.name):
            file_id: int = output.object_id
            return file_id
    has = ", ".join(repr(output.name) for output in files) or "none"
    raise FileNotFoundError(
        f"Run {run_id} of the job {job_id} has no file output {name!r}; it has: {has}."
    )


@tracked_transfer
def file_to_json(
    file_id: int,
    client: APIClient | None = None,
    *,
    progress: bool | None = None,
    **json_kwargs: Any,
) -> Any:
    """Read the JSON in a Civis file.

    Parameters
    ----------
    file_id
        The file's id.
    client
        By default one made from the environment.
    progress
        As for `civis_to_file`.
    **json_kwargs
        Passed on to `json.load`.

    Raises
    ------
    EmptyResultError
        When the file is empty or has expired.
    CivisDownloadError
        When the content could not be had whole.
    CivisContentError
        When it is no JSON; a ValueError too.
    """
    buffer = io.BytesIO()
    civis_to_file(file_id, buffer, client=client, progress=progress)
    try:
        return json.loads(buffer.getvalue(), **json_kwargs)
    except ValueError as error:
        raise CivisContentError(f"file {file_id} is no JSON: {error}.") from error


@tracked_transfer
def json_to_file(
    obj: Any,
    name: str | None = "file.json",
    expires_at: str | None = "DEFAULT",
    description: str | None = None,
    client: APIClient | None = None,
    *,
    progress: bool | None = None,
    **json_kwargs: Any,
) -> int:
    """Store a value as JSON in a Civis file.

    Parameters
    ----------
    obj
        The value.
    name
        The file's name.
    expires_at, description, client, progress
        As for `file_to_civis`.
    **json_kwargs
        Passed on to `json.dumps`.

    Returns
    -------
    int
        The file's id.

    Raises
    ------
    TypeError
        When `obj` can't be written as JSON. Nothing was sent.
    CivisInputError, CivisUploadError
        As `file_to_civis`.
    """
    buffer = io.BytesIO(json.dumps(obj, **json_kwargs).encode())
    name = name or "file.json"
    return file_to_civis(buffer, name, expires_at, description, client, progress=progress)


@tracked_transfer
def file_to_dataframe(
    file_id: int,
    return_as: str = "pandas",
    compression: str = "infer",
    client: APIClient | None = None,
    *,
    progress: bool | None = None,
    **read_kwargs: Any,
) -> pd.DataFrame | pl.DataFrame:
    """Read a CSV in a Civis file as a frame.

    Parameters
    ----------
    file_id
        The file's id.
    return_as
        ``"pandas"`` or ``"polars"``.
    compression
        Of the file, for pandas; by default inferred from its name and its first bytes.
    client
        By default one made from the environment.
    progress
        As for `civis_to_file`.
    **read_kwargs
        Passed on to `pandas.read_csv` or `polars.read_csv`.

    Raises
    ------
    EmptyResultError
        When the file is empty or has expired.
    CivisDownloadError
        When the content could not be had whole.
    """
    from civis_nb.compression import is_gzip
    from civis_nb.io.files.remote import remote_file
    from civis_nb.io.reading.content import inflated, remote_chunks

    chosen("return_as", return_as, ("pandas", "polars"))
    if isinstance(compression, str):
        chosen("compression", compression, ("infer", *sorted({*_COMPRESSIONS.values(), "tar"})))
    client = client_or_default(client)
    remote = remote_file(client, file_id)
    with progress_bar(f"Reading {remote.what}", remote.size, progress) as advance:
        content = b"".join(remote_chunks(client, remote, advance))
    if compression == "infer":
        suffix = PurePath(str(getattr(client.files.get(file_id), "name", ""))).suffix.lower()
        compression = _COMPRESSIONS.get(suffix, "")
    if is_gzip(content) and compression in ("", "gzip"):
        content, compression = b"".join(inflated([content], remote.what)), ""
    if return_as == "polars":
        import polars

        return polars.read_csv(io.BytesIO(content), **read_kwargs)
    import pandas

    options: dict[str, Any] = {"compression": compression or None, **read_kwargs}
    frame: pd.DataFrame = pandas.read_csv(io.BytesIO(content), **options)
    return frame


@tracked_transfer
def dataframe_to_file(
    df: pd.DataFrame | pl.DataFrame,
    name: str = "data.csv",
    expires_at: str | None = "DEFAULT",
    description: str | None = None,
    client: APIClient | None = None,
    *,
    progress: bool | None = None,
    **to_csv_kws: Any,
) -> int:
    """Store a frame as CSV in a Civis file.

    Parameters
    ----------
    df
        A pandas or polars DataFrame.
    name
        The file's name; as with any path, pandas compresses what is named ``data.csv.gz``.
    expires_at, description, client, progress
        As for `file_to_civis`.
    **to_csv_kws
        Passed on to ``DataFrame.to_csv`` of pandas or ``DataFrame.write_csv`` of polars.

    Returns
    -------
    int
        The file's id.

    Raises
    ------
    CivisInputError
        When `df` is no frame. Nothing was sent.
    CivisUploadError
        As `file_to_civis`.
    """
    from civis_nb.transport.sources import full_disk_named

    file_arguments(expires_at, description)
    name = checked_name(name)
    write: Any = getattr(df, "write_csv", None) or getattr(df, "to_csv", None)
    if write is None or not hasattr(df, "columns"):
        raise CivisInputError(f"A {type(df).__name__} is no frame of pandas or polars.")
    step("Writing the frame as CSV")
    with tempfile.TemporaryDirectory() as folder:
        # A path, not a buffer: of it the writers take how the file is to be compressed.
        path = Path(folder, PurePath(name).name.lstrip(".")[-_MAX_NAME_CHARS:] or "data.csv")
        with full_disk_named():
            write(path, **to_csv_kws)
        return file_to_civis(path, name, expires_at, description, client, progress=progress)
