"""The API key stays in the server: no answer, event, log or command shows it."""

from __future__ import annotations

import base64
import hashlib

import psutil
import pytest

from tests.lab.conftest import started
from tests.lab.events import Events
from tests.lab.test_handlers import ROUTES
from tests.widgets.drivers import until

pytestmark = pytest.mark.exhaustive


def forms(key):
    """Return the key, and what it could be told from."""
    return {
        "key": key,
        "header": base64.b64encode(f"{key}:".encode()).decode(),
        "hash": hashlib.sha256(key.encode()).hexdigest(),
    }


def shown_in(text, key):
    """Return in which forms a key is in a text."""
    return [name for name, form in forms(key).items() if form in text]


def everything(server, client):
    """Ask for everything; return all that was answered, headers included."""
    session = server.session()
    job = client.scripts.post_python3(name="one", source="print(1)").id
    run = client.jobs.post_runs(job).id
    database = client.databases.list()[0].id
    table = client.tables.list(database_id=database)[0].id
    queries = [
        f"data/tables?database={database}", f"data/preview?database={database}&table={table}",
        f"data/profile?database={database}&table={table}", "data/preview?database=1&table=999",
        "jobs?scope=all", f"jobs/{job}", f"jobs/{job}/runs/{run}/log?kind=lines&stop=9",
        "files?of=outputs", "files?of=projects", "files?of=99", "databases?fresh=1",
    ]  # fmt: skip
    asked = [("get", path, {}) for path in queries]
    asked += [
        (method, path.removeprefix("civis-nb/"), body)
        for path, method in ROUTES
        if path != "civis-nb/events"
        for body in ({}, {"cell": "%%civis_sql\nselect 1", "offset": 12, "use": "local"})
    ]
    for method, path, body in asked:
        answer = session.request(method, f"civis-nb/{path}", json=body)
        yield f"{method} {path}: {answer.status_code} {answer.headers} {answer.text}"
    topics = "jobs:all", f"run:{job}:{run}", "run:1:1"
    with Events(server, *topics) as page:
        page.until(lambda: len(page.last) == len(topics), "the events")
        yield str(page.last)


@pytest.fixture
def debugged(tmp_path, monkeypatch):
    """Return what starts a Jupyter server that logs all it can."""
    monkeypatch.setenv("CIVIS_NB_CACHE_DIR", str(tmp_path / "cache"))
    servers = []

    def start(**variables):
        folder = tmp_path / f"jupyter-{len(servers)}"
        servers.append(started(folder, "jupyter_server", ["--debug"], **variables))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


def test_no_answer_event_or_log_shows_the_key(debugged, lab_platform):
    key = lab_platform.api_key
    server = debugged(CIVIS_API_ENDPOINT=lab_platform.endpoint, CIVIS_API_KEY=key)
    told = list(everything(server, lab_platform.client()))
    assert len(told) > 50
    assert [one for one in told if shown_in(one, key)] == []
    until(lambda: "civis-nb/events" in server.log, "the log of the last question")
    assert "DEBUG" in server.log or "[D " in server.log
    assert shown_in(server.log, key) == []


@pytest.mark.parametrize("status", ["refused", "unreachable"])
def test_errors_do_not_show_the_key(debugged, lab_platform, status):
    key = "a-key-that-nobody-may-see"
    endpoint = lab_platform.endpoint if status == "refused" else "http://127.0.0.1:9"
    server = debugged(CIVIS_API_ENDPOINT=endpoint, CIVIS_API_KEY=key)
    session = server.session()
    for path in ("databases", "jobs", "files?of=projects"):
        answer = session.get(f"civis-nb/{path}")
        problem = answer.json()["problem"]
        assert ("key itself is refused" if status == "refused" else "127.0.0.1:9") in problem
        assert shown_in(answer.text, key) == []
    assert shown_in(server.log, key) == []


def test_a_local_platform_is_started_without_the_key_of_another(debugged, tmp_path, monkeypatch):
    for name in ("CIVIS_API_ENDPOINT", "CIVIS_NB_BACKEND", "CIVIS_NB_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    key = "a-key-of-civis-platform"
    server = debugged(CIVIS_API_KEY=key, CIVIS_NB_STATE_DIR=str(tmp_path / "state"))
    session = server.session()
    used = session.post("civis-nb/platform", json={"use": "local"}, timeout=90)
    assert used.ok, used.text
    children = psutil.Process(server.pid).children(recursive=True)
    assert children
    for child in children:
        assert shown_in(" ".join(child.cmdline()), key) == []
        assert shown_in(str(child.environ()), key) == []
    # With it back in use, the key is there again.
    back = session.post("civis-nb/platform", json={"use": "environment"})
    assert back.json()["kind"] == "platform"
