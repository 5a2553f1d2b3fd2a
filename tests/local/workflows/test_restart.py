"""Executions go on after the platform has ended, and no task is run twice unsaid."""

from __future__ import annotations

import contextlib
import json
import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from civis_nb.local import start
from tests.local.conftest import Http
from tests.local.workflows.conftest import WorkflowsApi, states_of, workflow

_SERVE = """
import json, sys
from civis_nb.local import start
platform = start(sys.argv[1], samples=False)
print(json.dumps([platform.endpoint, platform.api_key]), flush=True)
sys.stdin.read()
"""
_KILLS = 60


def container(command: str, more: str = "") -> str:
    required = "{cpu: 256, memory: 256}"
    given = f'docker_command: "{command}", required_resources: {required}'
    return f"{{action: civis.scripts.container, input: {{{given}}}{more}}}"


def test_waits_go_on_after_a_restart(tmp_path, http_of):
    definition = workflow(
        """
        a: {action: std.noop, wait-before: 0.5, on-success: b}
        b: {action: std.noop}
        c: {action: std.echo, input: {output: 7, delay: 0.5}, publish: {x: <% task().result %>},
            on-success: [d: <% $.x = 7 %>]}
        d: {action: std.fail, retry: {count: 1, delay: 0.1}, on-error: noop}
        e: {action: std.async_noop, timeout: 0.6, on-error: noop}
        """
    )
    with start(tmp_path, samples=False) as platform:
        api = WorkflowsApi(http_of(platform))
        made = api.make(definition)
        path = api.start(made)["path"]
        paused = api.start(
            api.make(workflow("a: {action: std.noop, on-success: [pause, b]}\nb: {}"))
        )["path"]
        api.ended(paused)
    with start(tmp_path, samples=False) as platform:
        api = WorkflowsApi(http_of(platform))
        done = api.ended(path)
        assert done["mistralState"] == "success", done
        assert states_of(done) == {"a": "success", "b": "success", "c": "success", "d": "error",
                                   "e": "error"}  # fmt: skip
        api.http.json("POST", paused + "/resume")
        assert states_of(api.ended(paused)) == {"a": "success", "b": "success"}


def test_what_was_running_when_the_platform_ended_fails_unless_it_may_run_twice(tmp_path, http_of):
    tasks = f"""
        a: {container("sleep 60")}
        b: {container("test -e $HOME/none || sleep $SLEEP", ", safe-rerun: true")}
    """.replace("sleep $SLEEP", f"(test -e {tmp_path}/again || sleep 60)")
    with start(tmp_path / "state", samples=False) as platform:
        api = WorkflowsApi(http_of(platform))
        path = api.start(api.make(workflow(tasks)))["path"]
        api.until(path, lambda one: _run_states(one) == ["running"] * 2)
    (tmp_path / "again").touch()
    with start(tmp_path / "state", samples=False) as platform:
        api = WorkflowsApi(http_of(platform))
        done = api.ended(path)
        assert states_of(done) == {"a": "error", "b": "success"}
        assert "how much of it was done is not known" in done["tasks"][0]["mistralStateInfo"]
        api.http.json("POST", path + "/retry", json={"taskName": "a"})
        again = api.until(path, lambda one: one["tasks"][0]["mistralState"] == "running")
        assert again["mistralState"] == "running"
        api.http.json("POST", path + "/cancel")
        assert [len(task["runs"]) for task in api.ended(path)["tasks"]] == [2, 2]


@pytest.mark.exhaustive
def test_a_task_that_outlives_its_execution_is_ended_by_a_restart_too(tmp_path, http_of):
    tasks = f"""
        a: {container("sleep 60")}
        b: {{action: std.noop, wait-before: 0.2, on-success: fail}}
    """
    with start(tmp_path, samples=False) as platform:
        api = WorkflowsApi(http_of(platform))
        path = api.start(api.make(workflow(tasks)))["path"]
        api.until(path, lambda one: _run_states(one) == ["running"])
        assert states_of(api.ended(path)) == {"a": "running", "b": "success"}
    with start(tmp_path, samples=False) as platform:
        api = WorkflowsApi(http_of(platform))
        done = api.until(path, lambda one: states_of(one)["a"] == "error")
        assert done["mistralState"] == "error"


def test_a_run_is_queued_again_only_with_the_execution_that_it_belongs_to(tmp_path, http_of):
    tasks = "\n".join(f"        t{number}: {container('sleep 60')}" for number in range(5))
    with start(tmp_path, samples=False) as platform:
        api = WorkflowsApi(http_of(platform))
        path = api.start(api.make(workflow(tasks)))["path"]
        api.until(path, lambda one: sorted(_run_states(one)) == ["queued"] + ["running"] * 4)
    with contextlib.closing(sqlite3.connect(tmp_path / "platform.sqlite")) as store, store:
        store.execute(
            "CREATE TRIGGER refused BEFORE UPDATE ON workflow_actions "
            "BEGIN SELECT RAISE(ABORT, 'refused by the test'); END"
        )
    with start(tmp_path, samples=False) as platform:
        api = WorkflowsApi(http_of(platform))
        done = api.ended(path)
        assert "refused by the test" in done["mistralStateInfo"], done
        jobs = api.http.json("GET", "/jobs")
        assert [job["state"] for job in jobs] == ["failed"] * 5


def _run_states(execution: dict[str, Any]) -> list[str]:
    return [run["state"] for task in execution["tasks"] for run in task["runs"]]


class _Process:
    """A platform in a process of its own."""

    def __init__(self, state: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _SERVE, str(state)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        endpoint, api_key = json.loads(self.process.stdout.readline())
        self.api = WorkflowsApi(Http(endpoint, api_key))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()
        self.api.http.session.close()


def _definition(marks: Path) -> str:
    """Return a workflow of many kinds of tasks; those that run something leave a mark each time."""
    mark = f"echo $CIVIS_RUN_ID >> {marks}/<% env().execution_id %>"
    return workflow(f"""
        start: {{action: std.noop, publish: {{n: 0}}, on-success: [loop, one, items, again]}}
        loop:
          publish: {{n: <% $.n + 1 %>}}
          on-success: [wait: <% $.n < 20 %>, join: <% $.n >= 20 %>]
        wait: {{action: std.echo, input: {{output: 1, delay: 0.02}}, on-success: loop}}
        one: {container(mark + "-one; sleep 0.05", ", on-complete: two")}
        two: {container(mark + "-two; sleep 0.02", ", on-complete: join")}
        items:
          with-items: i in <% range(3) %>
          action: civis.scripts.container
          input:
            docker_command: {mark}-items<% $.i %>
            required_resources: {{cpu: 256, memory: 256}}
          on-complete: join
        again: {container(mark + "-again; sleep 0.05", ", safe-rerun: true, on-complete: join")}
        join: {{join: all, on-success: last}}
        last: {{action: std.noop, wait-before: 0.05}}
    """)


@pytest.mark.slow
def test_kills_at_random_moments_lose_nothing_and_repeat_nothing(tmp_path):
    moments = random.Random(20260101)
    state, marks = tmp_path / "state", tmp_path / "marks"
    marks.mkdir()
    executions: list[str] = []
    made = None
    for _number in range(_KILLS):
        platform = _Process(state)
        made = made or platform.api.make(_definition(marks))
        for _ in range(moments.randint(0, 2)):
            executions.append(platform.api.start(made)["path"])
        time.sleep(moments.uniform(0.0, 1.2))
        platform.kill()
    platform = _Process(state)
    try:
        found = [platform.api.ended(path) for path in executions]
        listed = platform.api.http("GET", f"/workflows/{made}/executions").headers
        assert int(listed["X-Pagination-Total-Entries"]) == len(executions)
        _check(found, marks)
    finally:
        platform.kill()
    assert len(found) > _KILLS // 2
    print(_KILLS, "kills,", dict(Counter(one["mistralState"] for one in found)))


def _check(found: list[dict[str, Any]], marks: Path) -> None:
    """Check that each run task left one mark, or says why not; and that all has ended."""
    said = Counter[str]()
    for execution in found:
        tasks = {task["name"]: task for task in execution["tasks"]}
        for name in ("one", "two", "again"):
            count = _marks(marks, f"{execution['id']}-{name}")
            task = tasks[name]
            info = task["mistralStateInfo"] or ""
            assert task["mistralState"] in ("success", "error"), execution
            said[task["mistralState"]] += 1
            if name == "again":
                assert task["mistralState"] == "success"
                assert count == 1 or "run again, as safe-rerun says" in info, execution
                assert count <= len(task["runs"])
                continue
            assert count <= 1, execution
            if task["mistralState"] == "success":
                assert count == 1, execution
            else:
                assert "how much of it was done is not known" in info
        items = [_marks(marks, f"{execution['id']}-items{number}") for number in range(3)]
        assert max(items) <= 1
        if tasks["items"]["mistralState"] == "success":
            assert items == [1, 1, 1]
        has_failed = any(one["mistralState"] == "error" for one in tasks.values())
        assert execution["mistralState"] == ("error" if has_failed else "success"), execution
        assert tasks["last"]["mistralState"] == "success"
    assert said["success"] > said["error"] > 0, said


def _marks(folder: Path, name: str) -> int:
    path = folder / name
    return len(path.read_text().split()) if path.exists() else 0
