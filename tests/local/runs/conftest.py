"""A runner on a store of its own, without a server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from civis_nb.local.files.run_logs import RunLogs
from civis_nb.local.runner.subprocess import SubprocessExecutor
from civis_nb.local.runs import jobs as states
from civis_nb.local.runs.pool import JobRunner
from civis_nb.local.runs.recovery import recover, store_process
from civis_nb.local.store import Store
from civis_nb.local.store.first_user import first_key
from civis_nb.local.store.schema import job_runs

DEADLINE_S = 30


@dataclass
class Bench:
    """A store, a runner, and short ways to use them."""

    context: Any
    store: Store
    executor: SubprocessExecutor
    runner: JobRunner

    def recover(self) -> list[int]:
        """Recover as a platform does that starts on this state."""
        return recover(self.store, self.executor, self.context.api_key)

    def queue(self, source: str, user_id: int = 1, **body: Any) -> int:
        """Create a Python job with a queued run; return the run's id."""
        with self.store.begin() as connection:
            job = states.create_job(
                connection, states.PYTHON3, "test", user_id, {"source": source, **body}
            )
            return states.create_run(connection, job)

    def submit(self, source: str, user_id: int = 1, **body: Any) -> int:
        run_id = self.queue(source, user_id, **body)
        self.runner.submit(run_id, states.PYTHON3, user_id)
        return run_id

    def run(self, run_id: int) -> Any:
        with self.store.read() as connection:
            return connection.execute(select(job_runs).where(job_runs.c.id == run_id)).one()

    def messages(self, run_id: int) -> list[str]:
        return [entry.message for entry in self.context.logs.after(run_id, 0)]

    def until(self, condition: Any) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def ended(self, run_id: int) -> Any:
        self.until(lambda: self.run(run_id).state not in states.ACTIVE)
        return self.run(run_id)


@pytest.fixture
def make_bench(tmp_path: Path) -> Iterator[Any]:
    benches: list[Bench] = []

    def make(**workers: int) -> Bench:
        store = Store(tmp_path / "platform.sqlite")
        context: Any = SimpleNamespace(
            state=tmp_path,
            store=store,
            logs=RunLogs(tmp_path / "logs"),
            api_key=first_key(store),
            endpoint="http://localhost:1",
        )
        executor = SubprocessExecutor(partial(store_process, store))
        runner = JobRunner(context, executor, **workers)
        bench = Bench(context, store, executor, runner)
        benches.append(bench)
        return bench

    yield make
    for bench in benches:
        bench.runner.stop()
        bench.store.close()


@pytest.fixture
def bench(make_bench: Any) -> Bench:
    made: Bench = make_bench()
    made.runner.start()
    return made
