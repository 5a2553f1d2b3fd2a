"""``/imports``: imports that move tables between databases, or files into tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import ColumnElement, Connection, Row, select

from civis_nb.local.context import PlatformContext, User, context_of
from civis_nb.local.endpoints.checks import check_credential, check_database, default_credential
from civis_nb.local.endpoints.filters import KIND_ORDERS, JobId, KindConditions, page_parameters
from civis_nb.local.endpoints.imports.models import (
    Import,
    ImportBody,
    ImportCreate,
    ImportItem,
    ImportPatch,
    ImportRun,
    Sync,
)
from civis_nb.local.endpoints.jobs.models import (
    DEFAULT_TIME_ZONE,
    ArchiveBody,
    CloneBody,
    Notifications,
    Schedule,
    last_run,
    run_state,
)
from civis_nb.local.endpoints.jobs.runs import (
    RunKind,
    add_run_list,
    add_run_log,
    add_run_routes,
    run_fields,
)
from civis_nb.local.endpoints.jobs.service import JobService
from civis_nb.local.endpoints.scripts.scripts import CancelState
from civis_nb.local.endpoints.user_refs import UserRef, user_refs
from civis_nb.local.errors import Invalid, NotFound
from civis_nb.local.http.auth import current_user
from civis_nb.local.http.envelope import Page, comma_list, paginated
from civis_nb.local.http.wire import Wire
from civis_nb.local.runs import jobs as states
from civis_nb.local.runs.syncs import active_syncs, copy_syncs, shown
from civis_nb.local.store.permissions import permission_level
from civis_nb.local.store.schema import databases, job_runs, jobs

__all__ = ["IMPORTS", "router"]

router = APIRouter(tags=["imports"])


class ImportCloneBody(Wire):
    """What a copy of an import has besides the import itself."""

    clone_schedule: bool | None = None
    clone_notifications: bool | None = None


class StartedRun(Wire):
    """The run that was started."""

    run_id: int


def _check(connection: Connection, values: dict[str, Any], user_id: int) -> None:
    """Check an import, and set its credentials where none were given."""
    if "name" in values and not (values["name"] or "").strip():
        raise Invalid("name can't be blank.")
    for side in ("source", "destination"):
        host = values.get(side)
        if host is None:
            continue
        if host.get("remote_host_id") is None:
            raise Invalid(f"{side}.remoteHostId is required.")
        check_database(connection, host["remote_host_id"])
        if host.get("credential_id") is None:
            host["credential_id"] = default_credential(connection, user_id)
        check_credential(connection, host["credential_id"], user_id)


def _item_fields(
    row: Row[Any], people: dict[int, UserRef], names: dict[int, str]
) -> dict[str, Any]:
    """Return the fields that lists of imports and single ones show."""
    body = row.body
    hosts = {}
    for side in ("source", "destination"):
        host = body.get(side)
        hosts[side] = host and {
            **host,
            "additional_credentials": host.get("additional_credentials") or [],
            "name": names[host["remote_host_id"]],
        }
    return {
        **hosts,
        "id": row.id,
        "name": row.name,
        "sync_type": body["sync_type"],
        "is_outbound": body["is_outbound"],
        "job_type": states.shown_type(row.type),
        "state": run_state(row),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "last_run": last_run(row),
        "user": people[row.user_id],
        "schedule": body.get("schedule") or Schedule(),
        "time_zone": body.get("time_zone") or DEFAULT_TIME_ZONE,
        "archived": row.archived,
    }


def _database_names(connection: Connection) -> dict[int, str]:
    found = connection.execute(select(databases.c.id, databases.c.name))
    return {row.id: row.name for row in found}


def _show(_context: PlatformContext, connection: Connection, row: Row[Any]) -> Import:
    """Return an import as the API shows it."""
    people = user_refs(connection)
    body = row.body
    moved = active_syncs(connection, row.id)
    return Import(
        **_item_fields(row, people, _database_names(connection)),
        parent_id=body.get("parent_id"),
        syncs=[Sync.model_validate(shown(connection, sync, body["sync_type"])) for sync in moved],
        running_as=people.get(body.get("running_as_id"), people[row.user_id]),
        next_run_at=body.get("next_run_at"),
        notifications=body.get("notifications") or Notifications(),
        hidden=row.hidden,
        my_permission_level=permission_level(connection, "jobs", row),
    )


class _ImportService(JobService[Import]):
    def _check_change(self, connection: Connection, row: Row[Any], values: dict[str, Any]) -> None:
        old = row.body["sync_type"]
        if values["sync_type"] != old and active_syncs(connection, row.id):
            raise Invalid(f"An import that has syncs can't change its type from {old}.")

    def _cloned(self, connection: Connection, job_id: int, copy_id: int) -> None:
        copy_syncs(connection, job_id, copy_id)


IMPORTS = _ImportService(states.IMPORT, _show, _check, default_name="Import #{id}")


def _hosts(side: str, text: str) -> ColumnElement[bool]:
    """Return the condition on the databases of one side of an import."""
    numbers = [int(part) if part.isdecimal() else -1 for part in comma_list(text)]
    host: ColumnElement[int] = jobs.c.body[side]["remote_host_id"].as_integer()
    return host.in_(numbers)


@router.get("/imports", summary="List imports")
def list_imports(
    request: Request,
    response: Response,
    conditions: KindConditions,
    page: Annotated[Page, page_parameters(KIND_ORDERS, default=20, maximum=50)],
    type: Annotated[str | None, Query(description="Sync types, separated by commas.")] = None,
    destination: Annotated[
        str | None, Query(description="Ids of databases, separated by commas.")
    ] = None,
    source: Annotated[
        str | None, Query(description="Ids of databases, separated by commas; needs type Dbsync.")
    ] = None,
) -> list[ImportItem]:
    """Return the imports that pass the filters."""
    types = comma_list(type)
    if source and types != ["Dbsync"]:
        raise Invalid("source can be a filter only together with type=Dbsync.")
    found = states.jobs_with_last_run().where(jobs.c.type == states.IMPORT, *conditions)
    if types:
        found = found.where(jobs.c.body["sync_type"].as_string().in_(types))
    for side, text in (("source", source), ("destination", destination)):
        if text:
            found = found.where(_hosts(side, text))
    with context_of(request).store.read() as connection:
        rows = paginated(connection, found, page, response)
        people, names = user_refs(connection), _database_names(connection)
    return [ImportItem(**_item_fields(row, people, names)) for row in rows]


@router.post("/imports", status_code=201, summary="Create an import")
def post_imports(
    request: Request, body: ImportCreate, user: Annotated[User, Depends(current_user)]
) -> Import:
    """Create an import; it needs a sync before it can run."""
    return IMPORTS.create(request, body, user)


@router.get("/imports/{id}", summary="Get an import")
def get_imports(request: Request, id: JobId) -> Import:
    """Return an import with its syncs."""
    return IMPORTS.get(request, id)


@router.put("/imports/{id}", summary="Replace an import")
def put_imports(request: Request, id: JobId, body: ImportBody) -> Import:
    """Replace all of an import but its syncs."""
    return IMPORTS.replace(request, id, body)


@router.patch("/imports/{id}", summary="Change parts of an import")
def patch_imports(request: Request, id: JobId, body: ImportPatch) -> Import:
    """Change the fields that were sent."""
    return IMPORTS.patch(request, id, body)


@router.put("/imports/{id}/archive", summary="Archive an import, or restore it")
def put_imports_archive(request: Request, id: JobId, body: ArchiveBody) -> Import:
    """Set whether the import is archived."""
    return IMPORTS.archive(request, id, body.status)


@router.post("/imports/{id}/clone", status_code=201, summary="Copy an import")
def post_imports_clone(
    request: Request, id: JobId, body: ImportCloneBody, user: Annotated[User, Depends(current_user)]
) -> Import:
    """Create a copy, with the same syncs."""
    return IMPORTS.clone(request, id, CloneBody(**body.model_dump()), user)


@router.post("/imports/{id}/runs", status_code=202, summary="Start a run of an import")
def post_runs(request: Request, response: Response, id: JobId) -> StartedRun:
    """Start a run; its state is under ``/imports/files/{id}/runs/{run_id}``."""
    context = context_of(request)
    row = states.start_run(context, id, states.IMPORT)
    response.headers["Location"] = f"{context.endpoint}/imports/files/{id}/runs/{row.id}"
    return StartedRun(run_id=row.id)


@router.post("/imports/{id}/cancel", status_code=202, summary="Cancel an import's run")
def post_cancel(request: Request, id: JobId) -> CancelState:
    """Cancel the active run of an import; the id in the path is the import's."""
    context = context_of(request)
    active = select(job_runs.c.id).where(
        job_runs.c.job_id == id, job_runs.c.state.in_(states.ACTIVE)
    )
    with context.store.read() as connection:
        job = states.find_job(connection, id)
        run_id = connection.scalar(active)
    if job.type not in (states.IMPORT, states.CSV_IMPORT):
        raise NotFound(f"Import {id}")
    if run_id is None:
        raise NotFound(f"An active run of import {id}", "It is not running.")
    row = states.cancel_run(context, id, run_id)
    return CancelState(id=row.id, state=row.state, is_cancel_requested=row.is_cancel_requested)


def _run(_context: PlatformContext, row: Row[Any]) -> ImportRun:
    return ImportRun(import_id=row.job_id, **run_fields(row))


_kind = RunKind(
    job_type=states.IMPORT,
    path="/imports/files",
    noun="import",
    model=ImportRun,
    show=_run,
    lists_outputs=False,
)
add_run_routes(router, _kind)
for add_routes in (add_run_list, add_run_log):
    add_routes(router, replace(_kind, path="/imports"))
