"""Bodies that can't be: 4xx, the three fields of an error, and the name of the field to blame."""

from __future__ import annotations

import json

import pytest

BIG = 10**30
HOST = {"remoteHostId": 1, "credentialId": None}
SQL = {"name": "n", "sql": "select 1", **HOST}
QUERY = {"database": 1, "sql": "select 1", "previewRows": 1}
EXPORT = {"source": {"sql": "select 1", **HOST}, "destination": {}}
FILE_IMPORT = {"schema": "public", "name": "t", **HOST}
SCAN = {"databaseId": 1, "schema": "public", "tableName": "t"}
TABLE = {"schema": "public", "table": "t", **HOST}
SYNC = {"source": {"path": "public.a"}, "destination": {"path": "public.b"}}


@pytest.fixture(scope="module")
def file_id(http, upload_to):
    return upload_to(http, b"id\n1\n")


@pytest.fixture(scope="module")
def csv_import(file_id):
    return {"source": {"fileIds": [file_id]}, "destination": TABLE, "firstRowIsHeader": True}


@pytest.fixture
def refused(http):
    def check(method, path, body, word, status=400):
        answer = http(method, path, data=json.dumps(body))
        assert answer.status_code == status, answer.text
        error = answer.json()
        assert set(error) == {"error", "errorDescription", "code"}
        assert (error["code"], error["error"]) == (status, "bad_request")
        assert word in error["errorDescription"]

    return check


@pytest.mark.parametrize(
    ("path", "body", "change", "word"),
    [
        ("/scripts/sql", SQL, {"sql": None}, "sql"),
        ("/scripts/sql", SQL, {"sql": ["select 1"]}, "sql"),
        ("/scripts/sql", SQL, {"remoteHostId": None}, "remote_host_id"),
        ("/scripts/sql", SQL, {"remoteHostId": "one"}, "remote_host_id"),
        ("/scripts/sql", SQL, {"remoteHostId": True}, "remote_host_id"),
        ("/scripts/sql", SQL, {"remoteHostId": 1.5}, "remote_host_id"),
        ("/scripts/sql", SQL, {"credentialId": BIG}, "credential_id"),
        ("/scripts/sql", SQL, {"credentialId": str(BIG)}, "credential_id"),
        ("/scripts/sql", SQL, {"params": [{"name": "a"}]}, "params.0.type"),
        ("/scripts/sql", SQL, {"arguments": [1]}, "arguments"),
        ("/scripts/sql", SQL, {"csvSettings": "gzip"}, "csv_settings"),
        ("/scripts/sql", SQL, {"csvSettings": {"compression": "bz2"}}, "csv_settings.compression"),
        ("/scripts/sql", SQL, {"csvSettings": {"columnDelimiter": ","}}, "column_delimiter"),
        ("/scripts/sql", SQL, {"csvSettings": {"unquoted": "maybe"}}, "csv_settings.unquoted"),
        ("/scripts/sql", SQL, {"csvSettings": {"maxFileSize": 0}}, "csv_settings.max_file_size"),
        ("/scripts/sql", SQL, {"csvSettings": {"maxFileSize": "all"}}, "max_file_size"),
        ("/queries", QUERY, {"database": "sample"}, "database"),
        ("/queries", QUERY, {"database": False}, "database"),
        ("/queries", QUERY, {"previewRows": 1.5}, "preview_rows"),
        ("/queries", QUERY, {"previewRows": BIG}, "preview_rows"),
        ("/queries", QUERY, {"previewRows": None}, "preview_rows"),
        ("/queries", QUERY, {"credential": BIG}, "credential"),
        ("/queries", QUERY, {"columnDelimiter": ";"}, "column_delimiter"),
        ("/exports/files/csv", EXPORT, {"source": None}, "source"),
        ("/exports/files/csv", EXPORT, {"source": {"sql": "select 1"}}, "source.remote_host_id"),
        ("/exports/files/csv", EXPORT, {"maxFileSize": -1}, "max_file_size"),
        (
            "/exports/files/csv",
            EXPORT,
            {"destination": {"storagePath": {"existingFiles": "keep"}}},
            "destination.storage_path.existing_files",
        ),
        ("/imports/files", FILE_IMPORT, {"schema": None}, "schema"),
        ("/imports/files", FILE_IMPORT, {"name": None}, "name"),
        ("/imports/files", FILE_IMPORT, {"maxErrors": -1}, "max_errors"),
        ("/imports/files", FILE_IMPORT, {"remoteHostId": "x"}, "remote_host_id"),
        ("/files", {"name": "a"}, {"name": None}, "name"),
        ("/files", {"name": "a"}, {"name": ""}, "name"),
        ("/files", {"name": "a"}, {"expiresAt": "soon"}, "expires_at"),
        ("/files", {"name": "a"}, {"expiresAt": 5}, "expires_at"),
        ("/files", {"name": "a"}, {"description": "d" * 513}, "description"),
        ("/files/multipart", {"name": "a", "numParts": 2}, {"numParts": True}, "num_parts"),
        ("/files/preprocess/csv", {"fileId": 1}, {"fileId": "x"}, "file_id"),
        ("/files/preprocess/csv", {"fileId": 1}, {"fileId": BIG}, "file_id"),
        ("/files/preprocess/csv", {"fileId": 1}, {"columnDelimiter": ";"}, "column_delimiter"),
        ("/tables/scan", SCAN, {"tableName": None}, "table_name"),
        ("/tables/scan", SCAN, {"statsPriority": "now"}, "stats_priority"),
        ("/databases/1/schemas/scan", {"schema": "public"}, {"statsPriority": 1}, "stats_priority"),
        ("/json_values", {"valueStr": "1"}, {"valueStr": None}, "value_str"),
    ],
)
def test_the_field_to_blame_is_named(refused, path, body, change, word):
    refused("POST", path, {**body, **change}, word)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"source": None}, "source"),
        ({"source": {}}, "source.fileIds"),
        ({"source": {"fileIds": ["x"]}}, "source.file_ids.0"),
        ({"source": {"fileIds": [BIG]}}, "source.file_ids"),
        ({"source": {"storagePath": {"filePaths": ["a.csv"]}}}, "source.storagePath"),
        ({"destination": {}}, "destination.schema"),
        ({"destination": {**TABLE, "schema": " "}}, "destination.schema"),
        ({"destination": {**TABLE, "table": None}}, "destination.table"),
        ({"destination": {**TABLE, "remoteHostId": BIG}}, "destination.remote_host_id"),
        ({"destination": {**TABLE, "primaryKeys": [None]}}, "destination.primary_keys.0"),
        ({"existingTableRows": "upsert"}, "destination.primaryKeys"),
        ({"existingTableRows": "replace"}, "existing_table_rows"),
        ({"firstRowIsHeader": None}, "first_row_is_header"),
        ({"firstRowIsHeader": "perhaps"}, "first_row_is_header"),
        ({"columnDelimiter": ";"}, "column_delimiter"),
        ({"compression": "zip"}, "compression"),
        ({"escaped": "x"}, "escaped"),
        ({"execution": "now"}, "execution"),
        ({"loosenTypes": "x"}, "loosen_types"),
        ({"maxErrors": -1}, "max_errors"),
        ({"maxErrors": BIG}, "max_errors"),
        ({"tableColumns": "id"}, "table_columns.0"),
        ({"tableColumns": [{"sqlType": "int"}]}, "table_columns.0.name"),
        ({"tableColumns": [{"name": " "}]}, "tableColumns"),
        ({"tableColumns": [{"name": "id", "sqlType": "int); drop table t"}]}, "tableColumns"),
        ({"tableColumns": [{"name": "id", "sqlType": "decimal(5,9)"}]}, "tableColumns"),
        ({"redshiftDestinationOptions": {"diststyle": "odd"}}, "diststyle"),
        ({"redshiftDestinationOptions": {"diststyle": "key"}}, "distkey"),
        ({"redshiftDestinationOptions": {"sortkeys": ["a", "b", "c"]}}, "sortkeys"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_csv_imports_that_can_t_be(http, refused, csv_import, method, change, word):
    if method == "POST":
        refused(method, "/imports/files/csv", {**csv_import, **change}, word)
        return
    made = http.json("POST", "/imports/files/csv", json=csv_import)
    path = f"/imports/files/csv/{made['id']}"
    if change == {"destination": {}} and method == "PATCH":
        assert http("PATCH", path, json=change).json() == made  # nothing is changed by nothing
        return
    body = change if method == "PATCH" else {**csv_import, **change}
    refused(method, path, body, word.replace("remote_host_id", "remote"))
    assert http.json("GET", path) == made


def test_files_come_from_here_or_from_a_storage_and_none_is_passed_over(refused, csv_import):
    both = {**csv_import["source"], "storagePath": {"filePaths": ["more.csv"]}}
    refused("POST", "/imports/files/csv", {**csv_import, "source": both}, "source.storagePath")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"source": {}}, "source"),
        ({"source": {"path": "one"}}, "schema.table"),
        ({"source": {"path": '"a'}}, "schema.table"),
        ({"source": {"databaseTable": {"schema": "", "table": "b"}}}, "source"),
        ({"source": {"path": "a.b", "databaseTable": {"schema": "a", "table": "c"}}}, "same"),
        ({"destination": None}, "destination"),
        ({"advancedOptions": {"columnOverrides": "x"}}, "advanced_options.column_overrides"),
        ({"advancedOptions": {"existingTableRows": "upsert"}}, "existing_table_rows"),
        ({"advancedOptions": {"maxErrors": True}}, "advanced_options.max_errors"),
        ({"advancedOptions": {"escaped": "x"}}, "advanced_options.escaped"),
    ],
)
def test_syncs_that_can_t_be(http, refused, change, word):
    body = {"name": "n", "syncType": "Dbsync", "isOutbound": False}
    made = http.json("POST", "/imports", json={**body, "source": HOST, "destination": HOST})
    path = f"/imports/{made['id']}/syncs"
    refused("POST", path, {**SYNC, **change}, word)
    sync = http.json("POST", path, json=SYNC)
    refused("PUT", f"{path}/{sync['id']}", {**SYNC, **change}, word)
    assert http.json("GET", f"/imports/{made['id']}")["syncs"] == [sync]


@pytest.mark.parametrize("body", ["", "[]", "null", "5", '"x"', "{", '{"a":', "{'a': 1}", "\xff"])
def test_what_is_no_object_is_refused(http, body):
    for path in ("/scripts/sql", "/imports/files/csv", "/queries"):
        answer = http("POST", path, data=body.encode("latin-1"))
        assert (answer.status_code, answer.json()["code"]) == (400, 400)


@pytest.mark.parametrize("number", [BIG, 2**63, 10**400])
def test_ids_that_no_object_can_have_are_not_found(http, number):
    for path in ("files", "jobs", "queries", "tables", "scripts/sql", "imports", "credentials"):
        answer = http("GET", f"/{path}/{number}")
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found"), path
    answer = http("GET", f"/jobs?page_num={number}")
    assert (answer.status_code, answer.json()) == (200, [])
    answer = http("GET", f"/queries?database_id={number}")
    assert (answer.status_code, "database_id" in answer.json()["errorDescription"]) == (400, True)
