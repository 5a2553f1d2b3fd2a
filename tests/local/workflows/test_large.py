"""Workflows of many tasks come to their end."""

from __future__ import annotations

import pytest

from tests.local.workflows.conftest import WorkflowsApi, states_of, workflow


def chain(count: int) -> str:
    tasks = [f"t{n}: {{action: std.noop, on-success: t{n + 1}}}" for n in range(count - 1)]
    return "\n".join([*tasks, f"t{count - 1}: {{action: std.noop}}"])


def joined(count: int) -> str:
    tasks = [f"t{n}: {{action: std.noop, on-success: end}}" for n in range(count - 1)]
    return "\n".join([*tasks, "end: {join: all, action: std.noop}"])


@pytest.mark.exhaustive
@pytest.mark.parametrize("tasks", [chain(1000), joined(1000)], ids=["chain", "join"])
def test_a_thousand_tasks(workflows: WorkflowsApi, tasks: str) -> None:
    done = workflows.run(tasks)
    assert done["mistralState"] == "success"
    assert set(states_of(done).values()) == {"success"}
    assert len(done["tasks"]) == 1000


@pytest.mark.slow
@pytest.mark.parametrize("tasks", [chain(10_000), joined(10_000)], ids=["chain", "join"])
def test_ten_thousand_tasks(workflows: WorkflowsApi, tasks: str) -> None:
    made = workflows.make(workflow(tasks))
    path = workflows.start(made)["path"]
    listed = f"/workflows/{made}/executions"
    while workflows.http.json("GET", listed)[0]["mistralState"] == "running":
        workflows.until(listed, lambda _: True)
    assert len(workflows.ended(path)["tasks"]) == 10_000


@pytest.mark.exhaustive
def test_many_items(workflows: WorkflowsApi) -> None:
    done = workflows.run("""
        a:
          with-items: i in <% range(500) %>
          action: std.echo
          input: {output: <% $.i %>}
          on-success: [succeed(msg="<% task(a).result.sum() %>")]
    """)
    assert done["mistralStateInfo"] == str(sum(range(500)))


def test_a_cycle_without_a_way_out_is_ended(workflows: WorkflowsApi, monkeypatch) -> None:
    monkeypatch.setattr("civis_nb.local.workflows.progress.MAX_TASKS", 50)
    done = workflows.run("""
        start: {on-success: a}
        a: {on-success: b}
        b: {on-success: a}
    """)
    assert done["mistralState"] == "error"
    assert "cycle that has no way out" in done["mistralStateInfo"]
