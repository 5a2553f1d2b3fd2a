"""Scripts whose source an interpreter of this machine runs: what Python and R have alike."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy import Connection, Row

from civis_nb.local.context import PlatformContext, User
from civis_nb.local.endpoints.filters import JobId
from civis_nb.local.endpoints.jobs.models import ArchiveBody, CloneBody
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

__all__ = ["source_router", "source_scripts", "used"]


def used(row: Row[Any]) -> dict[str, Any]:
    """Return the fields of a run that tell what its process used, and those of all runs."""
    usage = row.result or {}
    return {
        "max_memory_usage": usage.get("max_memory_usage"),
        "max_cpu_usage": usage.get("max_cpu_usage"),
        **run_fields(row),
    }


def source_scripts(job_type: str) -> JobService[PythonScript]:
    """Return what creates, changes and shows the scripts of a type."""
    return JobService(job_type, _show, _check)


def _show(context: PlatformContext, connection: Connection, row: Row[Any]) -> PythonScript:
    """Return a script as the API shows it."""
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


def source_router(service: JobService[PythonScript], runs: RunKind) -> APIRouter:
    """Build the routes of the scripts of a type, and of their runs."""
    router = APIRouter(tags=["scripts"])
    path, noun = runs.path, runs.noun

    @router.post(path, status_code=201, summary=f"Create a {noun}")
    def post(
        request: Request, body: PythonCreate, user: Annotated[User, Depends(current_user)]
    ) -> PythonScript:
        return service.create(request, body, user)

    @router.get(f"{path}/{{id}}", summary=f"Get a {noun}")
    def get(request: Request, id: JobId) -> PythonScript:
        return service.get(request, id)

    @router.put(f"{path}/{{id}}", summary=f"Replace a {noun}")
    def put(request: Request, id: JobId, body: PythonBody) -> PythonScript:
        return service.replace(request, id, body)

    @router.patch(f"{path}/{{id}}", summary=f"Change parts of a {noun}")
    def patch(request: Request, id: JobId, body: PythonPatch) -> PythonScript:
        return service.patch(request, id, body)

    @router.delete(
        f"{path}/{{id}}",
        status_code=204,
        deprecated=True,
        summary=f"Archive a {noun} (deprecated)",
    )
    def delete(request: Request, id: JobId) -> None:
        service.archive(request, id, True)

    @router.put(f"{path}/{{id}}/archive", summary=f"Archive a {noun}, or restore it")
    def put_archive(request: Request, id: JobId, body: ArchiveBody) -> PythonScript:
        return service.archive(request, id, body.status)

    @router.post(f"{path}/{{id}}/clone", status_code=201, summary=f"Copy a {noun}")
    def post_clone(
        request: Request, id: JobId, body: CloneBody, user: Annotated[User, Depends(current_user)]
    ) -> PythonScript:
        return service.clone(request, id, body, user)

    add_run_routes(router, runs)
    return router
