"""What is written to a table is read back as it was: any values, any of the types."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import civis_nb.io as cio

pytestmark = pytest.mark.exhaustive

DB = "sample"
NUMBER = itertools.count()
RUN = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
#: What a careless reader or writer of CSV takes for something else.
TEXTS = st.one_of(
    st.text(CHARACTERS, max_size=8),
    st.text("\",;|\t\r\n\\ '", max_size=5),
    st.sampled_from(["", "NA", "NULL", "null", "None", "nan", "\\N", "00501", "1E5", "true", "t"]),
    st.sampled_from(["2020-01-01", "-", "=1+1", "é" * 300, "\ufeff", "#", "'", '"', '""']),
)
NAMES = st.text("abZé_ ,.\"'%", min_size=1, max_size=6).filter(lambda name: name.strip() == name)
TIMES = st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31))
MODERN = st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1))
DATES = st.dates()


def _decimals(digits: int, scale: int) -> Any:
    whole = st.integers(-(10**digits) + 1, 10**digits - 1)
    # Not by scaleb, which rounds to 28 digits.
    return whole.map(lambda value: Decimal(f"{value}e-{scale}"))


def _whole(bits: int) -> Any:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


#: polars type -> its values
POLARS = {
    pl.Int16: _whole(16),
    pl.Int32: _whole(32),
    pl.Int64: _whole(64),
    pl.Float64: st.floats(),
    pl.Float32: st.floats(width=32),
    pl.Boolean: st.booleans(),
    pl.String: TEXTS,
    pl.Date: DATES,
    pl.Time: st.times(),
    pl.Datetime("us"): TIMES,
    pl.Datetime("us", "UTC"): MODERN.map(lambda value: value.replace(tzinfo=dt.UTC)),
    pl.Decimal(18, 4): _decimals(18, 4),
    pl.Decimal(38, 0): _decimals(38, 0),
}
#: The type of text: a column of objects is not one before pandas 3.
TEXT = "str" if int(pd.__version__.split(".")[0]) >= 3 else "string"
#: pandas type -> its values; None stands for a missing one where the type has one
PANDAS = {
    "int64": _whole(64),
    "int16": _whole(16),
    "Int64": st.none() | _whole(64),
    "float64": st.floats(allow_nan=True),
    "bool": st.booleans(),
    "boolean": st.none() | st.booleans(),
    TEXT: st.none() | TEXTS,
    "datetime64[us]": st.none() | MODERN,
    "datetime64[us, UTC]": st.none() | MODERN,
    pd.ArrowDtype(pa.decimal128(20, 2)): st.none() | _decimals(20, 2),
    pd.ArrowDtype(pa.date32()): st.none() | DATES,
}


@st.composite
def _columns(draw: Any, kinds: dict[Any, Any], missing: bool) -> list[tuple[str, Any, list[Any]]]:
    rows = draw(st.integers(1, 6))
    names = draw(st.lists(NAMES, min_size=1, max_size=10, unique_by=str.lower))
    columns = []
    for name in names:
        kind = draw(st.sampled_from(list(kinds)))
        values = st.none() | kinds[kind] if missing else kinds[kind]
        columns.append((name, kind, draw(st.lists(values, min_size=rows, max_size=rows))))
    return columns


def _back(frame: Any, client: Any, return_as: str) -> Any:
    table = f"public.round_trip_{next(NUMBER)}"
    cio.dataframe_to_civis(frame, DB, table, client=client, polling_interval=0.02).result()
    return cio.read_civis(
        table, DB, return_as=return_as, types="exact", client=client, polling_interval=0.02
    )


@RUN
@given(columns=_columns(POLARS, missing=True))
def test_polars_frames(io_client, columns):
    frame = pl.DataFrame([pl.Series(name, values, kind) for name, kind, values in columns])
    back = _back(frame, io_client, "polars")
    assert back.schema == frame.schema
    assert back.equals(frame)


@pytest.mark.contract("D21")
@RUN
@given(columns=_columns(PANDAS, missing=False))
def test_pandas_frames(io_client, columns):
    frame = pd.DataFrame({name: pd.Series(values, dtype=kind) for name, kind, values in columns})
    back = _back(frame, io_client, "pandas")
    for name, kind, values in columns:
        # A column of a type that has missing values comes back without when it has none.
        if kind in ("Int64", "boolean") and None not in values:
            back[name] = back[name].astype(kind)
    assert_frame_equal(back, frame, check_exact=True)


@settings(parent=RUN, max_examples=8)
@given(
    rows=st.lists(st.tuples(_whole(64), st.none() | TEXTS, st.booleans()), min_size=1, max_size=20)
)
def test_the_other_client_reads_the_text_that_was_written(io_client, other_client, rows):
    civis_io = pytest.importorskip("civis.io")
    frame = pl.DataFrame(rows, ["number", "text", "flag"], orient="row")
    table = f"public.round_trip_{next(NUMBER)}"
    cio.dataframe_to_civis(frame, DB, table, client=io_client, polling_interval=0.02).result()
    back = civis_io.read_civis(table, DB, client=other_client, polling_interval=0.02)
    # NULL and '' are one to that client, and so is a line break within a field.
    assert [row[0] for row in back[1:]] == [str(row[0]) for row in rows]
    assert [_plain(row[1]) for row in back[1:]] == [_plain(row[1] or "") for row in rows]
    assert [row[2] for row in back[1:]] == ["true" if row[2] else "false" for row in rows]


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
