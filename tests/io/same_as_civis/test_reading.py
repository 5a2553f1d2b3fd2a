"""Reads give the same through civis_nb.io as through the package civis."""

from __future__ import annotations

import inspect
from typing import Any

import pandas as pd
import polars as pl
import pytest

import civis_nb.io as ours
from tests.io.same_as_civis.conftest import DB, PARAMETERS, POLL, SQL

pytestmark = pytest.mark.exhaustive


def test_signatures(theirs):
    assert set(theirs.__all__) <= set(ours.__all__)
    for name in theirs.__all__:
        wanted = inspect.signature(getattr(theirs, name)).parameters
        found = inspect.signature(getattr(ours, name)).parameters
        old = [one for one in found.values() if one.name in wanted]
        assert [one.name for one in old] == list(wanted), name
        for one in old:
            assert one.kind == wanted[one.name].kind, (name, one)
            assert repr(one.default) == repr(wanted[one.name].default), (name, one)
        for one in found.values():
            if one.name not in wanted:
                assert one.kind is one.KEYWORD_ONLY, (name, one)
                assert one.default is not one.empty, (name, one)


READS: list[dict[str, Any]] = [
    {},
    {"return_as": "pandas"},
    {"return_as": "polars"},
    {"use_pandas": True},
    {"use_pandas": False},
    {"use_pandas": True, "return_as": "pandas"},
    {"use_pandas": False, "return_as": "polars"},
    {"use_pandas": False, "return_as": "pandas"},
    {"use_pandas": True, "return_as": "polars"},
    {"use_pandas": None, "return_as": "polars"},
    {"return_as": "tibble"},
    {"delimiter": "|"},
    {"quotechar": "'"},
    {"nosuch": 1},
    {"encoding": "latin-1"},
    {"return_as": "pandas", "encoding": "latin-1"},
    {"return_as": "pandas", "index_col": "id"},
    {"return_as": "pandas", "nrows": 2},
    {"return_as": "pandas", "usecols": ["f", "id"]},
    {"return_as": "pandas", "dtype": {"id": "float64"}},
    {"return_as": "pandas", "dtype": str, "na_filter": False},
    {"return_as": "pandas", "header": None},
    {"return_as": "pandas", "names": list("abcdef"), "skiprows": 1},
    {"return_as": "pandas", "chunksize": 2},
    {"return_as": "pandas", "sep": "|"},
    {"return_as": "pandas", "engine": "python"},
    {"return_as": "pandas", "dtype_backend": "numpy_nullable"},
    {"return_as": "pandas", "compression": "gzip"},
    {"return_as": "pandas", "low_memory": False},
    {"return_as": "pandas", "nosuch": 1},
    {"return_as": "polars", "n_rows": 2},
    {"return_as": "polars", "has_header": False},
    {"return_as": "polars", "columns": ["f"]},
    {"return_as": "polars", "separator": "|"},
    {"return_as": "polars", "schema_overrides": {"id": pl.String}},
    {"return_as": "polars", "encoding": "utf8-lossy"},
    {"return_as": "polars", "nosuch": 1},
]


@pytest.mark.parametrize("options", READS, ids=str)
def test_reads(same, options):
    same(lambda io_, client: io_.read_civis_sql(SQL, DB, client=client, **POLL, **options))


def test_reads_by_position(same):
    def call(io_, client):
        old = inspect.signature(io_.read_civis_sql).parameters["use_pandas"].default
        given = (SQL, DB, "pandas", old, PARAMETERS, None, "a job", client, None, 0.02, True)
        return io_.read_civis_sql(*given)

    def of_table(io_, client):
        old = inspect.signature(io_.read_civis).parameters["use_pandas"].default
        given = ("public.same", DB, ["a"], "pandas", old, None, "a job", client, None, 0.02, True)
        return io_.read_civis(*given)

    same(call)
    same(of_table)


@pytest.mark.parametrize(
    "sql",
    [
        "select {{x}} as a, {{s.literal}} as b",
        "select 1 as a where 1 = 0",
        "create table if not exists public.same_ddl (a int)",
        "select nosuch",
        "select 1 as a, '' as b union all select null, null",
        "select 1 as a; select 2 as b",
    ],
)
@pytest.mark.parametrize("return_as", ["list", "pandas", "polars"])
def test_statements(same, sql, return_as):
    options = {"sql_params_arguments": PARAMETERS} if "{{" in sql else {}
    same(
        lambda io_, client: io_.read_civis_sql(sql, DB, return_as, client=client, **POLL, **options)
    )


@pytest.mark.parametrize(
    ("database", "options"),
    [
        ("nosuch", {}),
        (999999, {}),
        (DB, {"credential_id": 999999}),
        (DB, {"sql_params_arguments": {"nosuch": 1}}),
    ],
)
def test_what_there_is_not(same, database, options):
    same(lambda io_, client: io_.read_civis_sql("select 1", database, client=client, **options))
    same(lambda io_, client: io_.query_civis("select 1", "nosuch", client=client))


@pytest.fixture(scope="module", autouse=True)
def _table(io_client):
    frame = pd.DataFrame({"a": [1, 2], "Mixed": ["x", "y"], "order": ["p", "q"]})
    options = {"client": io_client, "existing_table_rows": "drop"}
    ours.dataframe_to_civis(frame, DB, "public.same", **options).result()


@pytest.mark.parametrize(
    "columns",
    [
        None,
        ["a"],
        ("a", "Mixed"),
        ["mixed"],
        ["a as b"],
        ["count(*) as n"],
        ['"Mixed"'],
        "a",
        ["no"],
    ],
    ids=str,
)
@pytest.mark.parametrize("return_as", ["list", "pandas"])
def test_columns_of_tables(same, columns, return_as):
    same(
        lambda io_, client: io_.read_civis(
            "public.same", DB, columns, return_as, client=client, **POLL
        )
    )


@pytest.mark.parametrize(
    "table", ["same", '"public"."same"', 'public."same"', "public.no", "no.same"]
)
def test_names_of_tables(same, table):
    same(lambda io_, client: io_.read_civis(table, DB, client=client, **POLL))
    same(lambda io_, client: io_.split_schema_tablename(table))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"preview_rows": 2},
        {"preview_rows": 0},
        {"preview_rows": 1000},
        {"hidden": False},
        {"sql": "select nosuch"},
        {"sql": "create table if not exists public.same_ddl (a int)"},
    ],
    ids=str,
)
def test_queries(same, options):
    def call(io_, client):
        given = {"sql": SQL, **options}
        future = io_.query_civis(database=DB, client=client, **POLL, **given)
        run = future.result()
        return run.result_columns, run["result_rows"], run.state, sorted(run.json())

    same(call)
