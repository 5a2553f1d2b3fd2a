"""Jobs that measure tables; they are quick here, and done when their ids are returned."""

from __future__ import annotations

from collections.abc import Sequence

from civis_nb.errors import CivisLocalError
from civis_nb.local import catalog
from civis_nb.local.catalog import CatalogTable
from civis_nb.local.context import PlatformContext, User
from civis_nb.local.runs import jobs

__all__ = ["SCAN", "scan"]

SCAN = "JobTypes::TableScan"


def scan(
    context: PlatformContext, user: User, what: str, found: Sequence[CatalogTable]
) -> tuple[int, int]:
    """Measure tables, and store a finished run with the outcome.

    Parameters
    ----------
    context, user
        The platform, and the user who makes the request.
    what
        The name of what is measured.
    found
        The tables.

    Returns
    -------
    tuple of int
        The ids of the job and of its run.
    """
    name = f"Scan of {what}"
    body = {"name": name, "tables": [table.id for table in found]}
    with context.store.begin() as connection:
        job_id = jobs.create_job(connection, SCAN, name, user.id, body, hidden=True)
        run_id = jobs.create_run(connection, job_id)
    jobs.claim_run(context.store, run_id)
    state = "failed"
    error: str | None = "The local platform failed to measure the tables."
    try:
        for table in found:
            catalog.refresh(context, table)
        state, error = "succeeded", None
    except CivisLocalError as failure:
        error = str(failure)
    finally:
        # However it ended: nothing else would end this run.
        jobs.finish_run(context.store, run_id, state, error)
    return job_id, run_id
