"""Profiles: counted where they can be, estimated where they must, of any type."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from civis_nb.display.profiles import Profile
from civis_nb.display.tables import ResultTable
from civis_nb.frames.from_arrow import python_values
from civis_nb.frames.profile import QUANTILES, Bin, profiled
from civis_nb.frames.query import connection_over

UTC = dt.UTC


def only(values, kind=None):
    [column] = profiled(pa.table({"c": pa.array(values, kind)}))
    return column


def test_numbers():
    found = only([3, 1, 2, 2, None], pa.int32())
    assert (found.rows, found.nulls, found.distinct, found.estimated) == (5, 1, 3, False)
    assert (found.min, found.max, found.mean) == (1, 3, 2.0)
    assert found.std == pytest.approx(np.std([3, 1, 2, 2], ddof=1))
    assert found.quantiles == (1, 1, 2, 2, 3)
    assert found.top == ((2, 2), (1, 1), (3, 1))
    assert found.histogram == (Bin(1, 2, 1), Bin(2, 3, 2), Bin(3, 3, 1))


def test_every_value_is_in_one_bar():
    for values in (
        np.random.default_rng(3).normal(size=1000),
        [0.1, 0.2, 0.3],
        [5.0],
        [1e308, -1e308],
    ):
        found = only(list(values), pa.float64())
        assert sum(one.count for one in found.histogram) == len(values)
        assert found.histogram[0].low == found.min
        assert found.histogram[-1].high == found.max
        assert len(found.histogram) <= 20


def test_floats_that_are_no_numbers_are_left_out():
    found = only([1.0, float("nan"), float("inf"), float("-inf"), None])
    assert (found.nulls, found.min, found.max, found.mean) == (1, 1.0, 1.0, 1.0)
    assert found.histogram == (Bin(1, 1.0, 1),) or found.histogram[0].count == 1


def test_decimals_dates_and_timestamps():
    found = only([Decimal("1.10"), Decimal("2.20")])
    assert (found.min, found.max) == (Decimal("1.10"), Decimal("2.20"))
    days = [dt.date(2020, 1, day) for day in (1, 1, 3)]
    found = only(days)
    assert [(one.low, one.count) for one in found.histogram] == [
        (dt.date(2020, 1, 1), 2), (dt.date(2020, 1, 2), 0), (dt.date(2020, 1, 3), 1),
    ]  # fmt: skip
    moments = [dt.datetime(1800, 1, 1), dt.datetime(2020, 1, 1, 0, 0, 0, 7)]
    assert only(moments, pa.timestamp("us")).max == moments[1]
    aware = [one.replace(tzinfo=UTC) for one in moments]
    found = only(aware, pa.timestamp("us", "UTC"))
    assert found.min == aware[0]
    assert sum(one.count for one in found.histogram) == 2


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["a", "b", "a", None], pa.string()),
        ([True, None, True], pa.bool_()),
        ([b"\0", b"\xff"], pa.binary()),
        ([[1], [1], None], pa.list_(pa.int64())),
        ([{"a": 1}, None], pa.struct({"a": pa.int64()})),
        ([dt.time(1, 2), None], pa.time64("us")),
        ([None, None], pa.int64()),
        ([], pa.float64()),
        ([], pa.string()),
        ([3_000_000, 0], pa.date32()),
    ],
)
def test_every_type_has_a_profile(values, kind):
    found = only(values, kind)
    present = [one for one in values if one is not None]
    assert found.nulls == len(values) - len(present)
    assert found.distinct == len({str(one) for one in present})
    profile = Profile([found], len(values))
    assert "c" in repr(profile)
    assert "<table" in profile._repr_mimebundle_()["text/html"]


def test_frequent_values_are_told_unless_all_differ():
    assert only(["b", "a", "b"]).top == (("b", 2), ("a", 1))
    assert only(["b", "a"]).top == ()


def test_numbers_are_exact_of_a_million_rows_and_more_and_texts_where_that_is_cheap():
    count = 1_000_001
    numbers = np.arange(count)
    table = pa.table({
        "id": numbers, "k": numbers % 7,
        "few": pa.array(numbers % 5).cast(pa.string()), "all": pa.array(numbers).cast(pa.string()),
    })  # fmt: skip
    ids, keys, few, every = profiled(table)
    assert (ids.distinct, ids.quantiles[2], ids.top, ids.estimated) == (count, 500_000, (), False)
    assert (keys.distinct, keys.top[1], keys.top[2]) == (7, (1, 142858), (2, 142857))
    assert [one.count for one in keys.histogram] == [142858] * 2 + [142857] * 5
    assert (few.distinct, few.top[0], few.estimated) == (5, ("0", 200_001), False)
    assert every.estimated
    assert every.distinct == pytest.approx(count, rel=0.1)
    assert "~" not in repr(Profile([ids, keys, few], count))
    assert "~" in repr(Profile([every], count))


RANDOM = np.random.default_rng(7)
GAPS = RANDOM.random(3000) < 0.1
WHOLE = RANDOM.integers(-4000, 4000, 3000)
TIMES = pa.array(WHOLE * 10**7, mask=GAPS)
COLUMNS = [
    pa.array(WHOLE, mask=GAPS),
    pa.array(RANDOM.integers(0, 2**64 - 1, 3000, dtype=np.uint64), mask=GAPS),
    pa.array(RANDOM.normal(size=3000).astype(np.float32), mask=GAPS),
    pa.array([*WHOLE[:2900] / 8, *[float("nan"), float("inf"), -float("inf"), -0.0] * 25]),
    pa.array([None if gap else Decimal(int(n)) / 8 for n, gap in zip(WHOLE, GAPS, strict=True)],
             pa.decimal128(12, 3)),
    pa.array([Decimal(int(n)) / 8 for n in WHOLE], pa.decimal128(38, 3)),
    pa.array(WHOLE.astype(np.int32), mask=GAPS).cast(pa.date32()),
    *(TIMES.cast(pa.timestamp(unit)) for unit in ("s", "ms", "us", "ns")),
    TIMES.cast(pa.timestamp("us", "UTC")),
]  # fmt: skip


@pytest.mark.parametrize("column", COLUMNS, ids=lambda one: str(one.type))
def test_a_profile_is_what_sql_counts(column):
    table = pa.table({"c": pa.chunked_array([column[5:12], column[40:40], column[100:]])})
    [found] = profiled(table)
    finite = "isfinite(c)" if pa.types.is_floating(column.type) else "c is not null"
    with connection_over({"t": table}) as connection:

        def values(sql: str) -> list[list[Any]]:
            return [python_values(one) for one in connection.sql(sql).to_arrow_table().columns]

        count, distinct, drawn = values(
            f"select count(c), count(distinct c), count(*) filter ({finite}) from t"
        )
        low, high, quantiles = values(
            f"select min(c), max(c), unnest(quantile_disc(c, {list(QUANTILES)})) from t"
            f" where {finite}"
        )
        top = values(
            "select c, count(*) as n from t where c is not null group by c"
            " order by n desc, c limit 5"
        )
    assert [found.rows - found.nulls, found.distinct] == [*count, *distinct]
    assert ([found.min] * 5, [found.max] * 5, list(found.quantiles)) == (low, high, quantiles)
    # As texts, as no NaN is equal to another.
    shown = list(map(list, zip(*found.top, strict=True)))
    assert str(shown) == str(top if count != distinct else [])
    assert [sum(one.count for one in found.histogram)] == drawn


def test_names_of_any_kind_and_many_columns():
    assert profiled(pa.table({})) == ()
    table = pa.table([[1], [2], ["x"]], names=["a", "a", '"; drop table t; --'])
    assert [one.name for one in profiled(table)] == table.column_names
    wide = pa.table({f"c{at}": [at] for at in range(45)})
    assert [one.max for one in profiled(wide)] == list(range(45))


def test_a_profile_is_data_and_shown():
    table = ResultTable(pa.table({"n": [1, 2, 2], "<b>": ["x", None, "<i>"]}), title="t")
    profile = table.profile()
    assert len(profile) == 2
    assert [one.name for one in profile] == ["n", "<b>"]
    assert profile["n"] is profile[0]
    with pytest.raises(KeyError, match="Columns: n, <b>"):
        profile["m"]
    frame = profile.to_pandas()
    assert isinstance(frame, pd.DataFrame)
    assert frame["nulls"].tolist() == [0, 1]
    assert profile.caption == "t: profile of 3 rows, 2 columns"
    assert "1 (33.3%)" in repr(profile)
    html = profile._repr_mimebundle_()["text/html"]
    assert "<b>" not in html.replace("&lt;b&gt;", "")
    assert "<i>" not in html
    assert repr(profile) == repr(table.profile())


def test_a_profile_of_many_columns_shows_the_first_and_has_all():
    table = ResultTable(pa.table({f"c{n}": [1, 2] for n in range(1_201)}))
    profile = table.profile()
    html = profile._repr_mimebundle_()["text/html"]
    for shown in (repr(profile), html):
        assert "1,001 more columns not shown: .to_pandas() has all" in shown
        assert "c199" in shown
        assert "c200" not in shown
    assert len(html) < 500_000
    assert len(profile) == len(profile.to_pandas()) == 1_201
