"""``/databases``: which there are, and what is in them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from sqlalchemy import Row, select

from civis_nb.local import catalog
from civis_nb.local.context import User, context_of
from civis_nb.local.endpoints.tables.models import ScanRun, TableDetail, detail
from civis_nb.local.errors import NotFound
from civis_nb.local.http.auth import current_user
from civis_nb.local.http.wire import NameInPath, Wire, given
from civis_nb.local.runs.scans import scan
from civis_nb.local.store.schema import databases, tables

__all__ = ["router"]

router = APIRouter(tags=["databases"])


class Database(Wire):
    """A database."""

    id: int
    name: str
    adapter: str
    cluster_identifier: str | None
    host: str
    port: int | None
    database_name: str
    managed: bool
    dialect: str = Field(description="What SQL means in it: redshift, postgres or duckdb.")


class Schema(Wire):
    """A schema of a database."""

    schema_: str = Field(alias="schema")


class SchemaTable(Wire):
    """A table of a schema."""

    name: str
    schema_: str = Field(alias="schema")
    is_view: bool
    database_id: int


class SchemaScan(Wire):
    """The schema to scan."""

    schema_: str = Field(alias="schema")
    stats_priority: Literal["flag", "block", "queue"] | None = None


class DatabaseTablePatch(Wire):
    """What is to be changed of a table."""

    credential_id: int | None = None
    description: str | None = None


@router.get("/databases", summary="List databases")
def list_databases(request: Request) -> list[Database]:
    """Return all databases; this list has no pages."""
    context = context_of(request)
    with context.store.read() as connection:
        rows = connection.execute(select(databases).order_by("id")).all()
    return [_shown(row, context.warehouses.dialect(row.id)) for row in rows]


@router.get("/databases/{id}", summary="Show database information")
def get_database(request: Request, id: int) -> Database:
    """Return one database."""
    with context_of(request).store.read() as connection:
        row = connection.execute(select(databases).where(databases.c.id == id)).one_or_none()
    if row is None:
        raise NotFound(f"Database {id}")
    return _shown(row, context_of(request).warehouses.dialect(row.id))


@router.get("/databases/{id}/schemas", summary="List schemas in this database")
def list_schemas(
    request: Request,
    id: int,
    name: str | None = None,
    credential_id: int | None = None,  # noqa: ARG001 - every credential sees every schema
) -> list[Schema]:
    """Return the schemas whose name holds `name`; this list has no pages."""
    part = (name or "").lower()
    found = context_of(request).warehouses.get(id).schemas()
    return [Schema(schema=schema) for schema in found if part in schema.lower()]


@router.post(
    "/databases/{id}/schemas/scan",
    status_code=201,
    summary="Creates and enqueues a schema scanner job",
)
def post_schemas_scan(
    request: Request, id: int, body: SchemaScan, user: Annotated[User, Depends(current_user)]
) -> ScanRun:
    """Measure all tables of a schema anew, as a job."""
    context = context_of(request)
    schema = _existing_schema(request, id, body.schema_)
    found = [table for table in catalog.all_tables(context, id) if table.info.schema == schema]
    whole = [catalog.by_id(context, table.id) for table in found]
    job_id, run_id = scan(context, user, schema, whole)
    return ScanRun(job_id=job_id, run_id=run_id)


@router.get("/databases/{id}/schemas/{schema_name}/tables", summary="List tables in this schema")
def list_schema_tables(
    request: Request,
    id: int,
    schema_name: NameInPath,
    credential_id: int | None = None,  # noqa: ARG001 - every credential sees every table
) -> list[SchemaTable]:
    """Return the tables and views of a schema; this list has no pages."""
    schema = _existing_schema(request, id, schema_name)
    return [
        SchemaTable(name=info.name, schema=info.schema, is_view=info.is_view, database_id=id)
        for info in context_of(request).warehouses.get(id).tables(schema)
    ]


@router.get(
    "/databases/{id}/schemas/{schema_name}/tables/{table_name}", summary="Show basic table info"
)
def get_schema_table(
    request: Request,
    id: int,
    schema_name: NameInPath,
    table_name: NameInPath,
    credential_id: int | None = None,  # noqa: ARG001 - every credential sees every table
) -> TableDetail:
    """Return one table."""
    context = context_of(request)
    return detail(catalog.by_name(context, id, schema_name, table_name))


@router.patch("/databases/{id}/schemas/{schema_name}/tables/{table_name}", summary="Update a table")
def patch_schema_table(
    request: Request,
    id: int,
    schema_name: NameInPath,
    table_name: NameInPath,
    body: DatabaseTablePatch,
) -> TableDetail:
    """Describe a table."""
    context = context_of(request)
    table = catalog.by_name(context, id, schema_name, table_name)
    changes = given(body)
    if "description" in changes:
        statement = tables.update().where(tables.c.id == table.id)
        with context.store.begin() as connection:
            connection.execute(statement.values(description=changes["description"]))
    return detail(catalog.by_id(context, table.id))


def _existing_schema(request: Request, database_id: int, name: str) -> str:
    """Return a schema's name as it is spelled; any case will do."""
    known = context_of(request).warehouses.get(database_id).schemas()
    for schema in known:
        if schema.lower() == name.lower():
            return schema
    raise NotFound(
        f"Schema {name} of database {database_id}", f"There is: {', '.join(known) or 'none'}."
    )


def _shown(row: Row[Any], dialect: str) -> Database:
    """Return a database as the API shows it."""
    return Database(
        id=row.id,
        name=row.name,
        adapter=row.adapter,
        cluster_identifier=None,
        host="127.0.0.1",
        port=None,
        database_name=row.name,
        managed=True,
        dialect=dialect,
    )
