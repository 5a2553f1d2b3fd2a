"""Where the extension's own questions go: a local platform is joined by them, and never started."""

from __future__ import annotations

import os
import socket

import pytest

import civis_nb
from civis_nb.errors import CivisLocalError, CivisTimeoutError
from civis_nb.lab.account import Account
from civis_nb.lab.catalog import Catalog
from civis_nb.lab.platform import Choice, LocalPlatform
from civis_nb.local.join import answering
from civis_nb.local.lock import read_running


@pytest.fixture
def state(tmp_path, monkeypatch):
    """Return the state folder of a local platform that is to be used."""
    for name in ("CIVIS_API_KEY", "CIVIS_API_ENDPOINT", "CIVIS_NB_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CIVIS_NB_BACKEND", "local")
    monkeypatch.setenv("CIVIS_NB_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.mark.parametrize("ask", [Account.identity, Account.client, Account.user_id])
def test_no_question_starts_the_local_platform(state, ask):
    with pytest.raises(CivisLocalError, match="start it from the status bar"):
        ask(Account())
    assert read_running(state) is None


def test_a_local_platform_that_runs_is_joined(state):
    with civis_nb.local.start(state, samples=False) as platform:
        account = Account()
        assert account.identity()[0] == platform.endpoint
        assert account.user_id() == platform.client().users.get_me().id
    with pytest.raises(CivisLocalError, match="does not run"):
        account.client()


def test_a_platform_is_asked_once_whether_it_answers(state, monkeypatch):
    asked = []

    def counted(folder):
        asked.append(folder)
        return answering(folder)

    monkeypatch.setattr("civis_nb.lab.account.answering", counted)
    with civis_nb.local.start(state, samples=False):
        account = Account()
        assert len({account.identity() for _ in range(20)}) == 1
        assert len(asked) == 1


def test_a_platform_that_was_started_again_is_found(state):
    account = Account()
    with civis_nb.local.start(state, samples=False) as platform:
        first, named = account.identity(), account.platform_id()
        assert account.client().base_url.startswith(platform.endpoint)
    with civis_nb.local.start(state, samples=False) as platform:
        assert account.client().base_url.startswith(platform.endpoint)
        assert account.user_id() == platform.client().users.get_me().id
        assert account.identity()[0] == platform.endpoint
        assert (account.identity() == first) == (first[0] == platform.endpoint)
        assert account.platform_id() == named
    assert account.platform_id() == "nowhere"


def test_a_platform_that_hangs_does_not_hold_up_another(monkeypatch):
    for name in ("CIVIS_NB_BACKEND", "CIVIS_NB_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    account = Account()
    with socket.create_server(("127.0.0.1", 0)) as silent, civis_nb.local.start() as platform:
        monkeypatch.setattr("civis_nb.lab.account._WAIT_S", 0.1)
        monkeypatch.setenv("CIVIS_API_KEY", "k")
        monkeypatch.setenv("CIVIS_API_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(CivisTimeoutError, match=r"has not answered within 0\.1 s"):
            account.client()
        monkeypatch.setattr("civis_nb.lab.account._WAIT_S", 30)
        monkeypatch.setenv("CIVIS_API_KEY", platform.api_key)
        monkeypatch.setenv("CIVIS_API_ENDPOINT", platform.endpoint)
        assert account.client().users.get_me()["id"] == account.user_id()


def choice_of(environ):
    account = Account()
    return Choice(account, Catalog(account), LocalPlatform(), environ)


def test_a_stop_leaves_the_database_of_another_platform(state, monkeypatch):
    monkeypatch.setenv("CIVIS_NB_BACKEND", "platform")
    monkeypatch.setenv("CIVIS_API_KEY", "k")
    choice = choice_of(os.environ)
    monkeypatch.setenv("CIVIS_NB_DATABASE", "chosen")
    choice.stop_local()
    assert choice.describe()["database"] == "chosen"


def test_after_a_stop_the_local_platform_is_used_no_longer(state, monkeypatch):
    monkeypatch.delenv("CIVIS_NB_BACKEND")
    choice = choice_of(os.environ)
    monkeypatch.setenv("CIVIS_NB_BACKEND", "local")
    choice.stop_local()
    assert choice.describe()["kind"] == "nowhere"
