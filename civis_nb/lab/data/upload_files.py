"""Files that become tables: which kinds there are, and the columns that are found in them."""

from __future__ import annotations

import codecs
import csv
import gzip
import importlib.util
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from civis_nb.errors import CivisDependencyError, CivisInputError
from civis_nb.io.writing.columns import arrow_of, as_csv_column

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["FoundColumns", "frame_of", "kind_of", "sample_of_csv", "sample_of_frame"]

_KINDS: Final = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".gz": "csv",
    ".parquet": "parquet", ".pq": "parquet",
    ".xlsx": "excel", ".xlsm": "excel",
}  # fmt: skip
_SAMPLE_ROWS: Final = 5
_SAMPLE_CHARS: Final = 60
_GZIP: Final = b"\x1f\x8b"
#: What an encoding is found out from.
_HEAD_BYTES: Final = 65_536
_DELIMITERS: Final = {"comma": ",", "tab": "\t", "pipe": "|"}


@dataclass(frozen=True)
class FoundColumns:
    """What was found in a file.

    Attributes
    ----------
    columns
        ``{"name": …, "sql_type": …}`` of each.
    has_header
        Whether the first row holds the names; None where a file has names of its own.
    sample
        The first rows, as text.
    sheets, sheet
        Of a workbook: its sheets, and the one that was read.
    notes
        Sentences on what will differ.
    """

    columns: list[dict[str, str]]
    has_header: bool | None = None
    sample: list[list[str | None]] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    sheet: str = ""
    notes: list[str] = field(default_factory=list)


def kind_of(name: str) -> str:
    """Return what a file of this name is: ``csv``, ``parquet`` or ``excel``.

    Raises
    ------
    CivisInputError
        When it is nothing that can be loaded.
    CivisDependencyError
        When the package that reads it is not installed.
    """
    kind = _KINDS.get(Path(name).suffix.lower())
    if kind is None:
        raise CivisInputError(
            f"{name!r} is no CSV (.csv, .tsv, .txt, .gz), Parquet (.parquet) or Excel (.xlsx) "
            "file. Save it as one of these."
        )
    if kind == "excel" and importlib.util.find_spec("openpyxl") is None:
        raise CivisDependencyError(
            "Excel files need openpyxl in the Jupyter server's environment: pip install openpyxl"
        )
    return kind


def frame_of(
    path: Path, kind: str, has_header: bool | None, sheet: str
) -> tuple[pa.Table, FoundColumns]:
    """Return a Parquet file or a sheet of a workbook as an Arrow table, and what is in it.

    Raises
    ------
    CivisInputError
        When the file can't be read, or holds what no table can.
    """
    sheets: list[str] = []
    notes: list[str] = []
    try:
        if kind == "parquet":
            import pyarrow.parquet as pq

            table, has_header = pq.read_table(path), None
        else:
            table, sheets, sheet, notes = _of_workbook(path, has_header is not False, sheet)
            has_header = has_header is not False
    except CivisInputError:
        raise
    except Exception as error:  # of any kind: readers of files have no common one
        raise CivisInputError(
            f"The file can't be read as {kind.capitalize()}: {type(error).__name__}: {error}"
        ) from error
    pairs = zip(table.column_names, table.columns, strict=True)
    columns = [{"name": name, "sql_type": as_csv_column(one, name)[1]} for name, one in pairs]
    return table, FoundColumns(columns, has_header, sample_of_frame(table), sheets, sheet, notes)


def _of_workbook(
    path: Path, has_header: bool, sheet: str
) -> tuple[pa.Table, list[str], str, list[str]]:
    """Return a sheet, the names of all sheets, its own name, and notes on its columns."""
    import pandas as pd

    notes: list[str] = []
    with pd.ExcelFile(path, engine="openpyxl") as book:
        sheets = [str(name) for name in book.sheet_names]
        sheet = sheet or sheets[0]
        if sheet not in sheets:
            raise CivisInputError(f"The workbook has no sheet {sheet!r}; it has {sheets}.")
        # Texts such as NA and None are what somebody has written: an empty cell alone is NULL.
        frame = pd.read_excel(
            book, sheet_name=sheet, header=0 if has_header else None,
            keep_default_na=False, na_values=[""],
        )  # fmt: skip
    if not frame.shape[1]:
        notes.append(f"The sheet {sheet!r} is empty: choose another one.")
    if not has_header:
        frame.columns = [f"column_{at}" for at in range(frame.shape[1])]
    for at, name in enumerate(frame.columns):
        column = frame.iloc[:, at]
        kinds = {type(value) for value in column.dropna()} if column.dtype == object else set()
        if str in kinds and len(kinds) > 1:
            notes.append(f"Column {str(name)!r} holds texts and other values: all become texts.")
            frame.isetitem(at, column.map(str, na_action="ignore").to_numpy())
    # Whole numbers stay such where cells are empty.
    return arrow_of(frame.convert_dtypes()), sheets, sheet, notes


def sample_of_frame(table: pa.Table) -> list[list[str | None]]:
    """Return the first rows of an Arrow table as text."""
    rows = table.slice(0, _SAMPLE_ROWS).to_pylist() if _unique(table) else []
    return [[_short(value) for value in row.values()] for row in rows]


def sample_of_csv(path: Path, delimiter: str, has_header: bool) -> list[list[str | None]]:
    """Return the first rows of a CSV file as text, as far as they can be read here."""
    with path.open("rb") as file:
        opened: Any = gzip.open if file.read(2) == _GZIP else open
    try:
        with opened(path, "rb") as file:
            encoding = _encoding_of(file.read(_HEAD_BYTES))
        with opened(path, "rt", encoding=encoding, errors="replace", newline="") as file:
            reader = csv.reader(file, delimiter=_DELIMITERS.get(delimiter, ","))
            rows = list(islice(reader, _SAMPLE_ROWS + has_header))
    except (csv.Error, OSError, EOFError):
        return []  # the platform has read it; this is a help for the eye
    return [[_short(value) for value in row] for row in rows[int(has_header) :]]


def _encoding_of(head: bytes) -> str:
    """Return the encoding of text by its first bytes, as the platform finds it out."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        # A character may go on behind them.
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _unique(table: pa.Table) -> bool:
    names: list[str] = table.column_names
    return len(set(names)) == len(names)


def _short(value: Any) -> str | None:
    if value is None:
        return None
    text = str(value)
    return text if len(text) <= _SAMPLE_CHARS else text[: _SAMPLE_CHARS - 1] + "…"
