"""``/exports``: exports of SQL results to CSV files, as jobs of their own."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field, field_validator
from sqlalchemy import ColumnElement, Connection, Row, and_, or_

from civis_nb.local.context import PlatformContext, User, context_of
from civis_nb.local.endpoints.checks import check_credential, check_database, default_credential
from civis_nb.local.endpoints.filters import KIND_ORDERS, JobId, KindConditions, page_parameters
from civis_nb.local.endpoints.jobs.models import ArchiveBody, Run, last_run, run_state
from civis_nb.local.endpoints.jobs.runs import RunKind, add_run_routes, run_fields
from civis_nb.local.endpoints.jobs.service import JobService
from civis_nb.local.endpoints.user_refs import UserRef, user_refs
from civis_nb.local.errors import Invalid
from civis_nb.local.http.auth import current_user
from civis_nb.local.http.envelope import Page, comma_filter, known_words, paginated
from civis_nb.local.http.wire import NotBlank, Wire
from civis_nb.local.runs import jobs as states
from civis_nb.local.store.permissions import Level, permission_level
from civis_nb.local.store.schema import jobs

__all__ = ["router"]

router = APIRouter(tags=["exports"])

_TYPES = ("database", "gdoc")


class ExportSource(Wire):
    """What is exported."""

    sql: NotBlank
    remote_host_id: int
    credential_id: int | None


class SourcePatch(Wire):
    """What is to be changed of it."""

    sql: NotBlank | None = None
    remote_host_id: int | None = None
    credential_id: int | None = None


class ExportStoragePath(Wire):
    """A place in a storage outside of the platform."""

    file_path: str | None = None
    storage_host_id: int | None = None
    credential_id: int | None = None
    existing_files: Literal["fail", "append", "overwrite"] = "fail"

    @field_validator("existing_files", mode="before")
    @classmethod
    def _none_is_fail(cls, value: Any) -> Any:
        return "fail" if value is None else value


class ExportDestination(Wire):
    """Where the files go, and how they are called."""

    filename_prefix: str | None = None
    storage_path: ExportStoragePath = Field(default_factory=ExportStoragePath)

    @field_validator("storage_path", mode="before")
    @classmethod
    def _none_is_empty(cls, value: Any) -> Any:
        return {} if value is None else value


class _Options(Wire):
    name: str | None = None
    include_header: bool | None = None
    compression: Literal["gzip", "zip", "none"] | None = None
    column_delimiter: Literal["comma", "tab", "pipe"] | None = None
    hidden: bool | None = None
    force_multifile: bool | None = None
    max_file_size: int | None = Field(default=None, ge=1)


class CsvExportBody(_Options):
    """A CSV export, as a whole."""

    source: ExportSource
    destination: ExportDestination


class CsvExportPatch(_Options):
    """What is to be changed of a CSV export."""

    source: SourcePatch | None = None
    destination: ExportDestination | None = None


class CsvExport(Wire):
    """A CSV export."""

    id: int
    name: str
    source: ExportSource
    destination: ExportDestination
    include_header: bool
    compression: str
    column_delimiter: str
    hidden: bool
    force_multifile: bool
    max_file_size: int | None
    my_permission_level: Level


class CsvExportRun(Run):
    """A run of a CSV export."""

    output_cached_on: str | None = None


class ExportItem(Wire):
    """An export in a list."""

    id: int
    name: str
    type: str
    created_at: str
    updated_at: str
    state: str
    last_run: Run | None
    author: UserRef


_DEFAULTS = {
    "include_header": True,
    "compression": "gzip",
    "column_delimiter": "comma",
    "force_multifile": False,
}


def _check(connection: Connection, values: dict[str, Any], user_id: int) -> None:
    """Check an export, and set what was not given."""
    for name, default in _DEFAULTS.items():
        if values.get(name) is None:
            values[name] = default
    for name in ("source", "destination"):
        if values.get(name) is None:
            raise Invalid(f"{name} can't be null.")
    source = values["source"]
    for name in ("sql", "remote_host_id"):
        if source.get(name) is None:
            raise Invalid(f"source.{name} can't be null.")
    if not source["sql"].strip():
        raise Invalid("source.sql can't be blank.")
    check_database(connection, source["remote_host_id"])
    if source.get("credential_id") is None:
        source["credential_id"] = default_credential(connection, user_id)
    check_credential(connection, source["credential_id"], user_id)
    place = values["destination"].get("storage_path") or {}
    if place.get("storage_host_id") is not None or place.get("file_path"):
        raise Invalid(
            "The local platform has no storage hosts: leave destination.storagePath out; the "
            "files are outputs of the run."
        )


def _show(_context: PlatformContext, connection: Connection, row: Row[Any]) -> CsvExport:
    columns = {"id": row.id, "name": row.name, "hidden": row.hidden}
    level = permission_level(connection, "jobs", row)
    return CsvExport.model_validate({**row.body, **columns, "my_permission_level": level})


_service = JobService(states.CSV_EXPORT, _show, _check, default_name="CSV Export #{id}")


@router.get("/exports", summary="List exports")
def list_exports(
    request: Request,
    response: Response,
    conditions: KindConditions,
    page: Annotated[Page, page_parameters(KIND_ORDERS, default=20, maximum=50)],
    type: Annotated[
        str | None, comma_filter("database or gdoc, or both separated by a comma.", _TYPES)
    ] = None,
) -> list[ExportItem]:
    """Return CSV exports, and imports that go out of the platform's databases."""
    found = states.jobs_with_last_run().where(_of_types(type), *conditions)
    with context_of(request).store.read() as connection:
        rows = paginated(connection, found, page, response)
        people = user_refs(connection)
    return [
        ExportItem(
            id=row.id,
            name=row.name,
            type=states.shown_type(row.type),
            created_at=row.created_at,
            updated_at=row.updated_at,
            state=run_state(row),
            last_run=last_run(row),
            author=people[row.user_id],
        )
        for row in rows
    ]


def _of_types(text: str | None) -> ColumnElement[bool]:
    """Return the condition for exports of some types."""
    outbound = and_(jobs.c.type == states.IMPORT, jobs.c.body["is_outbound"].as_boolean())
    gdoc = jobs.c.body["sync_type"].as_string() == "GdocExport"
    kinds = {
        "database": or_(jobs.c.type == states.CSV_EXPORT, and_(outbound, ~gdoc)),
        "gdoc": and_(outbound, gdoc),
    }
    return or_(*(kinds[name] for name in known_words("type", text, _TYPES) or _TYPES))


@router.post("/exports/files/csv", status_code=201, summary="Create a CSV export")
def post_files_csv(
    request: Request, body: CsvExportBody, user: Annotated[User, Depends(current_user)]
) -> CsvExport:
    """Create a CSV export, without running it."""
    return _service.create(request, body, user)


@router.get("/exports/files/csv/{id}", summary="Get a CSV export")
def get_files_csv(request: Request, id: JobId) -> CsvExport:
    """Return a CSV export."""
    return _service.get(request, id)


@router.put("/exports/files/csv/{id}", summary="Replace a CSV export")
def put_files_csv(request: Request, id: JobId, body: CsvExportBody) -> CsvExport:
    """Replace all of a CSV export."""
    return _service.replace(request, id, body)


@router.patch("/exports/files/csv/{id}", summary="Change parts of a CSV export")
def patch_files_csv(request: Request, id: JobId, body: CsvExportPatch) -> CsvExport:
    """Change the fields that were sent."""
    return _service.patch(request, id, body)


@router.put("/exports/files/csv/{id}/archive", summary="Archive a CSV export, or restore it")
def put_files_csv_archive(request: Request, id: JobId, body: ArchiveBody) -> CsvExport:
    """Set whether the export is archived."""
    return _service.archive(request, id, body.status)


def _run(_context: PlatformContext, row: Row[Any]) -> CsvExportRun:
    return CsvExportRun.model_validate(run_fields(row))


add_run_routes(
    router,
    RunKind(
        job_type=states.CSV_EXPORT,
        path="/exports/files/csv",
        noun="CSV export",
        model=CsvExportRun,
        show=_run,
    ),
)
