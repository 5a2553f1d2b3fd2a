"""What a CSV file is: compression, character set, delimiter, header and column types."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, cast

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import DELIMITERS, Column, CsvDetection, Delimiter
from civis_nb.local.warehouse.csv.charset import convert_to_utf8, detect_character_set
from civis_nb.local.warehouse.csv.infer import column_types
from civis_nb.local.warehouse.csv.line_ends import has_blank_start, has_mixed_ends, normalize_lines
from civis_nb.local.warehouse.csv.sources import sniff_compression
from civis_nb.local.warehouse.csv.text import CsvFormat, csv_rows

__all__ = ["detect_csv"]

_SAMPLE_CHARACTERS = 1 << 16
_MAX_SAMPLE_CHARACTERS = 1 << 24
_VALUE = re.compile(
    r"[+-]?(\d[\d,]*)?\.?\d+([eE][+-]?\d+)?%?|true|false|nan|null|none"
    r"|\d{4}-\d{1,2}-\d{1,2}([ T].*)?|\d{1,2}/\d{1,2}/\d{2,4}|\d{1,2}:\d{2}(:\d{2}.*)?",
    re.IGNORECASE,
)
_NAME = re.compile(r"[^\W\d][\w .,:()/#%&?-]{0,63}")


def detect_csv(
    path: Path,
    *,
    include_header: bool | None = None,
    column_delimiter: str | None = None,
    detect_types: bool = True,
    escaped: bool = False,
    scratch: Path | None = None,
) -> CsvDetection:
    """Detect how a CSV file is written, and what its columns are.

    Parameters
    ----------
    path
        The file: plain, gzip or zip, in any character set that `convert_to_utf8` knows.
    include_header, column_delimiter
        What is known already; the rest is detected.
    detect_types
        Whether column types are wanted; else ``table_columns`` holds texts only.
    escaped
        Whether quotes within cells are escaped by a backslash.
    scratch
        A folder for a temporary copy as plain text.

    Raises
    ------
    WarehouseError
        If the file is empty, damaged, or no CSV.
    """
    if column_delimiter is not None and column_delimiter not in DELIMITERS:
        raise WarehouseError(
            f'column_delimiter can\'t be "{column_delimiter}"; it is one of {", ".join(DELIMITERS)}'
        )
    if path.stat().st_size == 0:
        raise WarehouseError("the file is empty: it has neither a header nor rows")
    compression = sniff_compression(path)
    character_set = detect_character_set(path)
    with tempfile.TemporaryDirectory(prefix="civis-nb-", dir=scratch) as folder:
        plain = path
        if compression != "none" or character_set not in ("utf-8", "utf-8-sig"):
            plain = Path(folder) / "plain.csv"
            convert_to_utf8(path, plain, encoding=character_set)
            if plain.stat().st_size == 0:
                raise WarehouseError("the file is empty: it has neither a header nor rows")
        blank = include_header is not False and has_blank_start(plain)
        if blank or has_mixed_ends(plain):
            # DuckDB reads neither as it is.
            normalized = Path(folder) / "normalized.csv"
            normalize_lines(plain, normalized, escaped=escaped)
            plain = normalized
        delimiter, header, columns = _describe(
            plain, include_header, column_delimiter, detect_types, escaped
        )
    return CsvDetection(
        header,
        cast(Delimiter, delimiter),
        cast(Literal["none", "gzip", "zip"], compression),
        columns,
        character_set,
    )


def _describe(
    plain: Path,
    include_header: bool | None,
    column_delimiter: str | None,
    detect_types: bool,
    escaped: bool,
) -> tuple[str, bool, tuple[Column, ...]]:
    """Return delimiter, header and columns of a plain UTF-8 file."""
    rows_by_delimiter = _sample_rows(plain, column_delimiter, escaped)
    delimiter = column_delimiter or _best_delimiter(rows_by_delimiter)
    rows = rows_by_delimiter[delimiter]
    header = _has_header(rows) if include_header is None else include_header
    names = [(cell.strip() if header else "") or f"column_{i}" for i, cell in enumerate(rows[0])]
    types: list[str | None] = [None] * len(names)
    if detect_types:
        types = column_types(plain, len(names), CsvFormat(DELIMITERS[delimiter], header, escaped))
    columns = tuple(
        Column(name, kind or "VARCHAR") for name, kind in zip(names, types, strict=True)
    )
    return delimiter, header, columns


def _sample_rows(plain: Path, delimiter: str | None, escaped: bool) -> dict[str, list[list[str]]]:
    """Return the first rows as each possible delimiter splits them."""
    size = _SAMPLE_CHARACTERS
    while True:
        with plain.open(encoding="utf-8-sig", newline="") as file:
            text = file.read(size)
            whole = not file.read(1)
        found = {
            name: list(csv_rows(text, DELIMITERS[name], whole=whole, escaped=escaped))
            for name in ([delimiter] if delimiter else DELIMITERS)
        }
        if all(found.values()):
            return found
        if whole or size >= _MAX_SAMPLE_CHARACTERS:
            raise WarehouseError("the file holds no row that can be read as CSV")
        size *= 8  # the first row is longer than the sample


def _best_delimiter(found: dict[str, list[list[str]]]) -> str:
    """Return the delimiter that splits most rows into the same number of cells, more than one.

    A delimiter that splits quoted cells leaves single quotes in many cells.
    """

    def score(name: str) -> tuple[float, int]:
        """Return the share of rows of the most frequent width, and that width."""
        rows = found[name]
        width, count = Counter(len(row) for row in rows).most_common(1)[0]
        if width == 1:
            return 0.0, 1
        cut = sum(any(cell.count('"') % 2 for cell in row) for row in rows)
        return (count - cut) / len(rows), width

    return max(DELIMITERS, key=score)


def _has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first row holds names: distinct texts, unlike the values below them."""
    first, rest = [cell.strip() for cell in rows[0]], rows[1:]
    filled = [cell for cell in first if cell]
    if not filled or len(filled) < len(first) - 1 or len(set(filled)) < len(filled):
        return False
    if any(_VALUE.fullmatch(cell) for cell in filled):
        return False
    for i, cell in enumerate(first):
        below = [row[i].strip() for row in rest if i < len(row)]
        if cell and cell in below:
            return False
        values = [text for text in below if text]
        if values and all(_VALUE.fullmatch(text) for text in values):
            return True
    return all(_NAME.fullmatch(cell) for cell in filled)
