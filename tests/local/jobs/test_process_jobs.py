"""What a job's process finds: its folder, its environment, its programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from civis_nb.local.runs.pool import PROCESS_WORKERS

pytestmark = pytest.mark.exhaustive


def _seen(jobs_api, body=None):
    """Run a Python script with a body and give what it sees of its environment."""
    job = jobs_api.python3("import json, os\nprint(json.dumps(dict(os.environ)))", **(body or {}))
    run = jobs_api.run("/scripts/python3", job)
    assert run["state"] == "succeeded", run["error"]
    return json.loads(jobs_api.messages(job["id"], run["id"])[0]), job, run


@pytest.mark.contract("S42")
def test_job_sees_where_and_who_it_is(jobs_api, bare_platform, monkeypatch):
    monkeypatch.setenv("SOME_SECRET", "s3cret")
    monkeypatch.setenv("CIVIS_API_KEY", "the key of another platform")
    seen, job, run = _seen(jobs_api)
    assert seen["CIVIS_API_KEY"] == bare_platform.api_key
    assert seen["CIVIS_API_ENDPOINT"] == bare_platform.endpoint
    assert seen["CIVIS_JOB_ID"] == str(job["id"])
    assert seen["CIVIS_RUN_ID"] == str(run["id"])
    assert seen["PYTHONUNBUFFERED"] == "1"
    assert "SOME_SECRET" not in seen


def test_both_packages_can_be_imported_in_a_job(jobs_api):
    run = jobs_api.run_python3("import civis, civis_nb")
    assert run["state"] == "succeeded", run["error"]


@pytest.mark.parametrize("package", ["civis_nb", pytest.param("civis")])
def test_jobs_that_wait_for_jobs_of_theirs_come_to_an_end(jobs_api, package):
    child = "print('child')"
    parent = (
        f"import {package} as civis\nclient = civis.APIClient()\n"
        f"made = client.scripts.post_python3(name='child', source={child!r})\n"
        "print(civis.utils.run_job(made.id, client=client, polling_interval=0.1).result().state)"
    )
    started = [jobs_api.python3(parent) for _ in range(PROCESS_WORKERS)]
    runs = [(job, jobs_api.start("/scripts/python3", job)) for job in started]
    for job, run in runs:
        ended = jobs_api.ended(f"/scripts/python3/{job['id']}/runs/{run['id']}")
        assert ended["state"] == "succeeded", ended["error"]
        assert jobs_api.messages(job["id"], run["id"]) == ["succeeded"]


def test_job_has_its_own_folder_and_no_standard_input(jobs_api, bare_platform):
    job = jobs_api.python3(
        "import os, sys\nopen('left behind', 'w')\nprint(os.getcwd())\nprint(sys.stdin.read())"
    )
    run = jobs_api.run("/scripts/python3", job)
    folder, read = jobs_api.messages(job["id"], run["id"])
    assert Path(folder) == Path(bare_platform.state).resolve() / "runs" / str(run["id"])
    assert read == ""
    assert not Path(folder).exists()


@pytest.mark.contract("S43")
def test_parameters_are_environment_variables(jobs_api):
    credential = jobs_api.post(
        "/credentials", {"type": "Custom", "username": "ann", "password": "pw", "name": "c"}
    )
    file = jobs_api.post("/files", {"name": "f.txt"})
    params = [
        {"name": "count", "type": "integer", "required": True},
        {"name": "title", "type": "string"},
        {"name": "ratio", "type": "float", "default": 0.5},
        {"name": "on", "type": "bool"},
        {"name": "fixed", "type": "string", "value": "stays"},
        {"name": "who", "type": "credential_custom"},
        {"name": "aws", "type": "credential_aws"},
        {"name": "data", "type": "file"},
        {"name": "db", "type": "database"},
        {"name": "passed_var", "type": "string"},
    ]
    arguments = {
        "count": "3",
        "title": "it's",
        "fixed": "ignored",
        "who": credential["id"],
        "aws": credential["id"],
        "data": file["id"],
        "db": {"database": 1, "credential": credential["id"]},
        "passed_var": "x",
    }
    seen, _job, _run = _seen(jobs_api, {"params": params, "arguments": arguments})
    expected = {
        "COUNT": "3",
        "count": "3",
        "TITLE": "it's",
        "TITLE_SHELL_ESCAPED": "'it'\"'\"'s'",
        "RATIO": "0.5",
        "ON": "false",
        "FIXED": "stays",
        "WHO_USERNAME": "ann",
        "WHO_PASSWORD": "pw",
        "AWS_ACCESS_KEY_ID": "ann",
        "AWS_SECRET_ACCESS_KEY": "pw",
        "DB_ID": "1",
        "DB_HOST": "127.0.0.1",
        "DB_PORT": "",
        "DB_DATABASE": "sample",
        "DB_CREDENTIAL_USERNAME": "ann",
        "DB_CREDENTIAL_PASSWORD": "pw",
        "PASSED_VAR": "x",
        "passed_var": "x",
    }
    assert {key: seen.get(key) for key in expected} == expected
    assert seen["DATA_URL"].startswith("http")


def test_a_parameter_can_not_take_the_place_of_the_jobs_own_variables(jobs_api):
    params = [{"name": "path", "type": "string"}, {"name": "civis_api_key", "type": "string"}]
    body = {"params": params, "arguments": {"path": "nowhere", "civis_api_key": "mine"}}
    seen, _job, _run = _seen(jobs_api, body)
    assert seen["path"] == "nowhere"
    assert "nowhere" not in seen["PATH"].split(os.pathsep)
    assert seen["CIVIS_API_KEY"] != "mine"


def test_required_parameter_without_value_is_refused_when_the_job_is_started(jobs_api, http):
    job = jobs_api.python3("pass", params=[{"name": "n", "type": "integer", "required": True}])
    for path in ("/jobs", "/scripts/python3"):
        answer = http("POST", f"{path}/{job['id']}/runs", json={})
        assert answer.status_code == 400
        assert "n is required" in answer.json()["errorDescription"]
    changed = http("PATCH", f"/scripts/python3/{job['id']}", json={"arguments": {"n": "many"}})
    assert changed.status_code == 200
    answer = http("POST", f"/jobs/{job['id']}/runs", json={})
    assert answer.status_code == 400
    assert "'many'" in answer.json()["errorDescription"]


def test_value_that_is_not_among_the_allowed_ones_is_refused(jobs_api, http):
    params = [{"name": "size", "type": "integer", "allowedValues": [{"label": "S", "value": 1}]}]
    job = jobs_api.python3("pass", params=params, arguments={"size": "1"})
    assert jobs_api.run("/scripts/python3", job)["state"] == "succeeded"
    http("PATCH", f"/scripts/python3/{job['id']}", json={"arguments": {"size": 2}})
    answer = http("POST", f"/jobs/{job['id']}/runs", json={})
    assert answer.status_code == 400
    assert "one of 1" in answer.json()["errorDescription"]


@pytest.mark.parametrize(
    ("param", "reason"),
    [
        ({"name": "a", "type": "string", "required": True, "default": "x"}, "default"),
        ({"name": "a", "type": "credential_aws", "default": 1}, "default"),
        ({"name": "a", "type": "colour"}, "type"),
    ],
)
def test_impossible_parameters_are_refused(http, param, reason):
    body = {"name": "x", "source": "pass", "params": [param]}
    answer = http("POST", "/scripts/python3", json=body)
    assert answer.status_code == 400
    assert reason in answer.json()["errorDescription"]


def test_container_runs_its_command_and_says_that_the_image_is_not_used(jobs_api):
    job = jobs_api.container(
        'python -c "import civis_nb; print(1 + 1)"; echo $COUNT',
        dockerImageName="civisanalytics/datascience-python",
        params=[{"name": "count", "type": "integer"}],
        arguments={"count": 7},
    )
    assert job["dockerImageTag"] == "latest"
    run = jobs_api.run("/scripts/containers", job)
    assert run["state"] == "succeeded"
    assert run["containerId"] == job["id"]
    first, *rest = jobs_api.messages(job["id"], run["id"])
    assert "civisanalytics/datascience-python" in first
    assert "not used" in first
    assert rest == ["2", "7"]


def test_container_without_a_command_fails_with_the_reason(jobs_api):
    run = jobs_api.run_container(None, dockerImageName="an/image")
    assert run["state"] == "failed"
    assert "dockerCommand" in run["error"]


def test_remote_repository_fails_with_the_reason(jobs_api):
    run = jobs_api.run_container("true", repoHttpUri="https://u:secret@github.com/a/b.git")
    assert run["state"] == "failed"
    assert "offline" in run["error"]
    assert "secret" not in run["error"]


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    folder = tmp_path_factory.mktemp("repository")
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@localhost"]
    for command in (
        [*git, "init", "-q", "-b", "main"],
        [*git, "commit", "-q", "--allow-empty", "-m", "start"],
        [*git, "checkout", "-q", "-b", "other"],
    ):
        subprocess.run(command, cwd=folder, check=True)
    (folder / "word").write_text("other\n")
    for command in ([*git, "add", "."], [*git, "commit", "-q", "-m", "word"]):
        subprocess.run(command, cwd=folder, check=True)
    subprocess.run([*git, "checkout", "-q", "main"], cwd=folder, check=True)
    return folder


def test_local_repository_is_cloned_at_its_ref(jobs_api, repository):
    body = {"repoHttpUri": f"file://{repository}", "repoRef": "other"}
    job = jobs_api.container("cat app/word", **body)
    run = jobs_api.run("/scripts/containers", job)
    assert run["state"] == "succeeded", run["error"]
    assert jobs_api.messages(job["id"], run["id"])[-1] == "other"


def test_unknown_ref_fails_with_gits_words(jobs_api, repository):
    run = jobs_api.run_container("true", repoHttpUri=str(repository), repoRef="no-such-branch")
    assert run["state"] == "failed"
    assert "no-such-branch" in run["error"]


def test_memory_and_processor_use_are_recorded(jobs_api):
    run = jobs_api.run_python3("x = bytearray(60_000_000)\nimport time\ntime.sleep(0.4)")
    assert run["maxMemoryUsage"] > 50
    assert run["maxCpuUsage"] > 0


def test_what_a_job_leaves_running_ends_with_it(jobs_api):
    job = jobs_api.python3(
        "import subprocess\nchild = subprocess.Popen(['sleep', '600'])\nprint(child.pid)"
    )
    run = jobs_api.run("/scripts/python3", job)
    assert run["state"] == "succeeded"
    pid = int(jobs_api.messages(job["id"], run["id"])[0])
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a subreaper")
def test_a_daemon_that_keeps_the_pipe_open_does_not_hold_the_run(jobs_api):
    job = jobs_api.python3(
        "import subprocess\n"
        "child = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
        "print(child.pid)"
    )
    run = jobs_api.run("/scripts/python3", job)
    assert run["state"] == "succeeded"
    # It has ended with the run.
    assert not psutil.pid_exists(int(jobs_api.messages(job["id"], run["id"])[0]))


def test_cancel_ends_daemons_that_left_the_job_s_group(jobs_api, http):
    job = jobs_api.python3(
        "import subprocess, sys, time\n"
        "idle = [sys.executable, '-c', 'import time; time.sleep(600)']\n"
        "print(subprocess.Popen(idle, start_new_session=True).pid)\n"
        "time.sleep(600)"
    )
    run = jobs_api.start("/scripts/python3", job)
    logs = f"/jobs/{job['id']}/runs/{run['id']}/logs"
    daemon = psutil.Process(int(jobs_api.until(logs, bool)[0]["message"]))
    assert http("DELETE", f"/jobs/{job['id']}/runs/{run['id']}").status_code == 202
    jobs_api.ended(f"/jobs/{job['id']}/runs/{run['id']}")
    psutil.wait_procs([daemon], 30)
    assert not daemon.is_running() or daemon.status() == psutil.STATUS_ZOMBIE


def test_the_error_of_a_run_quotes_no_more_of_a_line_than_people_read(jobs_api):
    run = jobs_api.run_python3("import sys\nsys.exit('e' * 50_000)")
    assert run["error"].startswith("Process exited with code 1. eee")
    assert len(run["error"]) < 2000
    assert "log" in run["error"]


def test_an_empty_list_stands_for_an_empty_object(jobs_api):
    """R's ``list()`` is written as ``[]``."""
    made = jobs_api.python3("1", params=[], arguments=[], notifications=[])
    assert made["arguments"] == {}
    assert made["notifications"]["successOn"] is True
