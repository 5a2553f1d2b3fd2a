"""``civis-nb notebooks`` on a platform that hosts them: a stand-in, as the local one does not."""

from __future__ import annotations

import contextlib
import json
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from civis_nb.cli import cli
from civis_nb.cli.api import Api
from civis_nb.spec.browse import BUNDLED, given
from civis_nb.tests import create_client_mock
from tests.scripted_server import Reply, ScriptedServer


class HostedApi(Api):
    """Civis Platform with one notebook, as far as the commands ask for it."""

    def __init__(self, state="running"):
        super().__init__()
        self.spec = given(BUNDLED)
        self.mock = create_client_mock()
        self.mock.base_url = "https://api.civisanalytics.com/"
        self.mock.notebooks.post.return_value = SimpleNamespace(id=7)
        newest = SimpleNamespace(state=state, deployment_id=9)
        self.mock.notebooks.get.return_value = SimpleNamespace(most_recent_deployment=newest)

    def client(self, return_type="snake"):
        return self.mock


@pytest.fixture
def opened(monkeypatch):
    pages = []
    monkeypatch.setattr("webbrowser.open", lambda page, **_: pages.append(page) or True)
    return pages


def _run(api, *words):
    return CliRunner().invoke(cli, ["notebooks", *words], obj=api, catch_exceptions=False)


def test_new_creates_starts_and_opens(opened):
    api = HostedApi()
    done = _run(api, "new", "r", "--mem", "512", "--cpu", "100")
    assert done.exit_code == 0
    assert done.stdout == (
        "Created new r notebook with ID 7 in Civis Platform "
        "(https://platform.civisanalytics.com/#/notebooks/7).\n"
    )
    api.mock.notebooks.post.assert_called_once_with(language="r", memory=512, cpu=100)
    api.mock.notebooks.post_deployments.assert_called_once_with(7)
    assert opened == ["https://platform.civisanalytics.com/#/notebooks/7?fullscreen=true"]


def test_up_changes_only_what_is_given(opened):
    api = HostedApi()
    _run(api, "up", "7")
    api.mock.notebooks.patch.assert_not_called()
    _run(api, "up", "7", "--mem", "1024")
    api.mock.notebooks.patch.assert_called_once_with(7, memory=1024)
    assert api.mock.notebooks.post_deployments.call_count == len(opened) == 2


def test_down_stops_the_newest_deployment():
    api = HostedApi("pending")
    assert _run(api, "down", "7").exit_code == 0
    api.mock.notebooks.delete_deployments.assert_called_once_with(7, 9)
    stopped = HostedApi("stopped")
    done = _run(stopped, "down", "7")
    assert done.exit_code == 2
    assert 'in state "stopped"' in done.stderr
    stopped.mock.notebooks.delete_deployments.assert_not_called()


def test_open_without_a_browser_prints_the_page(monkeypatch):
    monkeypatch.setattr("webbrowser.open", lambda *_, **__: False)
    done = _run(HostedApi(), "open", "7")
    assert "#/notebooks/7?fullscreen=true" in done.stderr


def test_what_is_sent_is_what_the_api_takes(monkeypatch, tmp_path):
    """Over HTTP, to a server with the answers that Civis Platform documents."""
    started = {"deploymentId": 9, "state": "running"}
    monkeypatch.setenv("CIVIS_NB_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("CIVIS_API_KEY", "k")
    with contextlib.closing(ScriptedServer()) as server:
        monkeypatch.setenv("CIVIS_API_ENDPOINT", server.url)
        document = {**json.loads(BUNDLED.read_text()), "host": "platform.test"}
        server.on("GET", "/endpoints", Reply(document))
        server.on("POST", "/notebooks", Reply({"id": 7}, 201))
        server.on("PATCH", "/notebooks/7", Reply({"id": 7}))
        server.on("GET", "/notebooks/7", Reply({"id": 7, "mostRecentDeployment": started}))
        server.on("POST", "/notebooks/7/deployments", Reply(started, 201))
        server.on("DELETE", "/notebooks/7/deployments/9", Reply(None, 204))
        for words in (
            ("new", "python3", "--mem", "512"),
            ("up", "7", "--cpu", "100"),
            ("down", "7"),
        ):
            done = CliRunner().invoke(cli, ["notebooks", *words], catch_exceptions=False)
            assert done.exit_code == 0, done.stderr
        sent = [(one.method, one.path, one.json) for one in server.requests[1:]]
    assert sent == [
        ("POST", "/notebooks", {"language": "python3", "memory": 512}),
        ("POST", "/notebooks/7/deployments", {}),
        ("PATCH", "/notebooks/7", {"cpu": 100}),
        ("POST", "/notebooks/7/deployments", {}),
        ("GET", "/notebooks/7", {}),
        ("DELETE", "/notebooks/7/deployments/9", {}),
    ]


def test_the_local_platform_stores_notebooks_and_says_that_it_starts_none(run, on_platform):
    client = on_platform.client()
    before = {one.id for one in client.notebooks.list()}
    done = run("notebooks", "new")
    assert done.exit_code == 1
    assert "Open its file (notebookUrl) in a Jupyter of your own" in done.stderr
    (made,) = (one for one in client.notebooks.list() if one.id not in before)
    assert f"with ID {made.id}" in done.stdout
    for words, said in (
        (("up", str(made.id)), "Open its file"),
        (("down", str(made.id)), "was never started and can't be stopped"),
        (("open", str(made.id)), "A local platform has no pages"),
    ):
        done = run("notebooks", *words)
        assert (done.exit_code != 0, done.stdout) == (True, "")
        assert said in " ".join(done.stderr.split())
