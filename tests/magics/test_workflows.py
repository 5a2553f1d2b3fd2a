"""``%civis_run --workflow``: executions of workflows in a shell, on a local platform."""

from __future__ import annotations

import re

import pytest

from civis_nb.errors import CivisJobFailure, CivisMagicError
from civis_nb.futures import CivisFuture

DEFINITION = """
version: '2.0'
workflow:
  input: [day, {top: 5}]
  tasks:
    load:
      action: civis.scripts.python3
      input:
        source: |
          import civis_nb
          client = civis_nb.APIClient()
          value = client.json_values.post('{"rows": 3}', name="counts")
          import os
          client.scripts.post_python3_runs_outputs(
              os.environ["CIVIS_JOB_ID"], os.environ["CIVIS_RUN_ID"], "JSONValue", value.id)
          print("loaded <% $.day %>")
      on-success: [report]
      on-error: [alarm]
    report: {action: std.echo, input: {output: "top <% $.top %>"}}
    alarm: {action: std.noop}
"""
BROKEN = """
version: '2.0'
workflow:
  tasks:
    load:
      action: civis.scripts.python3
      input: {source: "print('reading'); raise ValueError('disk full')"}
"""


@pytest.fixture(scope="module")
def workflow(magics_client):
    return magics_client.workflows.post("Nightly flow", definition=DEFINITION)


def test_a_workflow_is_executed_and_its_tasks_are_shown(shell, workflow):
    shell.cell("%civis_run 'Nightly flow' --workflow -a day=2026-05-01 -o outputs")
    text = shell.outputs[0]["text/plain"]
    assert text.startswith("✓ Nightly flow: succeeded")
    assert re.search(r"workflow \d+, execution \d+", text)
    assert re.search(r"load +✓ succeeded", text)
    assert re.search(r"report +✓ succeeded", text)
    assert re.search(r"alarm +○ idle", text)
    assert shell.ns["outputs"] == {"load": {"counts": {"rows": 3}}}
    drawn = shell.outputs[0]["text/html"]
    assert "<svg" in drawn
    assert "script" not in re.sub(r"civis\.scripts|scripts\.python3", "", drawn)
    data = shell.outputs[0]["application/vnd.civis.run+json"]
    assert [task["state"] for task in data["tasks"]] == ["success", "success", "idle"]


def test_a_task_that_fails_is_told_with_the_end_of_its_log(shell, magics_client):
    flow = magics_client.workflows.post("Broken flow", definition=BROKEN)
    error, _ = shell.failing(f"%civis_run {flow.id} --workflow")
    assert isinstance(error, CivisJobFailure)
    assert "The end of the log of load:" in "\n".join(error.__notes__)
    assert "reading" in "\n".join(error.__notes__)
    shown = shell.outputs[0]["text/plain"]
    assert shown.startswith("✗ Broken flow: failed")
    assert "ValueError: disk full" in shown
    shell.cell(f"%civis_run {flow.id} --workflow --no-raise --no-logs")
    assert shell.outputs[0]["text/plain"].startswith("✗ Broken flow: failed")


def test_an_execution_in_the_background_is_a_future(shell, workflow):
    future = shell.cell(f"%civis_run {workflow.id} --workflow -a day=x --bg")
    assert isinstance(future, CivisFuture)
    assert future.result(timeout=60).state == "succeeded"
    assert "workflow" in repr(future)
    assert "<svg" in future._repr_html_()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--workflow", "misses its input day: give -a day=VALUE. Nothing was started."),
        ("--workflow -a dya=x", "no input 'dya'. Did you mean day? Nothing was started."),
        ("--workflow --template", "give one of --template and --workflow, not both"),
        ("-a day=x", "is called so: add --workflow"),
    ],
)
def test_what_a_workflow_does_not_take_is_told_before_anything_starts(
    shell, workflow, magics_client, line, said
):
    before = len(magics_client.workflows.list_executions(workflow.id, limit=50))
    error, _ = shell.failing(f"%civis_run 'Nightly flow' {line}")
    assert isinstance(error, CivisMagicError)
    assert said in str(error)
    assert len(magics_client.workflows.list_executions(workflow.id, limit=50)) == before


def test_a_workflow_that_takes_one_execution_at_a_time_says_so(shell, magics_client):
    endless = "{version: '2.0', workflow: {tasks: {wait: {action: std.async_noop}}}}"
    flow = magics_client.workflows.post(
        "Endless", definition=endless, allow_concurrent_executions=False
    )
    future = shell.cell(f"%civis_run {flow.id} --workflow --bg")
    error, _ = shell.failing(f"%civis_run {flow.id} --workflow")
    assert "is being executed already" in str(error)
    future.cancel()
