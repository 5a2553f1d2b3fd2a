"""CSV exports as jobs of their own, and columns of results that have no rows."""

from __future__ import annotations

import gzip
import io
import json
import zipfile

import pytest
import requests

SQL = "select 1 as a, 'x' as b union all select 2, 'y' order by 1"
SOURCE = {"sql": SQL, "remoteHostId": 1, "credentialId": 1}


@pytest.fixture
def make(moves_api):
    def run(**fields):
        body = {"source": SOURCE, "destination": {}, **fields}
        answer = moves_api.http("POST", "/exports/files/csv", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return run


@pytest.fixture
def exported(moves_api):
    """Run an export and give its only output's content."""

    def run(job):
        path = f"/exports/files/csv/{job['id']}/runs"
        started = moves_api.http("POST", path, json={})
        assert started.status_code == 202
        assert started.headers["Location"].endswith(f"{path}/{started.json()['id']}")
        ended = moves_api.ended(f"{path}/{started.json()['id']}")
        assert ended["state"] == "succeeded", ended["error"]
        assert set(ended) >= {"outputCachedOn"}
        assert "isCancelRequested" not in ended
        assert moves_api.get(f"{path}/{ended['id']}/logs")
        (output,) = moves_api.get(f"{path}/{ended['id']}/outputs")
        assert output["objectType"] == "File"
        file = moves_api.get(f"/files/{output['objectId']}")
        return file["name"], requests.get(file["fileUrl"], timeout=30).content

    return run


@pytest.mark.contract("S36")
def test_defaults_are_echoed(moves_api, make):
    made = make()
    assert made == {
        "id": made["id"],
        "name": f"CSV Export #{made['id']}",
        "source": SOURCE,
        "destination": {
            "filenamePrefix": None,
            "storagePath": {
                "filePath": None,
                "storageHostId": None,
                "credentialId": None,
                "existingFiles": "fail",
            },
        },
        "includeHeader": True,
        "compression": "gzip",
        "columnDelimiter": "comma",
        "hidden": False,
        "forceMultifile": False,
        "maxFileSize": None,
        "myPermissionLevel": "manage",
    }
    assert moves_api.get(f"/exports/files/csv/{made['id']}") == made


def test_settings_change_the_bytes(make, exported):
    name, content = exported(make(destination={"filenamePrefix": "mine"}))
    assert (name.startswith("mine"), gzip.decompress(content)) == (
        True,
        b'"a","b"\n1,"x"\n2,"y"\n',
    )
    _, content = exported(make(include_header=False, compression="none", columnDelimiter="pipe"))
    assert content == b'1|"x"\n2|"y"\n'
    _, content = exported(make(compression="zip"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read(archive.namelist()[0]) == b'"a","b"\n1,"x"\n2,"y"\n'


def test_several_files_are_listed_in_a_manifest(make, exported):
    made = make(force_multifile=True, max_file_size=1, compression="none")
    assert (made["forceMultifile"], made["maxFileSize"]) == (True, 1)
    manifest = json.loads(exported(made)[1])
    assert manifest["header"] == ["a", "b"]
    parts = [requests.get(e["url_signed"], timeout=30).content for e in manifest["entries"]]
    assert b"".join(parts) == b'1,"x"\n2,"y"\n'


@pytest.mark.parametrize("multifile", [False, True])
def test_names_in_other_scripts_are_cut_to_what_a_file_system_takes(make, exported, multifile):
    wanted = "\N{CJK UNIFIED IDEOGRAPH-6F22}" * 90
    made = make(destination={"filenamePrefix": wanted}, force_multifile=multifile)
    name, _ = exported(made)
    assert name.startswith(wanted[:60])
    assert len(name.encode()) < 255


def test_an_export_is_changed_replaced_archived_and_listed(moves_api, make):
    made = make(name="to change", compression="none")
    path = f"/exports/files/csv/{made['id']}"
    changed = moves_api.http.json("PATCH", path, json={"source": {"sql": "select 2 as b"}})
    assert changed == {**made, "source": {**SOURCE, "sql": "select 2 as b"}}
    body = {"source": SOURCE, "destination": {"filenamePrefix": "p"}}
    replaced = moves_api.http.json("PUT", path, json=body)
    assert (replaced["compression"], replaced["destination"]["filenamePrefix"]) == ("gzip", "p")
    listed = {item["id"]: item for item in moves_api.get("/exports", type="database", limit=50)}
    assert listed[made["id"]]["state"] == "idle"
    assert made["id"] not in [item["id"] for item in moves_api.get("/exports", type="gdoc")]
    assert moves_api.http("GET", "/exports?type=other").status_code == 400
    moves_api.http.json("PUT", f"{path}/archive", json={"status": True})
    assert made["id"] not in [item["id"] for item in moves_api.get("/exports", limit=50)]


def test_impossible_exports_are_refused(moves_api):
    fine = {"source": SOURCE, "destination": {}}
    for change, word in (
        ({"source": {**SOURCE, "remoteHostId": 9}}, "database 9"),
        ({"source": {**SOURCE, "credentialId": 99}}, "credential 99"),
        ({"source": {**SOURCE, "sql": " "}}, "blank"),
        ({"destination": {"storagePath": {"filePath": "a", "storageHostId": 1}}}, "storage"),
        ({"compression": "bzip2"}, "compression"),
        ({"maxFileSize": 0}, "max_file_size"),
    ):
        answer = moves_api.http("POST", "/exports/files/csv", json={**fine, **change})
        assert (answer.status_code, word in answer.json()["errorDescription"]) == (400, True)


def test_a_failing_export_says_why(moves_api, make):
    job = make(source={**SOURCE, "sql": "select nonsense_column"})
    run = moves_api.run("/exports/files/csv", job)
    assert (run["state"], "nonsense_column" in run["error"]) == ("failed", True)


def test_a_result_without_rows_has_columns(moves_api):
    run = moves_api.run_sql("select 1::bigint as n, 'x' as t, now() as at where false")
    assert (run["state"], run["output"]) == ("succeeded", [])
    assert run["resultColumns"] == [
        {"name": "n", "sqlType": "BIGINT"},
        {"name": "t", "sqlType": "VARCHAR"},
        {"name": "at", "sqlType": "TIMESTAMPTZ"},
    ]
    whole = moves_api.run_sql("select 1 as n")
    assert whole["resultColumns"] == [{"name": "n", "sqlType": "INTEGER"}]
    assert moves_api.run_sql("create temp table t (a int)")["resultColumns"] is None
    assert moves_api.start("/scripts/sql", moves_api.sql("select 1"))["resultColumns"] is None


def test_a_preview_has_the_types_of_its_columns(moves_api):
    query = moves_api.query("select 1::bigint as n, 1.5::decimal(9,2) as d, 'x' as t where false")
    assert query["resultColumns"] == ["n", "d", "t"]
    assert query["resultColumnTypes"] == ["BIGINT", "DECIMAL(9,2)", "VARCHAR"]
    assert moves_api.query("select nonsense_column")["resultColumnTypes"] is None
