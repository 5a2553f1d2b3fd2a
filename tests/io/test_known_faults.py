"""Values, names and failures that tools for tables and files often lose or hide."""

from __future__ import annotations

import gzip
import io
import json
import traceback

import pandas as pd
import polars as pl
import pytest
import requests

import civis_nb.io as cio
from civis_nb.errors import CivisClientError, CivisDownloadError, CivisJobFailure

DB = "sample"


@pytest.fixture
def given(io_client):
    return {"client": io_client, "polling_interval": 0.02}


WORDS = ["", "NA", "N/A", "null", "NULL", "None", "nan", "NaN", "#N/A", "<NA>", "\\N", "-", None]


@pytest.mark.contract("D25")
@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
def test_words_for_nothing_and_nothing_stay_apart(given, kind):
    table = f"public.words_{kind.__module__.split('.')[0]}"
    frame = kind({"n": range(len(WORDS)), "word": WORDS})
    cio.dataframe_to_civis(frame, DB, table, **given).result()
    sql = f"select * from {table} order by n"
    rows = cio.read_civis_sql(sql, DB, types="exact", **given)
    assert [row[1] for row in rows[1:]] == WORDS
    frames = {
        kind: cio.read_civis_sql(sql, DB, kind, types="exact", **given)["word"]
        for kind in ("pandas", "polars")
    }
    assert frames["polars"].to_list() == WORDS
    assert [None if pd.isna(word) else word for word in frames["pandas"]] == WORDS
    assert cio.read_civis_sql(sql, DB, "arrow", **given)["word"].to_pylist() == WORDS


NAMES = ["a#b?c/d%e&f=g +h;i'j", 'a.b""c', "%2F", "é漢😀", "a\nb", "--", "{{x}}", "select", "1"]


@pytest.mark.exhaustive
@pytest.mark.contract("D35")
@pytest.mark.parametrize("name", NAMES)
def test_any_character_in_the_name_of_a_table(given, name):
    table = f'public."{name}"'
    cio.dataframe_to_civis(pd.DataFrame({"a": ["007"]}), DB, table, **given).result()
    assert cio.read_civis(table, DB, types="exact", **given) == [["a"], ["007"]]
    future = cio.dataframe_to_civis(pd.DataFrame({"a": ["008"]}), DB, table, **given)
    with pytest.raises(CivisJobFailure, match="exists"):
        future.result()
    more = pd.DataFrame({"A": ["008"]})
    cio.dataframe_to_civis(more, DB, table, existing_table_rows="append", **given).result()
    rows = cio.read_civis(table, DB, ["a"], types="exact", **given)
    assert sorted(rows[1:]) == [["007"], ["008"]]


@pytest.mark.contract("D39")
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\n\n", "no row"),
        (gzip.compress(b"a,b\n1,2\n" * 100)[:-9], "gzip"),
        (b"PK\3\4 no zip", "zip"),
    ],
)
def test_failed_preparation_says_why(given, content, said):
    file_id = cio.file_to_civis(io.BytesIO(content), "a.csv", client=given["client"])
    with pytest.raises(CivisJobFailure, match=said):
        cio.civis_file_to_table(file_id, DB, "public.not_prepared", **given).result()


@pytest.mark.contract("C40", "D3")
def test_members_of_a_gzip_file(given, altered, answer):
    whole = gzip.compress(b"a,b\n1,x\n") + gzip.compress(b"2,y\n") + gzip.compress(b"")
    client = given["client"]
    for content, rows in ((whole, 2), (whole[:-20] + whole[-20:-4] + b"\1\0\0\0", None)):
        file_id = cio.file_to_civis(io.BytesIO(content), "a.csv.gz", client=client)
        url = client.files.get(file_id).file_url
        output = answer(file_id=file_id, path=url, output_name="x")
        run = answer(id=1, state="succeeded", output=[output])
        other = altered(client, scripts={"get_sql_runs": lambda *ids, run=run: run})
        for kind in ("list", "pandas", "polars", "arrow"):
            if rows is None:
                with pytest.raises(CivisDownloadError, match="file"):
                    cio.read_civis_sql("select 1", DB, kind, client=other)
            else:
                found = cio.read_civis_sql("select 1", DB, kind, client=other)
                assert len(found) == rows + (kind == "list")


@pytest.mark.contract("D34")
def test_names_without_types_count_for_files_too(given):
    file_id = cio.file_to_civis(io.BytesIO(b"a,b\n007,x\n"), "a.csv", client=given["client"])
    columns = [{"name": "Code"}, {"name": "last,first"}]
    table = "public.named_columns"
    cio.civis_file_to_table(file_id, DB, table, table_columns=columns, **given).result()
    assert cio.read_civis(table, DB, **given)[0] == ["Code", "last,first"]


@pytest.mark.contract("C42")
def test_types_are_detected_only_for_new_tables_without_types(given, altered):
    client, asked = given["client"], []

    def post(*args, **options):
        asked.append(options["detect_table_columns"])
        return client.files.post_preprocess_csv(*args, **options)

    watched = {**given, "client": altered(client, files={"post_preprocess_csv": post})}
    file_id = cio.file_to_civis(io.BytesIO(b"a\n1\n"), "a.csv", client=client)
    typed = [{"name": "a", "sql_type": "INTEGER"}]
    for options, expected in (
        ({}, True),
        ({"existing_table_rows": "append"}, False),
        ({"existing_table_rows": "drop"}, True),
        ({"existing_table_rows": "drop", "table_columns": typed}, False),
        ({"existing_table_rows": "drop", "table_columns": [{"name": "a"}]}, True),
    ):
        cio.civis_file_to_table(file_id, DB, "public.detected", **watched, **options).result()
        assert asked.pop() is expected, options


@pytest.mark.contract("D38")
def test_download_that_fails_is_a_future_that_fails(given, tmp_path):
    target = tmp_path / "folder" / "out.csv"
    target.parent.mkdir()
    future = cio.civis_to_csv(target, "select i from generate_series(0, 9) t(i)", DB, **given)
    target.parent.rmdir()
    with pytest.raises(OSError, match="out"):
        future.result()
    assert future.failed()
    assert not future.succeeded()


def test_manifest_shows_no_signature_and_its_links_work(given):
    sql = "select i from generate_series(0, 2) t(i)"
    manifest = cio.civis_to_multifile_csv(sql, DB, **given)
    links = [entry["url_signed"] for entry in manifest["entries"]]
    for link in links:
        signature = link.rpartition("signature=")[2]
        assert len(signature) > 20
        assert signature not in repr(manifest)
        assert requests.get(link, timeout=30).text == "0\n1\n2\n"
    assert json.loads(json.dumps(manifest)) == manifest


@pytest.mark.parametrize(
    "content",
    [b"no json", b"[]", b'{"entries": 5}', b'{"x": 1}', b'{"entries": ["signature=s3cret"]}'],
)
def test_manifest_that_is_none(given, altered, answer, content):
    file_id = cio.file_to_civis(io.BytesIO(content), "manifest.json", client=given["client"])
    run = answer(id=1, state="succeeded", output=[answer(file_id=file_id)])
    other = altered(given["client"], scripts={"get_sql_runs": lambda *ids: run})
    with pytest.raises(CivisClientError, match="is no manifest") as caught:
        cio.read_civis_sql("select 1", DB, client=other, parallel=True)
    assert caught.value.__context__ is None
    frames = traceback.walk_tb(caught.value.__traceback__.tb_next)  # the test's own knows it
    told = traceback.StackSummary.extract(frames, capture_locals=True).format()
    assert "s3cret" not in "".join([*told, str(caught.value)])
