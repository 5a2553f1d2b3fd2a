"""The databases of the local platform: DuckDB embedded in this process.

A library of its own: it knows neither HTTP nor how the platform remembers things.
"""

from __future__ import annotations

from civis_nb.local.warehouse.base import (
    Column,
    ColumnInfo,
    ColumnStats,
    CsvDetection,
    CsvSettings,
    Export,
    ExportedPart,
    ImportOptions,
    ImportReport,
    Preview,
    TableInfo,
    Warehouse,
)

__all__ = [
    "Column",
    "ColumnInfo",
    "ColumnStats",
    "CsvDetection",
    "CsvSettings",
    "Export",
    "ExportedPart",
    "ImportOptions",
    "ImportReport",
    "Preview",
    "TableInfo",
    "Warehouse",
]
