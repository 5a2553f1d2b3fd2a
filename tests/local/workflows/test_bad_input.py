"""Workflows that can't work: each execution comes to an end that says why."""

from __future__ import annotations

import pytest

from civis_nb.local.store.schema import job_runs, jobs
from tests.local.workflows.conftest import states_of, workflow

SLEEPS = """
    a:
      action: civis.scripts.python3
      input: {source: "import time; time.sleep(60)"}
      on-success: b
      on-error: [{b: <% false %>}]
    b: {action: std.noop}
"""


def refused(workflows, path, **body):
    answer = workflows.http("POST", path, json=body)
    assert answer.status_code == 400, answer.text
    return answer.json()["errorDescription"]


@pytest.mark.parametrize("definition", ["- a list", "version: '2.0'", "a: [", None, "\tx: 1"])
def test_what_is_no_definition_is_stored_and_not_executed(workflows, definition):
    made = workflows.http.json("POST", "/workflows", json={"name": "x", "definition": definition})
    assert made["valid"] is False
    assert (made["validationErrors"] is None) == (definition is None)
    said = refused(workflows, f"/workflows/{made['id']}/executions")
    assert str(made["id"]) in said


def test_input_that_does_not_fit(workflows):
    path = (
        f"/workflows/{workflows.make(workflow('a: {action: std.noop}', 'input: [x]'))}/executions"
    )
    assert "needs a value of x" in refused(workflows, path)
    assert "no parameter 'y'" in refused(workflows, path, input={"x": 1, "y": 2})
    assert "no task 'b'" in refused(workflows, path, input={"x": 1}, includedTasks=["b"])
    reverse = workflows.make(workflow("a: {action: std.noop}", "type: reverse"))
    assert "give the target_task" in refused(workflows, f"/workflows/{reverse}/executions")


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ("{action: std.nothing}", "There is no action 'std.nothing'"),
        ("{action: std.noop, input: {x: 1}}", "std.noop has no argument 'x'"),
        ("{action: civis.scripts.python3}", "source is required"),
        ("{action: civis.scripts.python3, input: {source: x, hue: 1}}", "no argument 'hue'"),
        ("{action: civis.scripts.sql, input: {sql: x, remote_host_id: 77, credential_id: 1}}",
         "There is no database 77"),
        ("{action: civis.scripts.custom, input: {from_template_id: 99999}}", "99999"),
        ("{action: civis.run_job, input: {job_id: 99999}}", "Job 99999"),
        ("{action: civis.workflows.execute, input: {workflow_id: 99999}}", "Workflow 99999"),
        ("{action: civis.import, input: {sync_type: Dbsync, is_outbound: false}}",
         "syncs is required"),
        ("{action: civis.enhancements.cass_ncoa, input: {source: {}}}", "Civis Platform only"),
        ("{action: std.echo, input: {output: <% $.never %>}}", "there is no 'never' here"),
        ("{action: std.echo, input: {output: <% ( %>}}", "can't be parsed"),
        ("{action: std.noop, publish: {x: <% task().result.x %>}}", "task().result.x"),
        ("{action: std.noop, on-success: [{b: <% $.never %>}]}", "there is no 'never' here"),
    ],
)  # fmt: skip
def test_a_task_that_can_not_be_done_fails_and_says_why(workflows, task, said):
    done = workflows.run(f"a: {task}\nb: {{action: std.noop}}")
    assert done["mistralState"] == "error"
    assert said in done["tasks"][0]["mistralStateInfo"]
    assert said in done["mistralStateInfo"]


def test_a_workflow_that_calls_itself_ends(workflows):
    path = "/workflows"
    made = workflows.http.json("POST", path, json={"name": "a workflow"})["id"]
    tasks = f"a: {{action: civis.workflows.execute, input: {{workflow_id: {made}}}}}"
    workflows.http.json("PATCH", f"{path}/{made}", json={"definition": workflow(tasks)})
    done = workflows.ended(workflows.start(made)["path"])
    assert done["mistralState"] == "error"
    assert "10 levels deep" in done["mistralStateInfo"]
    listed = workflows.http("GET", f"{path}/{made}/executions", params={"limit": 50})
    assert [one["mistralState"] for one in listed.json()] == ["error"] * 11


def test_a_join_that_can_not_run_fails_and_says_what_it_waits_for(workflows):
    done = workflows.run("""
        a: {action: std.noop, on-success: join}
        b: {action: std.fail, on-success: join, on-error: noop}
        c: {action: std.noop, on-success: [{join: <% false %>}]}
        join: {join: all, action: std.noop, on-error: after}
        after: {action: std.noop}
    """)
    assert states_of(done)["join"] == "error"
    assert done["tasks"][3]["mistralStateInfo"].startswith("This join can't run: it waits for 3")
    assert "these did not: b" in done["tasks"][3]["mistralStateInfo"]
    assert (done["mistralState"], states_of(done)["after"]) == ("success", "success")


def test_a_join_fails_as_soon_as_it_can_not_run_any_more(workflows):
    started = workflows.start(
        workflows.make(
            workflow("""
                long: {action: std.async_noop, on-success: join}
                b: {action: std.fail, on-success: join, on-error: noop}
                d: {action: std.noop, on-success: join}
                join: {join: all, action: std.noop, on-error: fail}
            """)
        )
    )
    assert workflows.ended(started["path"])["mistralState"] == "error"


def test_joins_that_wait_for_one_another_fail(workflows):
    done = workflows.run("""
        a: {action: std.noop, on-success: [x, y]}
        x: {join: all, action: std.noop, on-success: y}
        y: {join: all, action: std.noop, on-success: x}
    """)
    assert done["mistralState"] == "error"
    assert {states_of(done)["x"], states_of(done)["y"]} == {"error"}


def test_a_join_of_more_tasks_than_lead_to_it_fails(workflows):
    done = workflows.run("""
        a: {action: std.noop, on-success: b}
        b: {join: 2, action: std.noop}
    """)
    assert "waits for 2 of the tasks" in done["mistralStateInfo"]


@pytest.mark.parametrize("join", ["1", "one"])
def test_a_join_of_one_runs_once(workflows, join):
    done = workflows.run(f"""
        start: {{action: std.noop, publish: {{n: 0}}, on-success: [a, b, c]}}
        a: {{action: std.noop, on-success: join}}
        b: {{action: std.echo, input: {{output: 1, delay: 0.05}}, on-success: join}}
        c: {{action: std.fail, on-success: join, on-error: noop}}
        join: {{join: {join}, action: std.noop, on-success: {{publish: {{global: {{n: 1}}}}}}}}
    """)
    assert done["mistralState"] == "success"
    assert len(workflows.http.json("GET", done["path"])["tasks"]) == 5


def test_tasks_in_a_circle_never_start(workflows):
    done = workflows.run("""
        a: {action: std.noop, on-success: b}
        b: {action: std.noop, on-success: a}
    """)
    assert (done["mistralState"], states_of(done)["a"]) == ("error", "idle")
    assert "No task can start" in done["mistralStateInfo"]


@pytest.mark.exhaustive
def test_a_job_that_is_deleted_while_its_task_runs(workflows, bare_platform):
    started = workflows.start(workflows.make(workflow(SLEEPS)))
    running = workflows.until(
        started["path"],
        lambda one: [run["state"] for run in one["tasks"][0]["runs"]] == ["running"],
    )
    run = running["tasks"][0]["runs"][0]
    context = bare_platform._context
    with context.store.begin(references=False) as connection:
        connection.execute(job_runs.delete().where(job_runs.c.id == run["id"]))
        connection.execute(jobs.delete().where(jobs.c.id == run["jobId"]))
    context.runner._active[run["id"]].token.cancel()
    done = workflows.ended(started["path"])
    assert done["mistralState"] == "error"
    assert f"Job {run['jobId']} was deleted" in done["mistralStateInfo"]


def test_a_run_that_is_cancelled_cancels_its_task_and_the_execution(workflows):
    started = workflows.start(workflows.make(workflow(SLEEPS)))
    running = workflows.until(started["path"], lambda one: one["tasks"][0]["runs"])
    run = running["tasks"][0]["runs"][0]
    workflows.http("DELETE", f"/jobs/{run['jobId']}/runs/{run['id']}")
    done = workflows.ended(started["path"])
    assert (done["mistralState"], done["state"]) == ("cancelled", "cancelled")
    assert states_of(done) == {"a": "cancelled", "b": "idle"}


@pytest.mark.parametrize("value", ["<% pow(10, 5000) %>", "n <% pow(10, 5000) %>", "!!binary aGk="])
def test_what_can_not_be_stored_fails_the_task_that_publishes_it(workflows, value):
    written = value if value.startswith("!") else f"'{value}'"
    done = workflows.run(f"a: {{action: std.noop, publish: {{x: {written}}}, on-error: b}}\n"
                         "b: {action: std.noop}")  # fmt: skip
    assert "can't be kept" in done["tasks"][0]["mistralStateInfo"]
    assert states_of(done) == {"a": "error", "b": "success"}


def test_defaults_that_only_yaml_has_are_values_of_json(workflows):
    head = "input: [{day: 2026-01-31}, {names: !!set {x}}, {by: {2026-01-31: {1: one}}}]"
    done = workflows.run("a: {action: std.noop}", head)
    assert done["input"] == {
        "day": "2026-01-31",
        "names": ["x"],
        "by": {"2026-01-31": {"1": "one"}},
    }
    made = workflows.make(workflow("a: {action: std.noop}", "input: [{x: !!binary aGk=}]"))
    assert "bytes can't be kept" in refused(workflows, f"/workflows/{made}/executions")
