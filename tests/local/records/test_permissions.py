"""Two users of one platform: each sees and does what is theirs, and what is shared with them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from civis_nb.local import start
from tests.local.conftest import Http

pytestmark = pytest.mark.exhaustive

SECRET = {"type": "Custom", "username": "me", "password": "pass-word"}


class Team:
    """The first user of a platform, another one, and a group that the other is in."""

    def __init__(self, endpoint: str, api_key: str) -> None:
        self.ann = Http(endpoint, api_key)
        self.ann_id = self.ann.json("GET", "/users/me")["id"]
        self.group_id = self.ann.json("POST", "/groups", json={"name": "analysts"})["id"]
        body = {"name": "Bob B", "email": "bob@localhost", "user": "bob"}
        made = self.ann.json("POST", "/users", json={**body, "primaryGroupId": self.group_id})
        self.bob_id = made["id"]
        key = {"name": "k", "expiresIn": 3600}
        token = self.ann.json("POST", f"/users/{self.bob_id}/api_keys", json=key)["token"]
        self.bob = Http(endpoint, token)

    def share(self, path: str, level: str) -> None:
        body = {"userIds": [self.bob_id], "permissionLevel": level}
        self.ann.json("PUT", f"{path}/shares/users", json=body)

    def share_with_group(self, path: str, level: str) -> None:
        body = {"groupIds": [self.group_id], "permissionLevel": level}
        self.ann.json("PUT", f"{path}/shares/groups", json=body)

    def revoke(self, path: str) -> None:
        assert self.ann("DELETE", f"{path}/shares/users/{self.bob_id}").status_code == 204

    def bobs(self, method: str, path: str, **arguments: Any) -> int:
        """Return the status of a request of Bob's."""
        return self.bob(method, path, **arguments).status_code


@pytest.fixture(scope="module")
def team() -> Iterator[Team]:
    with start(samples=False) as platform:
        made = Team(platform.endpoint, platform.api_key)
        yield made
        made.ann.session.close()
        made.bob.session.close()


def _python3(http: Http, source: str = "print(1)", **body: Any) -> int:
    return int(
        http.json("POST", "/scripts/python3", json={"name": "s", "source": source, **body})["id"]
    )


def _sql(http: Http) -> int:
    body = {"name": "s", "sql": "SELECT 1", "remoteHostId": 1, "credentialId": None}
    return int(http.json("POST", "/scripts/sql", json=body)["id"])


def _container(http: Http) -> int:
    body = {"dockerCommand": "true", "requiredResources": {"cpu": 100}}
    return int(http.json("POST", "/scripts/containers", json=body)["id"])


def _template(http: Http, source: str = "print(1)", **body: Any) -> int:
    script_id = _python3(http, source, **body)
    made = http.json("POST", "/templates/scripts", json={"scriptId": script_id, "name": "t"})
    return int(made["id"])


def _custom(http: Http) -> int:
    made = http.json("POST", "/scripts/custom", json={"fromTemplateId": _template(http)})
    return int(made["id"])


def _record(path: str, **body: Any) -> Any:
    return lambda http: int(http.json("POST", path, json=body)["id"])


#: Path of the objects -> what creates one, and a change of it.
OBJECTS = {
    "/scripts/python3": (_python3, {"source": "print(2)"}),
    "/scripts/sql": (_sql, {"sql": "SELECT 2"}),
    "/scripts/containers": (_container, {"dockerCommand": "echo"}),
    "/scripts/custom": (_custom, {"name": "other"}),
    "/files": (_record("/files", name="f"), {"name": "other"}),
    "/credentials": (_record("/credentials", **SECRET), {"name": "other"}),
    "/reports": (_record("/reports", name="r"), {"name": "other"}),
    "/templates/scripts": (_template, {"name": "other"}),
    "/notebooks": (_record("/notebooks", name="n"), {"name": "other"}),
    "/services": (_record("/services", name="n"), {"name": "other"}),
    "/projects": (_record("/projects", name="p", description="d"), None),
    "/workflows": (_record("/workflows", name="w"), {"name": "other"}),
}


#: One of each mechanism in every run of the tests, the others in CI.
_USUAL = ("/scripts/python3", "/files", "/reports")


@pytest.mark.parametrize(
    "place",
    [pytest.param(one, marks=() if one in _USUAL else pytest.mark.exhaustive) for one in OBJECTS],
)
def test_levels_are_enforced_one_by_one(team, place):
    create, change = OBJECTS[place]
    path = f"{place}/{create(team.ann)}"
    method, change = ("PUT", {"note": "n"}) if change is None else ("PATCH", change)
    both = {"userIds": [team.bob_id], "permissionLevel": "read"}
    steps = (
        ("GET", path, {}),
        (method, path, {"json": change}),
        ("PUT", f"{path}/shares/users", {"json": both}),
        ("GET", f"{path}/shares", {}),
        ("GET", f"{path}/dependencies", {}),
    )

    def statuses() -> list[int]:
        return [team.bobs(verb, where, **more) for verb, where, more in steps]

    assert statuses() == [404] * 5
    team.share(path, "read")
    assert statuses() == [200, 403, 403, 200, 200]
    _level(team, path, "read")
    team.share(path, "write")
    assert statuses() == [200, 200, 403, 200, 200]
    _level(team, path, "write")
    team.share(path, "manage")
    _level(team, path, "manage")
    assert statuses() == [200] * 5
    # The last step that he might take has lowered his own level.
    _level(team, path, "read")
    team.revoke(path)
    assert statuses() == [404] * 5
    team.share_with_group(path, "write")
    assert statuses() == [200, 200, 403, 200, 200]
    assert team.ann("DELETE", f"{path}/shares/groups/{team.group_id}").status_code == 204
    assert statuses() == [404] * 5


def _level(team: Team, path: str, level: str) -> None:
    """Check what Bob is told of his permission, where answers tell it."""
    shown = team.bob.json("GET", path).get("myPermissionLevel", level)
    assert shown == level
    assert team.ann.json("GET", path).get("myPermissionLevel", "manage") == "manage"


@pytest.mark.parametrize(
    "listed",
    [
        ("/scripts/python3", "/scripts?limit=50"),
        ("/scripts/custom", "/scripts/custom"),
        ("/scripts/sql", "/jobs?limit=50"),
        ("/credentials", "/credentials"),
        ("/reports", "/reports?limit=50"),
        ("/templates/scripts", "/templates/scripts?limit=1000"),
        ("/notebooks", "/notebooks?limit=50"),
        ("/projects", "/projects?limit=1000"),
    ],
)
def test_lists_have_what_one_may_see(team, listed):
    place, where = listed
    object_id = OBJECTS[place][0](team.ann)

    def found(http: Http) -> bool:
        answer = http("GET", where)
        entries = answer.json()
        if len(entries) < 50:
            assert answer.headers["X-Pagination-Total-Entries"] == str(len(entries))
        return object_id in [one["id"] for one in entries]

    assert (found(team.ann), found(team.bob)) == (True, False)
    team.share(f"{place}/{object_id}", "read")
    assert found(team.bob)


def test_lists_are_filtered_by_permission(team):
    ids = {level: _python3(team.ann) for level in ("read", "write", "manage")}
    for level, script_id in ids.items():
        team.share(f"/scripts/python3/{script_id}", level)
    for level, expected in (("read", 3), ("write", 2), ("manage", 1)):
        found = team.bob.json("GET", f"/jobs?permission={level}&limit=50")
        assert len(set(ids.values()) & {one["id"] for one in found}) == expected


def _ended(http: Http, path: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while (run := http.json("GET", path))["state"] in ("queued", "running"):
        assert time.monotonic() < deadline, run
        time.sleep(0.02)
    return run


def test_who_may_write_may_run_and_who_may_read_may_not(team):
    path = f"/scripts/python3/{_python3(team.ann)}"
    assert team.bobs("POST", f"{path}/runs") == 404
    team.share(path, "read")
    assert team.bobs("POST", f"{path}/runs") == 403
    assert team.bobs("POST", f"/jobs/{path.split('/')[-1]}/runs") == 403
    team.share(path, "write")
    run = team.bob.json("POST", f"{path}/runs")
    assert _ended(team.bob, f"{path}/runs/{run['id']}")["state"] == "succeeded"
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
        script_id = _python3(http, source)
        run = http.json("POST", f"/jobs/{script_id}/runs")
        assert _ended(http, f"/jobs/{script_id}/runs/{run['id']}")["state"] == "succeeded"
        log = http.json("GET", f"/jobs/{script_id}/runs/{run['id']}/logs")
        assert [entry["message"] for entry in log] == [name]


def test_what_is_not_shared_can_t_be_used(team):
    credential_id = OBJECTS["/credentials"][0](team.ann)
    file_id = OBJECTS["/files"][0](team.ann)
    template_id = _template(team.ann)
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
    script_id = _python3(team.bob, "", params=params, arguments={"c": credential_id})
    run = team.bob.json("POST", f"/jobs/{script_id}/runs")
    assert _ended(team.bob, f"/jobs/{script_id}/runs/{run['id']}")["state"] == "succeeded"
    team.revoke(f"/credentials/{credential_id}")
    answer = team.bob("POST", f"/jobs/{script_id}/runs")
    assert answer.status_code == 400
    assert f"no credential {credential_id}" in answer.json()["errorDescription"]


def test_a_template_may_hand_on_a_credential_of_its_author(team):
    credential_id = OBJECTS["/credentials"][0](team.ann)
    fixed = {"name": "c", "type": "credential_custom", "value": str(credential_id)}
    template_id = _template(team.ann, "import os; print(os.environ['C_USERNAME'])", params=[fixed])
    team.share(f"/templates/scripts/{template_id}", "read")
    script = team.bob.json("POST", "/scripts/custom", json={"fromTemplateId": template_id})
    assert script["author"]["username"] == "bob"
    run = team.bob.json("POST", f"/scripts/custom/{script['id']}/runs")
    path = f"/scripts/custom/{script['id']}/runs/{run['id']}"
    assert _ended(team.bob, path)["state"] == "succeeded"
    assert team.bob.json("GET", f"{path}/logs")[-1]["message"] == "me"
    assert team.bobs("GET", f"/credentials/{credential_id}") == 404
    assert team.bobs("GET", f"/templates/scripts/{template_id}") == 200
    needed = team.bob.json("GET", f"/scripts/custom/{script['id']}/dependencies")
    assert ("Template", template_id) in [(one["objectType"], one["id"]) for one in needed]


def test_a_transfer_gives_ownership_and_dependencies(team):
    credential_id = OBJECTS["/credentials"][0](team.ann)
    params = [{"name": "c", "type": "credential_custom"}]
    script_id = _python3(team.ann, "", params=params, arguments={"c": credential_id})
    path = f"/scripts/python3/{script_id}"
    needed = team.ann.json("GET", f"{path}/dependencies?user_id={team.bob_id}")
    assert [(one["fcoType"], one["id"], one["permissionLevel"]) for one in needed] == [
        ("credential", credential_id, None)
    ]
    body = {"userId": team.bob_id, "includeDependencies": True}
    moved = team.ann.json("PUT", f"{path}/transfer", json=body)["dependencies"]
    assert [(one["id"], one["permissionLevel"], one["shared"]) for one in moved] == [
        (credential_id, "manage", True)
    ]
    assert team.bob.json("GET", path)["author"]["username"] == "bob"
    assert team.bobs("PUT", f"{path}/archive", json={"status": True}) == 200
    assert team.bobs("GET", f"/credentials/{credential_id}") == 200
    assert team.ann.json("GET", path)["myPermissionLevel"] == "manage"
    owners = team.bob.json("GET", f"{path}/shares")[0]["owners"]["users"]
    assert {one["name"] for one in owners} == {"Bob B", "Local User"}


def test_a_project_that_shares_shares_what_is_in_it(team):
    project_id = team.ann.json("POST", "/projects", json={"name": "p", "description": "d"})["id"]
    script_id = _python3(team.ann)
    team.share(f"/projects/{project_id}", "write")
    team.ann.json("PUT", f"/projects/{project_id}/auto_share", json={"autoShare": True})
    inside = f"/scripts/python3/{script_id}/projects/{project_id}"
    assert team.ann("PUT", inside).status_code == 204
    shown = team.bob.json("GET", f"/projects/{project_id}")
    assert [one["id"] for one in shown["scripts"]] == [script_id]
    assert shown["allObjects"][0]["myPermissionLevel"] == "write"
    assert team.bobs("PATCH", f"/scripts/python3/{script_id}", json={"name": "x"}) == 200
    assert [one["id"] for one in team.bob.json("GET", inside.rpartition("/")[0])] == [project_id]
    hidden = _python3(team.ann)
    assert team.bobs("PUT", f"/scripts/python3/{hidden}/projects/{project_id}") == 404


def test_an_object_goes_into_a_project_that_one_may_write(team):
    project_id = team.ann.json("POST", "/projects", json={"name": "p", "description": "d"})["id"]
    file_id = OBJECTS["/files"][0](team.bob)
    path = f"/files/{file_id}/projects/{project_id}"
    assert team.bobs("PUT", path) == 404
    team.share(f"/projects/{project_id}", "read")
    assert team.bobs("PUT", path) == 403
    team.share(f"/projects/{project_id}", "write")
    assert team.bobs("PUT", path) == 204
    # Ann may see the project, but not the file in it.
    assert team.ann.json("GET", f"/projects/{project_id}")["files"] == []
    assert team.bob.json("GET", f"/projects/{project_id}")["files"][0]["id"] == file_id


def test_ids_are_read_as_handlers_read_them(team):
    script_id = _python3(team.ann)
    for text in (f"+{script_id}", f"{script_id}.0", f"0{script_id}", f"%20{script_id}", "9" * 40):
        for path in ("/scripts/python3", "/jobs", "/scripts"):
            assert team.bobs("GET", f"{path}/{text}") == 404, (path, text)
            assert team.bobs("PUT", f"{path}/{text}/archive", json={"status": True}) in (404, 501)
    alias = {"objectId": script_id, "objectType": "python_script", "alias": str(script_id)}
    team.ann.json("POST", "/aliases", json=alias)
    assert team.bobs("GET", f"/aliases/python_script/{script_id}") == 404
    assert team.ann("GET", f"/aliases/python_script/{script_id}").status_code == 200


def test_a_workflow_runs_what_its_user_may_run(team):
    script_id = _python3(team.ann)
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
    script_id = _custom(team.ann)
    path = f"/scripts/custom/{script_id}"
    team.share(path, "read")
    answer = team.bob("POST", f"{path}/clone")
    assert (answer.status_code, "template" in answer.json()["errorDescription"]) == (400, True)
    template_id = team.ann.json("GET", path)["fromTemplateId"]
    team.share(f"/templates/scripts/{template_id}", "read")
    assert team.bob.json("POST", f"{path}/clone")["author"]["username"] == "bob"


def test_owners_keep_their_permission(team):
    path = f"/scripts/python3/{_python3(team.ann)}"
    body = {"userIds": [team.ann_id, team.bob_id], "permissionLevel": "read"}
    answer = team.ann("PUT", f"{path}/shares/users", json=body)
    assert answer.status_code == 400
    assert "owns Python script" in answer.json()["errorDescription"]
    shares = team.ann.json(
        "PUT", f"{path}/shares/users", json={**body, "permissionLevel": "manage"}
    )
    assert [one["id"] for one in shares["owners"]["users"]] == [team.ann_id, team.bob_id]
    assert shares["totalUserShares"] == 2


def test_only_the_first_user_creates_users_and_their_keys(team):
    body = {"name": "C", "email": "c@localhost", "user": "c", "primaryGroupId": team.group_id}
    assert team.bobs("POST", "/users", json=body) == 403
    key = {"name": "k", "expiresIn": 60}
    assert team.bobs("POST", f"/users/{team.ann_id}/api_keys", json=key) == 403
    assert team.bobs("POST", "/users/me/api_keys", json=key) == 200
    assert team.bobs("POST", "/users/999/api_keys", json=key) == 404
    for change in ({"user": "bob"}, {"name": " "}, {"primaryGroupId": 999}, {"city": "Bonn"}):
        answer = team.ann("POST", "/users", json={**body, **change})
        assert answer.status_code == 400, change
    bob = team.bob.json("GET", f"/users/{team.bob_id}")
    assert (bob["user"], bob["initials"], bob["primaryGroupId"]) == ("bob", "BB", team.group_id)
    assert bob["myPermissionLevel"] == "manage"
    assert team.bob.json("GET", f"/users/{team.ann_id}")["myPermissionLevel"] == "read"
    assert team.bobs("PUT", f"/groups/{team.group_id}/members/{team.ann_id}") == 403
    assert team.bobs("GET", f"/groups/{team.group_id}") == 200


def test_a_new_user_has_a_default_credential_and_runs_sql(team):
    (credential,) = team.bob.json("GET", "/credentials?default=true&type=Database")
    assert (credential["owner"], credential["remoteHostName"]) == ("bob", "sample")
    path = f"/scripts/sql/{_sql(team.bob)}"
    assert team.bob.json("GET", path)["credentialId"] == credential["id"]
    run = team.bob.json("POST", f"{path}/runs")
    done = _ended(team.bob, f"{path}/runs/{run['id']}")
    assert done["state"] == "succeeded"
    assert team.bobs("GET", f"/files/{done['output'][0]['fileId']}") == 200


def test_queries_and_imports_are_their_authors(team):
    query = team.ann.json(
        "POST", "/queries", json={"database": 1, "sql": "SELECT 7", "previewRows": 1}
    )
    _ended(team.ann, f"/queries/{query['id']}")
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
