"""Fixtures: a scripted HTTP server, a small specification, a client of both."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
import tenacity


def _helper(name: str):
    if name not in sys.modules:
        path = Path(__file__).parents[1] / f"{name}.py"
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture
def scripted(monkeypatch, tmp_path):
    for name in ("CIVIS_API_KEY", "CIVIS_API_ENDPOINT", "CIVIS_JOB_ID", "CIVIS_RUN_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CIVIS_NB_CACHE_DIR", str(tmp_path / "cache"))
    server = _helper("scripted_server").ScriptedServer()
    yield server
    server.close()


@pytest.fixture
def reply():
    return _helper("scripted_server").Reply


@pytest.fixture
def at_once():
    """A policy without waits, for tests of what is repeated."""
    return tenacity.Retrying(wait=tenacity.wait_none(), stop=tenacity.stop_after_attempt(5))


@pytest.fixture(scope="session")
def official_spec():
    """The path of the official specification, which comes with the PyPI package ``civis``."""
    found = importlib.util.find_spec("civis")
    path = Path(found.origin).parent / "resources" / "civis_api_spec.json"
    assert path.is_file()
    return path


@pytest.fixture
def recorded_requests():
    return _helper("recorded_requests").recorded_requests


@pytest.fixture
def small_spec():
    return _helper("small_spec").SMALL_SPEC


@pytest.fixture
def make_client(scripted, small_spec):
    from civis_nb.client.client import APIClient

    made = []

    def make(**kwargs):
        kwargs.setdefault("local_api_spec", small_spec)
        client = APIClient("secret-key", endpoint=scripted.url, **kwargs)
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(make_client, at_once):
    return make_client(retries=at_once)
