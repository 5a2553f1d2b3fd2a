"""``/scripts/python3``: Python scripts, run as processes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy import Connection, Row

from civis_nb.local.context import PlatformContext, User
from civis_nb.local.endpoints.filters import JobId
from civis_nb.local.endpoints.jobs.models import ArchiveBody, CloneBody, Run
from civis_nb.local.endpoints.jobs.runs import RunKind, add_run_routes, run_fields
from civis_nb.local.endpoints.jobs.service import JobService
from civis_nb.local.endpoints.scripts.fields import script_fields, with_defaults
from civis_nb.local.endpoints.scripts.models import (
    PythonBody,
    PythonCreate,
    PythonPatch,
    PythonScript,
    Resources,
)
from civis_nb.local.http.auth import current_user
from civis_nb.local.runs import jobs as states

__all__ = ["PYTHON3_SCRIPTS", "router"]

router = APIRouter(tags=["scripts"])


class PythonRun(Run):
    """A run of a Python script."""

    python_id: int
    is_cancel_requested: bool
    max_memory_usage: float | None = None
    max_cpu_usage: float | None = None


def _run(_context: PlatformContext, row: Row[Any]) -> PythonRun:
    usage = row.result or {}
    return PythonRun(
        python_id=row.job_id,
        max_memory_usage=usage.get("max_memory_usage"),
        max_cpu_usage=usage.get("max_cpu_usage"),
        **run_fields(row),
    )


def _show(context: PlatformContext, connection: Connection, row: Row[Any]) -> PythonScript:
    """Return a Python script as the API shows it."""
    body = row.body
    return PythonScript(
        **script_fields(context, connection, row),
        required_resources=Resources.model_validate(with_defaults(body.get("required_resources"))),
        instance_type=body.get("instance_type"),
        cancel_timeout=body.get("cancel_timeout") or 0,
        docker_image_tag=body.get("docker_image_tag"),
        partition_label=body.get("partition_label"),
        source=body.get("source") or "",
    )


def _check(_connection: Connection, values: dict[str, Any], _user_id: int) -> None:
    values["required_resources"] = with_defaults(values.get("required_resources"))


PYTHON3_SCRIPTS = JobService(states.PYTHON3, _show, _check)


@router.post("/scripts/python3", status_code=201, summary="Create a Python script")
def post_python3(
    request: Request, body: PythonCreate, user: Annotated[User, Depends(current_user)]
) -> PythonScript:
    """Create a Python script, without running it."""
    return PYTHON3_SCRIPTS.create(request, body, user)


@router.get("/scripts/python3/{id}", summary="Get a Python script")
def get_python3(request: Request, id: JobId) -> PythonScript:
    """Return a Python script."""
    return PYTHON3_SCRIPTS.get(request, id)


@router.put("/scripts/python3/{id}", summary="Replace a Python script")
def put_python3(request: Request, id: JobId, body: PythonBody) -> PythonScript:
    """Replace all of a Python script."""
    return PYTHON3_SCRIPTS.replace(request, id, body)


@router.patch("/scripts/python3/{id}", summary="Change parts of a Python script")
def patch_python3(request: Request, id: JobId, body: PythonPatch) -> PythonScript:
    """Change the fields that were sent."""
    return PYTHON3_SCRIPTS.patch(request, id, body)


@router.delete(
    "/scripts/python3/{id}",
    status_code=204,
    deprecated=True,
    summary="Archive a Python script (deprecated)",
)
def delete_python3(request: Request, id: JobId) -> None:
    """Archive it, as old clients do."""
    PYTHON3_SCRIPTS.archive(request, id, True)


@router.put("/scripts/python3/{id}/archive", summary="Archive a Python script, or restore it")
def put_python3_archive(request: Request, id: JobId, body: ArchiveBody) -> PythonScript:
    """Set whether the script is archived."""
    return PYTHON3_SCRIPTS.archive(request, id, body.status)


@router.post("/scripts/python3/{id}/clone", status_code=201, summary="Copy a Python script")
def post_python3_clone(
    request: Request, id: JobId, body: CloneBody, user: Annotated[User, Depends(current_user)]
) -> PythonScript:
    """Create a copy."""
    return PYTHON3_SCRIPTS.clone(request, id, body, user)


add_run_routes(
    router,
    RunKind(
        job_type=states.PYTHON3,
        path="/scripts/python3",
        noun="Python script",
        model=PythonRun,
        show=_run,
        patch_path="/scripts/python3",
        posts_outputs=True,
    ),
)
