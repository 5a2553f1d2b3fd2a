"""A switch of the platform between two steps of one request: it keeps to the one of its start."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from urllib.parse import urlencode, urlsplit

import pytest

from tests.lab.conftest import started
from tests.scripted_server import Reply, ScriptedServer
from tests.widgets.drivers import until

pytestmark = pytest.mark.exhaustive

SPEC = json.loads((files("civis_nb.spec") / "bundled.json").read_text(encoding="utf-8"))
TABLE = {"id": 5, "databaseId": 1, "schema": "public", "name": "theirs", "isView": False}
QUERY = {"id": 9, "state": "succeeded", "database": 1}


@pytest.fixture
def platform():
    """Start a platform whose databases come when its gate is open."""
    platform, gate = ScriptedServer(), threading.Event()

    def databases(_seen):
        gate.wait(60)
        return Reply([{"id": 1, "name": "theirs", "adapter": "postgresql"}])

    platform.gate = gate
    columns = [{"name": "of_theirs", "sqlType": "text", "order": 0, "description": ""}]
    rows = {"resultColumns": ["of_theirs"], "resultRows": [["x"]]}
    platform.on("GET", "/endpoints", SPEC)
    platform.on("GET", "/databases", databases)
    platform.on("GET", "/users/me", Reply({"id": 3}))
    platform.on("GET", "/credentials", Reply([{"id": 4, "name": "of the database"}]))
    platform.on("GET", "/tables", Reply([TABLE], headers={"X-Pagination-Total-Pages": "1"}))
    platform.on("GET", "/tables/5", Reply({**TABLE, "columns": columns}))
    platform.on("POST", "/queries", Reply({**QUERY, **rows}))
    platform.on("GET", "/queries/9", Reply({**QUERY, **rows}))
    platform.on("POST", "/databases/1/schemas/scan", Reply({"jobId": 6, "runId": 8}))
    platform.on("GET", "/jobs/6/runs/8", Reply({"id": 8, "state": "succeeded"}))
    upload = {"id": 7, "uploadUrl": f"{platform.url}/store", "uploadFields": {"key": "7"}}
    platform.on("POST", "/files", Reply(upload))
    platform.on("POST", "/store", Reply(status=204))
    platform.on(
        "GET", "/files/7", Reply({"id": 7, "name": "theirs.txt", "fileSize": 10, "expiresAt": None})
    )
    yield platform
    gate.set()
    platform.close()


@pytest.fixture
def server(platform, tmp_path, monkeypatch):
    """Start a Jupyter server beside it, and the local platform, to which it may go on."""
    for name in ("CIVIS_NB_BACKEND", "CIVIS_NB_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    with started(
        tmp_path / "jupyter",
        "jupyter_server",
        # Not written as local platforms are, so that there is another one to choose.
        CIVIS_API_ENDPOINT=platform.url.replace("127.0.0.1", "127.1"),
        CIVIS_API_KEY="k",
        CIVIS_NB_STATE_DIR=str(tmp_path / "state"),
        CIVIS_NB_CACHE_DIR=str(tmp_path / "cache"),
    ) as server:
        # From here on a switch takes no time to speak of.
        use(server, "local")
        use(server, "environment")
        yield server


def use(server, which):
    switched = server.session().post("civis-nb/platform", json={"use": which})
    assert switched.status_code == 200, switched.text


def test_requests_are_answered_by_the_platform_of_their_start(server, platform):
    shown = server.session().get("civis-nb/platform").json()["id"]
    schema = {"database": 1, "schema": "public"}
    table = {"platform": shown, "database": 1, "table": 5}

    def ask(method, path, params, body=None):
        return server.session().request(method, f"civis-nb/{path}", params=params, json=body)

    def over_a_switch(*request):
        """Return the answer to a request whose first step ends after a switch, and a later one."""
        loads = len(platform.seen("GET", "/databases"))
        platform.gate.clear()
        with ThreadPoolExecutor() as pool:
            answer = pool.submit(ask, *request)
            until(lambda: len(platform.seen("GET", "/databases")) > loads, "the first step")
            use(server, "local")
            platform.gate.set()
            reply = answer.result(60)
        later = ask(*request)
        use(server, "environment")
        return reply, later

    # This one has all names forgotten: the next one begins with the databases, too.
    scan, later = over_a_switch("POST", "data/scan", {"platform": shown}, schema)
    assert (scan.status_code, scan.json()) == (200, {})
    assert (later.status_code, later.json()["kind"]) == (409, "PlatformChanged")
    assert len(platform.seen("POST", "/databases/1/schemas/scan")) == 1

    preview, later = over_a_switch("GET", "data/preview", table)
    assert preview.status_code == 200, preview.text
    assert "of_theirs" in preview.text
    assert (later.status_code, later.json()["kind"]) == (409, "PlatformChanged")
    assert len(platform.seen("POST", "/queries")) == 1


def test_a_file_goes_to_the_platform_for_which_it_was_begun(server, platform):
    session = server.session()
    shown = session.get("civis-nb/platform").json()["id"]
    query = {"name": "theirs.txt", "upload": "one", "platform": shown}
    address = urlsplit(session.address(f"civis-nb/files?{urlencode(query)}"))
    head = (
        f"POST {address.path}?{address.query} HTTP/1.1\r\nHost: {address.netloc}\r\n"
        f"Authorization: {session.headers['Authorization']}\r\nContent-Length: 10\r\n"
        "Expect: 100-continue\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall(head.encode())
        # The server asks for the body when it has prepared for the upload: then it has begun.
        asked = b""
        while not asked.endswith(b"\r\n\r\n"):
            asked += (piece := connection.recv(1))
            assert piece, asked
        assert asked.startswith(b"HTTP/1.1 100 "), asked
        connection.sendall(b"x" * 5)
        use(server, "local")
        connection.sendall(b"x" * 5)
        reply = http.client.HTTPResponse(connection)
        reply.begin()
        answer = reply.read().decode()
        assert reply.status == 200, answer
        assert json.loads(answer)["id"] == 7
    assert len(platform.seen("POST", "/store")) == 1
    assert session.get("civis-nb/files").json() == []
    use(server, "environment")
    assert [one["id"] for one in session.get("civis-nb/files").json()] == [7]
