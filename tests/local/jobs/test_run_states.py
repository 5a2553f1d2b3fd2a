"""What runs and queries show while they wait, run and end."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.exhaustive

STATES = {"queued", "running", "succeeded", "failed", "cancelled"}
SLOW = (
    "select count(*) from generate_series(1, 1000000) a(i), generate_series(1, 1000000) b(i) "
    "where a.i * b.i % 7 = 3"
)
HOST = {"remoteHostId": 1, "credentialId": None}


def _csv_import(api, upload_to, content=b"id\n1\n", **fields):
    file_id = upload_to(api.http, content)
    body = {
        "source": {"fileIds": [file_id]},
        "destination": {"schema": "public", "table": f"states_{file_id}", **HOST},
        "firstRowIsHeader": True,
    }
    return "/imports/files/csv", api.post("/imports/files/csv", {**body, **fields})


def _preprocess(api, upload_to, content):
    body = {"fileId": upload_to(api.http, content)}
    return "/jobs", api.post("/files/preprocess/csv", body)


def _export(api, sql):
    body = {"source": {"sql": sql, **HOST}, "destination": {}}
    return "/exports/files/csv", api.post("/exports/files/csv", body)


def _sync(api, source):
    body = {"name": "s", "syncType": "Dbsync", "isOutbound": False}
    job = api.post("/imports", {**body, "source": HOST, "destination": HOST})
    places = {"source": {"path": source}, "destination": {"path": f"public.copy_{job['id']}"}}
    api.post(f"/imports/{job['id']}/syncs", places)
    return "/imports/files", job


@pytest.fixture
def jobs_of_all_kinds(jobs_api, upload_to):
    """Jobs that succeed, fail and are cancelled: (typed path, job) each."""
    jobs_api.query(
        "drop table if exists public.states_source; create table public.states_source as "
        "select 1 as a"
    )
    return [
        ("/scripts/sql", jobs_api.sql("select 1 as a")),
        ("/scripts/sql", jobs_api.sql("select nonsense")),
        ("/scripts/sql", jobs_api.sql(SLOW)),
        ("/scripts/python3", jobs_api.python3("print(1)")),
        ("/scripts/python3", jobs_api.python3("raise SystemExit(3)")),
        ("/scripts/python3", jobs_api.python3("import time; time.sleep(600)")),
        ("/scripts/containers", jobs_api.container("true")),
        _csv_import(jobs_api, upload_to),
        _csv_import(jobs_api, upload_to, b"id\n"),
        _preprocess(jobs_api, upload_to, b"id\n1\n"),
        _preprocess(jobs_api, upload_to, b"\n"),
        _export(jobs_api, "select 1 as a"),
        _export(jobs_api, "select nonsense"),
        _sync(jobs_api, "public.states_source"),
        _sync(jobs_api, "public.not_there"),
    ]


@pytest.mark.contract("S25")
def test_runs_of_all_kinds_only_ever_show_the_five_states(jobs_api, jobs_of_all_kinds):
    seen, left = set(), []
    for path, job in jobs_of_all_kinds:
        run = jobs_api.post(f"/jobs/{job['id']}/runs")
        seen.add(run["state"])
        places = {f"/jobs/{job['id']}/runs/{run['id']}", f"{path}/{job['id']}/runs/{run['id']}"}
        left.append((job["id"], run["id"], places))
    slow = [left[2], left[5]]
    while left:
        for item in list(left):
            job_id, run_id, places = item
            shown = [jobs_api.get(place)["state"] for place in sorted(places)]
            listed = [run["state"] for run in jobs_api.get(f"/jobs/{job_id}/runs")]
            last = jobs_api.get(f"/jobs/{job_id}")["lastRun"]["state"]
            seen |= {*shown, *listed, last}
            if item in slow and "running" in shown:
                assert jobs_api.http("DELETE", f"/jobs/{job_id}/runs/{run_id}").status_code == 202
            if not {*shown} & {"queued", "running"}:
                left.remove(item)
    assert seen == STATES


@pytest.mark.contract("S24")
def test_a_query_is_never_idle_or_pending(jobs_api):
    body = {"database": 1, "previewRows": 1, "hidden": True}
    for sql, cancel in (("select 1 as a", False), ("select nonsense", False), (SLOW, True)):
        query = jobs_api.post("/queries", {**body, "sql": sql})
        path, seen = f"/queries/{query['id']}", [query["state"]]
        while seen[-1] in ("queued", "running"):
            seen.append(jobs_api.get(path)["state"])
            seen.append(jobs_api.get("/queries", query=sql, hidden=True)[0]["state"])
            if cancel and seen[-1] == "running":
                jobs_api.http("DELETE", f"{path}/runs/{query['lastRunId']}")
        assert {*seen} <= STATES


FAILING = {
    "query": lambda api, _: ("query", "select nonsense"),
    "no words on standard error": lambda api, _: ("/scripts/python3", api.python3("exit(1)")),
    "killed": lambda api, _: ("/scripts/containers", api.container("kill -9 $$")),
    "no command": lambda api, _: ("/scripts/containers", api.container(None)),
    "sql": lambda api, _: ("/scripts/sql", api.sql("select nonsense")),
    "import": lambda api, upload: _csv_import(api, upload, b"a,a\n1,2\n"),
    "empty file": lambda api, upload: _csv_import(api, upload, b"\xef\xbb\xbf"),
    "preprocess": lambda api, upload: _preprocess(api, upload, b"\n\n"),
    "export": lambda api, _: _export(api, "select nonsense"),
    "sync": lambda api, _: _sync(api, "public.not_there"),
}


@pytest.mark.contract("S26")
@pytest.mark.parametrize("kind", FAILING)
def test_a_failed_run_always_says_why(jobs_api, upload_to, kind):
    path, job = FAILING[kind](jobs_api, upload_to)
    if path == "query":
        query = jobs_api.query(job)
        shown = [query, jobs_api.get(f"/queries/{query['id']}/runs/{query['lastRunId']}")]
        shown.append(jobs_api.get(f"/jobs/{query['id']}/runs/{query['lastRunId']}"))
    else:
        run = jobs_api.post(f"/jobs/{job['id']}/runs")
        shown = [jobs_api.ended(f"{path}/{job['id']}/runs/{run['id']}")]
        shown.append(jobs_api.get(f"/jobs/{job['id']}/runs/{run['id']}"))
        shown.append(jobs_api.get(f"/jobs/{job['id']}")["lastRun"])
    assert {run["state"] for run in shown} == {"failed"}
    assert len({run["error"] for run in shown}) == 1
    assert shown[0]["error"].strip() not in ("", "None")


@pytest.mark.contract("S27")
def test_results_are_arrays_at_every_stage(jobs_api):
    body = {"database": 1, "previewRows": 5, "hidden": True}
    slow = jobs_api.post("/queries", {**body, "sql": SLOW})
    path = f"/queries/{slow['id']}"
    stages = [slow, jobs_api.until(path, lambda query: query["state"] == "running")]
    jobs_api.http("DELETE", f"{path}/runs/{slow['lastRunId']}")
    stages.append(jobs_api.ended(path))
    for sql in (
        "drop table if exists public.stage; create table public.stage (a int)",
        "select nonsense",
        "-- nothing",
    ):
        stages.append(jobs_api.query(sql))
    for query in stages:
        assert (query["resultColumns"], query["resultRows"]) == ([], []), query
    none = jobs_api.query("select 1 as a, 'x' as b where false")
    assert (none["resultColumns"], none["resultRows"]) == (["a", "b"], [])


@pytest.mark.contract("S28")
def test_cells_of_every_type_are_text_or_null(jobs_api):
    values = {
        "1": "1",
        "9007199254740993::bigint": "9007199254740993",
        "1.50::decimal(9,2)": "1.50",
        "0.1::double": "0.1",
        "true": "true",
        "date '2026-01-02'": "2026-01-02",
        "timestamp '2026-01-02 03:04:05'": "2026-01-02 03:04:05",
        "array(1, 2)": "[1,2]",
        "'\\xAA'::blob": "aa",
        "''": "",
        "null": None,
    }
    columns = ", ".join(f"{value} as c{i}" for i, value in enumerate(values))
    query = jobs_api.query(f"select {columns}")
    assert query["resultRows"] == [[*values.values()]]


@pytest.mark.contract("S29")
@pytest.mark.parametrize(("asked", "shown"), [(0, 0), (1, 1), ("7", 7), (1000, 1000), (1001, 1000)])
def test_a_preview_has_the_rows_that_were_asked_for_and_1000_at_most(jobs_api, asked, shown):
    body = {
        "database": "1",
        "sql": "select * from generate_series(0, 1999) t(range)",
        "previewRows": asked,
    }
    query = jobs_api.post("/queries", {**body, "hidden": True})
    assert query["previewRows"] == shown
    ended = jobs_api.ended(f"/queries/{query['id']}")
    assert (ended["state"], len(ended["resultRows"])) == ("succeeded", shown)


@pytest.mark.contract("S29")
def test_sql_with_a_preview_of_no_rows_still_does_its_work(jobs_api):
    sql = (
        "drop table if exists public.no_preview; create table public.no_preview as select 1 as a; "
    )
    sql += "insert into public.no_preview values (2) returning a"
    assert jobs_api.query(sql, 0)["state"] == "succeeded"
    assert jobs_api.query("select a from public.no_preview")["resultRows"] == [["1"], ["2"]]
