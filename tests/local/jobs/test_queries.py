"""Queries: their first rows, as text."""

from __future__ import annotations

import pytest

SLOW = (
    "select count(*) from generate_series(1, 1000000) a(i), generate_series(1, 1000000) b(i) "
    "where a.i * b.i % 7 = 3"
)


@pytest.mark.contract("S24")
def test_post_is_200_and_starts_the_query(jobs_api, http):
    body = {"database": "1", "sql": SLOW, "previewRows": "5"}
    answer = http("POST", "/queries", json=body)
    assert answer.status_code == 200
    query = answer.json()
    assert query["state"] in ("queued", "running")
    assert (query["previewRows"], query["database"], query["hidden"]) == (5, 1, False)
    assert query["resultRows"] == []
    assert query["resultColumns"] == []
    http("DELETE", f"/queries/{query['id']}/runs/{query['lastRunId']}")
    assert jobs_api.ended(f"/queries/{query['id']}")["state"] == "cancelled"


@pytest.mark.parametrize("sql", ["select 1 as a", "select * from nowhere"])
def test_the_answer_to_the_start_of_a_quick_query_has_its_end(jobs_api, monkeypatch, sql):
    monkeypatch.setattr("civis_nb.local.endpoints.queries._QUICK_END_WAIT_S", 60.0)
    started = jobs_api.post("/queries", {"database": 1, "sql": sql, "previewRows": 5})
    seen = jobs_api.get(f"/queries/{started['id']}")
    assert started["state"] == ("succeeded" if "1 as a" in sql else "failed")
    assert {name: started[name] for name in seen} == seen


def test_an_answer_waits_for_an_end_that_comes_soon(jobs_api, monkeypatch):
    monkeypatch.setattr("civis_nb.local.endpoints.queries._END_WAIT_S", 60.0)
    query = jobs_api.post("/queries", {"database": 1, "sql": "select 1", "previewRows": 5})
    assert jobs_api.get(f"/queries/{query['id']}")["resultRows"] == [["1"]]


def test_an_answer_does_not_wait_for_long(jobs_api):
    query = jobs_api.post("/queries", {"database": 1, "sql": SLOW, "previewRows": 5})
    path = f"/queries/{query['id']}"
    assert jobs_api.get(path)["state"] in ("queued", "running")
    jobs_api.http("DELETE", f"{path}/runs/{query['lastRunId']}")
    assert jobs_api.ended(path)["state"] == "cancelled"


def test_the_log_of_a_query_that_goes_on_can_be_read(jobs_api):
    query = jobs_api.post("/queries", {"database": 1, "sql": SLOW, "previewRows": 5})
    run = f"/queries/{query['id']}/runs/{query['lastRunId']}"
    jobs_api.until(run, lambda seen: seen["state"] == "running")
    jobs_api.until(f"{run}/logs", lambda entries: entries)
    assert [one["message"] for one in jobs_api.get(f"{run}/logs")] == ["Query started."]
    jobs_api.http("DELETE", run)
    assert jobs_api.ended(run)["state"] == "cancelled"
    assert [one["message"] for one in jobs_api.get(f"{run}/logs")] == ["Query started."]


def test_cells_are_text_or_null(jobs_api):
    query = jobs_api.query("select 1 as n, 'x' as t, null as e, true as b, 1.50 as d")
    assert query["resultColumns"] == ["n", "t", "e", "b", "d"]
    (row,) = query["resultRows"]
    assert (row[0], row[1], row[2]) == ("1", "x", None)
    assert all(isinstance(cell, str | None) for cell in row)


def test_preview_rows_of_zero_and_more_than_a_thousand(jobs_api):
    none = jobs_api.query("select * from generate_series(0, 4) t(range)", 0)
    assert (none["state"], none["resultRows"]) == ("succeeded", [])
    assert (
        len(jobs_api.query("select * from generate_series(0, 2999) t(range)", 1000)["resultRows"])
        == 1000
    )
    assert (
        len(jobs_api.query("select * from generate_series(0, 2999) t(range)", 5000)["resultRows"])
        == 1000
    )


@pytest.mark.contract("S30")
def test_null_and_missing_credential_are_the_default_one(jobs_api):
    (default,) = jobs_api.get("/credentials", default="True", type="Database")
    for body in ({}, {"credential": None}):
        assert jobs_api.query("select 1", **body)["credential"] == default["id"]


def test_statement_without_result_succeeds_with_empty_lists(jobs_api):
    query = jobs_api.query("drop table if exists public.made; create table public.made (a int)")
    assert (query["state"], query["error"]) == ("succeeded", None)
    assert (query["resultColumns"], query["resultRows"]) == ([], [])


def test_failed_query_has_the_databases_words(jobs_api):
    query = jobs_api.query("select *\nfrom public.no_such_table")
    assert query["state"] == "failed"
    assert "no_such_table" in query["error"]
    assert query["exception"] == query["error"]
    run = jobs_api.get(f"/queries/{query['id']}/runs/{query['lastRunId']}")
    assert (run["state"], run["error"], run["queryId"]) == ("failed", query["error"], query["id"])


def test_query_runs_again(jobs_api, http):
    query = jobs_api.query("select 7 as a")
    answer = http("POST", f"/queries/{query['id']}/runs", json={})
    assert answer.status_code == 202
    run = answer.json()
    assert run["queryId"] == query["id"]
    ended = jobs_api.ended(f"/queries/{query['id']}/runs/{run['id']}")
    assert ended["state"] == "succeeded"
    assert jobs_api.get(f"/queries/{query['id']}")["lastRunId"] == run["id"]
    listed = jobs_api.get(f"/queries/{query['id']}/runs")
    assert [item["id"] for item in listed] == [run["id"], query["lastRunId"]]
    assert jobs_api.get(f"/queries/{query['id']}/runs/{run['id']}/logs")


@pytest.mark.contract("S19")
def test_delete_hides(jobs_api, http):
    query = jobs_api.query("select 'deleted' as a", hidden=False)
    answer = http("DELETE", f"/queries/{query['id']}", json={})
    assert (answer.status_code, answer.json()["hidden"]) == (200, True)
    assert query["id"] not in [item["id"] for item in jobs_api.get("/queries")]
    assert jobs_api.get(f"/queries/{query['id']}")["resultRows"] == [["deleted"]]


def test_list_filters(jobs_api):
    fine = jobs_api.query("select 'needle_1' as a", hidden=False)
    bad = jobs_api.query("select needle_2", hidden=False)

    def ids(**query):
        return [item["id"] for item in jobs_api.get("/queries", **query)]

    assert ids(query="needle_1 select") == [fine["id"]]
    assert ids(query="needle?2") == [bad["id"]]
    assert ids(query="needle_*", **{"state[]": ["failed"]}) == [bad["id"]]
    assert ids(query="needle_", state=["failed", "succeeded"], order_dir="asc") == [
        fine["id"],
        bad["id"],
    ]
    assert ids(query="needle_", databaseId=2) == []
    assert ids(query="needle_", created_before="2000-01-01") == []
    assert ids(query="100%") == []
    rows = jobs_api.get("/queries", query="needle_1", exclude_results="true")
    assert rows[0]["resultRows"] == []


@pytest.mark.parametrize("text", ["yesterday", "0001-01-01T00:00:00+05:00"])
def test_what_is_no_time_is_refused_by_the_name_of_the_filter(http, text):
    answer = http("GET", "/queries", params={"created_before": text})
    assert answer.status_code == 400
    assert answer.json()["errorDescription"].startswith("created_before must be a time")


def test_slow_queries_block_neither_each_other_nor_the_api(jobs_api, http):
    body = {"database": 1, "sql": SLOW, "previewRows": 1, "hidden": True}
    slow = [jobs_api.post("/queries", body) for _ in range(3)]
    for query in slow:
        jobs_api.until(f"/queries/{query['id']}", lambda seen: seen["state"] == "running")
    assert jobs_api.query("select 1 as a")["resultRows"] == [["1"]]
    for query in slow:
        answer = http("DELETE", f"/jobs/{query['id']}/runs/None", json={})
        assert (answer.status_code, answer.json()["state"]) == (202, "cancelled")


def test_bad_requests_say_what_is_wrong(http):
    for body, word in (
        ({"database": 9, "sql": "select 1", "previewRows": 1}, "database 9"),
        ({"database": 1, "sql": "  ", "previewRows": 1}, "blank"),
        ({"database": 1, "sql": "select 1", "previewRows": -1}, "negative"),
        ({"database": 1, "sql": "select 1"}, "preview"),
        ({"database": 1, "sql": "select 1", "previewRows": 1, "credential": 99}, "credential 99"),
    ):
        answer = http("POST", "/queries", json=body)
        assert answer.status_code == 400
        assert word in answer.json()["errorDescription"]
