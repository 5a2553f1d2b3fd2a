"""``/scripts/sql``: SQL scripts, whose results become files."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy import Connection, Row

from civis_nb.local.context import PlatformContext, User
from civis_nb.local.endpoints.checks import check_credential, check_database, default_credential
from civis_nb.local.endpoints.filters import JobId
from civis_nb.local.endpoints.jobs.models import ArchiveBody, CloneBody, Run
from civis_nb.local.endpoints.jobs.runs import RunKind, add_run_routes, run_fields
from civis_nb.local.endpoints.jobs.service import JobService
from civis_nb.local.endpoints.scripts.fields import script_fields
from civis_nb.local.endpoints.scripts.models import (
    CsvSettingsBody,
    SqlBody,
    SqlCreate,
    SqlPatch,
    SqlScript,
)
from civis_nb.local.errors import Invalid, NotFound
from civis_nb.local.files.registry import has_content
from civis_nb.local.http.auth import current_user
from civis_nb.local.http.wire import Wire
from civis_nb.local.runs import jobs as states
from civis_nb.local.runs.placeholders import expanded_arguments, fill_placeholders

__all__ = ["SQL_SCRIPTS", "router"]

router = APIRouter(tags=["scripts"])


class SqlOutput(Wire):
    """A file with the result of a SQL script."""

    output_name: str
    file_id: int
    path: str | None


class ResultColumn(Wire):
    """A column of a result, as the database has it."""

    name: str
    sql_type: str


class SqlRun(Run):
    """A run of a SQL script.

    ``result_columns`` is this platform's own: what the columns are, also of a result without
    rows, which has no file; null before the end, and when there is no result set.
    """

    sql_id: int
    is_cancel_requested: bool
    output: list[SqlOutput]
    output_cached_on: str | None = None
    result_columns: list[ResultColumn] | None = None


def _run(context: PlatformContext, row: Row[Any]) -> SqlRun:
    """Return a run of a SQL script as the API shows it."""
    result = row.result or {}
    output = [
        SqlOutput(path=_link(context, entry["file_id"]), **entry)
        for entry in result.get("output", [])
    ]
    columns = result.get("result_columns")
    return SqlRun(sql_id=row.job_id, output=output, result_columns=columns, **run_fields(row))


def _link(context: PlatformContext, file_id: int) -> str | None:
    """Return the address of a result's file; None when it is gone or has expired."""
    try:
        file = context.files.row(file_id)
    except NotFound:
        # The file was removed; that does not unmake the run.
        return None
    return context.files.download_url(file) if has_content(file) else None


def _show(context: PlatformContext, connection: Connection, row: Row[Any]) -> SqlScript:
    """Return a SQL script as the API shows it."""
    body = row.body
    expanded = expanded_arguments(connection, body.get("params") or [], body.get("arguments") or {})
    return SqlScript(
        **script_fields(context, connection, row),
        sql=body["sql"],
        expanded_arguments=expanded,
        remote_host_id=body["remote_host_id"],
        credential_id=body.get("credential_id"),
        code_preview=fill_placeholders(body["sql"], expanded),
        csv_settings=body.get("csv_settings") or CsvSettingsBody(),
    )


def _check(connection: Connection, values: dict[str, Any], user_id: int) -> None:
    """Check a SQL script, and set what was not given."""
    for name in ("sql", "remote_host_id"):
        if values.get(name) is None:
            raise Invalid(f"{name} can't be null.")
    if not values["sql"].strip():
        raise Invalid("sql can't be blank.")
    check_database(connection, values["remote_host_id"])
    if values.get("credential_id") is None:
        values["credential_id"] = default_credential(connection, user_id)
    check_credential(connection, values["credential_id"], user_id)
    values["csv_settings"] = CsvSettingsBody.model_validate(
        values.get("csv_settings") or {}
    ).model_dump(mode="json")


SQL_SCRIPTS = JobService(states.SQL, _show, _check)


@router.post("/scripts/sql", status_code=201, summary="Create a SQL script")
def post_sql(
    request: Request, body: SqlCreate, user: Annotated[User, Depends(current_user)]
) -> SqlScript:
    """Create a SQL script, without running it."""
    return SQL_SCRIPTS.create(request, body, user)


@router.get("/scripts/sql/{id}", summary="Get a SQL script")
def get_sql(request: Request, id: JobId) -> SqlScript:
    """Return a SQL script."""
    return SQL_SCRIPTS.get(request, id)


@router.put("/scripts/sql/{id}", summary="Replace a SQL script")
def put_sql(request: Request, id: JobId, body: SqlBody) -> SqlScript:
    """Replace all of a SQL script."""
    return SQL_SCRIPTS.replace(request, id, body)


@router.patch("/scripts/sql/{id}", summary="Change parts of a SQL script")
def patch_sql(request: Request, id: JobId, body: SqlPatch) -> SqlScript:
    """Change the fields that were sent."""
    return SQL_SCRIPTS.patch(request, id, body)


@router.delete(
    "/scripts/sql/{id}",
    status_code=204,
    deprecated=True,
    summary="Archive a SQL script (deprecated)",
)
def delete_sql(request: Request, id: JobId) -> None:
    """Archive it, as old clients do."""
    SQL_SCRIPTS.archive(request, id, True)


@router.put("/scripts/sql/{id}/archive", summary="Archive a SQL script, or restore it")
def put_sql_archive(request: Request, id: JobId, body: ArchiveBody) -> SqlScript:
    """Set whether the script is archived."""
    return SQL_SCRIPTS.archive(request, id, body.status)


@router.post("/scripts/sql/{id}/clone", status_code=201, summary="Copy a SQL script")
def post_sql_clone(
    request: Request, id: JobId, body: CloneBody, user: Annotated[User, Depends(current_user)]
) -> SqlScript:
    """Create a copy."""
    return SQL_SCRIPTS.clone(request, id, body, user)


add_run_routes(
    router,
    RunKind(
        job_type=states.SQL,
        path="/scripts/sql",
        noun="SQL script",
        model=SqlRun,
        show=_run,
        patch_path="/scripts/sql",
    ),
)
