"""The routes of runs, alike under every type of job: start, get, cancel, logs, outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BeforeValidator
from sqlalchemy import Connection, Row, select

from civis_nb.local.context import PlatformContext, context_of
from civis_nb.local.endpoints.filters import JobId, Limit, page_parameters, time_filter
from civis_nb.local.endpoints.jobs.models import (
    LogBody,
    LogEntry,
    Output,
    OutputBody,
    Run,
    RunPatch,
)
from civis_nb.local.errors import Invalid, NotFound
from civis_nb.local.files.run_logs import LogLine
from civis_nb.local.http.envelope import Page, paginated
from civis_nb.local.http.wire import Wire
from civis_nb.local.runs import jobs as states
from civis_nb.local.runs.logs import read_logs
from civis_nb.local.runs.outputs import add_output, output_item
from civis_nb.local.store import utc_now
from civis_nb.local.store.schema import job_runs, outputs
from civis_nb.spec.names import snake_to_camel

__all__ = [
    "RunKind",
    "add_log_post",
    "add_run_list",
    "add_run_log",
    "add_run_routes",
    "run_fields",
]

#: The number of the last run, whatever its id.
_LAST = 0


def _run_number(value: Any) -> Any:
    # The official client requests run "None" of a query whose run it does not know: the last one.
    return _LAST if value == "None" else value


_RUN_ORDERS = {"id": job_runs.c.id}
_OUTPUT_ORDERS = {
    "created_at": states.stable(outputs.c.created_at, outputs.c.id),
    "id": outputs.c.id,
}
_RunId = Annotated[int, BeforeValidator(_run_number), Path(description="The id of the run.")]
_LastId = Annotated[
    int | None, Query(description="Return only entries with a higher id, in the order of ids.")
]


@dataclass(frozen=True)
class RunKind:
    """How runs of one type of job are served.

    Attributes
    ----------
    job_type
        The type of the jobs; None: any.
    path
        What the routes start with, e.g. ``/scripts/sql``.
    noun
        What the API calls such a job.
    model
        The response model.
    show
        Makes the model's fields of a row of the runs.
    patch_path
        The start of the path under which a run's error is set; None: it can't be.
    posts_outputs, lists_outputs
        Whether outputs can be added and listed.
    start_status
        The status of the reply to the start of a run.
    conflict_code
        The code of the error when a run is active already.
    """

    job_type: str | None
    path: str
    noun: str
    model: type[Wire]
    show: Callable[[PlatformContext, Row[Any]], Wire]
    patch_path: str | None = None
    posts_outputs: bool = False
    lists_outputs: bool = True
    start_status: int = 202
    conflict_code: str = "conflict"


def run_fields(row: Row[Any]) -> dict[str, Any]:
    """Return the fields that all typed runs have."""
    return {
        "id": row.id,
        "state": row.state,
        "created_at": row.created_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "error": row.error,
        "is_cancel_requested": row.is_cancel_requested,
    }


def _found(connection: Connection, kind: RunKind, job_id: int, run_id: int) -> Row[Any]:
    """Return a run of a job of one kind; for the number 0, its last run."""
    states.find_job(connection, job_id, kind.job_type)
    if run_id != _LAST:
        return states.find_run(connection, job_id, run_id)
    newest = select(job_runs).where(job_runs.c.job_id == job_id).order_by(job_runs.c.id.desc())
    row = connection.execute(newest.limit(1)).first()
    if row is None:
        raise NotFound(f"A run of job {job_id}")
    return row


def add_run_routes(router: APIRouter, kind: RunKind) -> None:
    """Add all routes of one type's runs to a router."""
    _add_start(router, kind)
    add_run_list(router, kind)
    _add_get(router, kind)
    _add_cancel(router, kind)
    add_run_log(router, kind)
    if kind.lists_outputs:
        _add_outputs(router, kind)
    if kind.posts_outputs:
        _add_output_post(router, kind)
    if kind.patch_path:
        _add_patch(router, kind, kind.patch_path)


def _add_start(router: APIRouter, kind: RunKind) -> None:
    """Add the route that starts a run."""

    @router.post(
        f"{kind.path}/{{id}}/runs",
        status_code=kind.start_status,
        response_model=kind.model,
        summary=f"Start a run of a {kind.noun}",
    )
    def post_runs(request: Request, response: Response, id: JobId) -> Any:
        context = context_of(request)
        row = states.start_run(context, id, kind.job_type, code=kind.conflict_code)
        response.headers["Location"] = f"{context.endpoint}{kind.path}/{id}/runs/{row.id}"
        return kind.show(context, row)


def add_run_list(router: APIRouter, kind: RunKind) -> None:
    """Add the route that lists the runs."""

    @router.get(
        f"{kind.path}/{{id}}/runs",
        response_model=list[kind.model],  # type: ignore[name-defined]
        summary=f"List the runs of a {kind.noun}",
    )
    def list_runs(
        request: Request,
        response: Response,
        id: JobId,
        page: Annotated[Page, page_parameters(_RUN_ORDERS, default=20, maximum=100)],
    ) -> Any:
        context = context_of(request)
        query = select(job_runs).where(job_runs.c.job_id == id)
        with context.store.read() as connection:
            states.find_job(connection, id, kind.job_type)
            rows = paginated(connection, query, page, response)
        return [kind.show(context, row) for row in rows]


def _add_get(router: APIRouter, kind: RunKind) -> None:
    """Add the route that returns a run."""

    @router.get(
        f"{kind.path}/{{id}}/runs/{{run_id}}",
        response_model=kind.model,
        summary=f"Get a run of a {kind.noun}",
    )
    def get_runs(request: Request, id: JobId, run_id: _RunId) -> Any:
        context = context_of(request)
        with context.store.read() as connection:
            row = _found(connection, kind, id, run_id)
        return kind.show(context, row)


def _add_cancel(router: APIRouter, kind: RunKind) -> None:
    """Add the route that cancels a run."""

    @router.delete(
        f"{kind.path}/{{id}}/runs/{{run_id}}",
        status_code=202,
        response_model=kind.model,
        summary=f"Cancel a run of a {kind.noun}",
    )
    def delete_runs(request: Request, id: JobId, run_id: _RunId) -> Any:
        context = context_of(request)
        with context.store.read() as connection:
            found = _found(connection, kind, id, run_id)
        return kind.show(context, states.cancel_run(context, id, found.id))


def add_run_log(router: APIRouter, kind: RunKind) -> None:
    """Add the route that reads a run's log."""

    @router.get(
        f"{kind.path}/{{id}}/runs/{{run_id}}/logs",
        response_model=list[LogEntry],
        summary=f"Read the log of a run of a {kind.noun}",
    )
    def list_runs_logs(
        request: Request,
        id: JobId,
        run_id: _RunId,
        last_id: _LastId = None,
        limit: Limit = None,
    ) -> Any:
        context = context_of(request)
        with context.store.read() as connection:
            found = _found(connection, kind, id, run_id)
        context.runner.store_log(found.id)
        page = read_logs(context, id, found.id, last_id, limit)
        # Written as it is: checking ten thousand entries once more would take most of the time.
        names = [snake_to_camel(name) for name in LogLine._fields]
        entries = [dict(zip(names, entry, strict=True)) for entry in page.entries]
        return JSONResponse(entries, headers=page.headers)


def add_log_post(router: APIRouter, kind: RunKind) -> None:
    """Add the route by which a job writes to its log."""

    @router.post(
        f"{kind.path}/{{id}}/runs/{{run_id}}/logs",
        status_code=204,
        summary=f"Add messages to the log of a run of a {kind.noun}",
    )
    def post_runs_logs(request: Request, id: JobId, run_id: _RunId, body: LogBody) -> None:
        context = context_of(request)
        with context.store.read() as connection:
            found = _found(connection, kind, id, run_id)
        now = utc_now()
        entries = [(body.level or "info", body.message, now)] if body.message is not None else []
        for entry in body.messages:
            moment = time_filter("createdAt", entry.created_at) if entry.created_at else now
            entries.append((entry.level, entry.message, moment))
        if not entries:
            raise Invalid("Give a message, or messages.")
        context.logs.append(found.id, entries)


def _add_outputs(router: APIRouter, kind: RunKind) -> None:
    """Add the route that lists the outputs of a run."""

    @router.get(
        f"{kind.path}/{{id}}/runs/{{run_id}}/outputs",
        response_model=list[Output],
        summary=f"List the outputs of a run of a {kind.noun}",
    )
    def list_runs_outputs(
        request: Request,
        response: Response,
        id: JobId,
        run_id: _RunId,
        page: Annotated[Page, page_parameters(_OUTPUT_ORDERS, default=50, maximum=50)],
    ) -> Any:
        context = context_of(request)
        with context.store.read() as connection:
            found = _found(connection, kind, id, run_id)
            query = select(outputs).where(outputs.c.run_id == found.id)
            rows = paginated(connection, query, page, response)
            return [output_item(connection, row, _host(context)) for row in rows]


def _add_output_post(router: APIRouter, kind: RunKind) -> None:
    """Add the route that adds an output to a run."""

    @router.post(
        f"{kind.path}/{{id}}/runs/{{run_id}}/outputs",
        status_code=202,
        response_model=Output,
        summary=f"Add an output to a run of a {kind.noun}",
    )
    def post_runs_outputs(request: Request, id: JobId, run_id: _RunId, body: OutputBody) -> Any:
        context = context_of(request)
        with context.store.begin() as connection:
            # Of any type: helpers inside Python scripts post to the path of containers.
            found = states.find_run(connection, id, run_id)
            made = add_output(connection, found.id, body.object_type, body.object_id)
            row = connection.execute(select(outputs).where(outputs.c.id == made)).one()
            return output_item(connection, row, _host(context))


def _add_patch(router: APIRouter, kind: RunKind, path: str) -> None:
    """Add the route that sets the error of a run."""

    @router.patch(
        f"{path}/{{id}}/runs/{{run_id}}",
        status_code=204,
        summary=f"Set the error of a run of a {kind.noun}",
    )
    def patch_runs(request: Request, id: JobId, run_id: _RunId, body: RunPatch) -> None:
        with context_of(request).store.begin() as connection:
            found = _found(connection, kind, id, run_id)
            changed = job_runs.update().where(job_runs.c.id == found.id)
            if "error" in body.model_fields_set:
                connection.execute(changed.values(error=body.error))


def _host(context: PlatformContext) -> str:
    return urlsplit(context.endpoint).netloc


def show_common(_context: PlatformContext, row: Row[Any]) -> Run:
    """Return a run in the fields that all runs have."""
    return Run.model_validate(run_fields(row))
