"""Another program that holds the lock of the store: requests wait, executions go on afterwards."""

from __future__ import annotations

import sqlite3
import threading
import time

import pytest
import requests

from civis_nb.local import start
from civis_nb.local.store import store
from civis_nb.local.workflows import engine

pytestmark = pytest.mark.exhaustive

DEADLINE_S = 30
DEFINITION = """
version: "2.0"
workflow:
  tasks:
    wait:
      action: std.echo
      input: {output: 1, delay: 0.5}
"""


@pytest.fixture
def platform(monkeypatch):
    monkeypatch.setattr(store, "_LOCK_WAIT_S", 0.05)
    with start(samples=False) as running:
        yield running


@pytest.fixture
def http(platform):
    with requests.Session() as session:
        session.auth = (platform.api_key, "")
        yield lambda method, path, **sent: session.request(
            method, platform.endpoint + path, timeout=30, **sent
        )


@pytest.fixture
def lock(platform):
    """Yield a connection of another program."""
    connection = sqlite3.connect(platform.state / "platform.sqlite", isolation_level=None)
    yield connection
    connection.close()


def test_a_change_is_to_be_repeated_and_says_why(http, lock):
    lock.execute("BEGIN IMMEDIATE")
    answer = http("POST", "/json_values", json={"valueStr": "1"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert "platform.sqlite" in answer.json()["errorDescription"]
    assert http("GET", "/users/me").status_code == 200
    lock.execute("ROLLBACK")
    assert http("POST", "/json_values", json={"valueStr": "1"}).status_code == 201


def test_an_execution_goes_on_when_the_lock_is_free(http, lock, monkeypatch):
    workflow = http("POST", "/workflows", json={"name": "w", "definition": DEFINITION}).json()
    path = f"/workflows/{workflow['id']}/executions"
    path += f"/{http('POST', path, json={}).json()['id']}"
    deadline = time.monotonic() + DEADLINE_S
    while http("GET", path).json()["tasks"][0]["mistralState"] != "running":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    refused = threading.Event()
    may_pass = engine.may_pass
    monkeypatch.setattr(engine, "may_pass", lambda error: refused.set() or may_pass(error))
    lock.execute("BEGIN IMMEDIATE")
    assert refused.wait(DEADLINE_S)
    lock.execute("ROLLBACK")
    while (execution := http("GET", path).json())["state"] == "running":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert execution["mistralState"] == "success", execution
