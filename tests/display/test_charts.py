"""Charts of results: aggregated, at most 5,000 points, with a PNG beside."""

from __future__ import annotations

import base64
import datetime as dt
import io
import json
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from civis_nb import config
from civis_nb.display.tables import ResultTable
from civis_nb.errors import CivisDependencyError, CivisInputError
from civis_nb.frames.chart_data import MAX_POINTS, chart_data

pytestmark = pytest.mark.exhaustive

DATA = pa.table(
    {
        "s": ["north", "south", "north", None],
        "n": [1, 2, 3, 10],
        "d": [Decimal("1.50"), Decimal("2.50"), None, Decimal("0.25")],
        "day": [dt.date(2024, 1, 1), dt.date(2024, 1, 2), dt.date(2024, 1, 1), None],
        "at": pa.array([dt.datetime(2024, 1, 1, 8)] * 4, pa.timestamp("us", "UTC")),
        "t": [dt.time(1)] * 4,
    }
)


def points(kind, x, y=None, table=DATA):
    return list(chart_data(table, kind, x, y).points)


def test_bars_are_counts_or_sums_the_largest_first():
    assert points("bar", "s") == [
        {"x": "north", "y": 2.0}, {"x": "NULL", "y": 1.0}, {"x": "south", "y": 1.0},
    ]  # fmt: skip
    assert points("bar", "s", "n")[0] == {"x": "NULL", "y": 10.0}
    assert [one["x"] for one in points("bar", "n", "d")] == ["1", "2", "3", "10"]
    assert points("hist", "s") == points("bar", "s")


def test_lines_are_means_in_order():
    assert points("line", "day", "n") == [
        {"x": "2024-01-01T00:00:00", "y": 2.0}, {"x": "2024-01-02T00:00:00", "y": 2.0},
    ]  # fmt: skip
    assert points("line", "n") == [{"x": n, "y": 1.0} for n in (1, 2, 3, 10)]
    assert chart_data(DATA, "line", "day", "n").y == "mean of n"
    assert chart_data(DATA, "line", "n", "d").y == "d"
    assert chart_data(DATA, "line", "at", "n").scale == "utc"


def test_boxes_are_quartiles_with_whiskers_at_values():
    table = pa.table({"g": ["a"] * 6 + ["b"], "v": [1, 2, 3, 4, 5, 100, 7]})
    first, second = points("box", "g", "v", table)
    assert first == {"x": "a", "low": 1.0, "q1": 2.25, "median": 3.5, "q3": 4.75, "high": 5.0}
    assert set(second.values()) == {"b", 7.0}
    assert points("box", "v", None, table)[0]["median"] == 4.0


def test_histograms_hold_every_row():
    table = pa.table({"v": np.random.default_rng(1).normal(size=1000)})
    assert sum(one["count"] for one in points("hist", "v", None, table)) == 1000
    assert points("hist", "n")[2:4] == [{"x": "3", "y": 1}, {"x": "4", "y": 0}]
    assert [one["x"] for one in points("hist", "day")] == ["2024-01-01", "2024-01-02"]
    found = chart_data(pa.table({"v": [1.0, float("nan"), None]}), "hist", "v")
    assert found.note == "2 without a finite value left out"


@pytest.mark.parametrize("kind", [pa.float64(), pa.int64(), pa.timestamp("us"), pa.date32()])
def test_long_lines_are_summed_up_into_at_most_5000_points(kind):
    count = 20_000
    raw = pa.array(np.arange(count))
    x = raw.cast(pa.int32()).cast(kind) if kind == pa.date32() else raw.cast(kind)
    found = chart_data(pa.table({"x": x, "y": np.ones(count)}), "line", "x", "y")
    assert MAX_POINTS * 0.9 < len(found.points) <= MAX_POINTS
    assert {one["y"] for one in found.points} == {1.0}
    assert found.y == "mean of y"
    assert found.note == "the values of x in at most 5,000 steps"


def test_many_groups_are_cut_and_it_is_said():
    table = pa.table({"g": [f"g{n:03}" for n in range(80)], "v": list(range(80))})
    found = chart_data(table, "bar", "g", "v")
    assert len(found.points) == 50
    assert found.points[0] == {"x": "g079", "y": 79.0}
    assert found.note == "the largest 50 of 80"
    assert chart_data(table, "box", "g", "v").note == "the 50 with most rows of 80"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("pie", "n"), "there are hist, bar, line, box"),
        (("lin", "n"), "Did you mean line"),
        (("bar", "dya"), "Did you mean 'day'"),
        (("bar", "zzz"), "Columns: s, n"),
        (("hist", None), "no column None"),
        (("bar", "s", "s"), "s holds no numbers but varchar"),
        (("line", "n", "t"), "t holds no numbers"),
        (("box", "s"), "s holds no numbers"),
        (("hist", "n", "d"), "A histogram has one column"),
    ],
)
def test_what_can_not_be_drawn_is_told(asked, said):
    with pytest.raises(CivisInputError, match=said):
        chart_data(DATA, *asked)


def test_names_that_come_twice_and_long_texts_are_told():
    with pytest.raises(CivisInputError, match="2 columns 'a'"):
        chart_data(pa.table([[1], [2]], names=["a", "a"]), "hist", "a")
    table = pa.table({"s": [str(n) for n in range(6000)]})
    with pytest.raises(CivisInputError, match="too many for a line"):
        chart_data(table, "line", "s")


def test_without_altair_the_package_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "altair", None)
    with pytest.raises(CivisDependencyError, match=r"pip install 'civis_nb\[plot\]'"):
        ResultTable(DATA).plot("bar", "s")


@pytest.mark.parametrize(
    "asked",
    [("hist", "n"), ("hist", "day"), ("hist", "at"), ("bar", "s", "n"), ("line", "day", "n"),
     ("line", "at", "n"), ("line", "s", "n"), ("box", "s", "n"), ("box", "n")],
)  # fmt: skip
def test_a_plot_is_a_vega_view_with_a_png_beside(asked):
    pytest.importorskip("altair")
    pytest.importorskip("vl_convert")
    plot = ResultTable(DATA).plot(*asked)
    bundle = plot._repr_mimebundle_()
    # Version 5 is the one that JupyterLab 4 has.
    assert list(bundle) == ["text/plain", "application/vnd.vegalite.v5+json", "image/png"]
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    json.dumps(bundle)
    assert bundle == plot._repr_mimebundle_()
    assert "of 4 rows" in repr(plot)
    assert plot.chart.to_dict()["height"] > 0
    config.set_value("display", "text")
    try:
        assert list(plot._repr_mimebundle_()) == ["text/plain"]
    finally:
        config.reset("display")


def test_charts_are_readable_on_light_and_on_dark_pages():
    pytest.importorskip("altair")
    pytest.importorskip("vl_convert")
    image = pytest.importorskip("PIL.Image")
    bundle = ResultTable(DATA).plot("bar", "s", "n")._repr_mimebundle_()
    spec = bundle["application/vnd.vegalite.v5+json"]
    assert spec["background"] == "transparent"
    # The text has the colour that text has on the page.
    assert spec["config"]["axis"]["labelColor"] == "currentColor"
    assert spec["config"]["rule"]["color"] == "currentColor"
    picture = image.open(io.BytesIO(base64.b64decode(bundle["image/png"])))
    assert picture.getpixel((0, 0))[3] == 0
    greys = [pixel for _, pixel in picture.getcolors(100_000)
             if pixel[3] == 255 and len(set(pixel[:3])) == 1]  # fmt: skip
    assert greys
    for red, _, _, _ in greys:
        light = ((red / 255 + 0.055) / 1.055) ** 2.4
        assert 1.05 / (light + 0.05) > 3.5
        assert (light + 0.05) / (0.0056 + 0.05) > 3.5  # on #111


@pytest.mark.parametrize(
    ("values", "format"), [([1930, 2002], "~f"), ([1930, 20_020], None), ([0.5, 2], None)]
)
def test_years_on_an_axis_have_no_separator(values, format):
    pytest.importorskip("altair")
    chart = ResultTable(pa.table({"x": values, "y": [1, 2]})).plot("line", "x", "y").chart
    axis = chart.to_dict()["encoding"]["x"].get("axis", {})
    assert axis.get("format") == format


def test_no_rows_can_be_drawn():
    pytest.importorskip("altair")
    empty = ResultTable(DATA.slice(0, 0))
    for asked in (("hist", "n"), ("bar", "s", "n"), ("line", "day", "n"), ("box", "s", "n")):
        assert "0 points of 0 rows" in repr(empty.plot(*asked))
        assert empty.plot(*asked)._repr_mimebundle_()["text/plain"]
