"""The interface of a local database, and the records that it takes and returns.

Nothing here depends on which database it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from civis_nb.cancellation import CancelToken
from civis_nb.local.warehouse.sqltypes import TextLimit

__all__ = [
    "DELIMITERS",
    "MAX_PREVIEW_ROWS",
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
"""Receives a level (``info``, ``warn``, …) and a message."""

Delimiter: TypeAlias = Literal["comma", "tab", "pipe"]
#: The API's words for delimiters, and the characters they stand for.
DELIMITERS = {"comma": ",", "tab": "\t", "pipe": "|"}
ExistingRows: TypeAlias = Literal["fail", "truncate", "append", "drop", "upsert"]


@dataclass(frozen=True)
class Column:
    """A column of a result or of a new table; ``sql_type`` as Redshift names it."""

    name: str
    sql_type: str


@dataclass(frozen=True)
class ColumnInfo:
    """A column of a table; ``order`` counts from 1. A text may have a limit."""

    name: str
    sql_type: str
    order: int
    nullable: bool
    comment: str | None = None
    limit: TextLimit | None = None

    @property
    def declared_type(self) -> str:
        """Return the type as it was declared: of a text with its length, as ``VARCHAR(30)``."""
        return self.sql_type if self.limit is None else self.limit.sql_type


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
    """Statistics of one column. Values are exact text; what can't be computed is None."""

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


#: The most rows that `Warehouse.preview` returns.
MAX_PREVIEW_ROWS = 1000


@dataclass(frozen=True)
class Preview:
    """The first rows of a result; cells are text, as an export writes them, or None."""

    columns: tuple[str, ...]
    column_types: tuple[str, ...]
    rows: list[list[str | None]]


@dataclass(frozen=True)
class CsvDetection:
    """The format and the columns of a CSV file.

    ``character_set`` is Python's name of it; ``notes`` are sentences for the log about what was
    guessed or changed, and may be wrong.
    """

    include_header: bool
    column_delimiter: Delimiter
    compression: Literal["none", "gzip", "zip"]
    table_columns: tuple[Column, ...]
    character_set: str = "utf-8"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImportOptions:
    """The table that CSV files are loaded into, and how they are read.

    ``table_columns`` describes the files' columns: (name, type or None) each. ``distkey``,
    ``diststyle`` and ``sortkeys`` are accepted and have no effect in a database on one machine.
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
    """The result of an import: rows added or changed, and a message for each skipped row."""

    row_count: int
    skipped: list[str] = field(default_factory=list)
    created: bool = False


@dataclass(frozen=True)
class SourceColumn:
    """A column of a table that is copied; ``sql_type`` as Redshift names it, and its limit."""

    name: str
    sql_type: str
    required: bool = False
    limit: TextLimit | None = None


@dataclass(frozen=True)
class TableSource:
    """A table that is to be copied.

    ``path`` holds its rows when they go to another database: a DuckDB file with the one table
    ``content``, which keeps every type.
    """

    schema: str
    table: str
    columns: tuple[SourceColumn, ...]
    keys: tuple[str, ...] = ()
    path: Path | None = None


@dataclass(frozen=True)
class SyncOptions:
    """The table that a copy is written to, and what happens to the rows in it.

    ``existing_rows`` works as for an import. Without it, ``wipe`` recreates the table; else rows
    are merged by ``identity``, or by a primary key of the table or of its source; and where there
    is none, the source's rows replace those of the table.

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
    """The result of a sync: rows written, and how."""

    row_count: int
    how: str


class Warehouse(Protocol):
    """A database of the local platform. Every method may be called from any thread."""

    @property
    def dialect(self) -> str:
        """Return what SQL means: ``redshift``, ``postgres`` or ``duckdb``."""

    @property
    def adapter(self) -> str:
        """Return the kind of database, as the API names it."""

    def schemas(self) -> list[str]:
        """Return the names of the schemas, sorted."""

    def tables(self, schema: str | None = None) -> list[TableInfo]:
        """Return tables and views, sorted, without their columns."""

    def counted(self, tables: Sequence[TableInfo]) -> list[TableInfo]:
        """Return tables of a list with their columns, and the numbers of their rows."""

    def table(self, schema: str, name: str) -> TableInfo | None:
        """Return one table with its columns, or None if there is none of that name."""

    def column_stats(self, schema: str, name: str) -> Mapping[str, ColumnStats]:
        """Return statistics of every column of a table."""

    def preview(self, sql: str, max_rows: int, cancel: CancelToken, log: Log) -> Preview:
        """Run all statements once; return the first rows of the last result set."""

    def export_csv(
        self,
        sql: str,
        folder: Path,
        base_name: str,
        settings: CsvSettings,
        cancel: CancelToken,
        log: Log,
    ) -> Export | None:
        """Run all statements once; write the last result set; return None if there is none."""

    def import_csv(
        self,
        imports: Sequence[tuple[Sequence[Path], ImportOptions]],
        cancel: CancelToken,
        log: Log,
        commit_marker: str | None = None,
    ) -> list[ImportReport]:
        """Load files into tables and set the commit marker, or change nothing."""

    def open_source(
        self, schema: str, name: str, folder: Path | None, cancel: CancelToken, log: Log
    ) -> TableSource:
        """Describe a table to be copied; with ``folder``, write its rows to a file there."""

    def sync_tables(
        self,
        syncs: Sequence[tuple[TableSource, SyncOptions]],
        cancel: CancelToken,
        log: Log,
        commit_marker: str | None = None,
    ) -> list[SyncReport]:
        """Copy tables into this database and set the commit marker, or change nothing."""

    def commit_markers(self) -> set[str]:
        """Return the markers of committed transactions that were not removed."""

    def remove_commit_markers(self, names: Sequence[str]) -> None:
        """Remove markers; nothing happens when the database is closed."""

    def run_native(self, sql: str) -> None:
        """Run statements of the platform itself, in the database's own SQL."""

    def close(self, *, checkpoint: bool = True) -> None:
        """Close the database; operations that run fail. A second call does nothing.

        Without `checkpoint` the latest changes need not be written into the database's file.
        """


def ignore_log(level: str, message: str) -> None:
    """Discard a log message."""
