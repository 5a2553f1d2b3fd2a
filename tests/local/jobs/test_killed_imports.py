"""A platform that is killed in the middle of an import: the table is as it was."""

from __future__ import annotations

import gzip
import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from civis_nb.cancellation import CancelToken
from civis_nb.local import start
from civis_nb.local.warehouse.base import ignore_log
from civis_nb.local.warehouse.duckdb import commit_markers

pytestmark = pytest.mark.exhaustive

_SERVE = """
import json, sys
from civis_nb.local import start
platform = start(sys.argv[1], samples=False)
print(json.dumps([platform.endpoint, platform.api_key]), flush=True)
sys.stdin.read()
"""
#: Text of 40 MB that is 0.2 MB when it is compressed.
_ROWS = 12_000_000
_MANY = gzip.compress(b"id,word\n" + b"7,abcdefgh\n" * 4_000_000, compresslevel=1)
_TABLE = (
    "create table public.kept (id int, word varchar); insert into public.kept values (1, 'first');"
    "create view public.seen as select count(*) as n from public.kept"
)


class _Platform:
    def __init__(self, endpoint: str, api_key: str) -> None:
        self.endpoint, self.auth = endpoint, (api_key, "")

    def ask(self, method, path, body=None):
        url = self.endpoint + path
        answer = requests.request(method, url, json=body, auth=self.auth, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    def rows(self, sql):
        body = {"database": 1, "sql": sql, "previewRows": 9, "hidden": True}
        query = self.ask("POST", "/queries", body)
        deadline = time.monotonic() + 30
        while query["state"] in ("queued", "running"):
            assert time.monotonic() < deadline
            query = self.ask("GET", f"/queries/{query['id']}")
        assert query["state"] == "succeeded", query["error"]
        return query["resultRows"]

    def begin(self, mode, content=_MANY):
        """Start an import of three files; give its run's path."""
        file = self.ask("POST", "/files", {"name": "many.csv.gz"})
        form = {**file["uploadFields"], "file": content}
        assert requests.post(file["uploadUrl"], files=form, timeout=30).ok
        destination = {"schema": "public", "table": "kept", "remoteHostId": 1}
        destination |= {"credentialId": None, "primaryKeys": ["id"]}
        columns = [{"name": "id", "sqlType": "int"}, {"name": "word", "sqlType": "varchar"}]
        body = {"source": {"fileIds": [file["id"]] * 3}, "destination": destination}
        body |= {"firstRowIsHeader": True, "existingTableRows": mode, "tableColumns": columns}
        job = self.ask("POST", "/imports/files/csv", {**body, "compression": "gzip"})
        run = self.ask("POST", f"/imports/files/csv/{job['id']}/runs")
        return f"/imports/files/csv/{job['id']}/runs/{run['id']}"


def _database_bytes(state: Path) -> int:
    return sum(path.stat().st_size for path in state.rglob("*.duckdb*") if path.is_file())


def _until_rows_are_written(platform, state, path, before):
    """Wait until rows are on their way to the database's file: the commit is near, or complete.

    It may begin and end between two questions for the size of the file.
    """
    deadline = time.monotonic() + 60
    run = {"state": "queued"}
    while _database_bytes(state) < before + 2_000_000 and run["state"] != "succeeded":
        run = platform.ask("GET", path)
        assert run["state"] in ("queued", "running", "succeeded"), run["error"]
        assert time.monotonic() < deadline


def _until_it_runs(platform, _state, path, _before):
    deadline = time.monotonic() + 60
    while platform.ask("GET", path)["state"] != "running":
        assert time.monotonic() < deadline


@pytest.mark.contract("S63")
@pytest.mark.parametrize("moment", [_until_it_runs, _until_rows_are_written])
@pytest.mark.parametrize("mode", ["truncate", "drop"])
def test_a_killed_import_has_changed_all_or_nothing_and_says_which(tmp_path, mode, moment):
    state = tmp_path / "state"
    serving = [sys.executable, "-c", _SERVE, str(state)]
    with subprocess.Popen(serving, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            running = _Platform(*json.loads(process.stdout.readline()))
            running.rows(_TABLE)
            before = _database_bytes(state)
            path = running.begin(mode)
            moment(running, state, path, before)
        finally:
            process.kill()
    with start(state, samples=False) as again:
        platform = _Platform(again.endpoint, again.api_key)
        run = platform.ask("GET", path)
        count = platform.rows("select n from public.seen")
        assert count == platform.rows("select count(*) from public.kept")
        if run["state"] == "succeeded":  # the commit was complete before the kill
            assert count == [[str(_ROWS)]]
            return
        assert (run["state"], "stopped" in run["error"]) == ("failed", True)
        assert platform.rows("select * from public.kept") == [["1", "first"]]


@pytest.mark.parametrize("marked", [True, False])
def test_an_import_that_was_committed_before_a_crash_has_succeeded(tmp_path, marked):
    with start(tmp_path / "state", samples=False) as before:
        platform = _Platform(before.endpoint, before.api_key)
        platform.rows(_TABLE)
        path = platform.begin("truncate", gzip.compress(b"id,word\n1,a\n"))
        number = int(path.rpartition("/")[2])
        context = before._context
        assert context.runner.wait(number, 60)
        assert platform.ask("GET", path)["state"] == "succeeded"
        warehouse = context.warehouses.get(1)
        assert warehouse.commit_markers() == set()
        if marked:  # as it is between the commit and the end of the run
            with warehouse.engine(CancelToken(), ignore_log) as engine:
                commit_markers.add(engine.cursor, str(number))
    with sqlite3.connect(tmp_path / "state" / "platform.sqlite") as store:
        store.execute("update job_runs set state = 'running', finished_at = null")
    store.close()
    with start(tmp_path / "state", samples=False) as again:
        platform = _Platform(again.endpoint, again.api_key)
        run = platform.ask("GET", path)
        assert run["state"] == ("succeeded" if marked else "failed")
        assert run["finishedAt"]
        log = [entry["message"] for entry in platform.ask("GET", f"{path}/logs?last_id=0")]
        assert ("complete already" in log[-1]) == marked
        assert again._context.warehouses.get(1).commit_markers() == set()
