"""The table view's answers: the rows that SQL gives, for each kind of column, filter and order."""

from __future__ import annotations

import threading
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from civis_nb import config
from civis_nb.cancellation import CancelToken
from civis_nb.errors import CivisError, CivisInputError, OperationCancelledError
from civis_nb.widgets.row_source import RowSource
from civis_nb.widgets.table import TableInfo, TableView
from tests.widgets.rows_of_all_kinds import DATA, NAMES, PIECES, ROWS, rows
from tests.widgets.servers import until


@pytest.fixture(scope="module")
def view() -> Any:
    view = TableView(PIECES, TableInfo(title="t", dialect="duckdb"))
    yield view
    view.close()


FILTERS: list[tuple[dict[str, Any], str]] = [
    ({"column": 0, "kind": "range", "low": "-5", "high": "12"}, "n between -5 and 12"),
    ({"column": 0, "kind": "range", "low": "1.5", "high": None}, "n >= 1.5"),
    ({"column": 1, "kind": "set", "values": ["9007199254740993"]}, "big = 9007199254740993"),
    ({"column": 2, "kind": "range", "low": None, "high": "0.5"}, "d <= 0.5"),
    ({"column": 3, "kind": "range", "low": "0", "high": "1"}, "x between 0 and 1"),
    ({"column": 4, "kind": "text", "op": "contains", "value": "b"}, "t ilike '%b%'"),
    ({"column": 4, "kind": "text", "op": "contains", "value": "B", "match_case": True},
     "t like '%B%'"),
    ({"column": 4, "kind": "text", "op": "equals", "value": "it's"}, "t = 'it''s'"),
    ({"column": 4, "kind": "text", "op": "equals", "value": ""}, "t = ''"),
    ({"column": 4, "kind": "text", "op": "ends", "value": "%"}, "t = '50%'"),
    ({"column": 4, "kind": "text", "op": "starts", "value": "x\\"}, "t = 'x\\y'"),
    ({"column": 4, "kind": "text", "op": "lacks", "value": "a"}, "t is null or lower(t) <> 'a'"),
    ({"column": 4, "kind": "set", "values": ["a", None]}, "t = 'a' or t is null"),
    ({"column": 4, "kind": "set", "values": ["a"], "exclude": True}, "t is null or t <> 'a'"),
    ({"column": 4, "kind": "set", "values": ["a", None], "exclude": True}, "t <> 'a'"),
    ({"column": 4, "kind": "set", "values": [None], "exclude": True}, "t is not null"),
    ({"column": 5, "kind": "range", "low": "2024-02-01", "high": "2024-03-01"},
     "day between '2024-02-01' and '2024-03-01'"),
    ({"column": 6, "kind": "range", "low": "2024-02-01", "high": "2024-03-01"},
     "moment >= '2024-02-01' and moment < '2024-03-02'"),
    ({"column": 7, "kind": "set", "values": ["true"]}, "ok"),
    ({"column": 8, "kind": "text", "op": "contains", "value": "null"}, "list is not null"),
    ({"column": 9, "kind": "set", "values": ["x", "z"]}, "cat in ('x', 'z')"),
    ({"column": 3, "kind": "null", "is_null": True}, "x is null"),
    ({"column": 3, "kind": "null", "is_null": False}, "x is not null"),
]  # fmt: skip


@pytest.mark.parametrize(("filter_", "condition"), FILTERS, ids=lambda one: str(one)[:60])
def test_filters_leave_the_rows_that_sql_does(view, filter_, condition):
    data = PIECES.append_column("i", pa.array(range(ROWS)))  # noqa: F841 - DuckDB reads it
    expected = duckdb.query(f"select * exclude i from data where {condition} order by i").arrow()
    expected = pa.table(expected)
    view.filters = [filter_]
    try:
        assert (
            view.to_arrow().select(["big", "t", "day"]).to_pylist()
            == expected.select(["big", "t", "day"]).to_pylist()
        )
        # What is copied for the database means the same.
        again = pa.table(duckdb.query(f"select * from data {view.sql}").arrow())
        assert again.num_rows == expected.num_rows
        assert (
            view.answer("rows", {"filters": [filter_], "start": 0, "count": 1, "columns": [0]})[0][
                "matched"
            ]
            == expected.num_rows
        )
    finally:
        view.filters = []


@pytest.mark.parametrize("column", range(len(NAMES)), ids=NAMES)
@pytest.mark.parametrize("descending", [False, True])
def test_each_column_sorts_as_in_sql_with_nulls_last(view, column, descending):
    data = PIECES.append_column("i", pa.array(range(ROWS)))  # noqa: F841 - DuckDB reads it
    way = "desc" if descending else "asc"
    expected = duckdb.query(
        f"select i from data order by {NAMES[column]} {way} nulls last, i"
    ).fetchnumpy()["i"]
    view.sort = [{"column": column, "descending": descending}]
    try:
        found = view.to_arrow()
        assert found["big"].to_pylist() == PIECES["big"].take(expected).to_pylist()
        first = rows(view, sort=view.sort, count=100)
        deep = rows(view, sort=view.sort, start=1150, count=100)
        assert [row[1] for row in [*first, *deep]] == [
            None if value is None else str(value)
            for value in [*found["big"].to_pylist()[:100], *found["big"].to_pylist()[1150:]]
        ]
    finally:
        view.sort = []


def test_several_orders_and_filters_hold_together(view):
    asked = {
        "sort": [{"column": 4, "descending": True}, {"column": 0, "descending": False}],
        "filters": [{"column": 0, "kind": "range", "low": "0", "high": None},
                    {"column": 4, "kind": "null", "is_null": False}],
    }  # fmt: skip
    found = [(row[4], int(row[0])) for row in rows(view, **asked)]
    assert found == sorted(sorted(found, key=lambda one: one[1]), key=lambda one: one[0],
                           reverse=True)  # fmt: skip
    assert {n >= 0 for _, n in found} == {True}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"filters": [{"column": 99, "kind": "null"}]}, "no column 99"),
        ({"filters": [{"column": 0, "kind": "nonsense"}]}, "can't be 'nonsense'"),
        ({"filters": [{"column": 0, "kind": "range", "low": "abc"}]}, "'abc' is no value"),
        ({"filters": [{"column": 5, "kind": "range", "low": "1.2.2024"}]}, "write it like 2024"),
        ({"filters": [{"column": 8, "kind": "range", "low": "1"}]}, "has no ranges"),
        ({"filters": [{"column": 4, "kind": "text", "op": "contains", "value": ""}]}, "a text"),
        ({"filters": [{"column": 4, "kind": "set", "values": []}]}, "between 1 and 1,000"),
        ({"sort": [{"column": 0}, {"column": 0}]}, "at most once"),
        ({"sort": "n"}, "list of dictionaries"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(view, asked, words):
    with pytest.raises(CivisInputError, match=words):
        rows(view, **asked)


def test_traits_refuse_what_makes_no_sense(view):
    with pytest.raises(CivisInputError, match="no column 99"):
        view.sort = [{"column": 99}]
    assert view.sort == []


def test_a_request_is_answered_once_with_its_id_also_when_it_fails(view, monkeypatch):
    sent = []
    monkeypatch.setattr(type(view), "send", lambda _, content, buffers=None: sent.append(content))
    view._received(None, {"id": "1.a", "kind": "rows", "start": 0, "count": 1, "columns": [0]}, [])
    view._received(None, {"id": "1.b", "kind": "nosuch"}, [])
    view._received(None, {"id": "1.c", "kind": "rows"}, [])
    assert [one["id"] for one in sent] == ["1.a", "1.b", "1.c"]
    assert sent[0]["matched"] == ROWS
    assert "no request 'nosuch'" in sent[1]["error"]
    assert "KeyError" in sent[2]["error"]


def test_summaries_count_every_row(view):
    for column, name in enumerate(NAMES):
        summary = view.answer("summary", {"columns": [column]})[0]["summaries"][0]
        values = PIECES[name].to_pylist()
        assert (summary["rows"], summary["nulls"]) == (ROWS, values.count(None))
        if summary["bins"]:
            finite = [v for v in values if v is not None and not (isinstance(v, float) and
                      (v != v or v in (float("inf"), float("-inf"))))]  # fmt: skip
            assert sum(one["count"] for one in summary["bins"]) == len(finite)
            assert summary["bins"][0]["low"] <= summary["bins"][0]["high"] or name != "day"
    left = view.answer(
        "summary", {"columns": [0], "filters": [{"column": 0, "kind": "range", "low": "0"}]}
    )[0]["summaries"][0]
    whole = view.answer("summary", {"columns": [0]})[0]["summaries"][0]
    assert [one["low"] for one in left["bins"]] == [one["low"] for one in whole["bins"]]
    assert left["bins"][0]["count"] == 0 < left["bins"][-1]["count"]


def test_a_bar_of_a_histogram_is_a_range_that_holds_its_rows(view):
    for column in (0, 5):
        bins = view.answer("summary", {"columns": [column]})[0]["summaries"][0]["bins"]
        for one in bins[:3]:
            asked = {"filters": [{"column": column, "kind": "range", "low": one["low"],
                                  "high": one["high"]}]}  # fmt: skip
            assert len(rows(view, **asked)) == one["count"]


def test_values_of_a_set_filter_are_found_by_search(view):
    found = view.answer("values", {"column": 4})[0]["values"]
    assert {value for value, _ in found} == {None, "a", "B", "it's", "50%", "x\\y", "", "é\t"}
    assert sum(count for _, count in found) == ROWS
    assert [value for value, _ in view.answer("values", {"column": 4, "search": "%"})[0]["values"]
            ] == ["50%"]  # fmt: skip


def test_copied_cells_keep_every_digit_and_read_as_a_spreadsheet_does(view):
    asked = {"start": 0, "count": 3, "columns": [1, 4], "headers": True}
    lines = view.answer("copy", asked)[0]["text"].split("\n")
    assert lines[0] == "big\tt"
    for line, row in zip(lines[1:], PIECES.slice(0, 3).to_pylist(), strict=True):
        assert line.split("\t")[0] == ("" if row["big"] is None else str(row["big"]))
    with pytest.raises(CivisInputError, match="too many for the clipboard"):
        view.answer("copy", {"start": 0, "count": 10**7, "columns": [0, 1]})


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_downloads_hold_what_is_shown(view, tmp_path, kind):
    asked = {"format": kind, "filters": [{"column": 0, "kind": "range", "low": "0"}],
             "sort": [{"column": 0, "descending": True}]}  # fmt: skip
    file = view.answer("export", asked)[0]
    parts = b""
    while len(parts) < file["bytes"]:
        parts += view.answer("part", {"file": file["file"], "offset": len(parts)})[1][0]
    path = tmp_path / file["name"]
    path.write_bytes(parts)
    assert path.name == f"t.{kind}"
    expected = sorted((n for n in DATA["n"].to_pylist() if n is not None and n >= 0), reverse=True)
    if kind == "parquet":
        assert pq.read_table(path)["n"].to_pylist() == expected
    else:
        frame = pd.read_csv(path)
        assert frame["n"].tolist() == expected
        assert list(frame.columns) == NAMES
    with pytest.raises(CivisInputError, match="gone"):
        view.answer("part", {"file": "../../etc/passwd", "offset": 0})


def test_odd_tables_are_shown():
    wide = TableView(pa.table({f"c{n}": [n] for n in range(2000)}))
    assert rows(wide, columns=[1999], count=1) == [("1999",)]
    assert len(wide.first) == 40
    for empty in (pa.table({"a": pa.array([], pa.int64())}), pa.table({})):
        view = TableView(empty)
        assert view.to_arrow().num_rows == 0
    twice = TableView(pa.Table.from_arrays([pa.array([2, 1]), pa.array(["x", "y"])], ["a", "a"]))
    assert rows(twice, sort=[{"column": 0}]) == [("1", "y"), ("2", "x")]
    mixed = TableView(pd.DataFrame({"m": [1, "x", None]}))
    assert rows(mixed) == [("1",), ("x",), (None,)]
    frame = TableView(pl.DataFrame({"s": ["x" * 2_000_000]}))
    (cell,) = rows(frame)[0]
    assert cell == {"text": "x" * 150, "length": 2_000_000}
    whole = frame.answer("cell", {"row": 0, "column": 0})[0]
    assert (len(whole["text"]), whole["length"], whole["cut"]) == (1_000_000, 2_000_000, True)
    far = TableView(pa.table({"d": pa.array([10**6 * 5, -(10**6)], pa.int32()).cast(pa.date32())}))
    assert rows(far)[0][0].startswith("1565")
    assert far.answer("summary", {"columns": [0]})[0]["summaries"][0]["nulls"] == 0


def test_a_preview_becomes_whole_through_its_fetch():
    view = TableView(pa.table({"n": [1]}), TableInfo(complete=False), fetch=lambda: pa.table(
        {"n": [1, 2, 3]}))  # fmt: skip
    assert view.state["can_fetch"]
    view.sort = [{"column": 0, "descending": True}]
    view.answer("fetch", {})
    assert (view.state["held"], view.state["complete"], view.state["can_fetch"]) == (3, True, False)
    assert view.sort == []


def test_the_rows_of_a_preview_are_counted_when_a_reader_asks():
    answers = iter([CivisError("The platform is away."), 5_000])

    def count():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    view = TableView(pa.table({"n": [1]}), TableInfo(complete=False), count=count)
    assert view.state["can_count"]
    with pytest.raises(CivisError, match="away"):
        view.answer("count", {})
    assert view.state["total"] is None
    view.answer("count", {})
    assert (view.state["total"], view.state["held"], view.state["can_count"]) == (5_000, 1, False)


def test_a_view_shown_by_itself_leaves_its_first_rows():
    view = TableView(pa.table({"n": list(range(100))}), TableInfo(title="t", rows=3))
    bundle, _ = view._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "application/vnd.civis.table+json"}
    assert bundle["text/plain"].startswith("t: 3 of 100 rows\n")
    # Where the page has the view's model, it takes the place of this (static/mount.js).
    assert bundle["text/html"].startswith(f'<div class="civis-live-{view.anchor}">')
    config.set_value("display", "widget")
    try:
        bundle, _ = view._repr_mimebundle_()
    finally:
        config.reset("display")
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/plain"].startswith("t: 3 of 100 rows\n")


@pytest.mark.parametrize("dialect", ["redshift", "postgres", "duckdb"])
def test_sql_for_the_database_escapes_names_and_values(dialect):
    view = TableView(pa.table({'a"b': ["x"], "x": [1.5]}), TableInfo(dialect=dialect))
    view.filters = [
        {"column": 0, "kind": "set", "values": ["it's \\ x"]},
        {"column": 1, "kind": "range", "low": "1", "high": None},
    ]
    value = {"redshift": r"'it''s \\ x'", "postgres": r"E'it''s \\ x'", "duckdb": r"'it''s \ x'"}
    assert view.sql == (
        f'WHERE "a""b" IN ({value[dialect]}) AND "x" >= CAST(\'1.0\' AS DOUBLE PRECISION)'
    )


def test_a_table_can_be_closed_while_it_is_read():
    source = RowSource(pa.table({"n": [1]}))
    ended = []

    def read():
        endless = ", range(100000000000) AS r"
        with pytest.raises(OperationCancelledError):
            source.read("sum(r.range)", tail=endless, read=fetched, token=CancelToken())
        ended.append(True)

    def fetched(cursor):
        return cursor.fetchall()

    thread = threading.Thread(target=read)
    thread.start()
    # Again and again: a query that has not begun is not ended.
    until(lambda: source.close() or ended, "the end of the query")
    thread.join()
    assert source.read("count(*)", read=fetched, token=CancelToken()) == [(1,)]
    source.close()
