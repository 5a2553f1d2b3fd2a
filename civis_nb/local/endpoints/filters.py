"""Query parameters that many lists share, and what they mean in SQL."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query
from sqlalchemy import ColumnElement, func, or_

from civis_nb.local.errors import Invalid
from civis_nb.local.http.envelope import comma_list
from civis_nb.local.store.schema import job_runs, jobs

__all__ = [
    "Archived",
    "Author",
    "Hidden",
    "JobId",
    "Limit",
    "Order",
    "OrderDir",
    "PageNum",
    "archived_filter",
    "author_ids",
    "last_run_updated_at",
    "state_filter",
]

JobId = Annotated[int, Path(description="The id of the job.")]
Limit = Annotated[int | None, Query(description="The most items to return.")]
PageNum = Annotated[int | None, Query(description="Which page to return, from 1.")]
Order = Annotated[str | None, Query(description="The field to order by.")]
OrderDir = Annotated[str | None, Query(description="asc or desc; desc unless given.")]
Hidden = Annotated[bool | None, Query(description="Whether to return the hidden ones instead.")]
Archived = Annotated[
    str | None, Query(description="true, false (unless given), or all: which to return.")
]
Author = Annotated[str | None, Query(description="Ids of authors, separated by commas.")]


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


def last_run_updated_at() -> ColumnElement[Any]:
    """Return when a job's last run was created, started or finished last."""
    run = job_runs.c
    return func.coalesce(run.finished_at, run.started_at, run.created_at)


def author_ids(author: str | None) -> list[int]:
    """Parse the filter ``author``: a comma list of user ids; what is no number matches no user."""
    return [int(text) if text.isdecimal() else -1 for text in comma_list(author)]
