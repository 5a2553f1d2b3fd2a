"""A platform that may open few files: it refuses for a while, and loses nothing."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import subprocess
import sys
import time
from urllib.parse import urlsplit

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
#: Opens all files but four on request, and closes them again.
TAKING_SERVER = SERVER.replace(
    "    sys.stdin.read()\n",
    """    import contextlib, os
    sys.stdin.readline()
    taken = []
    with contextlib.suppress(OSError):
        while True:
            taken.append(os.open(os.devnull, os.O_RDONLY))
    for descriptor in taken[-4:]:
        os.close(descriptor)
    print("taken", flush=True)
    sys.stdin.readline()
    for descriptor in taken[:-4]:
        os.close(descriptor)
    sys.stdin.read()
""",
)


@pytest.fixture
def small_platform():
    """Yield endpoint and key of a platform that has nothing to complain of."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield json.loads(process.stdout.readline())
    assert process.communicate()[1] == ""


def _ask_all(endpoint, sessions):
    """Send requests in turn until each has an answer; keep all connections open."""
    deadline = time.monotonic() + DEADLINE_S
    waiting = list(sessions)
    while waiting:
        assert time.monotonic() < deadline
        again = []
        for session in waiting:
            answer = session.get(f"{endpoint}/users/me", timeout=30)
            if answer.status_code == 503:
                assert (answer.headers["Retry-After"], answer.headers["Connection"]) == (
                    "1",
                    "close",
                )
                again.append(session)
            else:
                assert answer.status_code == 200, answer.text
        waiting = again


def _sessions(key, count):
    sessions = [requests.Session() for _ in range(count)]
    for session in sessions:
        session.auth = (key, "")
    return sessions


def test_connections_without_a_request_make_room_for_others(small_platform):
    endpoint, key = small_platform
    sessions = _sessions(key, 100)
    _ask_all(endpoint, sessions)
    # Those whose connection was closed meanwhile open another without noticing.
    _ask_all(endpoint, sessions)
    for session in sessions:
        session.close()


def test_connections_that_never_send_a_request_make_room_for_others(small_platform):
    endpoint, key = small_platform
    address = urlsplit(endpoint)
    silent = [socket.create_connection((address.hostname, address.port)) for _ in range(100)]
    (session,) = _sessions(key, 1)
    _ask_all(endpoint, [session])
    session.close()
    for connection in silent:
        connection.close()


def test_requests_that_go_on_keep_their_connections_and_further_ones_are_refused(small_platform):
    endpoint, key = small_platform
    address = urlsplit(endpoint)
    authorization = base64.b64encode(f"{key}:".encode()).decode()
    head = (
        f"POST /json_values HTTP/1.1\r\nHost: platform\r\nAuthorization: Basic {authorization}\r\n"
        "Content-Type: application/json\r\nContent-Length: 16\r\n\r\n"
    )
    slow = [socket.create_connection((address.hostname, address.port)) for _ in range(40)]
    for connection in slow:
        connection.sendall(head.encode() + b'{"value')
    for connection in slow:
        with contextlib.suppress(ConnectionError):
            connection.sendall(b'Str":"1"}')
    statuses = {connection.recv(1000).split()[1] for connection in slow}
    assert b"503" in statuses
    assert statuses <= {b"201", b"503"}
    for connection in slow:
        connection.close()


def test_more_clients_than_descriptors_are_told_to_come_again(small_platform):
    endpoint, key = small_platform
    query = {"database": 1, "sql": "select 42", "previewRows": 1}
    made = []
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
            else:
                assert answer.status_code == 200, answer.text
                made.append(answer.json()["id"])
        for session in waiting:
            if session not in again:
                session.close()
        waiting = again
    assert len(made) == CLIENTS
    with requests.Session() as session:
        session.auth = (key, "")
        for query_id in made:
            while (found := session.get(f"{endpoint}/queries/{query_id}", timeout=60).json())[
                "state"
            ] in ("queued", "running"):
                assert time.monotonic() < deadline
            assert found["resultRows"] == [["42"]]


def test_a_script_waits_until_its_process_can_be_started():
    process = subprocess.Popen(
        [sys.executable, "-c", TAKING_SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    endpoint, key = json.loads(process.stdout.readline())
    deadline = time.monotonic() + DEADLINE_S
    (session,) = _sessions(key, 1)

    def get(path):
        while True:
            answer = session.get(endpoint + path, timeout=30)
            assert time.monotonic() < deadline, answer.text
            if answer.status_code != 503:
                assert answer.status_code == 200, answer.text
                return answer.json()

    body = {"name": "n", "source": "print(6 * 7)"}
    script = session.post(f"{endpoint}/scripts/python3", json=body, timeout=30).json()
    runs = f"/scripts/python3/{script['id']}/runs"
    process.stdin.write("take\n")
    process.stdin.flush()
    assert process.stdout.readline() == "taken\n"
    run = session.post(endpoint + runs, timeout=30).json()
    path = f"{runs}/{run['id']}"
    while not any("Too many files" in entry["message"] for entry in get(f"{path}/logs")):
        assert get(path)["state"] in ("queued", "running"), get(path)
    assert get(path)["state"] == "running"
    process.stdin.write("free\n")
    process.stdin.flush()
    while (seen := get(path))["state"] == "running":
        assert time.monotonic() < deadline, seen
    assert (seen["state"], seen["error"]) == ("succeeded", None)
    assert "42" in [entry["message"] for entry in get(f"{path}/logs")]
    session.close()
    assert process.communicate()[1] == ""
