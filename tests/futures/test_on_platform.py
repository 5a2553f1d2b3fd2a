"""Futures and logs against the local platform, over HTTP."""

from __future__ import annotations

import concurrent.futures

import pytest

import civis_nb.io
import civis_nb.local
from civis_nb.errors import (
    CivisAPIError,
    CivisCancelledError,
    CivisInputError,
    CivisJobFailure,
    CivisSQLError,
)
from civis_nb.futures import CivisFuture, _ContainerShellExecutor
from civis_nb.utils import LogCursor, job_logs, run_job

pytestmark = pytest.mark.exhaustive


@pytest.fixture(scope="module")
def platform_client():
    with civis_nb.local.start(samples=False) as platform:
        yield platform.client()


@pytest.fixture
def start(platform_client):
    def start_python(source):
        script = platform_client.scripts.post_python3(name="test", source=source)
        return run_job(script.id, client=platform_client)

    return start_python


def test_job_ends_and_its_log_is_whole(platform_client, start):
    future = start("for n in range(2000): print('line', n)")
    assert future.result(timeout=60).state == "succeeded"
    log = job_logs(future.job_id, future.run_id, client=platform_client)
    lines = [entry["message"] for entry in log if entry["message"].startswith("line ")]
    assert lines == [f"line {n}" for n in range(2000)]


def test_log_is_followed_from_the_start(platform_client, start):
    future = start(
        "import time\nfor n in range(10):\n print('line', n, flush=True); time.sleep(.02)"
    )
    entries = list(job_logs(future.job_id, client=platform_client))
    ids = [entry["id"] for entry in entries]
    assert ids == sorted(set(ids))
    assert [e["message"] for e in entries if "line" in e["message"]] == [
        f"line {n}" for n in range(10)
    ]
    cursor = LogCursor(platform_client, future.job_id, future.run_id)
    assert len(cursor.read()) == len(entries)


def test_failing_job_says_why(start):
    with pytest.raises(CivisJobFailure, match=r"job \d+ / run \d+.*3"):
        start("raise SystemExit(3)").result(timeout=60)


def test_cancel_stops_the_process(start):
    future = start("import time\ntime.sleep(600)")
    assert future.cancel()
    with pytest.raises(concurrent.futures.CancelledError):
        future.result(timeout=60)


def test_run_that_is_not_there_ends_the_future(platform_client):
    with pytest.raises(CivisAPIError) as caught:
        CivisFuture(platform_client.jobs.get_runs, (10**6, 1), client=platform_client).result(60)
    assert caught.value.status_code == 404


def test_sql_error_has_its_place(platform_client):
    database = platform_client.databases.list()[0].id
    query = platform_client.queries.post(database, "SELECT 1\nFROM (SELECT 1) t FORM 2", 10)
    future = CivisFuture(platform_client.queries.get, (query.id,), client=platform_client)
    with pytest.raises(CivisSQLError) as caught:
        future.result(timeout=60)
    assert caught.value.line == 2
    assert future.run_id is not None
    assert future.job_run_url.startswith("http://127.0.0.1")


def test_executor_runs_commands_in_containers(platform_client):
    with _ContainerShellExecutor(client=platform_client) as pool:
        futures = [pool.submit("echo", f"number {n}") for n in range(3)]
    assert all(future.succeeded() for future in futures)
    log = job_logs(futures[2].job_id, futures[2].run_id, client=platform_client)
    assert "number 2" in [entry["message"] for entry in log]


def test_a_run_of_any_type_is_restored_by_its_ids(platform_client, start):
    query = civis_nb.io.query_civis("select 1 as a", "sample", client=platform_client)
    failed = start("raise SystemExit('no rows')")
    waiting = start("import time\ntime.sleep(600)")
    query.result(timeout=60)
    query_run = platform_client.queries.get(query.job_id).last_run_id
    again = CivisFuture.from_run(query.job_id, query_run, platform_client)
    assert again.result(timeout=60).state == "succeeded"
    again = CivisFuture.from_run(failed.job_id, failed.run_id, platform_client)
    with pytest.raises(CivisJobFailure, match="no rows"):
        again.result(timeout=60)
    again = CivisFuture.from_run(waiting.job_id, waiting.run_id, platform_client)
    assert not again.done()
    assert again.cancel()
    with pytest.raises(CivisCancelledError, match=f"job {waiting.job_id} / run {waiting.run_id}"):
        again.result(timeout=60)
    with pytest.raises(CivisInputError, match="run_id can't be '7'"):
        CivisFuture.from_run(waiting.job_id, "7", platform_client)
