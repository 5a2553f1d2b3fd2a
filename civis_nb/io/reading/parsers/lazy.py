"""Results larger than memory: a polars LazyFrame over a file on this machine."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from civis_nb.errors import CivisDownloadError, CivisError
from civis_nb.frames.from_arrow import check_names
from civis_nb.frames.native import ExactColumn, native_table
from civis_nb.frames.sql_types import DeclaredTypes
from civis_nb.io.reading.content import no_room
from civis_nb.io.reading.outputs import ResultFiles
from civis_nb.io.reading.parsers.arrow_exact import sql_types_of
from civis_nb.io.reading.parsers.batches import TypeMismatchError, typed_batches

if TYPE_CHECKING:
    import polars as pl

__all__ = ["lazy_frame"]

_ROWS_AT_ONCE = 65536
_TEXT = "text"


def lazy_frame(
    files: ResultFiles, count: Callable[[int], None] | None = None, *, native: bool = False
) -> tuple[pl.LazyFrame, tuple[ExactColumn, ...]]:
    """Store the files of a result as one Parquet file; return a frame that reads it as needed.

    The file lies in the folder for temporary files until this process ends.

    Parameters
    ----------
    files
        The files.
    count
        Called with the bytes of each chunk that arrives.
    native
        Give the columns native types.

    Returns
    -------
    tuple
        The frame, and the columns without a native type.

    Raises
    ------
    CivisInputError
        When two columns have one name.
    CivisDownloadError
        When the content could not be had whole, or there is no room for it.
    """
    import polars as pl

    folder = Path(tempfile.mkdtemp(prefix="civis_nb-"))
    atexit.register(_remove, folder, os.getpid())
    path, declared = folder / "result.parquet", files.declared_types
    kept: tuple[ExactColumn, ...] = ()
    try:
        while (mismatch := _store(files, path, count)) is not None:
            files = _with_text(files, mismatch)
        if native:
            path, kept = _natively(path, declared)
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError) and not isinstance(error, CivisError):
            raise no_room(files.name, error) from None
        raise
    return pl.scan_parquet(path), kept


def _remove(folder: Path, owner: int) -> None:
    """Remove the folder of a result at the end of the process that made it, not of a fork."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


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


def _natively(
    path: Path, declared_types: DeclaredTypes | None
) -> tuple[Path, tuple[ExactColumn, ...]]:
    """Write a Parquet file anew with native types; return where, and the columns without.

    A column has a native type when the values of every part of the file have the same one.
    """
    import pyarrow as pa
    from pyarrow import parquet

    native_path = path.with_name("native.parquet")
    with parquet.ParquetFile(path) as source:
        exact = source.schema_arrow
        sql_types = sql_types_of(exact.names, declared_types)
        kept: dict[str, ExactColumn] = {}
        types: list[set[Any]] = [
            {kind} for kind in native_table(exact.empty_table(), sql_types).table.schema.types
        ]
        for at in range(source.num_row_groups):
            part = native_table(source.read_row_group(at), sql_types)
            kept |= {column.name: column for column in part.kept}
            for seen, kind in zip(types, part.table.schema.types, strict=True):
                seen.add(kind)
        schema = pa.schema(
            [
                pa.field(field.name, seen.pop() if len(seen) == 1 else field.type)
                for field, seen in zip(exact, types, strict=True)
            ]
        )
        with parquet.ParquetWriter(native_path, schema) as writer:
            for at in range(source.num_row_groups):
                table = source.read_row_group(at)
                natives = native_table(table, sql_types).table.columns
                pairs = zip(natives, table.columns, schema.types, strict=True)
                columns = [one if one.type == kind else other for one, other, kind in pairs]
                writer.write_table(pa.Table.from_arrays(columns, schema=schema))
    path.unlink()
    return native_path, tuple(kept[name] for name in exact.names if name in kept)
