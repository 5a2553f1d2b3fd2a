"""Pages that come and go below an address with a prefix; a platform that lacks operations."""

from __future__ import annotations

import copy
import json
from importlib.resources import files

import psutil
import pytest

from tests.lab.conftest import started
from tests.lab.events import Events
from tests.scripted_server import ScriptedServer
from tests.widgets.drivers import until

pytestmark = pytest.mark.exhaustive

SPEC = json.loads((files("civis_nb.spec") / "bundled.json").read_text(encoding="utf-8"))
#: A file or two may stay open in between: a connection to the platform that is kept.
KEPT = 4


@pytest.fixture
def platform():
    """Start a platform that answers what tests tell it."""
    server = ScriptedServer()
    server.on("GET", "/endpoints", SPEC)
    server.on("GET", "/users/me", {"id": 1, "username": "me"})
    server.on("GET", "/jobs", [])
    yield server
    server.close()


@pytest.fixture
def below(tmp_path, monkeypatch, platform):
    """Start a Jupyter server as JupyterHub does, with a prefix."""
    monkeypatch.setenv("CIVIS_NB_CACHE_DIR", str(tmp_path / "cache"))
    server = started(
        tmp_path / "jupyter",
        "jupyter_server",
        ["--ServerApp.base_url=/user/a%20name/"],
        CIVIS_API_ENDPOINT=platform.url,
        CIVIS_API_KEY="k",
    )
    yield server
    server.kill()


def test_pages_that_vanish_leave_nothing_behind(below):
    process = psutil.Process(below.pid)

    def open_and_vanish():
        pages = [Events(below, "jobs:all") for _ in range(20)]
        for page in pages:
            page.__enter__()
        for page in pages:
            page.until(lambda page=page: page.last, "the first event")
            page.__exit__()
        until(lambda: process.num_threads() <= before[0] + KEPT, "the end of threads")
        until(lambda: process.num_fds() <= before[1] + KEPT, "the end of connections")

    before = process.num_threads(), process.num_fds()
    for _ in range(3):
        open_and_vanish()


def test_a_platform_that_lacks_an_operation_is_told_of(below, platform):
    older = copy.deepcopy(SPEC)
    for path in [path for path in older["paths"] if path.startswith("/projects")]:
        del older["paths"][path]
    platform.on("GET", "/endpoints", older)
    missing = below.session().get("civis-nb/files?of=projects")
    assert missing.status_code == 502
    assert "The API has no resource 'projects'" in missing.json()["problem"]
    refused = below.session().get("civis-nb/jobs/5")
    assert refused.status_code == 404
    assert "No such thing (GET /jobs/5)" in refused.json()["problem"]
