"""Periods, intervals and durations are written as the PyPI package `civis` writes them."""

from __future__ import annotations

import pandas as pd
import pytest

from civis_nb import io as cio
from civis_nb.io.writing.columns import arrow_of, as_csv_column

DB = "sample"
WHEN = "2020-03-04 05:06:07"


def _periods(unit: str) -> pd.PeriodIndex:
    return pd.period_range(WHEN, periods=2, freq=unit)


SPANS = [
    (_periods("D"), "DATE"),
    (_periods("h"), "TIMESTAMP"),
    (_periods("min"), "TIMESTAMP"),
    (_periods("s"), "TIMESTAMP"),
    (_periods("us"), "TIMESTAMP"),
    (_periods("ns"), "VARCHAR(32)"),
    (_periods("W"), "VARCHAR(32)"),
    (_periods("M"), "VARCHAR(16)"),
    (_periods("3M"), "VARCHAR(16)"),
    (_periods("Q"), "VARCHAR(16)"),
    (_periods("Y"), "INTEGER"),
    (_periods("Y-SEP"), "INTEGER"),
    (pd.PeriodIndex(["0999-01", None], freq="M"), "VARCHAR(16)"),
    (pd.PeriodIndex([], freq="M"), "VARCHAR(16)"),
    (pd.to_timedelta(["5 days", None]), "VARCHAR(16)"),
    (pd.to_timedelta(["5 days", "-1 days +02:00:00.000001"]), "VARCHAR(32)"),
    (pd.IntervalIndex.from_breaks([0, 1 / 3, 1], closed="left"), "VARCHAR(32)"),
    (pd.cut([1.0, 5.0, float("nan"), 9.0], [0, 3, 6.5]), "VARCHAR(16)"),
    (pd.Categorical(_periods("M")), "VARCHAR(16)"),
]


@pytest.mark.parametrize(("values", "sql_type"), SPANS)
def test_spans_are_what_pandas_writes_of_them(values, sql_type):
    frame = pd.DataFrame({"a": values})
    column, found = as_csv_column(arrow_of(frame).column("a"), "a")
    assert found == sql_type
    written = frame["a"].to_csv(index=False, header=False).splitlines()
    texts = ["" if value is None else str(value) for value in column.to_pylist()]
    if sql_type == "TIMESTAMP":
        assert list(map(pd.Timestamp, texts)) == list(map(pd.Timestamp, written))
    else:
        assert texts == [text.strip('"') for text in written]


def test_months_and_classes_are_found_again_in_sql(io_client):
    # As in the demonstration of the PyPI package: rides by month, then one month of them.
    days = pd.DataFrame({"date": pd.date_range("2020-01-30", periods=4), "rides": [1, 2, 3, 4]})
    days["month"] = pd.DatetimeIndex(days["date"]).to_period("M")
    days["day"] = pd.DatetimeIndex(days["date"]).to_period("D")
    days["class"] = pd.cut(days["rides"], [0, 2, 9])
    days["late"] = days["date"] - days["date"].min()
    cio.dataframe_to_civis(days, DB, "public.rides_by", client=io_client).result()
    found = cio.read_civis_sql(
        "SELECT sum(rides), min(class), max(late), min(day + 1) FROM public.rides_by "
        "WHERE month = '2020-02'",
        DB,
        client=io_client,
    )
    assert found[1][:3] == ["7", "(2, 9]", "3 days"]
    assert found[1][3].startswith("2020-02-02")
