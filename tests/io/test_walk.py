"""What goes into the platform comes out, through all functions of civis_nb.io."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import zipfile
from decimal import Decimal

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal

import civis_nb.io as cio
from civis_nb.errors import (
    CivisInputError,
    CivisJobFailure,
    EmptyResultError,
)

DB = "sample"


VALUES = """
select * from (values
  (1, '00501', 9007199254740993, 12345678901234567.89::decimal(20,2), '1E5', true,
   timestamp '2020-01-01 10:00:00.5', date '2020-02-29', 'é, "x"'),
  (2, '', null, null, 'NA', null, null, null, null),
  (3, null, -1, 0.10::decimal(20,2), 'null', false, timestamp '1999-12-31', date '1999-12-31', 'a
b')) t(i, zip, big, money, code, flag, seen, day, note)
"""


def pandas_frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "i": [1, 2, 3],
            "n": pd.array([1, None, 9007199254740993], dtype="Int64"),
            "zip": ["00501", "", None],
            "f": [1.5, None, 1e-300],
            "b": [True, False, True],
            "nb": pd.array([True, None, False], dtype="boolean"),
            "t": pd.to_datetime(
                ["2020-01-01 10:00:00.123456", None, "1999-12-31"], format="ISO8601"
            ),
            "z": pd.to_datetime(
                ["2020-01-01 10:00:00", None, "1999-12-31"], format="ISO8601", utc=True
            ),
            "q": ['a"b', "x\ny\r\nz", "é, 漢字"],
            "d": pd.Series(
                [Decimal("1.50"), None, Decimal("-12345678901234567.89")],
                dtype=pd.ArrowDtype(pa.decimal128(20, 2)),
            ),
            "day": pd.Series(
                [dt.date(2020, 2, 29), None, dt.date(1, 1, 1)], dtype=pd.ArrowDtype(pa.date32())
            ),
        }
    )


def test_pandas_frame_comes_back_as_it_was(io_client):
    frame = pandas_frame()
    frame["t"] = frame["t"].dt.as_unit("us")
    frame["z"] = frame["z"].dt.as_unit("us")
    cio.dataframe_to_civis(frame, DB, "public.round_pandas", client=io_client).result()
    back = cio.read_civis(
        "public.round_pandas", DB, return_as="pandas", types="exact", client=io_client
    )
    # Text of pandas 2 goes in as objects, and comes back as text.
    texts = {name: back[name].dtype for name in ("zip", "q")}
    assert all(isinstance(dtype, pd.StringDtype) for dtype in texts.values())
    assert_frame_equal(back, frame.astype(texts))


def test_polars_frame_comes_back_as_it_was(io_client):
    frame = pl.DataFrame(
        {
            "i": pl.Series([1, None, -(2**63)], dtype=pl.Int64),
            "s": ["00501", "", None],
            "f": [1.5, None, float("inf")],
            "b": [True, None, False],
            "t": [dt.datetime(2020, 1, 1, 1, 2, 3, 456), None, dt.datetime(1, 1, 1)],
            "z": pl.Series([dt.datetime(2020, 1, 1), None, None]).dt.replace_time_zone("UTC"),
            "d": pl.Series([Decimal("1.50"), None, None], dtype=pl.Decimal(20, 2)),
            "day": [dt.date(2020, 1, 1), None, dt.date(9999, 12, 31)],
            "c": pl.Series(["x", "y", None], dtype=pl.Categorical),
        }
    )
    cio.dataframe_to_civis(frame, DB, "public.round_polars", client=io_client).result()
    back = cio.read_civis(
        "public.round_polars", DB, return_as="polars", types="exact", client=io_client
    )
    assert back.equals(frame.with_columns(pl.col("c").cast(pl.String)))
    assert dict(back.schema) == {**frame.schema, "c": pl.String}


@pytest.mark.contract("D21", "D22", "D23", "D24", "D26")
def test_exact_values_from_the_database(io_client):
    for kind in ("pandas", "polars", "arrow", "list"):
        got = cio.read_civis_sql(VALUES, DB, kind, types="exact", client=io_client)
        if kind == "list":
            table = pa.table(dict(zip(got[0], map(list, zip(*got[1:], strict=True)), strict=True)))
        else:
            table = pa.Table.from_pandas(got) if kind == "pandas" else pl.DataFrame(got).to_arrow()
        column = {name: table[name].to_pylist() for name in table.column_names}
        assert column["zip"] == ["00501", "", None]
        assert column["big"] == [9007199254740993, None, -1]
        assert column["money"] == [Decimal("12345678901234567.89"), None, Decimal("0.10")]
        assert column["code"] == ["1E5", "NA", "null"]
        assert column["flag"] == [True, None, False]
        assert column["seen"][0] == dt.datetime(2020, 1, 1, 10, 0, 0, 500000)
        assert column["day"] == [dt.date(2020, 2, 29), None, dt.date(1999, 12, 31)]
        assert column["note"] == ['é, "x"', None, "a\nb"]


@pytest.mark.parametrize("return_as", ["list", "pandas", "polars"])
def test_inferred_results_are_those_of_the_other_client(io_client, other_client, return_as):
    civis_io = pytest.importorskip("civis.io")
    sql = f"select * from ({VALUES}) x cross join generate_series(0, 49) t(range) order by 1"
    theirs = civis_io.read_civis_sql(sql, DB, return_as, client=other_client, polling_interval=0.05)
    ours = cio.read_civis_sql(sql, DB, return_as, client=io_client)
    if return_as == "pandas":
        assert_frame_equal(ours, theirs)
    elif return_as == "polars":
        assert ours.equals(theirs)
        assert ours.schema == theirs.schema
    else:
        assert ours == theirs


@pytest.mark.contract("D27")
def test_rows_without_end_of_numbers_then_text(io_client):
    sql = (
        "select case when i < 500 then i::varchar else 'x' || i end as v "
        "from generate_series(0, 999) t(i)"
    )
    frame = cio.read_civis_sql(sql, DB, "polars", client=io_client)
    assert frame["v"][999] == "x999"
    assert frame.height == 1000


@pytest.mark.contract("D15", "D28")
def test_large_cell_and_accents_across_chunks(io_client):
    sql = "select repeat('é', 200000) as v union all select repeat('漢', 100001)"
    rows = cio.read_civis_sql(sql, DB, client=io_client)
    assert sorted(len(row[0]) for row in rows) == [1, 100001, 200000]


def test_nulls_of_a_single_column_are_rows(io_client):
    sql = "select case when i % 2 = 0 then i end as v from generate_series(0, 9) t(i) order by i"
    for types in ("infer", "exact"):
        frame = cio.read_civis_sql(sql, DB, "pandas", types=types, client=io_client)
        assert len(frame) == 10
        assert frame["v"].isna().sum() == 5


@pytest.mark.contract("C41")
def test_zero_rows(io_client):
    sql = "select 1 as a, 'x' as b where 1 = 0"
    with pytest.raises(EmptyResultError):
        cio.read_civis_sql(sql, DB, client=io_client)
    for kind in ("pandas", "polars"):
        frame = cio.read_civis_sql(sql, DB, kind, types="exact", client=io_client)
        assert list(frame.columns) == ["a", "b"]
        assert len(frame) == 0
    assert cio.read_civis_sql(sql, DB, types="exact", client=io_client) == [["a", "b"]]


def test_zero_rows_keep_their_types(io_client):
    sql = "select 1::bigint as a, true as b, timestamptz '2020-01-01' as c, 1.5::numeric(9, 2) as d"
    read = [
        cio.read_civis_sql(
            f"{sql} where {rows}", DB, "arrow", types="exact", client=io_client
        ).schema
        for rows in ("true", "false")
    ]
    assert read[0] == read[1]


@pytest.mark.contract("D30")
def test_columns_of_one_name(io_client):
    sql = "select 1 as a, 'x' as a"
    frame = cio.read_civis_sql(sql, DB, "pandas", types="exact", client=io_client)
    assert list(frame.columns) == ["a", "a"]
    with pytest.raises(CivisInputError, match="AS a_id"):
        cio.read_civis_sql(sql, DB, "polars", types="exact", client=io_client)


def test_failed_statement_raises(io_client):
    with pytest.raises(CivisJobFailure, match="nosuch"):
        cio.read_civis_sql("select nosuch from nowhere", DB, client=io_client)


def test_local_csv_files(io_client, tmp_path):
    sql = "select i, 'n' || i as n from generate_series(0, 2) t(i) order by i"
    plain = '"i","n"\n0,"n0"\n1,"n1"\n2,"n2"\n'
    cio.civis_to_csv(tmp_path / "a.csv", sql, DB, client=io_client).result()
    assert (tmp_path / "a.csv").read_text() == plain
    cio.civis_to_csv(tmp_path / "a.zip", sql, DB, compression="zip", client=io_client).result()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.testzip() is None
        assert archive.read(archive.namelist()[0]).decode() == plain
    options = {"compression": "gzip", "include_header": False, "delimiter": "|", "unquoted": True}
    cio.civis_to_csv(str(tmp_path / "a.gz"), sql, DB, client=io_client, **options).result()
    assert gzip.decompress((tmp_path / "a.gz").read_bytes()) == b"0|n0\n1|n1\n2|n2\n"


def test_local_csv_of_no_rows_is_its_header(io_client, tmp_path):
    sql = 'select 1 as i, 2 as "a ""b""" where 1=0'
    for options, text in (
        ({}, b'"i","a ""b"""\n'),
        ({"unquoted": True, "delimiter": "|"}, b'i|a "b"\n'),
        ({"include_header": False}, b""),
    ):
        future = cio.civis_to_csv(tmp_path / "a.csv", sql, DB, client=io_client, **options)
        assert future.result().state == "succeeded"
        assert (tmp_path / "a.csv").read_bytes() == text
    cio.civis_to_csv(tmp_path / "a.zip", sql, DB, compression="zip", client=io_client).result()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.read("a.csv") == b'"i","a ""b"""\n'


def test_local_csv_of_no_result_leaves_the_file(io_client, tmp_path):
    (tmp_path / "a.csv").write_text("old")
    sql = "drop table if exists public.no_result; create table public.no_result (i int)"
    with pytest.warns(RuntimeWarning, match=r"a\.csv is not written"):
        cio.civis_to_csv(tmp_path / "a.csv", sql, DB, client=io_client).result()
    assert (tmp_path / "a.csv").read_text() == "old"


def test_bad_arguments_of_exports_send_nothing(tmp_path):
    with pytest.raises(CivisInputError, match="'gzip'"):
        cio.civis_to_csv(tmp_path / "a", "select 1", DB, compression="gz", client=object())
    with pytest.raises(CivisInputError, match="delimiter"):
        cio.civis_to_csv(tmp_path / "a", "select 1", DB, delimiter=";", client=object())
    with pytest.raises(FileNotFoundError, match="does not exist"):
        cio.civis_to_csv(tmp_path / "no" / "a", "select 1", DB, client=object())
    with pytest.raises(CivisInputError, match="params"):
        cio.read_civis_sql("select 1", DB, sql_params_arguments={"x": 1}, client=object())
    with pytest.raises(CivisInputError, match="Did you mean 'pandas'"):
        cio.read_civis_sql("select 1", DB, return_as="panda", client=object())
    with pytest.raises(CivisInputError, match="exact types take no options"):
        cio.read_civis_sql("select 1", DB, "pandas", types="exact", nrows=1, client=object())


def test_use_pandas_warns(io_client):
    with pytest.warns(FutureWarning, match="return_as"):
        frame = cio.read_civis_sql("select 1 as a", DB, use_pandas=True, client=io_client)
    assert isinstance(frame, pd.DataFrame)


def test_options_reach_the_parsers(io_client):
    sql = "select '007' as a, 2 as b"
    frame = cio.read_civis_sql(sql, DB, "pandas", client=io_client, dtype=str)
    assert frame["a"][0] == "007"
    frame = cio.read_civis_sql(sql, DB, "polars", client=io_client, columns=["b"])
    assert frame.columns == ["b"]


def test_several_files_are_read_as_one(io_client):
    sql = "select i, 'n' || i as n from generate_series(0, 4999) t(i) order by i"
    manifest = cio.civis_to_multifile_csv(sql, DB, client=io_client, max_file_size=1)
    assert manifest["header"] == ["i", "n"]
    frame = cio.read_civis_sql(
        sql, DB, "polars", parallel=True, types="exact", client=io_client
    ).sort("i")
    assert frame["i"].to_list() == list(range(5000))
    assert frame["n"][4999] == "n4999"


@pytest.mark.contract("D7")
def test_two_outputs_of_one_export_are_both_read(io_client, altered, answer):
    ids = [
        cio.file_to_civis(io.BytesIO(gzip.compress(text)), f"{number}.csv.gz", client=io_client)
        for number, text in enumerate([b"a,b\n1,x\n2,y", b"a,b\n3,z\n"])
    ]
    outputs = [
        answer(file_id=one, path=io_client.files.get(one).file_url, output_name="x") for one in ids
    ]
    run = answer(id=1, state="succeeded", output=outputs)
    client = altered(io_client, scripts={"get_sql_runs": lambda *ids: run})
    rows = cio.read_civis_sql("select 1", DB, client=client)
    assert rows == [["a", "b"], ["1", "x"], ["2", "y"], ["3", "z"]]
    assert len(cio.read_civis_sql("select 1", DB, "pandas", client=client)) == 3


def test_batches_are_exact_and_bounded(io_client):
    sql = "select i::bigint as i, '0' || i as code from generate_series(0, 9999) t(i) order by i"
    batches = list(cio.iter_batches(sql, DB, rows=1000, client=io_client))
    assert max(batch.num_rows for batch in batches) <= 1000
    table = pa.Table.from_batches(batches)
    assert table["code"][9999].as_py() == "09999"
    assert pa.types.is_int64(table.schema.field("i").type)
    empty = list(cio.iter_batches("select 1 as a where 1=0", DB, client=io_client))
    assert [batch.num_rows for batch in empty] == [0]
    with pytest.raises(CivisInputError, match="rows"):
        cio.iter_batches(sql, DB, rows=0, client=io_client)


def test_signatures_begin_as_those_of_the_other_client():
    import inspect

    civis_io = pytest.importorskip("civis.io")
    for name in civis_io.__all__:
        theirs = inspect.signature(getattr(civis_io, name)).parameters
        ours = inspect.signature(getattr(cio, name)).parameters
        kept = [one for one in ours.values() if one.name in theirs]
        assert [one.name for one in kept] == list(theirs), name
        for one in kept:
            assert one.kind == theirs[one.name].kind, (name, one)
            assert repr(one.default) == repr(theirs[one.name].default), (name, one)


def test_import_is_light():
    import subprocess
    import sys

    code = (
        "import sys, civis_nb.io as io; io.split_schema_tablename('a.b'); io.read_civis;"
        "print([m for m in ('pandas', 'polars', 'pyarrow', 'duckdb') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_json_value_that_is_none_is_refused_before_sending():
    with pytest.raises(TypeError):
        cio.json_to_file({"a": object()}, client=object())
    assert json.loads("1") == 1
