"""Columns of frames become columns of tables without losing a digit."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from civis_nb.errors import CivisInputError
from civis_nb.io.writing.columns import arrow_of, as_csv_column

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9))


def _frame(values: list) -> pd.DataFrame:
    return pd.DataFrame({"a": pd.Series(values, dtype=object)})


@settings(deadline=None)
@given(
    values=st.lists(
        st.one_of(
            st.none(),
            DECIMALS.filter(lambda value: abs(value) < 10**30),
            st.integers(-(10**38), 10**38).map(Decimal),
            st.decimals(allow_nan=False, allow_infinity=False),
            st.sampled_from([Decimal("nan"), Decimal("sNaN")]),
        ),
        max_size=5,
    )
)
def test_decimals_get_the_values_that_arrow_infers_and_no_wider_type(values):
    try:
        expected = pa.array(_frame(values)["a"], from_pandas=True)
    except pa.ArrowInvalid:
        reject()  # more digits than any decimal of Arrow has: it infers nothing to compare with
    found = arrow_of(_frame(values)).column("a")
    if pa.types.is_decimal(expected.type):
        assert found.type.scale == expected.type.scale
        assert found.type.precision <= expected.type.precision
    assert found.to_pylist() == expected.to_pylist()


@pytest.mark.parametrize("values", [[Decimal("9" * 39)], [Decimal("1e-21"), Decimal("1e30")]])
def test_decimals_of_more_digits_than_a_column_has_are_refused(values):
    with pytest.raises(CivisInputError, match="38 digits"):
        as_csv_column(arrow_of(_frame(values)).column("a"), "a")


@pytest.mark.parametrize("values", [[Decimal(1), 1.5], [Decimal(1), "a"], [Decimal("Infinity")]])
def test_decimals_among_others_are_written_as_text(values):
    found = arrow_of(_frame(values)).column("a")
    assert found.to_pylist() == [str(value) for value in values]


NOON = dt.datetime(2020, 1, 1, 12)
LATER = dt.timezone(dt.timedelta(hours=5, minutes=30))


@pytest.mark.parametrize(
    "values",
    [
        [dt.date(2020, 1, 1), NOON],
        [NOON, NOON.replace(tzinfo=dt.UTC)],
        [NOON.replace(tzinfo=dt.UTC), NOON],
        [dt.time(1, 2), dt.time(1, 2, tzinfo=LATER)],
        [dt.time(1, 2, tzinfo=LATER)],
        [uuid.UUID(int=5), None],
        [uuid.UUID(int=5), "x"],
        [10**38, 1],
        [2**53 + 1, 0.5],
        [True, 1],
        ["007", 7, None],
        [NOON.replace(tzinfo=dt.timezone(dt.timedelta(seconds=15)))],
    ],
)
def test_objects_of_no_one_type_are_written_as_text(values):
    found = arrow_of(_frame(values)).column("a")
    assert found.to_pylist() == [None if value is None else str(value) for value in values]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([2**64 - 1, None, -5], "decimal128(38, 0)"),
        ([10**38 - 1], "decimal128(38, 0)"),
        ([dt.date(2020, 1, 1), None], "date32[day]"),
        ([NOON, None], "timestamp[us]"),
        ([NOON.replace(tzinfo=dt.UTC), NOON.replace(tzinfo=LATER)], "timestamp[us, tz=UTC]"),
        ([dt.time(1, 2, 3, 4)], "time64[us]"),
        ([True, None], "bool"),
        ([1, pd.NA, float("nan")], "int64"),
    ],
)
def test_objects_of_one_type_keep_it_and_every_value(values, kind):
    found = arrow_of(_frame(values)).column("a")
    assert str(found.type) == kind
    assert found.to_pylist() == [None if pd.isna(value) else value for value in values]


def test_numpy_scalars_among_others_are_written_as_python_has_them():
    found = arrow_of(_frame([np.int64(5), np.bool_(True), np.float32(0.5), "x"])).column("a")
    assert found.to_pylist() == ["5", "True", "0.5", "x"]


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (_frame([pd.Timestamp("2020-01-01 00:00:00.000000001")]), "finer than a microsecond"),
        (_frame(["x", "\ud800"]), "no Unicode"),
        (_frame(["\ud800", 1]), "no Unicode"),
        (_frame([{1, 2}, "x"]), "set"),
        (pl.DataFrame({"a": pl.Series([2**127 - 1], dtype=pl.Int128)}), "38 digits"),
        (pl.DataFrame({"a": pl.Series([4_000_000], dtype=pl.Int32).cast(pl.Date)}), "year 9999"),
        (
            pl.DataFrame({"a": pl.Series([-(10**17)]).cast(pl.Datetime("us"))}),
            "before the year 1",
        ),
    ],
)
def test_columns_that_would_lose_something_are_refused(frame, said):
    with pytest.raises(CivisInputError, match=said):
        as_csv_column(arrow_of(frame).column("a"), "a")


def test_integers_of_128_bits_are_decimals():
    frame = pl.DataFrame({"a": pl.Series([2**100, None, -5], dtype=pl.Int128)})
    column, sql_type = as_csv_column(arrow_of(frame).column("a"), "a")
    assert sql_type == "DECIMAL(38,0)"
    assert column.to_pylist() == [2**100, None, -5]


def test_first_and_last_days_are_written():
    days = [dt.date(1, 1, 1), None, dt.date(9999, 12, 31)]
    ends = [dt.datetime(1, 1, 1), None, dt.datetime(9999, 12, 31, 23, 59, 59, 999999)]
    for values in (days, ends):
        column, _ = as_csv_column(arrow_of(_frame(values)).column("a"), "a")
        assert [text and str(text)[:10] for text in column.to_pylist()] == [
            day and str(day) for day in days
        ]
