"""``civis-nb workflows``: validate, show, run."""

from __future__ import annotations

import json
import signal

import pytest

GOOD = """\
version: '2.0'
workflow:
  input: [city, {n: 3}]
  tasks:
    load:
      action: civis.scripts.python3
      input: {source: "print(1)"}
      on-success: [report]
    report:
      action: std.echo
      input: {output: <% $.city %>}
    other:
      action: std.noop
"""
BAD = GOOD.replace("std.noop", "std.nop").replace("[report]", "[reprot]")
FAILS = """\
version: '2.0'
workflow:
  tasks:
    breaks: {action: std.fail}
"""
LONG = """\
version: '2.0'
workflow:
  tasks:
    sleeps: {action: civis.scripts.python3, input: {source: "import time; time.sleep(600)"}}
"""


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in (("good", GOOD), ("bad", BAD), ("fails", FAILS), ("long", LONG)):
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


def test_validate_tells_each_problem_with_its_place(run):
    done = run("workflows", "validate", "good.yaml", "bad.yaml")
    assert done.exit_code == 1
    assert "bad.yaml: error: line 8, column 20:" in done.stdout
    assert "Did you mean 'std.noop'?" in done.stdout
    assert done.stderr == "good.yaml is valid.\n"
    assert run("workflows", "validate", "-", stdin=GOOD).exit_code == 0


def test_a_warning_is_no_error(run, files):
    (files / "odd.yaml").write_text(GOOD.replace("std.noop", "std.noop\n      action: std.noop"))
    done = run("workflows", "validate", "odd.yaml")
    assert done.exit_code == 0
    assert "odd.yaml: warning: line 14" in done.stdout


def test_show_draws_the_tasks(run, files):
    shown = run("workflows", "show", "good.yaml")
    assert shown.stdout.splitlines()[0] == "workflow, 3 tasks"
    assert run("workflows", "show", "good.yaml", "-o", "picture.svg").stdout == ""
    assert (files / "picture.svg").read_text().startswith("<svg")
    run("workflows", "show", "good.yaml", "-o", "page.html")
    assert (files / "page.html").read_text().startswith("<!doctype html>")
    assert run("workflows", "show", "good.yaml", "-o", "picture.png").exit_code == 2


def test_run_stores_a_definition_and_follows_its_tasks(run, on_platform):
    done = run("workflows", "run", "good.yaml", "-a", "city=00501", "--name", "by city")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    execution_id = lines[0].removeprefix("Execution ID: ")
    assert [line.split(" ", 1)[1] for line in lines if "report: " in line][-1] == "report: success"
    assert any("load: success (job " in line for line in lines)
    assert "(by city) is created." in done.stderr
    assert "succeeded" in done.stderr
    client = on_platform.client()
    workflow = next(each for each in client.workflows.list() if each.name == "by city")
    assert client.workflows.get_executions(workflow.id, execution_id).input["city"] == "00501"
    again = run("workflows", "run", str(workflow.id), "--input", "{city: x}", "--task", "other")
    assert again.exit_code == 0
    assert "load" not in again.stdout
    assert run("workflows", "show", str(workflow.id)).stdout.startswith("workflow, 3 tasks")


def test_show_has_the_states_of_executions(run, on_platform, files):
    run("workflows", "run", "fails.yaml", "--name", "to be shown")
    client = on_platform.client()
    workflow = next(each for each in client.workflows.list() if each.name == "to be shown")
    run("workflows", "run", str(workflow.id))
    newest, first = client.workflows.list_executions(workflow.id)
    listed = run("workflows", "show", str(workflow.id)).stdout
    assert listed.startswith("workflow, 1 task\n")
    assert listed.index(f"execution {newest.id}: failed") < listed.index(f"execution {first.id}: ")
    assert f"--execution {newest.id} shows the states" in listed
    shown = run("workflows", "show", str(workflow.id), "-e", str(first.id)).stdout
    assert f"workflow {workflow.id}, execution {first.id}: failed, " in shown
    assert "breaks" in shown
    assert "✗ failed" in shown
    assert (
        f"execution {newest.id}:"
        in run("workflows", "show", str(workflow.id), "-e", "latest").stdout
    )
    for name, start in (("states.svg", "<svg"), ("states.html", "<!doctype html>")):
        done = run("workflows", "show", str(workflow.id), "-e", "latest", "-o", name)
        assert (done.exit_code, done.stdout) == (0, "")
        assert (files / name).read_text().startswith(start)


def test_show_of_executions_that_are_none(run, on_platform):
    made = on_platform.client().workflows.post("never executed", definition=GOOD)
    for words, code, said in (
        ((str(made.id), "-e", "latest"), 2, "has no execution yet"),
        ((str(made.id), "-e", "first"), 2, "the id of an execution, or latest: first"),
        ((str(made.id), "-e", "987654321"), 1, "(404)"),
        (("good.yaml", "-e", "1"), 2, "--execution is for a workflow on the platform"),
    ):
        done = run("workflows", "show", *words)
        assert (done.exit_code, done.stdout) == (code, "")
        assert said in done.stderr
    assert run("workflows", "show", str(made.id)).stdout.rstrip().endswith("std.noop")


def test_an_execution_that_fails_ends_with_1(run):
    done = run("workflows", "run", "fails.yaml")
    assert done.exit_code == 1
    assert "breaks: error" in done.stdout
    assert "failed" in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("good.yaml",), 2, "misses its input city: give -a city=VALUE"),
        (("good.yaml", "-a", "city=1", "-a", "m=2"), 2, "has no input 'm'"),
        (("good.yaml", "-a", "city=1", "--task", "lode"), 2, "Did you mean load?"),
        (("good.yaml", "-a", "city"), 2, "NAME=VALUE"),
        (("bad.yaml", "-a", "city=1"), 2, "line 8, column 20"),
        (("none.yaml",), 2, "There is no file none.yaml"),
        (("987654321",), 1, "(404)"),
        (("1", "--name", "x"), 2, "--name is for"),
    ],
)
def test_what_can_not_run_is_not_sent(run, on_platform, words, code, said):
    client = on_platform.client()
    before = len(client.workflows.list(limit=50))
    done = run("workflows", "run", *words)
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr
    assert len(client.workflows.list(limit=50)) == before


@pytest.mark.exhaustive
def test_without_waiting_the_execution_goes_on(run, on_platform):
    done = run("workflows", "run", "long.yaml", "--no-wait")
    assert done.exit_code == 0
    client = on_platform.client()
    workflow_id = client.workflows.list(limit=1, order="created_at", order_dir="desc")[0].id
    execution_id = done.stdout.split()[-1]
    assert client.workflows.get_executions(workflow_id, execution_id).state == "running"
    run("workflows", "post-executions-cancel", str(workflow_id), execution_id)


@pytest.mark.exhaustive
def test_a_workflow_that_takes_one_execution_at_a_time_says_so(run, on_platform):
    client = on_platform.client()
    workflow = client.workflows.post("One", definition=LONG, allow_concurrent_executions=False)
    execution = client.workflows.post_executions(workflow.id)
    done = run("workflows", "run", str(workflow.id))
    assert done.exit_code == 1
    assert "allows one execution at a time" in done.stderr
    client.workflows.post_executions_cancel(workflow.id, execution.id)


@pytest.mark.exhaustive
def test_interrupt_cancels_the_execution(process, run):
    command = process("workflows", "run", "long.yaml")
    lines = iter(command.stdout.readline, "")
    execution_id = next(lines).split()[-1]
    assert next(line for line in lines if "sleeps: running" in line)
    command.send_signal(signal.SIGINT)
    _, said = command.communicate(timeout=30)
    assert command.returncode == 130
    workflow_id = said.split()[1]
    assert f"The remote run (workflow {workflow_id}, execution {execution_id})" in said
    assert "cancelled" in said or "was asked to stop" in said
    words = ("workflows", "get-executions", workflow_id, execution_id, "--json-output")
    assert json.loads(run(*words).stdout)["state"] in ("cancelled", "running")
