"""Frames written into tables: names, columns, rows that exist, and what no table can hold."""

from __future__ import annotations

import gzip
import io

import pandas as pd
import polars as pl
import pytest
import requests

import civis_nb.io as cio
from civis_nb.errors import (
    CivisAPIError,
    CivisError,
    CivisInputError,
)

DB = "sample"


@pytest.mark.contract("D29")
def test_names_that_need_quotes(io_client):
    frame = pd.DataFrame({"last,first": ["a"], "Mixed": [1], "order": [2]})
    cio.dataframe_to_civis(frame, DB, 'public."my.odd table"', client=io_client).result()
    rows = cio.read_civis('public."my.odd table"', DB, client=io_client)
    assert rows == [["last,first", "Mixed", "order"], ["a", "1", "2"]]
    picked = cio.read_civis(
        'public."my.odd table"', DB, columns=["last,first", "Mixed"], client=io_client
    )
    assert picked == [["last,first", "Mixed"], ["a", "1"]]
    with pytest.raises(CivisInputError, match="schema"):
        cio.dataframe_to_civis(frame, DB, "table_only", client=io_client)
    with pytest.raises(CivisInputError, match="double quotes"):
        cio.read_civis("a.b.c", DB, client=io_client)


@pytest.mark.contract("D31")
def test_unquoted_name_with_a_space_is_that_table(io_client):
    cio.dataframe_to_civis(
        pd.DataFrame({"a": [7]}), DB, "public.spaced table", client=io_client
    ).result()
    assert cio.read_civis("public.spaced table", DB, client=io_client) == [["a"], ["7"]]


@pytest.mark.contract("D32")
def test_appended_columns_are_matched_by_name(io_client):
    table = "public.by_name"
    cio.dataframe_to_civis(pd.DataFrame({"a": [1], "b": [2]}), DB, table, client=io_client).result()
    more = pd.DataFrame({"B": [20], "a": [10]})
    options = {"existing_table_rows": "append", "client": io_client}
    future = cio.dataframe_to_civis(more, DB, table, **options)
    future.result()
    rows = cio.read_civis(table, DB, client=io_client)
    assert sorted(rows[1:]) == [["1", "2"], ["10", "20"]]
    # The same for a server that goes by position: both the text and what describes it.
    job = io_client.imports.get_files_csv(future.job_id)
    assert [column.name for column in job.table_columns] == ["a", "b"]
    sent = io.BytesIO()
    cio.civis_to_file(job.source.file_ids[0], sent, client=io_client)
    assert gzip.decompress(sent.getvalue()) == b"a,B\n10,20\n"


@pytest.mark.parametrize("status", [500, 403])
def test_columns_that_can_not_be_asked_for_are_not_guessed(io_client, altered, caplog, status):
    table, frame = f"public.unseen_{status}", pd.DataFrame({"a": [1], "b": [2]})
    cio.dataframe_to_civis(frame, DB, table, client=io_client).result()

    def refused(*_: object) -> object:
        answer = requests.Response()
        answer.status_code = status
        raise CivisAPIError(answer)

    client = altered(io_client, databases={"get_schemas_tables": refused})
    options = {"existing_table_rows": "append", "client": client}
    if status == 403:
        cio.dataframe_to_civis(frame, DB, table, **options).result()
        assert "You may not see the columns of public.unseen_403" in caplog.text
        return
    with pytest.raises(CivisAPIError) as caught:
        cio.dataframe_to_civis(frame[["b", "a"]], DB, table, **options)
    assert "the question for the table's columns" in caught.value.__notes__[0]
    assert cio.read_civis(table, DB, client=io_client)[1:] == [["1", "2"]]
    named = [{"name": "a"}, {"name": "b"}]
    cio.dataframe_to_civis(frame, DB, table, table_columns=named, **options).result()


def test_headers_of_older_scripts_say_what_is_so(io_client, altered):
    frame = pd.DataFrame({"a": [1]})
    options = {"existing_table_rows": "drop", "headers": True, "client": io_client}
    for one in (frame, pl.from_pandas(frame)):
        cio.dataframe_to_civis(one, DB, "public.headers", **options).result()
        assert cio.read_civis("public.headers", DB, client=io_client) == [["a"], ["1"]]
    silent = altered(io_client, files=None, imports=None)
    with pytest.raises(CivisInputError, match="header=False leaves that line out"):
        cio.dataframe_to_civis(frame, DB, "public.headers", headers=False, client=silent)


def test_frame_that_lacks_columns_names_its_own(io_client, altered):
    table = "public.filled"
    sql = (
        f"drop table if exists {table}; create table {table} (id int default 7, a int, b "
        f"varchar(9))"
    )
    cio.query_civis(sql, DB, client=io_client).result()
    frame = pl.DataFrame({"b": ["x"]})
    silent = altered(io_client, files=None, imports=None)
    options = {"existing_table_rows": "append"}
    with pytest.raises(CivisInputError, match=r"the frame lacks: 'id', 'a'.*Nothing was sent"):
        cio.dataframe_to_civis(frame, DB, table, client=silent, **options)
    with pytest.raises(CivisInputError, match=r"no column 'c'.*lacks 'id', 'a'"):
        cio.dataframe_to_civis(
            pl.DataFrame({"b": ["x"], "c": [1]}), DB, table, client=silent, **options
        )
    options["table_columns"] = [{"name": "b"}]
    cio.dataframe_to_civis(frame, DB, table, client=io_client, **options).result()
    assert cio.read_civis(table, DB, client=io_client)[1:] == [["7", "", "x"]]


def test_existing_table_fails_and_is_unchanged(io_client):
    frame = pd.DataFrame({"a": [1]})
    cio.dataframe_to_civis(frame, DB, "public.there", client=io_client).result()
    with pytest.raises(CivisError):
        cio.dataframe_to_civis(frame, DB, "public.there", client=io_client).result()
    assert cio.read_civis("public.there", DB, client=io_client) == [["a"], ["1"]]


@pytest.mark.contract("D33")
@pytest.mark.parametrize(
    ("frame", "options"),
    [
        (pd.DataFrame({"id": [1, 2], "s": ["x", "y|"]}), {"sep": "|"}),
        (pd.DataFrame({"id": [1, 2], "s": ["x", "y|"]}), {"header": False}),
        (pl.DataFrame({"id": [1, 2], "s": ["x", "y|"]}), {"separator": "|"}),
        (pl.DataFrame({"id": [1, 2], "s": ["x", "y|"]}), {"include_header": False}),
    ],
)
def test_options_of_the_writers_lose_nothing(io_client, frame, options):
    cio.dataframe_to_civis(
        frame, DB, "public.options", existing_table_rows="drop", client=io_client, **options
    ).result()
    rows = cio.read_civis("public.options", DB, client=io_client)
    assert rows == [["id", "s"], ["1", "x"], ["2", "y|"]]


def test_index_is_written_when_asked_for(io_client):
    frame = pd.DataFrame({"v": [1]}, index=pd.Index(["k"], name="key"))
    cio.dataframe_to_civis(frame, DB, "public.indexed", client=io_client, index=True).result()
    assert cio.read_civis("public.indexed", DB, client=io_client) == [["key", "v"], ["k", "1"]]


@pytest.mark.contract("D34")
def test_table_columns_with_names_only_give_the_names(io_client):
    cio.dataframe_to_civis(
        pd.DataFrame({"a": [1], "b": ["007"]}),
        DB,
        "public.named",
        table_columns=[{"name": "x"}, {"name": "y"}],
        client=io_client,
    ).result()
    frame = cio.read_civis("public.named", DB, return_as="pandas", types="exact", client=io_client)
    assert frame.to_dict("list") == {"x": [1], "y": ["007"]}


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pd.DataFrame({"a": [b"x"]}), "binary"),
        (pd.DataFrame({"a": [[1, 2]]}), "list"),
        (pd.DataFrame({"a": [{"x": 1}]}), "struct"),
        (pd.DataFrame({"a": [object()]}), "object"),
        (pd.DataFrame({"a": [1 + 2j]}), "complex"),
        (pd.DataFrame({"a": pd.to_datetime([1], unit="ns")}), "microsecond"),
        (pd.DataFrame(), "no columns"),
        (pd.DataFrame([[1, 2]], columns=["a", "A"]), "keep apart"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "keep apart"),
        (pl.DataFrame({"a": [[1]]}), "list"),
        (pl.DataFrame({"a": [1]}).lazy(), "collect"),
        ({"a": [1]}, "dict"),
        ([1], "list"),
    ],
)
def test_frames_that_no_table_can_hold_are_refused(io_client, altered, frame, said):
    def never(*args, **kwargs):
        raise AssertionError("something was sent")

    client = altered(io_client, files={"post": never, "post_multipart": never})
    with pytest.raises(CivisInputError, match=said):
        cio.dataframe_to_civis(frame, DB, "public.refused", client=client)


def test_mixed_objects_are_text(io_client):
    frame = pd.DataFrame({"a": [1, "x", None, 2.5]})
    cio.dataframe_to_civis(frame, DB, "public.mixed", client=io_client).result()
    back = cio.read_civis("public.mixed", DB, return_as="polars", types="exact", client=io_client)
    assert back["a"].to_list() == ["1", "x", None, "2.5"]


def test_empty_frame_makes_an_empty_table(io_client):
    frame = pd.DataFrame({"a": pd.array([], dtype="int64"), "s": pd.array([], dtype="str")})
    cio.dataframe_to_civis(frame, DB, "public.no_rows", client=io_client).result()
    back = cio.read_civis("public.no_rows", DB, return_as="pandas", types="exact", client=io_client)
    assert list(back.columns) == ["a", "s"]
    assert len(back) == 0
