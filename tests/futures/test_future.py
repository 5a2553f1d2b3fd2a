from __future__ import annotations

import _thread
import asyncio
import concurrent.futures
import itertools
import signal
import socket
import threading
from unittest import mock

import pytest

from civis_nb.errors import (
    CivisArgumentError,
    CivisClientError,
    CivisInputError,
    CivisJobFailure,
)
from civis_nb.futures import CivisFuture, ContainerFuture, PollableResult
from civis_nb.futures import timing as timing_module
from civis_nb.futures.states import run_times
from tests.futures.conftest import FAST, follow

# The end of a run


@pytest.mark.contract("C33")
@pytest.mark.parametrize("state", ["succeeded", "success"])
def test_success_gives_the_last_response(fake, state):
    fake.states("scripts.get_containers_runs", "queued", "running", state)
    future = follow(fake)
    assert future.result(timeout=20).state == state
    assert future.succeeded()
    assert not future.failed()
    assert future.done()
    assert not future.running()
    assert future.exception() is None
    assert future.last_seen.state == state


@pytest.mark.contract("C29")
@pytest.mark.parametrize("state", ["idle", "pending", "scheduled", "sleeping", "queued"])
def test_states_that_are_not_final_are_waited_out(fake, state):
    fake.states("scripts.get_containers_runs", state, "succeeded")
    assert follow(fake).result(timeout=20).state == "succeeded"


@pytest.mark.parametrize("state", ["succeeded", "failed", "cancelled"])
def test_an_end_that_was_seen_before_needs_no_poll(fake, make, state):
    future = follow(fake, seen=make.run(state, error="disk full" if state == "failed" else None))
    ended = []
    future.add_done_callback(ended.append)
    concurrent.futures.wait([future], timeout=20)
    assert future.state == future.last_seen.state == state
    assert future.cancelled() == (state == "cancelled")
    if state == "failed":
        with pytest.raises(CivisJobFailure, match=r"job 1 / run 2.*disk full"):
            future.result(timeout=20)
    if state == "succeeded":
        assert future.result(timeout=20).state == state
    assert ended == [future]
    assert fake.calls == []


def test_a_run_that_was_seen_going_on_is_polled(fake, make):
    fake.states("scripts.get_containers_runs", "succeeded")
    assert follow(fake, seen=make.run("running")).result(timeout=20).state == "succeeded"


@pytest.mark.contract("C30")
def test_failure_raises_with_ids_and_the_servers_words(fake):
    fake.states("scripts.get_containers_runs", "failed", error="disk full")
    future = follow(fake)
    with pytest.raises(CivisJobFailure, match=r"job 1 / run 2.*disk full") as caught:
        future.result(timeout=20)
    assert caught.value.job_id == 1
    assert caught.value.run_id == 2
    assert caught.value.response.state == "failed"
    assert future.failed()
    assert not future.succeeded()


def test_cancelled_on_the_platform_is_cancelled_here(fake):
    fake.states("scripts.get_containers_runs", "running", "cancelled")
    future = follow(fake)
    with pytest.raises(concurrent.futures.CancelledError):
        future.result(timeout=20)
    assert future.cancelled()
    assert not future.succeeded()
    assert not future.failed()


def test_dict_answers_do(fake):
    fake.script["scripts.get_containers_runs"] = [{"state": "running"}, {"state": "succeeded"}]
    assert follow(fake).result(timeout=20) == {"state": "succeeded"}


def test_state_of_an_old_run_is_known_with_the_first_question(fake):
    fake.states("scripts.get_containers_runs", "succeeded")
    assert follow(fake, polling_interval=60).succeeded()


# Waiting


@pytest.mark.contract("D10")
def test_result_honours_its_timeout_and_says_that_the_run_goes_on(fake):
    fake.states("scripts.get_containers_runs", "running")
    future = follow(fake, polling_interval=30)
    with pytest.raises(TimeoutError, match=r"job 1 / run 2: .*goes on"):
        future.result(timeout=0.05)
    with pytest.raises(TimeoutError):
        future.exception(timeout=0.05)
    future.cleanup()


@pytest.mark.contract("D10")
def test_timeout_does_not_wait_for_a_poll_that_hangs(fake):
    release = threading.Event()
    fake.script["scripts.get_containers_runs"] = [lambda *_: release.wait(30) and None]
    future = follow(fake)
    with pytest.raises(TimeoutError):
        future.result(timeout=0.05)
    future.cleanup()
    release.set()


def test_wait_as_completed_and_asyncio_work(fake):
    fake.states("scripts.get_containers_runs", "running", "succeeded")
    fake.states("scripts.get_sql_runs", "running", "cancelled")
    futures = [follow(fake), follow(fake, "get_sql_runs")]
    done, pending = concurrent.futures.wait(futures, timeout=20)
    assert done == set(futures)
    assert not pending
    assert set(concurrent.futures.as_completed(futures, timeout=20)) == set(futures)

    async def wait():
        return await asyncio.wrap_future(futures[0])

    assert asyncio.run(wait()).state == "succeeded"


def _interrupt_by_signal():
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)


@pytest.mark.parametrize("interrupt", [_thread.interrupt_main, _interrupt_by_signal])
def test_interrupt_ends_result_and_leaves_the_run_alone(fake, interrupt):
    fake.states("scripts.get_containers_runs", "running")
    future = follow(fake, polling_interval=30)
    threading.Timer(0.1, interrupt).start()
    with pytest.raises(KeyboardInterrupt) as caught:
        future.result(timeout=60)
    assert "job 1 / run 2: goes on" in str(caught.value)
    assert not fake.called("jobs.delete_runs")
    assert not future.cancelled()
    future.cleanup()


def test_two_threads_can_wait_for_one_future(fake):
    fake.states("scripts.get_containers_runs", "running", "running", "succeeded")
    future = follow(fake)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda _: future.result(20), range(2)))
    assert [one.state for one in results] == ["succeeded"] * 2


def test_cleanup_stops_looking_and_result_takes_it_up_again(fake, until):
    fake.states("scripts.get_containers_runs", "running", "running", "succeeded")
    future = follow(fake, polling_interval=0.2)
    until(lambda: future.state == "running")
    future.cleanup()
    assert future.result(timeout=20).state == "succeeded"


# What it tells


@pytest.mark.contract("D44")
def test_repr_is_stable_and_asks_nobody(fake, monkeypatch, until):
    fake.states("scripts.get_containers_runs", "running")
    future = follow(fake, polling_interval=60)
    until(lambda: future.state == "running")
    monkeypatch.setattr(socket, "socket", mock.Mock(side_effect=AssertionError("network")))
    before = len(fake.calls)
    assert repr(future) == "<CivisFuture: job 1 / run 2: running>"
    assert future.job_url == "https://platform.civisanalytics.com/spa/#/jobs/1"
    assert future.job_run_url == "https://platform.civisanalytics.com/spa/#/jobs/1?runId=2"
    assert len(fake.calls) == before
    future.cleanup()


def test_state_is_unknown_before_the_first_poll(fake):
    fake.states("scripts.get_containers_runs", "running")
    future = follow(fake, poll_on_creation=False, polling_interval=60)
    assert future.state == "unknown"
    assert future.last_seen is None
    assert future.running()
    future.cleanup()


def test_pages_of_a_platform_on_this_machine_are_its_own(fake):
    fake.states("scripts.get_containers_runs", "succeeded")
    fake.base_url = "http://127.0.0.1:8080/"
    future = follow(fake)
    assert future.job_url == "http://127.0.0.1:8080/jobs/1"
    assert future.job_run_url == "http://127.0.0.1:8080/jobs/1/runs/2"
    future.result(20)


def test_outputs_are_all_pages(fake):
    from civis_nb.client.response import ListResponse, Response

    def page(job_id, run_id, page_num=1):
        found = [Response({"name": f"{page_num}"})]
        return ListResponse(found, headers={"X-Pagination-Total-Pages": "3"})

    fake.states("scripts.get_containers_runs", "succeeded")
    fake.script["jobs.list_runs_outputs"] = [page]
    assert [one.name for one in follow(fake).outputs()] == ["1", "2", "3"]


def test_query_tells_its_run_by_its_answer(fake):
    fake.states("queries.get", "running", "succeeded", lastRunId=9)
    future = CivisFuture(fake.queries.get, (7,), client=fake, polling_interval=FAST)
    assert future.result(20).state == "succeeded"
    assert (future.job_id, future.run_id) == (7, 9)


@pytest.mark.parametrize("wrong", [0, -1, "fast", True])
def test_polling_interval_must_be_a_positive_number(fake, wrong):
    # What is no number is a TypeError as well, as for every other argument.
    kind = CivisArgumentError if isinstance(wrong, str | bool) else CivisInputError
    with pytest.raises(kind, match="polling_interval"):
        follow(fake, polling_interval=wrong)


@pytest.mark.parametrize("wrong", [-1, "2", 1.5])
def test_max_retries_must_be_a_count(fake, wrong):
    with pytest.raises(CivisInputError, match="max_retries"):
        follow(fake, max_retries=wrong)


def test_setting_gives_the_interval(fake, monkeypatch):
    monkeypatch.setenv("CIVIS_NB_POLL_INTERVAL_S", "0.02")
    fake.states("scripts.get_containers_runs", "running", "succeeded")
    future = follow(fake, polling_interval=None)
    assert future.polling_interval == 0.02
    future.result(20)


@pytest.mark.contract("D40")
def test_fixed_interval_is_used_for_every_wait(fake):
    fake.states("scripts.get_containers_runs", *["running"] * 20, "succeeded")
    follow(fake, polling_interval=0.05).result(timeout=60)
    times = fake.times["scripts.get_containers_runs"]
    waits = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert all(wait >= 0.05 for wait in waits)
    assert len(waits) == 20


# Other clients


def test_mock_clients_work():
    client = mock.MagicMock()
    client.scripts.get_sql_runs.return_value = {"state": "succeeded", "output": []}
    future = CivisFuture(client.scripts.get_sql_runs, (1, 2), client=client)
    assert future.result(20)["output"] == []
    assert future.job_id == 1


def test_mock_without_a_state_does_not_go_on_for_ever(monkeypatch):
    monkeypatch.setattr(timing_module, "MAX_WAIT_S", 0.01)
    client = mock.MagicMock()
    with pytest.raises(CivisClientError):
        CivisFuture(client.jobs.get_runs, (1, 2), client=client).result(20)


@pytest.mark.contract("D38")
def test_work_after_the_run_belongs_to_the_future(fake):
    class WithWork(CivisFuture):
        def _run_succeeded(self, response):
            raise OSError("disk full")

    fake.states("jobs.get_runs", "succeeded")
    future = WithWork(fake.jobs.get_runs, (1, 2), client=fake)
    with pytest.raises(OSError, match="disk full"):
        future.result(20)
    assert future.failed()
    assert not future.succeeded()


def test_pollable_result_is_the_part_without_jobs(fake):
    fake.states("scripts.get_containers_runs", "failed", error="broken")
    future = PollableResult(fake.scripts.get_containers_runs, (1, 2), FAST)
    with pytest.raises(CivisJobFailure, match="broken"):
        future.result(20)
    assert not future.cancel()


def test_container_future_polls_containers_and_retries(fake, make):
    fake.states("scripts.get_containers_runs", "failed", "running", "succeeded")
    fake.script["jobs.post_runs"] = [make.run("queued", id=5)]
    future = ContainerFuture("1", "2", max_n_retries=1, polling_interval=FAST, client=fake)
    future.result(20)
    assert fake.called("scripts.get_containers_runs") == [(1, 2), (1, 5), (1, 5)]


# The displays


def test_a_future_is_described_by_what_was_seen_last(fake):
    fake.states(
        "scripts.get_containers_runs",
        "failed",
        error="boom <b>",
        created_at="2026-01-01T00:00:00.000Z",
        started_at="2026-01-01T00:00:01.500Z",
        finished_at="2026-01-01T00:01:00.000Z",
    )
    future = follow(fake)
    assert future.exception(timeout=20) is not None
    activity = future.activity("Nightly")
    assert (activity.title, activity.state) == ("Nightly", "failed")
    assert (activity.job_id, activity.run_id) == (1, 2)
    assert (activity.queued_s, activity.running_s) == (1.5, 58.5)
    html = future._repr_html_()
    assert "CivisFuture" in html
    assert "✗ failed" in html
    assert "job 1, run 2" in html
    assert "boom &lt;b&gt;" in html
    assert "queued 1.5 s, ran 58.5 s" in html
    assert "<a " in html


def test_a_future_that_was_never_seen_is_shown(fake):
    future = follow(fake, poll_on_creation=False, polling_interval=3600)
    assert future.activity().state == "unknown"
    assert "not polled yet" in future._repr_html_()
    future.cleanup()


def test_a_local_platform_has_no_page_to_link_to(fake):
    fake.base_url = "http://127.0.0.1:8000/"
    fake.states("scripts.get_containers_runs", "succeeded")
    future = follow(fake)
    future.result(timeout=20)
    assert future.activity().url is None
    assert "<a " not in future._repr_html_()


def test_times_that_are_not_told_are_none():
    assert run_times(None) == (None, None)
    assert run_times({"created_at": "soon"}) == (None, None)
