"""What every executor must do, run for each of them; then what child processes do besides."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from civis_nb.cancellation import STOPPED, CancelToken
from civis_nb.errors import CivisLocalError
from civis_nb.local.runner.base import Ended, Executor, JobSpec, StartedProcess
from civis_nb.local.runner.subprocess import SubprocessExecutor

#: Every implementation of `Executor`, by name.
EXECUTORS: dict[str, Callable[[], Executor]] = {"subprocess": SubprocessExecutor}


class Lines:
    """A log that keeps its entries in a list."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str]] = []
        self.some = threading.Event()

    def add(self, level: str, message: str) -> None:
        self.entries.append((level, message))
        self.some.set()

    def tick(self) -> None:
        pass


@pytest.fixture(params=EXECUTORS)
def executor(request: pytest.FixtureRequest) -> Executor:
    return EXECUTORS[request.param]()


class Runner:
    """Runs Python source with an executor in a folder of its own."""

    def __init__(self, executor: Executor, folder: Path) -> None:
        self._executor, self.folder = executor, folder

    def spec(self, source, **options) -> JobSpec:
        environment = {"PATH": os.defpath, **options.pop("environment", {})}
        command = [sys.executable, "-u", "-c", source]
        return JobSpec(1, command, environment, self.folder, **options)

    def __call__(
        self, source, cancel=None, log=None, **options
    ) -> tuple[Ended, list[tuple[str, str]]]:
        log = log or Lines()
        spec = self.spec(source, **options)
        return self._executor.run(spec, log, cancel or CancelToken()), log.entries


@pytest.fixture
def run(executor: Executor, tmp_path: Path) -> Runner:
    return Runner(executor, tmp_path)


def _wait_until_gone(pid: int) -> None:
    """Wait for the end of a process that may be nobody's child by now, or a zombie."""
    deadline = time.monotonic() + 30
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, f"process {pid} is still there"
        time.sleep(0.005)


def test_files_are_written_into_the_working_folder_first(run):
    files = {"script.py": b"print('from a file')"}
    _ended, entries = run("exec(open('script.py').read())", files=files)
    assert entries == [("info", "from a file")]


def test_command_sees_the_environment_of_the_spec_and_no_other(run, monkeypatch):
    monkeypatch.setenv("SECRET", "of the platform")
    source = "import json, os\nprint(json.dumps(dict(os.environ)))"
    _ended, entries = run(source, environment={"MINE": "1"})
    seen = json.loads(entries[0][1])
    assert seen["MINE"] == "1"
    assert "SECRET" not in seen


def test_what_a_command_leaves_running_is_ended(run):
    source = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid)"
    )
    ended, entries = run(source)
    assert ended.exit_code == 0
    _wait_until_gone(int(entries[0][1]))


def test_cancel_ends_processes_that_left_the_group(run):
    cancel, log = CancelToken(), Lines()
    source = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'],\n"
        "    start_new_session=True)\n"
        "print(child.pid)\ntime.sleep(600)"
    )
    threading.Thread(target=lambda: (log.some.wait(30), cancel.cancel())).start()
    identity = {"CIVIS_API_KEY": os.urandom(8).hex(), "CIVIS_JOB_ID": "1", "CIVIS_RUN_ID": "1"}
    ended, entries = run(source, cancel, log, environment=identity)
    assert ended.exit_code < 0
    _wait_until_gone(int(entries[0][1]))


def test_usage_of_a_long_enough_command_is_measured(run):
    ended, _entries = run("import time\nx = b'x' * 50_000_000\ntime.sleep(0.5)")
    assert ended.max_memory_mb is not None
    assert ended.max_memory_mb > 40
    assert ended.max_cpu_millicores is not None


def test_the_key_is_not_in_the_repr_of_a_spec(run):
    assert "s3cret" not in repr(run.spec("pass", environment={"CIVIS_API_KEY": "s3cret"}))


def test_no_orphans_are_no_error(executor):
    executor.end_orphans([], "key")
    executor.end_orphans([StartedProcess(1, 1, 2**22 + 1, None)], "key")


@pytest.mark.skipif(not hasattr(os, "O_DIRECT"), reason="needs pipes that keep writes apart")
def test_the_order_between_the_streams_is_kept(run):
    # Each line is two writes. From 300 writes on for which the reader was too slow, as on a busy
    # machine it is for all of them, speed comes before order.
    source = (
        "import random, sys\n"
        "random.seed(4)\n"
        "for i in range(100):\n"
        "    print(i, file=random.choice([sys.stdout, sys.stderr]))\n"
    )
    ended, entries = run(source)
    assert ended.exit_code == 0
    assert [int(message) for _level, message in entries] == list(range(100))
    assert {level for level, _message in entries} == {"info", "error"}


def test_much_output_on_both_streams_is_complete(run):
    source = (
        "import sys\nfor i in range(5000):\n    print('o', i)\n    print('e', i, file=sys.stderr)\n"
    )
    _ended, entries = run(source)
    for level, word in (("info", "o"), ("error", "e")):
        found = [message for kind, message in entries if kind == level]
        assert found == [f"{word} {i}" for i in range(5000)]


def test_one_write_of_many_megabytes_is_complete(run):
    source = "import os, sys\nsys.stdout.write('x' * 20_000_000 + '\\n')\nsys.stdout.write('end')"
    _ended, entries = run(source)
    assert sum(len(message) for _level, message in entries) == 20_000_003
    assert entries[-1] == ("info", "end")


def test_process_that_closes_its_streams_is_waited_for(run):
    source = (
        "import os, time\nos.close(1); os.close(2)\ntime.sleep(0.2)\nos.mkdir('done')\nos._exit(7)"
    )
    ended, entries = run(source)
    assert ended.exit_code == 7
    assert (run.folder / "done").is_dir()
    assert entries == []


def test_last_line_of_standard_error_is_told(run):
    ended, _entries = run("import sys\nprint('out')\nsys.exit('went wrong  \\n\\n')")
    assert (ended.exit_code, ended.last_error_line) == (1, "went wrong")


def test_cancel_that_came_before_the_start_ends_the_process(run):
    cancel = CancelToken()
    cancel.cancel()
    ended, _entries = run("import time\ntime.sleep(600)", cancel)
    assert ended.exit_code < 0


def test_stopping_does_not_wait_for_the_jobs_own_timeout(run):
    cancel, log = CancelToken(), Lines()
    source = (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('up')\ntime.sleep(600)"
    )
    threading.Thread(target=lambda: (log.some.wait(30), cancel.cancel(STOPPED))).start()
    ended, entries = run(source, cancel, log, cancel_timeout_s=600)
    assert ended.exit_code == -9
    assert entries == [("info", "up")]


def test_command_that_is_not_there_is_a_clear_error(executor, tmp_path):
    spec = JobSpec(1, ["no-such-program"], {"PATH": os.defpath}, tmp_path)
    with pytest.raises(CivisLocalError, match="no-such-program"):
        executor.run(spec, Lines(), CancelToken())


def test_start_of_a_child_process_is_reported(tmp_path):
    started = []
    executor = SubprocessExecutor(lambda *process: started.append(process))
    log = Lines()
    command = [sys.executable, "-c", "import os; print(os.getpid())"]
    executor.run(JobSpec(7, command, {"PATH": os.defpath}, tmp_path), log, CancelToken())
    [(run_id, pid, started_at)] = started
    assert (run_id, str(pid)) == (7, log.entries[0][1])
    assert float(started_at) > 0


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts in Linux's /proc")
def test_no_descriptor_is_left_open(run):
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        run("print(1)")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
