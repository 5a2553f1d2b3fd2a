"""Jobs and their runs: how they are created, found, and moved from state to state.

A run is queued, then running, then succeeded, failed or cancelled. Every step is one guarded
UPDATE that names the state it starts from, so that of two that race only one takes place: a run
never ends twice, and what has ended never changes again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    func,
    select,
)

from civis_nb.local.context import PlatformContext
from civis_nb.local.errors import Conflict, NotFound
from civis_nb.local.runs import statements
from civis_nb.local.runs.parameters import check_accessible, check_arguments
from civis_nb.local.runs.statements import ACTIVE
from civis_nb.local.store import Store, utc_now
from civis_nb.local.store.permissions import visible
from civis_nb.local.store.schema import job_runs, jobs

__all__ = [
    "ACTIVE",
    "CONTAINER",
    "CSV_EXPORT",
    "CSV_IMPORT",
    "CUSTOM",
    "IMPORT",
    "PREPROCESS",
    "PYTHON3",
    "QUERY",
    "SQL",
    "R",
    "add_run",
    "cancel_run",
    "claim_run",
    "create_job",
    "create_run",
    "fail_runs",
    "find_job",
    "find_run",
    "finish_run",
    "jobs_with_last_run",
    "locked_job",
    "of_type",
    "queue_run",
    "request_cancel",
    "shown_type",
    "stable",
    "start_run",
    "stored_types",
    "update_job",
]

SQL = "JobTypes::SqlRunner"
PYTHON3 = "JobTypes::PythonDocker"
R = "JobTypes::RDocker"
CONTAINER = "JobTypes::ContainerDocker"
QUERY = "JobTypes::Query"
CSV_IMPORT = "JobTypes::Import"
IMPORT = "JobTypes::Import/sync"
CSV_EXPORT = "JobTypes::CsvExport"
PREPROCESS = "JobTypes::CsvPreprocess"
#: Custom scripts: no job has this type, they have that of their template's script.
CUSTOM = "JobTypes::Custom"

#: Types that the API shows under another name than the store has.
_SHOWN = {
    CSV_IMPORT: "JobTypes::CsvImport",
    IMPORT: "JobTypes::Import",
    "JobTypes::TableScan": "JobTypes::SingleTableScanner",
}

#: How long a request to cancel waits for the run to end, so that its answer can say so.
CANCEL_WAIT_S = 10.0


def create_job(
    connection: Connection,
    job_type: str,
    name: str | None,
    user_id: int,
    body: dict[str, Any],
    *,
    hidden: bool = False,
    default_name: str = "Script #{id}",
    from_template_id: int | None = None,
) -> int:
    """Store a new job and return its id; without a name it gets one from `default_name`."""
    now = utc_now()
    values = {
        "type": job_type,
        "name": name or "",
        "user_id": user_id,
        "body": body,
        "hidden": hidden,
        "archived": False,
        "from_template_id": from_template_id,
        "created_at": now,
        "updated_at": now,
    }
    job_id = int(connection.execute(statements.ADD_JOB, values).inserted_primary_key[0])  # type: ignore[index]
    if not name:
        names = {"this_job": job_id, "new_name": default_name.replace("{id}", str(job_id))}
        connection.execute(statements.NAME_JOB, names)
    return job_id


def update_job(connection: Connection, job_id: int, **values: Any) -> None:
    """Change a job's columns and the time of its last change."""
    changed = jobs.update().where(jobs.c.id == job_id)
    connection.execute(changed.values(updated_at=utc_now(), **values))


@contextmanager
def locked_job(
    store: Store, job_id: int, job_type: str | None = None
) -> Iterator[tuple[Connection, Row[Any]]]:
    """Open a transaction on a job that nobody else can change before it ends.

    For every change that depends on what the job was: read and written in two transactions, it
    would undo what another client wrote in between.

    Raises
    ------
    NotFound
        When there is no such job.
    """
    with store.begin() as connection:
        yield connection, find_job(connection, job_id, job_type)


def find_job(connection: Connection, job_id: int, job_type: str | None = None) -> Row[Any]:
    """Return a job, of the given type where one is given.

    Raises
    ------
    NotFound
        When there is none.
    """
    query = select(jobs).where(jobs.c.id == job_id)
    row = connection.execute(query.where(*of_type(job_type))).first()
    if row is None:
        what = f"{_WORDS.get(job_type or '', 'Job')} {job_id}"
        raise NotFound(what)
    return row


def of_type(job_type: str | None) -> list[ColumnElement[bool]]:
    """Return the conditions that a job is of a type; none for None, which is any."""
    if job_type is None:
        return []
    is_custom = job_type == CUSTOM
    return [jobs.c.from_template_id.is_not(None) if is_custom else jobs.c.type == job_type]


_WORDS = {
    CUSTOM: "Custom script",
    SQL: "SQL script",
    PYTHON3: "Python script",
    R: "R script",
    CONTAINER: "Container script",
    QUERY: "Query",
    CSV_IMPORT: "CSV import",
    PREPROCESS: "CSV preprocessing job",
    IMPORT: "Import",
    CSV_EXPORT: "CSV export",
}


def shown_type(job_type: str) -> str:
    """Return a job's type as the API shows it.

    Examples
    --------
    >>> shown_type(IMPORT), shown_type(SQL)
    ('JobTypes::Import', 'JobTypes::SqlRunner')
    """
    return _SHOWN.get(job_type, job_type)


def stored_types(shown: Iterable[str]) -> set[str]:
    """Return the types that the API shows as one of these."""
    asked = set(shown)
    renamed = {stored for stored, name in _SHOWN.items() if name in asked}
    return renamed | {name for name in asked if name not in _SHOWN}


def find_run(connection: Connection, job_id: int, run_id: int) -> Row[Any]:
    """Return a run of a job.

    Raises
    ------
    NotFound
        When the job has no such run.
    """
    query = select(job_runs).where(job_runs.c.id == run_id, job_runs.c.job_id == job_id)
    row = connection.execute(query).first()
    if row is None:
        raise NotFound(f"Run {run_id} of job {job_id}")
    return row


def jobs_with_last_run(*more: Any) -> Select[Any]:
    """Select the jobs that a request may see, each with its last run.

    The columns of the run are prefixed ``run_``, and null when there is none.
    """
    other = job_runs.alias()
    newest = select(func.max(other.c.id)).where(other.c.job_id == jobs.c.id)
    run = [
        getattr(job_runs.c, name).label(f"run_{name}")
        for name in ("id", "state", "created_at", "started_at", "finished_at", "error")
    ]
    last = newest.correlate(jobs).scalar_subquery()
    joined = jobs.outerjoin(job_runs, job_runs.c.id == last)
    return select(jobs, *run, *more).select_from(joined).where(*visible("jobs"))


def stable(column: Any, identity: Any = jobs.c.id) -> tuple[Any, Any]:
    """Return an order that has no ties, so that pages neither repeat nor lose an item."""
    return column, identity


def create_run(connection: Connection, job_id: int, *, code: str = "conflict") -> int:
    """Store a queued run of a job and return its id.

    Raises
    ------
    Conflict
        With `code`, when a run of the job is active.
    """
    running = connection.scalar(statements.ACTIVE_RUN, {"this_job": job_id})
    if running is not None:
        raise Conflict(
            f"Job {job_id} is already running (run {running}). Wait for its end, or cancel it.",
            code,
        )
    return add_run(connection, job_id)


def add_run(connection: Connection, job_id: int) -> int:
    """Store a queued run of a job that has no active one, as a new job, and return its id."""
    values = {"job_id": job_id, "state": "queued", "created_at": utc_now()}
    inserted = connection.execute(statements.ADD_RUN, {**values, "is_cancel_requested": False})
    return int(inserted.inserted_primary_key[0])  # type: ignore[index]


def queue_run(
    connection: Connection, job_id: int, job_type: str | None = None, *, code: str = "conflict"
) -> Row[Any]:
    """Store a queued run of a job and return it; it is to be submitted after the transaction.

    Raises
    ------
    NotFound
        When there is no such job.
    Conflict
        When it is active.
    Invalid
        When a required parameter has no value, or an argument does not fit its parameter's type.
    """
    job = find_job(connection, job_id, job_type)
    params, arguments = job.body.get("params") or [], job.body.get("arguments") or {}
    check_arguments(params, arguments)
    fixed = job.from_template_id is None
    check_accessible(connection, params, arguments, job.user_id, fixed=fixed)
    run_id = create_run(connection, job_id, code=code)
    return find_run(connection, job_id, run_id)


def start_run(
    context: PlatformContext, job_id: int, job_type: str | None = None, *, code: str = "conflict"
) -> Row[Any]:
    """Queue a run of a job (`queue_run`), submit it, and return it as it was when queued."""
    with context.store.begin() as connection:
        row = queue_run(connection, job_id, job_type, code=code)
        job = find_job(connection, job_id)
    context.runner.submit(row.id, job.type, job.user_id)
    return row


def claim_run(store: Store, run_id: int) -> Row[Any] | None:
    """Move a queued run to running and return its job; None when it is queued no more."""
    with store.begin() as connection:
        claimed = connection.execute(statements.CLAIM, {"this_run": run_id, "now": utc_now()})
        if claimed.rowcount != 1:
            return None
        return connection.execute(statements.JOB_OF_RUN, {"this_run": run_id}).one()


def finish_run(
    store: Store,
    run_id: int,
    state: str,
    error: str | None = None,
    result: dict[str, Any] | None = None,
    *,
    complete: bool = False,
) -> str | None:
    """End an active run and return the state it ended in; None when it had ended before.

    A run whose cancellation was requested ends as cancelled, whatever it came to: unless what it
    did is `complete`, and can't be undone. An error that the job itself reported (PATCH of its
    run) stays.
    """
    values: dict[str, Any] = {
        "this_run": run_id,
        "now": utc_now(),
        "undone": not complete,
        "new_state": state,
        "new_error": error,
    }
    if result is not None:
        values["new_result"] = result
    with store.begin() as connection:
        ended_as: str | None = connection.scalar(
            statements.FINISH if result is None else statements.FINISH_WITH_RESULT, values
        )
        return ended_as


def request_cancel(store: Store, run_id: int) -> str | None:
    """Request the end of a run: a queued one is cancelled at once, a running one is marked.

    Returns
    -------
    str or None
        The state that the run had; None when it had ended before.
    """
    run = job_runs.c
    now = utc_now()
    with store.begin() as connection:
        for state, values in (
            ("queued", {"state": "cancelled", "finished_at": now, "is_cancel_requested": True}),
            ("running", {"is_cancel_requested": True}),
        ):
            marked = connection.execute(
                job_runs.update().where(run.id == run_id, run.state == state).values(**values)
            )
            if marked.rowcount == 1:
                return state
    return None


def cancel_run(context: PlatformContext, job_id: int, run_id: int) -> Row[Any]:
    """Cancel an active run and return it, ended if it ends within `CANCEL_WAIT_S`.

    Raises
    ------
    NotFound
        When the job has no such run, or the run has ended.
    """
    with context.store.read() as connection:
        find_run(connection, job_id, run_id)
    if not context.runner.cancel(run_id):
        raise NotFound(f"Active run {run_id} of job {job_id}", "It has ended already.")
    context.runner.wait(run_id, CANCEL_WAIT_S)
    with context.store.read() as connection:
        return find_run(connection, job_id, run_id)


def fail_runs(store: Store, message: str, among: Sequence[str] = ACTIVE) -> list[Row[Any]]:
    """End all runs that are in one of the states `among` as failed; return them as they were."""
    chosen = job_runs.c.state.in_(among)
    with store.begin() as connection:
        rows = list(connection.execute(select(job_runs).where(chosen)))
        connection.execute(
            job_runs.update()
            .where(chosen)
            .values(
                state="failed",
                error=message,
                finished_at=utc_now(),
                process_id=None,
                process_started_at=None,
            )
        )
    return rows
