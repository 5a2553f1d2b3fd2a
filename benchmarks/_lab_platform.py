"""A platform of many tables, and of jobs that change with each question, for the extension.

Run as ``python benchmarks/_lab_platform.py TABLES``: prints its address, and ends with its standard
input. ``/_polls`` tells how often the jobs were asked for.
"""

from __future__ import annotations

import http.server
import sys
import threading
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs, urlsplit

from _server import Answering

COLUMNS = 10
JOBS = 50
SCHEMA = "big"
STATES = ("queued", "running", "succeeded", "failed")
_MOMENT = "2024-05-01T12:00:00.000Z"


def table(number: int) -> dict[str, Any]:
    """Return a table as lists have it; ids are from 1."""
    return {
        "id": number, "databaseId": 1, "schema": SCHEMA, "name": f"table_{number:05d}",
        "description": None, "isView": False, "rowCount": 1000, "columnCount": COLUMNS,
        "sizeMb": 1.0, "owner": "me", "distkey": None, "sortkeys": None, "refreshStatus": "current",
        "lastRefresh": None, "refreshId": None, "lastRun": None,
    }  # fmt: skip


def columns(number: int) -> list[dict[str, Any]]:
    """Return the columns of a table."""
    types = "INTEGER", "VARCHAR(256)", "TIMESTAMP"
    return [
        {
            "name": f"column_{at}_of_{number}", "sqlType": types[at % 3], "order": at,
            "description": f"The column {at} of table {number}",
        }
        for at in range(COLUMNS)
    ]  # fmt: skip


def job(number: int, polls: int) -> dict[str, Any]:
    """Return a job, whose state is another one after each poll."""
    state = STATES[(number + polls) % len(STATES)]
    run = {
        "id": 1000 * number + polls, "state": state, "createdAt": _MOMENT, "startedAt": _MOMENT,
        "finishedAt": None if state in STATES[:2] else _MOMENT,
        "error": "It failed, with a text of its own." if state == "failed" else None,
    }  # fmt: skip
    return {
        "id": number, "name": f"A job with number {number}", "type": "JobTypes::ContainerDocker",
        "fromTemplateId": None, "state": state, "createdAt": _MOMENT, "updatedAt": _MOMENT,
        "lastRun": run, "archived": False, "schedule": {"scheduled": False},
        "author": {"id": 1, "name": "Me", "username": "me", "initials": "m", "online": True},
    }  # fmt: skip


class Handler(Answering):
    server: Platform

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        path = parts.path.strip("/")
        kind, _, rest = path.partition("/")
        if path == "endpoints":
            self.answer(self.server.spec)
        elif path == "users/me":
            self.answer({"id": 1, "username": "me", "featureFlags": {}})
        elif path == "databases":
            self.answer([{"id": 1, "name": "many", "adapter": "redshift"}])
        elif path == "databases/1/schemas":
            self.answer([{"schema": SCHEMA}])
        elif path == "tables":
            self.page(asked)
        elif kind == "tables":
            self.answer({**table(int(rest)), "columns": columns(int(rest)), "joins": []})
        elif path == "jobs":
            polls = self.server.poll(asked)
            self.answer([job(number, polls) for number in range(1, JOBS + 1)])
        elif path == "_polls":
            self.answer(self.server.polls)
        else:
            self.answer({"error": "not_found", "errorDescription": path, "code": 404}, 404)

    def page(self, asked: dict[str, str]) -> None:
        """Answer with a page of tables."""
        size, number = int(asked.get("limit", 50)), int(asked.get("page_num", 1))
        first, total = size * (number - 1) + 1, self.server.tables
        items = [table(n) for n in range(first, min(first + size, total + 1))]
        self.answer_page(items, size, number, total)


class Platform(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, tables: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.spec = (files("civis_nb.spec") / "bundled.json").read_bytes()
        self.tables = tables
        self.polls = 0
        self._lock = threading.Lock()

    def handle_error(self, *args: object) -> None:
        """A JupyterLab that ends breaks its connections off."""

    def poll(self, asked: dict[str, str]) -> int:
        """Count a question for jobs; that for active ones belongs to the one before."""
        with self._lock:
            self.polls += "state" not in asked
            return self.polls


def main() -> None:
    platform = Platform(int(sys.argv[1]))
    threading.Thread(target=platform.serve_forever, args=(0.05,), daemon=True).start()
    print(f"http://127.0.0.1:{platform.server_port}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
