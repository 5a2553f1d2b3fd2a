"""Column types for CSV text that lose nothing, checked on every row of the file.

A type is taken only if every value, cast to it, still says what the text said: codes with
leading zeros and codes like 1E5 stay text, integers of any size and decimals keep every digit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import duckdb

from civis_nb.local.warehouse.duckdb.failures import read_failure, warehouse_error
from civis_nb.local.warehouse.duckdb.loading import read_csv_sql

# ruff: noqa: S608 - made of constants and numbers

__all__ = ["column_types"]

_SAMPLE_ROWS = 2000

#: What was counted of a column: its rows, cells, values, and the values that pass each test.
_Counts: TypeAlias = dict[str, Any]

_STAMP = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T]([01][0-9]|2[0-3]):[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6}0*)?)?"
_DECIMAL = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?"
_FLOAT = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-][0-9]+)?|-?[0-9]\.[0-9]+[eE][0-9]+"

#: Type -> the test that a value (@) passes, and no empty text; the first that all pass is taken.
#: Casting there and back is cheaper than a regular expression, which is for what is left.
_TESTS = {
    "BOOLEAN": "lower(@) IN ('true', 'false')",
    "BIGINT": "TRY_CAST(@ AS BIGINT)::VARCHAR = @",
    "DECIMAL": f"regexp_full_match(@, '{_DECIMAL}')",
    "DOUBLE": (
        "CASE WHEN TRY_CAST(@ AS DOUBLE)::VARCHAR = lower(@) THEN isfinite(TRY_CAST(@ AS DOUBLE)) "
        f"WHEN NOT regexp_full_match(@, '{_FLOAT}') THEN false "
        "WHEN NOT isfinite(TRY_CAST(@ AS DOUBLE)) THEN false "
        "WHEN strlen(@) <= 15 THEN true "
        "ELSE strlen(regexp_replace(regexp_replace(@, '[eE].*', ''), '[^0-9]', '', 'g')) <= 15 END"
    ),
    "DATE": "TRY_CAST(@ AS DATE)::VARCHAR = @",
    "TIMESTAMP": (
        "CASE WHEN strlen(@) = 19 THEN TRY_CAST(@ AS TIMESTAMP)::VARCHAR = replace(@, 'T', ' ') "
        f"ELSE regexp_full_match(@, '{_STAMP}') AND TRY_CAST(@ AS TIMESTAMP) IS NOT NULL END"
    ),
    "TIMESTAMPTZ": (
        f"regexp_full_match(@, '{_STAMP}(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?)') "
        "AND TRY_CAST(@ AS TIMESTAMPTZ) IS NOT NULL"
    ),
}
#: The digits of a decimal before and behind the point.
_WHOLE = "CASE WHEN contains(@, '.') THEN instr(@, '.') - 1 ELSE strlen(@) END - (@ < '0')::INTEGER"
_BEHIND = "CASE WHEN contains(@, '.') THEN strlen(@) - instr(@, '.') ELSE 0 END"
#: What a column may still be when its first rows are of a type, and the later ones are not.
_WIDER = {"BIGINT": ("DECIMAL", "DOUBLE"), "DECIMAL": ("DOUBLE",)}


def column_types(
    path: Path,
    columns: int,
    delimiter: str,
    header: bool,
    escaped: bool = False,
    cursor: duckdb.DuckDBPyConnection | None = None,
) -> list[str | None]:
    """Find a DuckDB type for each column of a plain UTF-8 file.

    Parameters
    ----------
    path, columns, delimiter, header, escaped
        The file.
    cursor
        Reads the file, in UTC; None for a database of its own, which takes a moment to be made.

    Returns
    -------
    list of str or None
        None for a column without any value, which fits every type.

    Raises
    ------
    WarehouseError
        If the file can't be read as CSV.
    """
    reading = read_csv_sql(str(path), columns, delimiter, header, escaped, ", ignore_errors = true")
    with _reader(cursor) as reader:
        try:
            found = _found(reader, reading, columns)
        except duckdb.Error as error:
            raise warehouse_error(read_failure(error), None, (str(path),)) from None
    return [_chosen(counts) for counts in found]


@contextmanager
def _reader(cursor: duckdb.DuckDBPyConnection | None) -> Iterator[duckdb.DuckDBPyConnection]:
    if cursor is not None:
        yield cursor
        return
    with duckdb.connect(":memory:") as own:
        own.execute("SET TimeZone = 'UTC'")
        yield own


def _found(reader: duckdb.DuckDBPyConnection, reading: str, columns: int) -> list[_Counts]:
    """Count in the first rows, to learn which tests are worth making, then in all rows."""
    found = _sampled(reader, reading, columns)
    if found[0]["rows"] < _SAMPLE_ROWS:
        return found  # these were all rows
    asked: dict[int, tuple[str, ...]] = {}
    for i, counts in enumerate(found):
        passed = _passed(counts)
        if not counts["values"]:
            asked[i] = tuple(_TESTS)
        elif passed:
            asked[i] = (passed[0],)
    seen = _counted(reader, reading, asked)
    # A test costs time on every row: the wider types are tried only where it is needed.
    failed = {
        i: _WIDER[asked[i][0]]
        for i, counts in seen.items()
        if not _passed(counts) and asked[i][0] in _WIDER
    }
    seen |= _counted(reader, reading, failed)
    return [seen.get(i, counts) for i, counts in enumerate(found)]


def _measures(cell: str, tests: Sequence[str]) -> dict[str, str]:
    measures = {
        "cells": f"count({cell})",
        "values": f"count(nullif({cell}, ''))",
        **{test: f"count_if({_TESTS[test]})" for test in tests},
    }
    if "DECIMAL" in tests:
        measures |= {"whole": f"max({_WHOLE})", "behind": f"max({_BEHIND})"}
    return {key: measure.replace("@", cell) for key, measure in measures.items()}


def _sampled(reader: duckdb.DuckDBPyConnection, reading: str, columns: int) -> list[_Counts]:
    """Make all tests on the first rows.

    The columns stand below one another there: to plan all tests for each of many columns would
    take longer than to make them.
    """
    measures = {"rows": "count(*)", **_measures("v", tuple(_TESTS))}
    cells = ", ".join(f"c{i}" for i in range(columns))
    rows = reader.execute(
        f"SELECT i, {', '.join(measures.values())} FROM (SELECT unnest(range({columns})) AS i, "
        f"unnest([{cells}]) AS v FROM (FROM {reading} LIMIT {_SAMPLE_ROWS})) GROUP BY i"
    ).fetchall()
    none: _Counts = dict.fromkeys(measures, 0)
    found = [none] * columns
    for i, *counts in rows:
        found[i] = dict(zip(measures, counts, strict=True))
    return found


def _counted(
    reader: duckdb.DuckDBPyConnection, reading: str, asked: dict[int, tuple[str, ...]]
) -> dict[int, _Counts]:
    """Make the tests that are asked for on all rows, in one scan."""
    if not asked:
        return {}
    wanted = [
        (i, key, measure)
        for i, tests in asked.items()
        for key, measure in _measures(f"c{i}", tests).items()
    ]
    sql = f"SELECT count(*), {', '.join(measure for *_, measure in wanted)} FROM {reading}"
    rows, *counted = reader.execute(sql).fetchall()[0]
    found: dict[int, _Counts] = {i: {"rows": rows} for i in asked}
    for (i, key, _), value in zip(wanted, counted, strict=True):
        found[i][key] = value
    return found


def _passed(counts: _Counts) -> list[str]:
    return [test for test in _TESTS if counts.get(test, -1) == counts["values"]]


def _chosen(counts: _Counts) -> str | None:
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
