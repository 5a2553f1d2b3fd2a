"""Many calls of a function as jobs of a local platform."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import sys
import time
from concurrent.futures import wait
from pathlib import Path

import pytest

import civis_nb
from civis_nb.errors import CivisCancelledError, CivisInputError

pytestmark = pytest.mark.exhaustive


@pytest.fixture(scope="module")
def client():
    with civis_nb.local.start(samples=False) as platform:
        yield platform.client()


@pytest.mark.exhaustive
def test_values_come_in_the_order_of_the_items_and_jobs_are_bounded(client, tmp_path):
    def noted(number, folder=str(tmp_path)):
        mine = Path(folder) / str(number)
        mine.touch()
        at_once = len(list(Path(folder).iterdir()))
        time.sleep(0.2 if number == 0 else 0)
        mine.unlink()
        return number, at_once

    found = list(civis_nb.map(noted, iter(range(5)), max_jobs=2, client=client))
    assert [number for number, _ in found] == [0, 1, 2, 3, 4]
    assert max(at_once for _, at_once in found) <= 2


@pytest.mark.exhaustive
def test_a_failure_is_raised_in_its_turn_and_ends_the_others(client):
    def inverse(number):
        time.sleep(600 if number == 2 else 0)
        return 1 / number

    calls = civis_nb.map(inverse, [1, 0, 2, 2, 2], max_jobs=3, client=client)
    assert next(calls) == 1.0
    with pytest.raises(ZeroDivisionError) as caught:
        next(calls)
    assert "in inverse" in str(caught.value.__cause__)
    assert not wait(calls.futures, 60).not_done
    for future in calls.futures[2:]:
        with pytest.raises(CivisCancelledError):
            future.result(timeout=60)
    assert repr(calls) == "<FunctionMap: 5 of 5 calls are done>"


@pytest.mark.exhaustive
def test_each_outcome_can_be_had_by_itself(client):
    calls = civis_nb.map(int, ["7", "seven"], max_jobs=2, client=client)
    assert calls.futures[0].result(timeout=60) == 7
    assert isinstance(calls.futures[1].exception(timeout=60), ValueError)
    assert len(calls) == 2
    assert repr(calls.futures[0]) == "<MappedCall of item 0: succeeded>"
    assert [one.state for one in calls.group] == ["succeeded", "failed"]
    assert "'seven'" in repr(calls.group)
    assert "1 failed" in calls._repr_mimebundle_()["text/plain"]


@pytest.mark.exhaustive
def test_a_wait_that_takes_a_while_is_shown():
    code = """
import civis_nb, time
with civis_nb.local.start(samples=False) as platform:
    print(list(civis_nb.map(time.sleep, [4, 0], client=platform.client())))
"""
    controller, terminal = pty.openpty()
    done = subprocess.Popen([sys.executable, "-c", code], stderr=terminal, stdout=subprocess.PIPE)
    os.close(terminal)
    shown = b""
    with contextlib.suppress(OSError):  # the terminal has ended
        while part := os.read(controller, 65536):
            shown += part
    os.close(controller)
    assert done.communicate(timeout=60)[0] == b"[None, None]\n"
    assert b"1 running" in shown or b"1 succeeded" in shown, shown


@pytest.mark.exhaustive
def test_what_waits_for_its_turn_keeps_no_program_from_ending():
    code = (
        "import time\n"
        "import civis_nb\n"
        "calls = civis_nb.map(time.sleep, [300] * 4, max_jobs=1)\n"
        "while calls.futures[0].run is None:\n"
        "    time.sleep(0.01)\n"
    )
    with civis_nb.local.start(samples=False) as platform:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={
                **os.environ,
                "CIVIS_API_ENDPOINT": platform.endpoint,
                "CIVIS_API_KEY": platform.api_key,
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        # The job that was started goes on.
        (job,) = platform.client().jobs.list(hidden=True)
        assert job.state in ("queued", "running")
    assert "before 3 of 4 calls of sleep" in done.stderr


@pytest.mark.exhaustive
def test_an_interrupt_cancels_all_and_says_so():
    code = """
import civis_nb, os, signal, threading, time
with civis_nb.local.start(samples=False) as platform:
    client = platform.client()
    calls = civis_nb.map(time.sleep, [0, 600, 600], max_jobs=3, client=client)
    next(calls)
    threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        next(calls)
    except KeyboardInterrupt as interrupt:
        print(interrupt)
    print(sorted(job.state for job in client.jobs.list(hidden=True)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stdout.splitlines() == [
        "1 of 3 calls had ended; the others are cancelled.",
        "['cancelled', 'cancelled', 'succeeded']",
    ], done.stderr


def test_nothing_and_nonsense(client):
    assert list(civis_nb.map(int, [], client=client)) == []
    for wrong in (0, 1.5, True):
        with pytest.raises(CivisInputError, match="max_jobs can't be"):
            civis_nb.map(int, ["1"], max_jobs=wrong, client=client)
