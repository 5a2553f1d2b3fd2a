"""Callbacks of futures and subscribers: part of the work, or nobody's failure."""

from __future__ import annotations

import asyncio
import logging
import threading
import warnings

import pytest

from civis_nb.futures import CivisFuture
from tests.futures.conftest import FAST, follow


def test_done_callbacks_run_and_one_that_raises_breaks_nothing(fake, caplog):
    fake.states("scripts.get_containers_runs", "running", "succeeded")
    future = follow(fake)
    called = threading.Event()

    def broken(_):
        raise RuntimeError("callback broken")

    future.add_done_callback(broken)
    future.add_done_callback(lambda _: called.set())
    with caplog.at_level(logging.ERROR), pytest.raises(RuntimeError, match="callback broken"):
        future.result(timeout=20)
    assert called.is_set()
    assert "callback broken" in caplog.text
    assert future.state == "succeeded"


@pytest.fixture(params=["civis_nb", "civis"])
def future_class(request):
    """Return the class of futures of either client: the same is asked of both."""
    module = pytest.importorskip(f"{request.param}.futures")
    warnings.simplefilter("ignore", FutureWarning)
    return module.CivisFuture


def test_an_exception_in_a_callback_is_that_of_the_future(fake, future_class):
    fake.states("scripts.get_sql_runs", "running", "succeeded")
    future = future_class(fake.scripts.get_sql_runs, (1, 2), polling_interval=FAST, client=fake)
    begun, go_on = threading.Event(), threading.Event()

    def download(ended):
        begun.set()
        go_on.wait(20)
        assert ended.result().state == "succeeded"  # the callback itself sees the run's end
        raise OSError("disk full")

    future.add_done_callback(download)
    waiting = threading.Thread(target=lambda: begun.wait(20) and go_on.set())
    waiting.start()
    with pytest.raises(OSError, match="disk full"):
        future.result(timeout=20)
    assert isinstance(future.exception(timeout=20), OSError)
    waiting.join()
    if future_class is CivisFuture:
        # The other one says that it succeeded, and raises.
        assert not future.succeeded()
        assert future.failed()
        assert future.state == "succeeded"


def test_a_callback_that_is_added_at_the_end_counts_too(fake, future_class):
    fake.states("scripts.get_sql_runs", "succeeded")
    future = future_class(fake.scripts.get_sql_runs, (1, 2), polling_interval=FAST, client=fake)
    assert future.result(timeout=20).state == "succeeded"
    future.add_done_callback(lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        future.result(timeout=20)


def test_the_failure_of_the_run_comes_before_that_of_a_callback(fake, future_class):
    fake.states("scripts.get_sql_runs", "failed", error="no such table")
    future = future_class(fake.scripts.get_sql_runs, (1, 2), polling_interval=FAST, client=fake)
    future.add_done_callback(lambda _: 1 / 0)
    with pytest.raises(Exception, match="no such table"):
        future.result(timeout=20)
    assert "no such table" in str(future.exception(timeout=20))


def test_the_result_waits_for_the_callbacks_as_long_as_it_may(fake):
    fake.states("scripts.get_sql_runs", "succeeded")
    future = follow(fake, "get_sql_runs")
    go_on, called = threading.Event(), []
    future.add_done_callback(lambda _: called.append(go_on.wait(20)))
    with pytest.raises(TimeoutError, match="its callbacks go on"):
        future.result(timeout=0.3)
    go_on.set()
    assert future.result(timeout=20).state == "succeeded"
    assert called == [True]
    assert future.succeeded()


def test_an_awaited_future_waits_for_its_callbacks_without_holding_up_the_loop(fake):
    fake.states("scripts.get_sql_runs", "succeeded")
    future = follow(fake, "get_sql_runs")
    go_on = threading.Event()

    def work(_):
        go_on.wait(20)
        raise OSError("disk full")

    async def wait():
        future.call_at_end(lambda _: None)
        awaited = asyncio.ensure_future(_awaited(future))
        while not future.done():
            await asyncio.sleep(0.01)
        go_on.set()
        return await awaited

    future.add_done_callback(work)
    with pytest.raises(OSError, match="disk full"):
        asyncio.run(wait())


async def _awaited(future):
    return await future


def test_what_a_display_does_at_the_end_is_not_the_futures_failure(fake, caplog):
    fake.states("scripts.get_sql_runs", "succeeded")
    future = follow(fake, "get_sql_runs")
    with caplog.at_level(logging.ERROR):
        future.call_at_end(lambda _: 1 / 0)
        assert future.result(timeout=20).state == "succeeded"
    assert future.succeeded()


def test_subscribers_see_every_poll_before_the_result_is_there(fake):
    fake.states("scripts.get_containers_runs", "queued", "running", "succeeded")
    seen = []
    future = follow(fake, poll_on_creation=False)
    future.subscribe(lambda fut, response: seen.append((fut is future, response.state)))
    future.result(timeout=20)
    assert seen == [(True, "queued"), (True, "running"), (True, "succeeded")]


def test_unsubscribed_means_not_called_any_more(fake, until):
    gate = threading.Event()
    fake.states("scripts.get_containers_runs", "running", "succeeded")
    seen = []
    future = follow(fake, poll_on_creation=False)
    stop = future.subscribe(lambda _, response: (seen.append(response.state), gate.wait(20)))
    until(lambda: seen)
    stop()
    gate.set()
    future.result(timeout=20)
    assert seen == ["running"]


def test_subscriber_that_raises_is_logged_and_dropped(fake, caplog):
    fake.states("scripts.get_containers_runs", "queued", "running", "succeeded")
    calls = []

    def broken(*_):
        calls.append(1)
        raise RuntimeError("display is gone")

    future = follow(fake, poll_on_creation=False)
    future.subscribe(broken)
    with caplog.at_level(logging.ERROR):
        future.result(timeout=20)
    assert calls == [1]
    assert "display is gone" in caplog.text


def test_subscriber_may_ask_the_future_anything(fake):
    fake.states("scripts.get_containers_runs", "running", "succeeded")
    answers = []
    future = follow(fake, poll_on_creation=False)
    future.subscribe(lambda fut, _: answers.append((fut.done(), fut.state, repr(fut))))
    future.result(timeout=20)
    assert answers[0] == (False, "running", "<CivisFuture: job 1 / run 2: running>")
