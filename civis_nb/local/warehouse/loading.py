"""Load a CSV file: in one statement, or only the valid rows, with a reason for each other."""

from __future__ import annotations

import secrets
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import suppress

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import ImportOptions
from civis_nb.local.warehouse.engine import EngineError, SqlEngine
from civis_nb.local.warehouse.plan import FileLoad, TableColumn, csv_format
from civis_nb.table_names import quoted

# ruff: noqa: S608 - names and texts are quoted

__all__ = ["load_all_rows", "load_valid_rows"]

_SHOWN = 60


def load_all_rows(engine: SqlEngine, load: FileLoad, table: str, options: ImportOptions) -> int:
    """Load a file in one statement; return the number of its rows.

    Raises
    ------
    EngineError
        The database's own, when a row or a cell is wrong.
    """
    relation = engine.csv_relation(load.path, len(load.columns), csv_format(options))
    values = engine.values_sql(load.columns, relation, lenient=False)
    return engine.change(f"{_insert(table, load.columns)} {values}")


def load_valid_rows(
    engine: SqlEngine, load: FileLoad, table: str, options: ImportOptions, skipped: list[str]
) -> int:
    """Load the rows that are right; append a message to ``skipped`` for each that is not.

    Returns
    -------
    int
        The number of rows loaded.

    Raises
    ------
    WarehouseError
        If there are more wrong rows, over all files, than ``max_errors`` allows.
    """
    stage = f"civis_stage_{secrets.token_hex(4)}"
    unreadable = engine.stage_csv(load, csv_format(options), stage)
    try:
        allowed = (options.max_errors or 0) - len(skipped)
        wrong = _wrong_cells(engine, stage, load, sorted(unreadable), allowed + 1)
        reasons = {row: f": {reason}" for row, reason in unreadable.items()}
        reasons |= {row: reason for row, (_, reason) in wrong.items()}
        file = "" if load.name == "the file" else f"{load.name}, "
        messages = [f"{file}row {row}{reasons[row]}" for row in sorted(reasons)]
        if len(messages) > max(allowed, 0):
            raise _too_many(skipped + messages, options)
        skipped += messages
        places = ", ".join(str(place) for place, _ in wrong.values())
        where = f"WHERE place NOT IN ({places})" if places else ""
        right = f"(SELECT * FROM {stage} {where} ORDER BY place)"
        values = engine.values_sql(load.columns, right, lenient=True)
        return engine.change(f"{_insert(table, load.columns)} {values}")
    finally:
        with suppress(EngineError):  # the transaction has failed, and takes the table along
            engine.change(f"DROP TABLE IF EXISTS {stage}")


def _insert(table: str, columns: Sequence[TableColumn]) -> str:
    return f"INSERT INTO {table} ({', '.join(quoted(c.name) for c in columns)})"


def _wrong_cells(
    engine: SqlEngine, stage: str, load: FileLoad, unreadable: list[int], limit: int
) -> dict[int, tuple[int, str]]:
    """Return the rows with a cell that its column rejects: row number -> (place, reason)."""
    tests = []
    for i, column in enumerate(load.columns):
        value = engine.cast_sql(f"c{i}", column, lenient=True)
        filled = f"c{i} IS NOT NULL" + ("" if column.type.is_text else f" AND c{i} <> ''")
        test = f"({filled} AND ({value}) IS NULL)"
        if column.required:
            test = f"({value}) IS NULL"
        tests.append(f"WHEN {test} THEN {i}")
    cells = ", ".join(f"left(c{i}, {_SHOWN + 1}) AS c{i}" for i in range(len(load.columns)))
    found = engine.rows(
        f"SELECT * FROM (SELECT place, CASE {' '.join(tests)} END AS wrong, {cells} "
        f"FROM {stage}) AS tested WHERE wrong IS NOT NULL ORDER BY place LIMIT {max(limit, 1)}"
    )
    rows: dict[int, tuple[int, str]] = {}
    for place, index, *texts in found:
        column = load.columns[index]
        reason = f', column "{column.name}": {_reason(column, texts[index])}'
        rows[_row_number(place, unreadable)] = (place, reason)
    return rows


def _row_number(place: int, unreadable: list[int]) -> int:
    """Return a row's number in the file, which counts the unreadable rows before it too.

    Examples
    --------
    >>> _row_number(0, [1]), _row_number(1, [1, 3])
    (2, 4)
    """
    row = place + 1
    while (after := place + 1 + bisect_right(unreadable, row)) != row:
        row = after
    return row


def _reason(column: TableColumn, text: str | None) -> str:
    """Return why a cell does not fit its column."""
    if text is None or (text == "" and not column.type.is_text):
        return "NULL is not allowed"
    if (limit := column.type.limit) is not None:
        if limit.fixed and limit.in_bytes:
            return f"the text does not fit {limit.sql_type}, whose characters have one byte each"
        return f"the text is longer than {limit.sql_type}{', in bytes' if limit.in_bytes else ''}"
    shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return f'"{shown}" is no {column.type.sql_type}'


def _too_many(messages: list[str], options: ImportOptions) -> WarehouseError:
    """Return the error of an import with too many wrong rows."""
    if not options.max_errors:
        more = "" if len(messages) == 1 else " (and in more rows)"
        return WarehouseError(f"the import failed at {messages[0]}{more}; nothing was loaded")
    shown = "; ".join(messages[:5]) + ("; …" if len(messages) > 5 else "")
    return WarehouseError(
        f"the import failed: more than {options.max_errors} rows can't be loaded: {shown}. "
        "Nothing was loaded"
    )
