"""Files and values, up and down, on a local platform; CSV files into tables."""

from __future__ import annotations

import gzip
import io
import pickle

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import civis_nb.io as cio
from civis_nb.errors import (
    CivisAPIError,
    CivisDownloadError,
    CivisImportError,
    CivisInputError,
    CivisJobFailure,
    CivisUploadError,
    EmptyResultError,
)
from civis_nb.io.files.remote import remote_output

DB = "sample"


@pytest.mark.contract("D41")
def test_files_and_values(io_client, tmp_path):
    value = {"a": [1, None, "é"], "camelCase": {"snake_case": 1}}
    assert cio.file_to_json(cio.json_to_file(value, client=io_client), client=io_client) == value
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    file_id = cio.dataframe_to_file(frame, client=io_client, index=False)
    assert_frame_equal(cio.file_to_dataframe(file_id, client=io_client), frame)
    assert cio.file_to_dataframe(file_id, "polars", client=io_client)["b"].to_list() == ["x", "y"]
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(b"a\n1\n"))
    file_id = cio.file_to_civis(tmp_path / "x.csv.gz", client=io_client)
    assert io_client.files.get(file_id).name == "x.csv.gz"
    assert cio.file_to_dataframe(file_id, client=io_client)["a"].to_list() == [1]
    with pytest.raises(CivisDownloadError, match="no JSON"):
        cio.file_to_json(file_id, client=io_client)


@pytest.mark.parametrize(
    "name", ["f.csv.gz", "f.csv.bz2", "f.csv.xz", "f.csv.zip", "a/..", "é" * 200]
)
def test_a_frame_is_compressed_as_its_file_is_named(io_client, name):
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    file_id = cio.dataframe_to_file(frame, name, client=io_client, index=False)
    assert io_client.files.get(file_id).name == name
    buffer = io.BytesIO()
    cio.civis_to_file(file_id, buffer, client=io_client)
    assert (buffer.getvalue() == b"a,b\n1,x\n2,y\n") == ("csv" not in name)
    assert_frame_equal(cio.file_to_dataframe(file_id, client=io_client), frame)


@pytest.mark.parametrize("name", [None, " ", 5])
def test_a_frame_needs_a_name(io_client, name):
    with pytest.raises(CivisInputError, match="name can't be"):
        cio.dataframe_to_file(pd.DataFrame({"a": [1]}), name, client=io_client)


def test_upload_arguments(io_client):
    file_id = cio.file_to_civis(
        io.BytesIO(b"x"), "n", expires_at=None, description="d", client=io_client
    )
    file = io_client.files.get(file_id)
    assert (file.name, file.expires_at, file.description) == ("n", None, "d")
    with pytest.raises(TypeError, match="name="):
        cio.file_to_civis(io.BytesIO(b"x"), client=io_client)
    with pytest.raises(ValueError, match="512"):
        cio.file_to_civis(io.BytesIO(b"x"), "n", description="d" * 513, client=io_client)


@pytest.mark.contract("C36")
def test_large_file_goes_up_in_parts(io_client, tmp_path):
    import os

    data = os.urandom(1024 * 1024) * 51
    (tmp_path / "large").write_bytes(data)
    file_id = cio.file_to_civis(tmp_path / "large", client=io_client)
    buffer = io.BytesIO()
    cio.civis_to_file(file_id, buffer, client=io_client)
    assert buffer.getvalue() == data


@pytest.mark.contract("D5")
def test_upload_of_which_half_was_kept_raises(io_client, altered, answer):
    def get(file_id):
        file = io_client.files.get(file_id)
        return answer(file_size=file.file_size // 2, file_url=file.file_url, name=file.name)

    client = altered(io_client, files={"get": get})
    with pytest.raises(CivisUploadError, match="10 bytes were sent"):
        cio.file_to_civis(io.BytesIO(b"0123456789"), "x", client=client)
    frame = pd.DataFrame({"a": [1]})
    with pytest.raises(CivisUploadError, match="did not arrive whole"):
        cio.dataframe_to_civis(frame, DB, "public.half", client=client)
    with pytest.raises(CivisAPIError, match="404"):
        io_client.databases.get_schemas_tables(io_client.get_database_id(DB), "public", "half")


def test_size_that_the_platform_does_not_keep_is_asked_of_the_store(io_client, altered, answer):
    def get(file_id):
        return answer(file_size=0, file_url=io_client.files.get(file_id).file_url, name="x")

    client = altered(io_client, files={"get": get})
    assert cio.file_to_civis(io.BytesIO(b"0123456789"), "x", client=client)


@pytest.mark.contract("C39")
def test_file_without_content(io_client):
    file_id = cio.file_to_civis(io.BytesIO(b""), "empty", client=io_client)
    with pytest.raises(EmptyResultError, match="no content"):
        cio.civis_to_file(file_id, io.BytesIO(), client=io_client)


def test_output_that_has_expired(io_client):
    run = cio.export_to_civis_file("select 1 as a", DB, client=io_client).result()
    io_client.files.patch(run.output[0].file_id, expires_at="2020-01-01T00:00:00Z")
    (output,) = io_client.scripts.get_sql_runs(run.sql_id, run.id).output
    with pytest.raises(EmptyResultError, match=r"expired.*Run the statement again"):
        remote_output(io_client, output)


def test_bad_targets_of_downloads(tmp_path):
    with pytest.raises(CivisInputError, match="takes text"):
        cio.civis_to_file(1, io.StringIO(), client=object())
    with pytest.raises(IsADirectoryError):
        cio.civis_to_file(1, tmp_path, client=object())
    with pytest.raises(CivisInputError, match="neither a path nor"):
        cio.civis_to_file(1, 5, client=object())


def test_csv_files_into_tables(io_client, tmp_path):
    (tmp_path / "x.csv").write_text("a|b\n1|x\n2|\n")
    cio.csv_to_civis(tmp_path / "x.csv", DB, "public.csv", delimiter="|", client=io_client).result()
    assert cio.read_civis("public.csv", DB, client=io_client)[0] == ["a", "b"]
    assert len(cio.read_civis("public.csv", DB, client=io_client)) == 3
    ids = [
        cio.file_to_civis(io.BytesIO(text), "y.csv", client=io_client)
        for text in (b"a,b\n1,x\n", b"a,b\n2,longer\n")
    ]
    cio.civis_file_to_table(ids, DB, "public.two", client=io_client).result()
    assert len(cio.read_civis("public.two", DB, client=io_client)) == 3


@pytest.mark.parametrize("text", ["", "a|b\n1|x\n"])
def test_file_that_can_not_be_prepared_fails_the_import(io_client, tmp_path, text):
    (tmp_path / "x.csv").write_text(text)
    # As of the package `civis`, and with what the run said.
    with pytest.raises(CivisImportError, match=r"is empty|separated by pipes") as caught:
        cio.csv_to_civis(tmp_path / "x.csv", DB, "public.unprepared", client=io_client)
    assert isinstance(caught.value, CivisJobFailure)
    assert caught.value.response.state == "failed"
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.job_id) == (str(caught.value), caught.value.job_id)


def test_ids_that_are_text_are_refused():
    with pytest.raises(TypeError, match="int"):
        cio.civis_file_to_table("5", DB, "a.b", client=object())
    with pytest.raises(CivisInputError, match="'drop'"):
        cio.civis_file_to_table(5, DB, "a.b", existing_table_rows="drpo", client=object())
    with pytest.raises(CivisInputError, match="primary_keys"):
        cio.civis_file_to_table(5, DB, "a.b", existing_table_rows="upsert", client=object())


def test_output_files_are_found(io_client, answer, altered):
    outputs = [
        answer(object_type="JSONValue", name="a", object_id=1),
        answer(object_type="File", name="report.csv", object_id=2),
    ]
    client = altered(io_client, jobs={"list_runs_outputs": lambda *a, **k: iter(outputs)})
    assert cio.file_id_from_run_output("report.csv", 1, 2, client=client) == 2
    assert cio.file_id_from_run_output("rep.*", 1, 2, regex=True, client=client) == 2
    with pytest.raises(FileNotFoundError, match=r"report\.csv"):
        cio.file_id_from_run_output("a", 1, 2, client=client)
    with pytest.raises(OSError, match="no run"):
        cio.file_id_from_run_output("a", 999999, 2, client=io_client)
