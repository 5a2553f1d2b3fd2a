"""A log that is served as the platform serves one."""

from __future__ import annotations

import threading

import pytest

from civis_nb.client.response import ListResponse, Response


class LogServer:
    """``client.jobs`` of one run whose log the test writes."""

    def __init__(self):
        self.entries: dict[int, str] = {}
        self.complete = False
        self.max_id_header = self.cache_header = True
        self.max_id = None
        self.faults: list[BaseException] = []
        self.page_entries = 10**6
        self.reads: list[dict] = []
        self.run = {"id": 2, "state": "running", "finishedAt": None}
        self.run_headers = {}
        self.runs = [{"id": 2}]
        self.ignores_last_id = False
        self.on_read = lambda: None
        self._lock = threading.Lock()
        self.jobs = self

    def write(self, *messages):
        top = max(self.entries, default=0)
        self.entries.update(enumerate(messages, top + 1))

    def list_runs_logs(self, job_id, run_id, last_id=0, limit=10000):
        with self._lock:
            self.reads.append({"last_id": last_id, "limit": limit})
            if self.faults:
                raise self.faults.pop(0)
            after = -1 if self.ignores_last_id else last_id
            ids = sorted(n for n in self.entries if n > after)[: min(limit, self.page_entries)]
            found = [
                Response(
                    {
                        "id": n,
                        "createdAt": "2026-01-01T00:00:00.000Z",
                        "message": self.entries[n],
                        "level": "info",
                    }
                )
                for n in ids
            ]
            headers = {}
            if self.cache_header:
                headers["Civis-Cache-Control"] = "private" if self.complete else "no-store"
            top = self.max_id if self.max_id is not None else max(self.entries, default=0)
            if self.max_id_header:
                headers["Civis-Max-Id"] = str(top)
            answer = ListResponse(found, headers=headers)
        self.on_read()
        return answer

    def get_runs(self, job_id, run_id):
        return Response(self.run, headers=self.run_headers)

    def list_runs(self, job_id, limit, order, order_dir):
        assert (limit, order, order_dir) == (1, "id", "desc")
        return ListResponse([Response(one) for one in self.runs])


@pytest.fixture
def log_server(monkeypatch):
    from civis_nb.utils import logs

    monkeypatch.setattr(logs, "_MIN_WAIT_S", 0.005)
    monkeypatch.setattr(logs, "_MAX_WAIT_S", 0.01)
    return LogServer()
