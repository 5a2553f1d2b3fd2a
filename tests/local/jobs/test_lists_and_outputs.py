"""Jobs and scripts in lists, in the archive, and what runs put out."""

from __future__ import annotations

import itertools

import pytest

_counter = itertools.count()


@pytest.fixture
def word():
    """A word that no other test's jobs have in their names."""
    return f"w{next(_counter)}word"


def _ids(items):
    return [item["id"] for item in items]


def test_jobs_are_paged_without_repeats_or_gaps(jobs_api, http, word):
    made = [jobs_api.python3("pass", name=f"{word} {i}")["id"] for i in range(7)]
    seen, page = [], 1
    while True:
        answer = http("GET", "/jobs", params={"q": word, "limit": 3, "page_num": page})
        assert answer.headers["X-Pagination-Per-Page"] == "3"
        assert answer.headers["X-Pagination-Current-Page"] == str(page)
        assert answer.headers["X-Pagination-Total-Pages"] == "3"
        assert answer.headers["X-Pagination-Total-Entries"] == "7"
        if not answer.json():
            break
        seen += _ids(answer.json())
        page += 1
    assert seen == made[::-1]
    assert page == 4


def test_job_filters(jobs_api, http, word):
    ok = jobs_api.python3("pass", name=f"{word} ok")
    bad = jobs_api.container("exit 1", name=f"{word} bad")
    hidden = jobs_api.python3("pass", name=f"{word} hidden", hidden=True)
    idle = jobs_api.sql("select 1", name=f"{word} idle")
    jobs_api.run("/scripts/python3", ok)
    jobs_api.run("/scripts/containers", bad)

    def ids(**query):
        return sorted(_ids(jobs_api.get("/jobs", q=word, **query)))

    assert ids() == [ok["id"], bad["id"], idle["id"]]
    assert ids(state="failed") == [bad["id"]]
    assert ids(state="failed, succeeded") == [ok["id"], bad["id"]]
    assert ids(state="queued,running") == []
    assert ids(type="JobTypes::SqlRunner,JobTypes::ContainerDocker") == [bad["id"], idle["id"]]
    assert ids(hidden="True") == [hidden["id"]]
    assert ids(author="1") == ids()
    assert ids(author="2") == []
    assert ids(permission="manage") == ids()
    assert ids(scheduled="true") == []
    assert ids(scheduled="FALSE") == ids()
    assert jobs_api.get(f"/jobs/{hidden['id']}")["hidden"] is True
    assert _ids(jobs_api.get("/jobs", q=str(ok["id"])))[0:] != []
    newest = jobs_api.get("/jobs", q=word, order="last_run_updated_at", limit=1)
    assert _ids(newest) == [bad["id"]]
    for bad_query in ({"order": "colour"}, {"archived": "maybe"}, {"limit": 0}):
        assert http("GET", "/jobs", params=bad_query).status_code == 400


@pytest.mark.contract("S20", "S74")
def test_archived_jobs_follow_the_filter(jobs_api, http, word):
    kept, gone = (jobs_api.python3("pass", name=f"{word} {i}")["id"] for i in range(2))
    answer = http("PUT", f"/jobs/{gone}/archive", json={"status": True})
    assert answer.json()["archived"] is True
    for path in ("/jobs", "/scripts"):
        query = {"q": word} if path == "/jobs" else {"type": "python3"}

        def ids(archived, path=path, query=query):
            found = _ids(jobs_api.get(path, archived=archived, **query))
            return [number for number in (kept, gone) if number in found]

        assert ids("true") == [gone]
        assert ids("false") == [kept]
        assert ids("") == [kept]
        assert ids("all") == [kept, gone]
    answer = http("PUT", f"/scripts/python3/{gone}/archive", json={"status": False})
    assert answer.json()["archived"] is False


@pytest.mark.contract("S72")
def test_job_has_its_runs_and_a_known_type(jobs_api):
    job = jobs_api.python3("pass", notifications={"successEmailSubject": "done"})
    runs = [jobs_api.run("/scripts/python3", job)["id"] for _ in range(3)]
    seen = jobs_api.get(f"/jobs/{job['id']}")
    assert seen["type"] == "JobTypes::PythonDocker"
    assert seen["fromTemplateId"] is None
    assert seen["lastRun"]["id"] == runs[-1]
    assert _ids(seen["runs"]) == runs[::-1]
    assert (seen["state"], seen["myPermissionLevel"]) == ("succeeded", "manage")
    assert seen["successEmailSubject"] == "done"
    listed = jobs_api.get(f"/jobs/{job['id']}/runs", limit=1, order="id", order_dir="desc")
    assert _ids(listed) == runs[-1:]
    assert _ids(jobs_api.get(f"/jobs/{job['id']}/runs", order_dir="asc")) == runs
    assert jobs_api.get(f"/jobs/{job['id']}/runs", page_num=2) == []


def test_parents_and_children(jobs_api):
    parent = jobs_api.python3("pass")
    child = jobs_api.python3("pass", parentId=parent["id"])
    grandchild = jobs_api.sql("select 1", parentId=child["id"])
    (seen,) = jobs_api.get(f"/jobs/{parent['id']}/children")
    assert seen["id"] == child["id"]
    assert _ids(seen["children"]) == [grandchild["id"]]
    assert _ids(jobs_api.get(f"/jobs/{child['id']}/parents")) == [parent["id"]]
    assert jobs_api.get(f"/jobs/{parent['id']}/parents") == []


def test_scripts_are_listed_by_type_and_looked_at_by_id(jobs_api, word):
    python = jobs_api.python3("pass", name=word)
    sql = jobs_api.sql("select 1", name=word)
    listed = {item["id"]: item for item in jobs_api.get("/scripts", order="created_at")}
    assert listed[python["id"]]["type"] == "Python"
    assert listed[sql["id"]]["type"] == "SQL"
    assert listed[sql["id"]]["links"]["details"].endswith(f"/scripts/sql/{sql['id']}")
    assert sql["id"] not in _ids(jobs_api.get("/scripts", type="python3"))
    assert python["id"] in _ids(jobs_api.get("/scripts", type="python3,r", status="idle"))
    seen = jobs_api.get(f"/scripts/{sql['id']}")
    assert (seen["type"], seen["sql"]) == ("JobTypes::SqlRunner", "select 1")
    names = [item["name"] for item in jobs_api.get("/scripts/types")]
    assert {"sql", "python3", "containers"} <= set(names)


def test_script_is_replaced_patched_and_cloned(jobs_api, http):
    job = jobs_api.python3(
        "pass",
        arguments={"Foo_BAR": 1, "camelCase": 2},
        schedule={"scheduled": True, "scheduledDays": 3},
        notifications={"success_email_addresses": "a@b"},
    )
    assert job["arguments"] == {"Foo_BAR": 1, "camelCase": 2}
    assert job["schedule"]["scheduledDays"] == [3]
    assert job["notifications"]["successEmailAddresses"] == ["a@b"]
    assert job["notifications"]["failureOn"] is True
    path = f"/scripts/python3/{job['id']}"
    patched = http("PATCH", path, json={"source": "print(1)", "cancel_timeout": 4}).json()
    assert (patched["source"], patched["cancelTimeout"]) == ("print(1)", 4)
    assert patched["arguments"] == job["arguments"]
    assert patched["schedule"] == job["schedule"]
    clone = http("POST", f"{path}/clone", json={})
    assert clone.status_code == 201
    assert clone.json()["name"] == "Clone of test"
    assert clone.json()["source"] == "print(1)"
    assert clone.json()["schedule"]["scheduled"] is None
    replaced = http("PUT", path, json={"name": "new", "source": "print(2)"}).json()
    assert (replaced["name"], replaced["source"]) == ("new", "print(2)")
    assert (replaced["arguments"], replaced["cancelTimeout"]) == ({}, 0)
    assert replaced["createdAt"] == job["createdAt"]
    assert http("PATCH", path, json={"name": ""}).status_code == 400
    assert http("PATCH", path, json={"cancel_timeout": -1}).status_code == 400


def test_container_defaults(jobs_api):
    job = jobs_api.container("true")
    assert job["type"] == "Container"
    assert job["name"] == f"Script #{job['id']}"
    assert job["requiredResources"]["cpu"] == 256
    assert job["cancelTimeout"] == 0
    assert job["dockerImageTag"] is None
    assert job["fromTemplateAliases"] == []


@pytest.mark.contract("S55")
def test_outputs_are_posted_and_listed(jobs_api, http):
    job = jobs_api.python3("pass")
    run = jobs_api.run("/scripts/python3", job)
    value = jobs_api.post("/json_values", {"valueStr": '{"CamelKey": [1, null]}', "name": "v"})
    file = jobs_api.post("/files", {"name": "a file.txt"})
    path = f"/scripts/python3/{job['id']}/runs/{run['id']}/outputs"
    for body in (
        {"object_type": "JSONValue", "object_id": value["id"]},
        {"objectType": "File", "objectId": str(file["id"])},
    ):
        # Helpers inside Python scripts post to the path of containers.
        answer = http("POST", path.replace("python3", "containers"), json=body)
        assert answer.status_code == 202
    assert answer.json()["name"] == "a file.txt"
    listed = jobs_api.get(path, order="id", order_dir="asc")
    assert [(item["objectType"], item["objectId"], item["name"]) for item in listed] == [
        ("JSONValue", value["id"], "v"),
        ("File", file["id"], "a file.txt"),
    ]
    assert listed[0]["value"] == {"CamelKey": [1, None]}
    assert listed[1]["value"] is None
    assert listed[1]["link"].endswith(f"/files/{file['id']}")
    assert "://" not in listed[1]["link"]
    assert jobs_api.get(f"/jobs/{job['id']}/runs/{run['id']}/outputs") == listed[::-1]


def test_output_that_does_not_exist_is_refused(jobs_api, http):
    job = jobs_api.container("true")
    run = jobs_api.run("/scripts/containers", job)
    path = f"/scripts/containers/{job['id']}/runs/{run['id']}/outputs"
    for kind in ("File", "JSONValue", "Table", "Report"):
        answer = http("POST", path, json={"objectType": kind, "objectId": 987654})
        assert answer.status_code == 404, kind
    assert http("POST", path, json={"objectType": "Cake", "objectId": 1}).status_code == 400
    assert http("POST", path, json={"objectType": "File"}).status_code == 400
    assert jobs_api.get(path) == []


@pytest.mark.parametrize(
    ("kind", "path"), [("Project", "/projects"), ("Report", "/reports")], ids=["project", "report"]
)
def test_project_or_report_is_an_output(jobs_api, http, kind, path):
    made = http.json("POST", path, json={"name": "the result", "description": "of a run"})
    job = jobs_api.container("true")
    run = jobs_api.run("/scripts/containers", job)
    outputs = f"/scripts/containers/{job['id']}/runs/{run['id']}/outputs"
    body = {"objectType": kind, "objectId": made["id"]}
    assert http("POST", outputs, json=body).status_code == 202
    (item,) = jobs_api.get(outputs)
    assert (item["name"], item["objectId"]) == ("the result", made["id"])
    assert item["link"].endswith(f"{path}/{made['id']}")
