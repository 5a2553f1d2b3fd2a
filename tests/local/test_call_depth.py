"""How much lies between an endpoint and the database: functions, and transactions of the store."""

from __future__ import annotations

import sys
import time
from types import FrameType

import duckdb
import pytest
from sqlalchemy import event

from civis_nb import local

#: Functions of civis_nb from the handler of POST /queries to DuckDB: those up to the hand-over to
#: a worker, and those of the worker.
MOST_CALLS = 9
SQL = "SELECT 1 AS call_depth"


def _functions(frame: FrameType | None) -> list[str]:
    """Return the functions of civis_nb on a stack, the outermost first."""
    found = []
    while frame is not None:
        _, inside, path = frame.f_code.co_filename.partition("/civis_nb/local/")
        if inside:
            found.append(f"{path}:{frame.f_code.co_name}")
        frame = frame.f_back
    return found[::-1]


def test_few_calls_lie_between_the_endpoint_and_the_database(monkeypatch: pytest.MonkeyPatch):
    submitted: list[list[str]] = []
    executed: list[list[str]] = []
    execute = duckdb.DuckDBPyConnection.execute

    def recorded(self, query, *arguments, **options):
        if "call_depth" in str(query):
            executed.append(_functions(sys._getframe(1)))
        return execute(self, query, *arguments, **options)

    monkeypatch.setattr(duckdb.DuckDBPyConnection, "execute", recorded)
    with local.start(samples=False) as platform:
        submit = platform._context.runner.submit

        def submit_recorded(*arguments):
            submitted.append([*_functions(sys._getframe(1)), "submit"])
            return submit(*arguments)

        monkeypatch.setattr(platform._context.runner, "submit", submit_recorded)
        client = platform.client()
        query = client.queries.post(database=1, sql=SQL, preview_rows=10)
        deadline = time.monotonic() + 30
        while client.queries.get(query.id).state in ("queued", "running"):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert client.queries.get(query.id).result_rows == [["1"]]
    [handler] = submitted
    worker = max(executed, key=len)
    assert len(handler) + len(worker) <= MOST_CALLS, (handler, worker)


#: Of a query and the answer that has its rows: to store it, to start it, its log and its end; and
#: to read what came of it.
MOST_TRANSACTIONS = 5


def test_a_quick_query_is_one_request_of_few_transactions(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("civis_nb.local.endpoints.queries._QUICK_END_WAIT_S", 30.0)
    with local.start(samples=False) as platform:
        client = platform.client()

        def run_one():
            return client.queries.post(database=1, sql="SELECT 1 AS n", preview_rows=10)

        run_one()  # what is looked up once
        begun = []
        event.listen(platform._context.store.engine, "begin", begun.append)
        assert run_one().result_rows == [["1"]]
        assert 0 < len(begun) <= MOST_TRANSACTIONS
