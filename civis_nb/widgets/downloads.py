"""Files that a view offers to the browser, which fetches them in pieces."""

from __future__ import annotations

import re
import secrets
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from civis_nb.display.values import type_name
from civis_nb.errors import CivisInputError
from civis_nb.table_names import quoted
from civis_nb.widgets.cells import SQL_TEXTS
from civis_nb.widgets.row_source import in_utc

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Downloads"]

_PART_BYTES: Final = 4 * 1024 * 1024
#: A browser that has to get more than this over a kernel's messages waits for too long.
_MAX_BYTES: Final = 500_000_000


class Downloads:
    """Files that were written for a browser; the last one of each format is kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._files: dict[str, Path] = {}

    def write(self, table: pa.Table, kind: str, name: str) -> dict[str, Any]:
        """Write a table to a file; return what the front end needs to fetch it.

        Raises
        ------
        CivisInputError
            When there is no such format, or the file is too large to be sent to a browser.
        """
        if kind not in ("csv", "parquet"):
            raise CivisInputError(f"A table can't be downloaded as {kind!r}: it is csv or parquet.")
        with self._lock:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="civis-table-")
            identity = secrets.token_hex(8)
            path = Path(self._folder.name) / f"{identity}.{kind}"
            for old, other in list(self._files.items()):
                if other.suffix == path.suffix:
                    other.unlink(missing_ok=True)
                    del self._files[old]
            self._files[identity] = path
        (_write_csv if kind == "csv" else _write_parquet)(table, path)
        size = path.stat().st_size
        if size > _MAX_BYTES:
            path.unlink()
            raise CivisInputError(
                f"The file has {size / 1e6:,.0f} MB, which is too much for a browser to fetch from "
                "a kernel. Write it there: view.to_arrow() gives the rows that are shown."
            )
        plain = re.sub(r"[^\w.-]+", "_", name).strip("._") or "result"
        return {"file": identity, "name": f"{plain[:80]}.{kind}", "bytes": size}

    def part(self, identity: str, offset: int) -> bytes:
        """Return a piece of a file.

        Raises
        ------
        CivisInputError
            When there is no such file any more.
        """
        try:
            with self._files[identity].open("rb") as file:
                file.seek(max(offset, 0))
                return file.read(_PART_BYTES)
        except (KeyError, OSError):
            raise CivisInputError("The file is gone; start the download again.") from None

    def close(self) -> None:
        """Remove the files."""
        with self._lock:
            self._files.clear()
            if self._folder is not None:
                self._folder.cleanup()
                self._folder = None


def _write_csv(table: pa.Table, path: Path) -> None:
    """Write a table as a CSV file; the names of its columns may be equal."""
    import duckdb

    names = [f"c{index}" for index in range(table.num_columns)]
    columns = ", ".join(
        f"{_csv_value(name, field.type)} AS {quoted(str(field.name))}"
        for name, field in zip(names, table.schema, strict=True)
    )
    with duckdb.connect() as connection:
        in_utc(connection)
        connection.register("data", table.rename_columns(names))
        target = str(path).replace("'", "''")
        copy = f"COPY (SELECT {columns} FROM data) TO '{target}' (FORMAT csv, HEADER)"  # noqa: S608
        connection.execute(copy)


def _csv_value(name: str, kind: pa.DataType) -> str:
    """Return what a column of CSV is written with: NaN and infinities as the view shows them."""
    import pyarrow as pa

    return SQL_TEXTS[type_name(kind)].format(name) if pa.types.is_floating(kind) else name


def _write_parquet(table: pa.Table, path: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(table, path, compression="zstd")
