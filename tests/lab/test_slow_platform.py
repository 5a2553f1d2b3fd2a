"""A platform that does not answer: what becomes of the server's other work, and of its end."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from importlib.resources import files

import pytest
import requests

from tests.lab.conftest import started
from tests.lab.events import Events
from tests.scripted_server import Reply, ScriptedServer
from tests.widgets.drivers import until

pytestmark = pytest.mark.exhaustive

SPEC = json.loads((files("civis_nb.spec") / "bundled.json").read_text(encoding="utf-8"))
#: Reads that ask the platform each time, and those whose answers are kept.
READS = ("jobs?scope=all", "files?of=projects", "databases")
IMPATIENT = """
from jupyter_server.serverapp import main
from civis_nb.lab import threads

threads.READ_LIMIT_S = 0.5
main()
"""


@pytest.fixture
def silent():
    """Start a platform that tells its operations, and answers nothing else."""
    platform = ScriptedServer()
    platform.on("GET", "/endpoints", SPEC)
    for path in ("/users/me", "/databases", "/jobs", "/projects"):
        platform.on("GET", path, Reply(fault="hang"))
    yield platform
    platform.close()


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Start a Jupyter server beside a platform; it is ended by force, if need be."""
    monkeypatch.setenv("CIVIS_NB_CACHE_DIR", str(tmp_path / "cache"))
    servers = []

    def started_with(url, module="jupyter_server", **variables):
        folder = tmp_path / "jupyter"
        servers.append(started(folder, module, CIVIS_API_ENDPOINT=url, CIVIS_API_KEY="k",
                               **variables))  # fmt: skip
        return servers[-1]

    yield started_with
    for server in servers:
        server.kill()


def asked(server, paths):
    """Ask for paths, each in a thread of its own, whose answers nobody waits for."""

    def ask(path):
        with contextlib.suppress(requests.RequestException):  # the server is ended
            server.session().get(f"civis-nb/{path}", timeout=120)

    for path in paths:
        threading.Thread(target=ask, args=(path,), daemon=True).start()


def test_what_needs_no_platform_is_answered_while_it_hangs(start, silent):
    server = start(silent.url)
    asked(server, READS * 10)
    until(lambda: len(silent.seen("GET", "/jobs")) >= 10, "the questions to the platform")
    session = server.session()
    cell = {"cell": "%%civis_sql\nselect  1"}
    for _ in range(5):
        found = session.get("civis-nb/platform", timeout=15)
        assert found.json()["endpoint"].startswith(silent.url)
        assert session.get("api/status", timeout=15).ok
        assert session.get("civis-nb/files", timeout=15).json() == []
        formatted = session.post("civis-nb/format", json=cell, timeout=15)
        assert formatted.json() == {"cell": "%%civis_sql\nselect 1"}


def test_a_server_ends_though_the_platform_hangs_and_pages_listen(start, silent):
    server = start(silent.url)
    asked(server, READS * 10)
    asked(server, ["databases?fresh=1", "complete"])
    until(lambda: len(silent.seen("GET", "/jobs")) >= 10, "the questions to the platform")
    topics = "jobs:all", "run:1:2"
    pages = [Events(server, *topics) for _ in range(20)]
    for page in pages:
        page.__enter__()
    assert server.stop() == 0, server.log
    for page in pages:
        page.until(lambda page=page: page.has_ended, "the end of the stream")
        page.__exit__()


@pytest.fixture
def impatient(start, silent, tmp_path):
    """Start a Jupyter server that gives up reads after half a second."""
    (tmp_path / "impatient.py").write_text(IMPATIENT)
    paths = [str(tmp_path), os.environ.get("PYTHONPATH", "")]
    return start(silent.url, "impatient", PYTHONPATH=os.pathsep.join(paths))


def test_a_read_is_given_up_in_time_and_says_so(impatient):
    answer = impatient.session().get("civis-nb/jobs")
    assert answer.status_code == 504
    assert answer.json()["problem"] == "The platform has not answered within 0.5 s."
    assert answer.json()["passes"] is True


def test_a_download_that_does_not_begin_is_given_up_in_time(impatient, silent):
    file = {"id": 7, "name": "a.txt", "file_size": 3, "file_url": f"{silent.url}/store"}
    silent.on("GET", "/files/7", file)
    silent.on("GET", "/store", Reply(fault="hang"))
    answer = impatient.session().get("civis-nb/files/7/content", timeout=25)
    assert answer.status_code == 504
    assert answer.json()["problem"] == "The platform has not answered within 0.5 s."


@pytest.mark.parametrize("kind", ["preview", "profile"])
def test_a_query_that_does_not_begin_is_given_up_in_time_and_cancelled(impatient, silent, kind):
    gate = threading.Event()

    def begun(_seen):
        gate.wait(60)
        return Reply({"id": 5, "state": "queued", "last_run_id": 6, "last_run": {"id": 6}})

    table = {"id": 1, "schema": "a", "name": "b", "is_view": False}
    column = {"name": "c", "sql_type": "INT", "description": "", "order": 0}
    silent.on("GET", "/databases", [{"id": 1, "name": "main", "adapter": "postgresql"}])
    silent.on("GET", "/tables", [table])
    silent.on("GET", "/tables/1", {**table, "columns": [column]})
    silent.on("GET", "/credentials", [{"id": 1, "name": "mine", "type": "Database"}])
    silent.on("POST", "/queries", begun)
    silent.on("GET", "/jobs/5/runs", [{"id": 6, "state": "running"}])
    session = impatient.session()
    names = "civis-nb/data/columns?database=1&table=1"
    until(lambda: session.get(names, timeout=25).status_code == 200, "the names")

    def given_up():
        answer = session.get(f"civis-nb/data/{kind}?database=1&table=1", timeout=25)
        assert answer.status_code == 504, answer.text
        assert answer.json()["problem"] == "The platform has not answered within 0.5 s."
        return silent.seen("POST", "/queries")

    until(given_up, "a query that was begun")
    gate.set()
    until(lambda: silent.seen("DELETE", "/jobs/5/runs/6"), "the cancel")
