"""DuckDB as a reader of CSV files: its table function, and its errors in plain words."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.csv.text import CsvFormat
from civis_nb.table_names import literal

__all__ = ["csv_error", "read_csv_sql"]

#: The longest row that is read; DuckDB's default of 2 MB is soon reached by long texts.
_MAX_ROW_BYTES = 32 << 20
#: A multiple of it: with any other size DuckDB fails at long rows that lie in two buffers.
_BUFFER_BYTES = 2 * _MAX_ROW_BYTES


def read_csv_sql(path: Path, columns: int, written: CsvFormat, extra: str = "") -> str:
    """Return a table function that reads every cell as text, ``c0``, ``c1``, ….

    An unquoted empty cell is NULL, a quoted one is the empty text.
    """
    names = ", ".join(f"c{i} := 'VARCHAR'" for i in range(columns))
    escape = "\\" if written.escaped else '"'
    return (
        f"read_csv({literal(str(path))}, columns = struct_pack({names}), auto_detect = false, "
        f"header = {str(written.header).lower()}, delim = {literal(written.delimiter)}, "
        f"quote = '\"', escape = {literal(escape)}, nullstr = '', allow_quoted_nulls = false, "
        f"null_padding = false, strict_mode = true, max_line_size = {_MAX_ROW_BYTES}, "
        f"buffer_size = {_BUFFER_BYTES}{extra})"
    )


def csv_error(error: duckdb.Error, name: str) -> WarehouseError:
    """Return why DuckDB could not read a file, without the paths and settings that it lists."""
    text = str(error)
    for start in ("{", '"exception_message":"'):
        text = text.partition(start)[2] or text
    text = text.split("\\n  file =")[0].split("\n  file =")[0]
    parts = re.split(r"\\n|\n", text)
    if any("not utf-8" in part.lower() or "invalid unicode" in part.lower() for part in parts):
        return WarehouseError(
            f"{name} is not UTF-8 text; preprocess it with force_character_set_conversion"
        )
    if any("maximum line size" in part.lower() for part in parts):
        return WarehouseError(
            f"{name} has a row of more than {_MAX_ROW_BYTES >> 20} MB, or a quoted cell that "
            "never ends"
        )
    kept = [p for p in parts if p and not p.startswith(("Possible", "*", "Original Line"))]
    return WarehouseError(f"{name} can't be read as CSV: {' '.join(kept)[:300]}")
