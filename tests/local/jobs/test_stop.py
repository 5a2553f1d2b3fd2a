"""Stopping a platform while runs are active, and starting it again."""

from __future__ import annotations

import time

import psutil
import requests

from civis_nb.local import start
from civis_nb.local.runs.pool import STOPPED_MESSAGE

SLOW = (
    "select count(*) from generate_series(1, 1000000) a(i), generate_series(1, 1000000) b(i) "
    "where a.i * b.i % 7 = 3"
)
DEADLINE_S = 30


def _until(session, url, condition):
    deadline = time.monotonic() + DEADLINE_S
    while not condition(answer := session.get(url, timeout=30).json()):
        assert time.monotonic() < deadline, answer
        time.sleep(0.01)
    return answer


def test_active_runs_fail_with_a_message_and_the_platform_goes_on_afterwards(tmp_path):
    body = {"database": 1, "sql": SLOW, "previewRows": 1}
    script = {"name": "x", "source": "import os, time\nprint(os.getpid())\ntime.sleep(600)"}
    with start(tmp_path, samples=False) as platform, requests.Session() as session:
        session.auth = (platform.api_key, "")
        url = platform.endpoint
        query = session.post(f"{url}/queries", json=body, timeout=30).json()["id"]
        job = session.post(f"{url}/scripts/python3", json=script, timeout=30).json()["id"]
        run = session.post(f"{url}/jobs/{job}/runs", timeout=30).json()["id"]
        _until(session, f"{url}/queries/{query}", lambda seen: seen["state"] == "running")
        (entry,) = _until(session, f"{url}/jobs/{job}/runs/{run}/logs", bool)
    pid = int(entry["message"])
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE

    with start(tmp_path, samples=False) as platform, requests.Session() as session:
        session.auth = (platform.api_key, "")
        url = platform.endpoint
        for path in (f"/queries/{query}", f"/jobs/{job}/runs/{run}"):
            seen = session.get(url + path, timeout=30).json()
            assert (seen["state"], seen["error"]) == ("failed", STOPPED_MESSAGE)
            assert seen["finishedAt"] is not None
        logged = session.get(f"{url}/jobs/{job}/runs/{run}/logs", timeout=30)
        assert logged.json() == [entry]
        assert logged.headers["civis-cache-control"] != "no-store"
        again = session.post(f"{url}/jobs/{job}/runs", timeout=30)
        assert again.status_code == 201
        assert again.json()["id"] > run
