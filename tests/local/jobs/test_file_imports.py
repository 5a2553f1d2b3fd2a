"""Files into tables by way of imports: AutoImport, and the R client's three requests."""

from __future__ import annotations

import gzip

import pytest
import requests

pytestmark = pytest.mark.exhaustive

HOST = {"remoteHostId": 2, "credentialId": 1}


@pytest.fixture
def table(table_names):
    return next(table_names)


@pytest.fixture
def auto(moves_api, upload_to, table):
    """Import a file with AutoImport, and give the ended run."""

    def run(content, **options):
        file_id = upload_to(moves_api.http, content)
        body = {"name": "n", "sync_type": "AutoImport", "is_outbound": False, "destination": HOST}
        job = moves_api.post("/imports", body)
        sync = {
            "source": {"file": {"id": file_id}},
            "destination": {"database_table": {"schema": "public", "table": table}},
            "advanced_options": options,
        }
        made = moves_api.post(f"/imports/{job['id']}/syncs", sync)
        assert made["source"]["file"] == {"id": file_id, "name": "a.csv"}
        assert (made["source"]["id"], made["source"]["path"]) == (file_id, "a.csv")
        # As the R client does: started and looked at under /jobs.
        started = moves_api.post(f"/jobs/{job['id']}/runs")
        return moves_api.ended(f"/jobs/{job['id']}/runs/{started['id']}")

    return run


@pytest.fixture
def rows(moves_api, table):
    def read():
        query = moves_api.query(f"select * from public.{table} order by all", 100, database=2)
        assert query["state"] == "succeeded", query["error"]
        return query["resultRows"]

    return read


@pytest.fixture
def columns(moves_api, table):
    def read():
        found = moves_api.get(f"/databases/2/schemas/public/tables/{table}")["columns"]
        return {column["name"]: column["sqlType"] for column in found}

    return read


def test_delimiter_header_compression_and_types_are_found(auto, rows, columns):
    run = auto(gzip.compress(b"id|word|day\n1|a|2026-01-02\n2|\n".replace(b"2|\n", b"2||\n")))
    assert run["state"] == "succeeded", run["error"]
    assert columns() == {"id": "BIGINT", "word": "VARCHAR", "day": "DATE"}
    assert rows() == [["1", "a", "2026-01-02"], ["2", None, None]]


def test_other_character_sets_and_told_forms(auto, rows, columns):
    content = "Zoë\tx\nMáté\ty\n".encode("latin-1")
    run = auto(content, firstRowIsHeader=False, columnDelimiter="tab")
    assert run["state"] == "succeeded", run["error"]
    assert list(columns()) == ["column_0", "column_1"]
    assert rows() == [["Máté", "y"], ["Zoë", "x"]]


def test_names_and_types_are_overridden_by_index(auto, rows, columns):
    overrides = {"0": {"name": "code", "type": "VARCHAR(9)"}, "2": {"sql_type": "bigint"}}
    run = auto(b"id,word,n\n001,a,1\n002,b,2\n", columnOverrides=overrides)
    assert run["state"] == "succeeded", run["error"]
    assert columns() == {"code": "VARCHAR(9)", "word": "VARCHAR", "n": "BIGINT"}
    assert rows() == [["001", "a", "1"], ["002", "b", "2"]]


@pytest.mark.parametrize("overrides", [{"7": {"name": "x"}}, {"id": {"name": "x"}}, {"0": "x"}])
def test_overrides_of_no_column_fail(auto, overrides):
    run = auto(b"id\n1\n", columnOverrides=overrides)
    assert (run["state"], "columnOverrides" in run["error"]) == ("failed", True)


def test_quotes_escaped_by_a_backslash(auto, rows):
    run = auto(b'id,word\n1,"say \\"hi\\", you"\n', escaped=True)
    assert run["state"] == "succeeded", run["error"]
    assert rows() == [["1", 'say "hi", you']]


def test_existing_rows_are_treated_as_asked(auto, rows, table):
    assert auto(b"id,word\n1,a\n")["state"] == "succeeded"
    failed = auto(b"id,word\n2,b\n")
    assert (failed["state"], table in failed["error"]) == ("failed", True)
    assert auto(b"word,id\nb,2\n", existingTableRows="append")["state"] == "succeeded"
    assert rows() == [["1", "a"], ["2", "b"]]
    run = auto(b"3,c\n", existingTableRows="truncate", firstRowIsHeader=False)
    assert run["state"] == "succeeded", run["error"]
    assert rows() == [["3", "c"]]
    assert auto(b"n\n9\n", existingTableRows="drop", firstRowIsHeader=True)["state"] == "succeeded"
    assert rows() == [["9"]]


def test_wrong_rows_up_to_max_errors_are_skipped(auto, rows):
    assert auto(b"id,word\n1,a\n")["state"] == "succeeded"
    bad = b"id,word\nx,b\n2,c\ny,d\n"
    assert auto(bad, existingTableRows="append", maxErrors=1)["state"] == "failed"
    assert rows() == [["1", "a"]]
    run = auto(bad, existingTableRows="append", maxErrors=2)
    assert run["state"] == "succeeded", run["error"]
    assert rows() == [["1", "a"], ["2", "c"]]


def test_several_files_of_one_import_are_one_unit(moves_api, upload_to, table_names):
    body = {"name": "n", "syncType": "AutoImport", "isOutbound": False, "destination": HOST}
    job = moves_api.post("/imports", body)
    names = [next(table_names) for _ in range(2)]
    for name, content in zip(names, (b"id\n1\n", b"id,word\n1,a\n2\n"), strict=True):
        sync = {
            "source": {"file": {"id": upload_to(moves_api.http, content)}},
            "destination": {"databaseTable": {"schema": "public", "table": name}},
        }
        last = moves_api.post(f"/imports/{job['id']}/syncs", sync)

    def ended():
        run_id = moves_api.post(f"/imports/{job['id']}/runs")["runId"]
        return moves_api.ended(f"/imports/files/{job['id']}/runs/{run_id}")["state"]

    def there():
        places = [f"/databases/2/schemas/public/tables/{name}" for name in names]
        return [moves_api.http("GET", place).status_code == 200 for place in places]

    assert (ended(), there()) == ("failed", [False, False])
    path = f"/imports/{job['id']}/syncs/{last['id']}"
    moves_api.http.json("PATCH", path, json={"advancedOptions": {"maxErrors": 1}})
    assert (ended(), there()) == ("succeeded", [True, True])


def test_an_empty_file_fails(auto):
    assert auto(b"\n")["state"] == "failed"


@pytest.fixture
def announce(moves_api, table):
    def make(**fields):
        body = {"schema": "public", "name": table, "remoteHostId": "2", "credentialId": "1"}
        answer = moves_api.http("POST", "/imports/files", json={**body, **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return make


def _run(moves_api, made):
    answer = requests.post(made["runUri"], auth=(moves_api.http.api_key, ""), timeout=30)
    assert answer.status_code == 202
    run = answer.json()
    assert run["importId"] == made["id"]
    return moves_api.ended(f"/imports/files/{made['id']}/runs/{run['id']}")


@pytest.mark.contract("S69")
def test_a_file_is_put_and_imported(moves_api, announce, rows):
    made = announce(firstRowIsHeader=True, sortkey1=None)
    assert made["uploadFields"] == {}
    answer = requests.put(made["uploadUri"], data=b"id,word\n1,a\n", timeout=30)
    assert answer.status_code == 200
    run = _run(moves_api, made)
    assert run["state"] == "succeeded", run["error"]
    assert rows() == [["1", "a"]]
    path = f"/imports/files/{made['id']}/runs"
    assert [item["id"] for item in moves_api.get(path)] == [run["id"]]
    log = moves_api.get(f"{path}/{run['id']}/logs")
    assert any("1 row loaded" in entry["message"] for entry in log)
    assert moves_api.get(f"/imports/{made['id']}")["syncType"] == "AutoImport"


def test_a_file_is_sent_as_a_form_when_asked(moves_api, announce, rows):
    made = announce(multipart=True, column_delimiter="pipe")
    form = {**made["uploadFields"], "file": b"id|word\n1|a\n"}
    assert requests.post(made["uploadUri"], files=form, timeout=30).ok
    assert _run(moves_api, made)["state"] == "succeeded"
    assert rows() == [["1", "a"]]


def test_a_run_before_the_upload_fails_and_says_so(moves_api, announce):
    run = _run(moves_api, announce())
    assert (run["state"], "upload" in run["error"]) == ("failed", True)


def test_impossible_file_imports_are_refused(moves_api):
    fine = {"schema": "public", "name": "t", "remoteHostId": 2, "credentialId": 1}
    for change, word in (
        ({"remoteHostId": 9}, "database 9"),
        ({"credentialId": 99}, "credential 99"),
        ({"name": " "}, "name"),
        ({"existingTableRows": "upsert"}, "existing_table_rows"),
        ({"columnDelimiter": ";"}, "column_delimiter"),
    ):
        answer = moves_api.http("POST", "/imports/files", json={**fine, **change})
        assert (answer.status_code, word in answer.json()["errorDescription"]) == (400, True)
