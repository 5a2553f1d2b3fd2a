"""What the local platform itself costs: whole runs over HTTP beside DuckDB's own COPY.

The platform's time is from a run's ``startedAt`` to its ``finishedAt``; a million rows of ten
mixed columns. Rounds alternate between the platform and DuckDB, in the same process; what is
shown are medians and their ratios, of the time that passed and of what the processors worked:
on a busy machine only the latter says much. Run as
``python benchmarks/local_platform.py [ROUNDS]``.

It is not called ``platform``: a module of that name here would hide Python's own.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import requests

import civis_nb.local

ROWS = 1_000_000
CONTENT = f"""
select i::bigint as id, 'user-' || (i * 7919 % 1000003) as name,
  case when i % 10 = 0 then null else (i * 37 % 1000) end::integer as small,
  (i * 0.37)::double as amount, (i % 97 / 7.0)::double as ratio,
  (i % 2 = 0) as flag, timestamp '2020-01-01' + i * interval '1 second' as seen,
  date '2000-01-01' + (i % 9000)::integer as day,
  (i % 100000 / 100.0)::decimal(12, 2) as price,
  'some longer text, number ' || (i * 104729 % 99991) as note
from generate_series(0, {ROWS} - 1) t(i)
"""
TYPES = {
    "id": "BIGINT",
    "name": "VARCHAR",
    "small": "INTEGER",
    "amount": "DOUBLE PRECISION",
    "ratio": "DOUBLE PRECISION",
    "flag": "BOOLEAN",
    "seen": "TIMESTAMP",
    "day": "DATE",
    "price": "DECIMAL(12,2)",
    "note": "VARCHAR",
}
LIMIT = 2.0
#: What passed, and what the process worked meanwhile, in seconds.
Cost = tuple[float, float]


class Api:
    """Makes jobs on a platform, runs them, and tells how long they took."""

    def __init__(self, platform: civis_nb.local.Platform) -> None:
        self._session = requests.Session()
        self._session.auth = (platform.api_key, "")
        self._endpoint = platform.endpoint

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._session.request(method, self._endpoint + path, json=body or {}, timeout=300)
        answer.raise_for_status()
        return answer.json()

    def _ended(self, path: str) -> Any:
        while True:
            run = self("GET", path)
            if run["state"] not in ("queued", "running"):
                assert run["state"] == "succeeded", run["error"]
                return run
            # Not often: answering would be work of the same process.
            time.sleep(0.05)

    def query(self, sql: str) -> None:
        query = self("POST", "/queries", {"database": 1, "sql": sql, "previewRows": 0})
        self._ended(f"/queries/{query['id']}")

    def upload(self, path: Path) -> int:
        made = self("POST", "/files", {"name": path.name})
        with path.open("rb") as file:
            form = {**made["uploadFields"], "file": file}
            requests.post(made["uploadUrl"], files=form, timeout=300).raise_for_status()
        return int(made["id"])

    def timed(self, path: str, body: dict[str, Any]) -> Cost:
        """Create a job and run it; return what it cost from its run's start to its end."""
        job = self("POST", path, body)
        worked = time.process_time()
        started = self("POST", f"{path}/{job['id']}/runs")
        run = self._ended(f"{path}/{job['id']}/runs/{started['id']}")
        first, last = (datetime.fromisoformat(run[key]) for key in ("startedAt", "finishedAt"))
        return (last - first).total_seconds(), time.process_time() - worked


def _timed(action: Callable[[], Any]) -> Cost:
    started, worked = time.perf_counter(), time.process_time()
    action()
    return time.perf_counter() - started, time.process_time() - worked


def measures(api: Api, own: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, Any]:
    """Return the measures: a name, the platform's way, and DuckDB's."""
    host = {"remoteHostId": 1, "credentialId": 1}
    plain, packed = folder / "own.csv", folder / "own.csv.gz"
    own.execute(f"create table bench as {CONTENT}")
    own.execute(f"copy bench to '{plain}' (format csv, header)")
    own.execute(f"copy bench to '{packed}' (format csv, header, compression gzip)")
    file_ids = {"none": api.upload(plain), "gzip": api.upload(packed)}
    api.query(f"drop table if exists public.bench; create table public.bench as {CONTENT}")

    def export(compression: str) -> Cost:
        settings = {"compression": compression}
        sql = {"name": "b", "sql": "select * from public.bench", "csvSettings": settings}
        return api.timed("/scripts/sql", {**sql, **host})

    def load(compression: str, *, typed: bool) -> Cost:
        columns = [{"name": n, "sqlType": t if typed else None} for n, t in TYPES.items()]
        return api.timed(
            "/imports/files/csv",
            {
                "source": {"fileIds": [file_ids[compression]]},
                "destination": {"schema": "public", "table": "loaded", **host},
                "firstRowIsHeader": True,
                "compression": compression,
                "existingTableRows": "drop",
                "tableColumns": columns if typed else None,
            },
        )

    def own_export(options: str) -> Cost:
        return _timed(lambda: own.execute(f"copy bench to '{folder}/o.csv' (format csv{options})"))

    def own_load(path: Path) -> Cost:
        sql = f"create or replace table loaded as from read_csv('{path}')"
        return _timed(lambda: own.execute(sql))

    return {
        "export, gzip": (lambda: export("gzip"), lambda: own_export(", compression gzip")),
        "export, plain": (lambda: export("none"), lambda: own_export("")),
        "import, gzip, types told": (lambda: load("gzip", typed=True), lambda: own_load(packed)),
        "import, plain, types told": (lambda: load("none", typed=True), lambda: own_load(plain)),
        "import, gzip, types found": (lambda: load("gzip", typed=False), lambda: own_load(packed)),
        "import, plain, types found": (lambda: load("none", typed=False), lambda: own_load(plain)),
    }


def main(rounds: int) -> None:
    print("| measure | DuckDB's own | platform | ratio | of work | must |")
    print("|---|---:|---:|---:|---:|---|")
    with (
        civis_nb.local.start(samples=False) as platform,
        tempfile.TemporaryDirectory() as folder,
        duckdb.connect(f"{folder}/own.duckdb") as own,
    ):
        for name, (ours, theirs) in measures(Api(platform), own, Path(folder)).items():
            seen = [theirs() + ours() for _ in range(rounds)]
            base, base_work, cost, work = (median(column) for column in zip(*seen, strict=True))
            ratios = f"{cost / base:.2f} | {work / base_work:.2f}"
            print(f"| {name} | {base:.2f} s | {cost:.2f} s | {ratios} | ≤ {LIMIT:.0f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
