"""Workflows on a platform: made, executed and waited for over HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable
from textwrap import dedent, indent
from typing import Any

import pytest

DEADLINE_S = 60


class WorkflowsApi:
    """Makes workflows and follows their executions."""

    def __init__(self, http: Any) -> None:
        self.http = http

    def make(self, definition: str, **fields: Any) -> int:
        """Create a workflow and return its id."""
        body = {"name": "a workflow", "definition": definition, **fields}
        return int(self.http.json("POST", "/workflows", json=body)["id"])

    def start(self, workflow_id: int, **body: Any) -> dict[str, Any]:
        """Start an execution and return it."""
        path = f"/workflows/{workflow_id}/executions"
        execution = self.http.json("POST", path, json=body)
        return {**execution, "path": f"{path}/{execution['id']}"}

    def until(self, path: str, condition: Callable[[Any], bool]) -> dict[str, Any]:
        """Poll an execution until the answer fulfils a condition."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            answer = self.http.json("GET", path)
            if condition(answer):
                return {**answer, "path": path}
            assert time.monotonic() < deadline, answer
            time.sleep(0.005)

    def ended(self, path: str) -> dict[str, Any]:
        """Wait until an execution goes on no more."""
        return self.until(path, lambda one: one["mistralState"] != "running")

    def run(self, tasks: str, head: str = "", **body: Any) -> dict[str, Any]:
        """Execute a workflow with these tasks, and wait for its end."""
        return self.ended(self.start(self.make(workflow(tasks, head)), **body)["path"])


def workflow(tasks: str, head: str = "") -> str:
    """Return a definition."""
    parts = ["version: '2.0'\nworkflow:\n"]
    parts += [indent(dedent(head).strip(), "  ") + "\n"] if head else []
    parts += ["  tasks:\n", indent(dedent(tasks).strip(), "    "), "\n"]
    return "".join(parts)


def states_of(execution: dict[str, Any]) -> dict[str, str]:
    """Return the state of each task."""
    return {task["name"]: task["mistralState"] for task in execution["tasks"]}


@pytest.fixture(scope="session")
def workflows(http: Any) -> WorkflowsApi:
    return WorkflowsApi(http)
