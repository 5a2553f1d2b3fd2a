"""``/notebooks``: notebooks with their files; people run them on their own machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from fastapi import Request

from civis_nb.local.context import context_of
from civis_nb.local.http.wire import Wire
from civis_nb.local.records import crud, fields, lists
from civis_nb.local.records.deployments import (
    Deployment,
    ListedDeployment,
    deployable,
    deployment_type,
)
from civis_nb.local.records.fields import Computed, Stored
from civis_nb.local.records.git import register_repository, repository_id, versioned
from civis_nb.local.records.projects import in_projects
from civis_nb.local.records.resource import Change, Operation, Resource, build_router
from civis_nb.local.records.sharing import shared, transferable
from civis_nb.local.records.texts import copy_file, new_file, show_link, store_text

__all__ = ["router"]

_ITEM: Any = deployment_type("notebook", ListedDeployment)
_DEPLOYMENT: Any = deployment_type("notebook", Deployment)
_FILE_NAMES = {"file_id": "notebook.ipynb", "preview_file_id": "preview.html"}


class UpdateLinks(Wire):
    """Addresses whose PUT replaces the files of a notebook."""

    update_url: str
    update_preview_url: str


def _before_save(change: Change) -> None:
    """Create the files that a notebook has none for, copy those of a clone."""
    values = change.values
    store_text(change, "requirements", "requirements_file_id", "requirements.txt")
    for field, name in _FILE_NAMES.items():
        if change.is_clone:
            copy_file(change, field)
        if (change.row is None or field in values) and values.get(field) is None:
            stored = None if change.row is None else change.row.body.get(field)
            values[field] = stored or new_file(change, name)
    register_repository(change.connection, change.user.id, values.get("git_repo_url"))


def _update_links(resource: Resource) -> Iterator[Operation]:
    """Declare ``GET /{id}/update-links``."""

    def get_update_links(request: Request, id: int) -> UpdateLinks:
        context = context_of(request)
        with context.store.read() as connection:
            body = resource.find(connection, id).body
        urls = [context.files.upload_url(int(body[field])) for field in _FILE_NAMES]
        return UpdateLinks(update_url=urls[0], update_preview_url=urls[1])

    summary = "Get links that replace the files of a notebook"
    yield Operation("GET", "/{id}/update-links", get_update_links, summary, UpdateLinks)


NOTEBOOKS = Resource(
    path="/notebooks",
    noun="notebook",
    fields=(
        fields.ID,
        fields.NAME,
        Stored("language", str, "python3", listed=True, sent=Literal["python3", "r"]),
        Stored("description", str | None, listed=True),
        Computed("notebook_url", str | None, show_link("file_id")),
        Computed("notebook_preview_url", str | None, show_link("preview_file_id")),
        Computed("requirements_url", str | None, show_link("requirements_file_id")),
        Stored("file_id", str | None, refers_to="files"),
        Stored("requirements_file_id", str | None, refers_to="files"),
        Stored("requirements", str | None, detailed=False),
        fields.USER,
        Stored("docker_image_name", str, "civisanalytics/civis-jupyter-python3"),
        Stored("docker_image_tag", str, "latest"),
        Stored("instance_type", str | None),
        Stored("memory", int, 3000),
        Stored("cpu", int, 800),
        fields.CREATED_AT,
        fields.UPDATED_AT,
        Computed("most_recent_deployment", _ITEM | None, listed=True, detailed=False),
        Computed("most_recent_deployment", _DEPLOYMENT | None),
        fields.CREDENTIALS,
        Stored("environment_variables", dict[str, Any], {}),
        Stored("idle_timeout", int, 3),
        Stored("partition_label", str | None),
        Computed("git_repo_id", int | None, repository_id),
        Stored("git_repo_url", str | None),
        Stored("git_ref", str | None),
        Stored("git_path", str | None),
        fields.PERMISSION,
        fields.ARCHIVED,
        fields.HIDDEN,
    ),
    shapes=(
        lists.listed(20, 50, *lists.USUAL_FILTERS, lists.STATUS_FILTER),
        crud.created(),
        crud.read,
        crud.replaced,
        crud.updated,
        crud.archived_by_delete,
        _update_links,
        crud.cloned(),
        shared,
        transferable,
        crud.archivable,
        in_projects(),
        deployable(_ITEM, _DEPLOYMENT, "Open its file (notebookUrl) in a Jupyter of your own."),
        versioned,
    ),
    before_save=_before_save,
)

router = build_router(NOTEBOOKS)
