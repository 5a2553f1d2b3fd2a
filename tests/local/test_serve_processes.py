"""Platforms of several processes: crashes, forks, joining, and who holds the lock."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
import requests

from civis_nb.local import start, start_or_join
from civis_nb.local.join import default_state
from civis_nb.local.lock import StateLock, read_running
from tests.local.serving import file_of, me, new_file

pytestmark = pytest.mark.exhaustive


_SERVE = """
import sys
from civis_nb.local import start
platform = start(sys.argv[1], samples=False)
print("ready", flush=True)
sys.stdin.read()
"""


def _other_process(state: Path, code: str = _SERVE) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(state)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    return process


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


_ENDLESS = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.exhaustive
def test_after_kill_9_state_is_intact_and_what_ran_has_failed_with_a_message(tmp_path):
    state = tmp_path / "s"

    def ask(platform, method, path, **body):
        auth = (platform.api_key, "")
        url = platform.endpoint + path
        return requests.request(method, url, json=body or None, auth=auth, timeout=30).json()

    with _other_process(state) as process:
        running = read_running(state)
        file_id = new_file(running, b"content")
        body = {"name": "a", "source": _ENDLESS}
        job = ask(running, "POST", "/scripts/python3", **body)["id"]
        run = ask(running, "POST", f"/scripts/python3/{job}/runs")["id"]
        path = f"/jobs/{job}/runs/{run}"
        log: list[dict] = []
        while not any(entry["message"].isdecimal() for entry in log):
            log = ask(running, "GET", path + "/logs")
        child = next(int(e["message"]) for e in log if e["message"].isdecimal())
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert (state / "running.json").exists()
    with start(state, samples=False) as again:
        ended = ask(again, "GET", path)
        assert ended["state"] == "failed"
        assert "stopped" in ended["error"]
        assert ended["finishedAt"]
        assert ask(again, "GET", path + "/logs")
        assert requests.get(file_of(again, file_id)["fileUrl"], timeout=30).content == b"content"
        deadline = time.monotonic() + 30
        while _lives(child):
            assert time.monotonic() < deadline
            time.sleep(0.01)


@pytest.mark.exhaustive
def test_a_program_that_forgets_to_stop_it_ends_all_the_same(tmp_path):
    state = tmp_path / "s"
    process = _other_process(state)
    process.communicate("", timeout=30)
    assert process.returncode == 0
    assert not (state / "running.json").exists()


@pytest.mark.exhaustive
def test_an_ephemeral_platform_leaves_nothing_behind(tmp_path):
    code = _SERVE.replace("sys.argv[1]", "None").replace('"ready"', "platform.state")
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        input="",
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip().startswith(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.exhaustive
def test_a_forked_child_leaves_the_platform_to_its_parent(tmp_path):
    code = """
import os, sys, urllib.error, urllib.request
from civis_nb.local import start
with start(sys.argv[1], samples=False) as platform:
    child = os.fork()
    if child == 0:
        sys.exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert (platform.state / "running.json").exists()
    try:
        urllib.request.urlopen(platform.endpoint)
    except urllib.error.HTTPError as error:
        assert error.code == 401
        error.close()
"""
    command = [sys.executable, "-W", "ignore", "-c", code, str(tmp_path / "s")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def own_state(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("CIVIS_NB_STATE_DIR", str(tmp_path / "mine"))
    return tmp_path / "mine"


@pytest.mark.exhaustive
def test_start_or_join_joins_another_process(own_state):
    with _other_process(own_state) as process:
        joined = start_or_join(samples=False)
        assert me(joined).ok
        assert read_running(own_state).pid == process.pid
        assert joined.api_key not in repr(joined)
        process.communicate("")


@pytest.mark.exhaustive
def test_start_or_join_starts_one_per_process_and_is_not_misled(own_state):
    code = """
from concurrent.futures import ThreadPoolExecutor
from civis_nb.local import start_or_join
with ThreadPoolExecutor(4) as pool:
    found = list(pool.map(lambda _: start_or_join(samples=False).endpoint, range(4)))
assert len(set(found)) == 1, found
print("ready", flush=True)
"""
    # What a killed platform has left behind.
    own_state.mkdir()
    left = {"endpoint": "http://127.0.0.1:9", "api_key": "old", "pid": 1}
    (own_state / "running.json").write_text(json.dumps(left))
    process = _other_process(own_state, code)
    process.communicate("", timeout=60)
    assert process.returncode == 0
    assert not (own_state / "running.json").exists()


def test_the_state_folder_of_the_user_is_the_setting_or_a_per_user_folder(own_state, monkeypatch):
    assert default_state() == own_state
    monkeypatch.delenv("CIVIS_NB_STATE_DIR")
    assert default_state().name == "civis_nb"


_HOLDS_THE_LOCK = """
import fcntl, json, os, sys, time
state, pid = sys.argv[1], sys.argv[2]
os.makedirs(state)
with open(f"{state}/running.json", "w") as file:
    json.dump({"endpoint": "http://127.0.0.1:1", "api_key": "k", "pid": int(pid)}, file)
file = open(f"{state}/lock", "a+b")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def test_a_lock_that_outlives_its_killed_platform_for_a_moment_is_waited_for(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    command = [sys.executable, "-c", _HOLDS_THE_LOCK, str(tmp_path / "state"), str(gone.pid)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        threading.Timer(0.3, holder.stdin.close).start()
        # Refused at once, were it not waited for.
        StateLock(tmp_path / "state").release()
