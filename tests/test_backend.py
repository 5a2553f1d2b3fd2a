"""Which platform a bare APIClient() goes to."""

from __future__ import annotations

import weakref

import pytest

from civis_nb import backend, config, local
from civis_nb.errors import CivisMissingKeyError, CivisPlatformEndedError
from civis_nb.local import serve

REAL = "https://api.civisanalytics.com/"


class FakePlatform:
    endpoint, api_key = "http://127.0.0.1:1", "local-key"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch):
    for name in ("CIVIS_API_KEY", "CIVIS_API_ENDPOINT", "CIVIS_NB_BACKEND"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(local, "start_or_join", FakePlatform)
    yield
    config.reset()


def test_no_key_names_both_ways_out():
    with pytest.raises(CivisMissingKeyError, match=r"CIVIS_API_KEY.*CIVIS_NB_BACKEND=local"):
        backend.resolve()


def test_no_key_beside_a_platform_of_this_process_says_how_to_reach_that_one(monkeypatch):
    monkeypatch.setattr(serve, "_started", weakref.WeakSet())  # those of other tests may run
    with local.start(samples=False) as platform:
        with pytest.raises(CivisMissingKeyError) as caught:
            backend.resolve()
        assert platform.endpoint in str(caught.value)
        assert "client = platform.client()" in str(caught.value)
    with pytest.raises(CivisMissingKeyError) as caught:
        backend.resolve()
    assert platform.endpoint not in str(caught.value)
    assert "has ended; platform = civis_nb.local.start() starts" in str(caught.value)


def test_a_platform_that_was_worked_with_and_has_ended_is_told_instead_of_a_missing_key():
    ended = local.start(samples=False)
    ended.stop()
    with pytest.raises(CivisPlatformEndedError, match="Start one again") as caught:
        backend.resolve(started=[1, ended])
    assert ended.endpoint in str(caught.value)
    with local.start(samples=False) as platform:
        assert backend.resolve(started=[platform, ended])[0] == platform.endpoint


def test_environment_is_used(monkeypatch):
    monkeypatch.setenv("CIVIS_API_KEY", "k")
    assert backend.resolve() == (REAL, "k")
    monkeypatch.setenv("CIVIS_API_ENDPOINT", "https://elsewhere.test")
    assert backend.resolve() == ("https://elsewhere.test", "k")


def test_local_backend_needs_no_key(monkeypatch):
    monkeypatch.setenv("CIVIS_NB_BACKEND", "local")
    assert backend.resolve() == ("http://127.0.0.1:1", "local-key")


def test_local_backend_is_not_overruled_by_a_key_for_the_real_platform(monkeypatch):
    monkeypatch.setenv("CIVIS_API_KEY", "real-key")
    config.set_value("backend", "local")
    assert backend.resolve() == ("http://127.0.0.1:1", "local-key")


def test_local_backend_uses_the_platform_that_the_environment_announces(monkeypatch):
    monkeypatch.setenv("CIVIS_API_KEY", "k")
    monkeypatch.setenv("CIVIS_API_ENDPOINT", "http://127.0.0.1:5")
    config.set_value("backend", "local")
    assert backend.resolve() == ("http://127.0.0.1:5", "k")


def test_what_is_given_wins_over_the_setting():
    config.set_value("backend", "local")
    assert backend.resolve("mine") == (REAL, "mine")
    assert backend.resolve("mine", "http://127.0.0.1:9") == ("http://127.0.0.1:9", "mine")
