"""Which function carries out which type of job, and on which kind of worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from civis_nb.errors import CivisLocalError
from civis_nb.local.runs import jobs
from civis_nb.local.runs.handlers.csv_files import run_import, run_preprocess
from civis_nb.local.runs.handlers.exports import run_csv_export, run_sql_script
from civis_nb.local.runs.handlers.imports import run_import_job
from civis_nb.local.runs.handlers.queries import run_query
from civis_nb.local.runs.handlers.scripts import run_container, run_python3, run_r
from civis_nb.local.runs.task import RunTask

__all__ = ["Handler", "handler_of"]


@dataclass(frozen=True)
class Handler:
    """What carries out the runs of one type of job.

    Attributes
    ----------
    workers
        The kind of worker that it occupies.
    run
        The function; it returns when the work is done, and raises when it fails.
    """

    workers: Literal["sql", "process"]
    run: Callable[[RunTask], None]


_HANDLERS = {
    jobs.PYTHON3: Handler("process", run_python3),
    jobs.R: Handler("process", run_r),
    jobs.CONTAINER: Handler("process", run_container),
    jobs.SQL: Handler("sql", run_sql_script),
    jobs.QUERY: Handler("sql", run_query),
    jobs.CSV_IMPORT: Handler("sql", run_import),
    jobs.IMPORT: Handler("sql", run_import_job),
    jobs.CSV_EXPORT: Handler("sql", run_csv_export),
    jobs.PREPROCESS: Handler("sql", run_preprocess),
}


def handler_of(job_type: str) -> Handler:
    """Return what carries out the runs of a job type; of an unknown one, a handler that fails."""
    return _HANDLERS.get(job_type, _UNKNOWN)


def _refuse(task: RunTask) -> None:
    """Raise, for a job of a type that this platform does not know."""
    raise CivisLocalError(f"The local platform can't run jobs of type {task.job_type}.")


_UNKNOWN = Handler("sql", _refuse)
