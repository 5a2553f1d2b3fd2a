"""``/files/preprocess/csv``: jobs that find out what a CSV file holds, and bring it to UTF-8."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from sqlalchemy import Connection, Row, select

from civis_nb.local.context import User, context_of
from civis_nb.local.endpoints.filters import JobId
from civis_nb.local.endpoints.jobs.models import ArchiveBody
from civis_nb.local.errors import Invalid
from civis_nb.local.http.auth import current_user
from civis_nb.local.http.wire import Wire, given
from civis_nb.local.runs import jobs as states
from civis_nb.local.store.schema import files

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


def _show(connection: Connection, job_id: int) -> Preprocess:
    """Return a preprocessing job as the API shows it."""
    row = states.find_job(connection, job_id, states.PREPROCESS)
    return Preprocess(id=row.id, hidden=row.hidden, **row.body)


def _checked(connection: Connection, values: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a preprocessing job with what was not given set."""
    file_id = values.get("file_id")
    if connection.scalar(select(files.c.id).where(files.c.id == file_id)) is None:
        raise Invalid(f"fileId: there is no file {file_id}.")
    return {
        **values,
        **{name: default for name, default in _DEFAULTS.items() if values.get(name) is None},
    }


@router.post("/files/preprocess/csv", status_code=201, summary="Create a CSV preprocessing job")
def post_preprocess_csv(
    request: Request, body: PreprocessCreate, user: Annotated[User, Depends(current_user)]
) -> Preprocess:
    """Create a preprocessing job, without running it."""
    values = body.model_dump(mode="json")
    hidden = bool(values.pop("hidden"))
    with context_of(request).store.begin() as connection:
        values = _checked(connection, values)
        job_id = states.create_job(
            connection,
            states.PREPROCESS,
            None,
            user.id,
            values,
            hidden=hidden,
            default_name="CSV Preprocess #{id}",
        )
        return _show(connection, job_id)


@router.get("/files/preprocess/csv/{id}", summary="Get a CSV preprocessing job")
def get_preprocess_csv(request: Request, id: JobId) -> Preprocess:
    """Return a preprocessing job."""
    with context_of(request).store.read() as connection:
        return _show(connection, id)


@router.put("/files/preprocess/csv/{id}", summary="Replace a CSV preprocessing job")
def put_preprocess_csv(request: Request, id: JobId, body: PreprocessBody) -> Preprocess:
    """Replace all of a preprocessing job."""
    with _locked(request, id) as (connection, _row):
        return _change(connection, id, body.model_dump(mode="json"))


@router.patch("/files/preprocess/csv/{id}", summary="Change parts of a CSV preprocessing job")
def patch_preprocess_csv(request: Request, id: JobId, body: PreprocessPatch) -> Preprocess:
    """Change the fields that were sent."""
    with _locked(request, id) as (connection, row):
        return _change(connection, id, {**row.body, **given(body)})


def _locked(request: Request, job_id: int) -> AbstractContextManager[tuple[Connection, Row[Any]]]:
    """Open a transaction on a preprocessing job."""
    return states.locked_job(context_of(request).store, job_id, states.PREPROCESS)


def _change(connection: Connection, job_id: int, values: dict[str, Any]) -> Preprocess:
    """Check and store the new values of a preprocessing job."""
    states.update_job(connection, job_id, body=_checked(connection, values))
    return _show(connection, job_id)


@router.put(
    "/files/preprocess/csv/{id}/archive",
    summary="Archive a CSV preprocessing job, or restore it",
)
def put_preprocess_csv_archive(request: Request, id: JobId, body: ArchiveBody) -> Preprocess:
    """Set whether the job is archived."""
    with _locked(request, id) as (connection, _row):
        states.update_job(connection, id, archived=body.status)
        return _show(connection, id)
