"""``/tables``: tables and columns of all databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from civis_nb.local import catalog
from civis_nb.local.catalog import CatalogTable
from civis_nb.local.context import User, context_of
from civis_nb.local.endpoints.filters import page_parameters
from civis_nb.local.endpoints.tables.models import (
    ColumnDetail,
    ScanRun,
    TableDetail,
    TableSummary,
    columns,
    detail,
    summary,
)
from civis_nb.local.errors import Invalid
from civis_nb.local.http.auth import current_user
from civis_nb.local.http.envelope import Page, sliced
from civis_nb.local.http.wire import Wire, given
from civis_nb.local.runs.scans import scan
from civis_nb.local.store.schema import tables

__all__ = ["router"]

router = APIRouter(tags=["tables"])


class TableScan(Wire):
    """The table to scan."""

    database_id: int
    schema_: str = Field(alias="schema")
    table_name: str
    stats_priority: Literal["flag", "block", "queue"] | None = None


class TablePatch(Wire):
    """What is to be changed of a table."""

    ontology_mapping: dict[str, Any] | None = None
    description: str | None = None
    primary_keys: list[str] | None = None
    last_modified_keys: list[str] | None = None


_TABLE_ORDERS: dict[str, Callable[[CatalogTable], Any]] = {
    "schema": lambda t: (t.info.schema, t.info.name, t.id),
    "name": lambda t: (t.info.name, t.info.schema, t.id),
    "search": lambda t: (t.info.schema, t.info.name, t.id),
    "table_tag_ids": lambda t: t.id,
    "credential_id": lambda t: t.id,
}


@router.get("/tables", summary="List tables")
def list_tables(
    request: Request,
    response: Response,
    page: Annotated[
        Page, page_parameters(_TABLE_ORDERS, default=50, maximum=1000, default_dir="asc")
    ],
    database_id: int | None = None,
    schema: str | None = None,
    name: str | None = None,
    search: str | None = None,
    table_tag_ids: Annotated[list[int] | None, Query()] = None,
    credential_id: int | None = None,  # noqa: ARG001 - every credential sees every table
) -> list[TableSummary]:
    """Return the tables that pass the filters."""
    context = context_of(request)
    found = [
        table
        for number in catalog.database_ids(context, database_id)
        for table in catalog.all_tables(context, number)
        if catalog.matches(schema, table.info.schema)
        and catalog.matches(name, table.info.name)
        and (search or "").lower() in f"{table.info.schema}.{table.info.name}".lower()
        and not table_tag_ids
    ]
    shown = sliced(found, page, response)
    return [summary(table) for table in catalog.counted(context, shown)]


@router.post(
    "/tables/scan",
    status_code=201,
    summary="Creates and enqueues a single table scanner job on a new table",
)
def post_scan(
    request: Request, body: TableScan, user: Annotated[User, Depends(current_user)]
) -> ScanRun:
    """Measure a table anew, as a job."""
    context = context_of(request)
    table = catalog.by_name(context, body.database_id, body.schema_, body.table_name)
    job_id, run_id = scan(context, user, f"{body.schema_}.{body.table_name}", [table])
    return ScanRun(job_id=job_id, run_id=run_id)


@router.post(
    "/tables/{id}/refresh",
    summary="Request a refresh for column and table statistics",
    deprecated=True,
)
def post_refresh(request: Request, id: int) -> TableDetail:
    """Measure a table anew."""
    context = context_of(request)
    return detail(catalog.refresh(context, catalog.by_id(context, id)))


@router.get("/tables/{id}", summary="Show basic table info")
def get_table(request: Request, id: int) -> TableDetail:
    """Return one table."""
    context = context_of(request)
    return detail(catalog.by_id(context, id))


@router.patch("/tables/{id}", summary="Update a table")
def patch_table(request: Request, id: int, body: TablePatch) -> TableDetail:
    """Change what people add to a table."""
    context = context_of(request)
    table = catalog.by_id(context, id)
    changes = given(body)
    names = {column.name.lower(): column.name for column in table.info.columns}
    for key in ("primary_keys", "last_modified_keys"):
        for column in changes.get(key) or ():
            if column.lower() not in names:
                raise Invalid(f"{key}: there is no column {column!r} in table {id}.")
        if changes.get(key):
            changes[key] = [names[column.lower()] for column in changes[key]]
    if changes:
        with context.store.begin() as connection:
            connection.execute(tables.update().where(tables.c.id == id).values(**changes))
    return detail(catalog.by_id(context, id))


_COLUMN_ORDERS: dict[str, Callable[[ColumnDetail], Any]] = {
    "name": lambda c: c.name,
    "order": lambda c: c.order,
}


@router.get("/tables/{id}/columns", summary="List columns in the specified table")
def list_columns(
    request: Request,
    response: Response,
    id: int,
    page: Annotated[
        Page, page_parameters(_COLUMN_ORDERS, default=50, maximum=50, default_dir="asc")
    ],
    name: str | None = None,
) -> list[ColumnDetail]:
    """Return the columns of a table, with statistics."""
    context = context_of(request)
    found = [
        column
        for column in columns(context, catalog.by_id(context, id))
        if name is None or column.name.lower() == name.lower()
    ]
    return sliced(found, page, response)
