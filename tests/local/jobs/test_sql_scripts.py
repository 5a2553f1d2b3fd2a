"""SQL scripts: their results as files, in the form that was asked for."""

from __future__ import annotations

import gzip
import io
import json
import zipfile

import pytest
import requests


def _content(run):
    """Fetch a run's file as clients do: without a key."""
    assert run["state"] == "succeeded", run["error"]
    answer = requests.get(run["output"][0]["path"], timeout=30)
    assert answer.status_code == 200
    return answer.content


@pytest.mark.contract("S33", "S34")
def test_create_start_and_export(jobs_api, http):
    created = http(
        "POST",
        "/scripts/sql",
        json={"name": "n", "sql": "select 1 as a", "remote_host_id": 1, "credential_id": None},
    )
    assert created.status_code == 201
    script = created.json()
    assert (script["type"], script["state"]) == ("SQL", "idle")
    started = http("POST", f"/scripts/sql/{script['id']}/runs", json={})
    assert started.status_code == 202
    assert started.headers["Location"].endswith(
        f"/scripts/sql/{script['id']}/runs/{started.json()['id']}"
    )
    assert (started.json()["state"], started.json()["output"]) == ("queued", [])
    run = jobs_api.ended(f"/scripts/sql/{script['id']}/runs/{started.json()['id']}")
    assert run["sqlId"] == script["id"]
    (output,) = run["output"]
    assert set(output) == {"outputName", "fileId", "path"}
    assert gzip.decompress(_content(run)) == b'"a"\n1\n'


@pytest.mark.contract("S36")
def test_defaults_of_csv_settings_are_echoed_with_all_seven_keys(jobs_api):
    expected = {
        "includeHeader": True,
        "compression": "gzip",
        "columnDelimiter": "comma",
        "unquoted": False,
        "forceMultifile": False,
        "filenamePrefix": None,
        "maxFileSize": None,
    }
    for settings in (None, {}, {"compression": "gzip"}, {"column_delimiter": None}):
        assert jobs_api.sql("select 1", csvSettings=settings)["csvSettings"] == expected
    given = jobs_api.sql("select 1", csv_settings={"filename_prefix": "p", "unquoted": True})
    assert given["csvSettings"] == {**expected, "filenamePrefix": "p", "unquoted": True}


SQL = "select 1 as a, 'x' as b union all select 2, 'y' order by 1"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, b'"a","b"\n1,"x"\n2,"y"\n'),
        ({"columnDelimiter": "tab"}, b'"a"\t"b"\n1\t"x"\n2\t"y"\n'),
        ({"columnDelimiter": "pipe"}, b'"a"|"b"\n1|"x"\n2|"y"\n'),
        ({"unquoted": True}, b"a,b\n1,x\n2,y\n"),
        ({"includeHeader": False}, b'1,"x"\n2,"y"\n'),
    ],
)
def test_settings_change_the_bytes(jobs_api, settings, expected):
    run = jobs_api.run_sql(SQL, csvSettings={"compression": "none", **settings})
    assert _content(run) == expected


def test_zip_holds_one_file(jobs_api):
    content = _content(jobs_api.run_sql(SQL, csvSettings={"compression": "zip"}))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (name,) = archive.namelist()
        assert archive.read(name) == b'"a","b"\n1,"x"\n2,"y"\n'


def test_prefix_is_in_the_name_and_makes_no_path(jobs_api):
    run = jobs_api.run_sql("select 1 as a", csvSettings={"filenamePrefix": "../my file"})
    name = run["output"][0]["outputName"]
    assert name.startswith("my_file")
    assert "/" not in name
    assert gzip.decompress(_content(run)) == b'"a"\n1\n'


@pytest.mark.parametrize("sql", ["select 1 as a where 1 = 0", "create temp table nothing (a int)"])
def test_no_rows_give_no_output(jobs_api, sql):
    run = jobs_api.run_sql(sql)
    assert (run["state"], run["output"]) == ("succeeded", [])
    assert jobs_api.get(f"/scripts/sql/{run['sqlId']}/runs/{run['id']}/outputs") == []


@pytest.mark.parametrize(
    "sql", ["select 1 as a;", "select 1 as a ;\n", "-- why\nselect 1 as a; --"]
)
def test_final_semicolons_and_comments_do_not_matter(jobs_api, sql):
    run = jobs_api.run_sql(sql, csvSettings={"compression": "none"})
    assert _content(run) == b'"a"\n1\n'


def test_multifile_export_is_a_manifest(jobs_api):
    settings = {"forceMultifile": True, "compression": "none", "columnDelimiter": "pipe"}
    manifest = json.loads(_content(jobs_api.run_sql(SQL, csvSettings=settings)))
    assert manifest["query"] == SQL
    assert manifest["header"] == ["a", "b"]
    assert (manifest["compression"], manifest["delimiter"]) == ("none", "|")
    assert manifest["unquoted"] is False
    parts = b""
    for entry in manifest["entries"]:
        assert set(entry) == {"id", "name", "size", "url", "url_signed"}
        content = requests.get(entry["url_signed"], timeout=30).content
        assert len(content) == entry["size"]
        parts += content
    assert parts == b'1|"x"\n2|"y"\n'


def test_exported_file_is_a_file_with_its_form_and_expires(jobs_api):
    run = jobs_api.run_sql(SQL)
    file = jobs_api.get(f"/files/{run['output'][0]['fileId']}")
    assert file["detectedInfo"]["includeHeader"] is True
    assert file["detectedInfo"]["compression"] == "gzip"
    assert [c["name"] for c in file["detectedInfo"]["tableColumns"]] == ["a", "b"]
    assert all(c["sqlType"] for c in file["detectedInfo"]["tableColumns"])
    assert file["expiresAt"] > file["createdAt"]
    (output,) = jobs_api.get(f"/jobs/{run['sqlId']}/runs/{run['id']}/outputs")
    assert (output["objectType"], output["objectId"]) == ("File", file["id"])
    assert output["name"] == file["name"]


def test_failed_statement_gives_the_databases_words(jobs_api):
    run = jobs_api.run_sql("select 1,\n  nonsense_column")
    assert run["state"] == "failed"
    assert "nonsense_column" in run["error"]
    assert "LINE 2" in run["error"]
    assert "^" in run["error"]
    assert run["output"] == []


def test_log_tells_of_the_rows(jobs_api):
    run = jobs_api.run_sql(SQL)
    assert any("2 rows" in text for text in jobs_api.messages(run["sqlId"], run["id"]))


def test_unknown_database_and_credential_are_refused_with_those_there_are(http):
    body = {"name": "n", "sql": "select 1", "remoteHostId": 77, "credentialId": None}
    answer = http("POST", "/scripts/sql", json=body)
    assert answer.status_code == 400
    assert "77" in answer.json()["errorDescription"]
    assert "sample" in answer.json()["errorDescription"]
    answer = http("POST", "/scripts/sql", json={**body, "remoteHostId": 1, "credentialId": 99})
    assert answer.status_code == 400
    assert "99" in answer.json()["errorDescription"]


PARAMS = [
    {"name": "id", "label": "ID", "type": "integer", "required": True},
    {"name": "state", "type": "string", "required": True},
    {"name": "table", "type": "string"},
    {"name": "abool", "type": "bool"},
    {"name": "afloat", "type": "float"},
    {"name": "cred", "type": "credential_redshift"},
    {"name": "aws", "type": "credential_aws"},
]


@pytest.mark.contract("S40")
def test_placeholders_are_filled_in_preview_and_run(jobs_api):
    sql = (
        "select {{id}} as n, {{state.literal}} as s, '{{ state }}' as t, 1 as {{table.identifier}}"
    )
    script = jobs_api.sql(
        sql,
        params=PARAMS,
        arguments={"id": 2, "state": "I'L", "table": "t q"},
        csvSettings={"compression": "none"},
    )
    assert script["codePreview"] == ("select 2 as n, 'I''L' as s, 'I'L' as t, 1 as \"t q\"")
    assert script["expandedArguments"] == {
        "id": 2,
        "state": "I'L",
        "state.literal": "'I''L'",
        "state.identifier": '"I\'L"',
        "state.shell_escaped": "'I'\"'\"'L'",
        "table": "t q",
        "table.literal": "'t q'",
        "table.identifier": '"t q"',
        "table.shell_escaped": "'t q'",
        "abool": False,
        "afloat": 0,
        "cred.id": "",
        "cred.username": "",
        "cred.password": "",
        "aws.id": "",
        "aws.access_key_id": "",
        "aws.secret_access_key": "",
    }
    assert script["arguments"] == {"id": 2, "state": "I'L", "table": "t q"}
    fine = jobs_api.run_sql(
        "select {{id}} as n, {{state.literal}} as s",
        params=PARAMS[:2],
        arguments={"id": 2, "state": "I'L {{id}}"},
        csvSettings={"compression": "none"},
    )
    assert _content(fine) == b'"n","s"\n2,"I\'L {{id}}"\n'


def test_unset_required_parameters_stay_as_placeholders(jobs_api, http):
    script = jobs_api.sql("select {{id}}, '{{table}}'", params=PARAMS[:3])
    assert script["codePreview"] == "select {{id}}, ''"
    assert script["expandedArguments"]["state.literal"] is None
    answer = http("POST", f"/scripts/sql/{script['id']}/runs", json={})
    assert answer.status_code == 400


def test_password_of_a_credential_is_not_shown(jobs_api):
    made = jobs_api.post(
        "/credentials", {"type": "Database", "username": "bob", "password": "hunter2"}
    )
    script = jobs_api.sql(
        "select '{{cred.username}}' as u, '{{cred.password}}' as p",
        params=[{"name": "cred", "type": "credential_redshift"}],
        arguments={"cred": made["id"]},
        csvSettings={"compression": "none"},
    )
    assert "hunter2" not in json.dumps(script)
    run = jobs_api.run("/scripts/sql", script)
    assert _content(run) == b'"u","p"\n"bob","hunter2"\n'


def test_slow_statement_is_cancelled(jobs_api, http):
    slow = (
        "select count(*) from generate_series(1, 1000000) a(i), generate_series(1, 1000000) "
        "b(i) where a.i * b.i % 7 = 3"
    )
    job = jobs_api.sql(slow)
    run = jobs_api.start("/scripts/sql", job)
    path = f"/scripts/sql/{job['id']}/runs/{run['id']}"
    jobs_api.until(path, lambda seen: seen["state"] == "running")
    quick = jobs_api.run_sql("select 1 as a")
    assert quick["state"] == "succeeded"
    answer = http("DELETE", path)
    assert (answer.status_code, answer.json()["state"]) == (202, "cancelled")


def test_a_result_that_has_expired_has_no_address(jobs_api, http):
    job = jobs_api.sql("select 1 as a")
    run = jobs_api.run("/scripts/sql", job)
    (output,) = run["output"]
    assert _content(run)
    path = f"/files/{output['fileId']}"
    assert http("PATCH", path, json={"expiresAt": "2020-01-01T00:00:00Z"}).status_code == 200
    assert jobs_api.get(path)["fileUrl"] is None
    seen = jobs_api.get(f"/scripts/sql/{job['id']}/runs/{run['id']}")
    assert (seen["state"], seen["output"]) == ("succeeded", [{**output, "path": None}])
