"""What every executor must do, run for each of them; then what child processes do besides."""

from __future__ import annotations

import json
import os
import subprocess
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

pytestmark = pytest.mark.exhaustive

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


def test_start_is_reported_before_the_command_runs(tmp_path):
    seen = []

    def on_start(run_id, pid, started_at):
        seen.append((run_id, psutil.Process(pid).children(), (tmp_path / "ran").exists()))
        assert float(started_at) > 0

    command = [sys.executable, "-c", "import os; os.mkdir('ran')"]
    spec = JobSpec(7, command, {"PATH": os.defpath}, tmp_path)
    SubprocessExecutor(on_start).run(spec, Lines(), CancelToken())
    assert seen == [(7, [], False)]
    assert (tmp_path / "ran").exists()


def test_command_whose_start_could_not_be_stored_never_runs(tmp_path):
    def on_start(*_process):
        raise CivisLocalError("the store is closed")

    spec = JobSpec(7, ["mkdir", "ran"], {"PATH": os.defpath}, tmp_path)
    with pytest.raises(CivisLocalError, match="the store is closed"):
        SubprocessExecutor(on_start).run(spec, Lines(), CancelToken())
    assert not (tmp_path / "ran").exists()


#: Starts a process that leaves session, group and parent, and has nothing of the environment.
_DAEMON = (
    "import os, sys, time\n"
    "if os.fork() == 0:\n"
    "    os.setsid()\n"
    "    if os.fork() == 0:\n"
    "        command = [sys.executable, '-c', 'import os, time; print(os.getpid(), flush=True);'\n"
    "            'time.sleep(600)']\n"
    "        os.execve(sys.executable, command, {})\n"
    "    os._exit(0)\n"
)
_ON_LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a subreaper")


@_ON_LINUX
@pytest.mark.parametrize("end", ["sys.exit(0)", "sys.exit(3)", "os.kill(os.getpid(), 9)"])
def test_daemons_end_with_the_command_whatever_its_outcome(run, end):
    # The command ends once the daemon has printed its id on the output that they share.
    source = (
        "import os, sys\nread, write = os.pipe()\nout = os.dup(1)\nos.dup2(write, 1)\n"
        f"{_DAEMON}"
        "os.write(out, os.read(read, 99))\n"
        f"{end}"
    )
    ended, entries = run(source)
    assert ended.exit_code == {"sys.exit(0)": 0, "sys.exit(3)": 3}.get(end, -9)
    assert not psutil.pid_exists(int(entries[0][1]))


@_ON_LINUX
def test_cancel_ends_daemons_as_well(run):
    cancel, log = CancelToken(), Lines()
    threading.Thread(target=lambda: (log.some.wait(30), cancel.cancel())).start()
    ended, entries = run(f"{_DAEMON}\ntime.sleep(600)", cancel, log)
    assert ended.exit_code < 0
    assert not psutil.pid_exists(int(entries[0][1]))


@_ON_LINUX
def test_request_to_end_reaches_processes_that_left_the_group_once(run):
    # Both handlers tell what they got, and how often.
    source = (
        "import os, signal, time\n"
        "child = os.fork()\n"
        "if child == 0:\n    os.setsid()\n"
        "signal.signal(signal.SIGTERM, lambda *_: (os.write(1, b'TERM\\n'), os._exit(0))\n"
        "    if child == 0 else os.write(1, b'term\\n'))\n"
        "os.write(1, b'up\\n')\n"
        "if child:\n"
        "    os.waitpid(child, 0)\n    os._exit(5)\n"
        "time.sleep(600)\n"
    )

    class Ups(Lines):
        def add(self, level, message):
            super().add(level, message)
            if self.entries.count(("info", "up")) == 2:
                cancel.cancel()

    cancel = CancelToken()
    ended, entries = run(source, cancel, Ups(), cancel_timeout_s=60)
    assert ended.exit_code == 5
    assert sorted(message for _level, message in entries) == ["TERM", "term", "up", "up"]


@_ON_LINUX
def test_the_command_ends_when_its_platform_is_killed(tmp_path):
    # The platform is forked once it has started the command, and the fork holds all its pipes.
    source = (
        "import os, sys, threading, pathlib\n"
        "from civis_nb.cancellation import CancelToken\n"
        "from civis_nb.local.runner.base import JobSpec\n"
        "from civis_nb.local.runner.subprocess import SubprocessExecutor\n"
        "class Log:\n"
        "    def add(self, level, message):\n"
        "        fork = os.fork() if sys.argv[1] == 'forked' else 0\n"
        "        if fork:\n"
        "            print(fork, message, flush=True)\n"
        "            os.kill(os.getpid(), 9)\n"
        "        if sys.argv[1] == 'forked':\n"
        "            while True:\n"
        "                threading.Event().wait(600)\n"
        "        print(message, flush=True)\n"
        "        os.kill(os.getpid(), 9)\n"
        "    def tick(self):\n        pass\n"
        f"source = {_DAEMON!r} + 'time.sleep(600)'\n"
        "spec = JobSpec(1, [sys.executable, '-c', source], {'PATH': os.defpath}, pathlib.Path())\n"
        "SubprocessExecutor().run(spec, Log(), CancelToken())\n"
    )
    for how in ("alone", "forked"):
        output = tmp_path / how
        with output.open("wb") as file:
            code = subprocess.run(
                [sys.executable, "-c", source, how], stdout=file, check=False, timeout=60
            ).returncode
        assert code == -9
        *forks, daemon = (int(word) for word in output.read_text().split())
        try:
            _wait_until_gone(daemon)
        finally:
            for fork in forks:
                os.kill(fork, 9)


@_ON_LINUX
def test_processes_end_also_when_the_command_kills_its_supervisor(run):
    source = (
        "import os, subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'],\n"
        "    start_new_session=True)\n"
        "os.write(1, f'{child.pid}\\n'.encode())\n"
        "os.kill(os.getppid(), 9)\n"
        "child.wait()\n"
    )
    identity = {"CIVIS_API_KEY": os.urandom(8).hex(), "CIVIS_JOB_ID": "1", "CIVIS_RUN_ID": "1"}
    ended, entries = run(source, environment=identity)
    assert ended.exit_code == -9
    _wait_until_gone(int(entries[0][1]))


@pytest.mark.parametrize("where", ["command", "variable"])
def test_a_nul_character_is_refused(executor, tmp_path, where):
    words = ["echo", "a\0b" if where == "command" else "a"]
    variables = {"PATH": os.defpath, "MINE": "a\0b" if where == "variable" else "a"}
    with pytest.raises(CivisLocalError, match="NUL"):
        executor.run(JobSpec(1, words, variables, tmp_path), Lines(), CancelToken())


def test_large_environment_arrives_whole(run):
    text = "\u00e9=\n" * 20_000
    variables = {f"V{i}": text for i in range(4)}
    source = "import os\nprint([os.environ[f'V{i}'] == '\\u00e9=\\n' * 20_000 for i in range(4)])"
    _ended, entries = run(source, environment=variables)
    assert entries == [("info", "[True, True, True, True]")]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts in Linux's /proc")
def test_no_descriptor_is_left_open(run):
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        run("print(1)")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
