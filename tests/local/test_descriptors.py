"""A platform that may open few files: it refuses for a while, and loses nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest
import requests

pytestmark = pytest.mark.exhaustive

CLIENTS = 40
DESCRIPTORS = 64
DEADLINE_S = 120
SERVER = f"""
import json, resource, sys
import civis_nb.local
resource.setrlimit(resource.RLIMIT_NOFILE, ({DESCRIPTORS}, {DESCRIPTORS}))
with civis_nb.local.start(samples=False) as platform:
    print(json.dumps([platform.endpoint, platform.api_key]), flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def small_platform():
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield json.loads(process.stdout.readline())
    process.communicate()


def test_more_clients_than_descriptors_are_told_to_come_again(small_platform):
    endpoint, key = small_platform
    query = {"database": 1, "sql": "select 42", "previewRows": 1}
    made, refused = [], 0
    waiting = [requests.Session() for _ in range(CLIENTS)]
    for session in waiting:
        session.auth = (key, "")
    deadline = time.monotonic() + DEADLINE_S
    # Each keeps its connection, unless it is refused: then the platform ends it.
    while waiting and time.monotonic() < deadline:
        again = []
        for session in waiting:
            answer = session.post(f"{endpoint}/queries", json=query, timeout=60)
            if answer.status_code == 503:
                assert int(answer.headers["Retry-After"]) > 0
                again.append(session)
                refused += 1
            else:
                assert answer.status_code == 200, answer.text
                made.append(answer.json()["id"])
        for session in waiting:
            if session not in again:
                session.close()
        waiting = again
    assert refused
    assert len(made) == CLIENTS
    with requests.Session() as session:
        session.auth = (key, "")
        for query_id in made:
            while (found := session.get(f"{endpoint}/queries/{query_id}", timeout=60).json())[
                "state"
            ] in ("queued", "running"):
                assert time.monotonic() < deadline
            assert found["resultRows"] == [["42"]]
