"""CSV files: looked at by preprocessing, loaded by imports."""

from __future__ import annotations

import gzip
import itertools

import pytest
import requests

_names = (f"imported_{number}" for number in itertools.count())


@pytest.fixture
def table():
    return next(_names)


@pytest.fixture
def upload(jobs_api):
    def put(content: bytes, name: str = "data.csv") -> int:
        file = jobs_api.post("/files", {"name": name})
        form = [(key, (None, value)) for key, value in file["uploadFields"].items()]
        answer = requests.post(
            file["uploadUrl"], files=[*form, ("file", (name, content))], timeout=30
        )
        assert answer.status_code < 300
        return file["id"]

    return put


@pytest.fixture
def load(jobs_api, table):
    def run(file_ids, **options):
        destination = {
            "schema": "public",
            "table": table,
            "remoteHostId": 1,
            "credentialId": None,
            **options.pop("destination", {}),
        }
        body = {
            "source": {"fileIds": file_ids},
            "destination": destination,
            "firstRowIsHeader": True,
            **options,
        }
        job = jobs_api.post("/imports/files/csv", body)
        return jobs_api.run("/imports/files/csv", job)

    return run


def _rows(jobs_api, table):
    return jobs_api.query(f"select * from public.{table} order by 1", 100)["resultRows"]


COLUMNS = [{"name": "id", "sqlType": "int"}, {"name": "word", "sqlType": "varchar(10)"}]


@pytest.mark.contract("S67")
def test_import_makes_the_table_and_the_catalog_shows_it(jobs_api, http, upload, load, table):
    place = f"/databases/1/schemas/public/tables/{table}"
    assert http("GET", place).status_code == 404
    run = load([upload(b"id,word\n1,a\n2,\n")], tableColumns=COLUMNS)
    assert run["state"] == "succeeded", run["error"]
    assert set(run) >= {"csvImportId", "isCancelRequested"}
    assert http("GET", place).status_code == 200
    (found,) = jobs_api.get("/tables", schema="public", name=table, database_id=1)
    assert found["name"] == table
    assert _rows(jobs_api, table) == [["1", "a"], ["2", None]]


def test_creating_an_import_echoes_it_with_defaults(jobs_api, http, upload):
    file_id = upload(b"id\n1\n")
    body = {
        "source": {"file_ids": [file_id]},
        "destination": {
            "schema": "public",
            "table": "t",
            "remote_host_id": 1,
            "credential_id": 1,
            "primary_keys": None,
            "last_modified_keys": None,
        },
        "first_row_is_header": True,
        "max_errors": None,
        "redshift_destination_options": {"sortkeys": [None, None], "distkey": "id"},
        "table_columns": [{"name": "id", "sql_type": None}],
    }
    answer = http("POST", "/imports/files/csv", json=body)
    assert answer.status_code == 201
    made = answer.json()
    assert made["name"] == f"CSV Import #{made['id']}"
    assert made["destination"]["primaryKeys"] == []
    assert made["redshiftDestinationOptions"] == {
        "diststyle": "key",
        "distkey": "id",
        "sortkeys": [],
    }
    defaults = {
        "columnDelimiter": "comma",
        "escaped": False,
        "compression": "none",
        "existingTableRows": "fail",
        "maxErrors": None,
        "loosenTypes": False,
        "execution": "delayed",
        "hidden": False,
    }
    assert {key: made[key] for key in defaults} == defaults
    assert jobs_api.get(f"/imports/files/csv/{made['id']}") == made
    path = f"/imports/files/csv/{made['id']}"
    changed = http("PATCH", path, json={"destination": {"table": "other"}, "max_errors": 3}).json()
    assert changed["destination"]["table"] == "other"
    assert changed["destination"]["schema"] == "public"
    assert changed["maxErrors"] == 3
    assert changed["source"] == made["source"]
    options = {"redshiftDestinationOptions": {"diststyle": "even"}}
    assert http("PATCH", path, json=options).json()["redshiftDestinationOptions"] == {
        "diststyle": "even",
        "distkey": None,
        "sortkeys": [],
    }
    assert http("PATCH", path, json={"name": "new"}).json()["name"] == "new"
    assert http("PATCH", path, json={"name": ""}).status_code == 400
    assert jobs_api.get(path)["name"] == "new"


@pytest.mark.contract("S63")
def test_existing_rows_are_treated_as_asked(jobs_api, upload, load, table):
    one, two = upload(b"id,word\n1,a\n"), upload(b"id,word\n1,b\n2,c\n")
    assert load([one], tableColumns=COLUMNS)["state"] == "succeeded"
    failed = load([two])
    assert failed["state"] == "failed"
    assert table in failed["error"]
    assert _rows(jobs_api, table) == [["1", "a"]]
    assert load([two], existingTableRows="append")["state"] == "succeeded"
    assert len(_rows(jobs_api, table)) == 3
    assert load([one], existingTableRows="truncate")["state"] == "succeeded"
    assert _rows(jobs_api, table) == [["1", "a"]]
    run = load([two], existingTableRows="upsert", destination={"primaryKeys": ["id"]})
    assert run["state"] == "succeeded", run["error"]
    assert _rows(jobs_api, table) == [["1", "b"], ["2", "c"]]
    run = load([one], existingTableRows="drop", tableColumns=COLUMNS)
    assert run["state"] == "succeeded"
    assert _rows(jobs_api, table) == [["1", "a"]]


def test_bad_rows_up_to_max_errors_are_skipped_and_one_more_fails(jobs_api, upload, load, table):
    file_id = upload(b"id,word\n1,a\nx,b\n3,c\ny,d\n")
    failed = load([file_id], tableColumns=COLUMNS, maxErrors=1)
    assert failed["state"] == "failed"
    assert failed["error"]
    assert jobs_api.query(f"select * from public.{table}")["state"] == "failed"
    run = load([file_id], tableColumns=COLUMNS, maxErrors=2)
    assert run["state"] == "succeeded", run["error"]
    assert _rows(jobs_api, table) == [["1", "a"], ["3", "c"]]
    log = jobs_api.messages(run["csvImportId"], run["id"])
    assert sum(text.startswith("Row skipped") for text in log) == 2


def test_several_files_are_one_unit(jobs_api, upload, load, table):
    good, bad = upload(b"id,word\n1,a\n"), upload(b"id,word\nnot a number,b\n")
    assert load([good, bad], tableColumns=COLUMNS)["state"] == "failed"
    assert jobs_api.query(f"select * from public.{table}")["state"] == "failed"
    gzipped = upload(gzip.compress(b"id,word\n2,b\n"), "data.csv.gz")
    run = load([gzipped], tableColumns=COLUMNS, compression="gzip")
    assert run["state"] == "succeeded", run["error"]
    assert load([good], existingTableRows="append")["state"] == "succeeded"
    assert _rows(jobs_api, table) == [["1", "a"], ["2", "b"]]


def test_loosen_types_widens_text_columns_of_a_new_table(jobs_api, upload, load, table):
    file_id = upload(b"id,word\n1,abcdefghijklmnop\n")
    assert load([file_id], tableColumns=COLUMNS)["state"] == "failed"
    run = load([file_id], tableColumns=COLUMNS, loosenTypes=True)
    assert run["state"] == "succeeded", run["error"]


def test_impossible_imports_are_refused(http, upload):
    file_id = upload(b"id\n1\n")
    destination = {"schema": "public", "table": "t", "remoteHostId": 1, "credentialId": None}
    fine = {
        "source": {"fileIds": [file_id]},
        "destination": destination,
        "firstRowIsHeader": True,
    }
    for change, word in (
        ({"source": {"fileIds": []}}, "fileIds"),
        ({"source": {"fileIds": [987654]}}, "987654"),
        ({"source": {"storagePath": {"storageHostId": 1, "filePaths": ["a"]}}}, "storage"),
        ({"destination": {**destination, "remoteHostId": 66}}, "66"),
        ({"destination": {**destination, "table": " "}}, "table"),
        ({"existingTableRows": "replace"}, "upsert"),
        ({"tableColumns": [{"name": "a"}, {"name": "A"}]}, "twice"),
    ):
        answer = http("POST", "/imports/files/csv", json={**fine, **change})
        assert answer.status_code == 400, change
        assert word in answer.json()["errorDescription"]


def _preprocess(jobs_api, file_id, **options):
    job = jobs_api.post("/files/preprocess/csv", {"fileId": file_id, **options})
    started = jobs_api.post(f"/jobs/{job['id']}/runs")
    run = jobs_api.ended(f"/jobs/{job['id']}/runs/{started['id']}")
    outputs = jobs_api.get(f"/jobs/{job['id']}/runs/{started['id']}/outputs")
    return job, run, outputs


def test_preprocessing_makes_a_new_gzipped_utf8_file(jobs_api, upload):
    file_id = upload("id|name\n1|Zoë\n".encode("latin-1"), "names.csv")
    job, run, outputs = _preprocess(
        jobs_api, file_id, inPlace=False, detectTableColumns=True, forceCharacterSetConversion=True
    )
    assert run["state"] == "succeeded", run["error"]
    assert (job["includeHeader"], job["columnDelimiter"]) == (None, None)
    (output,) = outputs
    assert output["objectType"] == "File"
    file = jobs_api.get(f"/files/{output['objectId']}")
    assert file["id"] != file_id
    info = file["detectedInfo"]
    assert (info["includeHeader"], info["columnDelimiter"], info["compression"]) == (
        True,
        "pipe",
        "gzip",
    )
    assert [column["name"] for column in info["tableColumns"]] == ["id", "name"]
    content = requests.get(file["fileUrl"], timeout=30).content
    assert gzip.decompress(content).decode() == "id|name\n1|Zoë\n"


def test_preprocessing_in_place_keeps_the_file(jobs_api, upload):
    file_id = upload("id,name\n1,Zoë\n".encode("latin-1"))
    _job, run, (output,) = _preprocess(jobs_api, file_id)
    assert run["state"] == "succeeded", run["error"]
    assert output["objectId"] == file_id
    file = jobs_api.get(f"/files/{file_id}")
    assert file["detectedInfo"]["columnDelimiter"] == "comma"
    content = requests.get(file["fileUrl"], timeout=30).content
    assert content.decode() == "id,name\n1,Zoë\n"


def test_what_is_given_is_not_detected(jobs_api, upload):
    file_id = upload(b"1,2|3\n3,4|5\n")
    _job, _run, (output,) = _preprocess(
        jobs_api, file_id, inPlace=False, includeHeader=True, columnDelimiter="comma"
    )
    info = jobs_api.get(f"/files/{output['objectId']}")["detectedInfo"]
    assert (info["includeHeader"], info["columnDelimiter"]) == (True, "comma")


def test_empty_file_fails_with_the_reason(jobs_api, upload):
    file = jobs_api.post("/files", {"name": "empty.csv"})
    _job, run, outputs = _preprocess(jobs_api, file["id"], inPlace=False)
    assert run["state"] == "failed"
    assert "empty.csv" in run["error"]
    assert outputs == []


def test_preprocessing_of_an_unknown_file_is_refused(http):
    answer = http("POST", "/files/preprocess/csv", json={"fileId": 98765})
    assert answer.status_code == 400
    assert "98765" in answer.json()["errorDescription"]
