"""``/workflows`` over HTTP: stored, listed, copied, and executed in every way there is."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml

from civis_nb.local.store.clock import from_wire
from tests.local.workflows.conftest import states_of, workflow

NOOP = workflow("a: {action: std.noop}")
WAITS = workflow("a: {action: std.async_noop}")


def test_a_workflow_is_stored_changed_archived_and_copied(workflows):
    http = workflows.http
    schedule = {"scheduled": True, "scheduledDays": [1], "scheduledHours": [6]}
    body = {"name": "w", "definition": NOOP, "schedule": schedule, "timeZone": "UTC"}
    made = http("POST", "/workflows", json={**body, "notifications": {"urls": "http://x.test"}})
    assert made.status_code == 201
    one = made.json()
    assert (one["valid"], one["validationErrors"], one["state"]) == (True, None, "scheduled")
    assert one["allowConcurrentExecutions"] is True
    assert from_wire(one["nextExecutionAt"]).strftime("%A %H:%M") == "Monday 06:00"
    assert one["notifications"]["urls"] == ["http://x.test"]
    path = f"/workflows/{one['id']}"
    changed = http.json("PATCH", path, json={"description": "d", "schedule": {"scheduled": False}})
    assert (changed["description"], changed["nextExecutionAt"]) == ("d", None)
    assert changed["state"] == "idle"
    invalid = http.json("PATCH", path, json={"definition": "version: 2"})
    assert invalid["valid"] is False
    assert invalid["validationErrors"]
    replaced = http.json("PUT", path, json={"name": "v"})
    assert (replaced["name"], replaced["definition"], replaced["description"]) == ("v", None, None)
    http.json("PATCH", path, json={"schedule": schedule})
    copy = http("POST", path + "/clone", json={})
    assert copy.status_code == 201
    assert (copy.json()["name"], copy.json()["state"]) == ("Clone of v", "idle")
    kept = http.json("POST", path + "/clone", json={"cloneSchedule": True})
    assert kept["schedule"]["scheduledDays"] == [1]
    assert http.json("PUT", path + "/archive", json={"status": True})["archived"] is True
    assert http("GET", "/workflows/99999").status_code == 404
    assert http("POST", "/workflows", json={"definition": NOOP}).status_code == 400


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ({"scheduled": True, "scheduledHours": [24]}, "scheduled_hours can't hold 24"),
        ({"scheduled": True, "scheduledRunsPerHour": -5}, "can't be -5: from 1 to 60"),
        ({"scheduled": True, "scheduledDays": [1], "scheduledDaysOfMonth": [1]}, "not both"),
        ({"scheduled": True, "scheduledDays": [1]}, "names no hour, so it would never run"),
        ({"scheduled": True, "scheduledMinutes": [30]}, "names no hour, so it would never run"),
    ],
)
def test_a_schedule_of_times_that_are_none_is_refused(workflows, schedule, said):
    body = {"name": "w", "definition": NOOP, "schedule": schedule}
    answer = workflows.http("POST", "/workflows", json=body)
    assert answer.status_code == 400
    assert said in answer.json()["errorDescription"]
    body = {"name": "w", "definition": NOOP, "timeZone": "Mars/North"}
    assert "Mars/North" in workflows.http("POST", "/workflows", json=body).text


def test_lists_know_the_state(workflows):
    http = workflows.http
    idle, ran, running = (workflows.make(text) for text in (NOOP, NOOP, WAITS))
    scheduled = workflows.make(NOOP, schedule={"scheduled": True, "scheduledHours": [1]})
    workflows.ended(workflows.start(ran)["path"])
    started = workflows.start(running)
    workflows.ended(workflows.start(workflows.make(workflow("a: {action: std.fail}")))["path"])

    def listed(**query):
        return [one["id"] for one in http.json("GET", "/workflows", params={**query, "limit": 50})]

    assert idle in listed(state="idle")
    assert not {ran, running, scheduled} & set(listed(state="idle"))
    assert {ran, running} <= set(listed(state="running,succeeded"))
    assert listed(state="running") == [running]
    assert scheduled in listed(state="scheduled")
    assert scheduled in listed(scheduled=True)
    assert idle not in listed(scheduled=True)
    assert http("GET", "/workflows", params={"state": "lazy"}).status_code == 400
    assert http.json("GET", f"/workflows/{running}")["state"] == "running"
    http.json("POST", started["path"] + "/cancel")
    assert listed(state="running") == []
    one = http.json("GET", f"/workflows/{running}")
    assert (one["state"], one["lastExecutionId"]) == ("cancelled", started["id"])


def test_an_archived_workflow_is_not_executed(workflows):
    made = workflows.make(NOOP)
    calls_it = workflow(f"a: {{action: civis.workflows.execute, input: {{workflow_id: {made}}}}}")
    workflows.http.json("PUT", f"/workflows/{made}/archive", json={"status": True})
    refused = workflows.http("POST", f"/workflows/{made}/executions")
    assert refused.status_code == 409
    assert f"put_archive({made}, False) restores it" in refused.json()["errorDescription"]
    failed = workflows.ended(workflows.start(workflows.make(calls_it))["path"])
    assert failed["mistralState"] == "error"
    assert f"Workflow {made} is archived" in failed["tasks"][0]["mistralStateInfo"]
    workflows.http.json("PUT", f"/workflows/{made}/archive", json={"status": False})
    assert workflows.ended(workflows.start(made)["path"])["mistralState"] == "success"


def test_only_one_execution_at_a_time(workflows):
    made = workflows.make(WAITS, allowConcurrentExecutions=False)
    first = workflows.start(made)
    path = f"/workflows/{made}/executions"
    second = workflows.http("POST", path)
    assert second.status_code == 409
    assert str(first["id"]) in second.json()["errorDescription"]
    workflows.http.json("POST", first["path"] + "/cancel")
    assert workflows.http("POST", path).status_code == 201


def test_executions_are_listed_and_their_tasks_read(workflows):
    made = workflows.make(NOOP)
    ids = [workflows.start(made)["id"] for _ in range(3)]
    path = f"/workflows/{made}/executions"
    assert [one["id"] for one in workflows.http.json("GET", path)] == ids[::-1]
    query = {"order": "created_at", "order_dir": "asc", "limit": 1}
    first = workflows.http("GET", path, params=query)
    assert [one["id"] for one in first.json()] == ids[:1]
    assert "tasks" not in first.json()[0]
    assert first.headers["X-Pagination-Total-Entries"] == "3"
    workflows.ended(f"{path}/{ids[0]}")
    task = workflows.http.json("GET", f"{path}/{ids[0]}/tasks/a")
    assert (task["name"], task["mistralState"], task["runs"]) == ("a", "success", [])
    assert workflows.http("GET", f"{path}/{ids[0]}/tasks/b").status_code == 404
    assert workflows.http("GET", f"{path}/99999").status_code == 404
    assert (
        workflows.http("GET", f"/workflows/{workflows.make(NOOP)}/executions/{ids[0]}").status_code
        == 404
    )


@pytest.mark.exhaustive
def test_failed_tasks_are_retried_one_or_all(workflows, tmp_path):
    def check(name):
        command = f"test -e {tmp_path}/{name}"
        return (f"{{action: civis.scripts.container, on-success: end, input: {{docker_command: "
                f"{command}, required_resources: {{cpu: 256, memory: 256}}}}}}")  # fmt: skip

    tasks = f"a: {check('a')}\nb: {check('b')}\nend: {{join: all, action: std.noop}}"
    failed = workflows.run(tasks)
    assert states_of(failed) == {"a": "error", "b": "error", "end": "idle"}
    (tmp_path / "a").touch()
    assert (
        workflows.http("POST", failed["path"] + "/retry", json={"taskName": "end"}).status_code
        == 409
    )
    assert (
        workflows.http("POST", failed["path"] + "/retry", json={"taskName": "x"}).status_code == 404
    )
    answer = workflows.http("POST", failed["path"] + "/retry", json={"taskName": "a"})
    assert (answer.status_code, answer.json()["mistralState"]) == (202, "running")
    half = workflows.ended(failed["path"])
    assert states_of(half) == {"a": "success", "b": "error", "end": "error"}
    (tmp_path / "b").touch()
    workflows.http.json("POST", failed["path"] + "/retry")
    done = workflows.ended(failed["path"])
    assert states_of(done) == {"a": "success", "b": "success", "end": "success"}
    assert done["mistralState"] == "success"
    assert [len(task["runs"]) for task in done["tasks"]] == [2, 2, 0]
    assert workflows.http("POST", failed["path"] + "/retry").status_code == 409


def test_a_join_that_could_not_run_runs_once_the_task_before_it_is_retried(workflows):
    inner = workflows.make(workflow("x: {action: std.fail}"))
    failed = workflows.run(f"""
        a: {{action: std.noop, on-success: end}}
        b: {{action: civis.workflows.execute, input: {{workflow_id: {inner}}}, on-success: end}}
        end: {{join: all, action: std.noop, on-success: after}}
        after: {{action: std.noop}}
    """)
    assert states_of(failed) == {"a": "success", "b": "error", "end": "error", "after": "idle"}
    workflows.http.json("PATCH", f"/workflows/{inner}", json={"definition": NOOP})
    workflows.http.json("POST", failed["path"] + "/retry", json={"taskName": "b"})
    done = workflows.ended(failed["path"])
    assert (done["mistralState"], set(states_of(done).values())) == ("success", {"success"})


def test_a_retry_waits_its_turn_where_one_execution_is_allowed_at_a_time(workflows):
    tasks = workflow("a: {action: <% $.action %>}", "input: [action]")
    made = workflows.make(tasks, allowConcurrentExecutions=False)
    failed = workflows.ended(workflows.start(made, input={"action": "std.fail"})["path"])
    other = workflows.start(made, input={"action": "std.async_noop"})
    refused = workflows.http("POST", failed["path"] + "/retry")
    assert (refused.status_code, str(other["id"]) in refused.text) == (409, True)
    workflows.http.json("POST", other["path"] + "/cancel")
    assert workflows.http("POST", failed["path"] + "/retry").status_code == 202


def test_of_retries_at_the_same_time_one_wins_where_one_is_allowed(workflows):
    inner = workflows.make(workflow("a: {action: std.fail}"))
    calls_it = workflow(f"a: {{action: civis.workflows.execute, input: {{workflow_id: {inner}}}}}")
    made = workflows.make(calls_it, allowConcurrentExecutions=False)
    paths = [workflows.ended(workflows.start(made)["path"])["path"] for _ in range(5)]
    workflows.http.json("PATCH", f"/workflows/{inner}", json={"definition": WAITS})
    with ThreadPoolExecutor(len(paths)) as threads:
        answers = list(threads.map(lambda path: workflows.http("POST", path + "/retry"), paths))
    assert sorted(one.status_code for one in answers) == [202, 409, 409, 409, 409]
    states = [workflows.http.json("GET", path)["mistralState"] for path in paths]
    assert sorted(states) == ["error"] * 4 + ["running"]
    workflows.http.json("POST", paths[states.index("running")] + "/cancel")


def test_a_workflow_executes_another_and_sees_its_output(workflows):
    inner = workflows.make(
        workflow("a: {action: std.noop}", "input: [x]\noutput: {y: '<% int($.x) + 1 %>'}")
    )
    done = workflows.run(f"""
        call:
          action: civis.workflows.execute
          input: {{workflow_id: {inner}, input: {{x: "41"}}}}
          on-success: [succeed(msg="<% task(call).result.output.y %>")]
    """)
    assert done["mistralStateInfo"] == "42"
    (child,) = done["tasks"][0]["executions"]
    assert (child["workflowId"], child["state"]) == (inner, "succeeded")
    failing = workflows.make(workflow("a: {action: std.fail}"))
    done = workflows.run(f"""
        call: {{action: civis.workflows.execute, input: {{workflow_id: {failing}}}}}
    """)
    assert done["mistralState"] == "error"
    assert "The action std.fail always fails" in done["mistralStateInfo"]


def test_a_cancel_reaches_runs_and_other_executions(workflows):
    inner = workflows.make(
        workflow(
            "a: {action: civis.scripts.python3, input: {source: 'import time; time.sleep(60)'}}"
        )
    )
    outer = workflows.start(
        workflows.make(
            workflow(f"call: {{action: civis.workflows.execute, input: {{workflow_id: {inner}}}}}")
        )
    )
    running = workflows.until(outer["path"], lambda one: one["tasks"][0]["executions"])
    child = f"/workflows/{inner}/executions/{running['tasks'][0]['executions'][0]['id']}"
    workflows.until(child, lambda one: one["tasks"][0]["runs"])
    workflows.http.json("POST", outer["path"] + "/cancel")
    ended = workflows.until(child, lambda one: one["tasks"][0]["runs"][0]["finishedAt"])
    assert (ended["mistralState"], ended["tasks"][0]["runs"][0]["state"]) == ("cancelled",) * 2


def test_a_chain_of_jobs_becomes_a_workflow(workflows):
    def job(**more):
        body = {"name": "j", "source": "print(1)", **more}
        return workflows.http.json("POST", "/scripts/python3", json=body)["id"]

    first = job()
    second = job(parentId=first)
    made = workflows.http.json("POST", "/workflows", json={"name": "w", "fromJobChain": first})
    assert (made["valid"], list(yaml.safe_load(made["definition"]))) == (
        True,
        ["version", "workflow"],
    )
    assert yaml.safe_load(made["definition"])["version"] == "2.0"
    done = workflows.ended(workflows.start(made["id"])["path"])
    assert done["mistralState"] == "success", done
    assert [task["runs"][0]["jobId"] for task in done["tasks"]] == [first, second]
    body = {"name": "w", "fromJobChain": first, "definition": NOOP}
    assert workflows.http("POST", "/workflows", json=body).status_code == 400
    body = {"name": "w", "fromJobChain": 99999}
    assert workflows.http("POST", "/workflows", json=body).status_code == 404


def test_a_definition_is_checked_out_of_git(workflows, tmp_path):
    def git(*words):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True, capture_output=True)

    git("init", "--initial-branch=main")
    (tmp_path / "w.yml").write_text(NOOP)
    git("add", "w.yml")
    git("-c", "user.name=n", "-c", "user.email=e", "commit", "-m", "first")
    made = workflows.make(WAITS)
    place = {"gitRepoUrl": str(tmp_path), "gitPath": "w.yml", "gitBranch": "main"}
    workflows.http.json("PUT", f"/workflows/{made}/git", json=place)
    version = workflows.http.json("POST", f"/workflows/{made}/git/checkout-latest")
    assert version["content"] == NOOP
    assert workflows.http.json("GET", f"/workflows/{made}")["definition"] == NOOP


def test_workflows_are_shared_and_in_projects(workflows):
    http = workflows.http
    made = workflows.make(NOOP)
    project = http.json("POST", "/projects", json={"name": "p", "description": "d"})["id"]
    assert http("PUT", f"/workflows/{made}/projects/{project}").status_code == 204
    inside = http.json("GET", f"/projects/{project}")["workflows"]
    assert [(one["id"], one["state"], one["lastExecution"]) for one in inside] == [
        (made, "idle", None)
    ]
    workflows.ended(workflows.start(made)["path"])
    (inside,) = http.json("GET", f"/projects/{project}")["workflows"]
    assert (inside["state"], inside["lastExecution"]["state"]) == ("succeeded", "succeeded")
    (shares,) = http.json("GET", f"/workflows/{made}/shares")
    assert [one["id"] for one in shares["owners"]["users"]] == [http.json("GET", "/users/me")["id"]]
