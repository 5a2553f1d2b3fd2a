"""Rows are those of the csv module, whose settings stay the user's."""

from __future__ import annotations

import csv
import gc
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from civis_nb.io.csv_reader import CsvError, csv_reader
from civis_nb.io.reading.parsers.list_inferred import read_rows

LONG = "x" * 200_000


@settings(deadline=None)
@given(st.text(st.sampled_from('ab,;"\n\r\t '), max_size=30), st.sampled_from([",", ";", "\t"]))
def test_rows_are_those_of_the_csv_module(text, delimiter):
    lines = text.splitlines(keepends=True)
    expected = list(csv.reader(lines, delimiter=delimiter))
    assert list(csv_reader(lines, delimiter=delimiter)) == expected


def test_dialects_of_the_csv_module_are_known():
    csv.register_dialect("semicolons", delimiter=";")
    try:
        assert list(csv_reader(["a;b"], "semicolons")) == [["a", "b"]]
        assert list(csv_reader(["a\tb"], csv.excel_tab)) == [["a", "b"]]
    finally:
        csv.unregister_dialect("semicolons")


def test_errors_are_raised():
    with pytest.raises(CsvError, match="unexpected end of data"):
        list(csv_reader(['"a'], strict=True))


@pytest.mark.parametrize("encoding", [None, "latin-1"])
def test_long_cells_are_read_and_no_setting_of_the_process_changes(encoding):
    limit, collects = csv.field_size_limit(), gc.isenabled()
    content = f"a\n{LONG}\n".encode()
    assert read_rows([content], "it", encoding) == [["a"], [LONG]]
    assert csv.field_size_limit() == limit
    assert gc.isenabled() == collects
    with pytest.raises(csv.Error, match="field larger than field limit"):
        list(csv.reader(io.StringIO(LONG)))
