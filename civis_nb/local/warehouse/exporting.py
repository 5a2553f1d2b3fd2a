"""The last result set of a script as CSV files: one, or parts that end with a row."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from civis_nb.local.warehouse.base import DELIMITERS, Column, CsvSettings, Export, ExportedPart
from civis_nb.local.warehouse.csv.sinks import Sink, open_sink
from civis_nb.local.warehouse.engine import ResultSet, SqlEngine
from civis_nb.local.warehouse.sqltypes import is_unquoted

__all__ = ["export_files"]

_DEFAULT_PART_MB = 64
_SUFFIX = {"gzip": ".csv.gz", "zip": ".csv.zip", "none": ".csv"}


def export_files(
    engine: SqlEngine, sql: str, folder: Path, base_name: str, settings: CsvSettings
) -> Export | None:
    """Run all statements once and write the last result set to files in ``folder``.

    Returns
    -------
    Export or None
        None if no statement has a result set. A result without rows has no files.

    Raises
    ------
    WarehouseError
        If a statement fails, or a file can't be written; then no file is left.
    """
    export = None
    with _PartWriter(folder, base_name, settings) as writer:
        for result in engine.run_script(sql):
            writer.header = _header(result, settings)
            row_count = result.write_csv(settings, writer.write)
            # What stands in quotes is text.
            columns = tuple(
                c if is_unquoted(c.sql_type) else Column(c.name, "VARCHAR") for c in result.columns
            )
            export = Export(columns, row_count, writer.finish() if row_count else ())
    return export


def _header(result: ResultSet, settings: CsvSettings) -> bytes:
    """Return the header line; a database's own would rename columns of the same name."""
    if not settings.include_header or settings.force_multifile:
        return b""
    names = [column.name for column in result.columns]
    if not settings.unquoted:
        names = ['"' + name.replace('"', '""') + '"' for name in names]
    return (DELIMITERS[settings.column_delimiter].join(names) + "\n").encode()


class _PartWriter:
    """CSV text written to one file, or to parts; an error in the block removes all files."""

    def __init__(self, folder: Path, base_name: str, settings: CsvSettings) -> None:
        self._folder = folder
        self._settings = settings
        self._base = base_name
        self.header = b""
        self._limit = (settings.max_file_size_mb or _DEFAULT_PART_MB) * 1_000_000
        self._sink: Sink | None = None
        self._part = ""
        self._in_part = 0
        self._in_quotes = False
        self._finished: list[ExportedPart] = []

    def write(self, data: bytes) -> None:
        """Append text, in chunks of any size."""
        if not self._settings.force_multifile:
            self._open().write(data)
            return
        while self._in_part + len(data) > self._limit:
            cut = self._row_end(data, max(0, self._limit - self._in_part))
            if cut is None:
                break
            self._put(data[:cut])
            self._close_part()
            data = data[cut:]
        self._put(data)

    def _put(self, data: bytes) -> None:
        if data:
            self._open().write(data)
            self._in_part += len(data)
            self._in_quotes ^= self._is_odd(data)

    def _is_odd(self, data: bytes) -> bool:
        """Return whether a text opens or closes a quoted cell without the other."""
        return not self._settings.unquoted and data.count(b'"') % 2 == 1

    def _row_end(self, data: bytes, at: int) -> int | None:
        """Return the index behind the first line end from ``at`` on that is outside of a cell."""
        in_quotes = self._in_quotes ^ self._is_odd(data[:at])
        while True:
            end = data.find(b"\n", at)
            if end < 0:
                return None
            in_quotes ^= self._is_odd(data[at:end])
            at = end + 1
            if not in_quotes:
                return at

    def _open(self) -> Sink:
        """Return the open file; a new part, which starts with the header, if there is none."""
        if self._sink is None:
            number = f"_part{len(self._finished):04d}" if self._settings.force_multifile else ""
            self._part = f"{self._base}{number}{_SUFFIX[self._settings.compression]}"
            member = f"{self._base}{number}.csv"
            self._sink = open_sink(self._folder / self._part, self._settings.compression, member)
            if self.header:
                self._sink.write(self.header)
        return self._sink

    def _close_part(self) -> None:
        if self._sink is not None:
            size = self._sink.finish()
            self._finished.append(ExportedPart(self._folder / self._part, self._part, size))
        self._sink, self._in_part = None, 0

    def finish(self) -> tuple[ExportedPart, ...]:
        """Complete all files and return them."""
        self._close_part()
        return tuple(self._finished)

    def __enter__(self) -> _PartWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove an unfinished file, and after an error all files."""
        if self._sink is not None:
            self._sink.discard()
        for part in self._finished if kind is not None else ():
            part.path.unlink(missing_ok=True)
