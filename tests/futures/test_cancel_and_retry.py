from __future__ import annotations

import asyncio
import concurrent.futures
import threading

import pytest

from civis_nb.client.response import Response
from civis_nb.errors import CivisCancelledError, CivisJobFailure
from civis_nb.futures import CivisFuture, ContainerFuture

FAST = 0.01


def follow(fake, **kwargs):
    kwargs.setdefault("polling_interval", FAST)
    return CivisFuture(fake.jobs.get_runs, (1, 2), client=fake, **kwargs)


class StoppableRun:
    """A run that goes on until it is told to stop, and then takes some looks to end."""

    def __init__(self, fake, answer, looks=0, ends="cancelled"):
        self.stopping, self.looks, self.ends = False, looks, ends
        fake.script["jobs.get_runs"] = [self.look]
        fake.script["jobs.delete_runs"] = [self.stop]
        fake.script["scripts.post_cancel"] = [self.stop]
        self.answer = answer

    def look(self, *_):
        if not self.stopping:
            return {"state": "running"}
        self.looks -= 1
        return {"state": self.ends if self.looks < 0 else "running", "error": None}

    def stop(self, *_):
        self.stopping = True
        return self.answer


@pytest.mark.contract("C32", "D20")
@pytest.mark.parametrize(
    "answer",
    [None, Response(None), Response({"state": "cancelled"}), Response({"state": "running"})],
    ids=["nothing", "empty", "cancelled", "running"],
)
@pytest.mark.parametrize("looks", [0, 5])
def test_cancel_ends_the_future_when_the_run_ends(fake, answer, looks):
    StoppableRun(fake, answer, looks)
    future = follow(fake)
    assert future.cancel()
    with pytest.raises(concurrent.futures.CancelledError):
        future.result(timeout=20)
    assert future.cancelled()
    assert future.state == "cancelled"
    assert fake.called("jobs.delete_runs") == [(1, 2)]
    assert (future.job_id, future.run_id) == (1, 2)


def test_cancel_notifies_waiters_and_callbacks(fake):
    StoppableRun(fake, None)
    future = follow(fake)
    called = []
    future.add_done_callback(called.append)
    future.cancel()
    done, _ = concurrent.futures.wait([future], timeout=20)
    assert done == {future}
    assert called == [future]


def test_future_has_ended_though_the_platform_takes_longer_to_stop_the_run(fake):
    StoppableRun(fake, None, looks=10**9)
    future = follow(fake)
    assert future.cancel()
    assert future.done()
    assert future.cancelled()
    assert future.state == "running"
    assert future.activity().state == "cancelled"
    with pytest.raises(CivisCancelledError, match=r"job 1 / run 2: cancelled; .* was running"):
        future.result(timeout=20)
    assert future.cancel()
    assert len(fake.called("jobs.delete_runs")) == 1


def test_what_was_cancelled_is_told(fake):
    fake.states("jobs.get_runs", "cancelled")
    future = follow(fake)
    with pytest.raises(concurrent.futures.CancelledError, match=r"^job 1 / run 2: cancelled\.$"):
        future.result(timeout=20)
    with pytest.raises(CivisCancelledError, match="job 1 / run 2"):
        future.exception(timeout=20)
    with pytest.raises(CivisCancelledError, match="job 1 / run 2"):
        asyncio.run(_awaited(future))


async def _awaited(future):
    return await future


def test_answer_cancelled_counts_when_the_record_lags(fake):
    run = StoppableRun(fake, Response({"state": "cancelled"}), looks=10**9)
    future = follow(fake)
    assert future.cancel()
    with pytest.raises(concurrent.futures.CancelledError):
        future.result(timeout=20)
    assert run.looks > 0


def test_run_that_succeeds_before_it_is_stopped_has_its_result(fake):
    StoppableRun(fake, None, ends="succeeded")
    future = follow(fake)
    assert not future.cancel()
    assert future.result(timeout=20)["state"] == "succeeded"


def test_cancel_of_a_finished_future_asks_nobody(fake):
    fake.states("jobs.get_runs", "succeeded")
    future = follow(fake)
    future.result(20)
    assert not future.cancel()
    assert not fake.called("jobs.delete_runs")


def test_cancel_twice_is_cancelled(fake):
    StoppableRun(fake, None)
    future = follow(fake)
    assert future.cancel()
    assert future.cancel()
    assert len(fake.called("jobs.delete_runs")) == 1


def test_cancel_of_a_run_that_has_just_ended_reads_how(fake, make, until):
    fake.states("jobs.get_runs", "running", "succeeded")
    fake.script["jobs.delete_runs"] = [make.StatusError(404)]
    future = follow(fake, polling_interval=60)
    until(lambda: future.state == "running")
    assert not future.cancel()
    assert future.succeeded()


def test_cancel_that_the_platform_refuses_warns_and_goes_on(fake, make):
    fake.states("jobs.get_runs", "running", "running", "succeeded")
    fake.script["jobs.delete_runs"] = [make.StatusError(403, "not yours")]
    future = follow(fake, polling_interval=0.2)
    with pytest.warns(RuntimeWarning, match=r"job 1 / run 2.*not yours"):
        assert not future.cancel()
    assert future.result(20).state == "succeeded"


def test_cancelled_run_is_not_tried_again(fake):
    StoppableRun(fake, None, ends="failed")
    fake.script["jobs.list_runs_logs"] = [[]]
    future = follow(fake, max_retries=3)
    future.cancel()
    with pytest.raises(CivisJobFailure):
        future.result(20)
    assert not fake.called("jobs.post_runs")


def test_query_is_cancelled_by_its_run(fake):
    run = StoppableRun(fake, None)
    fake.script["queries.get"] = [run.look]
    fake.script["jobs.list_runs"] = [[Response({"id": 33})]]
    future = CivisFuture(fake.queries.get, (7,), client=fake, polling_interval=FAST)
    assert future.cancel()
    assert fake.called("jobs.delete_runs") == [(7, 33)]


def test_container_future_cancels_by_the_job(fake):
    run = StoppableRun(fake, Response({"id": 1, "state": "cancelled"}))
    fake.script["scripts.get_containers_runs"] = [run.look]
    future = ContainerFuture(1, 2, client=fake, polling_interval=FAST)
    assert future.cancel()
    assert fake.called("scripts.post_cancel") == [(1,)]


def test_workflow_execution_is_cancelled_as_one(fake):
    run = StoppableRun(fake, None)
    fake.script["workflows.get_executions"] = [run.look]
    fake.script["workflows.post_executions_cancel"] = [run.stop]
    future = CivisFuture(fake.workflows.get_executions, (4, 5), client=fake, polling_interval=FAST)
    assert future.job_run_url.endswith("/workflows/4?executionId=5")
    assert future.cancel()


# Retries


def test_failed_run_is_tried_again_and_the_new_run_is_followed(fake, make):
    fake.states("jobs.get_runs", "running", "failed", "running", "succeeded")
    fake.script["jobs.post_runs"] = [make.run("queued", id=8)]
    future = follow(fake, max_retries=2)
    assert future.result(20).state == "succeeded"
    assert fake.called("jobs.post_runs") == [(1,)]
    assert fake.called("jobs.get_runs")[-1] == (1, 8)
    assert future.run_id == 8


def test_retries_end(fake, make):
    fake.states("jobs.get_runs", "failed", error="boom")
    fake.script["jobs.post_runs"] = [make.run("queued", id=8), make.run("queued", id=9)]
    with pytest.raises(CivisJobFailure, match=r"job 1 / run 9.*boom"):
        follow(fake, max_retries=2).result(20)
    assert len(fake.called("jobs.post_runs")) == 2


def test_retry_waits_while_the_failed_run_counts_as_active(fake, make):
    fake.states("jobs.get_runs", "failed", "succeeded")
    fake.script["jobs.post_runs"] = [make.StatusError(409), make.run("queued", id=8)]
    assert follow(fake, max_retries=1).result(20).state == "succeeded"


def test_retry_that_cannot_start_tells_why_the_run_failed(fake, make):
    fake.states("jobs.get_runs", "failed", error="boom")
    fake.script["jobs.post_runs"] = [make.StatusError(500, "no more runs")]
    with pytest.raises(CivisJobFailure, match="boom") as caught:
        follow(fake, max_retries=1).result(20)
    assert "no more runs" in caught.value.__notes__[0]
    assert len(fake.called("jobs.post_runs")) == 1


def test_cancel_between_two_runs_starts_no_new_one(fake, make, until):
    fake.states("jobs.get_runs", "failed")
    fake.script["jobs.post_runs"] = [make.StatusError(409)]
    fake.script["jobs.delete_runs"] = [make.StatusError(404)]
    future = follow(fake, max_retries=1, polling_interval=0.2)
    until(lambda: fake.called("jobs.post_runs"))
    assert future.cancel()
    assert future.cancelled()
    assert len(fake.called("jobs.post_runs")) == 1


def test_cancel_while_a_new_run_is_started_stops_that_one(fake, make, until):
    starting, started = threading.Event(), threading.Event()
    stopped = []

    def post(_):
        starting.set()
        started.wait(20)
        return make.run("queued", id=8)

    def look(_, run_id):
        over = {2: "failed", 8: "cancelled" if 8 in stopped else "running"}
        return {"state": over[run_id], "error": "boom"}

    def stop(_, run_id):
        stopped.append(run_id)
        if run_id == 2:
            started.set()
            raise make.StatusError(404)

    fake.script.update(
        {"jobs.get_runs": [look], "jobs.post_runs": [post], "jobs.delete_runs": [stop]}
    )
    future = follow(fake, max_retries=1)
    assert starting.wait(20)
    future.cancel()
    with pytest.raises(concurrent.futures.CancelledError):
        future.result(timeout=20)
    assert stopped == [2, 8]
