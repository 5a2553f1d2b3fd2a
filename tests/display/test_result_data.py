"""A result table is data: other libraries take it, whole and with its types."""

from __future__ import annotations

import datetime as dt
import json
import warnings
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from civis_nb.display.tables import ResultTable
from civis_nb.errors import CivisInputError
from civis_nb.frames.typed import FullResult, TypedTable
from civis_nb.io.reading.parsers.arrow_exact import table_of_texts

EXACT = pa.table(
    {
        "n": pa.array([1, 2, None], pa.int32()),
        "d": pa.array([Decimal("1.50"), None, Decimal("2.25")], pa.decimal128(10, 2)),
        "day": pa.array([dt.date(2020, 2, 29), None, dt.date(2021, 1, 1)]),
        "s": ["00501", None, ""],
    }
)


@pytest.fixture
def table():
    return ResultTable(TypedTable(EXACT, ["INTEGER", "DECIMAL(10,2)", "DATE", "VARCHAR(5)"]))


def preview(**options):
    """Return the first two rows of a result of three, and the list of its fetches."""
    fetches = []

    def fetch():
        fetches.append(1)
        return TypedTable(EXACT)

    rows = [["1", "1.50", "2020-02-29", "00501"], ["2", None, None, None]]
    table = ResultTable(rows, columns=EXACT.column_names, full=FullResult(False, fetch), **options)
    return table, fetches


def test_rows_are_tuples_of_exact_values(table):
    assert len(table) == 3
    assert list(table) == [
        (1, Decimal("1.50"), dt.date(2020, 2, 29), "00501"),
        (2, None, None, None),
        (None, Decimal("2.25"), dt.date(2021, 1, 1), ""),
    ]
    assert table[0] == table[-3] == (1, Decimal("1.50"), dt.date(2020, 2, 29), "00501")
    assert list(ResultTable(EXACT.slice(0, 0))) == []


def test_a_column_is_a_polars_series(table):
    assert table["d"].to_list() == [Decimal("1.50"), None, Decimal("2.25")]
    assert table["n"].sum() == 3
    assert table["d"].dtype == pl.Decimal(10, 2)


def test_slices_and_lists_of_names_are_tables(table):
    assert list(table[1:]) == list(table)[1:]
    assert list(table[::-2]) == list(table)[::-2]
    assert list(table[5:]) == []
    assert table[["s", "n"]][0] == ("00501", 1)
    assert table.head(2).caption == "2 of 2 rows"
    assert table[["d"]].to_pandas()["d"].dtype == "float64"


@pytest.mark.parametrize("key", ["nothing", 3, -4])
def test_what_is_not_there_is_told(table, key):
    with pytest.raises((KeyError, IndexError), match=r"no (column|row)"):
        table[key]


def test_other_keys_and_numbers_are_refused(table):
    for key in (1.5, True, None, ("n",)):
        with pytest.raises(TypeError, match="the name of a column"):
            table[key]
    for rows in (-1, 1.5, "2"):
        with pytest.raises(CivisInputError, match="a number of rows"):
            table.head(rows)


def test_names_that_come_twice_are_told_apart_by_place():
    table = ResultTable(pa.table([[1], [2]], names=["a", "a"]))
    with pytest.raises(KeyError, match="2 columns 'a'"):
        table["a"]
    assert table[0] == (1, 2)
    assert table.to_arrow().column(1).to_pylist() == [2]


def test_other_libraries_take_it_with_its_types(table):
    assert pa.table(table).schema == EXACT.schema
    assert pl.DataFrame(table).schema == table.to_polars().schema
    assert pl.DataFrame(table)["d"].dtype == pl.Decimal(10, 2)
    t = table  # noqa: F841 - DuckDB finds it by its name
    assert duckdb.sql("select sum(d) from t").fetchall() == [(Decimal("3.75"),)]
    assert [str(kind) for kind in duckdb.sql("from t").types] == [
        "INTEGER", "DECIMAL(10,2)", "DATE", "VARCHAR",
    ]  # fmt: skip


def test_altair_draws_it(table):
    altair = pytest.importorskip("altair")
    chart = altair.Chart(table).mark_bar().encode(x="s", y="d", color="day", size="n")
    drawn = json.loads(chart.to_json())
    assert {name: part["type"] for name, part in drawn["encoding"].items()} == {
        "x": "nominal", "y": "quantitative", "color": "temporal", "size": "quantitative",
    }  # fmt: skip
    [rows] = drawn["datasets"].values()
    assert rows[0] == {"n": 1, "d": 1.5, "day": "2020-02-29T00:00:00", "s": "00501"}


def test_great_tables_takes_its_frame(table):
    great_tables = pytest.importorskip("great_tables")
    html = great_tables.GT(table.to_polars()).as_raw_html()
    assert "1.50" in html
    assert "00501" in html


@pytest.mark.skipif(not hasattr(pd.DataFrame, "from_arrow"), reason="pandas 3 has from_arrow")
def test_pandas_takes_it_as_arrow(table):
    assert pd.DataFrame.from_arrow(table)["s"].tolist()[0] == "00501"


@pytest.mark.parametrize("make", [pd.DataFrame, np.asarray, pd.Series])
def test_what_would_infer_the_types_anew_is_refused(table, make):
    with pytest.raises(CivisInputError, match=r"\.to_pandas\(\)"):
        make(table)


def test_pandas_gets_native_types_and_the_others_exact_ones(table):
    assert [str(kind) for kind in table.to_pandas().dtypes][:3] == [
        "Int64", "float64", "datetime64[us]",
    ]  # fmt: skip
    assert "decimal128" in str(table.to_pandas("exact")["d"].dtype)
    assert table.to_arrow() is EXACT
    assert table.to_polars("native")["d"].dtype == pl.Float64
    assert table.to_pandas() is table.to_pandas()
    with pytest.raises(CivisInputError, match="'native' or 'exact'"):
        table.to_pandas("infer")
    exact = ResultTable(EXACT, frame_types="exact")
    assert "decimal128" in str(exact.to_pandas()["d"].dtype)


def test_a_column_that_stays_exact_is_told():
    table = ResultTable(pa.table({"d": pa.array([Decimal("0.1234567890123456789")])}))
    with pytest.warns(UserWarning, match="d stays decimal"):
        frame = table.to_pandas()
    assert frame["d"][0] == Decimal("0.1234567890123456789")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table.to_arrow()


def test_sql_over_the_result(table):
    found = table.sql("select s, d * 2 as twice from self where n = 1")
    assert isinstance(found, ResultTable)
    assert list(found) == [("00501", Decimal("3.00"))]
    assert table.sql("select sum(n) as total from self").to_pandas()["total"].dtype == "int64"
    assert table.sql("select count(*) from self").sql("from self")[0] == (3,)
    people = pd.DataFrame({"n": [1, 2], "name": ["Ann", "Bo"]})
    joined = table.sql("select name from self join people using (n) order by n", people=people)
    assert joined["name"].to_list() == ["Ann", "Bo"]
    other = table.sql("select count(*) as c from self join o using (n)", o=table)
    assert other[0] == (2,)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("select nothing from self", "nothing"),
        ("select * from people", "The tables here: self"),
        ("selec 1", "syntax error"),
        ("-- nothing", "gives no result"),
    ],
)
def test_sql_that_can_not_run_is_told(table, query, said):
    people = pd.DataFrame({"n": [1]})  # noqa: F841 - variables are not looked into
    with pytest.raises(CivisInputError, match=said):
        table.sql(query)
    with pytest.raises(CivisInputError, match="x is a int"):
        table.sql("from x", x=1)


def test_a_preview_is_fetched_once_and_only_when_needed():
    table, fetches = preview()
    repr(table), table._repr_mimebundle_(), table.columns, table.rows, table.caption, bool(table)
    assert table.head(1).caption == "1 of 1 row"
    assert fetches == []
    assert table.caption == "2 of the first 2 rows; the total is not known"
    assert len(table) == 3
    assert len(list(table)) == len(table.to_pandas()) == len(pl.DataFrame(table)) == 3
    assert table["n"].to_list() == [1, 2, None]
    assert table.sql("select count(*) from self")[0] == (3,)
    assert fetches == [1]
    assert "not known" not in table.caption


def test_the_head_of_a_preview_has_the_types_of_the_whole():
    table, fetches = preview()
    head = table.head(1)
    assert fetches == []
    assert list(head) == [(1, Decimal("1.50"), dt.date(2020, 2, 29), "00501")]
    assert fetches == [1]


def test_a_preview_that_can_not_run_again_says_what_it_has():
    table = ResultTable([["1"]], columns=["n"], full=FullResult(False))
    assert table.rows == [("1",)]
    for use in (table.to_pandas, lambda: len(table), lambda: pa.table(table)):
        with pytest.raises(CivisInputError, match="can't be run again"):
            use()


def test_pandas_frames_of_any_objects_are_data():
    frame = pd.DataFrame({"x": [1, "a", None], 5: [1.5, None, 2.5]})
    table = ResultTable(frame)
    assert table["x"].to_list() == ["1", "a", None]
    assert table.columns == ["x", "5"]
    assert table.to_pandas() is frame
    assert table.sql('select sum("5") from self')[0] == (4.0,)


def test_rows_without_types_are_data_too():
    table = ResultTable([["a", 1, None], ["b", None, None], ["c"]], columns=["s", "n", "nothing"])
    assert table["n"].to_list() == [1, None, None]
    assert table.to_pandas()["s"].tolist() == ["a", "b", "c"]
    assert table[0] == ("a", 1, None)
    mixed = ResultTable([["a"], [1]], columns=["x"])
    assert mixed["x"].to_list() == ["a", "1"]
    assert list(ResultTable([], columns=[])) == []
    assert ResultTable([], columns=["a"]).to_pandas().shape == (0, 1)


TEXTS = [["1", "1.50", "t", "2020-02-29", "2020-01-01 10:00:00", "00501", ""],
         [None, None, None, None, None, None, None]]  # fmt: skip
TEXT_TYPES = ["BIGINT", "DECIMAL(4,2)", "BOOLEAN", "DATE", "TIMESTAMP", "VARCHAR(5)", "TEXT"]


def test_a_whole_preview_becomes_what_its_export_would():
    names = ["n", "d", "ok", "day", "at", "code", "empty"]
    found = table_of_texts(names, TEXTS, TEXT_TYPES)
    assert found.sql_types == TEXT_TYPES
    assert found.table.to_pylist()[0] == {
        "n": 1, "d": Decimal("1.50"), "ok": True, "day": dt.date(2020, 2, 29),
        "at": dt.datetime(2020, 1, 1, 10), "code": "00501", "empty": "",
    }  # fmt: skip
    assert set(found.table.to_pylist()[1].values()) == {None}
    assert [str(kind) for kind in found.table.schema.types] == [
        "int64", "decimal128(4, 2)", "bool", "date32[day]", "timestamp[us]", "string", "string",
    ]  # fmt: skip


@pytest.mark.parametrize("rows", [[[None], ["a\nb"], ['"'], [""], ["x,y"]], []])
def test_texts_of_a_preview_are_not_read_as_csv(rows):
    for types in (["TEXT"], None):
        found = table_of_texts(['a "name", with\nall'], rows, types)
        assert found.table.column(0).to_pylist() == [row[0] for row in rows]


def test_numbers_in_a_preview_are_read_too():
    found = table_of_texts(["n", "ok"], [[1, True], [None, None]], None)
    assert found.table.to_pylist() == [{"n": 1, "ok": True}, {"n": None, "ok": None}]


def test_frame_methods_and_notes(table):
    with pytest.raises(AttributeError, match=r"\.to_pandas\(\)"):
        table.groupby("n")
    noted = ResultTable(EXACT, note="a note <b>")
    assert repr(noted).endswith("\na note <b>")
    assert "a note &lt;b&gt;" in noted._repr_mimebundle_()["text/html"]
