"""What a table says when it is asked for a chart without saying which."""

from __future__ import annotations

import datetime as dt
import re

import pyarrow as pa
import pytest

from civis_nb.display.charts import Plot
from civis_nb.display.tables import ResultTable
from civis_nb.errors import CivisInputError

DATA = pa.table(
    {
        "n": list(range(9)),
        "y": [index * 1.5 for index in range(9)],
        "s": [f"a{index % 3}" for index in range(9)],
        "day": [dt.date(2024, 1, 1 + index) for index in range(9)],
    }
)


def table(*names):
    return ResultTable(DATA.select(names))


@pytest.mark.parametrize("asked", [(), ("bar",), ("s",), (None, "n"), ("nosuch",)])
@pytest.mark.parametrize(
    "names", [("n", "y", "s", "day"), ("s",), ("day",), ("n",), ("day", "n"), ("s", "y")]
)
def test_a_chart_without_kind_or_column_is_told_what_fits(asked, names):
    result = table(*names)
    with pytest.raises(CivisInputError, match="A chart needs a kind") as caught:
        result.plot(*asked)
    calls = re.findall(r"\.plot\((.*?)\)  ", str(caught.value))
    assert calls
    for call in calls:
        plot = result.plot(*re.findall(r'"(.*?)"', call))
        assert isinstance(plot, Plot)
        assert plot.data.rows == DATA.num_rows
    for name in names:
        assert re.search(rf"(?:columns|Columns of \w+): .*\b{name}\b", str(caught.value))


def test_the_column_that_was_named_is_the_one_of_the_examples():
    with pytest.raises(CivisInputError, match=r'\.plot\("hist", "y"\)'):
        table("n", "y", "s").plot("y")


def test_many_columns_are_counted_and_none_is_said():
    many = ResultTable([["1"] * 30], columns=[f"c{n}" for n in range(30)], types=["bigint"] * 30)
    with pytest.raises(CivisInputError, match="c9 and 20 more"):
        many.plot()
    with pytest.raises(CivisInputError, match="this result has none"):
        ResultTable([], columns=[]).plot()
