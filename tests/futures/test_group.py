"""RunGroup: waited for, cancelled and shown together."""

from __future__ import annotations

import threading

import pytest

from civis_nb.errors import CivisInputError, CivisJobFailure
from civis_nb.futures import CivisFuture, RunGroup


class Client:
    """Stands for a platform with runs of job 7 that end when they are told to."""

    def __init__(self):
        self.states = {}
        self.jobs = self
        self.lock = threading.Lock()

    def get_runs(self, job_id, run_id):
        with self.lock:
            return {"id": run_id, "state": self.states.setdefault(run_id, "running")}

    def delete_runs(self, job_id, run_id):
        with self.lock:
            self.states[run_id] = "cancelled"

    def list_runs_logs(self, *args, **kwargs):
        return []

    def futures(self, count):
        return [
            CivisFuture(self.get_runs, (7, run), polling_interval=0.02, client=self)
            for run in range(1, count + 1)
        ]


@pytest.fixture
def client():
    return Client()


def test_waits_for_all_whichever_way_they_end(client):
    client.states = {1: "succeeded", 2: "failed", 3: "succeeded"}
    group = RunGroup(client.futures(3), title="Loads")
    assert group.wait(60) is group
    assert repr(group).splitlines()[0] == "Loads · 3 runs: 1 failed, 2 succeeded"
    assert group.failed == [group[1]]
    assert len(group) == 3
    with pytest.raises(CivisJobFailure) as caught:
        group.results()
    assert caught.value.__notes__ == ["Of Loads · 3 runs: 1 failed, 2 succeeded."]


def test_results_come_in_order(client):
    client.states = {1: "succeeded", 2: "succeeded"}
    group = RunGroup(client.futures(2))
    assert [one["id"] for one in group.results(60)] == [1, 2]


def test_a_wait_that_ends_early_says_how_far_it_is(client):
    client.states = {1: "succeeded"}
    group = RunGroup(client.futures(2))
    with pytest.raises(TimeoutError, match=r"2 runs: 1 running, 1 succeeded after 0\.3 s"):
        group.wait(0.3)
    assert group.cancel() == "1 of 1 runs are cancelled."
    group.wait(60)
    assert group.cancel() == "All runs had ended before."


def test_one_run_is_cancelled_by_its_place(client):
    group = RunGroup(client.futures(2))
    assert "is cancelled" in group._cancel_one(1)
    assert client.states[2] == "cancelled"
    assert client.states.get(1, "running") == "running"  # not there before the first poll
    group.cancel()


def test_names_are_one_for_each(client):
    client.states = {1: "succeeded"}
    with pytest.raises(CivisInputError, match="1 futures and 2 names"):
        RunGroup(client.futures(1), names=["a", "b"])
    assert "✓ first: succeeded" in repr(RunGroup(client.futures(1), names=["first"]).wait(60))
