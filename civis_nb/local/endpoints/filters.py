"""Query parameters that many lists share, and what they mean in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Query
from sqlalchemy import ColumnElement, func, or_

from civis_nb.local.errors import Invalid
from civis_nb.local.http.envelope import Page, Paging, comma_list, known_words
from civis_nb.local.runs import jobs as states
from civis_nb.local.store import from_wire
from civis_nb.local.store.clock import to_wire
from civis_nb.local.store.schema import job_runs, jobs

__all__ = [
    "KIND_ORDERS",
    "RUN_STATES",
    "Archived",
    "Hidden",
    "JobConditions",
    "JobId",
    "KindConditions",
    "Limit",
    "RunStates",
    "archived_filter",
    "author_ids",
    "last_run_updated_at",
    "page_parameters",
    "run_states",
    "state_filter",
    "time_filter",
]

JobId = Annotated[int, Path(description="The id of the job.")]
Limit = Annotated[int | None, Query(description="The most items to return.")]
Hidden = Annotated[bool | None, Query(description="Whether to return the hidden ones instead.")]
Archived = Annotated[
    str | None,
    Query(
        description="true, false (unless given), or all: which to return.",
        json_schema_extra={"enum": ["true", "false", "all", ""]},
    ),
]


def page_parameters(
    orders: Mapping[str, Any], *, default: int, maximum: int, default_dir: str = "desc"
) -> Any:
    """Return the dependency that gives the `Page` that a request asks for (see `Paging`)."""
    paging = Paging(orders, default, maximum, default_dir)
    first = next(iter(orders))

    # Asynchronous, so that a list does not wait for a thread only to read its query parameters.
    async def page(
        limit: int | None = Query(
            None,
            description=f"The most items on a page; {default} by default, {maximum} at most.",
            json_schema_extra={"minimum": 1},
        ),
        page_num: int | None = Query(
            None,
            description="Which page to return, from 1.",
            json_schema_extra={"minimum": 1},
        ),
        order: str | None = Query(
            None,
            description=f"The field to order by; {first} by default.",
            json_schema_extra={"enum": list(orders)},
        ),
        order_dir: str | None = Query(
            None,
            description=f"The direction; {default_dir} by default.",
            json_schema_extra={"enum": ["asc", "desc"]},
        ),
    ) -> Page:
        return paging.page(limit, page_num, order, order_dir)

    return Depends(page)


async def _job_conditions(
    author: Annotated[str | None, Query(description="Ids of authors, separated by commas.")] = None,
    hidden: Hidden = None,
    archived: Archived = None,
) -> list[ColumnElement[bool]]:
    """Return the conditions that lists of jobs have in common."""
    found = [jobs.c.hidden.is_(bool(hidden)), *archived_filter(archived)]
    return [*found, jobs.c.user_id.in_(author_ids(author))] if author else found


JobConditions = Annotated[list[ColumnElement[bool]], Depends(_job_conditions)]
"""What a list of jobs is asked for: authors, hidden or not, archived or not."""


async def _kind_conditions(
    shared: JobConditions,
    status: Annotated[str | None, Query(description="States, separated by commas.")] = None,
) -> list[ColumnElement[bool]]:
    """Return the conditions that lists of one kind of jobs have in common."""
    return [*shared, state_filter(comma_list(status))] if status else shared


KindConditions = Annotated[list[ColumnElement[bool]], Depends(_kind_conditions)]
"""As `JobConditions`, and the states of the last run."""


RUN_STATES: Final = ("queued", "running", "succeeded", "failed", "cancelled")

RunStates = Annotated[
    list[str] | None,
    Query(
        description="States of the last run.",
        json_schema_extra={"items": {"type": "string", "enum": list(RUN_STATES)}},
    ),
]
"""The filter by the states of the last run; `run_states` parses it."""


def archived_filter(
    archived: str | None, column: ColumnElement[bool] = jobs.c.archived
) -> list[ColumnElement[bool]]:
    """Parse the filter ``archived``: true, false (unless given) or all.

    Raises
    ------
    Invalid
        When it is something else.
    """
    word = (archived or "false").strip().lower()
    if word == "all":
        return []
    if word not in ("true", "false"):
        raise Invalid(f"archived can't be {archived!r}; it is one of true, false, all.")
    return [column.is_(word == "true")]


def state_filter(names: list[str]) -> ColumnElement[bool]:
    """Return the condition on the state of the last run; ``idle`` jobs never ran."""
    chosen: ColumnElement[bool] = job_runs.c.state.in_(names)
    return or_(chosen, job_runs.c.id.is_(None)) if "idle" in names else chosen


def run_states(given: list[str]) -> list[str]:
    """Parse a filter by states of runs: several, or one with commas.

    Raises
    ------
    Invalid
        When one is none.
    """
    return known_words("state", given, RUN_STATES)


def last_run_updated_at() -> ColumnElement[Any]:
    """Return when a job's last run was created, started or finished last."""
    run = job_runs.c
    return func.coalesce(run.finished_at, run.started_at, run.created_at)


#: What lists of one kind of jobs can be ordered by.
KIND_ORDERS: Final[Mapping[str, Any]] = {
    "updated_at": states.stable(jobs.c.updated_at),
    "name": states.stable(jobs.c.name),
    "created_at": states.stable(jobs.c.created_at),
    "last_run.updated_at": states.stable(last_run_updated_at()),
}


def author_ids(author: str) -> list[int]:
    """Parse the filter ``author``: a comma list of user ids; what is no number matches no user."""
    return [int(text) if text.isdecimal() else -1 for text in comma_list(author)]


def time_filter(name: str, text: str) -> str:
    """Read a time that a client gave, in the form that times are stored in.

    Raises
    ------
    Invalid
        When it is no time.
    """
    try:
        return to_wire(from_wire(text))
    except (ValueError, OverflowError):
        raise Invalid(
            f"{name} must be a time such as 2026-01-31T12:00:00Z, not {text!r}."
        ) from None
