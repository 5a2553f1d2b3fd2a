"""Which platform the server of the extension uses, and the local platform that it starts."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys

import psutil
import pytest

from tests.lab.conftest import started
from tests.widgets.drivers import Server, until

pytestmark = pytest.mark.exhaustive

USER = "(civis_nb.APIClient().users.get_me()['username'], civis_nb.config.get('database'))"
NEW_JOB = "civis_nb.APIClient().scripts.post_python3(name='s', source='1')['name']"
JOBS = "len(civis_nb.APIClient().jobs.list())"


@pytest.fixture
def without_key(tmp_path, monkeypatch):
    """Start a Jupyter server that has neither a key nor a platform."""
    for name in ("CIVIS_API_KEY", "CIVIS_API_ENDPOINT", "CIVIS_NB_BACKEND", "CIVIS_NB_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    with started(
        tmp_path / "jupyter", "jupyter_server", CIVIS_NB_STATE_DIR=str(tmp_path / "state")
    ) as server:
        yield server


def answer(response):
    assert response.status_code == 200, response.text
    return response.json()


def value_in_new_kernel(server: Server, expression: str) -> object:
    """Return the value that an expression has in a kernel that the server starts."""
    from jupyter_client import BlockingKernelClient

    session = server.session()
    kernel = session.post("api/kernels").json()["id"]
    client = BlockingKernelClient(
        connection_file=str(server.folder / ".runtime" / f"kernel-{kernel}.json")
    )
    client.load_connection_file()
    client.start_channels(iopub=False, stdin=False, hb=False, control=False)
    try:
        reply = client.execute(
            "import civis_nb", user_expressions={"found": expression}, reply=True, timeout=120
        )
    finally:
        client.stop_channels()
        session.delete(f"api/kernels/{kernel}")
    found = reply["content"]["user_expressions"]["found"]
    assert found["status"] == "ok", found
    return ast.literal_eval(found["data"]["text/plain"])


def test_a_local_platform_is_started_used_found_by_kernels_and_stopped(without_key):
    session = without_key.session()
    assert answer(session.get("civis-nb/platform"))["kind"] == "nowhere"
    refused = session.get("civis-nb/databases")
    assert (refused.status_code, refused.json()["kind"]) == (502, "CivisMissingKeyError")
    assert refused.json()["passes"] is False
    assert "There is no API key" in refused.json()["problem"]
    state = answer(session.get("civis-nb/platform/local"))
    assert (state["running"], state["bytes"]) == (False, None)

    now = answer(session.post("civis-nb/platform", json={"use": "local"}))
    state = answer(session.get("civis-nb/platform/local"))
    assert state["running"]
    assert state["can_stop"]
    assert state["bytes"] > 0
    assert (now["kind"], now["endpoint"]) == ("local", state["endpoint"])
    known = answer(session.get("civis-nb/databases"))
    assert [one["name"] for one in known["databases"]] == ["sample"]
    assert "api_key" not in json.dumps([now, state, known])

    # A second start joins the first one.
    answer(session.post("civis-nb/platform", json={"use": "local"}))
    assert answer(session.get("civis-nb/platform/local"))["pid"] == state["pid"]

    answer(session.post("civis-nb/platform/database", json={"name": "sample"}))
    assert value_in_new_kernel(without_key, USER) == ("local", "sample")

    stopped = answer(session.post("civis-nb/platform/local", json={"action": "stop"}))
    assert (stopped["running"], stopped["can_stop"]) == (False, False)
    assert not psutil.pid_exists(state["pid"])
    assert answer(session.get("civis-nb/platform"))["kind"] == "nowhere"


def test_the_local_platform_ends_with_a_server_that_is_killed(without_key):
    session = without_key.session()
    answer(session.post("civis-nb/platform", json={"use": "local"}))
    pid = answer(session.get("civis-nb/platform/local"))["pid"]
    without_key.kill()
    until(lambda: not psutil.pid_exists(pid), "the end of the platform")


def test_a_reset_deletes_what_it_keeps_and_starts_it_again(without_key):
    session = without_key.session()
    answer(session.post("civis-nb/platform", json={"use": "local"}))
    before = answer(session.get("civis-nb/platform/local"))
    assert value_in_new_kernel(without_key, NEW_JOB) == "s"
    assert value_in_new_kernel(without_key, JOBS) == 1
    after = answer(session.post("civis-nb/platform/local", json={"action": "reset"}))
    assert after["running"]
    assert after["pid"] != before["pid"]
    assert value_in_new_kernel(without_key, JOBS) == 0


def test_a_platform_of_another_program_is_joined_and_left_alone(without_key, tmp_path):
    state = tmp_path / "state"
    other = subprocess.Popen(
        [sys.executable, "-m", "civis_nb.cli", "local", "serve", "--no-samples",
         "--state", str(state), "--end-with-stdin"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(os.environ),
    )  # fmt: skip
    try:
        assert b"is ready" in other.stdout.readline()
        session = without_key.session()
        answer(session.post("civis-nb/platform", json={"use": "local"}))
        found = answer(session.get("civis-nb/platform/local"))
        assert (found["pid"], found["can_stop"]) == (other.pid, False)
        for action in ("stop", "reset"):
            refused = session.post("civis-nb/platform/local", json={"action": action})
            assert refused.status_code == 502
            assert f"process {other.pid}" in refused.json()["problem"]
        assert other.poll() is None
    finally:
        other.stdin.close()
        assert other.wait(30) == 0
        other.stdout.close()


def test_a_failed_start_says_why(without_key, tmp_path):
    (tmp_path / "state").write_text("no folder")
    refused = without_key.session().post("civis-nb/platform", json={"use": "local"})
    assert refused.status_code == 502
    assert "did not start" in refused.json()["problem"]
    assert str(tmp_path / "state") in refused.json()["problem"]
    assert answer(without_key.session().get("civis-nb/platform"))["kind"] == "nowhere"


def test_a_platform_that_the_environment_names_is_not_replaced(api_server):
    session = api_server.session()
    assert answer(session.get("civis-nb/platform"))["kind"] == "local"
    refused = session.post("civis-nb/platform", json={"use": "local"})
    assert refused.status_code == 400
    assert "environment variables" in refused.json()["problem"]


def test_the_database_of_the_server_is_chosen_by_name(api_server):
    session = api_server.session()
    assert answer(session.get("civis-nb/platform"))["database"] is None
    chosen = answer(session.post("civis-nb/platform/database", json={"name": "sample"}))
    assert chosen["database"] == "sample"
    refused = session.post("civis-nb/platform/database", json={"name": "<b>none"})
    assert refused.status_code == 400
    assert "Databases: sample" in refused.json()["problem"]
    assert (
        answer(session.post("civis-nb/platform/database", json={"name": None}))["database"] is None
    )
