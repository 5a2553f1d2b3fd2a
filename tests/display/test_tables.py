"""Result tables: exact, safe, the same every time."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from civis_nb import config
from civis_nb.display.tables import ResultTable
from civis_nb.display.values import texts, type_name
from civis_nb.errors import CivisInputError
from civis_nb.frames.typed import FullResult, TypedTable

TABLE = pa.table(
    {
        "big": pa.array([9007199254740993, None]),
        "dec": pa.array([Decimal("12345678901234567.89"), None], pa.decimal128(20, 2)),
        "code": pa.array(["00501", None]),
        "ok": pa.array([True, None]),
        "day": pa.array([dt.date(2020, 2, 29), None]),
        "at": pa.array([dt.datetime(2020, 1, 1, 12, 0, 0, 5), None], pa.timestamp("us")),
        "nested": pa.array([[1, None], None]),
    }
)


@pytest.fixture
def text_mode():
    config.set_value("display", "text")
    yield
    config.reset("display")


def html_of(table):
    return table._repr_mimebundle_()["text/html"]


@pytest.mark.parametrize("data", [TABLE, pl.from_arrow(TABLE)], ids=["arrow", "polars"])
def test_exact_values_keep_every_digit(data):
    text = repr(ResultTable(data))
    for part in ("9007199254740993", "12345678901234567.89", "00501", "true", "2020-02-29",
                 "2020-01-01 12:00:00.000005", "[1,null]"):  # fmt: skip
        assert part in text
    assert text.splitlines()[0] == "2 of 2 rows"
    assert text.splitlines()[2].split() == [
        "bigint", "decimal(20,2)", "text", "boolean", "date", "timestamp", "list",
    ]  # fmt: skip


def test_pandas_nullable_integers_stay_integers():
    frame = pd.DataFrame({"n": pd.array([9007199254740993, None], dtype="Int64")})
    assert "9007199254740993" in repr(ResultTable(frame))
    assert "NULL" in repr(ResultTable(frame))


def test_pandas_mixed_objects_and_duplicate_names_are_shown():
    frame = pd.DataFrame([[1, "x"], ["a", None]], columns=["c", "c"])
    lines = repr(ResultTable(frame)).splitlines()
    assert lines[1].split() == ["c", "c"]
    assert lines[-1].split() == ["a", "NULL"]


def test_null_is_set_apart_from_the_word_and_from_empty_text():
    html = html_of(ResultTable([["NULL", None, ""]], columns=["word", "null", "empty"]))
    assert html.count("<em") == 1
    assert re.search(r"<em[^>]*>NULL</em>", html)
    assert ">NULL</td>" in html
    assert "></td>" in html


def test_numbers_stand_right_and_codes_left():
    table = ResultTable([["1", "00501", "-2.5e3", None], ["20", "00502", ".5", None]],
                        columns=["n", "code", "x", "nothing"])  # fmt: skip
    sides = re.findall(r'<th scope="col" align="(\w+)"', html_of(table))
    assert sides == ["right", "left", "right", "left"]
    assert repr(table).splitlines()[-2].startswith(" 1  00501  -2.5e3")


def test_semantics_survive_without_styles():
    html = re.sub(r' style="[^"]*"', "", html_of(ResultTable(TABLE, title="t")))
    assert "<caption>t: 2 of 2 rows</caption><thead><tr><th scope=" in html
    assert "<small>bigint</small>" in html
    assert "<style" not in html
    assert "<script" not in html
    assert " id=" not in html


def test_the_same_value_gives_the_same_bundle():
    bundles = [ResultTable(TABLE, title="t")._repr_mimebundle_() for _ in range(2)]
    assert bundles[0] == bundles[1]
    assert "0x" not in bundles[0]["text/plain"]


def test_cells_and_names_from_data_stay_text():
    evil = "<img src=x onerror=alert(1)>"
    html = html_of(ResultTable([[evil]], columns=[evil], title=evil, types=[evil]))
    assert "<img" not in html
    assert html.count("&lt;img src=x onerror=alert(1)&gt;") == 5


def test_long_cells_are_cut_and_line_ends_shown():
    table = ResultTable(pa.table({"long": ["x" * 1000], "lines": ["a\nb"], "spaces": ["  two  "]}))
    assert "x" * 81 not in html_of(table)
    assert "…" in html_of(table)
    assert "a↵b" in repr(table)
    assert '<span style="white-space:pre">  two  </span>' in html_of(table)


@pytest.mark.parametrize(
    ("options", "caption"),
    [
        ({}, "20 of 944 rows"),
        ({"limit": 5}, "5 of 944 rows"),
        ({"full": FullResult(False)}, "20 of the first 944 rows; the total is not known"),
        ({"title": "df"}, "df: 20 of 944 rows"),
    ],
)
def test_caption_says_how_many_of_how_many(options, caption):
    table = ResultTable([[str(n)] for n in range(944)], columns=["n"], **options)
    assert table.caption == caption
    assert repr(table).count("\n") == min(options.get("limit", 20), 944) + 2


def test_no_rows_keep_their_columns_and_no_result_says_so():
    assert repr(ResultTable([], columns=["a", "b"])) == "no rows\na  b\n─  ─"
    assert "<th" in html_of(ResultTable([], columns=["a"]))
    assert repr(ResultTable([], columns=[])) == "The statement returned no result."
    assert "<table" not in html_of(ResultTable([], columns=[]))


def test_wide_tables_say_what_is_left_out():
    table = ResultTable([["x" * 20] * 75], columns=[f"column_{n}" for n in range(75)])
    text = repr(table)
    assert max(len(line) for line in text.splitlines()) <= 110
    assert text.endswith("… 70 more columns")
    assert "; 15 more columns not shown<" in html_of(table)
    wide = ResultTable(pa.table({f"column_{n}": [n] for n in range(75)}))
    assert "15 more columns not shown: the live view shows all" in html_of(wide)


def test_a_caption_says_that_texts_are_cut():
    long = ResultTable(pa.table({"a": ["x" * 81]}))
    assert "1 of 1 row; texts cut at 80 characters: the live view shows all" in html_of(long)
    assert "texts cut" not in html_of(ResultTable(pa.table({"a": ["x" * 80]})))


def test_a_single_column_that_is_left_out_is_named():
    table = ResultTable([["x" * 38] * 3], columns=["a", "b", "the last"])
    assert repr(table).endswith("… 1 more column: the last")


def test_wide_characters_keep_columns_straight():
    table = ResultTable([["日本", "a"], ["é", "b"]], columns=["x", "y"])
    assert repr(table).splitlines()[2:] == ["────  ─", "日本  a", "é     b"]


def test_text_mode_gives_text_only(text_mode):
    assert list(ResultTable(TABLE)._repr_mimebundle_()) == ["text/plain"]


def test_million_rows_are_shown_from_the_head_only():
    table = ResultTable(pl.DataFrame({"n": np.arange(1_000_000)}), limit=3)
    assert table.caption == "3 of 1,000,000 rows"
    assert len(html_of(table)) < 5000


def test_conversions_keep_values():
    table = ResultTable(TABLE)
    assert table.to_arrow() is TABLE
    assert table.to_polars()["big"].to_list() == [9007199254740993, None]
    assert table.rows[0][1] == Decimal("12345678901234567.89")
    assert len(table) == 2
    assert table.columns[0] == "big"


def test_preview_becomes_a_frame_through_its_fetch_once():
    calls = []
    fetch = lambda: calls.append(1) or TypedTable(TABLE)  # noqa: E731
    preview = ResultTable([["1"]], columns=["n"], full=FullResult(False, fetch))
    assert preview.to_arrow() is TABLE
    assert preview.to_arrow() is TABLE
    assert calls == [1]
    with pytest.raises(CivisInputError, match="can't be run again"):
        ResultTable([["1"]], columns=["n"], full=FullResult(False)).to_pandas()


def test_frame_methods_point_to_the_frame():
    with pytest.raises(AttributeError, match=r"\.to_pandas\(\)"):
        ResultTable(TABLE).groupby("x")


def test_other_things_are_refused():
    with pytest.raises(CivisInputError, match="dict can't be shown"):
        ResultTable({"a": [1]})


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([0.1, 0.25, None], ["0.10", "0.25", None]),
        ([1.0, 2.0], ["1.0", "2.0"]),
        ([47.043432203389834, 3.5], ["47.0434", "3.5000"]),
        ([1234567.891], ["1234567.89"]),
        ([1e300, 0.5], ["1e+300", "0.5"]),
        ([float("nan"), float("inf"), 0.0], ["NaN", "inf", "0.0"]),
        ([float("-inf"), 1e300], ["-inf", "1e+300"]),
        ([0.0001234], ["0.000123"]),
        ([b"\x00\xff", b""], ["\\x00ff", "\\x"]),
        ([{"a": 'x"', "b": None}], ['{"a":"x\\"","b":null}']),
        (
            [[Decimal("1.10"), True, float("nan"), dt.date(2020, 2, 29)]],
            ['[1.10,true,"NaN","2020-02-29"]'],
        ),
        ([bytes(33)], ["\\x0000000000000000… (33 bytes)"]),
        ([Decimal("1E+3")], ["1000"]),
        ([10**30], ["1" + "0" * 30]),
    ],
)
def test_values_as_text(values, shown):
    assert texts(values) == shown


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (pa.int16(), "smallint"),
        (pa.timestamp("us", tz="UTC"), "timestamptz"),
        (pa.time64("us"), "time"),
        (pa.duration("us"), "interval"),
        (pa.dictionary(pa.int32(), pa.string()), "text"),
        (pa.large_binary(), "bytes"),
        (pa.float32(), "real"),
    ],
)
def test_type_names_are_those_of_sql(kind, name):
    assert type_name(kind) == name


def test_types_of_a_preview_read_and_align_like_those_of_a_frame():
    table = ResultTable(
        [["1", "a", "1.50", "true"]],
        columns=["n", "s", "d", "b"],
        types=["INTEGER", "VARCHAR(10)", "NUMERIC(18,2)", "BOOLEAN"],
    )
    columns = table._head
    assert [column.type for column in columns] == ["integer", "text", "decimal(18,2)", "boolean"]
    assert [column.right for column in columns] == [True, False, True, False]


def test_tables_of_words_wrap_and_say_nothing_of_a_view():
    words = "What a setting does, in some words. " * 5
    table = ResultTable([["limit", words]], columns=["setting", "what it does"])
    assert words.strip() in html_of(table)
    assert "white-space:normal" in html_of(table)
    long = ResultTable([["x" * 1000]], columns=["a"])
    assert "x" * 401 not in html_of(long)
    assert "texts cut at 400 characters" in html_of(long)
    assert "live view" not in html_of(long)
    assert "live view" not in html_of(ResultTable(pa.table({"a": ["x" * 99]}), static=True))
    assert "the live view shows all" in html_of(ResultTable(pa.table({"a": ["x" * 99]})))


def test_rows_of_a_preview_are_counted_once_when_asked_for():
    asked = []

    def count():
        asked.append(1)
        return 1_000_000

    table = ResultTable([["1"]] * 3, columns=["a"], full=FullResult(False, count=count), limit=2)
    assert table.caption == "2 of the first 3 rows; the total is not known"
    assert table.total is None
    assert table.can_count
    assert table.count_rows() == table.count_rows() == table.total == 1_000_000
    assert asked == [1]
    assert not table.can_count
    assert table.caption == "2 of 1,000,000 rows"
    assert ResultTable(pa.table({"a": [1, 2]})).count_rows() == 2
    with pytest.raises(CivisInputError, match="can't be run again"):
        ResultTable([["1"]], columns=["a"], full=FullResult(False)).count_rows()


def test_columns_whose_names_begin_alike_are_told_apart():
    same = "likelihood_to_vote_in_the_general_election_of_november_" * 2
    table = ResultTable(pa.table({f"{same}{year}_by_model": [year] for year in (2022, 2024)}))
    heads = re.findall(r"<th [^>]*>([^<]*)<", html_of(table))
    assert heads == [f"{same[:66]}…{year}_by_model" for year in (2022, 2024)]
    assert repr(table).splitlines()[1].split() == [
        f"{same[:26]}…{year}_by_model" for year in (2022, 2024)
    ]
