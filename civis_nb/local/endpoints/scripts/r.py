"""``/scripts/r``: R scripts, run by the machine's Rscript."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from civis_nb.local.context import PlatformContext
from civis_nb.local.endpoints.jobs.models import Run
from civis_nb.local.endpoints.jobs.runs import RunKind
from civis_nb.local.endpoints.scripts.source_scripts import source_router, source_scripts, used
from civis_nb.local.runs import jobs as states

__all__ = ["R_SCRIPTS", "router"]


class RRun(Run):
    """A run of an R script."""

    r_id: int
    is_cancel_requested: bool
    max_memory_usage: float | None = None
    max_cpu_usage: float | None = None


def _run(_context: PlatformContext, row: Row[Any]) -> RRun:
    return RRun(r_id=row.job_id, **used(row))


R_SCRIPTS = source_scripts(states.R)

router = source_router(
    R_SCRIPTS,
    RunKind(
        job_type=states.R,
        path="/scripts/r",
        noun="script in R",
        model=RRun,
        show=_run,
        patch_path="/scripts/r",
        posts_outputs=True,
    ),
)
