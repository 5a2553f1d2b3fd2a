"""The command line: in the foreground, around a command, into a file."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

pytestmark = pytest.mark.exhaustive

PROGRAM = [sys.executable, "-m", "civis_nb.cli"]
_DEADLINE_S = 60


def _run(*arguments: str, **more) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments], capture_output=True, text=True, timeout=_DEADLINE_S, **more
    )


def _appears(path: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + _DEADLINE_S
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def serving(tmp_path):
    """Start ``civis-nb local serve`` and end it whatever happens."""
    started = []

    def serve(*arguments: str) -> tuple[subprocess.Popen[str], dict[str, str]]:
        env = tmp_path / f"env{len(started)}"
        process = subprocess.Popen(
            [*PROGRAM, "local", "serve", "--no-samples", "--write-env", str(env), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        _appears(env, process)
        assert stat.S_IMODE(env.stat().st_mode) == 0o600
        return process, dict(line.split("=", 1) for line in env.read_text().splitlines())

    yield serve
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_until_a_signal(serving, tmp_path, number):
    state = str(tmp_path / "s")
    process, env = serving("--state", state)
    answer = requests.get(
        env["CIVIS_API_ENDPOINT"] + "/users/me", auth=(env["CIVIS_API_KEY"], ""), timeout=30
    )
    assert answer.status_code == 200
    if number == signal.SIGINT:
        _points_a_shell_at(state, env)
        _says_what_is_in_use(state, env)
    process.send_signal(number)
    out, err = process.communicate(timeout=_DEADLINE_S)
    assert process.returncode == 0
    assert err == ""
    assert env["CIVIS_API_ENDPOINT"] in out
    assert env["CIVIS_API_KEY"] not in out


def _points_a_shell_at(state: str, env: dict[str, str]) -> None:
    lines = _run("local", "env", "--state", state)
    script = lines.stdout + 'printf "%s %s" "$CIVIS_API_ENDPOINT" "$CIVIS_API_KEY"'
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [env["CIVIS_API_ENDPOINT"], env["CIVIS_API_KEY"]]


def _says_what_is_in_use(state: str, env: dict[str, str]) -> None:
    taken = _run("local", "serve", "--no-samples", "--state", state)
    assert taken.returncode == 1
    assert env["CIVIS_API_ENDPOINT"] in taken.stderr
    assert env["CIVIS_API_KEY"] not in taken.stderr
    assert "Traceback" not in taken.stderr


def test_env_without_a_platform(tmp_path):
    done = _run("local", "env", "--state", str(tmp_path))
    assert done.returncode == 1
    assert "civis-nb local serve" in done.stderr


def test_an_env_file_that_can_not_be_written(tmp_path):
    state = ["--state", str(tmp_path / "s")]
    missing = str(tmp_path / "no" / "env")
    done = _run("local", "serve", "--no-samples", *state, "--write-env", missing)
    assert done.returncode == 1
    assert missing in done.stderr
    assert "Traceback" not in done.stderr


_ASK = """
import json, os, sys, urllib.request
from base64 import b64encode
key = b64encode((os.environ["CIVIS_API_KEY"] + ":").encode()).decode()
request = urllib.request.Request(
    os.environ["CIVIS_API_ENDPOINT"] + "/users/me", headers={"Authorization": "Basic " + key}
)
print(json.load(urllib.request.urlopen(request))["username"])
sys.exit(7)
"""


def test_run_gives_the_command_a_platform_and_returns_its_code(tmp_path):
    state = tmp_path / "s"
    keep = ["--no-samples", "--state", str(state)]
    done = _run("local", "run", *keep, "--", sys.executable, "-c", _ASK)
    assert done.stdout.strip() == "local"
    assert done.returncode == 7
    assert (state / "platform.sqlite").exists()
    assert not (state / "running.json").exists()


def test_run_of_no_such_command(tmp_path):
    done = _run("local", "run", "--no-samples", "--", "no-such-command")
    assert done.returncode == 127
    assert "no-such-command" in done.stderr
    done = _run("local", "run", "--no-samples", "--", str(tmp_path))
    assert done.returncode == 126
    assert _run("local", "run").returncode == 2


def test_run_forwards_signals_and_tells_of_them_as_shells_do(tmp_path):
    ready = tmp_path / "ready"
    code = f"import pathlib, time; pathlib.Path({str(ready)!r}).touch(); time.sleep(60)"
    process = subprocess.Popen(
        [*PROGRAM, "local", "run", "--no-samples", "--", sys.executable, "-c", code],
        stdin=subprocess.DEVNULL,
    )
    _appears(ready, process)
    process.terminate()
    assert process.wait(_DEADLINE_S) == 128 + signal.SIGTERM


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.exhaustive)]
)
def test_run_ends_quietly_when_a_signal_comes_before_the_command(tmp_path, number):
    state = tmp_path / "state"
    process = subprocess.Popen(
        [*PROGRAM, "local", "run", "--state", str(state), "--", "sleep", "600"],
        stderr=subprocess.PIPE,
        text=True,
    )
    _appears(state / "warehouse" / "sample.duckdb", process)
    process.send_signal(number)
    _out, said = process.communicate(timeout=_DEADLINE_S)
    assert process.returncode == 128 + number
    assert said == ""
    assert not (state / "running.json").exists()


def test_version_and_help_load_nothing_heavy():
    assert _run("--version").stdout.startswith("civis-nb")
    code = (
        "import sys, json, civis_nb.cli\n"
        "print(json.dumps([m for m in ('uvicorn', 'fastapi', 'pandas') if m in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert json.loads(done.stdout) == []


def test_the_shown_command_points_any_shell_at_the_platform(tmp_path):
    process = subprocess.Popen(
        [*PROGRAM, "local", "serve", "--no-samples", "--state", "s", "--write-env", "a b.env"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        _appears(tmp_path / "a b.env", process)
        shown = [process.stdout.readline() for _ in range(4)][-1].strip()
        # In POSIX mode a name without a folder is looked for in PATH.
        script = f'{shown}; printf "%s" "$CIVIS_API_ENDPOINT"'
        done = subprocess.run(
            ["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert done.stdout.startswith("http://127.0.0.1:")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=_DEADLINE_S)


def test_env_of_a_platform_that_was_killed(serving, tmp_path):
    state = str(tmp_path / "s")
    process, _env = serving("--state", state)
    process.kill()
    process.wait()
    done = _run("local", "env", "--state", state)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "No local platform runs" in done.stderr
