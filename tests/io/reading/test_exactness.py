"""Values that a careless reader loses are what they were, or text, with types="exact"."""

from __future__ import annotations

import datetime as dt
import os

import pytest

import civis_nb.io as cio
import civis_nb.local
from civis_nb.errors import CivisDownloadError
from civis_nb.io.reading.parsers.arrow_exact import exact_table
from civis_nb.io.reading.parsers.lazy import _remove

pytestmark = pytest.mark.exhaustive

LARGEST_UHUGEINT = str(2**128 - 1)


@pytest.mark.contract("D24")
@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("HUGEINT", LARGEST_UHUGEINT),
        ("HUGEINT", str(2**127 - 1)),
        ("DECIMAL(38,1)", f"{LARGEST_UHUGEINT}.5"),
        ("DECIMAL(10,2)", "1.234"),
        ("INTEGER", str(2**31)),
        ("TIMESTAMP", "infinity"),
        ("TIMESTAMP", "2020-01-01 00:00:00.123456789"),
        ("TIMESTAMP", "0044-03-15 (BC) 10:00:00"),
        ("TIMESTAMPTZ", "-infinity"),
        ("DATE", "12020-01-01"),
        ("TIME", "24:00:00"),
        ("BOOLEAN", "maybe"),
    ],
)
def test_column_with_a_value_that_does_not_fit_is_text_and_the_others_are_not(kind, value):
    content = f"a,b,c\n{value},10:11:12,1.50\n,,\n".encode()
    told = [("a", kind), ("b", "TIME"), ("c", "DECIMAL(4,2)")]
    table = exact_table([content], told, "it")
    assert table["a"].to_pylist() == [value, None]
    assert table["b"].to_pylist() == [dt.time(10, 11, 12), None]
    assert [str(kind) for kind in table.schema.types] == [
        "string",
        "time64[us]",
        "decimal128(4, 2)",
    ]


def test_several_columns_with_values_that_do_not_fit_are_text():
    content = b"a,b,c\ninfinity,99999999999,1\n2020-01-01,1,2\n"
    told = [("a", "DATE"), ("b", "INTEGER"), ("c", "INTEGER")]
    table = exact_table([content], told, "it")
    assert table.to_pydict() == {
        "a": ["infinity", "2020-01-01"],
        "b": ["99999999999", "1"],
        "c": [1, 2],
    }


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_null_at_the_end_of_the_content_is_a_null_after_quotes_too(end):
    content = b'a,b\n"x",""\n"y",' + end
    table = exact_table([content], [("a", "text"), ("b", "text")], "it")
    assert table.to_pydict() == {"a": ["x", "y"], "b": ["", None]}


def test_rows_of_different_lengths_are_an_error():
    with pytest.raises(CivisDownloadError, match="can't be read as CSV"):
        exact_table([b"a,b\n1,2\n1\n"], [("a", "INTEGER"), ("b", "INTEGER")], "it")


@pytest.mark.parametrize("told", [[("b", "INTEGER"), ("a", "TEXT")], [("a", "INTEGER")]])
def test_types_of_other_columns_are_not_taken(told):
    table = exact_table([b"a,b\n00501,7\n"], told, "it")
    assert table.to_pydict() == {"a": ["00501"], "b": [7]}


def test_names_count_in_any_case():
    table = exact_table([b'"A"\n00501\n'], [("a", "VARCHAR(5)")], "it")
    assert table.to_pydict() == {"A": ["00501"]}


ODD = """select chr(65279) || 'x' as a, '\\N' as "b,""c", 'a' || chr(13) || chr(10) as "d
e", '' as "\ufefff", null::varchar as g, chr(0) as "h h", '😀' as "😀", repeat('é"', 600000) as j
union all select null, 'NA', '', null, '', '"', chr(13), chr(10)"""


@pytest.mark.parametrize("parallel", [False, True])
def test_odd_texts_and_names_are_the_same_in_every_form(io_client, parallel):
    given = {"client": io_client, "polling_interval": 0.02}
    options = {**given, "parallel": parallel}
    arrow = cio.read_civis_sql(ODD, "sample", "arrow", **options)
    assert arrow.column_names == ["a", 'b,"c', "d\ne", "\ufefff", "g", "h h", "😀", "j"]
    first, second = (tuple(row.values()) for row in arrow.to_pylist())
    assert first == ("\ufeffx", "\\N", "a\r\n", "", None, "\0", "😀", 'é"' * 600_000)
    assert second == (None, "NA", "", None, "", '"', "\r", "\n")
    rows = cio.read_civis_sql(ODD, "sample", "list", types="exact", **options)
    assert rows == [arrow.column_names, list(first), list(second)]
    frame = cio.read_civis_sql(ODD, "sample", "polars", types="exact", **options)
    assert (frame.columns, frame.rows()) == (arrow.column_names, [first, second])
    lazy = cio.read_civis_sql(ODD, "sample", "lazy", **options).collect()
    assert lazy.equals(frame)
    pandas = cio.read_civis_sql(ODD, "sample", "pandas", types="exact", **options)
    assert list(pandas.columns) == arrow.column_names
    assert pandas.astype(object).where(pandas.notna(), None).to_numpy().tolist() == [
        list(first),
        list(second),
    ]
    batches = list(cio.iter_batches(ODD, "sample", rows=1, **given))
    assert [tuple(row.values()) for one in batches for row in one.to_pylist()] == [first, second]


@pytest.mark.exhaustive
def test_sixteen_hundred_columns(io_client):
    sql = "select " + ", ".join(f"'0{at}' as c{at}" for at in range(1600))
    for kind in ("list", "arrow", "pandas", "polars", "lazy"):
        found = cio.read_civis_sql(sql, "sample", kind, types="exact", client=io_client)
        found = found.collect() if kind == "lazy" else found
        last = (
            found[1][-1]
            if kind == "list"
            else found["c1599"].to_pylist()[0]
            if kind == "arrow"
            else found["c1599"][0]
        )
        assert last == "01599"


@pytest.fixture(scope="module")
def native_client():
    """A client of a platform whose SQL has DuckDB's types as well."""
    with civis_nb.local.start(samples=False, dialect="duckdb") as platform:
        yield platform.client()


@pytest.mark.contract("D23")
@pytest.mark.parametrize(
    ("sql_type", "value"),
    [
        ("uhugeint", LARGEST_UHUGEINT),
        ("decimal(38,0)", "9" * 38),
        ("bigint", str(2**63 - 1)),
        ("ubigint", str(2**64 - 1)),
        ("uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        ("json", '{"a": [1, "x,y", null]}'),
        ("timestamp", "9999-12-31 23:59:59.999999"),
        ("timestamp", "1500-01-01 00:00:00"),
        ("date", "0001-01-01"),
        ("time", "23:59:59.999999"),
        ("interval", "1 year 2 days 03:04:05.5"),
        ("integer[]", "[1,2,null]"),  # nested values are JSON
    ],
)
def test_value_of_a_type_keeps_every_digit(native_client, sql_type, value):
    sql = f"select '{value}'::{sql_type} as a union all select null"
    given = {"client": native_client, "polling_interval": 0.02}
    if sql_type == "uhugeint":
        with pytest.raises(CivisDownloadError, match="Cast the column to text"):
            list(cio.iter_batches(sql, "sample", **given))
    for kind in ("arrow", "polars"):
        found = cio.read_civis_sql(sql, "sample", kind, types="exact", **given)
        shown = sorted(
            map(str, found["a"].to_pylist() if kind == "arrow" else found["a"].to_list())
        )
        assert sorted([value, "None"]) == shown


def test_lazy_column_with_a_value_that_does_not_fit_is_text(io_client):
    sql = """select case when i = 150000 then 'infinity'::timestamp else timestamp '2020-01-01' end
    as t, 7 as n, case when i = 5 then 'infinity'::date else date '2020-01-01' end as d
    from generate_series(0, 199999) x(i)"""
    frame = cio.read_civis_sql(sql, "sample", "lazy", client=io_client).collect()
    assert [str(kind) for kind in frame.dtypes] == ["String", "Int32", "String"]
    assert frame.height == 200_000
    assert set(frame["t"]) == {"2020-01-01 00:00:00", "infinity"}


def test_a_fork_leaves_the_file_of_a_lazy_frame_to_its_parent(tmp_path):
    folder = tmp_path / "result"
    folder.mkdir()
    _remove(folder, os.getpid() + 1)
    assert folder.is_dir()
    _remove(folder, os.getpid())
    assert not folder.exists()
