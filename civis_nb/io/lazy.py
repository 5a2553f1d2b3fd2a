"""Results larger than memory: a polars LazyFrame over a file on this machine."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from civis_nb.io.batches import exact_batches
from civis_nb.io.frames import check_names
from civis_nb.io.outputs import Found

if TYPE_CHECKING:
    import polars as pl

__all__ = ["lazy_frame"]

_ROWS_AT_ONCE = 65536


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
    from pyarrow import parquet

    folder = Path(tempfile.mkdtemp(prefix="civis_nb-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "result.parquet"
    writer = None
    try:
        for batch in exact_batches(client, found, _ROWS_AT_ONCE, count):
            if writer is None:
                check_names(batch.schema.names)
                writer = parquet.ParquetWriter(path, batch.schema)
            writer.write_batch(batch)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        if writer is not None:
            writer.close()
    return pl.scan_parquet(path)
