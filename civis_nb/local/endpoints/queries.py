"""``/queries``: SQL whose first rows are shown."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field, SkipValidation
from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, select

from civis_nb.local.context import PlatformContext, User, context_of
from civis_nb.local.endpoints.checks import check_credential, check_database, default_credential
from civis_nb.local.endpoints.filters import (
    Archived,
    Hidden,
    JobId,
    RunStates,
    archived_filter,
    page_parameters,
    run_states,
    time_filter,
)
from civis_nb.local.endpoints.jobs.models import Run, run_state
from civis_nb.local.endpoints.jobs.runs import RunKind, add_run_routes, run_fields
from civis_nb.local.endpoints.user_refs import UserRef, user_ref
from civis_nb.local.errors import Invalid, NotFound
from civis_nb.local.http.auth import current_user
from civis_nb.local.http.envelope import Page, paginated
from civis_nb.local.http.wire import NotBlank, Time, Wire
from civis_nb.local.runs import jobs as states
from civis_nb.local.store.permissions import visible
from civis_nb.local.store.schema import job_runs, jobs
from civis_nb.local.warehouse.base import MAX_PREVIEW_ROWS

__all__ = ["query_fields", "query_row", "router", "words_in_sql"]

router = APIRouter(tags=["queries"])

#: How long an answer about a query waits for its end.
_END_WAIT_S = 0.1
#: The same for the answer to its start, of which fewer go on at once.
_QUICK_END_WAIT_S = 0.05
_LIKE = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_", "?": "_", "*": "%"})


class QueryBody(Wire):
    """A query to be run at once."""

    database: int
    sql: NotBlank
    credential: int | None = None
    hidden: bool | None = None
    interactive: bool | None = None
    preview_rows: int = Field(json_schema_extra={"minimum": 0})
    include_header: bool | None = None
    compression: Literal["gzip", "zip", "none"] | None = None
    column_delimiter: Literal["comma", "tab", "pipe"] | None = None
    unquoted: bool | None = None
    filename_prefix: str | None = None


class _QueryFields(Wire):
    id: int
    database: int
    sql: NotBlank
    credential: int | None
    #: As the run has stored them: checking thousands of cells would take longer than reading them.
    result_rows: Annotated[list[list[str | None]], SkipValidation]
    result_columns: list[str]
    error: str | None
    started_at: str | None
    finished_at: str | None
    state: str
    script_id: int | None = None
    exception: str | None
    created_at: str
    updated_at: str
    last_run_id: int | None
    archived: bool
    report_id: int | None = None


class QueryItem(_QueryFields):
    """A query in a list."""

    preview_rows: int


class QueryDetail(_QueryFields):
    """A query.

    ``result_column_types`` is this platform's own: the SQL types of ``result_columns``, null
    before the query has succeeded.
    """

    hidden: bool
    name: str
    author: UserRef
    result_column_types: list[str] | None


class StartedQuery(QueryDetail):
    """A query that was just started, and one that has ended at once with all that is known."""

    my_permission_level: str = "manage"
    interactive: bool
    preview_rows: int = Field(json_schema_extra={"minimum": 0})
    include_header: bool
    compression: str
    column_delimiter: str
    unquoted: bool
    filename_prefix: str | None


class QueryRun(Run):
    """A run of a query."""

    query_id: int
    is_cancel_requested: bool


def _run(_context: PlatformContext, row: Row[Any]) -> QueryRun:
    return QueryRun(query_id=row.job_id, **run_fields(row))


#: Made once: making a statement takes longer than running it.
_QUERIES = states.jobs_with_last_run(job_runs.c.result.label("run_result")).where(
    jobs.c.type == states.QUERY
)
_QUERY = _QUERIES.where(jobs.c.id == bindparam("query_id"))
_LAST_RUN = select(func.max(job_runs.c.id)).where(job_runs.c.job_id == bindparam("query_id"))


def query_fields(row: Row[Any], *, results: bool = True) -> dict[str, Any]:
    """Return the fields of a query that all answers about it have."""
    result = (row.run_result or {}) if results else {}
    body = row.body
    return {
        "id": row.id,
        "database": body["database"],
        "sql": body["sql"],
        "credential": body["credential"],
        "result_rows": result.get("result_rows", []),
        "result_columns": result.get("result_columns", []),
        "error": row.run_error,
        "started_at": row.run_started_at,
        "finished_at": row.run_finished_at,
        "state": run_state(row),
        "exception": row.run_error,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "last_run_id": row.run_id,
        "archived": row.archived,
        "hidden": row.hidden,
        "preview_rows": body["preview_rows"],
    }


def query_row(connection: Connection, query_id: int) -> Row[Any]:
    """Return a query with its last run.

    Raises
    ------
    NotFound
        When there is none.
    """
    row = connection.execute(_QUERY, {"query_id": query_id}).first()
    if row is None:
        raise NotFound(f"Query {query_id}")
    return row


def _detail_fields(context: PlatformContext, query_id: int) -> dict[str, Any]:
    """Read a query, to be shown."""
    with context.store.read() as connection:
        row = query_row(connection, query_id)
        return {
            **query_fields(row),
            "name": row.name,
            "author": user_ref(connection, row.user_id),
            "result_column_types": (row.run_result or {}).get("result_column_types"),
        }


def _detail(request: Request, query_id: int) -> QueryDetail:
    return QueryDetail(**_detail_fields(context_of(request), query_id))


def words_in_sql(text: str | None) -> list[ColumnElement[bool]]:
    """Return the conditions that the SQL of a query has all words; ? and * are wildcards."""
    sql = jobs.c.body["sql"].as_string()
    patterns = ("%" + word.translate(_LIKE) + "%" for word in (text or "").split())
    return [sql.ilike(pattern, escape="\\") for pattern in patterns]


def _time_filters(
    created_before: str | None,
    created_after: str | None,
    started_before: str | None,
    started_after: str | None,
) -> list[ColumnElement[bool]]:
    """Return the conditions on the times of creation and of the last start."""
    created, started = jobs.c.created_at, job_runs.c.started_at
    found = []
    for name, text, column, before in (
        ("created_before", created_before, created, True),
        ("created_after", created_after, created, False),
        ("started_before", started_before, started, True),
        ("started_after", started_after, started, False),
    ):
        if text:
            moment = time_filter(name, text)
            found.append(column <= moment if before else column >= moment)
    return found


_ORDERS = {
    "created_at": states.stable(jobs.c.created_at),
    "started_at": states.stable(job_runs.c.started_at),
}


@router.get("/queries", summary="List queries")
def list_queries(
    request: Request,
    response: Response,
    page: Annotated[Page, page_parameters(_ORDERS, default=20, maximum=50)],
    query: Annotated[
        str | None, Query(description="Words in the SQL; ? is any character, * any number.")
    ] = None,
    database_id: Annotated[int | None, Query(description="The id of a database.")] = None,
    credential_id: Annotated[int | None, Query(description="The id of a credential.")] = None,
    author_id: Annotated[int | None, Query(description="The id of an author.")] = None,
    created_before: Annotated[Time | None, Query(description="A time.")] = None,
    created_after: Annotated[Time | None, Query(description="A time.")] = None,
    started_before: Annotated[Time | None, Query(description="A time, of the last run.")] = None,
    started_after: Annotated[Time | None, Query(description="A time, of the last run.")] = None,
    state: RunStates = None,
    exclude_results: Annotated[bool | None, Query(description="Leave out the rows.")] = None,
    hidden: Hidden = None,
    archived: Archived = None,
) -> list[QueryItem]:
    """Return the queries that pass the filters."""
    body, run = jobs.c.body, job_runs.c
    found = _QUERIES.where(jobs.c.hidden.is_(bool(hidden)), *archived_filter(archived))
    found = found.where(*visible("jobs"))
    found = found.where(*words_in_sql(query))
    for name, wanted in (("database", database_id), ("credential", credential_id)):
        if wanted is not None:
            found = found.where(body[name].as_integer() == wanted)
    if author_id is not None:
        found = found.where(jobs.c.user_id == author_id)
    times = (created_before, created_after, started_before, started_after)
    found = found.where(*_time_filters(*times))
    if state:
        found = found.where(run.state.in_(run_states(state)))
    with context_of(request).store.read() as connection:
        rows = paginated(connection, found, page, response)
    return [QueryItem(**query_fields(row, results=not exclude_results)) for row in rows]


@router.post("/queries", summary="Run a query")
def post_queries(
    request: Request, body: QueryBody, user: Annotated[User, Depends(current_user)]
) -> StartedQuery:
    """Start a query; its first rows are there once it has succeeded.

    Where that is at once, they are in this answer, and the client need not ask again.
    """
    context = context_of(request)
    values: dict[str, Any] = {
        "database": body.database,
        "sql": body.sql,
        "credential": body.credential,
        "preview_rows": min(body.preview_rows, MAX_PREVIEW_ROWS),
        "interactive": bool(body.interactive),
        "include_header": body.include_header is not False,
        "compression": body.compression or "gzip",
        "column_delimiter": body.column_delimiter or "comma",
        "unquoted": bool(body.unquoted),
        "filename_prefix": body.filename_prefix,
    }
    if body.preview_rows < 0:
        raise Invalid("previewRows can't be negative; 0 runs the SQL and shows no rows.")
    if not body.sql.strip():
        raise Invalid("sql can't be blank.")
    with context.store.begin() as connection:
        check_database(connection, body.database)
        if body.credential is None:
            values["credential"] = default_credential(connection, user.id)
        else:
            check_credential(connection, body.credential, user.id)
        query_id = states.create_job(
            connection,
            states.QUERY,
            None,
            user.id,
            values,
            hidden=bool(body.hidden),
            default_name="Query #{id}",
        )
        run_id = states.add_run(connection, query_id)
    if context.runner.submit(run_id, states.QUERY, user.id):
        context.runner.wait(run_id, _QUICK_END_WAIT_S)
    return StartedQuery(**{**values, **_detail_fields(context, query_id)})


@router.get("/queries/{id}", summary="Get a query")
def get_queries(request: Request, id: JobId) -> QueryDetail:
    """Return a query with the rows of its last run.

    Most statements end soon: the answer waits a moment for that, which saves the client a poll.
    """
    context = context_of(request)
    with context.store.read() as connection:
        run_id = connection.scalar(_LAST_RUN, {"query_id": id})
    if run_id is not None:
        context.runner.wait(run_id, _END_WAIT_S)
    return _detail(request, id)


@router.delete("/queries/{id}", summary="Hide a query")
def delete_queries(request: Request, id: JobId) -> QueryDetail:
    """Hide a query from lists; it stays readable by its id."""
    with context_of(request).store.begin() as connection:
        query_row(connection, id)
        states.update_job(connection, id, hidden=True)
    return _detail(request, id)


add_run_routes(
    router,
    RunKind(
        job_type=states.QUERY,
        path="/queries",
        noun="query",
        model=QueryRun,
        show=_run,
        lists_outputs=False,
    ),
)
