"""``/search``: objects of all types by their names, and queries by their SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import Connection, Row, Select, select

from civis_nb.local.context import User, context_of
from civis_nb.local.endpoints.filters import (
    RUN_STATES,
    RunStates,
    page_parameters,
    run_states,
    time_filter,
)
from civis_nb.local.endpoints.object_types import OBJECT_TYPES, ObjectType
from civis_nb.local.endpoints.queries import words_in_sql
from civis_nb.local.endpoints.user_refs import UserRef, user_refs
from civis_nb.local.errors import Invalid
from civis_nb.local.http.auth import current_user
from civis_nb.local.http.envelope import Page, comma_filter, known_words, paginated
from civis_nb.local.http.wire import Time, Wire
from civis_nb.local.runs import jobs as states
from civis_nb.local.runs.templates import dependents_count
from civis_nb.local.store.objects import table_of
from civis_nb.local.store.permissions import visible
from civis_nb.local.store.schema import job_runs, jobs

__all__ = ["router"]

router = APIRouter(tags=["search"])

_ORDERS = ("score", "name", "type", "updated_at")
_MOST = 1000


class SearchType(Wire):
    """A type of objects that search finds."""

    type: str


class SearchResult(Wire):
    """An object that search has found."""

    score: float
    type: str
    id: int
    name: str
    type_name: str
    updated_at: str
    owner: str
    use_count: int | None
    last_run_id: int | None
    last_run_state: str | None
    last_run_start: str | None
    last_run_finish: str | None
    public: bool = False
    last_run_exception: str | None
    auto_share: bool | None


class SearchResults(Wire):
    """What search has found, and how many there are of each kind."""

    total_results: int
    aggregations: dict[str, Any]
    results: list[SearchResult]


class FoundRun(Wire):
    """The last run of a query that search has found."""

    id: int
    state: str
    started_at: str | None
    finished_at: str | None
    error: str | None


class FoundQuery(Wire):
    """A query that search has found."""

    id: int
    database: int
    credential: int | None
    sql: str
    author_id: int
    archived: bool
    created_at: str
    updated_at: str
    last_run: FoundRun | None


@dataclass(frozen=True)
class _Found:
    """An object whose name fits, before the filters that are counted apart."""

    type: ObjectType
    row: Row[Any]
    score: float


@router.get("/search/types", summary="List the types of objects that search finds")
def list_types() -> list[SearchType]:
    """Return the types of objects that the local platform has."""
    return [SearchType(type=word) for word in OBJECT_TYPES]


# The specification says list; the API answers with an object, which holds the list.
@router.get("/search", summary="Find objects by their names", response_model=list[SearchResults])
def list_search(
    request: Request,
    user: Annotated[User, Depends(current_user)],
    query: str | None = None,
    type: Annotated[
        str | None, comma_filter("Types of objects, separated by commas.", OBJECT_TYPES)
    ] = None,
    offset: Annotated[int | None, Query(json_schema_extra={"minimum": 0})] = None,
    order: Annotated[str | None, Query(json_schema_extra={"enum": list(_ORDERS)})] = None,
    owner: str | None = None,
    limit: Annotated[int | None, Query(json_schema_extra={"minimum": 1})] = None,
    archived: Annotated[
        str | None, Query(json_schema_extra={"enum": ["true", "false", "all"]})
    ] = None,
    last_run_state: Annotated[
        str | None, Query(json_schema_extra={"enum": list(RUN_STATES)})
    ] = None,
) -> Response:
    """Return the objects that are not hidden and whose names have all words of the query."""
    chosen = set(known_words("type", type, OBJECT_TYPES) or OBJECT_TYPES)
    wanted = (archived or "false").lower()
    start, count = offset or 0, 10 if limit is None else min(limit, _MOST)
    name = order or "score"
    if name not in _ORDERS:
        raise Invalid(f"order can't be {order!r}; it is one of {', '.join(_ORDERS)}.")
    if wanted not in ("true", "false", "all"):
        raise Invalid(f"archived can't be {archived!r}; it is one of true, false, all.")
    if start < 0 or count < 1:
        raise Invalid("offset must be at least 0, and limit at least 1.")
    if last_run_state is not None and last_run_state not in RUN_STATES:
        raise Invalid(f"last_run_state is one of {', '.join(RUN_STATES)}.")
    with context_of(request).store.read() as connection:
        people = user_refs(connection)
        owners = _owners(owner, user, people)
        found = list(_matching(connection, (query or "").lower().split(), last_run_state))
        named = [one for one in found if wanted == "all" or _is_archived(one) == (wanted == "true")]
        owned = [one for one in named if one.row.user_id in owners]
        results = [one for one in owned if one.type.word in chosen]
        counts = {
            "owner": {"mine": sum(one.row.user_id == user.id for one in named), "all": len(named)},
            "archived": {
                "true": sum(map(_is_archived, found)),
                "false": sum(not _is_archived(one) for one in found),
            },
            "type": dict(Counter(one.type.word for one in owned)),
        }
        page = _ordered(results, name)[start : start + count]
        answer = SearchResults(
            total_results=len(results),
            aggregations=counts,
            results=[_shown(connection, one, people) for one in page],
        )
    return JSONResponse(answer.wire())


def _owners(text: str | None, user: User, people: dict[int, UserRef]) -> set[int]:
    """Parse the filter ``owner``: the ids of the users that it means."""
    if text in (None, "", "all"):
        return set(people)
    if text == "mine":
        return {user.id}
    return {one.id for one in people.values() if text in (str(one.id), one.username, one.name)}


def _matching(
    connection: Connection, words: list[str], last_run_state: str | None
) -> Iterator[_Found]:
    """Yield the objects whose names have all words, of every type."""
    for one in OBJECT_TYPES.values():
        if last_run_state is not None and one.kind != "jobs":
            continue
        table = table_of(one.kind)
        query: Select[Any] = select(table)
        if one.kind == "jobs":
            query = states.jobs_with_last_run()
            if last_run_state is not None:
                query = query.where(job_runs.c.state == last_run_state)
        query = query.where(table.c.hidden.is_(False), *one.conditions, *visible(one.kind))
        for word in words:
            query = query.where(table.c.name.icontains(word, autoescape=True))
        for row in connection.execute(query):
            share = sum(map(len, words)) / max(len(row.name), 1)
            yield _Found(one, row, min(share, 1.0))


def _is_archived(found: _Found) -> bool:
    return bool(found.row.archived)


def _ordered(found: list[_Found], order: str) -> list[_Found]:
    """Sort results: the best or the last ones first, or by name or type; then by name and id."""
    found = sorted(found, key=lambda one: (one.row.name.lower(), one.type.word, one.row.id))
    if order == "score":
        found.sort(key=lambda one: one.score, reverse=True)
    elif order == "updated_at":
        found.sort(key=lambda one: one.row.updated_at, reverse=True)
    elif order == "type":
        found.sort(key=lambda one: one.type.word)
    return found


def _shown(connection: Connection, found: _Found, people: dict[int, UserRef]) -> SearchResult:
    """Return a result of the search as the API shows it."""
    row, is_job = found.row, found.type.kind == "jobs"
    is_template = found.type.word == "template_script"
    return SearchResult(
        score=round(found.score, 6),
        type=found.type.word,
        id=row.id,
        name=row.name,
        type_name=found.type.label,
        updated_at=row.updated_at,
        owner=people[row.user_id].name,
        use_count=dependents_count(connection, row.id) if is_template else None,
        last_run_id=row.run_id if is_job else None,
        last_run_state=row.run_state if is_job else None,
        last_run_start=row.run_started_at if is_job else None,
        last_run_finish=row.run_finished_at if is_job else None,
        last_run_exception=row.run_error if is_job else None,
        auto_share=row.body.get("auto_share"),
    )


_QUERY_ORDERS = {"last_run_started_at": states.stable(job_runs.c.started_at)}


@router.get("/search/queries", summary="Find queries by their SQL")
def list_queries(
    request: Request,
    response: Response,
    page: Annotated[Page, page_parameters(_QUERY_ORDERS, default=10, maximum=50)],
    search_string: Annotated[
        str | None, Query(description="Words in the SQL; ? is any character, * any number.")
    ] = None,
    database_id: Annotated[int | None, Query(description="The id of a database.")] = None,
    credential_id: Annotated[int | None, Query(description="The id of a credential.")] = None,
    author_id: Annotated[int | None, Query(description="The id of an author.")] = None,
    archived: Annotated[bool | None, Query(description="Whether archived ones are meant.")] = None,
    state: RunStates = None,
    started_before: Annotated[Time | None, Query(description="A time, of the last run.")] = None,
    started_after: Annotated[Time | None, Query(description="A time, of the last run.")] = None,
) -> list[FoundQuery]:
    """Return the queries that are not hidden and pass the filters."""
    job, started = jobs.c, job_runs.c.started_at
    found = states.jobs_with_last_run().where(
        job.type == states.QUERY,
        job.hidden.is_(False),
        job.archived.is_(bool(archived)),
        *words_in_sql(search_string),
    )
    for name, wanted in (("database", database_id), ("credential", credential_id)):
        if wanted is not None:
            found = found.where(job.body[name].as_integer() == wanted)
    if author_id is not None:
        found = found.where(job.user_id == author_id)
    if state:
        found = found.where(job_runs.c.state.in_(run_states(state)))
    if started_before:
        found = found.where(started <= time_filter("started_before", started_before))
    if started_after:
        found = found.where(started >= time_filter("started_after", started_after))
    with context_of(request).store.read() as connection:
        rows = paginated(connection, found, page, response)
    return [_found_query(row) for row in rows]


def _found_query(row: Row[Any]) -> FoundQuery:
    """Return a query of the search, with its run."""
    run = None
    if row.run_id is not None:
        run = FoundRun(
            id=row.run_id,
            state=row.run_state,
            started_at=row.run_started_at,
            finished_at=row.run_finished_at,
            error=row.run_error,
        )
    return FoundQuery(
        id=row.id,
        database=row.body["database"],
        credential=row.body["credential"],
        sql=row.body["sql"],
        author_id=row.user_id,
        archived=row.archived,
        created_at=row.created_at,
        updated_at=row.updated_at,
        last_run=run,
    )
