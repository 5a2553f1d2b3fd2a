"""``%civis_run --workflow``: executions of workflows in a shell, on a local platform."""

from __future__ import annotations

import re
import time

import pytest

from civis_nb.display.run_view import RunView
from civis_nb.errors import (
    CivisAPIError,
    CivisInputError,
    CivisJobFailure,
    CivisMagicError,
    WorkflowValidationError,
)
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
    with pytest.raises(CivisInputError, match="the runs of its tasks have"):
        future.outputs()
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
    assert isinstance(error, CivisAPIError)
    assert f"If workflow {flow.id} is being executed already" in error.__notes__[0]
    future.cancel()


CELL = """version: '2.0'
workflow:
  input: [day, {top: 5}]
  tasks:
    load: {action: std.echo, input: {output: "<% $.day %>"}, on-success: [report]}
    report: {action: std.noop}
"""


def test_a_cell_is_checked_and_drawn_without_a_call(shell, magics_client, monkeypatch):
    monkeypatch.setenv("CIVIS_API_ENDPOINT", "http://127.0.0.1:9")  # nobody is there
    workflow = shell.cell(f"%%civis_workflow flow\n{CELL}")
    assert "<svg" in workflow._repr_html_()
    assert shell.ns["flow"] is workflow


def test_errors_have_their_places_in_the_cell(shell):
    error, text = shell.failing("%%civis_workflow\n" + CELL.replace("std.noop", "std.nop"))
    assert isinstance(error, WorkflowValidationError)
    assert "line 7, column 22" in str(error)
    assert "Did you mean 'std.noop'?" in text
    error, _ = shell.failing("%%civis_workflow\n\n\n")
    assert "the cell is empty" in str(error)


def test_a_cell_is_stored_under_a_name_and_stored_again(shell, magics_client):
    shell.cell(f"%%civis_workflow --name 'From a cell'\n{CELL}")
    (stored,) = [one for one in magics_client.workflows.list() if one.name == "From a cell"]
    assert f"Workflow {stored.id} (From a cell) is created." in str(shell.outputs)
    changed = CELL.replace("top: 5", "top: 6")
    shell.cell(f"%%civis_workflow --name 'From a cell'\n{changed}")
    assert magics_client.workflows.get(stored.id).definition == changed
    assert len([one for one in magics_client.workflows.list() if one.name == "From a cell"]) == 1


def test_a_cell_is_run_with_its_inputs(shell, magics_client):
    before = len(magics_client.workflows.list(limit=50))
    assert shell.cell(f"%%civis_workflow --run -a day=x\n{CELL}") is None
    text = shell.outputs[-1]["text/plain"]
    assert text.startswith("✓ Notebook cell (workflow): succeeded")
    assert "✓ succeeded" in text
    assert len(magics_client.workflows.list(limit=50)) == before  # it is hidden
    error, _ = shell.failing(f"%%civis_workflow --run\n{CELL}")
    assert "misses its input day" in str(error)
    shell.ns["given"] = {"day": "y", "top": 1}
    future = shell.cell(f"%%civis_workflow --run --args given --bg\n{CELL}")
    assert future.result(timeout=60).input.json() == {"day": "y", "top": 1}


def test_warnings_are_shown_beside_a_run(shell):
    odd = CELL.replace("on-success: [report]", "publish: {x: <% $.nosuch %>}")
    shell.cell(f"%%civis_workflow --run -a day=x --no-raise\n{odd}")
    assert "nosuch" in shell.outputs[0]["text/plain"]


@pytest.mark.parametrize("option", ["-a day=x", "--bg", "-o out", "--timeout 5", "--no-logs"])
def test_options_of_a_run_are_refused_without_one(shell, option):
    error, _ = shell.failing(f"%%civis_workflow {option}\n{CELL}")
    assert f"{option.split()[0]} has a meaning with --run only" in str(error)


def test_a_byte_order_mark_is_no_part_of_a_cell(shell):
    drawn = shell.cell(
        "%%civis_workflow\n\ufeffversion: '2.0'\nw: {tasks: {a: {action: std.noop}}}"
    )
    assert drawn.is_valid


def test_a_blank_name_is_refused(shell):
    cell = "%%civis_workflow --name ' '\nversion: '2.0'\nw: {tasks: {a: {action: std.noop}}}"
    assert "--name is blank" in str(shell.failing(cell)[0])


@pytest.mark.parametrize(("definition", "said"), [(None, "has no definition"), ("a: [", "no YAML")])
def test_a_workflow_that_can_not_be_read_is_not_started(shell, magics_client, definition, said):
    flow = magics_client.workflows.post("unreadable", definition=definition)
    error, _ = shell.failing(f"%civis_run {flow.id} --workflow")
    assert isinstance(error, CivisMagicError)
    assert said in str(error)
    assert "Nothing was started." in str(error)


def test_an_interrupt_while_a_definition_is_stored_says_so(shell, monkeypatch):
    def interrupt(_client, _call):
        raise KeyboardInterrupt

    monkeypatch.setattr("civis_nb.magics.jobs.workflow_cell._stored", interrupt)
    cell = "%%civis_workflow --run\nversion: '2.0'\nw: {tasks: {a: {action: std.noop}}}"
    with pytest.raises(KeyboardInterrupt, match="Nothing was executed; whether"):
        shell.cell(cell)


PAUSING = """
version: '2.0'
workflow:
  tasks:
    first: {action: std.noop, on-success: [pause, second]}
    second: {action: std.noop}
"""


def test_a_paused_execution_says_how_it_goes_on(shell, magics_client):
    flow = magics_client.workflows.post("Pausing", definition=PAUSING)
    future = shell.cell(f"%civis_run {flow.id} --workflow --bg")
    deadline = time.monotonic() + 30
    while "paused" not in repr(RunView(future.activity())):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    resume = f"client.workflows.post_executions_resume({flow.id}, {future.run_id})"
    assert f"It is paused; {resume} goes on." in repr(RunView(future.activity()))
    ids = f"workflow {flow.id} / execution {future.run_id}"
    assert repr(future) == f"<CivisFuture: {ids}: paused>"
    with pytest.raises(TimeoutError, match=f"{ids}: paused after"):
        future.result(timeout=0.01)
    magics_client.workflows.post_executions_resume(flow.id, future.run_id)
    assert future.result(timeout=60).state == "succeeded"


def test_outputs_of_a_run_that_failed_replace_those_of_an_earlier_one(shell, magics_client):
    flow = magics_client.workflows.post("Broken again", definition=BROKEN)
    shell.ns["out"] = {"load": {"old": 1}}
    shell.cell(f"%civis_run {flow.id} --workflow --no-raise --no-logs -o out")
    assert shell.ns["out"] == {"load": {}}
