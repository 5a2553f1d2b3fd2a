"""What users may see, change and share, by their permissions."""

from __future__ import annotations

import pytest

from tests.local.conftest import Http
from tests.local.records.permissions.conftest import (
    OBJECTS,
    Team,
    new_python3,
)

pytestmark = pytest.mark.exhaustive


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
    ids = {level: new_python3(team.ann) for level in ("read", "write", "manage")}
    for level, script_id in ids.items():
        team.share(f"/scripts/python3/{script_id}", level)
    for level, expected in (("read", 3), ("write", 2), ("manage", 1)):
        found = team.bob.json("GET", f"/jobs?permission={level}&limit=50")
        assert len(set(ids.values()) & {one["id"] for one in found}) == expected


def test_a_transfer_gives_ownership_and_dependencies(team):
    credential_id = OBJECTS["/credentials"][0](team.ann)
    params = [{"name": "c", "type": "credential_custom"}]
    script_id = new_python3(team.ann, "", params=params, arguments={"c": credential_id})
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
    script_id = new_python3(team.ann)
    team.share(f"/projects/{project_id}", "write")
    team.ann.json("PUT", f"/projects/{project_id}/auto_share", json={"autoShare": True})
    inside = f"/scripts/python3/{script_id}/projects/{project_id}"
    assert team.ann("PUT", inside).status_code == 204
    shown = team.bob.json("GET", f"/projects/{project_id}")
    assert [one["id"] for one in shown["scripts"]] == [script_id]
    assert shown["allObjects"][0]["myPermissionLevel"] == "write"
    assert team.bobs("PATCH", f"/scripts/python3/{script_id}", json={"name": "x"}) == 200
    assert [one["id"] for one in team.bob.json("GET", inside.rpartition("/")[0])] == [project_id]
    hidden = new_python3(team.ann)
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
    script_id = new_python3(team.ann)
    for text in (f"+{script_id}", f"{script_id}.0", f"0{script_id}", f"%20{script_id}", "9" * 40):
        for path in ("/scripts/python3", "/jobs", "/scripts"):
            assert team.bobs("GET", f"{path}/{text}") == 404, (path, text)
            assert team.bobs("PUT", f"{path}/{text}/archive", json={"status": True}) in (404, 501)
    alias = {"objectId": script_id, "objectType": "python_script", "alias": str(script_id)}
    team.ann.json("POST", "/aliases", json=alias)
    assert team.bobs("GET", f"/aliases/python_script/{script_id}") == 404
    assert team.ann("GET", f"/aliases/python_script/{script_id}").status_code == 200


def test_owners_keep_their_permission(team):
    path = f"/scripts/python3/{new_python3(team.ann)}"
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
