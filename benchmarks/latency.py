"""How soon small things are done on the local platform, with either client.

Ten rows into a table and out again, a query, an export; each from the call to its result, with
the clients' own rhythm of polls. And single requests, a page of a long list among them. The
platform runs in a process of its own; rounds alternate between the clients; what is shown are
medians. Run as ``python benchmarks/latency.py [ROUNDS]``.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import requests

JOBS = 5000
CLIENTS = ("civis", "civis_nb")
SERVER = """
import json, sys
import civis_nb.local
with civis_nb.local.start(samples=False) as platform:
    print(json.dumps([platform.endpoint, platform.api_key]), flush=True)
    sys.stdin.read()
"""


@contextmanager
def served() -> Iterator[tuple[str, str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        endpoint, key = json.loads(process.stdout.readline())
        yield endpoint, key
    finally:
        process.communicate()


def _timed(action: Callable[[], Any]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def small_things(name: str, folder: Path) -> dict[str, Callable[[], Any]]:
    """Return what one client is to do: a name, and a function that does it."""
    import pandas as pd

    client = importlib.import_module(name).APIClient()
    cio = importlib.import_module(f"{name}.io")
    frame = pd.DataFrame({"a": range(10), "b": list("abcdefghij"), "c": [i / 7 for i in range(10)]})
    table, rows = f"public.of_{name}", f"select * from public.of_{name}"
    args: dict[str, Any] = {"client": client}

    def write() -> None:
        cio.dataframe_to_civis(frame, "sample", table, existing_table_rows="drop", **args).result()

    def read() -> None:
        found = cio.read_civis_sql(rows, "sample", return_as="pandas", **args)
        assert len(found) == len(frame)

    return {
        "dataframe_to_civis, 10 rows": write,
        "read_civis_sql, 10 rows": read,
        "query_civis": lambda: cio.query_civis("select 1", "sample", **args).result(),
        "civis_to_csv, 10 rows": lambda: cio.civis_to_csv(
            str(folder / name), rows, "sample", **args
        ).result(),
    }


def single_requests(endpoint: str, key: str, rounds: int) -> None:
    session = requests.Session()
    session.auth = (key, "")
    script = {"name": "a script", "sql": "select 1", "remoteHostId": 1, "credentialId": 1}
    for _ in range(JOBS):
        session.post(f"{endpoint}/scripts/sql", json=script, timeout=60).raise_for_status()
    print(f"\n| one request, {JOBS:,} jobs in the store | time |\n|---|---:|")
    for path in ("/users/me", "/jobs?limit=50", "/jobs?limit=50&page_num=90", "/scripts?limit=50"):
        seen = [_timed(lambda p=path: session.get(endpoint + p, timeout=60)) for _ in range(rounds)]
        print(f"| GET {path} | {1000 * median(seen):.1f} ms |")


def main(rounds: int) -> None:
    warnings.simplefilter("ignore")
    with served() as (endpoint, key), tempfile.TemporaryDirectory() as folder:
        os.environ |= {"CIVIS_API_ENDPOINT": endpoint, "CIVIS_API_KEY": key}
        work = {name: small_things(name, Path(folder)) for name in CLIENTS}
        for things in work.values():
            for action in things.values():
                action()  # what is loaded, and asked for, once
        print("| measure | civis | civis_nb | ratio |\n|---|---:|---:|---:|")
        for what in work[CLIENTS[0]]:
            seen = [[_timed(work[name][what]) for name in CLIENTS] for _ in range(rounds)]
            theirs, ours = (median(column) for column in zip(*seen, strict=True))
            print(f"| {what} | {theirs:.3f} s | {ours:.3f} s | {ours / theirs:.3f} |", flush=True)
        single_requests(endpoint, key, 4 * rounds)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
