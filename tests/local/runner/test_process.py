"""A process under watch: its streams in order, whatever it does to them."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from civis_nb.cancellation import STOPPED, CancelToken
from civis_nb.errors import CivisLocalError
from civis_nb.local.runner.process import run_process


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


def _run(source, folder, cancel=None, log=None, **options):
    log = log or Lines()
    ended = run_process(
        [sys.executable, "-u", "-c", source],
        folder=folder,
        environment={"PATH": os.defpath},
        log=log,
        cancel=cancel or CancelToken(),
        **options,
    )
    return ended, log.entries


@pytest.mark.skipif(not hasattr(os, "O_DIRECT"), reason="needs pipes that keep writes apart")
def test_the_order_between_the_streams_is_kept(tmp_path):
    source = (
        "import random, sys\n"
        "random.seed(4)\n"
        "for i in range(200):\n"
        "    print(i, file=random.choice([sys.stdout, sys.stderr]))\n"
    )
    ended, entries = _run(source, tmp_path)
    assert ended.code == 0
    assert [int(message) for _level, message in entries] == list(range(200))
    assert {level for level, _message in entries} == {"info", "error"}


def test_much_output_on_both_streams_is_complete(tmp_path):
    source = (
        "import sys\nfor i in range(5000):\n    print('o', i)\n    print('e', i, file=sys.stderr)\n"
    )
    _ended, entries = _run(source, tmp_path)
    for level, word in (("info", "o"), ("error", "e")):
        found = [message for kind, message in entries if kind == level]
        assert found == [f"{word} {i}" for i in range(5000)]


def test_one_write_of_many_megabytes_is_complete(tmp_path):
    source = "import os, sys\nsys.stdout.write('x' * 20_000_000 + '\\n')\nsys.stdout.write('end')"
    _ended, entries = _run(source, tmp_path)
    assert sum(len(message) for _level, message in entries) == 20_000_003
    assert entries[-1] == ("info", "end")


def test_process_that_closes_its_streams_is_waited_for(tmp_path):
    source = (
        "import os, time\nos.close(1); os.close(2)\ntime.sleep(0.2)\nos.mkdir('done')\nos._exit(7)"
    )
    ended, entries = _run(source, tmp_path)
    assert ended.code == 7
    assert (tmp_path / "done").is_dir()
    assert entries == []


def test_last_line_of_standard_error_is_told(tmp_path):
    ended, _entries = _run("import sys\nprint('out')\nsys.exit('went wrong  \\n\\n')", tmp_path)
    assert (ended.code, ended.last_error_line) == (1, "went wrong")


def test_cancel_that_came_before_the_start_ends_the_process(tmp_path):
    cancel = CancelToken()
    cancel.cancel()
    ended, _entries = _run("import time\ntime.sleep(600)", tmp_path, cancel)
    assert ended.code < 0


def test_stopping_does_not_wait_for_the_jobs_own_timeout(tmp_path):
    cancel, log = CancelToken(), Lines()
    source = (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('up')\ntime.sleep(600)"
    )
    threading.Thread(target=lambda: (log.some.wait(30), cancel.cancel(STOPPED))).start()
    ended, entries = _run(source, tmp_path, cancel, log, cancel_timeout_s=600)
    assert ended.code == -9
    assert entries == [("info", "up")]


def test_command_that_is_not_there_is_a_clear_error(tmp_path):
    with pytest.raises(CivisLocalError, match="no-such-program"):
        run_process(
            ["no-such-program"],
            folder=tmp_path,
            environment={"PATH": os.defpath},
            log=Lines(),
            cancel=CancelToken(),
        )


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts in Linux's /proc")
def test_no_descriptor_is_left_open(tmp_path):
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        _run("print(1)", tmp_path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
