"""NaN, the infinities and NULL are spelled in one way wherever a table is seen, as pandas does."""

from __future__ import annotations

import io
import math

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import civis_nb
from civis_nb.display.tables import ResultTable
from civis_nb.widgets import TableView
from tests.widgets.rows_of_all_kinds import rows

VALUES = [1.5, math.nan, math.inf, -math.inf, None]
SPELLED = ["1.5", "NaN", "inf", "-inf"]


@pytest.fixture(params=[pa.float64(), pa.float32()])
def data(request):
    return pa.table({"x": pa.array(VALUES, request.param)})


def test_text_and_static_html(data):
    table = ResultTable(data)
    assert [line.strip() for line in repr(table).splitlines()[-5:]] == [*SPELLED, "NULL"]
    html = table._repr_mimebundle_()["text/html"]
    assert all(f">{one}</td>" in html for one in SPELLED)


def test_the_view_its_copy_and_its_filters(data):
    view = TableView(data)
    assert [row[0] for row in rows(view)] == [*SPELLED, None]
    copied = view.answer("copy", {"start": 0, "count": 5, "columns": [0]})[0]["text"]
    assert copied.split("\n") == [*SPELLED, ""]
    listed = view.answer("values", {"column": 0})[0]["values"]
    assert {value for value, _ in listed} == {*SPELLED, None}
    for text in SPELLED:
        only = {"column": 0, "kind": "set", "values": [text]}
        assert rows(view, filters=[only]) == [(text,)]
        like = {"column": 0, "kind": "text", "op": "contains", "value": text.lower()}
        assert rows(view, filters=[like]) == [(one,) for one in SPELLED if text in one]
    summary = view.answer("summary", {"columns": [0]})[0]["summaries"][0]
    assert (summary["low"], summary["high"]) == ("-inf", "NaN")


def test_the_csv_file_is_read_by_others(data):
    view = TableView(data)
    file = view.answer("export", {"format": "csv"})[0]
    content = view.answer("part", {"file": file["file"], "offset": 0})[1][0]
    assert content.decode().split("\n")[:5] == ["x", *SPELLED]
    frame = pd.read_csv(io.BytesIO(content), skip_blank_lines=False)
    assert frame["x"].tolist()[2:4] == [math.inf, -math.inf]
    assert frame["x"].isna().tolist() == [False, True, False, False, True]
    assert pl.read_csv(content)["x"].to_list()[2:4] == [math.inf, -math.inf]


def test_a_preview_of_the_platform_has_the_same_spelling():
    with civis_nb.local.start(samples=False) as platform:
        sql = "select 'nan'::float8, 'inf'::float8, '-inf'::float4, 'Infinity' as word"
        run = civis_nb.io.query_civis(sql, "sample", client=platform.client()).result()
    (row,) = run.result_rows
    assert row[1] == "Infinity"  # as PostgreSQL and Redshift write it
    table = ResultTable([row], columns=["a", "b", "c", "d"], types=run.result_column_types)
    assert repr(table).splitlines()[-1].split() == ["NaN", "inf", "-inf", "Infinity"]
