"""Imports and their syncs as objects: made, shown, changed, listed, archived, copied."""

from __future__ import annotations

import pytest

HOST = {"remoteHostId": 1, "credentialId": 1}
OPTIONS = {
    "maxErrors": None,
    "existingTableRows": None,
    "firstRowIsHeader": None,
    "diststyle": None,
    "distkey": None,
    "sortkey1": None,
    "sortkey2": None,
    "columnDelimiter": None,
    "columnOverrides": {},
    "escaped": False,
    "identityColumn": "",
    "lastModifiedColumn": None,
    "rowChunkSize": None,
    "wipeDestinationTable": False,
    "truncateLongLines": False,
    "invalidCharReplacement": None,
    "verifyTableRowCounts": False,
    "partitionColumnName": None,
    "partitionSchemaName": None,
    "partitionTableName": None,
    "partitionTablePartitionColumnMinName": None,
    "partitionTablePartitionColumnMaxName": None,
    "mysqlCatalogMatchesSchema": True,
    "chunkingMethod": None,
    "exportAction": None,
    "sqlQuery": None,
    "contactLists": None,
    "soqlQuery": None,
    "includeDeletedRecords": None,
}
TABLE = {"schema": "public", "table": "a", "useWithoutSchema": False}


@pytest.fixture
def make(moves_api):
    def run(sync_type="Dbsync", **fields):
        body = {"name": "an import", "sync_type": sync_type, "is_outbound": False, **fields}
        return moves_api.post("/imports/", body)

    return run


def test_an_import_is_shown_whole(moves_api, make):
    made = make(source=HOST, destination={"remote_host_id": "2", "credential_id": None})
    assert made["source"] == {**HOST, "additionalCredentials": [], "name": "sample"}
    assert made["destination"]["name"] == "other"
    assert made["destination"]["credentialId"] == 1
    expected = {
        "name": "an import",
        "syncType": "Dbsync",
        "isOutbound": False,
        "jobType": "JobTypes::Import",
        "state": "idle",
        "syncs": [],
        "lastRun": None,
        "parentId": None,
        "hidden": False,
        "archived": False,
    }
    assert {key: made[key] for key in expected} == expected
    assert moves_api.get(f"/imports/{made['id']}") == made
    assert moves_api.get(f"/jobs/{made['id']}")["type"] == "JobTypes::Import"
    bare = make("AutoImport")
    assert (bare["source"], bare["destination"]) == (None, None)


def test_an_import_is_changed_in_parts_and_as_a_whole(moves_api, make):
    made = make(source=HOST, destination=HOST)
    path = f"/imports/{made['id']}"
    changed = moves_api.http.json("PATCH", path, json={"destination": {"remoteHostId": 2}})
    assert changed["destination"]["remoteHostId"] == 2
    assert changed["source"] == made["source"]
    body = {"name": "new", "syncType": "AutoImport", "isOutbound": True}
    replaced = moves_api.http.json("PUT", path, json=body)
    assert (replaced["name"], replaced["source"]) == ("new", None)
    assert replaced["syncType"] == "AutoImport"


@pytest.mark.contract("S71")
def test_both_forms_of_a_sync_are_understood_and_all_options_echoed(moves_api, make):
    import_id = make(source=HOST, destination=HOST)["id"]
    shown = {"databaseTable": TABLE, "googleWorksheet": None, "path": '"public"."a"'}
    for place in (
        {"path": "public.a"},
        {"path": '"public"."a"'},
        {"databaseTable": {"schema": "public", "table": "a"}},
        {"database_table": {"schema": "public", "table": "a", "use_without_schema": None}},
    ):
        body = {"source": place, "destination": place}
        answer = moves_api.http("POST", f"/imports/{import_id}/syncs", json=body)
        assert answer.status_code == 201, answer.text
        made = answer.json()
        assert made["source"] == {**shown, "id": None, "file": None}
        assert made["destination"] == shown
        assert made["advancedOptions"] == OPTIONS
    assert len(moves_api.get(f"/imports/{import_id}")["syncs"]) == 4


@pytest.mark.contract("S71")
def test_options_that_are_sent_come_back(moves_api, make):
    import_id = make(source=HOST, destination=HOST)["id"]
    options = {
        **OPTIONS,
        "maxErrors": 3,
        "existingTableRows": "append",
        "identityColumn": "id",
        "rowChunkSize": 100,
        "wipeDestinationTable": True,
        "columnOverrides": {"0": {"name": "camelCase", "type": "VARCHAR(9)"}},
        "invalidCharReplacement": "?",
        "sqlQuery": "select 1",
    }
    body = {"source": {"path": "s.t"}, "destination": {"path": "s.u"}, "advancedOptions": options}
    made = moves_api.post(f"/imports/{import_id}/syncs", body)
    assert made["advancedOptions"] == options
    path = f"/imports/{import_id}/syncs/{made['id']}"
    changed = moves_api.http.json("PATCH", path, json={"advanced_options": {"max_errors": 5}})
    assert changed["advancedOptions"] == {**options, "maxErrors": 5}
    assert changed["source"] == made["source"]
    replaced = moves_api.http.json(
        "PUT", path, json={"source": {"path": "s.v"}, "destination": {"path": "s.u"}}
    )
    assert replaced["advancedOptions"] == OPTIONS
    assert replaced["source"]["databaseTable"]["table"] == "v"


def test_archived_syncs_are_left_out_and_come_back(moves_api, make):
    import_id = make(source=HOST, destination=HOST)["id"]
    body = {"source": {"path": "s.t"}, "destination": {"path": "s.u"}}
    path = f"/imports/{import_id}/syncs/{moves_api.post(f'/imports/{import_id}/syncs', body)['id']}"

    def count():
        return len(moves_api.get(f"/imports/{import_id}")["syncs"])

    answer = moves_api.http("DELETE", path, json={})
    assert (answer.status_code, answer.content) == (204, b"")
    assert count() == 0
    assert moves_api.http.json("PUT", f"{path}/archive", json={"status": False})["id"]
    assert count() == 1
    assert moves_api.http("DELETE", f"/imports/{import_id}/syncs/999999").status_code == 404


def test_a_copy_has_the_same_syncs(moves_api, make):
    import_id = make(source=HOST, destination=HOST)["id"]
    body = {"source": {"path": "s.t"}, "destination": {"path": "s.u"}}
    first = moves_api.post(f"/imports/{import_id}/syncs", body)
    copy = moves_api.post(f"/imports/{import_id}/clone")
    (second,) = copy["syncs"]
    assert copy["name"] == "Clone of an import"
    assert second["id"] != first["id"]
    assert {**second, "id": 0} == {**first, "id": 0}


def test_lists_filter(moves_api, make):
    one = make(source=HOST, destination={"remoteHostId": 2, "credentialId": 1}, name="list one")
    two = make("AutoImport", destination=HOST, name="list two", is_outbound=True)
    hidden = make("AutoImport", destination=HOST, hidden=True)

    def ids(path="/imports", **query):
        known = (one["id"], two["id"], hidden["id"])
        found = moves_api.get(path, limit=50, **query)
        return [item["id"] for item in found if item["id"] in known]

    assert ids() == [two["id"], one["id"]]
    assert ids(type="Dbsync") == [one["id"]]
    assert ids(type="Dbsync", source="1,5") == [one["id"]]
    assert ids(destination="1") == [two["id"]]
    assert ids(hidden="true") == [hidden["id"]]
    assert ids(status="idle", order="name", order_dir="asc") == [one["id"], two["id"]]
    assert ids(status="failed") == []
    assert ids("/exports") == [two["id"]]
    moves_api.http.json("PUT", f"/imports/{two['id']}/archive", json={"status": True})
    assert ids() == [one["id"]]
    assert ids(archived="true") == [two["id"]]
    assert moves_api.http("GET", "/imports?source=1").status_code == 400
    assert two["id"] in [
        job["id"] for job in moves_api.get("/jobs", type="JobTypes::Import", archived="all")
    ]


def test_impossible_imports_and_syncs_are_refused(moves_api, make):
    fine = {"name": "n", "syncType": "Dbsync", "isOutbound": False}
    for change, word in (
        ({"syncType": "Copy"}, "AutoImport"),
        ({"name": " "}, "name"),
        ({"source": {"remoteHostId": 9, "credentialId": 1}}, "database 9"),
        ({"source": {"remoteHostId": 1, "credentialId": 99}}, "credential 99"),
    ):
        answer = moves_api.http("POST", "/imports", json={**fine, **change})
        assert (answer.status_code, word in answer.json()["errorDescription"]) == (400, True)
    to, missing = {"path": "s.u"}, moves_api.http("POST", "/imports/999999/syncs", json={})
    assert missing.status_code in (400, 404)
    for kind, source, destination, word in (
        ("Dbsync", {"path": "no_schema"}, to, "schema.table"),
        ("Dbsync", {"path": "a.b.c"}, to, "schema.table"),
        ("Dbsync", {"path": "s.t"}, {}, "destination"),
        ("Dbsync", {"file": {"id": 1}}, to, "source"),
        ("AutoImport", {"file": {"id": 98765}}, to, "98765"),
        ("AutoImport", {"path": "s.t"}, to, "file"),
        ("GdocImport", {}, to, "googleWorksheet"),
    ):
        path = f"/imports/{make(kind)['id']}/syncs"
        body = {"source": source, "destination": destination}
        answer = moves_api.http("POST", path, json=body)
        assert (answer.status_code, word in answer.json()["errorDescription"]) == (400, True), body
    import_id = make()["id"]
    for options in ({"existingTableRows": "upsert"}, {"columnDelimiter": ";"}, {"maxErrors": -1}):
        body = {"source": to, "destination": to, "advancedOptions": options}
        answer = moves_api.http("POST", f"/imports/{import_id}/syncs", json=body)
        assert answer.status_code == 400


@pytest.mark.parametrize("kind", ["GdocImport", "GdocExport"])
def test_googles_worksheets_are_out_of_reach(moves_api, make, kind):
    import_id = make(kind, source=HOST, destination=HOST)["id"]
    sheet = {"googleWorksheet": {"spreadsheet": "book", "worksheet": "sheet"}}
    table = {"databaseTable": {"schema": "s", "table": "t"}}
    source, destination = (sheet, table) if kind == "GdocImport" else (table, sheet)
    made = moves_api.post(
        f"/imports/{import_id}/syncs", {"source": source, "destination": destination}
    )
    side = made["source"] if kind == "GdocImport" else made["destination"]
    assert side["googleWorksheet"]["worksheet"] == "sheet"
    run_id = moves_api.post(f"/imports/{import_id}/runs")["runId"]
    run = moves_api.ended(f"/imports/files/{import_id}/runs/{run_id}")
    assert run["state"] == "failed"
    assert "offline" in run["error"]
