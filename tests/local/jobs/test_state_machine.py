"""Runs over HTTP: from queued to one end, under every path."""

from __future__ import annotations

import re

import pytest

TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
SLEEP = "import time\nprint('up', flush=True)\ntime.sleep(60)"


def test_run_goes_from_queued_to_succeeded_with_times(jobs_api):
    job = jobs_api.python3("print('hello')")
    assert job["state"] == "idle"
    assert job["lastRun"] is None
    started = jobs_api.start("/scripts/python3", job)
    assert started["state"] == "queued"
    assert started["startedAt"] is None
    assert started["pythonId"] == job["id"]
    run = jobs_api.ended(f"/scripts/python3/{job['id']}/runs/{started['id']}")
    assert run["state"] == "succeeded"
    assert run["error"] is None
    assert all(TIME.match(run[key]) for key in ("createdAt", "startedAt", "finishedAt"))
    assert run["createdAt"] <= run["startedAt"] <= run["finishedAt"]


def test_typed_start_is_202_with_the_runs_address(jobs_api, http):
    job = jobs_api.python3("pass")
    answer = http("POST", f"/scripts/python3/{job['id']}/runs", json={})
    assert answer.status_code == 202
    run = answer.json()
    address = f"{http.endpoint}/scripts/python3/{job['id']}/runs/{run['id']}"
    assert answer.headers["Location"] == address
    assert http.json("GET", address.removeprefix(http.endpoint))["id"] == run["id"]


@pytest.mark.contract("S44", "S45")
def test_start_under_jobs_is_201_and_the_run_is_seen_under_both_paths(jobs_api, http):
    job = jobs_api.python3("print(1)")
    answer = http("POST", f"/jobs/{job['id']}/runs", json={})
    assert answer.status_code == 201
    assert set(answer.json()) == {
        "id",
        "state",
        "createdAt",
        "startedAt",
        "finishedAt",
        "error",
    }
    run_id = answer.json()["id"]
    common = jobs_api.ended(f"/jobs/{job['id']}/runs/{run_id}")
    typed = jobs_api.get(f"/scripts/python3/{job['id']}/runs/{run_id}")
    assert {key: typed[key] for key in common} == common
    assert typed["isCancelRequested"] is False


@pytest.mark.contract("S44")
def test_active_job_is_not_started_again(jobs_api, http):
    job = jobs_api.python3(SLEEP)
    run = jobs_api.start("/scripts/python3", job)
    for path, slug in (("/jobs", "already_running"), ("/scripts/python3", "conflict")):
        answer = http("POST", f"{path}/{job['id']}/runs", json={})
        assert answer.status_code == 409
        assert answer.json()["error"] == slug
        assert str(run["id"]) in answer.json()["errorDescription"]
    assert http("POST", f"/scripts/{job['id']}/run", json={}).status_code == 409
    http("DELETE", f"/jobs/{job['id']}/runs/{run['id']}")
    assert http("POST", f"/jobs/{job['id']}/runs", json={}).status_code == 201
    http("POST", f"/scripts/{job['id']}/cancel", json={})


def test_failed_run_says_the_exit_code_and_the_last_line_of_standard_error(jobs_api):
    run = jobs_api.run_python3("print('before')\n1/0")
    assert run["state"] == "failed"
    assert run["error"] == "Process exited with code 1. ZeroDivisionError: division by zero"


def test_run_ended_by_a_signal_says_which(jobs_api):
    run = jobs_api.run_python3("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)")
    assert run["state"] == "failed"
    assert "signal 11 (SIGSEGV)" in run["error"]


@pytest.mark.contract("S47")
def test_cancel_answers_202_with_the_cancelled_run(jobs_api, http):
    job = jobs_api.python3(SLEEP)
    run = jobs_api.start("/scripts/python3", job)
    answer = http("DELETE", f"/jobs/{job['id']}/runs/{run['id']}", json={})
    assert answer.status_code == 202
    assert answer.json()["state"] == "cancelled"
    seen = jobs_api.get(f"/scripts/python3/{job['id']}/runs/{run['id']}")
    assert (seen["state"], seen["isCancelRequested"]) == ("cancelled", True)
    assert TIME.match(seen["finishedAt"])


@pytest.mark.contract("S49")
def test_cancelling_a_finished_run_is_404(jobs_api, http):
    job = jobs_api.python3("pass")
    run = jobs_api.run("/scripts/python3", job)
    for path in ("/jobs", "/scripts/python3"):
        answer = http("DELETE", f"{path}/{job['id']}/runs/{run['id']}")
        assert answer.status_code == 404
        assert answer.json()["error"] == "not_found"
    assert http("POST", f"/scripts/{job['id']}/cancel", json={}).status_code == 404


@pytest.mark.contract("S48")
def test_script_cancel_gives_id_state_and_request(jobs_api, http):
    job = jobs_api.container("sleep 60")
    other = jobs_api.container("true")
    for _ in range(3):
        # So that ids of jobs and of runs differ.
        jobs_api.run("/scripts/containers", other)
    run = jobs_api.start("/scripts/containers", job)
    assert run["id"] != job["id"]
    answer = http("POST", f"/scripts/{job['id']}/cancel", json={})
    assert answer.status_code == 202
    assert answer.json() == {"id": run["id"], "state": "cancelled", "isCancelRequested": True}


def test_term_comes_before_kill_and_the_process_may_use_the_time(jobs_api, http):
    job = jobs_api.python3(
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('cleaned up'), sys.exit(0)))\n"
        "print('up')\n"
        "time.sleep(60)",
        cancelTimeout=30,
    )
    run = jobs_api.start("/scripts/python3", job)
    jobs_api.until(f"/jobs/{job['id']}/runs/{run['id']}/logs", bool)
    http("DELETE", f"/jobs/{job['id']}/runs/{run['id']}")
    assert jobs_api.ended(f"/jobs/{job['id']}/runs/{run['id']}")["state"] == "cancelled"
    assert jobs_api.messages(job["id"], run["id"]) == ["up", "cleaned up"]


def test_process_that_ignores_term_is_killed(jobs_api, http):
    job = jobs_api.python3(
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('up')\ntime.sleep(60)",
        cancelTimeout=1,
    )
    run = jobs_api.start("/scripts/python3", job)
    jobs_api.until(f"/jobs/{job['id']}/runs/{run['id']}/logs", bool)
    answer = http("DELETE", f"/jobs/{job['id']}/runs/{run['id']}")
    assert answer.json()["state"] == "cancelled"


def test_unknown_ids_are_404(jobs_api, http):
    job = jobs_api.python3("pass")
    run = jobs_api.run("/scripts/python3", job)
    for path in (
        "/jobs/999999",
        "/jobs/999999/runs",
        f"/jobs/{job['id']}/runs/999999",
        f"/scripts/sql/{job['id']}",
        f"/scripts/containers/{job['id']}/runs/{run['id']}",
        f"/queries/{job['id']}",
    ):
        answer = http("GET", path)
        assert answer.status_code == 404, path
        assert answer.json()["error"] == "not_found"
    assert http("POST", "/jobs/999999/runs", json={}).status_code == 404


def test_run_none_is_the_last_run_as_the_official_client_asks_for_queries(jobs_api, http):
    job = jobs_api.python3("print('x')")
    run = jobs_api.run("/scripts/python3", job)
    assert jobs_api.get(f"/jobs/{job['id']}/runs/None")["id"] == run["id"]
    assert http("GET", f"/jobs/{job['id']}/runs/nonsense").status_code == 404


def test_reported_error_stays_when_the_run_fails(jobs_api, http):
    job = jobs_api.python3(
        "import os, sys, json, urllib.request, base64\n"
        "e = os.environ\n"
        "url = '{}/scripts/python3/{}/runs/{}'.format(\n"
        "    e['CIVIS_API_ENDPOINT'], e['CIVIS_JOB_ID'], e['CIVIS_RUN_ID'])\n"
        "key = base64.b64encode((e['CIVIS_API_KEY'] + ':').encode()).decode()\n"
        "head = {'Authorization': 'Basic ' + key, 'Content-Type': 'application/json'}\n"
        "body = json.dumps({'error': 'the data is too old'}).encode()\n"
        "request = urllib.request.Request(url, body, head, method='PATCH')\n"
        "print(urllib.request.urlopen(request).status)\n"
        "sys.exit(4)"
    )
    run = jobs_api.run("/scripts/python3", job)
    assert jobs_api.messages(job["id"], run["id"]) == ["204"]
    assert (run["state"], run["error"]) == ("failed", "the data is too old")


def test_container_runs_path_for_patching_is_singular(jobs_api, http):
    job = jobs_api.container("exit 3")
    run = jobs_api.run("/scripts/containers", job)
    answer = http(
        "PATCH", f"/scripts/container/{job['id']}/runs/{run['id']}", json={"error": "mine"}
    )
    assert (answer.status_code, answer.content) == (204, b"")
    assert jobs_api.get(f"/jobs/{job['id']}/runs/{run['id']}")["error"] == "mine"
