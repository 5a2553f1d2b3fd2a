"""What a local database must be able to do, and the records it answers with.

Nothing here knows which database is behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from civis_nb.cancellation import CancelToken

__all__ = [
    "DELIMITERS",
    "Column",
    "ColumnInfo",
    "ColumnStats",
    "CsvDetection",
    "CsvSettings",
    "Delimiter",
    "ExistingRows",
    "Export",
    "ExportedPart",
    "ImportOptions",
    "ImportReport",
    "Log",
    "Preview",
    "SourceColumn",
    "SyncOptions",
    "SyncReport",
    "TableInfo",
    "TableSource",
    "Warehouse",
    "ignore_log",
]

Log: TypeAlias = Callable[[str, str], None]
"""Takes a level (``info``, ``warn``, …) and a message."""

Delimiter: TypeAlias = Literal["comma", "tab", "pipe"]
#: The API's words for delimiters, and the characters they stand for.
DELIMITERS = {"comma": ",", "tab": "\t", "pipe": "|"}
ExistingRows: TypeAlias = Literal["fail", "truncate", "append", "drop", "upsert"]


@dataclass(frozen=True)
class Column:
    """A column of a result or of a new table; ``sql_type`` in Redshift's words."""

    name: str
    sql_type: str


@dataclass(frozen=True)
class ColumnInfo:
    """A column of a table; ``order`` counts from 1."""

    name: str
    sql_type: str
    order: int
    nullable: bool
    comment: str | None = None


@dataclass(frozen=True)
class TableInfo:
    """A table or view. ``columns`` may be empty in a listing; ``definition`` is DDL text."""

    schema: str
    name: str
    is_view: bool
    row_count: int | None
    columns: tuple[ColumnInfo, ...] = ()
    definition: str | None = None
    comment: str | None = None


@dataclass(frozen=True)
class ColumnStats:
    """What one column holds. Values are text, exact; numbers that can't be told are None."""

    min_value: str | None
    max_value: str | None
    avg_value: str | None
    stddev: str | None
    null_count: int
    distinct_count: int
    coverage_count: int
    sample_values: list[str]
    value_distribution: dict[str, int]


@dataclass(frozen=True)
class CsvSettings:
    """How an export is written. ``max_file_size_mb`` counts uncompressed megabytes per part."""

    include_header: bool = True
    compression: Literal["gzip", "zip", "none"] = "gzip"
    column_delimiter: Delimiter = "comma"
    unquoted: bool = False
    force_multifile: bool = False
    filename_prefix: str | None = None
    max_file_size_mb: int | None = None


@dataclass(frozen=True)
class ExportedPart:
    """One finished file of an export."""

    path: Path
    name: str
    size_bytes: int


@dataclass(frozen=True)
class Export:
    """A finished export: what its columns are, and its files in row order, none without rows."""

    columns: tuple[Column, ...]
    row_count: int
    parts: tuple[ExportedPart, ...]


@dataclass(frozen=True)
class Preview:
    """The first rows of a result; cells are text, as an export writes them, or None."""

    columns: tuple[str, ...]
    column_types: tuple[str, ...]
    rows: list[list[str | None]]


@dataclass(frozen=True)
class CsvDetection:
    """What a CSV file seems to be. ``character_set`` is Python's name of the encoding."""

    include_header: bool
    column_delimiter: Delimiter
    compression: Literal["none", "gzip", "zip"]
    table_columns: tuple[Column, ...]
    character_set: str = "utf-8"


@dataclass(frozen=True)
class ImportOptions:
    """Where CSV files go and how they are read.

    ``table_columns`` describes the files' columns: (name, type or None) each. ``distkey``,
    ``diststyle`` and ``sortkeys`` are accepted and mean nothing in a database on one machine.
    """

    schema: str
    table: str
    first_row_is_header: bool
    column_delimiter: Delimiter = "comma"
    compression: Literal["none", "gzip", "zip"] = "none"
    escaped: bool = False
    existing_table_rows: ExistingRows = "fail"
    max_errors: int | None = None
    table_columns: tuple[tuple[str, str | None], ...] | None = None
    loosen_types: bool = False
    primary_keys: tuple[str, ...] = ()
    last_modified_keys: tuple[str, ...] = ()
    distkey: str | None = None
    diststyle: str | None = None
    sortkeys: tuple[str | None, ...] = ()


@dataclass(frozen=True)
class ImportReport:
    """What an import did: rows now in the table because of it, and a message per skipped row."""

    row_count: int
    skipped: list[str] = field(default_factory=list)
    created: bool = False


@dataclass(frozen=True)
class SourceColumn:
    """A column of a table that is copied; its type in the database's own words."""

    name: str
    duckdb_type: str
    required: bool = False


@dataclass(frozen=True)
class TableSource:
    """A table that is to be copied; ``path`` holds its rows when they leave their database."""

    schema: str
    table: str
    columns: tuple[SourceColumn, ...]
    keys: tuple[str, ...] = ()
    path: Path | None = None


@dataclass(frozen=True)
class SyncOptions:
    """Where a copied table goes, and what becomes of the rows that are there.

    With ``existing_rows`` it is as an import does it. Else ``wipe`` makes the table anew; else
    rows are merged by ``identity``, or by a primary key of the table or of its source; and where
    there is none, the source's rows replace those that are there.

    ``last_modified`` leaves out rows of the source that are older than the newest one there.
    """

    schema: str
    table: str
    existing_rows: Literal["fail", "truncate", "append", "drop"] | None = None
    wipe: bool = False
    identity: tuple[str, ...] = ()
    last_modified: str | None = None
    verify_row_counts: bool = False


@dataclass(frozen=True)
class SyncReport:
    """What a sync did: rows written, and in which way."""

    row_count: int
    how: str


class Warehouse(Protocol):
    """A database of the local platform. Every method may be called from any thread."""

    @property
    def dialect(self) -> str:
        """Return the SQL dialect by sqlglot's name."""

    @property
    def adapter(self) -> str:
        """Return the kind of database, as the API names it."""

    def schemas(self) -> list[str]:
        """Return the names of the schemas, sorted."""

    def tables(self, schema: str | None = None) -> list[TableInfo]:
        """Return tables and views, sorted, without their columns."""

    def table(self, schema: str, name: str) -> TableInfo | None:
        """Return one table with its columns, or None if there is none of that name."""

    def column_stats(self, schema: str, name: str) -> Mapping[str, ColumnStats]:
        """Count and measure every column of a table."""

    def preview(self, sql: str, max_rows: int, cancel: CancelToken, log: Log) -> Preview:
        """Run all statements once; give the first rows of the last result set."""

    def export_csv(
        self,
        sql: str,
        folder: Path,
        base_name: str,
        settings: CsvSettings,
        cancel: CancelToken,
        log: Log,
    ) -> Export | None:
        """Run all statements once; write the last result set; None if there is none."""

    def import_csv(
        self,
        paths: Sequence[Path],
        options: ImportOptions,
        cancel: CancelToken,
        log: Log,
        mark: str | None = None,
    ) -> ImportReport:
        """Load files into a table, all of them and the mark, or nothing."""

    def import_all(
        self,
        work: Sequence[tuple[Sequence[Path], ImportOptions]],
        cancel: CancelToken,
        log: Log,
        mark: str | None = None,
    ) -> list[ImportReport]:
        """Load files into several tables, all of them and the mark, or nothing."""

    def open_source(
        self, schema: str, name: str, folder: Path | None, cancel: CancelToken, log: Log
    ) -> TableSource:
        """Describe a table to be copied; with ``folder``, put its rows into a file there."""

    def sync_tables(
        self,
        work: Sequence[tuple[TableSource, SyncOptions]],
        cancel: CancelToken,
        log: Log,
        mark: str | None = None,
    ) -> list[SyncReport]:
        """Copy tables into this database, all of them and the mark, or nothing."""

    def marks(self) -> set[str]:
        """Return the marks of committed transactions that were not forgotten."""

    def forget_marks(self, names: Sequence[str]) -> None:
        """Remove marks."""

    def close(self) -> None:
        """Let go of the database."""


def ignore_log(level: str, message: str) -> None:
    """Take a log line and do nothing with it."""
