"""What runs may use of what their users and owners may."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.local.records.permissions.conftest import (
    OBJECTS,
    ended,
    new_custom,
    new_python3,
    new_sql,
    new_template,
)

pytestmark = pytest.mark.exhaustive


def test_who_may_write_may_run_and_who_may_read_may_not(team):
    path = f"/scripts/python3/{new_python3(team.ann)}"
    assert team.bobs("POST", f"{path}/runs") == 404
    team.share(path, "read")
    assert team.bobs("POST", f"{path}/runs") == 403
    assert team.bobs("POST", f"/jobs/{path.split('/')[-1]}/runs") == 403
    team.share(path, "write")
    run = team.bob.json("POST", f"{path}/runs")
    assert ended(team.bob, f"{path}/runs/{run['id']}")["state"] == "succeeded"
    team.revoke(path)
    assert team.bobs("GET", f"{path}/runs/{run['id']}") == 404
    assert team.bobs("GET", f"{path}/runs/{run['id']}/logs") == 404
    assert team.bobs("DELETE", f"{path}/runs/{run['id']}") == 404
    assert team.bobs("POST", f"/scripts/{path.split('/')[-1]}/cancel") == 404


def test_a_job_acts_as_its_owner(team):
    source = (
        "import os, json, urllib.request, base64\n"
        "request = urllib.request.Request(os.environ['CIVIS_API_ENDPOINT'] + '/users/me')\n"
        "key = base64.b64encode((os.environ['CIVIS_API_KEY'] + ':').encode()).decode()\n"
        "request.add_header('Authorization', 'Basic ' + key)\n"
        "print(json.load(urllib.request.urlopen(request))['username'])\n"
    )
    for http, name in ((team.bob, "bob"), (team.ann, "local")):
        script_id = new_python3(http, source)
        run = http.json("POST", f"/jobs/{script_id}/runs")
        assert ended(http, f"/jobs/{script_id}/runs/{run['id']}")["state"] == "succeeded"
        log = http.json("GET", f"/jobs/{script_id}/runs/{run['id']}/logs")
        assert [entry["message"] for entry in log] == [name]


def test_what_is_not_shared_can_t_be_used(team):
    credential_id = OBJECTS["/credentials"][0](team.ann)
    file_id = OBJECTS["/files"][0](team.ann)
    template_id = new_template(team.ann)
    params = [{"name": "c", "type": "credential_custom"}, {"name": "f", "type": "file"}]
    source = {"name": "s", "source": "", "params": params}
    sql = {"name": "s", "sql": "SELECT 1", "remoteHostId": 1, "credentialId": credential_id}
    destination = {"schema": "public", "table": "t", "remoteHostId": 1, "credentialId": None}
    uses: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("/credentials", "/scripts/sql", sql),
        ("/credentials", "/scripts/python3", {**source, "arguments": {"c": credential_id}}),
        ("/files", "/scripts/python3", {**source, "arguments": {"f": str(file_id)}}),
        ("/credentials", "/services", {"credentials": [credential_id]}),
        ("/templates/scripts", "/scripts/custom", {"fromTemplateId": template_id}),
        (
            "/files",
            "/imports/files/csv",
            {
                "source": {"fileIds": [file_id]},
                "destination": destination,
                "firstRowIsHeader": True,
            },
        ),
    )
    ids = {"/credentials": credential_id, "/files": file_id, "/templates/scripts": template_id}
    for needed, where, body in uses:
        answer = team.bob("POST", where, json=body)
        assert (answer.status_code, answer.json()["error"]) == (400, "bad_request"), where
        team.share(f"{needed}/{ids[needed]}", "read")
        answer = team.bob("POST", where, json=body)
        assert answer.status_code == 201, answer.text
        team.revoke(f"{needed}/{ids[needed]}")


def test_what_is_no_longer_shared_is_not_given_to_a_run(team):
    credential_id = OBJECTS["/credentials"][0](team.ann)
    team.share(f"/credentials/{credential_id}", "read")
    params = [{"name": "c", "type": "credential_custom"}]
    script_id = new_python3(team.bob, "", params=params, arguments={"c": credential_id})
    run = team.bob.json("POST", f"/jobs/{script_id}/runs")
    assert ended(team.bob, f"/jobs/{script_id}/runs/{run['id']}")["state"] == "succeeded"
    team.revoke(f"/credentials/{credential_id}")
    answer = team.bob("POST", f"/jobs/{script_id}/runs")
    assert answer.status_code == 400
    assert f"no credential {credential_id}" in answer.json()["errorDescription"]


def test_a_template_may_hand_on_a_credential_of_its_author(team):
    credential_id = OBJECTS["/credentials"][0](team.ann)
    fixed = {"name": "c", "type": "credential_custom", "value": str(credential_id)}
    template_id = new_template(
        team.ann, "import os; print(os.environ['C_USERNAME'])", params=[fixed]
    )
    team.share(f"/templates/scripts/{template_id}", "read")
    script = team.bob.json("POST", "/scripts/custom", json={"fromTemplateId": template_id})
    assert script["author"]["username"] == "bob"
    run = team.bob.json("POST", f"/scripts/custom/{script['id']}/runs")
    path = f"/scripts/custom/{script['id']}/runs/{run['id']}"
    assert ended(team.bob, path)["state"] == "succeeded"
    assert team.bob.json("GET", f"{path}/logs")[-1]["message"] == "me"
    assert team.bobs("GET", f"/credentials/{credential_id}") == 404
    assert team.bobs("GET", f"/templates/scripts/{template_id}") == 200
    needed = team.bob.json("GET", f"/scripts/custom/{script['id']}/dependencies")
    assert ("Template", template_id) in [(one["objectType"], one["id"]) for one in needed]


def test_a_workflow_runs_what_its_user_may_run(team):
    script_id = new_python3(team.ann)
    team.share(f"/scripts/python3/{script_id}", "read")
    text = (
        "version: '2.0'\nworkflow:\n  tasks:\n    t:\n      action: civis.run_job\n"
        f"      input:\n        job_id: {script_id}\n"
    )

    def state() -> str:
        made = team.bob.json("POST", "/workflows", json={"name": "w", "definition": text})["id"]
        execution = team.bob.json("POST", f"/workflows/{made}/executions")
        path = f"/workflows/{made}/executions/{execution['id']}"
        assert team.ann("GET", path).status_code == 404
        deadline = time.monotonic() + 60
        while (shown := team.bob.json("GET", path))["mistralState"] == "running":
            assert time.monotonic() < deadline, shown
            time.sleep(0.02)
        return str(shown["mistralState"])

    assert state() == "error"
    assert team.ann.json("GET", f"/scripts/python3/{script_id}")["lastRun"] is None
    team.share(f"/scripts/python3/{script_id}", "write")
    assert state() == "success"


def test_a_copy_of_a_custom_script_needs_its_template(team):
    script_id = new_custom(team.ann)
    path = f"/scripts/custom/{script_id}"
    team.share(path, "read")
    answer = team.bob("POST", f"{path}/clone")
    assert (answer.status_code, "template" in answer.json()["errorDescription"]) == (400, True)
    template_id = team.ann.json("GET", path)["fromTemplateId"]
    team.share(f"/templates/scripts/{template_id}", "read")
    assert team.bob.json("POST", f"{path}/clone")["author"]["username"] == "bob"


def test_a_new_user_has_a_default_credential_and_runs_sql(team):
    (credential,) = team.bob.json("GET", "/credentials?default=true&type=Database")
    assert (credential["owner"], credential["remoteHostName"]) == ("bob", "sample")
    path = f"/scripts/sql/{new_sql(team.bob)}"
    assert team.bob.json("GET", path)["credentialId"] == credential["id"]
    run = team.bob.json("POST", f"{path}/runs")
    done = ended(team.bob, f"{path}/runs/{run['id']}")
    assert done["state"] == "succeeded"
    assert team.bobs("GET", f"/files/{done['output'][0]['fileId']}") == 200


def test_queries_and_imports_are_their_authors(team):
    query = team.ann.json(
        "POST", "/queries", json={"database": 1, "sql": "SELECT 7", "previewRows": 1}
    )
    ended(team.ann, f"/queries/{query['id']}")
    assert team.bobs("GET", f"/queries/{query['id']}") == 404
    assert team.bobs("DELETE", f"/queries/{query['id']}") == 404
    assert query["id"] not in [one["id"] for one in team.bob.json("GET", "/queries?limit=50")]
    assert query["id"] in [one["id"] for one in team.ann.json("GET", "/queries?limit=50")]
    body = {"name": "i", "syncType": "Dbsync", "isOutbound": False}
    made = team.ann.json("POST", "/imports", json=body)["id"]
    assert team.bobs("GET", f"/imports/{made}") == 404
    team.share(f"/imports/{made}", "read")
    assert team.bob.json("GET", f"/imports/{made}")["myPermissionLevel"] == "read"
    assert team.bobs("POST", f"/imports/{made}/syncs", json={}) == 403
