"""``/scripts``: what does not depend on a script's type: list, get, run, cancel."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from sqlalchemy import select

from civis_nb.local.context import context_of
from civis_nb.local.endpoints.filters import KIND_ORDERS, JobId, KindConditions, page_parameters
from civis_nb.local.endpoints.jobs.models import DEFAULT_TIME_ZONE, Run, last_run, run_state
from civis_nb.local.endpoints.jobs.service import job_row
from civis_nb.local.endpoints.scripts.fields import (
    TYPE_PATHS,
    TYPE_WORDS,
    script_fields,
    type_path,
    type_word,
)
from civis_nb.local.endpoints.scripts.models import Links, Project, Script, ShortScript
from civis_nb.local.endpoints.user_refs import UserRef, user_refs
from civis_nb.local.errors import Invalid, NotFound
from civis_nb.local.http.envelope import Page, comma_filter, known_words, paginated
from civis_nb.local.http.wire import Wire
from civis_nb.local.runs import jobs as states
from civis_nb.local.runs.placeholders import expanded_arguments
from civis_nb.local.store.schema import job_runs, jobs

__all__ = ["router"]

router = APIRouter(tags=["scripts"])

_TYPES = {path: job_type for job_type, path in TYPE_PATHS.items()}
#: With those of Civis Platform of which there are none here.
_KNOWN_TYPES = (*_TYPES, "javascript", "dbt")
_CATEGORIES = ("script", "import", "export", "enhancement")


class ScriptType(Wire):
    """A type of script."""

    name: str


class ScriptItem(ShortScript):
    """A script in a list."""

    projects: list[Project] = Field(default_factory=list)
    parent_id: int | None
    is_template: bool = False
    from_template_id: int | None
    links: Links
    time_zone: str
    last_run: Run | None
    archived: bool
    template_script_id: int | None = None


class AnyScript(Script):
    """A script of any type."""

    next_run_at: str | None
    sql: str | None
    expanded_arguments: dict[str, Any]
    template_script_id: int | None = None


class CancelState(Wire):
    """What came of a request to cancel: the run and its state."""

    id: int
    state: str
    is_cancel_requested: bool


@router.get("/scripts/types", summary="List the types of scripts")
def list_types() -> list[ScriptType]:
    """Return the types that scripts can have here."""
    return [ScriptType(name=name) for name in _TYPES]


@router.get("/scripts", summary="List scripts")
def list_scripts(
    request: Request,
    response: Response,
    conditions: KindConditions,
    page: Annotated[Page, page_parameters(KIND_ORDERS, default=20, maximum=50)],
    type: Annotated[str | None, comma_filter("Types, separated by commas.", _KNOWN_TYPES)] = None,
    category: Annotated[
        str | None,
        Query(description="A category of scripts.", json_schema_extra={"enum": list(_CATEGORIES)}),
    ] = None,
) -> list[ScriptItem]:
    """Return the scripts that pass the filters."""
    found = states.jobs_with_last_run().where(jobs.c.type.in_(_job_types(type)), *conditions)
    if category is not None and category not in _CATEGORIES:
        raise Invalid(f"category can't be {category!r}; it is one of {', '.join(_CATEGORIES)}.")
    if category not in (None, "script"):
        found = found.where(jobs.c.id < 0)
    context = context_of(request)
    with context.store.read() as connection:
        rows = paginated(connection, found, page, response)
        people = user_refs(connection)
    host = context.endpoint.partition("://")[2]
    return [_item(row, people, host) for row in rows]


def _job_types(text: str | None) -> list[str]:
    """Parse the filter ``type``: a comma list of types of scripts."""
    names = known_words("type", text, _KNOWN_TYPES)
    return [_TYPES[name] for name in names if name in _TYPES] if names else list(TYPE_WORDS)


def _item(row: Any, people: dict[int, UserRef], host: str) -> ScriptItem:
    """Return a script as lists show it."""
    place = f"{host}/scripts/{type_path(row)}/{row.id}"
    return ScriptItem(
        id=row.id,
        name=row.name,
        type=type_word(row),
        created_at=row.created_at,
        updated_at=row.updated_at,
        author=people[row.user_id],
        state=run_state(row),
        finished_at=row.run_finished_at,
        parent_id=row.body.get("parent_id"),
        from_template_id=row.from_template_id,
        links=Links(details=place, runs=f"{place}/runs"),
        time_zone=row.body.get("time_zone") or DEFAULT_TIME_ZONE,
        last_run=last_run(row),
        archived=row.archived,
    )


def _any_script(connection: Any, job_id: int) -> Any:
    """Return a script of any type."""
    row = job_row(connection, job_id)
    if row.type not in TYPE_WORDS:
        raise NotFound(f"Script {job_id}")
    return row


@router.get("/scripts/{id}", summary="Get a script of any type")
def get_scripts(request: Request, id: JobId) -> AnyScript:
    """Return a script; its type is spelled as jobs spell theirs."""
    context = context_of(request)
    with context.store.read() as connection:
        row = _any_script(connection, id)
        fields = script_fields(context, connection, row)
        params, arguments = row.body.get("params") or [], row.body.get("arguments") or {}
        expanded = expanded_arguments(connection, params, arguments)
    fields |= {"type": row.type, "sql": row.body.get("sql"), "expanded_arguments": expanded}
    return AnyScript(**fields)


@router.delete(
    "/scripts/{id}", status_code=204, deprecated=True, summary="Archive a script (deprecated)"
)
def delete_scripts(request: Request, id: JobId) -> None:
    """Archive a script of any type, as old clients do."""
    with context_of(request).store.begin() as connection:
        _any_script(connection, id)
        states.update_job(connection, id, archived=True)


@router.post("/scripts/{id}/run", status_code=204, summary="Start a script of any type")
def post_run(request: Request, id: JobId) -> None:
    """Start a run of a script."""
    context = context_of(request)
    with context.store.read() as connection:
        _any_script(connection, id)
    states.start_run(context, id)


@router.post("/scripts/{id}/cancel", status_code=202, summary="Cancel a script's run")
def post_cancel(request: Request, id: JobId) -> CancelState:
    """Cancel the active run of a script; the id in the path is the script's."""
    context = context_of(request)
    active = select(job_runs.c.id).where(
        job_runs.c.job_id == id, job_runs.c.state.in_(states.ACTIVE)
    )
    with context.store.read() as connection:
        _any_script(connection, id)
        run_id = connection.scalar(active)
    if run_id is None:
        raise NotFound(f"An active run of script {id}", "It is not running.")
    row = states.cancel_run(context, id, run_id)
    return CancelState(id=row.id, state=row.state, is_cancel_requested=row.is_cancel_requested)
