"""Policies of tasks: retries, timeouts, waits, pauses and conditions."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.local.workflows.conftest import states_of


def seconds(execution):
    """Return how long an execution took, by its own times."""
    start, end = (datetime.fromisoformat(execution[key]) for key in ("startedAt", "finishedAt"))
    return (end - start).total_seconds()


@pytest.mark.parametrize(
    ("retry", "runs"),
    [
        pytest.param("{count: 2, delay: 0}", 3, marks=pytest.mark.exhaustive),
        ("count=1", 2),
        ("{count: 0}", 1),
        pytest.param("{count: <% 1 + 1 %>, delay: 0}", 3, marks=pytest.mark.exhaustive),
        ("{count: 5, delay: 0, break-on: <% true %>}", 1),
    ],
)
def test_a_task_that_fails_is_tried_again(workflows, retry, runs):
    done = workflows.run(f"""
        a:
          action: civis.scripts.sql
          input: {{sql: SELECT nonsense, remote_host_id: 1, credential_id: null}}
          retry: {retry}
    """)
    assert done["mistralState"] == "error"
    found = done["tasks"][0]["runs"]
    assert [run["state"] for run in found] == ["failed"] * runs
    assert [run["id"] for run in found] == sorted((run["id"] for run in found), reverse=True)
    assert "nonsense" in done["tasks"][0]["mistralStateInfo"]


def test_a_success_is_repeated_while_continue_on_says_so(workflows):
    done = workflows.run("""
        start: {action: std.noop, publish: {wanted: 3}, on-success: poll}
        poll:
          action: civis.scripts.sql
          input: {sql: SELECT 1, remote_host_id: 1, credential_id: null}
          retry: {count: 4, delay: 0, continue-on: <% task().result.run_id mod 2 = 0 or true %>}
    """)
    assert states_of(done)["poll"] == "success"
    assert len(done["tasks"][1]["runs"]) == 5


@pytest.mark.exhaustive
def test_waits_and_delays_take_their_time(workflows):
    done = workflows.run("""
        a: {action: std.noop, wait-before: 0.2, wait-after: 0.2, on-success: b}
        b: {action: std.echo, input: {output: 1, delay: 0.2}, on-success: c}
        c: {action: std.fail, retry: {count: 2, delay: 0.1}, on-error: noop}
    """)
    assert done["mistralState"] == "success"
    assert seconds(done) >= 0.8


def test_a_waiting_task_is_delayed_and_says_why(workflows):
    started = workflows.start(
        workflows.make("version: '2.0'\nw: {tasks: {a: {action: std.noop, wait-before: 60}}}")
    )
    waiting = workflows.until(started["path"], lambda one: states_of(one)["a"] == "delayed")
    assert "60 seconds" in waiting["tasks"][0]["mistralStateInfo"]
    cancelled = workflows.http("POST", started["path"] + "/cancel")
    assert cancelled.status_code == 202
    assert cancelled.json()["mistralState"] == "cancelled"
    assert states_of(cancelled.json()) == {"a": "cancelled"}
    assert workflows.http("POST", started["path"] + "/cancel").status_code == 409


def test_a_timeout_fails_the_task_and_it_is_not_tried_again(workflows):
    done = workflows.run("""
        a:
          action: std.async_noop
          timeout: 0.2
          retry: {count: 3, delay: 0}
          on-error: b
        b: {action: std.noop}
    """)
    assert states_of(done) == {"a": "error", "b": "success"}
    assert "timeout (0.2 seconds)" in done["tasks"][0]["mistralStateInfo"]


@pytest.mark.exhaustive
def test_a_timeout_ends_the_run(workflows):
    done = workflows.run("""
        a:
          action: civis.scripts.python3
          timeout: 1.5
          input: {source: "import time; time.sleep(100)"}
    """)
    assert done["mistralState"] == "error"
    run = done["tasks"][0]["runs"][0]
    path = f"/jobs/{run['jobId']}/runs/{run['id']}"
    assert workflows.until(path, lambda one: one["finishedAt"])["state"] == "cancelled"


def test_pause_before_holds_the_task_until_the_execution_is_resumed(workflows):
    paused = workflows.run("""
        a: {action: std.noop, on-success: b}
        b: {action: std.noop, pause-before: true}
    """)
    assert paused["mistralState"] == "paused"
    assert states_of(paused) == {"a": "success", "b": "idle"}
    workflows.http.json("POST", paused["path"] + "/resume")
    assert workflows.ended(paused["path"])["mistralState"] == "success"


def test_fail_on_fails_a_task_that_succeeded(workflows):
    done = workflows.run("""
        a: {action: std.echo, input: {output: 3}, publish: {n: <% task().result %>},
            fail-on: <% $.n < 4 %>}
    """)
    assert states_of(done) == {"a": "error"}
    assert "fail-on" in done["mistralStateInfo"]


def test_policies_with_values_that_are_none_fail_the_task(workflows):
    done = workflows.run("a: {action: std.noop, wait-before: <% 'soon' %>}")
    assert done["mistralState"] == "error"
    assert "gives no number of seconds" in done["mistralStateInfo"]


def test_concurrency_limits_the_items_that_run_at_once(workflows):
    done = workflows.run("""
        a:
          with-items: i in <% range(4) %>
          concurrency: 2
          action: std.echo
          input: {output: <% $.i %>, delay: 0.15}
          on-success: [succeed(msg="<% task(a).result %>")]
    """)
    assert done["mistralStateInfo"] == "[0, 1, 2, 3]"
    assert seconds(done) >= 0.3
