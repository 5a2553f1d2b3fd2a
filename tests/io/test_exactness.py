"""Values that a careless reader loses are what they were, or text, with types="exact"."""

from __future__ import annotations

import datetime as dt

import pytest

from civis_nb.errors import CivisDownloadError
from civis_nb.io.exact import exact_table

LARGEST_UHUGEINT = str(2**128 - 1)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("HUGEINT", LARGEST_UHUGEINT),
        ("HUGEINT", str(2**127 - 1)),
        ("DECIMAL(38,1)", f"{LARGEST_UHUGEINT}.5"),
        ("DECIMAL(10,2)", "1.234"),
        ("INTEGER", str(2**31)),
        ("TIMESTAMP", "infinity"),
        ("TIMESTAMP", "2020-01-01 00:00:00.123456789"),
        ("TIMESTAMP", "0044-03-15 (BC) 10:00:00"),
        ("TIMESTAMPTZ", "-infinity"),
        ("DATE", "12020-01-01"),
        ("TIME", "24:00:00"),
        ("BOOLEAN", "maybe"),
    ],
)
def test_column_with_a_value_that_does_not_fit_is_text_and_the_others_are_not(kind, value):
    content = f"a,b,c\n{value},10:11:12,1.50\n,,\n".encode()
    told = [("a", kind), ("b", "TIME"), ("c", "DECIMAL(4,2)")]
    table = exact_table([content], told, "it")
    assert table["a"].to_pylist() == [value, None]
    assert table["b"].to_pylist() == [dt.time(10, 11, 12), None]
    assert [str(kind) for kind in table.schema.types] == [
        "string",
        "time64[us]",
        "decimal128(4, 2)",
    ]


def test_several_columns_with_values_that_do_not_fit_are_text():
    content = b"a,b,c\ninfinity,99999999999,1\n2020-01-01,1,2\n"
    told = [("a", "DATE"), ("b", "INTEGER"), ("c", "INTEGER")]
    table = exact_table([content], told, "it")
    assert table.to_pydict() == {
        "a": ["infinity", "2020-01-01"],
        "b": ["99999999999", "1"],
        "c": [1, 2],
    }


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_null_at_the_end_of_the_content_is_a_null_after_quotes_too(end):
    content = b'a,b\n"x",""\n"y",' + end
    table = exact_table([content], [("a", "text"), ("b", "text")], "it")
    assert table.to_pydict() == {"a": ["x", "y"], "b": ["", None]}


def test_rows_of_different_lengths_are_an_error():
    with pytest.raises(CivisDownloadError, match="can't be read as CSV"):
        exact_table([b"a,b\n1,2\n1\n"], [("a", "INTEGER"), ("b", "INTEGER")], "it")
