"""``/scripts/python3``: Python scripts, run as processes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from civis_nb.local.context import PlatformContext
from civis_nb.local.endpoints.jobs.models import Run
from civis_nb.local.endpoints.jobs.runs import RunKind
from civis_nb.local.endpoints.scripts.source_scripts import source_router, source_scripts, used
from civis_nb.local.runs import jobs as states

__all__ = ["PYTHON3_SCRIPTS", "router"]


class PythonRun(Run):
    """A run of a Python script."""

    python_id: int
    is_cancel_requested: bool
    max_memory_usage: float | None = None
    max_cpu_usage: float | None = None


def _run(_context: PlatformContext, row: Row[Any]) -> PythonRun:
    return PythonRun(python_id=row.job_id, **used(row))


PYTHON3_SCRIPTS = source_scripts(states.PYTHON3)

router = source_router(
    PYTHON3_SCRIPTS,
    RunKind(
        job_type=states.PYTHON3,
        path="/scripts/python3",
        noun="Python script",
        model=PythonRun,
        show=_run,
        patch_path="/scripts/python3",
        posts_outputs=True,
    ),
)
