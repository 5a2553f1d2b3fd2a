"""``civis-nb notebooks`` on a platform that hosts them: a stand-in, as the local one does not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from civis_nb.cli import cli
from civis_nb.cli.api import Api
from civis_nb.spec.browse import BUNDLED, given
from civis_nb.tests import create_client_mock


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
