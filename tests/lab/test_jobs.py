"""What the panel of jobs asks its server: over HTTP, with a real Jupyter server and platform."""

from __future__ import annotations

import json
import uuid

import pytest

from tests.lab.events import Events
from tests.widgets.drivers import until

pytestmark = pytest.mark.exhaustive


@pytest.fixture(scope="module")
def api(api_server):
    return api_server.session()


@pytest.fixture(scope="module")
def client(lab_platform):
    return lab_platform.client()


def script(client, command="true", **more):
    """Create a container script; return its id."""
    return client.scripts.post_containers(
        name=more.pop("name", f"job {uuid.uuid4().hex[:8]}"), docker_command=command,
        docker_image_name="civis", required_resources={"cpu": 256, "memory": 128}, **more,
    ).id  # fmt: skip


def ended(client, job_id, run_id):
    return until(
        lambda: (run := client.jobs.get_runs(job_id, run_id)).state
        in ("succeeded", "failed", "cancelled") and run, "the run's end",
    )  # fmt: skip


def test_a_job_is_listed_started_and_cancelled(api, client):
    job_id = script(client, "echo begun; sleep 600", name="<b>sleeps</b>")
    reply = api.post(f"civis-nb/jobs/{job_id}/runs", json={})
    assert reply.status_code == 200, reply.text
    run_id = reply.json()["run_id"]
    until(lambda: client.jobs.get(job_id).state == "running", "the start")
    page = api.get("civis-nb/jobs?scope=mine&text=sleeps").json()
    (row,) = page["jobs"]
    assert (row["id"], row["name"], row["state"], row["run_id"]) == (
        job_id, "<b>sleeps</b>", "running", run_id,
    )  # fmt: skip
    assert page["total"] == 1
    again = api.post(f"civis-nb/jobs/{job_id}/runs", json={})
    assert again.status_code == 400
    assert "running already" in again.json()["problem"]
    assert api.delete(f"civis-nb/jobs/{job_id}/runs/{run_id}").status_code == 200
    assert ended(client, job_id, run_id).state == "cancelled"
    late = api.delete(f"civis-nb/jobs/{job_id}/runs/{run_id}")
    assert late.status_code == 404
    assert late.json()["problem"]


PARAMS = [
    {"name": "TEXT", "label": "A text", "type": "string", "required": True},
    {"name": "COUNT", "type": "integer", "default": 3},
    {"name": "COLOUR", "type": "string", "allowed_values": [{"label": "Red", "value": "red"}]},
    {"name": "FIXED", "type": "string", "value": "f"},
    {"name": "KEY", "type": "credential_custom"},
]


def test_arguments_are_those_of_a_copy(api, client):
    job_id = script(client, "echo $TEXT-$COUNT-$COLOUR", params=PARAMS, arguments={"TEXT": "old"})
    found = api.get(f"civis-nb/jobs/{job_id}").json()
    assert found["takes_arguments"] is True
    assert found["arguments"]["TEXT"] == "old"
    assert [one["name"] for one in found["params"]] == [one["name"] for one in PARAMS]
    assert found["params"][2]["allowed_values"] == [{"value": "red", "label": "Red"}]
    assert isinstance(found["credentials"], list)
    given = {"TEXT": "a 'b' \"c\"", "COUNT": "5", "COLOUR": "red"}
    reply = api.post(f"civis-nb/jobs/{job_id}/runs", json={"arguments": given})
    started = reply.json()
    assert started["job_id"] != job_id
    assert started["state"] in ("queued", "running")
    assert started["queued_at"]
    assert ended(client, started["job_id"], started["run_id"]).state == "succeeded"
    logs = client.jobs.list_runs_logs(started["job_id"], started["run_id"])
    assert "a 'b' \"c\"-5-red" in [entry.message for entry in logs]
    assert client.scripts.get_containers(job_id).arguments["TEXT"] == "old"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"COUNT": "many", "TEXT": "x"}, "COUNT"), ({"COLOUR": "blue"}, "COLOUR"),
        ({"FIXED": "x"}, "FIXED"), ({"NONE": "x"}, "NONE"), ({"TEXT": None}, "TEXT"),
    ],
)  # fmt: skip
def test_arguments_that_do_not_fit_start_nothing(api, client, arguments, named):
    job_id = script(client, params=PARAMS)
    reply = api.post(f"civis-nb/jobs/{job_id}/runs", json={"arguments": arguments})
    assert reply.status_code == 400, reply.text
    assert named in reply.json()["problem"]
    assert list(client.jobs.list_runs(job_id)) == []


def test_a_job_without_parameters_takes_no_arguments(api, client):
    assert api.get(f"civis-nb/jobs/{script(client)}").json()["takes_arguments"] is False


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "jobs/x", 400), ("GET", "jobs/-1", 400), ("GET", "jobs/1e3", 400),
        ("GET", "jobs/99999999999999999999", 400), ("GET", "jobs/999999", 404),
        ("GET", "jobs?scope=others", 400), ("GET", "jobs?page=0", 400),
        ("POST", "jobs/x/runs", 400), ("POST", "jobs/999999/runs", 404),
        ("DELETE", "jobs/999999/runs/1", 404), ("DELETE", "jobs/1/runs/x", 400),
        ("GET", "jobs/1/runs/1/log?kind=all", 400), ("GET", "jobs/1/runs/1/log", 400),
        ("GET", "jobs/1/runs/1/log?kind=lines&start=-1", 400),
        ("GET", "jobs/1/runs/1/log?kind=find&level=odd", 400),
        ("GET", "jobs/7/runs/7/log?kind=text", 400), ("GET", "jobs/7/runs/7/log?kind=find", 400),
        ("GET", "events", 400), ("GET", "events?topic=jobs:theirs", 400),
        ("GET", "events?topic=jobs:mine&wait=601", 400),
        ("GET", "events?topic=jobs:mine&wait=nan", 400),
        ("GET", "events?topic=run:1:x", 400), ("GET", "events?topic=run:1", 400),
    ],
)  # fmt: skip
def test_bad_requests_are_refused(api, method, path, status):
    reply = api.request(method, f"civis-nb/{path}", json={} if method == "POST" else None)
    assert reply.status_code == status, reply.text


def test_arguments_must_be_an_object(api):
    assert api.post("civis-nb/jobs/1/runs", json={"arguments": [1]}).status_code == 400


PATHS = [
    ("GET", "jobs"), ("GET", "jobs/1"), ("POST", "jobs/1/runs"), ("DELETE", "jobs/1/runs/1"),
    ("GET", "jobs/1/runs/1/log?kind=text"), ("GET", "events?topic=jobs:mine"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_who_is_not_logged_in_is_refused(api_server, method, path):
    session = api_server.session()
    del session.headers["Authorization"]
    assert session.request(method, f"civis-nb/{path}").status_code == 403


@pytest.mark.parametrize(("method", "path"), [one for one in PATHS if one[0] != "GET"])
def test_forged_requests_are_refused(api_server, method, path):
    page = api_server.session(as_page=True)
    assert page.get("civis-nb/jobs").status_code == 200
    assert page.request(method, f"civis-nb/{path}").status_code == 403


def test_a_page_from_elsewhere_opens_no_stream(api_server):
    page = api_server.session(as_page=True)
    path = "civis-nb/events?topic=jobs:mine"
    assert page.get(path, headers={"Origin": "http://elsewhere.example"}).status_code == 404
    assert page.get(path, headers={"Referer": "http://elsewhere.example/"}).status_code == 403
    assert page.get(path).status_code == 403


# -- the stream of events --------------------------------------------------------------------------


def test_all_pages_hear_of_a_run_and_its_log(api_server, client):
    job_id = script(client, "for i in $(seq 300); do echo line $i; done; sleep 600")
    run_id = client.jobs.post_runs(job_id).id
    topic = f"run:{job_id}:{run_id}"
    with Events(api_server, "jobs:mine", topic) as one, Events(api_server, topic) as other:
        one.until(lambda: one.row(job_id).get("state") == "running", "the state in the list")
        for page in (one, other):
            page.until(lambda page=page: page.lines(topic)[-1:] == ["line 300"], "the last line")
            assert page.last[topic]["run"]["actions"] == ["cancel"]
            assert page.last[topic]["lines"]["total"] >= 300
        log = f"civis-nb/jobs/{job_id}/runs/{run_id}/log"
        session = api_server.session()
        lines = session.get(f"{log}?kind=lines&start=0&stop=300").json()
        first = [text for _, text in lines["lines"]].index("line 1")
        found = session.get(f"{log}?kind=find&text=LINE 299").json()
        assert found["numbers"] == [first + 298]
        assert "line 7\nline 8\n" in session.get(f"{log}?kind=text").json()["text"]
        session.delete(f"civis-nb/jobs/{job_id}/runs/{run_id}")
        for page in (one, other):
            page.until(lambda page=page: page.last[topic]["run"]["state"] == "cancelled", "the end")
        assert one.last[topic]["run"]["actions"] == ["repeat"]
        one.until(lambda: one.row(job_id).get("state") == "cancelled", "the end in the list")


def test_a_run_that_is_not_there_is_a_problem(api_server):
    with Events(api_server, "run:999999:1") as page:
        page.until(lambda: page.last.get("run:999999:1"), "an answer")
        assert "404" in page.last["run:999999:1"]["problem"]


def test_answers_hold_no_key(api, api_server, lab_platform):
    with Events(api_server, "jobs:mine") as page:
        page.until(lambda: page.last.get("jobs:mine"), "the jobs")
        texts = [json.dumps(page.last), api.get("civis-nb/jobs").text]
    assert all(lab_platform.api_key not in text for text in texts)
