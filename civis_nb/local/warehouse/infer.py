"""Column types for CSV text that lose nothing, checked on every row of the file.

A type is taken only if every value, cast to it, still says what the text said: codes with
leading zeros and codes like 1E5 stay text, integers of any size and decimals keep every digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import duckdb

from civis_nb.local.warehouse.failures import read_failure, warehouse_error
from civis_nb.local.warehouse.loading import read_csv_sql

# ruff: noqa: S608 - made of constants and numbers

__all__ = ["column_types"]

_SAMPLE_ROWS = 2000

#: The tests that all values of a column passed, and what was counted.
_Tested: TypeAlias = tuple[list[str], dict[str, Any]]

_STAMP = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6}0*)?)?"
_DECIMAL = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?"
_FLOAT = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-][0-9]+)?|-?[0-9]\.[0-9]+[eE][0-9]+"

#: Type -> the test that a value (@) passes; the first that all pass is taken.
_TESTS = {
    "BOOLEAN": "lower(@) IN ('true', 'false')",
    "BIGINT": "TRY_CAST(@ AS BIGINT)::VARCHAR = @",
    "DECIMAL": f"regexp_full_match(@, '{_DECIMAL}')",
    "DOUBLE": (
        f"regexp_full_match(@, '{_FLOAT}') AND isfinite(TRY_CAST(@ AS DOUBLE)) AND "
        "(length(regexp_replace(regexp_replace(@, '[eE].*', ''), '[^0-9]', '', 'g')) <= 15 "
        "OR TRY_CAST(@ AS DOUBLE)::VARCHAR = lower(@))"
    ),
    "DATE": "TRY_CAST(@ AS DATE)::VARCHAR = @",
    "TIMESTAMP": f"regexp_full_match(@, '{_STAMP}') AND TRY_CAST(@ AS TIMESTAMP) IS NOT NULL",
    "TIMESTAMPTZ": (
        f"regexp_full_match(@, '{_STAMP}(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?)') "
        "AND TRY_CAST(@ AS TIMESTAMPTZ) IS NOT NULL"
    ),
}
#: What a column may still be when its first rows are of a type, and the later ones are not.
_WIDER = {"BIGINT": ("DECIMAL", "DOUBLE"), "DECIMAL": ("DOUBLE",)}


def column_types(
    path: Path, columns: int, delimiter: str, header: bool, escaped: bool = False
) -> list[str | None]:
    """Find a DuckDB type for each column of a plain UTF-8 file.

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
    connection = duckdb.connect(":memory:")
    try:
        connection.execute("SET TimeZone = 'UTC'")
        sample = f"(SELECT * FROM {reading} LIMIT {_SAMPLE_ROWS})"
        asked = _expected(_tested(connection, sample, {i: tuple(_TESTS) for i in range(columns)}))
        found = _tested(connection, reading, asked)
        # A test costs time on every row: the wider types are tried only where it is needed.
        failed = {
            i: _WIDER[asked[i][0]]
            for i, (passed, _) in found.items()
            if not passed and asked[i][0] in _WIDER
        }
        found |= _tested(connection, reading, failed)
    except duckdb.Error as error:
        raise warehouse_error(read_failure(error), None, (str(path),)) from None
    finally:
        connection.close()
    types: list[str | None] = ["VARCHAR"] * columns
    for i, (passed, counts) in found.items():
        types[i] = _chosen(passed, counts)
    return types


def _expected(sampled: dict[int, _Tested]) -> dict[int, tuple[str, ...]]:
    """Give the tests worth making on the whole file; none for what is text already."""
    asked: dict[int, tuple[str, ...]] = {}
    for i, (passed, counts) in sampled.items():
        if not counts["values"]:
            asked[i] = tuple(_TESTS)
        elif passed:
            asked[i] = (passed[0],)
    return asked


def _tested(
    connection: duckdb.DuckDBPyConnection, source: str, asked: dict[int, tuple[str, ...]]
) -> dict[int, _Tested]:
    """Count, for each column and test, in one scan; give what all values passed."""
    if not asked:
        return {}
    measures: list[str] = []
    keys: list[tuple[int, str]] = []
    for i, tests in asked.items():
        cell = f"c{i}"
        filled = f"FILTER ({cell} <> '')"
        wanted = {
            "rows": "count(*)",
            "cells": f"count({cell})",
            "values": f"count({cell}) {filled}",
        }
        if "DECIMAL" in tests:
            whole = f"length(split_part(ltrim({cell}, '-'), '.', 1))"
            wanted["whole"] = f"max({whole}) {filled}"
            wanted["behind"] = f"max(length(split_part({cell}, '.', 2))) {filled}"
        for test in tests:
            condition = _TESTS[test].replace("@", cell)
            wanted[test] = f"bool_and(coalesce({condition}, false)) {filled}"
        for key, measure in wanted.items():
            keys.append((i, key))
            measures.append(measure)
    row = connection.execute(f"SELECT {', '.join(measures)} FROM {source}").fetchall()[0]
    found: dict[int, _Tested] = {i: ([], {}) for i in asked}
    for (i, key), value in zip(keys, row, strict=True):
        passed, counts = found[i]
        if key in _TESTS:
            if value:
                passed.append(key)
        else:
            counts[key] = value
    return found


def _chosen(passed: Sequence[str], counts: dict[str, Any]) -> str | None:
    if not counts["values"]:
        return None if counts["cells"] == 0 else "VARCHAR"
    empty_texts = counts["cells"] > counts["values"]
    if empty_texts and counts["cells"] < counts["rows"]:
        return "VARCHAR"  # '' and NULL both occur: only text tells them apart
    for kind in passed:
        if kind != "DECIMAL":
            return kind
        scale = int(counts["behind"])
        precision = int(counts["whole"]) + scale
        if precision <= 38:
            return f"DECIMAL({precision},{scale})"
    return "VARCHAR"
