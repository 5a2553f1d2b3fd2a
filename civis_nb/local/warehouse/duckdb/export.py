"""A query's result written to CSV files: DuckDB writes the text, ISA-L deflates it beside.

DuckDB's COPY writes into a pipe while another thread compresses what comes out; so the query
runs once, memory is bounded, and the text is DuckDB's own.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable
from pathlib import Path

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import DELIMITERS, Column, CsvSettings, Export, ExportedPart
from civis_nb.local.warehouse.csv.sinks import Sink, open_sink
from civis_nb.local.warehouse.duckdb.result import Result
from civis_nb.local.warehouse.duckdb.session import Session
from civis_nb.local.warehouse.duckdb.sqltypes import is_bare, to_wire
from civis_nb.table_names import literal

__all__ = ["export_csv"]

_PIPE_BYTES = 1 << 20
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ of Linux
_DEFAULT_PART_MB = 64
_SUFFIX = {"gzip": ".csv.gz", "zip": ".csv.zip", "none": ".csv"}


def export_csv(
    session: Session,
    sql: str,
    scratch: Path,
    folder: Path,
    base_name: str,
    settings: CsvSettings,
) -> Export | None:
    """Run all statements once and write the last result set to files in ``folder``.

    Returns
    -------
    Export or None
        None if no statement gives a result set. A result without rows has no files.

    Raises
    ------
    WarehouseError
        If a statement fails, or a file can't be written; then no file is left.
    """
    statements = session.plan(sql)
    last = max((i for i, s in enumerate(statements) if s.has_rows), default=-1)
    writer: _Writer | None = None
    export: Export | None = None
    try:
        for i, statement in enumerate(statements):
            if i != last:
                session.run(statement, sql)
                continue
            result = Result(session, statement, sql)
            if result.has_rows:
                writer = _Writer(folder, base_name, settings, _header(result, settings))
                export = _copy(result, writer, scratch, settings)
    except BaseException:
        if writer is not None:
            writer.discard()
        raise
    return export


def _header(result: Result, settings: CsvSettings) -> bytes:
    """Write the header line; DuckDB's own would rename columns of the same name."""
    if not settings.include_header or settings.force_multifile:
        return b""
    names = list(result.names)
    if not settings.unquoted:
        names = ['"' + name.replace('"', '""') + '"' for name in names]
    return (DELIMITERS[settings.column_delimiter].join(names) + "\n").encode()


def _copy(result: Result, writer: _Writer, scratch: Path, settings: CsvSettings) -> Export:
    delimiter = DELIMITERS[settings.column_delimiter]
    options = ["FORMAT csv", "HEADER false", f"DELIMITER {literal(delimiter)}", "NULLSTR ''"]
    if settings.unquoted:
        options += ["QUOTE ''", "ESCAPE ''"]
    else:
        texts = [
            a for a, kind in zip(result.aliases, result.types, strict=True) if not is_bare(kind)
        ]
        options += [f"FORCE_QUOTE ({', '.join(texts)})"] if texts else []
    target = scratch / f"export-{secrets.token_hex(8)}"

    def run() -> int:
        suffix = f") TO {literal(str(target))} ({', '.join(options)})"
        return int(result.query("COPY (SELECT * FROM", suffix)[0][0])

    row_count = _through_pipe(target, run, writer)
    columns = tuple(
        Column(name, _exported_type(kind))
        for name, kind in zip(result.names, result.types, strict=True)
    )
    if row_count == 0:
        writer.discard()
        return Export(columns, 0, ())
    return Export(columns, row_count, writer.finish())


def _exported_type(kind: str) -> str:
    """Return the type of an exported column: what stands in quotes is text."""
    return to_wire(kind) if is_bare(kind) else "VARCHAR"


def _through_pipe(target: Path, run: Callable[[], int], writer: _Writer) -> int:
    """Let ``run`` write to ``target`` while ``writer`` takes the bytes; give what it gives."""
    if not hasattr(os, "mkfifo"):  # Windows: by way of a file
        try:
            rows = run()
            with target.open("rb") as source:
                while data := source.read(_PIPE_BYTES):
                    writer.write(data)
        finally:
            target.unlink(missing_ok=True)
        return rows
    os.mkfifo(target, 0o600)
    reading = os.open(target, os.O_RDONLY | os.O_NONBLOCK)
    # Our own writing end holds the pipe open until DuckDB is done, even if it never opens it.
    writing = os.open(target, os.O_WRONLY)
    os.set_blocking(reading, True)
    _enlarge(reading)
    failures: list[BaseException] = []

    def drain() -> None:
        try:
            while data := os.read(reading, _PIPE_BYTES):
                writer.write(data)
        except BaseException as error:  # handed to the thread that waits
            failures.append(error)
        finally:
            os.close(reading)  # DuckDB, if still writing, gets an error and stops

    thread = threading.Thread(target=drain, name="civis-export", daemon=True)
    thread.start()
    try:
        rows = run()
    except BaseException:
        if failures:
            raise _unwritable(failures[0]) from None
        raise
    finally:
        os.close(writing)
        thread.join()
        target.unlink(missing_ok=True)
    if failures:
        raise _unwritable(failures[0])
    return rows


def _enlarge(pipe: int) -> None:
    """Ask for a larger pipe where that can be had: fewer switches between the two threads."""
    try:
        import fcntl

        fcntl.fcntl(pipe, _SET_PIPE_SIZE, _PIPE_BYTES)
    except (ImportError, OSError):
        return


def _unwritable(error: BaseException) -> BaseException:
    if isinstance(error, OSError):
        return WarehouseError(f"the export could not be written: {error.strerror}")
    return error


class _Writer:
    """Takes CSV text and spreads it over one file, or over parts that end with a row."""

    def __init__(self, folder: Path, base_name: str, settings: CsvSettings, header: bytes) -> None:
        self._folder = folder
        self._settings = settings
        self._base = base_name
        self._header = header
        self._limit = (settings.max_file_size_mb or _DEFAULT_PART_MB) * 1_000_000
        self._sink: Sink | None = None
        self._part = ""
        self._in_part = 0
        self._in_quotes = False
        self._finished: list[ExportedPart] = []

    def write(self, data: bytes) -> None:
        """Take text, in pieces of any size."""
        if not self._settings.force_multifile:
            self._open().write(data)
            return
        while self._in_part + len(data) > self._limit:
            cut = self._end_of_row(data, max(0, self._limit - self._in_part))
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
        return not self._settings.unquoted and data.count(b'"') % 2 == 1

    def _end_of_row(self, data: bytes, at: int) -> int | None:
        """Return the place behind the first line end from ``at`` on that is no part of a cell."""
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
        if self._sink is None:
            number = f"_part{len(self._finished):04d}" if self._settings.force_multifile else ""
            self._part = f"{self._base}{number}{_SUFFIX[self._settings.compression]}"
            member = f"{self._base}{number}.csv"
            self._sink = open_sink(self._folder / self._part, self._settings.compression, member)
            if self._header:
                self._sink.write(self._header)
        return self._sink

    def _close_part(self) -> None:
        if self._sink is not None:
            size = self._sink.finish()
            self._finished.append(ExportedPart(self._folder / self._part, self._part, size))
        self._sink, self._in_part = None, 0

    def finish(self) -> tuple[ExportedPart, ...]:
        """Complete all files."""
        self._close_part()
        return tuple(self._finished)

    def discard(self) -> None:
        """Remove all files."""
        if self._sink is not None:
            self._sink.discard()
        for part in self._finished:
            part.path.unlink(missing_ok=True)
