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
from tests.widgets.conftest import until

pytestmark = pytest.mark.exhaustive

SPEC = json.loads((files("civis_nb.spec") / "bundled.json").read_text(encoding="utf-8"))
#: Reads that ask the platform each time, and those whose answers are kept.
READS = ("jobs?scope=all", "files?of=projects", "databases")
IMPATIENT = """
from jupyter_server.serverapp import main
from civis_nb.lab import http

http.READ_LIMIT_S = 0.5
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


def test_a_read_is_given_up_in_time_and_says_so(start, silent, tmp_path, monkeypatch):
    (tmp_path / "impatient.py").write_text(IMPATIENT)
    paths = [str(tmp_path), os.environ.get("PYTHONPATH", "")]
    server = start(silent.url, "impatient", PYTHONPATH=os.pathsep.join(paths))
    answer = server.session().get("civis-nb/jobs")
    assert answer.status_code == 504
    assert answer.json()["problem"] == "The platform has not answered within 0.5 s."
