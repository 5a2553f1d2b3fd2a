"""Polls that fail: the run goes on, and is polled again for a while."""

from __future__ import annotations

import pytest

from civis_nb.errors import (
    CivisClientError,
    CivisConnectionError,
)
from civis_nb.futures import CivisFuture
from civis_nb.futures import timing as timing_module
from tests.futures.conftest import follow


@pytest.mark.contract("D37")
@pytest.mark.parametrize(
    "trouble",
    [
        ConnectionResetError("reset"),
        TimeoutError("no answer"),
        CivisConnectionError("broken"),
        CivisClientError("not JSON"),
        500,
        502,
        429,
        408,
    ],
    ids=str,
)
def test_failed_poll_does_not_fail_the_future(fake, make, trouble, monkeypatch):
    monkeypatch.setattr(timing_module, "MAX_WAIT_S", 0.01)
    error = make.StatusError(trouble) if isinstance(trouble, int) else trouble
    fake.states("scripts.get_containers_runs", "running", error, error, "succeeded")
    future = follow(fake)
    assert future.result(timeout=20).state == "succeeded"
    assert future.last_poll_error is None
    assert not fake.called("jobs.post_runs")


def test_last_poll_error_is_set_while_polls_fail(fake, until):
    fake.states("scripts.get_containers_runs", "running", ConnectionResetError("reset"))
    future = follow(fake)
    until(lambda: future.last_poll_error is not None)
    assert future.state == "running"
    assert not future.done()
    with pytest.warns(DeprecationWarning, match="use last_poll_error"):
        assert future.trouble is future.last_poll_error
    future.cleanup()


@pytest.mark.contract("D37")
def test_failed_poll_with_retries_starts_no_second_run(fake, make):
    fake.states("scripts.get_containers_runs", "running", make.StatusError(500), "succeeded")
    follow(fake, max_retries=3).result(timeout=20)
    assert not fake.called("jobs.post_runs")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_refusal_ends_the_future_at_once(fake, make, status):
    fake.states("scripts.get_containers_runs", make.StatusError(status))
    future = follow(fake)
    with pytest.raises(make.StatusError) as caught:
        future.result(timeout=20)
    assert caught.value.status_code == status
    assert "may go on" in caught.value.__notes__[0]
    assert len(fake.called("scripts.get_containers_runs")) == 1


def test_lasting_trouble_ends_the_future_with_what_was_wrong(fake, monkeypatch):
    monkeypatch.setenv("CIVIS_NB_FAILURE_BUDGET_S", "0.05")
    monkeypatch.setattr(timing_module, "MAX_WAIT_S", 0.01)
    fake.states("scripts.get_containers_runs", ConnectionResetError("reset"))
    with pytest.raises(ConnectionResetError):
        follow(fake).result(timeout=20)


def test_answer_that_never_tells_a_state_ends_the_future(fake, monkeypatch):
    monkeypatch.setattr(timing_module, "MAX_WAIT_S", 0.01)
    fake.script["scripts.get_containers_runs"] = [{"id": 1}]
    with pytest.raises(CivisClientError, match="no state"):
        follow(fake).result(timeout=20)


def test_mistake_in_the_poller_ends_the_future_at_once():
    def poller(job_id):
        return {"state": "running"}

    with pytest.raises(TypeError):
        CivisFuture(poller, (1, 2)).result(timeout=20)
