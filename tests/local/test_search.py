"""Search: objects of all types by their names, and queries by their SQL."""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest


@pytest.fixture(scope="module")
def word() -> str:
    """Return a word that no other object's name has."""
    return f"w{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def objects(http, word) -> dict[str, int]:
    """Create an object of each of some types, and return their ids."""
    made = {}
    for kind, path, body in (
        ("python_script", "/scripts/python3", {"source": "1/0"}),
        ("sql_script", "/scripts/sql", {"sql": "SELECT 1", "remoteHostId": 1, "credentialId": 1}),
        ("project", "/projects", {"description": "d"}),
        ("report", "/reports", {}),
        ("notebook", "/notebooks", {}),
    ):
        made[kind] = http.json("POST", path, json={"name": f"{word} {kind}", **body})["id"]
    return made


@pytest.fixture(scope="module")
def query_id(http, word) -> int:
    """Run a query of a word, and return its id."""
    body = {"database": 1, "sql": f"SELECT 1 AS {word}q", "previewRows": 1}
    query_id: int = http.json("POST", "/queries", json=body)["id"]
    deadline = time.monotonic() + 60
    while http.json("GET", f"/queries/{query_id}")["state"] != "succeeded":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return query_id


def _types(answer: dict[str, Any]) -> set[str]:
    return {one["type"] for one in answer["results"]}


def test_objects_are_found_by_all_words_of_their_names(http, objects, word):
    found = http.json("GET", f"/search?query={word.upper()}")
    assert found["totalResults"] == len(objects)
    assert {one["type"]: one["id"] for one in found["results"]} == objects
    assert found["aggregations"] == {
        "owner": {"mine": 5, "all": 5},
        "archived": {"true": 0, "false": 5},
        "type": dict.fromkeys(objects, 1),
    }
    scores = [one["score"] for one in found["results"]]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < one <= 1 for one in scores)
    narrow = http.json("GET", "/search", params={"query": f"ript {word}"})
    assert _types(narrow) == {"python_script", "sql_script"}
    assert http.json("GET", "/search?query=nothing-of-that-name")["results"] == []


def test_results_are_filtered_ordered_and_paged(http, objects, word):
    def search(**more: Any) -> dict[str, Any]:
        return http.json("GET", "/search", params={"query": word, **more})

    found = search(type="report,notebook", order="name")
    assert [one["type"] for one in found["results"]] == ["notebook", "report"]
    assert found["aggregations"]["type"]["project"] == 1
    assert search(limit=2, offset=3, order="name")["totalResults"] == 5
    names = [one["name"] for one in search(order="name")["results"]]
    assert [one["name"] for one in search(limit=2, offset=3, order="name")["results"]] == names[3:5]
    assert search(owner="mine")["totalResults"] == 5
    assert search(owner="nobody")["totalResults"] == 0
    http.json("PUT", f"/reports/{objects['report']}/archive", json={"status": True})
    assert "report" not in _types(search())
    assert _types(search(archived="true")) == {"report"}
    assert search(archived="all")["totalResults"] == 5
    http.json("PUT", f"/reports/{objects['report']}/archive", json={"status": False})


def test_jobs_are_found_by_their_last_run(http, objects, word):
    path = f"/scripts/python3/{objects['python_script']}/runs"
    run_id = http.json("POST", path)["id"]
    deadline = time.monotonic() + 60
    while http.json("GET", f"{path}/{run_id}")["state"] in ("queued", "running"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    (found,) = http.json("GET", f"/search?query={word}&last_run_state=failed")["results"]
    assert (found["lastRunId"], found["lastRunState"]) == (run_id, "failed")
    assert "ZeroDivisionError" in found["lastRunException"]
    assert http.json("GET", f"/search?query={word}&last_run_state=running")["results"] == []


@pytest.mark.parametrize(
    "bad", ["type=nonsense", "order=colour", "archived=perhaps", "limit=0", "last_run_state=x"]
)
def test_what_can_t_be_searched_for_is_refused(http, bad):
    answer = http("GET", f"/search?{bad}")
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")


def test_the_types_are_those_that_are_found(http, objects):
    words = {one["type"] for one in http.json("GET", "/search/types")}
    assert set(objects) < words


def test_queries_are_found_by_their_sql(http, word, query_id):
    (found,) = http.json("GET", f"/search/queries?search_string={word}?+SEL*&state=succeeded")
    assert (found["id"], found["lastRun"]["state"]) == (query_id, "succeeded")
    assert http.json("GET", f"/search/queries?search_string={word}&database_id=2") == []


def test_a_client_gets_an_object_with_results(bare_platform, word, objects):
    found = bare_platform.client().search.list(query=word, limit=3)
    assert (found.total_results, len(found.results)) == (5, 3)
    assert found.aggregations["owner"]["all"] == 5


@pytest.mark.exhaustive
def test_the_client_of_civis_gets_the_same(bare_platform, monkeypatch, word, objects, query_id):
    import civis

    monkeypatch.setenv("CIVIS_API_ENDPOINT", bare_platform.endpoint)
    monkeypatch.setenv("CIVIS_API_KEY", bare_platform.api_key)
    client = civis.APIClient(force_refresh_api_spec=True)
    found = client.search.list(query=word, limit=3)
    assert (found["total_results"], len(found["results"])) == (5, 3)
    assert client.search.list_types()[0]["type"]
    assert client.search.list_queries(search_string=word)[0]["last_run"]["state"] == "succeeded"
