"""After a crash: active runs are failed, and what is left of their processes is ended."""

from __future__ import annotations

import shutil

from sqlalchemy import update

from civis_nb.local.runner.base import Executor, StartedProcess
from civis_nb.local.runs.environment import run_folder
from civis_nb.local.runs.jobs import fail_runs
from civis_nb.local.store import Store
from civis_nb.local.store.schema import job_runs

__all__ = ["MESSAGE", "recover", "store_process"]

MESSAGE = "The local platform stopped while this run was active. Start it again."


def store_process(store: Store, run_id: int, process_id: int, started_at: str | None) -> None:
    """Store the process of a run, so that `recover` can end it."""
    values = {"process_id": process_id, "process_started_at": started_at}
    with store.begin() as connection:
        connection.execute(update(job_runs).where(job_runs.c.id == run_id).values(**values))


def recover(store: Store, executor: Executor, api_key: str) -> list[int]:
    """Fail all runs that are still active in `store`, and end what is left of their processes.

    To be called before the platform starts its runner, by the only platform on this state.

    Parameters
    ----------
    store
        Where runs are stored; the working folders of the runs, which are removed, are
        beside it.
    executor
        What started the processes.
    api_key
        The platform's key, which its jobs have.

    Returns
    -------
    list of int
        The ids of the runs.
    """
    rows = fail_runs(store, MESSAGE)
    # All of them: a run may have processes by whatever way, also when none was stored.
    started = [
        StartedProcess(row.job_id, row.id, row.process_id, row.process_started_at) for row in rows
    ]
    executor.end_orphans(started, api_key)
    for row in rows:
        shutil.rmtree(run_folder(store.path.parent, row.id), ignore_errors=True)
    return [row.id for row in rows]
