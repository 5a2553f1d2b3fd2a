"""What a CSV file is: compression, character set, delimiter, header and column types."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import DELIMITERS, Column, CsvDetection, Delimiter
from civis_nb.local.warehouse.csv.charset import convert_to_utf8, detect_character_set, is_unicode
from civis_nb.local.warehouse.csv.header import guess_header
from civis_nb.local.warehouse.csv.infer import column_types
from civis_nb.local.warehouse.csv.line_ends import has_blank_start, has_mixed_ends, normalize_lines
from civis_nb.local.warehouse.csv.sources import sniff_compression
from civis_nb.local.warehouse.csv.spaced_quotes import has_spaced_quotes, join_quotes
from civis_nb.local.warehouse.csv.text import CsvFormat, csv_rows

__all__ = ["detect_csv"]

_SAMPLE_CHARACTERS = 1 << 16
_MAX_SAMPLE_CHARACTERS = 1 << 24
_SHOWN_NAMES = 10
_SEMICOLON = "semicolon"
#: What is recognised; files with the last are refused with that reason.
_SEPARATORS = {**DELIMITERS, _SEMICOLON: ";"}
_COMMA_NUMBER = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?")
#: Three digits behind a comma may be thousands.
_DECIMAL_COMMA = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+),(\d{1,2}|\d{4,})")
_FOREIGN_WORD = re.compile(r"\w*[^\x00-\x7f]+\w*")


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
        found = _describe(
            plain, include_header, column_delimiter, detect_types, escaped, Path(folder)
        )
        if not is_unicode(character_set):
            found = replace(found, notes=(*found.notes, _charset_note(plain, character_set)))
    return replace(
        found,
        compression=cast(Literal["none", "gzip", "zip"], compression),
        character_set=character_set,
    )


def _charset_note(plain: Path, character_set: str) -> str:
    """Return what a guessed character set makes of the file."""
    with plain.open(encoding="utf-8", newline="") as file:
        words = _FOREIGN_WORD.findall(file.read(_MAX_SAMPLE_CHARACTERS))[:3]
    shown = f", such as {', '.join(map(repr, words))}" if words else ""
    return (
        f"The file is not in Unicode. It was read as {character_set}{shown}; if that is wrong, "
        "save it as UTF-8."
    )


def _describe(
    plain: Path,
    include_header: bool | None,
    column_delimiter: str | None,
    detect_types: bool,
    escaped: bool,
    folder: Path,
) -> CsvDetection:
    """Return delimiter, header and columns of a plain UTF-8 file."""
    rows_by_delimiter = _sample_rows(plain, escaped)
    best = _best_delimiter(rows_by_delimiter)
    delimiter = column_delimiter or best
    rows = rows_by_delimiter[delimiter]
    split = len(rows[0]) == 1 and len(rows_by_delimiter[best][0]) > 1
    if split and include_header is not False:
        raise WarehouseError(
            f"the file is separated by {best}s, though it is said to be by {delimiter}s: the "
            "whole header would be one name. Say the right delimiter, or leave it out"
        )
    if delimiter == _SEMICOLON:
        decimals = any(_DECIMAL_COMMA.fullmatch(cell) for row in rows for cell in row)
        raise WarehouseError(
            "the file is separated by semicolons"
            f"{', and its numbers have decimal commas' if decimals else ''}; a table is loaded "
            "from commas, tabs or pipes, and decimal points. With pandas: read_csv(path, sep=';'"
            f"{', decimal=chr(44)' if decimals else ''}).to_csv(new_path, index=False)"
        )
    notes = _decimal_notes(rows)
    header = _header(rows, notes) if include_header is None else include_header
    names = _names(rows[0], notes) if header else [f"column_{i}" for i in range(len(rows[0]))]
    types: list[str | None] = [None] * len(names)
    if detect_types:
        character = DELIMITERS[delimiter]
        if has_spaced_quotes(plain, character):
            joined = folder / "joined.csv"
            join_quotes(plain, joined, character, escaped=escaped)
            plain = joined
        types = column_types(plain, len(names), CsvFormat(character, header, escaped))
    columns = tuple(
        Column(name, kind or "VARCHAR") for name, kind in zip(names, types, strict=True)
    )
    return CsvDetection(header, cast(Delimiter, delimiter), "none", columns, notes=tuple(notes))


def _header(rows: list[list[str]], notes: list[str]) -> bool:
    """Return whether the first row is a header; note a guess for which little speaks."""
    guess = guess_header(rows)
    if not guess.certain:
        taken, other = ("a header", "False") if guess.present else ("no header", "True")
        notes.append(
            f"Little tells whether the first row is a header; it was taken as {taken}. If that is "
            f"wrong, say so: include_header={other} (headers={other} in the Python client)."
        )
    return guess.present


def _names(first: list[str], notes: list[str]) -> list[str]:
    """Return names of columns, all different; note those that a header has twice.

    Names of a table's columns differ by more than case.
    """
    given = [cell.strip() or f"column_{i}" for i, cell in enumerate(first)]
    taken = {name.lower() for name in given}
    seen: set[str] = set()
    names = []
    for name in given:
        new, number = name, 1
        if name.lower() in seen:
            while new.lower() in taken:
                number += 1
                new = f"{name}_{number}"
            taken.add(new.lower())
        seen.add(name.lower())
        names.append(new)
    renamed = [f'"{new}"' for new, name in zip(names, given, strict=True) if new != name]
    if renamed:
        more = ", …" if len(renamed) > _SHOWN_NAMES else ""
        notes.append(
            "The header has names twice, which a table can't have; the later ones are called "
            f"{', '.join(renamed[:_SHOWN_NAMES])}{more}."
        )
    return names


def _decimal_notes(rows: list[list[str]]) -> list[str]:
    """Return a note on the columns whose numbers have decimal commas, which stay texts."""
    found = []
    for i, name in enumerate(rows[0]):
        cells = [row[i].strip() for row in rows[1:] if i < len(row) and row[i].strip()]
        if any(_DECIMAL_COMMA.fullmatch(cell) for cell in cells) and all(
            _COMMA_NUMBER.fullmatch(cell) for cell in cells
        ):
            found.append(f'"{name.strip()}"')
    if not found:
        return []
    return [
        f"Numbers of {', '.join(found[:_SHOWN_NAMES])} have decimal commas; they are loaded as "
        "text. Write them with points to load them as numbers."
    ]


def _sample_rows(plain: Path, escaped: bool) -> dict[str, list[list[str]]]:
    """Return the first rows as each possible delimiter splits them."""
    size = _SAMPLE_CHARACTERS
    while True:
        with plain.open(encoding="utf-8-sig", newline="") as file:
            text = file.read(size)
            whole = not file.read(1)
        found = {
            name: list(csv_rows(text, character, whole=whole, escaped=escaped))
            for name, character in _SEPARATORS.items()
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
        if width == 1 or (name == _SEMICOLON and len(rows[0]) != width):
            return 0.0, 1  # lists of texts have semicolons, too, but not in their header
        cut = sum(any(cell.count('"') % 2 for cell in row) for row in rows)
        return (count - cut) / len(rows), width

    return max(_SEPARATORS, key=score)
