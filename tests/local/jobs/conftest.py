"""Jobs on the bare platform: made, run and waited for over HTTP."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from typing import Any

import pytest

from civis_nb.local import Platform, start

DEADLINE_S = 60
RESOURCES = {"cpu": 256, "memory": 256}


class JobsApi:
    """Makes jobs, starts them, waits for their ends."""

    def __init__(self, http: Any) -> None:
        self.http = http

    def get(self, path: str, **query: Any) -> Any:
        return self.http.json("GET", path, params=query)

    def post(self, path: str, body: Any = None) -> Any:
        return self.http.json("POST", path, json={} if body is None else body)

    def until(self, path: str, condition: Any) -> Any:
        """Poll a path until the answer fulfils a condition."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            answer = self.get(path)
            if condition(answer):
                return answer
            assert time.monotonic() < deadline, answer
            time.sleep(0.005)

    def ended(self, path: str) -> Any:
        return self.until(path, lambda run: run["state"] not in ("queued", "running"))

    def python3(self, source: str, **body: Any) -> dict[str, Any]:
        return self.post("/scripts/python3", {"name": "test", "source": source, **body})

    def container(self, command: str | None, **body: Any) -> dict[str, Any]:
        return self.post(
            "/scripts/containers",
            {"requiredResources": RESOURCES, "dockerCommand": command, **body},
        )

    def sql(self, sql: str, **body: Any) -> dict[str, Any]:
        fields = {"name": "test", "sql": sql, "remoteHostId": 1, "credentialId": None, **body}
        return self.post("/scripts/sql", fields)

    def start(self, path: str, job: dict[str, Any]) -> Any:
        return self.post(f"{path}/{job['id']}/runs")

    def run(self, path: str, job: dict[str, Any]) -> Any:
        started = self.start(path, job)
        return self.ended(f"{path}/{job['id']}/runs/{started['id']}")

    def run_python3(self, source: str, **body: Any) -> Any:
        return self.run("/scripts/python3", self.python3(source, **body))

    def run_container(self, command: str | None, **body: Any) -> Any:
        return self.run("/scripts/containers", self.container(command, **body))

    def run_sql(self, sql: str, **body: Any) -> Any:
        return self.run("/scripts/sql", self.sql(sql, **body))

    def query(self, sql: str, preview_rows: int = 10, **body: Any) -> Any:
        fields = {"database": 1, "sql": sql, "previewRows": preview_rows, "hidden": True}
        started = self.post("/queries", {**fields, **body})
        return self.ended(f"/queries/{started['id']}")

    def messages(self, job_id: int, run_id: int) -> list[str]:
        entries = self.get(f"/jobs/{job_id}/runs/{run_id}/logs", last_id=0)
        return [entry["message"] for entry in entries]


@pytest.fixture(scope="session")
def jobs_api(http: Any) -> JobsApi:
    return JobsApi(http)


@pytest.fixture(scope="session")
def two_databases() -> Iterator[Platform]:
    """A platform with a second database, called other; its id is 2."""
    with start(samples=False, databases=("other",)) as platform:
        yield platform


@pytest.fixture(scope="session")
def moves_api(two_databases: Platform, http_of: Any) -> JobsApi:
    return JobsApi(http_of(two_databases))


@pytest.fixture(scope="session")
def table_names() -> Iterator[str]:
    """Names that no other test has used."""
    return (f"moved_{number}" for number in itertools.count())
