"""types="native": what people work with, and nothing lost."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from civis_nb.frames.native import ExactColumn, exact_columns_note, narrowed, native_table
from civis_nb.frames.typed import TypedTable

PANDAS_3 = int(pd.__version__.split(".")[0]) >= 3
TEXT = "str" if PANDAS_3 else "object"


def decimals(values, precision, scale):
    return pa.chunked_array([pa.array(values, pa.decimal128(precision, scale))])


def is_kept_by_a_double(value: Decimal) -> bool:
    return Decimal(repr(float(value))) == value


@given(st.data())
def test_decimals_become_doubles_when_their_shortest_text_is_the_same_number(data):
    precision = data.draw(st.integers(1, 38))
    scale = data.draw(st.integers(0, precision))
    digits = st.integers(-(10**precision) + 1, 10**precision - 1)
    values = [
        None if one is None else Decimal(one).scaleb(-scale)
        for one in data.draw(st.lists(st.none() | digits, max_size=4))
    ]
    # The context of decimal rounds to 28 digits; the values must not be.
    values = [None if v is None else Decimal(f"{v:f}") for v in values]
    try:
        column = decimals(values, precision, scale)
    except pa.ArrowInvalid:
        return
    found = narrowed(column)
    if all(v is None or is_kept_by_a_double(v) for v in column.to_pylist()):
        assert found.to_pylist() == [None if v is None else float(v) for v in column.to_pylist()]
    else:
        assert found is None


def test_the_nearest_double_is_taken():
    rng = random.Random(5)
    for scale in (0, 1, 2, 7, 14, 15):
        values = [Decimal(rng.randrange(-(10**15), 10**15)).scaleb(-scale) for _ in range(500)]
        found = narrowed(decimals(values, 38, max(scale, 0)))
        assert found.to_pylist() == [float(v) for v in values]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("12345678901234567.89", True),
        ("9007199254740993", True),
        ("9007199254740992", False),
        ("0.1", False),
        ("100000000000000000000", False),
        ("0.00000000000000000001", False),
        ("0.10000000000000000001", True),
        ("99999999999999999999999999999999999999", True),
    ],
)
def test_a_value_that_would_lose_a_digit_keeps_its_column(text, kept):
    value = Decimal(text)
    scale = -value.as_tuple().exponent
    table = pa.table({"a": decimals([None, value], 38, scale)})
    found = native_table(table)
    assert bool(found.kept) is kept
    assert found.table["a"].type == (table["a"].type if kept else pa.float64())
    if not kept:
        assert found.table["a"].to_pylist() == [None, float(value)]


def test_chunks_and_slices_are_read_where_they_begin():
    whole = pa.array(
        [Decimal("99.99"), Decimal("0.01"), None, Decimal("-1.50")], pa.decimal128(18, 2)
    )
    column = pa.chunked_array([whole.slice(1, 2), whole.slice(3), whole.slice(0, 0)])
    assert narrowed(column).to_pylist() == [0.01, None, -1.5]
    assert narrowed(decimals([], 38, 10)).type == pa.float64()


def test_whole_numbers_are_64_bits_wide_unless_too_large():
    table = pa.table(
        {
            "small": pa.array([1, None], pa.int16()),
            "unsigned": pa.array([1, 2], pa.uint64()),
            "large": pa.array([2**64 - 1, 2], pa.uint64()),
            "huge": decimals([5, None], 38, 0),
            "too_huge": decimals([10**30 + 1, None], 38, 0),
            "dec": decimals([5, None], 38, 0),
        }
    )
    types = ["SMALLINT", "UBIGINT", "UBIGINT", "HUGEINT", "HUGEINT", "DECIMAL(38,0)"]
    found = native_table(table, types)
    assert [str(kind) for kind in found.table.schema.types] == [
        "int64", "int64", "uint64", "int64", "decimal128(38, 0)", "double",
    ]  # fmt: skip
    assert [column.name for column in found.kept] == ["too_huge"]


def test_the_note_is_one_line_with_a_way_out():
    kept = [ExactColumn("a", "decimal(38,20)"), ExactColumn("t", "timestamp", is_text=True)]
    assert exact_columns_note(kept, "--types exact") == (
        "a stays decimal(38,20): a double would lose digits. t stays text: a value is no "
        "timestamp. Cast them in the SQL for another type; --types exact keeps every column exact."
    )
    assert exact_columns_note([], "x") == ""
    many = exact_columns_note([ExactColumn(f"c{n}", "decimal(38,1)") for n in range(9)], "x")
    assert "So do 4 more columns." in many
    assert "\n" not in many


EXACT = pa.table(
    {
        "n": pa.array([1, 2], pa.int32()),
        "m": pa.array([1, None], pa.int32()),
        "d": pa.array([Decimal("1.50"), None], pa.decimal128(10, 2)),
        "day": pa.array([dt.date(2020, 2, 29), None]),
        "far": pa.array([dt.date(9999, 12, 31), dt.date(1, 1, 1)]),
        "at": pa.array([dt.datetime(1500, 1, 1, 12, 0, 0, 5), None], pa.timestamp("us")),
        "tz": pa.array([dt.datetime(2020, 1, 1), None], pa.timestamp("us", "UTC")),
        "t": pa.array([dt.time(1, 2, 3, 4), None], pa.time64("us")),
        "ok": [True, False],
        "maybe": [True, None],
        "x": pa.array([0.1, None], pa.float32()),
        "s": ["00501", None],
    }
)


@pytest.mark.parametrize("rows", [2, 0])
def test_pandas_gets_the_types_that_it_works_with(rows):
    frame, kept = TypedTable(EXACT.slice(0, rows)).frame("pandas", "native")
    assert kept == ()
    nullable = rows > 0
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == {
        "n": "int64",
        "m": "Int64" if nullable else "int64",
        "d": "float64",
        "day": "datetime64[us]",
        "far": "datetime64[us]",
        "at": "datetime64[us]",
        "tz": "datetime64[us, UTC]",
        "t": "object",
        "ok": "bool",
        "maybe": "boolean" if nullable else "bool",
        "x": "float32",
        "s": TEXT,
    }
    if rows:
        first = frame.iloc[0]
        assert first["day"] == pd.Timestamp("2020-02-29")
        assert first["t"] == dt.time(1, 2, 3, 4)
        assert frame["far"].dt.year.tolist() == [9999, 1]
        assert frame["at"][0].to_pydatetime() == dt.datetime(1500, 1, 1, 12, 0, 0, 5)
        assert frame.iloc[1].isna().sum() == 9


def test_days_beyond_microseconds_are_counted_in_seconds():
    days = pa.table({"day": pa.array([2_000_000_000, 0], pa.int32()).cast(pa.date32())})
    frame, _ = TypedTable(days).frame("pandas", "native")
    assert str(frame["day"].dtype) == "datetime64[s]"
    assert frame["day"].astype("int64").tolist() == [2_000_000_000 * 86_400, 0]


def test_columns_of_nothing_but_null_have_the_declared_type():
    nothing = pa.table({name: EXACT[name].slice(0, 0) for name in EXACT.column_names})
    table = pa.concat_tables(
        [nothing, pa.table({n: pa.nulls(2, EXACT[n].type) for n in EXACT.column_names})]
    )
    frame, _ = TypedTable(table).frame("pandas", "native")
    assert str(frame["n"].dtype) == "Int64"
    assert str(frame["d"].dtype) == "float64"
    assert str(frame["day"].dtype) == "datetime64[us]"
    assert str(frame["ok"].dtype) == "boolean"
    assert frame.isna().to_numpy().all()


def test_polars_arrow_and_lists_get_their_natural_types():
    polars, _ = TypedTable(EXACT).frame("polars", "native")
    kinds = (pl.Int64, pl.Int64, pl.Float64, pl.Date, pl.Date, pl.Datetime("us"),
             pl.Datetime("us", "UTC"), pl.Time, pl.Boolean, pl.Boolean, pl.Float32,
             pl.String)  # fmt: skip
    assert polars.dtypes == list(kinds)
    arrow, _ = TypedTable(EXACT).frame("arrow", "native")
    assert [str(kind) for kind in arrow.schema.types] == [
        "int64", "int64", "double", "date32[day]", "date32[day]", "timestamp[us]",
        "timestamp[us, tz=UTC]", "time64[us]", "bool", "bool", "float", "string",
    ]  # fmt: skip
    rows, _ = TypedTable(EXACT).frame("list", "native")
    assert rows[0] == EXACT.column_names
    assert rows[1][2:4] == [1.5, dt.date(2020, 2, 29)]


def test_exact_is_as_it_was():
    table, kept = TypedTable(EXACT).frame("arrow", "exact")
    assert table is EXACT
    assert kept == ()


def test_text_where_another_type_is_declared_is_said():
    found = native_table(
        pa.table({"t": ["infinity", None], "s": ["x", None]}), ["TIMESTAMP", "TEXT"]
    )
    assert found.kept == (ExactColumn("t", "timestamp", is_text=True),)


def test_numpy_functions_take_every_number():
    frame, _ = TypedTable(EXACT).frame("pandas", "native")
    assert np.sqrt(frame["n"]).tolist() == [1.0, 2**0.5]
    assert np.nanmax(frame["d"]) == 1.5
    assert np.sqrt(frame["m"]).isna().tolist() == [False, True]
