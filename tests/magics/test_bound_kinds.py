"""Kinds of values that ``:name`` binds, as DuckDB reads them, and values that nothing binds."""

from __future__ import annotations

import datetime as dt

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from civis_nb.errors import CivisInputError
from civis_nb.magics.sql.binding import bind


@pytest.mark.parametrize(
    "value",
    [
        dt.timedelta(days=-2, hours=3, microseconds=5),
        np.timedelta64(-161_999_999_995_000, "ns"),
        np.array(np.timedelta64(-161_999_999_995, "us")),
        pd.Timedelta(-161_999_999_995, "us"),
        pa.scalar(-161_999_999_995, pa.duration("us")),
    ],
)
def test_a_span_of_time_is_an_interval_of_the_same_length(value):
    bound = bind("select timestamp '2024-01-10' + :x, [:x]", "duckdb", {"x": value})
    span = dt.timedelta(days=-2, hours=3, microseconds=5)
    assert duckdb.sql(bound.sql).fetchall() == [(dt.datetime(2024, 1, 10) + span, [span])]


@pytest.mark.parametrize("value", [np.array(5), np.array("q"), np.timedelta64("NaT")])
def test_what_numpy_holds_without_dimensions_is_one_value(value):
    bound = bind("select :x", "duckdb", {"x": value})
    expected = None if value.dtype.kind == "m" else value.item()
    assert duckdb.sql(bound.sql).fetchall() == [(expected,)]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (np.timedelta64(1, "M"), "a span of months or years"),
        (np.timedelta64(1, "ns"), "microsecond"),
        (pd.Timedelta(1, "ns"), "nanoseconds"),
        (pa.scalar(1, pa.duration("ns")), "nanoseconds"),
    ],
)
def test_a_span_that_no_interval_holds_is_refused(value, said):
    with pytest.raises(CivisInputError, match=f":thing .*{said}"):
        bind("select :thing", "duckdb", {"thing": value})


def test_a_value_that_the_sql_does_not_ask_for_is_told(shell):
    shell.ns["month"] = 5
    assert shell.cell("%%civis_sql -p mnth=3\nselect :month as m").rows == [("5",)]
    told = [output["text/plain"] for output in shell.outputs]
    assert "-p mnth is not used: the SQL has no :mnth." in told
    shell.cell("%%civis_sql -p month=3 --save of_month\nselect :month as m")
    assert shell.cell("%%civis_sql -p month=3 --with of_month\nselect m from of_month").rows == [
        ("3",)
    ]
    shell.cell("%%civis_sql --jinja -p month=3\nselect {% if month %} 1 {% endif %} as x")
    assert not any("is not used" in output["text/plain"] for output in shell.outputs)
