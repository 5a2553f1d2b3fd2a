"""R scripts are run by the machine's Rscript, and fail clearly where there is none."""

from __future__ import annotations

import os
import shutil

import pytest


@pytest.fixture
def script(jobs_api):
    return jobs_api.post("/scripts/r", {"name": "r", "source": "cat('from R')"})


def test_an_r_script_runs_with_rscript(jobs_api, script, tmp_path, monkeypatch):
    program = tmp_path / "Rscript"
    program.write_text('#!/bin/sh\necho "Rscript $CIVIS_JOB_ID: $(cat "$1")"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    path = f"/scripts/r/{script['id']}"
    run = jobs_api.ended(f"{path}/runs/{jobs_api.post(path + '/runs')['id']}")
    assert (run["state"], run["rId"]) == ("succeeded", script["id"])
    messages = [entry["message"] for entry in jobs_api.get(f"{path}/runs/{run['id']}/logs")]
    assert f"Rscript {script['id']}: cat('from R')" in messages
    assert jobs_api.get(path)["type"] == "R"


@pytest.mark.skipif(shutil.which("Rscript") is not None, reason="this machine has R")
def test_without_rscript_the_run_says_so(jobs_api, script):
    path = f"/scripts/r/{script['id']}"
    run = jobs_api.ended(f"{path}/runs/{jobs_api.post(path + '/runs')['id']}")
    assert run["state"] == "failed"
    assert "no R: the program Rscript is not found" in run["error"]
