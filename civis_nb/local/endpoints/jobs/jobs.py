"""``/jobs``: jobs of every type and their runs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection, Row, Text, cast, func, or_, select

from civis_nb.local.context import PlatformContext, context_of
from civis_nb.local.endpoints.filters import (
    JobConditions,
    JobId,
    last_run_updated_at,
    page_parameters,
    state_filter,
)
from civis_nb.local.endpoints.jobs.models import ArchiveBody, Run, Schedule, last_run, run_state
from civis_nb.local.endpoints.jobs.runs import RunKind, add_run_routes, show_common
from civis_nb.local.endpoints.jobs.service import job_row
from civis_nb.local.endpoints.user_refs import UserRef, user_refs
from civis_nb.local.errors import Invalid
from civis_nb.local.http.envelope import Page, comma_list, paginated
from civis_nb.local.http.wire import Wire
from civis_nb.local.runs import jobs as states
from civis_nb.local.store.permissions import LEVELS, Level, permission_level, visible
from civis_nb.local.store.schema import job_runs, jobs

__all__ = ["router"]

router = APIRouter(tags=["jobs"])

#: A job shows its latest runs; all of them are under its runs.
_RUNS_SHOWN = 50


class _ShortJob(Wire):
    id: int
    name: str
    type: str
    from_template_id: int | None
    state: str
    created_at: str
    updated_at: str
    last_run: Run | None


class JobItem(_ShortJob):
    """A job in a list."""

    last_run_updated_at: str | None
    archived: bool
    author: UserRef
    schedule: Schedule


class Job(JobItem):
    """A job."""

    runs: list[Run]
    hidden: bool
    my_permission_level: Level
    success_email_subject: str | None = None
    success_email_body: str | None = None
    running_as_user: str
    run_by_user: str


class NestedJob(_ShortJob):
    """A job with those that it starts."""

    runs: list[Run]
    children: list[NestedJob]


def _short_fields(row: Row[Any]) -> dict[str, Any]:
    """Return the fields that nested jobs show too."""
    return {
        "id": row.id,
        "name": row.name,
        "type": states.shown_type(row.type),
        "from_template_id": row.from_template_id,
        "state": run_state(row),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "last_run": last_run(row),
    }


def _fields(row: Row[Any], people: dict[int, UserRef]) -> dict[str, Any]:
    """Return the fields that lists of jobs and single ones show."""
    return {
        **_short_fields(row),
        "last_run_updated_at": row.run_finished_at or row.run_started_at or row.run_created_at,
        "archived": row.archived,
        "author": people[row.user_id],
        "schedule": row.body.get("schedule") or Schedule(),
    }


_ORDERS = {
    "updated_at": states.stable(jobs.c.updated_at),
    "last_run_updated_at": states.stable(last_run_updated_at()),
}


@router.get("/jobs", summary="List jobs of all types")
def list_jobs(
    request: Request,
    response: Response,
    conditions: JobConditions,
    page: Annotated[Page, page_parameters(_ORDERS, default=50, maximum=50)],
    state: Annotated[str | None, Query(description="States, separated by commas.")] = None,
    type: Annotated[str | None, Query(description="Job types, separated by commas.")] = None,
    q: Annotated[str | None, Query(description="Text in the id, the name or the type.")] = None,
    permission: Annotated[
        str | None,
        Query(
            description="What one may do with the jobs.",
            json_schema_extra={"enum": list(LEVELS)},
        ),
    ] = None,
    scheduled: Annotated[bool | None, Query(description="Whether the job is scheduled.")] = None,
) -> list[JobItem]:
    """Return the jobs that pass the filters."""
    found = states.jobs_with_last_run().where(*conditions)
    if permission:
        if permission not in LEVELS:
            raise Invalid(f"permission must be one of {', '.join(LEVELS)}.")
        found = found.where(*visible("jobs", permission))
    if state:
        found = found.where(state_filter(comma_list(state)))
    if type:
        found = found.where(jobs.c.type.in_(states.stored_types(comma_list(type))))
    if q:
        found = found.where(
            or_(
                jobs.c.name.icontains(q, autoescape=True),
                jobs.c.type.icontains(q, autoescape=True),
                cast(jobs.c.id, Text) == q.strip(),
            )
        )
    if scheduled is not None:
        on = func.coalesce(jobs.c.body["schedule"]["scheduled"].as_boolean(), False)
        found = found.where(on.is_(scheduled))
    with context_of(request).store.read() as connection:
        rows = paginated(connection, found, page, response)
        people = user_refs(connection)
    return [JobItem(**_fields(row, people)) for row in rows]


def _latest_runs(context: PlatformContext, connection: Connection, job_id: int) -> list[Run]:
    newest = select(job_runs).where(job_runs.c.job_id == job_id).order_by(job_runs.c.id.desc())
    return [show_common(context, run) for run in connection.execute(newest.limit(_RUNS_SHOWN))]


def _job(request: Request, job_id: int) -> Job:
    """Return a job as the API shows it."""
    context = context_of(request)
    with context.store.read() as connection:
        row = job_row(connection, job_id)
        people = user_refs(connection)
        runs = _latest_runs(context, connection, job_id)
        level = permission_level(connection, "jobs", row)
    notifications = row.body.get("notifications") or {}
    username = people[row.user_id].username
    return Job(
        **_fields(row, people),
        runs=runs,
        hidden=row.hidden,
        my_permission_level=level,
        success_email_subject=notifications.get("success_email_subject"),
        success_email_body=notifications.get("success_email_body"),
        running_as_user=username,
        run_by_user=username,
    )


@router.get("/jobs/{id}", summary="Get a job")
def get_jobs(request: Request, id: JobId) -> Job:
    """Return a job with its latest runs."""
    return _job(request, id)


@router.get("/jobs/{id}/parents", summary="List the jobs that start a job")
def list_parents(request: Request, id: JobId) -> list[Job]:
    """Return the job after whose end this one is to start, if it names one that is there."""
    with context_of(request).store.read() as connection:
        parent_id = states.find_job(connection, id).body.get("parent_id")
        known = connection.scalar(select(jobs.c.id).where(jobs.c.id == parent_id, *visible("jobs")))
    return [] if known is None else [_job(request, known)]


@router.get("/jobs/{id}/children", summary="List the jobs that a job starts")
def list_children(request: Request, id: JobId) -> list[NestedJob]:
    """Return the jobs that name this one as their parent, each with its own."""
    context = context_of(request)
    with context.store.read() as connection:
        states.find_job(connection, id)
        return _children(context, connection, id, {id})


def _children(
    context: PlatformContext, connection: Connection, job_id: int, seen: set[int]
) -> list[NestedJob]:
    """Return the jobs that name a job as their parent, each with its own; each once."""
    named = states.jobs_with_last_run().where(jobs.c.body["parent_id"].as_integer() == job_id)
    found = []
    for row in connection.execute(named.order_by(jobs.c.id)).all():
        # Two jobs may name one another.
        if row.id in seen:
            continue
        seen.add(row.id)
        found.append(
            NestedJob(
                **_short_fields(row),
                runs=_latest_runs(context, connection, row.id),
                children=_children(context, connection, row.id, seen),
            )
        )
    return found


@router.put("/jobs/{id}/archive", summary="Archive a job, or restore it")
def put_jobs_archive(request: Request, id: JobId, body: ArchiveBody) -> Job:
    """Set whether the job is archived."""
    with states.locked_job(context_of(request).store, id) as (connection, _row):
        states.update_job(connection, id, archived=body.status)
    return _job(request, id)


add_run_routes(
    router,
    RunKind(
        job_type=None,
        path="/jobs",
        noun="job",
        model=Run,
        show=show_common,
        start_status=201,
        conflict_code="already_running",
    ),
)
