"""Options of the frames' CSV writers change what they are about, and nothing else."""

from __future__ import annotations

import csv
import datetime as dt
import itertools

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import civis_nb.io as cio
from civis_nb.errors import CivisInputError

pytestmark = pytest.mark.exhaustive

DB = "sample"
NUMBER = itertools.count()
COLUMNS = {
    "id": [1, None, 3],
    "s": ["", None, 'it\'s, "x"|\t\\\n'],
    "f": [1.5, None, 0.25],
    "day": [dt.date(2020, 1, 31), None, None],
}
ROWS = [tuple(COLUMNS), *zip(*COLUMNS.values(), strict=True)]


def pandas_frame():
    kinds = {"id": "Int64", "day": pd.ArrowDtype(pa.date32())}
    return pd.DataFrame({k: pd.Series(v, dtype=kinds.get(k)) for k, v in COLUMNS.items()})


def polars_frame():
    return pl.DataFrame(COLUMNS)


@pytest.fixture
def loaded(io_client):
    def load(frame, **options):
        table = f"public.writer_options_{next(NUMBER)}"
        call = {"client": io_client, "polling_interval": 0.02}
        cio.dataframe_to_civis(frame, DB, table, **call, **options).result()
        rows = cio.read_civis(table, DB, types="exact", **call)
        assert isinstance(rows, list)
        return [tuple(row) for row in rows]

    return load


@pytest.mark.contract("D25")
@pytest.mark.parametrize(
    "options",
    [
        {"sep": "|"},
        {"sep": "\t"},
        {"header": False},
        {"sep": "|", "header": False},
        {"quotechar": "'"},
        {"doublequote": False, "escapechar": "\\"},
        {"quoting": csv.QUOTE_NONE, "escapechar": "\\"},
        {"quoting": csv.QUOTE_ALL},
        {"lineterminator": "\r\n"},
        {"encoding": "latin-1", "errors": "ignore"},
        {"compression": "gzip", "mode": "w", "chunksize": 1},
        {"index": False, "index_label": "row"},
    ],
)
def test_what_is_on_the_way_only_changes_no_value_of_pandas(loaded, options):
    assert loaded(pandas_frame(), **options) == ROWS


@pytest.mark.contract("D33")
@pytest.mark.parametrize(
    "options",
    [
        {"separator": "|"},
        {"include_header": False},
        {"header": False},
        {"quote_char": "'"},
        {"quote_style": "never"},
        {"quote_style": "always"},
        {"line_terminator": "\r\n"},
        {"include_bom": True},
        {"index": False},
    ],
)
def test_what_is_on_the_way_only_changes_no_value_of_polars(loaded, options):
    assert loaded(polars_frame(), **options) == ROWS
    if "index" not in options:
        assert loaded(polars_frame().to_arrow(), **options) == ROWS


@pytest.mark.parametrize("options", [{"header": False}, {"separator": "|"}])
def test_frame_without_rows_is_a_table_without_rows(loaded, options):
    assert loaded(polars_frame().clear(), **options) == ROWS[:1]


def test_columns_are_chosen_and_named(loaded):
    assert loaded(pandas_frame(), columns=["f", "id"], header=["x", "y"]) == [
        ("x", "y"),
        (1.5, 1),
        (None, None),
        (0.25, 3),
    ]


def test_index_becomes_columns_under_its_names(loaded):
    frame = pd.DataFrame({"v": [1, 2]}, index=pd.Index(["k", ""], name="key"))
    assert loaded(frame, index=True) == [("key", "v"), ("k", 1), ("", 2)]
    assert loaded(frame, index=True, index_label="row")[0] == ("row", "v")
    assert loaded(frame.rename_axis(None), index=True)[0] == ("index", "v")
    levels = pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["one", None])
    assert loaded(frame.set_index(levels), index=True)[1] == ("a", 1, 1)


@pytest.mark.parametrize(
    ("frame", "options", "column", "values"),
    [
        (pandas_frame(), {"na_rep": "NA"}, 0, ["1", "NA", "3"]),
        (pandas_frame(), {"na_rep": "NA"}, 1, ["", "NA", COLUMNS["s"][2]]),
        (pandas_frame(), {"float_format": "%.1f"}, 2, [1.5, None, 0.2]),
        (pandas_frame(), {"decimal": ","}, 2, ["1,5", None, "0,25"]),
        (pandas_frame(), {"float_format": "%.1f"}, 1, COLUMNS["s"]),
        (polars_frame(), {"null_value": "NA"}, 1, ["", "NA", COLUMNS["s"][2]]),
        (polars_frame(), {"float_precision": 1}, 2, [1.5, None, 0.2]),
        (polars_frame(), {"date_format": "%d.%m.%Y"}, 3, ["31.01.2020", None, None]),
        (
            polars_frame(),
            {"date_format": "%d.%m.%Y", "null_value": "-"},
            3,
            ["31.01.2020", "-", "-"],
        ),
    ],
)
def test_styles_change_what_they_are_about(loaded, frame, options, column, values):
    rows = loaded(frame, **options)
    assert [row[column] for row in rows[1:]] == values


def test_dates_of_pandas_in_a_format(loaded):
    frame = pd.DataFrame({"t": pd.to_datetime(["2020-01-31 10:00", None]), "s": ["", None]})
    assert loaded(frame, date_format="%Y/%m") == [("t", "s"), ("2020/01", ""), (None, None)]
    day = loaded(frame, date_format="%Y-%m-%d")
    assert day[1][0] == dt.datetime(2020, 1, 31)


@pytest.mark.parametrize(
    ("frame", "options", "said"),
    [
        (pandas_frame(), {"sep": ";"}, "delimiter"),
        (pandas_frame(), {"sep": None}, "delimiter"),
        (polars_frame(), {"separator": ";"}, "delimiter"),
        (pandas_frame(), {"header": ["x"]}, "has 4"),
        (pandas_frame(), {"header": ["a", "A", "b", "c"]}, "keep apart"),
        (pandas_frame(), {"header": ["", "A", "b", "c"]}, "no name"),
        (pandas_frame(), {"header": "abcd"}, "header"),
        (pandas_frame(), {"columns": ["s", "nosuch"]}, "'nosuch'"),
        (pandas_frame(), {"columns": []}, "no columns"),
        (pandas_frame(), {"path_or_buf": "x"}, "path_or_buf can't be chosen"),
        (polars_frame(), {"file": "x"}, "file can't be chosen"),
        (pandas_frame(), {"nosuch": 1}, "no option 'nosuch'"),
        (polars_frame(), {"index": True}, "no option 'index'"),
        (pandas_frame().set_index("s", drop=False), {"index": True}, "index can't become"),
        ({"a": [1]}, {"sep": "|"}, "no frame"),
    ],
)
def test_what_can_not_be_is_refused_before_anything_is_sent(frame, options, said):
    with pytest.raises(CivisInputError, match=said):
        cio.dataframe_to_civis(frame, DB, "public.t", client=object(), **options)


def test_option_that_the_writer_does_not_know_is_a_type_error():
    with pytest.raises(TypeError, match="nosuch"):
        cio.dataframe_to_civis(polars_frame(), DB, "public.t", client=object(), nosuch=1)
