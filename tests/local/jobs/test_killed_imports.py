"""A platform that is killed in the middle of an import: the table is as it was."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from civis_nb.local import start

_SERVE = """
import json, sys
from civis_nb.local import start
platform = start(sys.argv[1], samples=False)
print(json.dumps([platform.endpoint, platform.api_key]), flush=True)
sys.stdin.read()
"""
#: Text of 40 MB that is 0.2 MB when it is compressed.
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

    def begin(self, mode):
        """Start an import of 12 million rows; give its run's path."""
        file = self.ask("POST", "/files", {"name": "many.csv.gz"})
        form = {**file["uploadFields"], "file": _MANY}
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


@pytest.mark.parametrize("mode", ["truncate", "drop"])
def test_a_platform_killed_in_the_middle_of_an_import_has_the_old_rows(tmp_path, mode):
    state = tmp_path / "state"
    serving = [sys.executable, "-c", _SERVE, str(state)]
    with subprocess.Popen(serving, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            running = _Platform(*json.loads(process.stdout.readline()))
            running.rows(_TABLE)
            before = _database_bytes(state)
            path = running.begin(mode)
            deadline = time.monotonic() + 60
            # Rows are on their way to the database's file: the transaction is in its middle.
            while _database_bytes(state) < before + 2_000_000:
                assert running.ask("GET", path)["state"] in ("queued", "running")
                assert time.monotonic() < deadline
            assert running.ask("GET", path)["state"] == "running"
        finally:
            process.kill()
    with start(state, samples=False) as again:
        platform = _Platform(again.endpoint, again.api_key)
        run = platform.ask("GET", path)
        assert (run["state"], "stopped" in run["error"]) == ("failed", True)
        assert platform.rows("select * from public.kept") == [["1", "first"]]
        assert platform.rows("select n from public.seen") == [["1"]]
