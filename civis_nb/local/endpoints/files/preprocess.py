"""``/files/preprocess/csv``: jobs that find out what a CSV file holds, and bring it to UTF-8."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from sqlalchemy import Connection, Row

from civis_nb.local.context import PlatformContext, User
from civis_nb.local.endpoints.checks import check_file
from civis_nb.local.endpoints.filters import JobId
from civis_nb.local.endpoints.jobs.models import ArchiveBody
from civis_nb.local.endpoints.jobs.service import JobService
from civis_nb.local.http.auth import current_user
from civis_nb.local.http.wire import Wire
from civis_nb.local.runs import jobs as states

__all__ = ["router"]

router = APIRouter(tags=["files"])

_DEFAULTS = {
    "in_place": True,
    "detect_table_columns": False,
    "force_character_set_conversion": False,
}


class _Options(Wire):
    in_place: bool | None = None
    detect_table_columns: bool | None = None
    force_character_set_conversion: bool | None = None
    include_header: bool | None = None
    column_delimiter: Literal["comma", "tab", "pipe"] | None = None


class PreprocessBody(_Options):
    """A preprocessing job, as a whole; null header or delimiter: to be found out."""

    file_id: int


class PreprocessCreate(PreprocessBody):
    """A preprocessing job that is made."""

    hidden: bool | None = None


class PreprocessPatch(_Options):
    """What is to be changed of a preprocessing job."""

    file_id: int | None = None


class Preprocess(Wire):
    """A preprocessing job."""

    id: int
    file_id: int
    in_place: bool
    detect_table_columns: bool
    force_character_set_conversion: bool
    include_header: bool | None
    column_delimiter: str | None
    hidden: bool


def _show(_context: PlatformContext, _connection: Connection, row: Row[Any]) -> Preprocess:
    """Return a preprocessing job as the API shows it."""
    return Preprocess(id=row.id, hidden=row.hidden, **row.body)


def _check(connection: Connection, values: dict[str, Any], user_id: int) -> None:
    """Check that the file exists, and set what was not given."""
    check_file(connection, "fileId", values.get("file_id"), user_id)
    values |= {name: default for name, default in _DEFAULTS.items() if values.get(name) is None}


_service = JobService(states.PREPROCESS, _show, _check, "CSV Preprocess #{id}")


@router.post("/files/preprocess/csv", status_code=201, summary="Create a CSV preprocessing job")
def post_preprocess_csv(
    request: Request, body: PreprocessCreate, user: Annotated[User, Depends(current_user)]
) -> Preprocess:
    """Create a preprocessing job, without running it."""
    return _service.create(request, body, user)


@router.get("/files/preprocess/csv/{id}", summary="Get a CSV preprocessing job")
def get_preprocess_csv(request: Request, id: JobId) -> Preprocess:
    """Return a preprocessing job."""
    return _service.get(request, id)


@router.put("/files/preprocess/csv/{id}", summary="Replace a CSV preprocessing job")
def put_preprocess_csv(request: Request, id: JobId, body: PreprocessBody) -> Preprocess:
    """Replace all of a preprocessing job."""
    return _service.replace(request, id, body)


@router.patch("/files/preprocess/csv/{id}", summary="Change parts of a CSV preprocessing job")
def patch_preprocess_csv(request: Request, id: JobId, body: PreprocessPatch) -> Preprocess:
    """Change the fields that were sent."""
    return _service.patch(request, id, body)


@router.delete(
    "/files/preprocess/csv/{id}",
    status_code=204,
    deprecated=True,
    summary="Archive a CSV preprocessing job (deprecated)",
)
def delete_preprocess_csv(request: Request, id: JobId) -> None:
    """Archive it, as old clients do."""
    _service.archive(request, id, True)


@router.put(
    "/files/preprocess/csv/{id}/archive",
    summary="Archive a CSV preprocessing job, or restore it",
)
def put_preprocess_csv_archive(request: Request, id: JobId, body: ArchiveBody) -> Preprocess:
    """Set whether the job is archived."""
    return _service.archive(request, id, body.status)
