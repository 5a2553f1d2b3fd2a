"""A client among threads, in forked processes, and under Ctrl-C."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading

import pytest
import tenacity

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def _in_child(work) -> int:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if work() else 2
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@needs_fork
def test_used_client_works_on_both_sides_of_a_fork(client, scripted):
    scripted.on("GET", "/users/me", {"id": 1})
    client.users.get_me()
    assert _in_child(lambda: client.users.get_me().id == 1) == 0
    assert client.users.get_me().id == 1
    # The child does not talk on its parent's connection.
    assert [seen.connection for seen in scripted.requests] == [1, 2, 1]


@needs_fork
def test_fork_in_the_middle_of_another_threads_call(client, scripted, reply):
    asked, go_on = threading.Event(), threading.Event()

    def slow(seen):
        asked.set()
        go_on.wait(30)
        return reply({"id": 1})

    scripted.on("GET", "/jobs/1", slow)
    scripted.on("GET", "/users/me", {"id": 2})
    answers = []
    thread = threading.Thread(target=lambda: answers.append(client.jobs.get(1).id))
    thread.start()
    assert asked.wait(30)
    assert _in_child(lambda: client.users.get_me().id == 2) == 0
    go_on.set()
    thread.join(30)
    assert answers == [1]


@needs_fork
def test_pool_of_forked_workers_shares_one_client(client, scripted):
    scripted.on("GET", "/users/me", {"id": 1})
    client.users.get_me()
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=client.users.get_me) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert len({seen.connection for seen in scripted.requests}) == 4


@pytest.mark.contract("C47", "D18")
def test_threads_do_not_wait_for_each_others_retries(make_client, scripted, reply):
    waiting, go_on = threading.Event(), threading.Event()

    def held(seconds):
        waiting.set()
        go_on.wait(30)

    client = make_client(retries=tenacity.Retrying(sleep=held))
    scripted.on("GET", "/jobs/1", reply({}, 429, {"Retry-After": "600"}), {"id": 1})
    scripted.on("GET", "/users/me", {"id": 2})
    answers = []
    thread = threading.Thread(target=lambda: answers.append(client.jobs.get(1).id))
    thread.start()
    assert waiting.wait(30)
    assert [client.users.get_me().id for _ in range(20)] == [2] * 20
    assert not answers
    go_on.set()
    thread.join(30)
    assert answers == [1]


def test_threads_make_a_method_once_and_all_can_call_it(client, scripted):
    scripted.on("GET", "/users/me", {"id": 1})
    start, found = threading.Barrier(16), []

    def work():
        start.wait(30)
        found.append(client.users.get_me().id)

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == [1] * 16


INTERRUPTED = """
import signal, sys, time
# A process started in the background ignores Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
from civis_nb import APIClient
client = APIClient("k", endpoint=sys.argv[1], local_api_spec=sys.argv[2])
try:
    client.users.get_me()
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize("wait", ["retry", "answer"])
def test_ctrl_c_ends_a_wait_at_once(scripted, reply, tmp_path, small_spec, wait):
    import json

    path = tmp_path / "spec.json"
    path.write_text(json.dumps(small_spec))
    asked = threading.Event()

    def answer(seen):
        asked.set()
        if wait == "answer":
            scripted.release.wait(60)
        return reply({}, 503, {"Retry-After": "500"})

    # What a retry needs is imported by the first one: Python ends by the signal, although it was
    # caught, when it comes while a class is being made from a text, as those of dataclasses are.
    scripted.on("GET", "/users/me", reply({}, 503, {"Retry-After": "0"}), answer)
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, scripted.url, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        # That of the tests is shorter than the wait.
        env={**os.environ, "CIVIS_NB_FAILURE_BUDGET_S": "600"},
    )
    try:
        assert asked.wait(60)
        out = _interrupted(process)
    finally:
        process.kill()
        process.communicate()
    assert out == "interrupted\n"
    assert process.returncode == 0
    assert len(scripted.requests) == 2


def _interrupted(process):
    # Again, for the case that the first one was heard where Python must swallow it.
    for _ in range(12):
        process.send_signal(signal.SIGINT)
        try:
            return process.communicate(timeout=5)[0]
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError("The process did not end.")
