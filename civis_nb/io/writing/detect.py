"""The form of CSV files: detected by the platform, and whether several files agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from civis_nb.errors import (
    CivisImportError,
    CivisJobFailure,
    CivisMemoryFailure,
    CivisPreparationError,
)
from civis_nb.frames.sql_types import declared_types_of
from civis_nb.futures import CivisFuture
from civis_nb.io.call import start_run
from civis_nb.io.runs import wait_for

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client
    from civis_nb.io.writing.table_import import TableImport

__all__ = ["Detected", "agreed", "preprocess"]


@dataclass(frozen=True)
class Detected:
    """A file that is ready to be imported.

    Attributes
    ----------
    file_id
        The prepared file.
    source_id
        The file that it was made from.
    include_header, delimiter, compression
        As the platform detected them.
    columns
        Names and SQL types; empty when they were not asked for.
    """

    file_id: int
    source_id: int
    include_header: bool | None
    delimiter: str | None
    compression: str | None
    columns: list[dict[str, str]]


def preprocess(
    client: Client,
    file_ids: Sequence[int],
    target: TableImport,
    *,
    detect_columns: bool,
    delimiter: str | None,
    headers: bool | None,
) -> list[Detected]:
    """Start the platform's preparation of files for an import, all at once, and wait for it.

    Parameters
    ----------
    client
        The client.
    file_ids
        The files.
    target
        What they are prepared for.
    detect_columns
        Whether names and types of the columns are to be detected.
    delimiter, headers
        What the caller knows of the files; None: to be detected.

    Raises
    ------
    CivisImportError
        When a file can't be prepared.
    """
    futures = []
    for file_id in file_ids:
        job = client.files.post_preprocess_csv(
            file_id,
            in_place=False,
            detect_table_columns=detect_columns,
            force_character_set_conversion=True,
            include_header=headers,
            column_delimiter=delimiter,
            hidden=target.hidden,
        )
        futures.append(start_run(partial(_start, client, job.id, target.polling_interval)))
    found = []
    try:
        for file_id, future in zip(file_ids, futures, strict=True):
            _await(future)
            found.append(_detected(client, file_id, future))
    except Exception:
        # One that failed; an interrupt is the call's own business.
        for future in futures:
            if not future.done():
                future.cancel()
        raise
    return found


def _start(client: Client, job_id: int, polling_interval: int | float | None) -> CivisFuture:
    """Start the preprocessing of a file; return its run."""
    return CivisFuture(
        client.jobs.get_runs,
        (job_id, client.jobs.post_runs(job_id).id),
        polling_interval=polling_interval,
        client=client,
    )


def _await(future: CivisFuture) -> None:
    """Wait for the preprocessing of a file.

    Raises
    ------
    CivisPreparationError
        When it failed.
    """
    try:
        wait_for(future)
    except CivisJobFailure as error:
        if isinstance(error, CivisMemoryFailure):
            raise
        failed = CivisPreparationError(
            error.platform_message, error.response, error.job_id, error.run_id
        )
        for note in getattr(error, "__notes__", ()):
            failed.add_note(note)
        raise failed from None


def _detected(client: Client, source_id: int, future: CivisFuture) -> Detected:
    """Return what the preprocessing of a file detected."""
    outputs = list(client.jobs.list_runs_outputs(future.job_id, future.run_id))
    if not outputs:
        raise CivisImportError(
            f"The file {source_id} could not be prepared for a table: job {future.job_id} gave no "
            "file. Look at its log."
        )
    file = client.files.get(outputs[0].object_id)
    info = file.detected_info
    columns = declared_types_of(getattr(info, "table_columns", None)) or []
    return Detected(
        outputs[0].object_id,
        source_id,
        info.include_header,
        info.column_delimiter,
        info.compression,
        [{"name": name, "sql_type": kind} for name, kind in columns],
    )


def agreed(
    files: Sequence[Detected], *, delimiter: str | None, headers: bool | None, columns: bool
) -> Detected:
    """Return what all files have in common.

    Parameters
    ----------
    files
        What was detected, in order.
    delimiter, headers
        What the caller knows; None: nothing.
    columns
        Whether the columns were detected too.

    Raises
    ------
    CivisImportError
        When the files do not agree with one another or with the caller.
    """
    first = files[0]
    for file in files:
        _compare(file, "delimiter", file.delimiter, delimiter or first.delimiter)
        _compare(file, "compression", file.compression, first.compression)
    header = first.include_header
    merged = first.columns
    if columns:
        if not all(file.columns for file in files):
            raise CivisImportError(
                "The columns could not be detected. Give them: "
                "table_columns=[{'name': …, 'sql_type': …}, …]."
            )
        merged, header = _merged(files)
    elif any(file.include_header != header for file in files[1:]):
        raise CivisImportError("Some of the files have a header and others have none.")
    if headers is not None:
        _compare(first, "header", header, headers)
        header = headers
    return replace(
        first, include_header=header, columns=merged, delimiter=delimiter or first.delimiter
    )


def _compare(file: Detected, what: str, found: Any, wanted: Any) -> None:
    """Check that a file is as it is wanted, where both are known."""
    if found is not None and wanted is not None and found != wanted:
        raise CivisImportError(
            f"The file {file.source_id} has the {what} {found!r}, not {wanted!r}. "
            "Nothing was loaded."
        )


def _merged(files: Sequence[Detected]) -> tuple[list[dict[str, str]], bool | None]:
    """Return the columns that hold what is in all files, and whether there is a header."""
    first = files[0]
    headers = {file.include_header for file in files}
    if any(len(file.columns) != len(first.columns) for file in files):
        counts = ", ".join(f"{file.source_id}: {len(file.columns)}" for file in files)
        raise CivisImportError(f"The files have different numbers of columns ({counts}).")
    merged = []
    texts_differ = False
    for at, column in enumerate(first.columns):
        kinds = [file.columns[at]["sql_type"] for file in files]
        bases = {_base(kind) for kind in kinds}
        if len(bases) > 1:
            if "VARCHAR" not in bases:
                raise CivisImportError(
                    f"Column {at + 1} ({column['name']}) is of other types in other files: "
                    f"{', '.join(sorted(bases))}. Give them: table_columns=[…]."
                )
            texts_differ = True
        texts = [kind for kind in kinds if _base(kind) == "VARCHAR"]
        kind = max(texts, key=_length) if texts else kinds[0]
        merged.append({"name": column["name"] or f"column_{at}", "sql_type": kind})
    if len(headers) > 1:
        if not texts_differ and None not in headers:
            raise CivisImportError("Some of the files have a header and others have none.")
        return merged, True
    return merged, first.include_header


def _base(kind: str) -> str:
    """Return a SQL type without its arguments."""
    return kind.split("(")[0].strip().upper()


def _length(kind: str) -> int:
    """Return the length of a VARCHAR."""
    digits = "".join(character for character in kind if character.isdigit())
    return int(digits) if digits else 65535
