"""``civis-nb files``, ``jobs`` and ``notebooks``: what goes beyond the operations of the API."""

from __future__ import annotations

import json
import re

import pytest

LOGS = "import time\nprint('first line')\nprint('second line', flush=True)\n"


@pytest.fixture(scope="module")
def python_run(platform):
    """Return a function that starts a Python script; it gives the ids of job and run."""
    client = platform.client()

    def start(source):
        script = client.scripts.post_python3("a script", source)
        return str(script.id), str(client.scripts.post_python3_runs(script.id).id)

    return start


def test_a_file_goes_up_and_comes_down(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content = bytes(range(256)) * 1000
    (tmp_path / "data.bin").write_bytes(content)
    sent = run(
        "files", "upload", "data.bin", "--description", "some bytes", "--expires-at", "never"
    )
    assert (sent.exit_code, sent.stderr) == (0, "")
    file_id = sent.stdout.strip()
    file = json.loads(run("files", "get", file_id, "--json-output").stdout)
    # The official command forgets the description when there is a date.
    assert (file["name"], file["description"], file["expiresAt"]) == (
        "data.bin",
        "some bytes",
        None,
    )
    got = run("files", "download", file_id, "copy.bin")
    assert (got.exit_code, got.stdout) == (0, "")
    assert (tmp_path / "copy.bin").read_bytes() == content
    (tmp_path / "folder").mkdir()
    run("files", "download", file_id, "folder")
    assert (tmp_path / "folder" / "data.bin").read_bytes() == content
    assert run("files", "download", file_id, "-").stdout_bytes == content


def test_a_file_has_the_name_that_is_given(run, tmp_path):
    (tmp_path / "a").write_text("x")
    file_id = run("files", "upload", str(tmp_path / "a"), "--name", "other name").stdout.strip()
    assert "name: other name" in run("files", "get", file_id).stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("upload", "/no/such/file"), 2, "does not exist"),
        (("upload", "/"), 2, "is a directory"),
        (("download", "1", "/no/such/folder/file"), 2, "does not exist"),
        (("download", "987654", "gone"), 1, "987654"),
        (("download", "seven", "a"), 2, "not a valid integer"),
    ],
)
def test_transfers_that_fail_leave_nothing(run, words, code, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run("files", *words)
    assert done.exit_code == code
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_logs_are_followed_to_the_end_of_the_run(run, python_run):
    job_id, run_id = python_run(LOGS)
    newest = run("jobs", "follow-log", job_id)
    assert newest.exit_code == 0
    assert newest.stderr == f"Run {run_id} of job {job_id}: succeeded\n"
    first, *entries = newest.stdout.splitlines()
    assert first == f"Run ID: {run_id}"
    assert run("jobs", "follow-run-log", job_id, run_id).stdout.splitlines() == entries
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ", entry) for entry in entries)
    assert [entry.split(" ", 1)[1] for entry in entries if "line" in entry] == [
        "first line", "second line"
    ]  # fmt: skip


def test_exit_status_is_that_of_the_run_where_asked_for(run, python_run):
    ids = python_run("raise SystemExit('it broke')")
    shown = run("jobs", "follow-run-log", *ids)
    assert shown.exit_code == 0
    assert "it broke" in shown.stdout
    assert "failed" in shown.stderr
    assert run("jobs", "follow-run-log", *ids, "--exit-status").exit_code == 1


def test_a_job_without_a_run_has_no_log(run, on_platform):
    job_id = on_platform.client().scripts.post_python3("never run", "pass").id
    done = run("jobs", "follow-log", str(job_id))
    assert done.exit_code == 2
    assert f"civis-nb jobs post-runs {job_id}" in done.stderr


def test_a_notebook_is_downloaded(run, on_platform, tmp_path):
    client = on_platform.client()
    notebook = client.notebooks.post(name="analysis")
    path = tmp_path / "analysis.ipynb"
    done = run("notebooks", "download", str(notebook.id), str(path))
    assert (done.exit_code, path.exists()) == (1, False)
    assert "has no content yet" in done.stderr
    content = b'{"cells": []}'
    links = client.notebooks.get_update_links(notebook.id)
    import requests

    requests.put(links.update_url, data=content, timeout=10).raise_for_status()
    done = run("notebooks", "download", str(notebook.id), str(path))
    assert (done.exit_code, done.stderr) == (0, "")
    assert path.read_bytes() == content


def test_a_local_platform_tells_that_it_hosts_no_notebooks(run):
    made = run("notebooks", "new", "r", "--mem", "512")
    assert made.exit_code == 1
    notebook_id = re.search(r"Created new r notebook with ID (\d+)", made.stdout).group(1)
    assert "memory: 512" in run("notebooks", "get", notebook_id).stdout
    assert "hosts no notebooks" in made.stderr
    assert "hosts no notebooks" in run("notebooks", "up", notebook_id, "--cpu", "100").stderr
    assert "never started" in run("notebooks", "down", notebook_id).stderr
    opened = run("notebooks", "open", notebook_id)
    assert opened.exit_code == 1
    assert "has no pages" in opened.stderr


def test_a_file_comes_from_the_standard_input(run):
    content = b"a,b\n1,2\n"
    for words, name in (((), "stdin"), (("--name", "rows.csv"), "rows.csv")):
        sent = run("files", "upload", "-", *words, stdin=content)
        assert (sent.exit_code, sent.stderr) == (0, "")
        file_id = sent.stdout.strip()
        assert f"name: {name}" in run("files", "get", file_id).stdout
        assert run("files", "download", file_id, "-").stdout_bytes == content
