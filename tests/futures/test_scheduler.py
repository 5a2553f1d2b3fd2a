from __future__ import annotations

import concurrent.futures
import logging
import os
import threading
import time

import pytest

from civis_nb.futures import CivisFuture
from civis_nb.futures.poller import MAX_WORKERS, Scheduler
from civis_nb.futures.timing import MAX_WAIT_S, FailureBudget, next_wait_s
from tests.interrupted_lines import interrupted


class Task:
    """Steps that are noted; `end` makes the next one the last."""

    def __init__(self, interval_s=0.01, work=lambda: None, steps=None):
        self.interval_s, self.work, self.steps = interval_s, work, steps
        self.count = self.at_once = self.most_at_once = 0
        self.ended = threading.Event()
        self.lock = threading.Lock()

    def step(self):
        with self.lock:
            self.count += 1
            self.at_once += 1
            self.most_at_once = max(self.at_once, self.most_at_once)
        self.work()
        with self.lock:
            self.at_once -= 1
        if self.steps is not None and self.count >= self.steps:
            self.ended.set()
            return None
        return self.interval_s

    def after_fork(self):
        pass


@pytest.fixture
def scheduler():
    return Scheduler(idle_s=0.1)


def test_no_thread_before_the_first_task_and_none_after_the_last(scheduler, until):
    assert scheduler.threads == 0
    task = Task(steps=3)
    scheduler.add(task)
    assert task.ended.wait(20)
    until(lambda: scheduler.threads == 0)
    assert scheduler.active == 0
    again = Task(steps=1)
    scheduler.add(again)
    assert again.ended.wait(20)


def test_many_tasks_take_few_threads(scheduler):
    tasks = [Task(steps=3) for _ in range(200)]
    most = 0
    for task in tasks:
        scheduler.add(task)
    for task in tasks:
        most = max(most, scheduler.threads)
        assert task.ended.wait(20)
    assert most <= MAX_WORKERS + 1
    assert all(task.count == 3 for task in tasks)


def test_tasks_are_polled_at_the_same_time(scheduler):
    together = threading.Barrier(MAX_WORKERS)
    tasks = [Task(work=lambda: together.wait(20), steps=1) for _ in range(MAX_WORKERS)]
    for task in tasks:
        scheduler.add(task)
    assert all(task.ended.wait(20) for task in tasks)


def test_polls_of_one_task_never_overlap(scheduler):
    task = Task(interval_s=0.0, work=lambda: time.sleep(0.002), steps=50)
    scheduler.add(task)
    for _ in range(100):
        scheduler.wake(task)
    assert task.ended.wait(20)
    assert task.most_at_once == 1


def test_task_taken_out_and_in_again_while_in_flight_does_not_overlap(scheduler):
    started, release = threading.Event(), threading.Event()
    task = Task(work=lambda: (started.set(), release.wait(20)), steps=2)
    scheduler.add(task)
    assert started.wait(20)
    scheduler.remove(task)
    scheduler.add(task)
    release.set()
    assert task.ended.wait(20)
    assert task.most_at_once == 1


def test_wake_polls_now(scheduler, until):
    task = Task(interval_s=3600, steps=2)
    scheduler.add(task, 3600)
    scheduler.wake(task)
    until(lambda: task.count == 1)
    scheduler.wake(task)
    assert task.ended.wait(20)


def test_removed_task_is_polled_no_more(scheduler, until):
    task = Task(interval_s=0.0)
    scheduler.add(task)
    until(lambda: task.count > 2)
    scheduler.remove(task)
    until(lambda: scheduler.threads == 0)
    assert scheduler.active == 0


def test_requests_that_hang_hold_up_nobody_else(scheduler):
    release = threading.Event()
    for _ in range(MAX_WORKERS + 2):
        scheduler.add(Task(work=lambda: release.wait(60), steps=1))
    free = Task(steps=1)
    scheduler.add(free)
    assert free.ended.wait(30)
    release.set()


def test_task_that_raises_is_logged_and_stops_no_other(scheduler, caplog):
    def broken():
        raise RuntimeError("defect")

    other = Task(steps=5)
    with caplog.at_level(logging.ERROR):
        scheduler.add(Task(work=broken))
        scheduler.add(other)
        assert other.ended.wait(20)
    assert "defect" in caplog.text


def test_no_lock_is_held_while_looking(scheduler):
    inside, release = threading.Event(), threading.Event()
    scheduler.add(Task(work=lambda: (inside.set(), release.wait(20)), steps=1))
    assert inside.wait(20)
    other = Task(steps=1)
    scheduler.add(other)
    assert other.ended.wait(20)
    release.set()


def test_a_wait_of_centuries_stops_no_other_task(scheduler):
    scheduler.add(Task(interval_s=1e12))
    scheduler.add(Task(interval_s=float("inf")))
    other = Task(steps=3)
    scheduler.add(other)
    assert other.ended.wait(20)


def test_an_interrupt_at_any_line_of_its_start_loses_no_task():
    functions = Scheduler.add, Scheduler._plan, Scheduler._ensure_dispatcher
    for number in range(1, 100):
        scheduler, task = Scheduler(idle_s=0.1), Task(steps=1)
        came = interrupted(lambda: scheduler.add(task), functions, number)  # noqa: B023
        scheduler.add(task)  # as the next question about the future does
        assert task.ended.wait(20), f"lost at line {number}"
        if not came:
            break
    assert number > 8


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_future_taken_along_into_a_forked_child_ends_there(fake, until):
    fake.states("jobs.get_runs", "running", "running", "succeeded")
    future = CivisFuture(fake.jobs.get_runs, (1, 2), client=fake, polling_interval=0.3)
    until(lambda: future.state == "running")
    fake._lock = threading.Lock()
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if future.result(timeout=20).state == "succeeded" else 1)
        except BaseException:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert future.result(timeout=20).state == "succeeded"


@pytest.mark.exhaustive
def test_two_hundred_futures_end_on_few_threads(fake, make):
    ends = time.monotonic() + 0.5
    threads = set()

    def look(*_):
        threads.add(threading.get_ident())
        time.sleep(0.002)
        return make.run("succeeded" if time.monotonic() > ends else "running")

    fake.script["jobs.get_runs"] = [look]
    futures = [CivisFuture(fake.jobs.get_runs, (n, n), client=fake) for n in range(200)]
    done, _ = concurrent.futures.wait(futures, timeout=30)
    assert len(done) == 200
    assert len(threads) <= MAX_WORKERS + 4


# The rhythm


@pytest.mark.contract("C34")
def test_waits_grow_with_age_up_to_the_cap():
    waits = [next_wait_s(age) for age in range(0, 4000, 5)]
    assert waits == sorted(waits)
    assert waits[0] <= 1.0
    assert waits[-1] == MAX_WAIT_S
    assert all(next_wait_s(age) <= 0.2 + 0.05 * age for age in range(4000))


def test_many_futures_stretch_the_rhythm():
    assert next_wait_s(0, active=1500) > next_wait_s(0, active=1)
    assert next_wait_s(0, active=10**6) == MAX_WAIT_S


def test_the_failure_budget_starts_anew_after_a_poll_that_succeeded():
    patience = FailureBudget()
    first = patience.wait_s(ConnectionError())
    assert patience.wait_s(ConnectionError()) > first
    patience.reset()
    assert patience.wait_s(ConnectionError()) == first
    assert patience.wait_s(TypeError()) is None


def test_waits_stretch_when_the_server_will_take_few_more_calls():
    waits = [next_wait_s(10, 1, left, 1000) for left in (1000, 500, 100, 10, 0)]
    assert waits[0] == waits[1] == next_wait_s(10)
    assert waits == sorted(waits)
    assert waits[-1] == MAX_WAIT_S
