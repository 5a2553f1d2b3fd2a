"""Workers: waiting, cancelling, stopping, and that a run ends once."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from contextvars import copy_context

import psutil
import pytest
from sqlalchemy import insert
from sqlalchemy.exc import DatabaseError

from civis_nb.errors import CivisLocalError
from civis_nb.local.runs import jobs as states
from civis_nb.local.runs.pool import STOPPED_MESSAGE
from civis_nb.local.runs.task import REQUESTING_RUN
from civis_nb.local.store import store as connections
from civis_nb.local.store import utc_now
from civis_nb.local.store.schema import users

pytestmark = pytest.mark.exhaustive

SLEEP = "import time\nprint('up', flush=True)\ntime.sleep(600)"


def _is_gone(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_run_waits_until_a_worker_is_free(make_bench):
    bench = make_bench(process_workers=1)
    bench.runner.start()
    first, second = bench.submit(SLEEP), bench.submit("print('second')")
    bench.until(lambda: bench.messages(first) == ["up"])
    assert bench.run(second).state == "queued"
    assert bench.run(second).started_at is None
    assert bench.runner.cancel(first)
    assert bench.ended(second).state == "succeeded"


def test_a_submit_tells_whether_a_worker_is_free(make_bench):
    bench = make_bench(process_workers=1)
    bench.runner.start()
    runs = [bench.queue(SLEEP), bench.queue(SLEEP)]
    assert [bench.runner.submit(run_id, states.PYTHON3, 1) for run_id in runs] == [True, False]
    assert [bench.runner.cancel(run_id) for run_id in reversed(runs)] == [True, True]
    assert bench.runner.wait(runs[0], 30)


def test_users_take_turns_and_runs_of_one_keep_their_order(make_bench):
    bench = make_bench(process_workers=1)
    now = utc_now()
    with bench.store.begin() as connection:
        for name in ("second", "third"):
            values = {"username": name, "name": name, "email": name, "initials": name[:1]}
            connection.execute(insert(users).values(**values, created_at=now, updated_at=now))
    # All are queued before the only worker starts.
    many = [bench.submit("pass", 1) for _ in range(6)]
    few = [bench.submit("pass", 2) for _ in range(2)]
    single = bench.submit("pass", 3)
    bench.runner.start()
    for run_id in (*many, *few, single):
        assert bench.ended(run_id).state == "succeeded"
    started = sorted((*many, *few, single), key=lambda run_id: bench.run(run_id).started_at)
    assert started == [many[0], few[0], single, many[1], few[1], *many[2:]]


def test_runs_that_a_running_one_has_started_do_not_wait_for_its_worker(make_bench):
    bench = make_bench(process_workers=1)
    bench.runner.start()
    parent = bench.submit(SLEEP)
    bench.until(lambda: bench.messages(parent) == ["up"])
    started = copy_context()
    started.run(REQUESTING_RUN.set, parent)
    child = started.run(bench.submit, SLEEP)
    bench.until(lambda: bench.messages(child) == ["up"])
    started.run(REQUESTING_RUN.set, child)
    assert bench.ended(started.run(bench.submit, "pass")).state == "succeeded"
    started.run(REQUESTING_RUN.set, parent)
    sibling = started.run(bench.submit, "pass")
    assert bench.run(sibling).state == "queued"
    bench.runner.cancel(child)
    assert bench.ended(sibling).state == "succeeded"
    # The child of a run that has ended is nobody's, and waits with the others.
    started.run(REQUESTING_RUN.set, child)
    assert bench.run(started.run(bench.submit, "pass")).state == "queued"
    bench.runner.cancel(parent)


def test_queued_run_is_cancelled_at_once_and_never_starts(make_bench):
    bench = make_bench(process_workers=1)
    bench.runner.start()
    first, second = bench.submit(SLEEP), bench.submit("print('never')")
    assert bench.runner.cancel(second)
    assert bench.runner.wait(second, 0)
    run = bench.run(second)
    assert (run.state, run.is_cancel_requested, run.started_at) == ("cancelled", True, None)
    bench.runner.cancel(first)
    assert bench.ended(first).state == "cancelled"
    third = bench.submit("pass")
    bench.ended(third)
    assert bench.messages(second) == []


def test_cancel_of_an_ended_run_says_so(bench):
    run_id = bench.submit("pass")
    bench.ended(run_id)
    assert bench.runner.cancel(run_id) is False
    assert bench.run(run_id).state == "succeeded"


def test_the_end_and_a_cancel_that_race_give_one_end(bench):
    for _ in range(10):
        run_id = bench.submit("print('x')")
        accepted = []
        thread = threading.Thread(
            target=lambda number=run_id, into=accepted: into.append(bench.runner.cancel(number))
        )
        thread.start()
        run = bench.ended(run_id)
        thread.join()
        assert run.state == ("cancelled" if accepted[0] else "succeeded")
        assert bench.run(run_id) == run


@pytest.mark.parametrize(("complete", "state"), [(True, "succeeded"), (False, "cancelled")])
def test_a_cancel_comes_too_late_only_for_work_that_can_t_be_undone(make_bench, complete, state):
    bench = make_bench()
    run_id = bench.queue("pass")
    states.claim_run(bench.store, run_id)
    assert states.request_cancel(bench.store, run_id) == "running"
    assert states.finish_run(bench.store, run_id, "succeeded", complete=complete) == state
    run = bench.run(run_id)
    assert (run.state, run.is_cancel_requested, run.error) == (state, True, None)


def test_ended_run_can_not_end_again(bench):
    run_id = bench.queue("pass")
    assert states.claim_run(bench.store, run_id)
    assert not states.claim_run(bench.store, run_id)
    assert states.finish_run(bench.store, run_id, "failed", "first") == "failed"
    assert states.finish_run(bench.store, run_id, "succeeded") is None
    assert states.request_cancel(bench.store, run_id) is None
    assert (bench.run(run_id).state, bench.run(run_id).error) == ("failed", "first")


def test_stop_fails_what_is_active_and_ends_its_processes(make_bench):
    bench = make_bench(process_workers=1)
    bench.runner.start()
    running, queued = bench.submit(SLEEP, cancel_timeout=600), bench.submit("pass")
    bench.until(lambda: bench.messages(running) == ["up"])
    pid = bench.run(running).process_id
    bench.runner.stop()
    for run_id in (running, queued):
        run = bench.run(run_id)
        assert (run.state, run.error) == ("failed", STOPPED_MESSAGE)
        assert run.finished_at is not None
    assert _is_gone(pid)
    late = bench.submit("pass")
    assert bench.run(late).state == "failed"


def test_runner_is_started_once(bench):
    with pytest.raises(CivisLocalError):
        bench.runner.start()


def test_unexpected_fault_fails_the_run_and_the_worker_goes_on(make_bench, caplog):
    bench = make_bench(process_workers=1)
    bench.runner.start()
    (bench.context.state / "runs").write_text("a file where a folder has to be")
    broken = bench.submit("pass")
    run = bench.ended(broken)
    assert run.state == "failed"
    assert "FileExistsError" in run.error or "NotADirectoryError" in run.error
    (bench.context.state / "runs").unlink()
    assert bench.ended(bench.submit("pass")).state == "succeeded"


def test_log_ids_count_from_one_in_each_run(bench):
    runs = [bench.submit("for i in range(300): print(i)") for _ in range(4)]
    for run_id in runs:
        assert bench.ended(run_id).state == "succeeded"
        assert [e.id for e in bench.context.logs.after(run_id, 0)] == list(range(1, 301))


def test_a_run_whose_log_is_lost_ends_all_the_same(bench):
    run_id = bench.submit(f"print('up', flush=True)\n{SLEEP}")
    bench.until(lambda: bench.messages(run_id))
    shutil.rmtree(bench.context.state / "logs")
    bench.runner.cancel(run_id)
    run = bench.ended(run_id)
    assert run.state == "cancelled"
    failing = bench.submit("import sys\nsys.exit(3)")
    assert bench.ended(failing).state == "failed"


def test_an_error_tells_that_the_log_could_not_be_stored(bench):
    (bench.context.state / "logs").write_text("no folder")
    run = bench.ended(bench.submit("print('said')"))
    assert run.state == "succeeded"
    assert run.error.startswith("1 line of the log could not be stored: [Errno ")


def test_a_cancel_ends_a_run_that_no_worker_has(bench):
    run_id = bench.queue("pass")
    states.claim_run(bench.store, run_id)
    assert bench.runner.cancel(run_id)
    run = bench.run(run_id)
    assert (run.state, run.is_cancel_requested) == ("cancelled", True)
    assert run.finished_at is not None
    assert not bench.runner.cancel(run_id)


def test_the_end_of_a_run_waits_for_a_store_that_another_program_has_locked(
    make_bench, monkeypatch
):
    monkeypatch.setattr(connections, "_LOCK_WAIT_S", 0.05)
    bench = make_bench()
    bench.runner.start()
    run_id = bench.submit(SLEEP)
    bench.until(lambda: bench.messages(run_id) == ["up"])
    other = sqlite3.connect(bench.store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    failed = threading.Event()
    finish = states.finish_run

    def noted(*arguments, **options):
        try:
            return finish(*arguments, **options)
        except DatabaseError:
            failed.set()
            raise

    monkeypatch.setattr(states, "finish_run", noted)
    psutil.Process(bench.run(run_id).process_id).kill()
    assert failed.wait(30)
    assert bench.run(run_id).state == "running"
    other.execute("ROLLBACK")
    other.close()
    assert bench.ended(run_id).state == "failed"
