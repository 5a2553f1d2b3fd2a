"""Rows of a CSV file into a table: quickly when all is well, else with a reason for each row."""

from __future__ import annotations

import re
import secrets
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import DELIMITERS, ImportOptions
from civis_nb.local.warehouse.csv.sources import Source
from civis_nb.local.warehouse.duckdb.casts import cast
from civis_nb.local.warehouse.duckdb.sqltypes import is_text, to_wire
from civis_nb.local.warehouse.duckdb.target import Field
from civis_nb.table_names import literal, quoted

# ruff: noqa: S608 - names and texts are quoted

__all__ = ["FileLoad", "csv_trouble", "load_carefully", "load_quickly", "read_csv_sql"]

#: The longest row that is read; DuckDB's default of 2 MB is soon reached by long texts.
_MAX_ROW_BYTES = 32 << 20
#: A multiple of it: with any other size DuckDB fails at long rows that lie in two buffers.
_BUFFER_BYTES = 2 * _MAX_ROW_BYTES
_SHOWN = 60


@dataclass(frozen=True)
class FileLoad:
    """One file, and the table's column that each of its columns fills."""

    source: Source
    fields: tuple[Field, ...]
    name: str


def read_csv_sql(
    path: str, columns: int, delimiter: str, header: bool, escaped: bool, extra: str = ""
) -> str:
    """Write a table function that reads every cell as text, ``c0``, ``c1``, ….

    An unquoted empty cell is NULL, a quoted one is the empty text.
    """
    names = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(columns))
    escape = "\\" if escaped else '"'
    return (
        f"read_csv({literal(path)}, columns = {{{names}}}, auto_detect = false, "
        f"header = {str(header).lower()}, delim = {literal(delimiter)}, quote = '\"', "
        f"escape = {literal(escape)}, nullstr = '', allow_quoted_nulls = false, "
        f"null_padding = false, strict_mode = true, max_line_size = {_MAX_ROW_BYTES}, "
        f"buffer_size = {_BUFFER_BYTES}{extra})"
    )


def _reading(load: FileLoad, options: ImportOptions, extra: str = "") -> str:
    return read_csv_sql(
        str(load.source.path),
        len(load.fields),
        DELIMITERS[options.column_delimiter],
        options.first_row_is_header,
        options.escaped,
        extra,
    )


def _values(fields: Sequence[Field], *, lenient: bool) -> list[str]:
    values = []
    for i, field in enumerate(fields):
        value = cast(f"c{i}", field.duckdb_type, lenient=lenient, found=field.found)
        if field.max_length is not None:
            failing = "NULL" if lenient else "error('too long')"
            value = f"CASE WHEN length(c{i}) > {field.max_length} THEN {failing} ELSE {value} END"
        values.append(value)
    return values


def _into(table: str, fields: Sequence[Field]) -> str:
    return f"INSERT INTO {table} ({', '.join(quoted(f.name) for f in fields)})"


def load_quickly(
    cursor: duckdb.DuckDBPyConnection, load: FileLoad, table: str, options: ImportOptions
) -> int:
    """Load a file in one go; a wrong cell or row makes DuckDB raise its own error."""
    values = ", ".join(_values(load.fields, lenient=False))
    done = cursor.execute(
        f"{_into(table, load.fields)} SELECT {values} FROM {_reading(load, options)}"
    ).fetchall()
    return int(done[0][0])


def load_carefully(
    cursor: duckdb.DuckDBPyConnection,
    load: FileLoad,
    table: str,
    options: ImportOptions,
    skipped: list[str],
) -> int:
    """Load what is right in a file; add a message to ``skipped`` for each row that is not.

    Raises
    ------
    WarehouseError
        If there are more wrong rows, over all files, than ``max_errors`` allows.
    """
    token = secrets.token_hex(4)
    stage, errors, scans = (f"civis_{what}_{token}" for what in ("stage", "errors", "scans"))
    extra = f", store_rejects = true, rejects_table = '{errors}', rejects_scan = '{scans}'"
    # Numbered here: the rowid of a table that is not committed does not count from 0.
    cursor.execute(
        f"CREATE TEMP TABLE {stage} AS SELECT row_number() OVER () - 1 AS place, * "
        f"FROM {_reading(load, options, extra)}"
    )
    try:
        allowed = (options.max_errors or 0) - len(skipped)
        broken = _broken_rows(cursor, errors, options)
        wrong = _wrong_cells(cursor, stage, load, sorted(broken), allowed + 1)
        reasons = broken | {row: reason for row, (_, reason) in wrong.items()}
        messages = [f"{_where(load, row)}{reasons[row]}" for row in sorted(reasons)]
        if len(messages) > max(allowed, 0):
            raise _too_many(skipped + messages, options)
        skipped += messages
        bad = ", ".join(str(place) for place, _ in wrong.values())
        where = f"WHERE place NOT IN ({bad})" if bad else ""
        values = ", ".join(_values(load.fields, lenient=True))
        done = cursor.execute(
            f"{_into(table, load.fields)} SELECT {values} FROM {stage} {where} ORDER BY place"
        ).fetchall()
        return int(done[0][0])
    finally:
        for name in (stage, errors, scans):
            _drop_quietly(cursor, name)


def _drop_quietly(cursor: duckdb.DuckDBPyConnection, name: str) -> None:
    try:
        cursor.execute(f"DROP TABLE IF EXISTS temp.{name}")
    except duckdb.Error:
        # The transaction has failed, and the cursor's end takes the table along.
        return


def _where(load: FileLoad, row: int) -> str:
    prefix = f"{load.name}, " if load.name != "the file" else ""
    return f"{prefix}row {row}"


def _broken_rows(
    cursor: duckdb.DuckDBPyConnection, errors: str, options: ImportOptions
) -> dict[int, str]:
    """Return the rows that are no rows of CSV, counted from 1 without the header."""
    found = cursor.execute(
        f"SELECT line, error_type, error_message FROM {errors} ORDER BY line, byte_position"
    ).fetchall()
    first = 1 if options.first_row_is_header else 0
    reasons: dict[int, str] = {}
    for line, kind, message in found:
        text = str(message).rstrip(".")
        counted = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
        if counted:
            text = f"{counted.group(2)} cells instead of {counted.group(1)}"
        elif "QUOTE" in str(kind).upper():
            text = "a quoted cell has no proper end"
        elif "unicode" in text.lower() or "UNICODE" in str(kind).upper():
            text = "the text is not UTF-8; preprocess the file with force_character_set_conversion"
        reasons.setdefault(int(line) - first, f": {text}")
    return reasons


def _wrong_cells(
    cursor: duckdb.DuckDBPyConnection,
    stage: str,
    load: FileLoad,
    broken: list[int],
    limit: int,
) -> dict[int, tuple[int, str]]:
    """Return the rows with a cell that its column can't take: row -> (place, reason)."""
    tests = []
    for i, (field, value) in enumerate(
        zip(load.fields, _values(load.fields, lenient=True), strict=True)
    ):
        filled = f"c{i} IS NOT NULL" + ("" if is_text(field.duckdb_type) else f" AND c{i} <> ''")
        test = f"({filled} AND ({value}) IS NULL)"
        if field.required:
            test = f"({value}) IS NULL"
        tests.append(f"WHEN {test} THEN {i}")
    cells = ", ".join(f"left(c{i}, {_SHOWN + 1})" for i in range(len(load.fields)))
    found = cursor.execute(
        f"SELECT * FROM (SELECT place, CASE {' '.join(tests)} END AS wrong, [{cells}] AS cells "
        f"FROM {stage}) WHERE wrong IS NOT NULL ORDER BY place LIMIT {max(limit, 1)}"
    ).fetchall()
    rows: dict[int, tuple[int, str]] = {}
    for place, column, texts in found:
        field = load.fields[column]
        reason = f', column "{field.name}": {_reason(field, texts[column])}'
        rows[_counted(place, broken)] = (place, reason)
    return rows


def _counted(place: int, broken: list[int]) -> int:
    """Return a row's number in the file: rows that were refused before it count too.

    Examples
    --------
    >>> _counted(0, [1]), _counted(1, [1, 3])
    (2, 4)
    """
    row = place + 1
    while (after := place + 1 + bisect_right(broken, row)) != row:
        row = after
    return row


def _reason(field: Field, text: str | None) -> str:
    if text is None or (text == "" and not is_text(field.duckdb_type)):
        return "NULL is not allowed"
    if field.max_length is not None and field.duckdb_type == "VARCHAR":
        return f"the text is longer than VARCHAR({field.max_length})"
    shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return f'"{shown}" is no {to_wire(field.duckdb_type)}'


def _too_many(messages: list[str], options: ImportOptions) -> WarehouseError:
    if not options.max_errors:
        more = "" if len(messages) == 1 else " (and in more rows)"
        return WarehouseError(f"the import failed at {messages[0]}{more}; nothing was loaded")
    shown = "; ".join(messages[:5]) + ("; …" if len(messages) > 5 else "")
    return WarehouseError(
        f"the import failed: more than {options.max_errors} rows can't be loaded: {shown}. "
        "Nothing was loaded"
    )


def csv_trouble(error: duckdb.Error, name: str) -> WarehouseError:
    """Say in our words why DuckDB could not read a file; it would list paths and settings."""
    text = str(error)
    for mark in ("{", '"exception_message":"'):
        text = text.partition(mark)[2] or text
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
