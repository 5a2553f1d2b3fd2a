"""Tables, files and databases: everything that moves data, verified and exact.

The names and signatures are those of ``civis.io``; keywords that it does not know come last.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from civis_nb.io.databases import query_civis, transfer_table
    from civis_nb.io.files.transfers import civis_to_file, file_to_civis
    from civis_nb.io.files.values import (
        dataframe_to_file,
        file_id_from_run_output,
        file_to_dataframe,
        file_to_json,
        json_to_file,
    )
    from civis_nb.io.reading.batches import iter_batches
    from civis_nb.io.reading.export import (
        civis_to_csv,
        civis_to_multifile_csv,
        export_to_civis_file,
    )
    from civis_nb.io.reading.read import read_civis, read_civis_sql
    from civis_nb.io.writing.dataframe import dataframe_to_civis
    from civis_nb.io.writing.load import civis_file_to_table, csv_to_civis
    from civis_nb.table_names import split_schema_tablename

__all__ = [
    "civis_file_to_table",
    "civis_to_csv",
    "civis_to_file",
    "civis_to_multifile_csv",
    "csv_to_civis",
    "dataframe_to_civis",
    "dataframe_to_file",
    "export_to_civis_file",
    "file_id_from_run_output",
    "file_to_civis",
    "file_to_dataframe",
    "file_to_json",
    "iter_batches",
    "json_to_file",
    "query_civis",
    "read_civis",
    "read_civis_sql",
    "split_schema_tablename",
    "transfer_table",
]

_MODULE_OF = {
    "civis_file_to_table": "io.writing.load",
    "civis_to_csv": "io.reading.export",
    "civis_to_file": "io.files.transfers",
    "civis_to_multifile_csv": "io.reading.export",
    "csv_to_civis": "io.writing.load",
    "dataframe_to_civis": "io.writing.dataframe",
    "dataframe_to_file": "io.files.values",
    "export_to_civis_file": "io.reading.export",
    "file_id_from_run_output": "io.files.values",
    "file_to_civis": "io.files.transfers",
    "file_to_dataframe": "io.files.values",
    "file_to_json": "io.files.values",
    "iter_batches": "io.reading.batches",
    "json_to_file": "io.files.values",
    "query_civis": "io.databases",
    "read_civis": "io.reading.read",
    "read_civis_sql": "io.reading.read",
    "split_schema_tablename": "table_names",
    "transfer_table": "io.databases",
}


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        value = getattr(importlib.import_module(f"civis_nb.{_MODULE_OF[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'civis_nb.io' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
