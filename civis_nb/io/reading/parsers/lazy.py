"""Results larger than memory: a polars LazyFrame over a file on this machine."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from civis_nb.errors import CivisDownloadError
from civis_nb.io.reading.batches import MisfitError, typed_batches
from civis_nb.io.reading.outputs import Found
from civis_nb.io.reading.parsers.from_arrow import check_names

if TYPE_CHECKING:
    import polars as pl

__all__ = ["lazy_frame"]

_ROWS_AT_ONCE = 65536
_TEXT = "text"


def lazy_frame(
    client: Any, found: Found, count: Callable[[int], None] | None = None
) -> pl.LazyFrame:
    """Store files of an export as one Parquet file; give a frame that reads what it needs of it.

    The file lies in the folder for temporary files until this process ends.

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
        while (misfit := _stored(client, found, path, count)) is not None:
            # A value that its type can't hold ('infinity' in a timestamp): that column as text.
            told = list(found.told or ())
            if misfit.column is None or not told or told[misfit.column][1] == _TEXT:
                raise CivisDownloadError(f"{found.remotes[0].what} can't be read: {misfit}.")
            told[misfit.column] = (told[misfit.column][0], _TEXT)
            found = replace(found, told=told)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return pl.scan_parquet(path)


def _stored(
    client: Any, found: Found, path: Path, count: Callable[[int], None] | None
) -> MisfitError | None:
    """Store files of an export as one Parquet file; give what stands against it."""
    from pyarrow import parquet

    writer = None
    try:
        for batch in typed_batches(client, found, _ROWS_AT_ONCE, count):
            if writer is None:
                check_names(batch.schema.names)
                writer = parquet.ParquetWriter(path, batch.schema)
            writer.write_batch(batch)
    except MisfitError as misfit:
        return misfit
    finally:
        if writer is not None:
            writer.close()
    return None
