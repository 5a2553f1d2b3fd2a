"""``/scripts/containers``: container scripts; their commands run with this machine's programs."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy import Connection, Row

from civis_nb.local.context import PlatformContext, User
from civis_nb.local.endpoints.filters import JobId
from civis_nb.local.endpoints.jobs.models import ArchiveBody, CloneBody, Run
from civis_nb.local.endpoints.jobs.runs import RunKind, add_log_post, add_run_routes, run_fields
from civis_nb.local.endpoints.jobs.service import JobService
from civis_nb.local.endpoints.scripts.fields import script_fields, with_defaults
from civis_nb.local.endpoints.scripts.models import (
    ContainerBody,
    ContainerCreate,
    ContainerPatch,
    ContainerScript,
    Resources,
)
from civis_nb.local.http.auth import current_user
from civis_nb.local.runs import jobs as states

__all__ = ["CONTAINER_SCRIPTS", "router"]

router = APIRouter(tags=["scripts"])

_TEXTS = (
    "repo_http_uri",
    "repo_ref",
    "remote_host_credential_id",
    "git_credential_id",
    "docker_command",
    "docker_image_name",
    "docker_image_tag",
    "instance_type",
    "partition_label",
)


class ContainerRun(Run):
    """A run of a container script."""

    container_id: int
    is_cancel_requested: bool
    max_memory_usage: float | None = None
    max_cpu_usage: float | None = None


def _run(_context: PlatformContext, row: Row[Any]) -> ContainerRun:
    usage = row.result or {}
    return ContainerRun(
        container_id=row.job_id,
        max_memory_usage=usage.get("max_memory_usage"),
        max_cpu_usage=usage.get("max_cpu_usage"),
        **run_fields(row),
    )


def _show(context: PlatformContext, connection: Connection, row: Row[Any]) -> ContainerScript:
    body = row.body
    return ContainerScript(
        **script_fields(context, connection, row),
        **{name: body.get(name) for name in _TEXTS},
        required_resources=Resources.model_validate(with_defaults(body.get("required_resources"))),
        cancel_timeout=body.get("cancel_timeout") or 0,
    )


def _check(_connection: Connection, values: dict[str, Any], _user_id: int) -> None:
    """Set what a container script needs and was not given."""
    values["required_resources"] = with_defaults(values.get("required_resources"))
    if values.get("docker_image_name") and not values.get("docker_image_tag"):
        values["docker_image_tag"] = "latest"


CONTAINER_SCRIPTS = JobService(states.CONTAINER, _show, _check)


@router.post("/scripts/containers", status_code=201, summary="Create a container script")
def post_containers(
    request: Request, body: ContainerCreate, user: Annotated[User, Depends(current_user)]
) -> ContainerScript:
    """Create a container script, without running it."""
    return CONTAINER_SCRIPTS.create(request, body, user)


@router.get("/scripts/containers/{id}", summary="Get a container script")
def get_containers(request: Request, id: JobId) -> ContainerScript:
    """Return a container script."""
    return CONTAINER_SCRIPTS.get(request, id)


@router.put("/scripts/containers/{id}", summary="Replace a container script")
def put_containers(request: Request, id: JobId, body: ContainerBody) -> ContainerScript:
    """Replace all of a container script."""
    return CONTAINER_SCRIPTS.replace(request, id, body)


@router.patch("/scripts/containers/{id}", summary="Change parts of a container script")
def patch_containers(request: Request, id: JobId, body: ContainerPatch) -> ContainerScript:
    """Change the fields that were sent."""
    return CONTAINER_SCRIPTS.patch(request, id, body)


@router.delete(
    "/scripts/containers/{id}",
    status_code=204,
    deprecated=True,
    summary="Archive a container script (deprecated)",
)
def delete_containers(request: Request, id: JobId) -> None:
    """Archive it, as old clients do."""
    CONTAINER_SCRIPTS.archive(request, id, True)


@router.put("/scripts/containers/{id}/archive", summary="Archive a container script, or restore it")
def put_containers_archive(request: Request, id: JobId, body: ArchiveBody) -> ContainerScript:
    """Set whether the script is archived."""
    return CONTAINER_SCRIPTS.archive(request, id, body.status)


@router.post("/scripts/containers/{id}/clone", status_code=201, summary="Copy a container script")
def post_containers_clone(
    request: Request, id: JobId, body: CloneBody, user: Annotated[User, Depends(current_user)]
) -> ContainerScript:
    """Create a copy."""
    return CONTAINER_SCRIPTS.clone(request, id, body, user)


_RUNS = RunKind(
    job_type=states.CONTAINER,
    path="/scripts/containers",
    noun="container script",
    model=ContainerRun,
    show=_run,
    # The API's specification spells this one path in the singular.
    patch_path="/scripts/container",
    posts_outputs=True,
)

add_run_routes(router, _RUNS)
# Python scripts write to their logs here as well: the API has no path of their own for it.
add_log_post(router, replace(_RUNS, job_type=None))
