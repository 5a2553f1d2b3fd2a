"""A team of users, and objects of each kind that they may share."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from civis_nb.local import start
from tests.local.conftest import Http

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


def new_python3(http: Http, source: str = "print(1)", **body: Any) -> int:
    return int(
        http.json("POST", "/scripts/python3", json={"name": "s", "source": source, **body})["id"]
    )


def new_sql(http: Http) -> int:
    body = {"name": "s", "sql": "SELECT 1", "remoteHostId": 1, "credentialId": None}
    return int(http.json("POST", "/scripts/sql", json=body)["id"])


def new_container(http: Http) -> int:
    body = {"dockerCommand": "true", "requiredResources": {"cpu": 100}}
    return int(http.json("POST", "/scripts/containers", json=body)["id"])


def new_template(http: Http, source: str = "print(1)", **body: Any) -> int:
    script_id = new_python3(http, source, **body)
    made = http.json("POST", "/templates/scripts", json={"scriptId": script_id, "name": "t"})
    return int(made["id"])


def new_custom(http: Http) -> int:
    made = http.json("POST", "/scripts/custom", json={"fromTemplateId": new_template(http)})
    return int(made["id"])


def new_record(path: str, **body: Any) -> Any:
    return lambda http: int(http.json("POST", path, json=body)["id"])


#: Path of the objects -> what creates one, and a change of it.
OBJECTS = {
    "/scripts/python3": (new_python3, {"source": "print(2)"}),
    "/scripts/sql": (new_sql, {"sql": "SELECT 2"}),
    "/scripts/containers": (new_container, {"dockerCommand": "echo"}),
    "/scripts/custom": (new_custom, {"name": "other"}),
    "/files": (new_record("/files", name="f"), {"name": "other"}),
    "/credentials": (new_record("/credentials", **SECRET), {"name": "other"}),
    "/reports": (new_record("/reports", name="r"), {"name": "other"}),
    "/templates/scripts": (new_template, {"name": "other"}),
    "/notebooks": (new_record("/notebooks", name="n"), {"name": "other"}),
    "/services": (new_record("/services", name="n"), {"name": "other"}),
    "/projects": (new_record("/projects", name="p", description="d"), None),
    "/workflows": (new_record("/workflows", name="w"), {"name": "other"}),
}


def ended(http: Http, path: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while (run := http.json("GET", path))["state"] in ("queued", "running"):
        assert time.monotonic() < deadline, run
        time.sleep(0.02)
    return run
