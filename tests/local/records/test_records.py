"""What all declared resources do alike: store, list, change, clone, refuse."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)
_SERVICES = st.fixed_dictionaries(
    {"name": _TEXT.filter(str.strip)},
    optional={
        "description": _TEXT,
        "type": _TEXT,
        "replicas": st.integers(-(2**63), 2**63 - 1),
        "memory": st.integers(0, 2**31),
        "environmentVariables": st.dictionaries(_TEXT, _JSON, max_size=3),
        "schedule": st.fixed_dictionaries(
            {
                "runtimePlan": st.sampled_from(["on_demand", "specific_times", "always_on"]),
                "recurrences": st.lists(
                    st.fixed_dictionaries(
                        {
                            "scheduledDays": st.lists(st.integers(0, 6), max_size=2),
                            "scheduledHours": st.lists(st.integers(0, 23), max_size=2),
                        }
                    ),
                    max_size=2,
                ),
            }
        ),
        "notifications": st.fixed_dictionaries(
            {"failureEmailAddresses": st.lists(_TEXT, max_size=2), "failureOn": st.booleans()}
        ),
        "hidden": st.booleans(),
    },
)


@given(sent=_SERVICES)
@settings(deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_read_is_what_was_written(http, sent):
    made = http.json("POST", "/services", json=sent)
    got = http.json("GET", f"/services/{made['id']}")
    assert got == made
    assert {name: got[name] for name in sent} == sent
    unchanged = http.json("PATCH", f"/services/{made['id']}", json={})
    assert {**unchanged, "updatedAt": ""} == {**got, "updatedAt": ""}


def test_two_clients_change_different_fields_at_once(http_of, bare_platform):
    clients = [http_of(bare_platform) for _ in range(4)]
    fields = ("memory", "cpu", "idleTimeout", "description")
    for attempt in range(10):
        made = clients[0].json("POST", "/notebooks")

        def change(
            index: int, path: str = f"/notebooks/{made['id']}", value: int = attempt + 1
        ) -> Any:
            return clients[index].json("PATCH", path, json={fields[index]: value})

        with ThreadPoolExecutor(len(clients)) as pool:
            list(pool.map(change, range(len(clients))))
        got = clients[0].json("GET", f"/notebooks/{made['id']}")
        assert [str(got[name]) for name in fields] == [str(attempt + 1)] * len(fields)


@pytest.fixture(scope="module")
def listed(http_of) -> Any:
    """A platform with five services: a (hidden), b (archived), c, d, e."""
    from civis_nb.local import start

    with start(samples=False) as platform:
        http = http_of(platform)
        for name in "abcde":
            body = {"name": name, "hidden": name == "a", "gitRepoUrl": f"https://{name}"}
            made = http.json("POST", "/services", json=body)
            if name == "b":
                http.json("PUT", f"/services/{made['id']}/archive", json={"status": True})
        yield http


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", "edc"),
        ("hidden=True", "a"),
        ("archived=true", "b"),
        ("archived=all&order=name&order_dir=asc", "bcde"),
        ("archived=", "edc"),
        ("author=1", "edc"),
        ("author=2, x", ""),
        ("status=running", ""),
        ("status=running,idle", "edc"),
        ("order=created_at&orderDir=ASC", "cde"),
        ("limit=2", "ed"),
        ("limit=2&page_num=2", "c"),
        ("limit=2&page_num=3", ""),
    ],
)
def test_lists_are_filtered_ordered_and_cut_into_pages(listed, query, names):
    assert "".join(one["name"] for one in listed.json("GET", f"/services?{query}")) == names


def test_lists_have_page_headers(listed):
    headers = listed("GET", "/services?limit=2").headers
    assert headers["X-Pagination-Total-Entries"] == "3"
    assert headers["X-Pagination-Total-Pages"] == "2"


def test_items_of_lists_have_fewer_fields(listed):
    (item, *_) = listed.json("GET", "/services")
    detail = listed.json("GET", f"/services/{item['id']}")
    assert {"gitRepoUrl", "archived", "user"} <= set(item) < set(detail)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("GET", "/services?order=colour", None, 400, "order can't be 'colour'"),
        ("GET", "/services?archived=perhaps", None, 400, "true, false, all"),
        ("GET", "/services?limit=0", None, 400, "at least 1"),
        ("GET", "/projects?permission=own", None, 400, "read, write, manage"),
        ("POST", "/projects", {"description": ""}, 400, "name is required"),
        ("POST", "/projects", {"name": " ", "description": ""}, 400, "name can't be blank"),
        ("POST", "/services", {"memory": "much"}, 400, "memory"),
        ("POST", "/services", {"schedule": {"runtimePlan": "never"}}, 400, "runtime_plan"),
        ("POST", "/notebooks", {"language": "julia"}, 400, "'python3' or 'r'"),
        ("POST", "/notebooks", {"fileId": "999999"}, 400, "no file 999999"),
        ("POST", "/notebooks", {"fileId": "abc"}, 400, "file_id"),
        ("POST", "/groups", {"name": "g", "organizationId": 7}, 400, "organization"),
        ("GET", "/services/999999", None, 404, "Service 999999 could not be found"),
        ("GET", "/services/abc", None, 404, "could not be found"),
        ("PATCH", "/projects/1", {}, 405, "PATCH is not possible"),
        ("GET", "/services/1/nothing", None, 404, "GET /endpoints"),
        ("POST", "/services/999999/deployments", {}, 404, "Service 999999"),
    ],
)
def test_errors_name_what_is_wrong(http, method, path, body, status, words):
    answer = http(method, path, json=body)
    assert (answer.status_code, words in answer.json()["errorDescription"]) == (status, True), (
        answer.text
    )


def test_unsupported_operations_are_refused_with_not_implemented(http):
    made = http.json("POST", "/services", json={"name": "s"})
    body = http("POST", f"/services/{made['id']}/deployments", json={}).json()
    assert (body["code"], body["error"]) == (501, "not_implemented")
    git = {"git_repo_url": "https://github.com/a/b.git", "git_path": "c"}
    notebook = http.json("POST", "/notebooks")["id"]
    http.json("PUT", f"/notebooks/{notebook}/git", json=git)
    answer = http("GET", f"/notebooks/{notebook}/git/commits")
    assert (answer.status_code, "github.com" in answer.text) == (501, True)


def test_null_is_the_default_and_absent_is_no_change(http):
    made = http.json("POST", "/services", json={"description": "d", "memory": 5})
    path = f"/services/{made['id']}"
    assert http.json("PATCH", path, json={"cpu": 1})["memory"] == 5
    changed = http.json("PATCH", path, json={"memory": None, "description": None, "name": None})
    assert (changed["memory"], changed["description"]) == (3000, None)
    assert changed["name"] == made["name"]


def test_an_object_in_a_project_that_shares_gets_its_shares(http, project):
    group = http.json("POST", "/groups", json={"name": "g"})["id"]
    project_path = f"/projects/{project['id']}"
    body = {"groupIds": [group], "permissionLevel": "write"}
    http.json("PUT", f"{project_path}/shares/groups", json=body)
    report = http.json("POST", "/reports", json={"name": "r"})["id"]
    http("PUT", f"/reports/{report}/projects/{project['id']}")
    assert http.json("GET", f"/reports/{report}/shares")[0]["totalGroupShares"] == 0
    http.json("PUT", f"{project_path}/auto_share", json={"autoShare": True})
    writers = http.json("GET", f"/reports/{report}/shares")[0]["writers"]["groups"]
    assert writers == [{"id": group, "name": "g"}]
    (needed,) = http.json("GET", f"{project_path}/dependencies")
    assert (needed["objectType"], needed["id"], needed["name"]) == ("Report", report, "r")


def test_users_show_their_groups(http):
    group = http.json("POST", "/groups", json={"name": "Data team"})["id"]
    http.json("PUT", f"/groups/{group}/members/1")
    for user in (http.json("GET", "/users/me"), http.json("GET", "/users/1")):
        (found,) = [one for one in user["groups"] if one["id"] == group]
        assert (found["slug"], found["organizationName"]) == ("data_team", "Local")
    assert [one["id"] for one in http.json("GET", f"/users?group_id={group}")] == [1]
    assert http.json("GET", "/users?group_id=999999") == []
    assert http.json("GET", "/users?exclude_groups=true")[0]["groups"] == []
    http("DELETE", f"/groups/{group}")
    assert group not in [one["id"] for one in http.json("GET", "/users/me")["groups"]]


def test_putting_an_object_twice_into_a_project_is_once(http, project):
    report = http.json("POST", "/reports", json={"name": "r"})["id"]
    path = f"/reports/{report}/projects/{project['id']}"
    assert [http("PUT", path).status_code for _ in range(2)] == [204, 204]
    assert len(http.json("GET", f"/reports/{report}/projects")) == 1
    assert [http("DELETE", path).status_code for _ in range(2)] == [204, 404]


@pytest.mark.exhaustive
def test_a_start_imports_no_declaration():
    code = (
        "import sys; from civis_nb.local.app import build_api; build_api(); "
        "sys.exit(any(name.startswith('civis_nb.local.records') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
