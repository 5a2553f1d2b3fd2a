"""A platform of another version: it lacks operations, or fields of its answers."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from tests.lab.conftest import started
from tests.lab.events import Events
from tests.scripted_server import ScriptedServer
from tests.widgets.drivers import until

pytestmark = pytest.mark.exhaustive

SPEC = json.loads((files("civis_nb.spec") / "bundled.json").read_text(encoding="utf-8"))
LACKING = "/tables", "/databases/{id}/schemas", "/projects", "/jobs"
CELL = "%%civis_sql\nselect b. from a.b"
OF_VERSION = "The platform is of another version than this civis_nb is made for."


@pytest.fixture
def server_beside(tmp_path, monkeypatch):
    """Start a Jupyter server beside a platform with these operations."""
    monkeypatch.setenv("CIVIS_NB_CACHE_DIR", str(tmp_path / "cache"))
    platform = ScriptedServer()
    platform.on("GET", "/users/me", {"id": 1})
    platform.on("GET", "/databases", [{"id": 1, "name": "main"}])
    servers = []

    def start(paths):
        platform.on("GET", "/endpoints", {**SPEC, "paths": paths})
        servers.append(
            started(
                tmp_path / "jupyter", "jupyter_server", CIVIS_API_ENDPOINT=platform.url,
                CIVIS_API_KEY="k",
            )
        )  # fmt: skip
        return platform, servers[0]

    yield start
    for server in servers:
        server.stop()
    platform.close()


def completed(server, cell, offset):
    body = {"cell": cell, "offset": offset, "variables": {}}
    answer = server.session().post("civis-nb/complete", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_what_is_lacking_is_told_and_all_else_goes_on(server_beside):
    known = {path: it for path, it in SPEC["paths"].items() if not path.startswith(LACKING)}
    _, server = server_beside(known)
    session = server.session()
    for path, lacks in [
        ("data/tables?database=1", "client.databases has no method 'list_schemas'"),
        ("jobs?scope=all", "The API has no resource 'jobs'"),
        ("files?of=projects", "The API has no resource 'projects'"),
    ]:
        answer = session.get(f"civis-nb/{path}")
        assert (answer.status_code, answer.json()["passes"]) == (502, False), answer.text
        assert answer.json()["problem"].startswith(f"{OF_VERSION} {lacks}")
        assert "Update civis_nb" in answer.json()["problem"]
    assert session.get("civis-nb/databases").json()["databases"][0]["name"] == "main"
    with Events(server, "jobs:mine") as page:
        page.until(lambda: page.last.get("jobs:mine"), "the jobs")
        assert page.last["jobs:mine"]["problem"].startswith(OF_VERSION)

    until(
        lambda: completed(server, CELL, len(CELL))["problem"].startswith(OF_VERSION),
        "the reason why there are no tables",
    )
    # There are functions even so.
    found = completed(server, "%%civis_sql\nselect datedi", 25)
    assert [one["label"] for one in found["items"]] == ["datediff"]


def test_fields_that_are_lacking_are_done_without_where_that_is_possible(server_beside):
    platform, server = server_beside(SPEC["paths"])
    platform.on("GET", "/databases/1/schemas", [{"schema": "a"}])
    platform.on("GET", "/tables", [{"id": 1, "schema": "a", "name": "b", "new": {"in": "it"}}])
    platform.on("GET", "/tables/1", {"id": 1, "columns": [{"name": "c"}, {"name": "d"}]})
    platform.on("GET", "/jobs", [{"id": 5, "name": "j", "state": "odd"}])
    session = server.session()
    found = until(
        lambda: session.get("civis-nb/data/tables?database=1").json().get("schemas"), "the tables"
    )
    assert found == [{"name": "a", "sql": "a", "tables": [[1, "b", False]]}]
    columns = session.get("civis-nb/data/columns?database=1&table=1").json()["columns"]
    assert [(one["name"], one["type"]) for one in columns] == [("c", ""), ("d", "")]
    items = completed(server, CELL, CELL.index(" from"))["items"]
    assert [one["label"] for one in items] == ["c", "d"]
    answer = session.get("civis-nb/jobs?scope=all")
    assert answer.status_code == 502
    assert "The response has no field 'type'" in answer.json()["problem"]
