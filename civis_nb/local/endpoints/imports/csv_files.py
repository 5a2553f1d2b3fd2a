"""``/imports/files/csv``: files that are loaded into tables."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import ConfigDict, Field
from sqlalchemy import Connection, Row

from civis_nb.errors import WarehouseError
from civis_nb.local.context import PlatformContext, User
from civis_nb.local.endpoints.checks import (
    check_credential,
    check_database,
    check_file,
    default_credential,
)
from civis_nb.local.endpoints.filters import JobId
from civis_nb.local.endpoints.jobs.models import ArchiveBody, Run
from civis_nb.local.endpoints.jobs.runs import RunKind, add_run_routes, run_fields
from civis_nb.local.endpoints.jobs.service import JobService
from civis_nb.local.errors import Invalid
from civis_nb.local.http.auth import current_user
from civis_nb.local.http.wire import NotBlank, Wire
from civis_nb.local.runs import jobs as states
from civis_nb.local.store.permissions import Level, permission_level
from civis_nb.local.warehouse.sqltypes import standard_type

__all__ = ["router"]

router = APIRouter(tags=["imports"])


class ImportStoragePath(Wire):
    """Files in a storage outside of the platform."""

    storage_host_id: int | None = None
    credential_id: int | None = None
    file_paths: list[str] = Field(default_factory=list)


class Source(Wire):
    """Where the content comes from."""

    # Stated alone: whether there are any is checked where all of an import is.
    model_config = ConfigDict(json_schema_extra={"required": ["fileIds"]})
    file_ids: list[int] = Field(default_factory=list, json_schema_extra={"minItems": 1})
    storage_path: ImportStoragePath | None = None


class Destination(Wire):
    """Where the content goes."""

    # The name is the API's; pydantic's own `schema` is an old spelling of another method.
    schema_: NotBlank = Field(alias="schema")
    table: NotBlank
    remote_host_id: int
    credential_id: int | None
    primary_keys: list[str] | None = None
    last_modified_keys: list[str] | None = None


class TableColumn(Wire):
    """A column of the files and, where it is made, of the table."""

    name: str
    sql_type: str | None = None


class RedshiftOptions(Wire):
    """How Redshift spreads a new table; kept, without meaning on one machine."""

    diststyle: Literal["even", "all", "key"] | None = None
    distkey: str | None = None
    sortkeys: list[str | None] | None = None


class DestinationPatch(Wire):
    """What is to be changed of where the content goes."""

    schema_: NotBlank | None = Field(default=None, alias="schema")
    table: NotBlank | None = None
    remote_host_id: int | None = None
    credential_id: int | None = None
    primary_keys: list[str] | None = None
    last_modified_keys: list[str] | None = None


class _ImportOptions(Wire):
    column_delimiter: Literal["comma", "tab", "pipe"] | None = None
    escaped: bool | None = None
    compression: Literal["gzip", "none"] | None = None
    existing_table_rows: Literal["fail", "truncate", "append", "drop", "upsert"] | None = None
    max_errors: int | None = Field(default=None, ge=0)
    table_columns: list[TableColumn] | None = None
    loosen_types: bool | None = None
    execution: Literal["delayed", "immediate"] | None = None
    redshift_destination_options: RedshiftOptions | None = None


class CsvImportBody(_ImportOptions):
    """A CSV import, as a whole."""

    name: str | None = None
    source: Source
    destination: Destination
    first_row_is_header: bool


class CsvImportCreate(CsvImportBody):
    """A CSV import that is made."""

    hidden: bool | None = None


class CsvImportPatch(_ImportOptions):
    """What is to be changed of a CSV import."""

    name: str | None = None
    source: Source | None = None
    destination: DestinationPatch | None = None
    first_row_is_header: bool | None = None


class CsvImport(Wire):
    """A CSV import."""

    id: int
    name: str
    source: Source
    destination: Destination
    first_row_is_header: bool
    column_delimiter: str
    escaped: bool
    compression: str
    existing_table_rows: str
    max_errors: int | None
    table_columns: list[TableColumn]
    loosen_types: bool
    execution: str
    redshift_destination_options: RedshiftOptions
    hidden: bool
    my_permission_level: Level


class CsvImportRun(Run):
    """A run of a CSV import."""

    csv_import_id: int
    is_cancel_requested: bool


_DEFAULTS = {
    "column_delimiter": "comma",
    "escaped": False,
    "compression": "none",
    "existing_table_rows": "fail",
    "loosen_types": False,
    "execution": "delayed",
    "table_columns": [],
}


def _check(connection: Connection, values: dict[str, Any], user_id: int) -> None:
    """Check an import, and set what was not given, or given as null, to its default."""
    values.update({key: value for key, value in _DEFAULTS.items() if values.get(key) is None})
    for name in ("source", "destination", "first_row_is_header"):
        if values.get(name) is None:
            raise Invalid(f"{name} can't be null.")
    source, destination = values["source"], values["destination"]
    if "schema_" in destination:
        destination["schema"] = destination.pop("schema_")
    if (source.get("storage_path") or {}).get("file_paths"):
        raise Invalid(
            "source.storagePath: the local platform has no storage hosts. Upload the files "
            "(POST /files) and give their ids as source.fileIds."
        )
    if not source.get("file_ids"):
        raise Invalid("source.fileIds must name at least one file.")
    for file_id in source["file_ids"]:
        check_file(connection, "source.fileIds", file_id, user_id)
    for name in ("schema", "table", "remote_host_id"):
        if destination[name] is None:
            raise Invalid(f"destination.{name} can't be null.")
    for name in ("schema", "table"):
        if not destination[name].strip():
            raise Invalid(f"destination.{name} can't be blank.")
    if values["existing_table_rows"] == "upsert" and not destination.get("primary_keys"):
        raise Invalid(
            "destination.primaryKeys must name the columns that tell rows apart: "
            "existingTableRows is upsert."
        )
    check_database(connection, destination["remote_host_id"])
    if destination.get("credential_id") is None:
        destination["credential_id"] = default_credential(connection, user_id)
    check_credential(connection, destination["credential_id"], user_id)
    _check_columns(values)


def _check_columns(values: dict[str, Any]) -> None:
    """Check the columns of a CSV import."""
    columns = values["table_columns"]
    names = [column["name"].strip().lower() for column in columns]
    if "" in names:
        raise Invalid("tableColumns: every column needs a name.")
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise Invalid(f"tableColumns: {twice[0]!r} is there twice.")
    for column in columns:
        _check_type(column)
    options = values.get("redshift_destination_options") or {}
    if len([key for key in options.get("sortkeys") or [] if key]) > 2:
        raise Invalid("redshiftDestinationOptions.sortkeys can have two columns at most.")
    if options.get("diststyle") == "key" and not options.get("distkey"):
        raise Invalid("redshiftDestinationOptions.distkey must name a column: diststyle is key.")


def _check_type(column: dict[str, Any]) -> None:
    """Check that a column's SQL type is one."""
    if not column.get("sql_type"):
        return
    try:
        standard_type(column["sql_type"])
    except WarehouseError as error:
        raise Invalid(f"tableColumns: sqlType of {column['name']!r}: {error}.") from None


def _show(_context: PlatformContext, connection: Connection, row: Row[Any]) -> CsvImport:
    """Return a CSV import as the API shows it."""
    body = row.body
    options = dict(body.get("redshift_destination_options") or {})
    options["sortkeys"] = [key for key in options.get("sortkeys") or [] if key]
    if options.get("distkey"):
        options["diststyle"] = "key"
    destination = {
        **body["destination"],
        "primary_keys": body["destination"].get("primary_keys") or [],
        "last_modified_keys": body["destination"].get("last_modified_keys") or [],
    }
    source = {**body["source"], "storage_path": body["source"].get("storage_path") or {}}
    return CsvImport.model_validate(
        {
            **body,
            "id": row.id,
            "name": row.name,
            "hidden": row.hidden,
            "my_permission_level": permission_level(connection, "jobs", row),
            "source": source,
            "destination": destination,
            "redshift_destination_options": options,
        }
    )


class _CsvImportService(JobService[CsvImport]):
    # All else that was sent replaces the stored value as a whole.
    _merged_fields = ("destination",)


_service = _CsvImportService(states.CSV_IMPORT, _show, _check, default_name="CSV Import #{id}")


@router.post("/imports/files/csv", status_code=201, summary="Create a CSV import")
def post_files_csv(
    request: Request, body: CsvImportCreate, user: Annotated[User, Depends(current_user)]
) -> CsvImport:
    """Create a CSV import, without running it."""
    return _service.create(request, body, user)


@router.get("/imports/files/csv/{id}", summary="Get a CSV import")
def get_files_csv(request: Request, id: JobId) -> CsvImport:
    """Return a CSV import."""
    return _service.get(request, id)


@router.put("/imports/files/csv/{id}", summary="Replace a CSV import")
def put_files_csv(request: Request, id: JobId, body: CsvImportBody) -> CsvImport:
    """Replace all of a CSV import."""
    return _service.replace(request, id, body)


@router.patch("/imports/files/csv/{id}", summary="Change parts of a CSV import")
def patch_files_csv(request: Request, id: JobId, body: CsvImportPatch) -> CsvImport:
    """Change the fields that were sent."""
    return _service.patch(request, id, body)


@router.delete(
    "/imports/files/csv/{id}",
    status_code=204,
    deprecated=True,
    summary="Archive a CSV import (deprecated)",
)
def delete_files_csv(request: Request, id: JobId) -> None:
    """Archive it, as old clients do."""
    _service.archive(request, id, True)


@router.put("/imports/files/csv/{id}/archive", summary="Archive a CSV import, or restore it")
def put_files_csv_archive(request: Request, id: JobId, body: ArchiveBody) -> CsvImport:
    """Set whether the import is archived."""
    return _service.archive(request, id, body.status)


def _run(_context: PlatformContext, row: Row[Any]) -> CsvImportRun:
    return CsvImportRun(csv_import_id=row.job_id, **run_fields(row))


add_run_routes(
    router,
    RunKind(
        job_type=states.CSV_IMPORT,
        path="/imports/files/csv",
        noun="CSV import",
        model=CsvImportRun,
        show=_run,
        lists_outputs=False,
    ),
)
