"""After a crash: active runs are failed, and what is left of their processes is ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select, update

from civis_nb.local.runner.base import Executor, StartedProcess
from civis_nb.local.runs.environment import remove_folder, run_folders
from civis_nb.local.runs.jobs import ACTIVE, fail_runs
from civis_nb.local.runs.user_keys import known_job_key
from civis_nb.local.store import Store
from civis_nb.local.store.schema import job_runs, jobs

__all__ = ["MESSAGE", "recover", "store_process"]

MESSAGE = "The local platform stopped while this run was active. Start it again."


def store_process(store: Store, run_id: int, process_id: int, started_at: str | None) -> None:
    """Store the process of a run, so that `recover` can end it."""
    values = {"process_id": process_id, "process_started_at": started_at}
    with store.begin() as connection:
        connection.execute(update(job_runs).where(job_runs.c.id == run_id).values(**values))


def _by_owner(store: Store, runs: Sequence[Row[Any]]) -> dict[int, list[Row[Any]]]:
    """Return runs by the owners of their jobs, whose keys the processes have."""
    with store.read() as connection:
        rows = connection.execute(select(jobs.c.id, jobs.c.user_id))
        owners = {row.id: row.user_id for row in rows}
    found: dict[int, list[Row[Any]]] = {}
    for run in runs:
        found.setdefault(owners[run.job_id], []).append(run)
    return found


def recover(store: Store, executor: Executor, api_key: str) -> list[int]:
    """Fail all runs that are still active in `store`, and end what is left of their processes.

    To be called before the platform starts its runner, by the only platform on this state.

    Parameters
    ----------
    store
        Where runs are stored; the working folders of all runs, which are removed, are
        beside it.
    executor
        What started the processes.
    api_key
        The platform's key, which the jobs of its first user have.

    Returns
    -------
    list of int
        The ids of the runs.
    """
    with store.read() as connection:
        active = select(job_runs).where(job_runs.c.state.in_(ACTIVE))
        rows = connection.execute(active).all()
    # All of them: a run may have processes by whatever way, also when none was stored.
    for user_id, runs in _by_owner(store, rows).items():
        started = [
            StartedProcess(row.job_id, row.id, row.process_id, row.process_started_at)
            for row in runs
        ]
        executor.end_orphans(started, known_job_key(store, user_id) or api_key)
    # Nothing runs now: what is there was left by these or by earlier ones.
    for folder in run_folders(store.path.parent):
        remove_folder(folder)
    # At last, as it removes what tells of the processes: a start that is cut short begins anew.
    return [row.id for row in fail_runs(store, MESSAGE)]
