"""Column types for CSV text, checked on every row of the file.

A type is chosen only if the conversion with which its values are loaded loses nothing of any.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import duckdb

from civis_nb.local.warehouse.csv.casts import DECIMAL_SIZE, LOSSLESS
from civis_nb.local.warehouse.csv.reader import csv_error, read_csv_sql
from civis_nb.local.warehouse.csv.text import CsvFormat
from civis_nb.local.warehouse.dialects.builtins import built_in

# ruff: noqa: S608 - made of constants and numbers

__all__ = ["column_types"]

_SAMPLE_ROWS = 2000
#: More columns than that are stacked into one.
_WIDE = 200

#: Counts of a column: its rows, cells, values, and the values that pass each test.
_Counts: TypeAlias = dict[str, Any]

#: Type of the first rows -> the types that may fit all rows when it does not.
_WIDER = {"BIGINT": ("DECIMAL", "DOUBLE PRECISION"), "DECIMAL": ("DOUBLE PRECISION",)}


def column_types(
    path: Path,
    columns: int,
    written: CsvFormat,
    cursor: duckdb.DuckDBPyConnection | None = None,
) -> list[str | None]:
    """Return a type for each column of a plain UTF-8 file.

    Parameters
    ----------
    path, columns, written
        The file, the number of its columns, and its format.
    cursor
        Reads the file, in UTC; None for a new database in memory, which takes a moment.

    Returns
    -------
    list of str or None
        Types of the API; None for a column without any value, which fits every type.

    Raises
    ------
    WarehouseError
        If the file can't be read as CSV.
    """
    relation = read_csv_sql(path, columns, written, ", ignore_errors = true")
    with _reader(cursor) as reader:
        try:
            found = _found(reader, relation, columns)
        except duckdb.Error as error:
            raise csv_error(error, "the file") from None
    return [_chosen(counts) for counts in found]


@contextmanager
def _reader(cursor: duckdb.DuckDBPyConnection | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield the cursor, or one of a new database in memory."""
    if cursor is not None:
        yield cursor
        return
    with duckdb.connect(":memory:") as own:
        own.execute("SET TimeZone = 'UTC'")
        yield own


def _found(reader: duckdb.DuckDBPyConnection, relation: str, columns: int) -> list[_Counts]:
    """Count in the first rows, to choose the tests that are worth their time, then in all rows."""
    found = _sampled(reader, relation, columns)
    if found[0]["rows"] < _SAMPLE_ROWS:
        return found  # these were all rows
    chosen_tests: dict[int, tuple[str, ...]] = {}
    for i, counts in enumerate(found):
        passed = _passed(counts)
        if not counts["values"]:
            chosen_tests[i] = tuple(LOSSLESS)
        elif passed:
            chosen_tests[i] = (passed[0],)
    seen = _counted(reader, relation, chosen_tests)
    # A test costs time on every row: the wider types are tried only where it is needed.
    failed = {
        i: _WIDER[chosen_tests[i][0]]
        for i, counts in seen.items()
        if not _passed(counts) and chosen_tests[i][0] in _WIDER
    }
    seen |= _counted(reader, relation, failed)
    return [seen.get(i, counts) for i, counts in enumerate(found)]


def _measures(cell: str, tests: Sequence[str]) -> dict[str, str]:
    """Return the SQL of what is counted of a column: its cells, its values, and each test."""
    measures = {
        "cells": f"count({cell})",
        "values": f"count(nullif({cell}, ''))",
        **{test: f"count_if({LOSSLESS[test]})" for test in tests},
    }
    if "DECIMAL" in tests:
        measures |= {part: f"max({digits})" for part, digits in DECIMAL_SIZE.items()}
    return {key: measure.replace("@", cell) for key, measure in measures.items()}


def _sampled(reader: duckdb.DuckDBPyConnection, relation: str, columns: int) -> list[_Counts]:
    """Run all tests on the first rows."""
    first = f"(FROM {relation} LIMIT {_SAMPLE_ROWS})"
    found = _stacked(reader, first, list(range(columns)), tuple(LOSSLESS))
    none: _Counts = dict.fromkeys(("rows", *_measures("v", tuple(LOSSLESS))), 0)
    return [found.get(i, none) for i in range(columns)]


def _stacked(
    reader: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[int], tests: tuple[str, ...]
) -> dict[int, _Counts]:
    """Run the same tests on columns that are stacked into one.

    Planning the tests for each of many columns would take longer than running them.
    """
    measures = {"rows": "count(*)", **_measures("v", tests)}
    cells = ", ".join(f"c{i}" for i in columns)
    sql = (
        f"SELECT place, {', '.join(measures.values())} "
        f"FROM (SELECT unnest(range({len(columns)})) AS place, unnest(list_value({cells})) AS v "
        f"FROM {relation}) GROUP BY place"
    )
    rows = reader.execute(built_in(sql)).fetchall()
    return {columns[place]: dict(zip(measures, counts, strict=True)) for place, *counts in rows}


def _counted(
    reader: duckdb.DuckDBPyConnection, relation: str, chosen_tests: dict[int, tuple[str, ...]]
) -> dict[int, _Counts]:
    """Run the chosen tests on all rows, in one scan unless there are many columns."""
    if not chosen_tests:
        return {}
    if len(chosen_tests) > _WIDE:
        alike: dict[tuple[str, ...], list[int]] = {}
        for i, tests in chosen_tests.items():
            alike.setdefault(tests, []).append(i)
        stacks = [_stacked(reader, relation, i, tests) for tests, i in alike.items()]
        return {i: counts for stack in stacks for i, counts in stack.items()}
    wanted = [
        (i, key, measure)
        for i, tests in chosen_tests.items()
        for key, measure in _measures(f"c{i}", tests).items()
    ]
    sql = f"SELECT count(*), {', '.join(measure for *_, measure in wanted)} FROM {relation}"
    rows, *counted = reader.execute(built_in(sql)).fetchall()[0]
    found: dict[int, _Counts] = {i: {"rows": rows} for i in chosen_tests}
    for (i, key, _), value in zip(wanted, counted, strict=True):
        found[i][key] = value
    return found


def _passed(counts: _Counts) -> list[str]:
    """Return the types whose test all values passed."""
    return [test for test in LOSSLESS if counts.get(test, -1) == counts["values"]]


def _chosen(counts: _Counts) -> str | None:
    """Return the type of a column; None when it has no cell."""
    if not counts["values"]:
        return None if counts["cells"] == 0 else "VARCHAR"
    empty_texts = counts["cells"] > counts["values"]
    if empty_texts and counts["cells"] < counts["rows"]:
        return "VARCHAR"  # '' and NULL both occur: only text tells them apart
    for kind in _passed(counts):
        if kind != "DECIMAL":
            return kind
        scale = int(counts["behind"])
        precision = int(counts["whole"]) + scale
        if precision <= 38:
            return f"DECIMAL({precision},{scale})"
    return "VARCHAR"
