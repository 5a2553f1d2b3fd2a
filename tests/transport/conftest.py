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


@pytest.fixture
def open_raw(monkeypatch):
    """A function that gives a server of the very bytes that a test has."""
    monkeypatch.delenv("CIVIS_JOB_ID", raising=False)
    made = []

    def make(*args):
        made.append(_helper("raw_server").RawServer(*args))
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.fixture
def raw(open_raw):
    return open_raw()
