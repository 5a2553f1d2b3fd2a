"""Which code carries out which type of job, and on which kind of worker."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from civis_nb.errors import CivisLocalError
from civis_nb.local.runs import jobs
from civis_nb.local.runs.task import RunTask

__all__ = ["handler_of", "lane_of"]

#: Job type: the kind of worker, the module and the function. Modules are loaded when first
#: needed: some of them load DuckDB.
_HANDLERS = {
    jobs.PYTHON3: ("process", "scripts", "run_python3"),
    jobs.CONTAINER: ("process", "scripts", "run_container"),
    jobs.SQL: ("sql", "exports", "run_sql_script"),
    jobs.QUERY: ("sql", "queries", "run_query"),
    jobs.CSV_IMPORT: ("sql", "csv_files", "run_import"),
    jobs.IMPORT: ("sql", "imports", "run_import_job"),
    jobs.CSV_EXPORT: ("sql", "exports", "run_csv_export"),
    jobs.PREPROCESS: ("sql", "csv_files", "run_preprocess"),
}


def lane_of(job_type: str) -> str:
    """Return the kind of worker that a job type needs: ``sql`` or ``process``."""
    return _HANDLERS[job_type][0] if job_type in _HANDLERS else "sql"


def handler_of(job_type: str) -> Callable[[RunTask], None]:
    """Return the function that carries out runs of a job type.

    Raises
    ------
    CivisLocalError
        When the local platform has none.
    """
    if job_type not in _HANDLERS:
        raise CivisLocalError(f"The local platform can't run jobs of type {job_type}.")
    _lane, module, name = _HANDLERS[job_type]
    handler: Callable[[RunTask], None] = getattr(
        importlib.import_module(f"civis_nb.local.runs.handlers.{module}"), name
    )
    return handler
