"""Imports that are committed: they have succeeded, whatever happens afterwards."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from civis_nb.errors import CivisLocalError
from civis_nb.local.context import PlatformContext
from civis_nb.local.runs import jobs as states
from civis_nb.local.runs.task import RunTask
from civis_nb.local.store import utc_now
from civis_nb.local.store.schema import job_runs, jobs
from civis_nb.local.warehouse.base import Warehouse

__all__ = ["commit_marker", "finish_committed", "mark_complete"]

_NOTE = (
    "The local platform was ended when this import was complete already: everything was written."
)


def commit_marker(run_id: int) -> str:
    """Return the commit marker that a run's transaction sets in its database."""
    return str(run_id)


def mark_complete(task: RunTask, warehouse: Warehouse) -> None:
    """Store the success of a run, which no later cancel changes; then remove its marker."""
    task.complete = True
    task.afterwards.append(lambda: warehouse.remove_commit_markers([commit_marker(task.run_id)]))


def finish_committed(context: PlatformContext) -> list[int]:
    """End as succeeded the imports that a killed platform had committed without storing so.

    To be called before the platform starts its runner, and before what is active is failed.

    Returns
    -------
    list of int
        The ids of the runs.
    """
    query = (
        select(job_runs.c.id, jobs.c.body)
        .join(jobs, jobs.c.id == job_runs.c.job_id)
        .where(job_runs.c.state == "running", jobs.c.type.in_([states.CSV_IMPORT, states.IMPORT]))
    )
    with context.store.read() as connection:
        rows = list(connection.execute(query))
    return [row.id for row in rows if _finished(context, row.id, row.body)]


def _finished(context: PlatformContext, run_id: int, body: dict[str, Any]) -> bool:
    """End a run as succeeded if its database has the run's marker; return whether it has."""
    host = body.get("destination")
    if host is None:
        return False
    try:
        warehouse = context.warehouses.get(host["remote_host_id"])
        if commit_marker(run_id) not in warehouse.commit_markers():
            return False
    except CivisLocalError:
        return False  # the database can't be opened: the outcome is unknown, and the run has failed
    context.logs.append(run_id, [("warn", _NOTE, utc_now())])
    states.finish_run(context.store, run_id, "succeeded", complete=True)
    warehouse.remove_commit_markers([commit_marker(run_id)])
    return True
