"""A local platform that has ended, or that stands still, as futures and transfers see it."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

import civis_nb.io as cio
import civis_nb.local
from civis_nb import APIClient
from civis_nb.errors import (
    CivisAPIError,
    CivisConnectionError,
    CivisDownloadError,
    CivisPlatformEndedError,
)
from civis_nb.futures import CivisFuture
from civis_nb.utils import run_job

pytestmark = pytest.mark.exhaustive

SERVE = """
import sys, civis_nb.local
platform = civis_nb.local.start(sys.argv[1], samples=False)
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def served(tmp_path):
    """A platform in a process of its own, which a test may kill."""
    command = [sys.executable, "-c", SERVE, str(tmp_path / "state")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        yield process
        process.kill()


@pytest.fixture
def joined(served, tmp_path, monkeypatch):
    """A client of the user's own platform, which is that one."""
    monkeypatch.setenv("CIVIS_NB_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("CIVIS_NB_BACKEND", "local")
    return APIClient()


def _sleeping(client):
    script = client.scripts.post_python3(name="sleep", source="import time; time.sleep(600)")
    return run_job(script.id, client=client)


def test_futures_of_a_platform_that_was_killed_fail_at_once(joined, served):
    future = _sleeping(joined)
    # As one that has been waited for a long time: polled as seldom as it gets.
    future._clock_started -= 3600
    assert future._next_wait_s() <= 3.0
    served.kill()
    with pytest.raises(CivisPlatformEndedError, match="Its runs ended with it") as caught:
        future.result(timeout=60)
    assert not hasattr(caught.value, "__notes__")
    with pytest.raises(CivisPlatformEndedError, match="GET /jobs/1"):
        joined.jobs.get(1)


def test_futures_of_a_platform_that_was_stopped_fail_too():
    with civis_nb.local.start(samples=False) as platform:
        client = platform.client()
        future = _sleeping(client)
        future._clock_started -= 3600
    with pytest.raises((CivisPlatformEndedError, CivisAPIError)):
        future.result(timeout=60)
    with pytest.raises(CivisPlatformEndedError):
        client.users.get_me()


def test_transfers_of_a_platform_that_was_killed_fail_at_once(joined, served, monkeypatch):
    monkeypatch.setenv("CIVIS_NB_FAILURE_BUDGET_S", "600")
    file_id = cio.file_to_civis(io.BytesIO(bytes(3_000_000)), "a", client=joined)

    class Killing(io.BytesIO):
        def write(self, data):
            served.kill()
            served.wait()
            return super().write(data)

    with pytest.raises((CivisPlatformEndedError, CivisDownloadError)):
        cio.civis_to_file(file_id, Killing(), client=joined)


def test_any_other_address_keeps_its_patience(monkeypatch):
    monkeypatch.setenv("CIVIS_NB_FAILURE_BUDGET_S", "0.5")
    with civis_nb.local.start(samples=False) as platform:
        address, key = str(platform.endpoint), platform.api_key
        client = APIClient(key, endpoint=address)
    assert not client._session.is_known_local_platform
    future = CivisFuture(client.jobs.get_runs, (1, 1), client=client)
    begun = time.monotonic()
    with pytest.raises(CivisConnectionError, match="No connection") as caught:
        future.result(timeout=60)
    assert not isinstance(caught.value, CivisPlatformEndedError)
    assert time.monotonic() - begun > 0.5


@pytest.mark.skipif(sys.platform == "win32", reason="processes are stopped by a signal")
def test_a_download_outlives_a_server_that_stands_still(joined, served, monkeypatch):
    monkeypatch.setenv("CIVIS_NB_READ_TIMEOUT_S", "0.3")
    monkeypatch.setenv("CIVIS_NB_FAILURE_BUDGET_S", "600")
    content = os.urandom(5_000_000)
    file_id = cio.file_to_civis(io.BytesIO(content), "a", client=joined)
    going_on = []

    class Stopping(io.BytesIO):
        def write(self, data):
            if not going_on:
                served.send_signal(signal.SIGSTOP)
                # It goes on after more stalls than were ever allowed.
                timer = threading.Timer(3.0, served.send_signal, (signal.SIGCONT,))
                timer.start()
                going_on.append(timer)
            return super().write(data)

    target = Stopping()
    cio.civis_to_file(file_id, target, client=joined)
    assert target.getvalue() == content
    going_on[0].join()
