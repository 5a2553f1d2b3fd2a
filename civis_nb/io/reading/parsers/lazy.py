"""Results larger than memory: a polars LazyFrame over a file on this machine."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from civis_nb.errors import CivisDownloadError
from civis_nb.io.reading.outputs import ResultFiles
from civis_nb.io.reading.parsers.batches import TypeMismatchError, typed_batches
from civis_nb.io.reading.parsers.from_arrow import check_names

if TYPE_CHECKING:
    import polars as pl

__all__ = ["lazy_frame"]

_ROWS_AT_ONCE = 65536
_TEXT = "text"


def lazy_frame(files: ResultFiles, count: Callable[[int], None] | None = None) -> pl.LazyFrame:
    """Store the files of a result as one Parquet file; return a frame that reads it as needed.

    The file lies in the folder for temporary files until this process ends.

    Parameters
    ----------
    files
        The files.
    count
        Called with the bytes of each chunk that arrives.

    Raises
    ------
    CivisInputError
        When two columns have one name.
    CivisDownloadError
        When the content could not be had whole.
    """
    import polars as pl

    folder = Path(tempfile.mkdtemp(prefix="civis_nb-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "result.parquet"
    try:
        while (mismatch := _store(files, path, count)) is not None:
            files = _with_text(files, mismatch)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return pl.scan_parquet(path)


def _store(
    files: ResultFiles, path: Path, count: Callable[[int], None] | None
) -> TypeMismatchError | None:
    """Store the files of a result as one Parquet file; return why it can't hold them, or None."""
    from pyarrow import parquet

    writer = None
    try:
        for batch in typed_batches(files, _ROWS_AT_ONCE, count):
            if writer is None:
                check_names(batch.schema.names)
                writer = parquet.ParquetWriter(path, batch.schema)
            writer.write_batch(batch)
    except TypeMismatchError as error:
        return error
    finally:
        if writer is not None:
            writer.close()
    return None


def _with_text(files: ResultFiles, mismatch: TypeMismatchError) -> ResultFiles:
    """Return the files with a column as text whose type can't hold a value ('infinity')."""
    declared, column = list(files.declared_types or ()), mismatch.column
    if column is None or not declared or declared[column][1] == _TEXT:
        raise CivisDownloadError(f"{files.name} can't be read: {mismatch}.")
    declared[column] = (declared[column][0], _TEXT)
    return replace(files, declared_types=declared)
