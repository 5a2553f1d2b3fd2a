"""``/notebooks``: hosted notebooks. The local platform hosts none: people run their own.

The list is there because the official command line refuses a platform without this resource.
"""

from __future__ import annotations

from fastapi import APIRouter, Response

from civis_nb.local.endpoints.user_refs import UserRef
from civis_nb.local.http.envelope import Page, sliced
from civis_nb.local.http.wire import Wire

__all__ = ["router"]

router = APIRouter(tags=["notebooks"])


class NotebookDeployment(Wire):
    """A server that a notebook runs on."""

    deployment_id: int
    user_id: int
    host: str
    name: str
    docker_image_name: str
    docker_image_tag: str
    instance_type: str | None
    memory: int
    cpu: int
    state: str
    state_message: str | None
    max_memory_usage: float | None
    max_cpu_usage: float | None
    created_at: str
    updated_at: str
    notebook_id: int


class Notebook(Wire):
    """A hosted notebook."""

    id: int
    name: str
    language: str
    description: str | None
    user: UserRef
    created_at: str
    updated_at: str
    most_recent_deployment: NotebookDeployment | None
    archived: bool


@router.get("/notebooks", summary="List Notebooks")
def list_notebooks(
    response: Response,
    hidden: bool | None = None,  # noqa: ARG001 - nothing to leave out, here and below
    archived: str | None = None,  # noqa: ARG001
    author: str | None = None,  # noqa: ARG001
    status: str | None = None,  # noqa: ARG001
    limit: int | None = None,
    page_num: int | None = None,
    order: str | None = None,
    order_dir: str | None = None,
) -> list[Notebook]:
    """Return the empty list."""
    page = Page.of(limit, page_num, order, order_dir, default=20, maximum=50)
    none: list[Notebook] = []
    orders = {
        "updated_at": lambda n: n.updated_at,
        "name": lambda n: n.name,
        "created_at": lambda n: n.created_at,
    }
    return sliced(none, page, response, orders, "updated_at")
