"""What a crash leaves behind: runs that never ended, processes without a platform."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import psutil
import pytest
from sqlalchemy import select, update

from civis_nb.local import start
from civis_nb.local.runner.orphans import process_started_at
from civis_nb.local.runs.environment import run_folder, run_folders
from civis_nb.local.runs.recovery import MESSAGE
from civis_nb.local.store.schema import job_runs

pytestmark = pytest.mark.exhaustive

SLEEP = [sys.executable, "-c", "import time\ntime.sleep(600)"]


def _orphan(bench, command=SLEEP, *, started_at=None, state="running", environment=None):
    """Return a run that a killed platform left, and its process."""
    run_id = bench.queue("pass")
    process = subprocess.Popen(
        command, start_new_session=True, env={**os.environ, **(environment or {})}
    )
    values = {
        "state": state,
        "process_id": process.pid,
        "process_started_at": started_at or process_started_at(process.pid),
    }
    with bench.store.begin() as connection:
        connection.execute(update(job_runs).where(job_runs.c.id == run_id).values(**values))
    return run_id, process


def _is_alive(process):
    """Return whether a child of this process is alive; recovery may have collected it."""
    return process.poll() is None


def test_active_runs_are_failed_with_a_message(make_bench):
    bench = make_bench()
    queued, ended = bench.queue("pass"), bench.queue("pass")
    with bench.store.begin() as connection:
        connection.execute(
            update(job_runs)
            .where(job_runs.c.id == ended)
            .values(state="succeeded", finished_at="2026-01-01T00:00:00.000Z")
        )
    assert bench.recover() == [queued]
    run = bench.run(queued)
    assert (run.state, run.error) == ("failed", MESSAGE)
    assert run.finished_at >= run.created_at
    assert bench.run(ended).state == "succeeded"
    assert bench.recover() == []


def test_processes_of_active_runs_are_ended(make_bench):
    bench = make_bench()
    run_id, process = _orphan(bench)
    bench.recover()
    assert not _is_alive(process)
    assert bench.run(run_id).process_id is None


def test_a_process_that_only_has_the_same_id_is_left_alone(make_bench):
    bench = make_bench()
    _run_id, process = _orphan(bench, started_at="1000.0")
    try:
        bench.recover()
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


def test_children_of_a_process_that_is_gone_are_ended(make_bench):
    bench = make_bench()
    run_id = bench.queue("pass")
    job_id = bench.run(run_id).job_id
    shell = subprocess.run(
        ["/bin/sh", "-c", "sleep 600 >/dev/null & echo $! $$"],
        start_new_session=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "CIVIS_JOB_ID": str(job_id), "CIVIS_RUN_ID": str(run_id)},
        check=True,
    )
    child, group = (int(word) for word in shell.stdout.split())
    values = {"state": "running", "process_id": group, "process_started_at": "1000.0"}
    with bench.store.begin() as connection:
        connection.execute(update(job_runs).where(job_runs.c.id == run_id).values(**values))
    bench.recover()
    gone, _alive = (
        psutil.wait_procs([psutil.Process(child)], 30)
        if psutil.pid_exists(child)
        else (
            [child],
            [],
        )
    )
    assert gone or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_processes_that_left_the_group_are_ended_if_they_are_of_this_platform(make_bench):
    bench = make_bench()
    run_id, process = _orphan(bench)
    ids = {"CIVIS_JOB_ID": str(bench.run(run_id).job_id), "CIVIS_RUN_ID": str(run_id)}
    mine, other = (
        subprocess.Popen(
            SLEEP, start_new_session=True, env={**os.environ, **ids, "CIVIS_API_KEY": key}
        )
        for key in (bench.context.api_key, "another platform's")
    )
    try:
        bench.recover()
        assert not _is_alive(mine)
        assert not _is_alive(process)
        assert _is_alive(other)
    finally:
        other.kill()
        other.wait()


def test_processes_of_a_run_whose_process_was_not_stored_are_ended(make_bench):
    bench = make_bench()
    run_id = bench.queue("pass")
    identity = {
        "CIVIS_API_KEY": bench.context.api_key,
        "CIVIS_JOB_ID": str(bench.run(run_id).job_id),
        "CIVIS_RUN_ID": str(run_id),
    }
    process = subprocess.Popen(SLEEP, start_new_session=True, env={**os.environ, **identity})
    bench.recover()
    assert not _is_alive(process)


_KILLED = """
import os, sys, threading
from pathlib import Path
from civis_nb.local import start
from civis_nb.local.runs import jobs
platform = start(sys.argv[1], samples=False)
context = platform._context
source = "import os, time; os.write(1, b'x'); time.sleep(600)"
for _ in range(3):
    with context.store.begin() as connection:
        job = jobs.create_job(connection, jobs.PYTHON3, "a", 1, {"source": source})
    jobs.start_run(context, job)
print(flush=True)
threading.Event().wait(float(sys.argv[2]) / 1000)
os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize("ms", [0, 20, 50])
def test_no_process_outlives_a_platform_that_is_killed_right_after_the_start(tmp_path, ms):
    state = tmp_path / "state"
    command = [sys.executable, "-c", _KILLED, str(state), str(ms)]
    assert subprocess.run(command, check=False, timeout=120).returncode == -9
    with start(state, samples=False) as platform:
        left = [
            process.pid
            for process in psutil.process_iter()
            if _environment(process).get("CIVIS_API_KEY") == platform.api_key
        ]
        assert left == []
        with platform._context.store.read() as connection:
            states = set(connection.scalars(select(job_runs.c.state)))
        assert states == {"failed"}


def _environment(process):
    try:
        return process.environ()
    except (psutil.Error, OSError):
        return {}


def test_working_folders_are_removed(make_bench):
    bench = make_bench()
    run_id = bench.queue("pass")
    folder = bench.context.state / "runs" / str(run_id)
    folder.mkdir(parents=True)
    (folder / "script.py").write_text("pass")
    bench.recover()
    assert not folder.exists()


def test_a_start_that_is_cut_short_leaves_the_next_one_all_it_needs(make_bench, monkeypatch):
    bench = make_bench()
    run_id, process = _orphan(bench)
    end_orphans = bench.executor.end_orphans

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(bench.executor, "end_orphans", killed)
    with pytest.raises(KeyboardInterrupt):
        bench.recover()
    monkeypatch.setattr(bench.executor, "end_orphans", end_orphans)
    assert _is_alive(process)
    assert bench.recover() == [run_id]
    process.wait(30)
    assert bench.run(run_id).process_id is None


def test_working_folders_that_were_left_are_removed(make_bench):
    bench = make_bench()
    left = run_folder(bench.context.state, 77)
    left.mkdir(parents=True)
    (left / "script.py").touch()
    assert bench.recover() == []
    assert run_folders(bench.context.state) == []


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root may all")
def test_a_folder_that_a_run_made_read_only_is_removed(tmp_path):
    folder = run_folder(tmp_path, 7)
    kept = folder / "modules" / "kept"
    kept.mkdir(parents=True)
    (kept / "file").touch()
    (folder / "link").symlink_to(tmp_path)
    for path in (kept, kept.parent):
        path.chmod(0o555)
    # Root, in containers, would remove it all the same.
    without = "-dac_override,-dac_read_search"
    command = ["setpriv", f"--bounding-set={without}", f"--inh-caps={without}"]
    source = (
        "import sys; from pathlib import Path\n"
        "from civis_nb.local.runs.environment import remove_folder\n"
        "remove_folder(Path(sys.argv[1]))"
    )
    program = [sys.executable, "-c", source, str(folder)]
    subprocess.run([*command, *program] if os.geteuid() == 0 else program, check=True)
    assert not folder.exists()
    assert tmp_path.stat().st_mode & 0o777 == 0o700
