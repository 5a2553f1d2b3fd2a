"""``/projects``: objects that belong together, and the operations that put objects into them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated

from fastapi import Query, Request
from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert as upsert

from civis_nb.local.context import context_of
from civis_nb.local.endpoints.user_refs import UserRef, user_refs
from civis_nb.local.errors import Invalid, NotFound
from civis_nb.local.http.wire import Wire
from civis_nb.local.records import crud, fields, lists
from civis_nb.local.records.contents import CONTENTS
from civis_nb.local.records.fields import Computed, Named, Stored, View
from civis_nb.local.records.resource import (
    Operation,
    Resource,
    build_router,
    path_id,
    typed,
)
from civis_nb.local.records.sharing import Shareable, shared, transferable
from civis_nb.local.records.storage import grant, update_record
from civis_nb.local.store.objects import projects_of
from civis_nb.local.store.permissions import level_of
from civis_nb.local.store.schema import project_items, records, shares

__all__ = ["in_projects", "project_names", "router"]


class AutoShare(Wire):
    """Whether what is in a project is shared with whom the project is shared."""

    auto_share: bool


class CloneOptions(Wire):
    """What a clone of a project copies."""

    clone_schedule: bool | None = None
    clone_notifications: bool | None = None


def _users(view: View) -> list[UserRef]:
    """Return the owner of a project, and the users that it is shared with."""
    who = select(shares.c.grantee_id).where(
        shares.c.object_kind == "projects",
        shares.c.object_id == view.row.id,
        shares.c.grantee_kind == "users",
    )
    ids = sorted({view.row.user_id, *view.connection.scalars(who)})
    return [view.people[user_id] for user_id in ids if user_id in view.people]


def _parent(view: View) -> Named | None:
    parents = projects_of(view.connection, "projects", view.row.id)
    return Named(id=parents[0].id, name=parents[0].name) if parents else None


def project_names(view: View) -> list[Named]:
    """Show the projects that an object is in."""
    found = projects_of(view.connection, view.row.kind, view.row.id)
    return [Named(id=row.id, name=row.name) for row in found]


def _share_contents(connection: Connection, project_id: int) -> None:
    """Grant the permissions on a project that shares automatically on all that is in it, too."""
    project = connection.execute(select(records).where(records.c.id == project_id)).one()
    if not project.body.get("auto_share"):
        return
    item, share = project_items.c, shares.c
    of_project = (share.object_kind == "projects", share.object_id == project_id)
    query = select(share.grantee_kind, share.grantee_id, share.level).where(*of_project)
    granted = [("users", project.user_id, "manage"), *map(tuple, connection.execute(query))]
    contents = select(item.object_kind, item.object_id).where(item.project_id == project_id)
    for kind, object_id in connection.execute(contents).all():
        for grantee_kind, grantee_id, level in granted:
            grant(connection, kind, object_id, grantee_kind, [grantee_id], level)


def in_projects(
    path: str = "projects", parameter: str = "project_id"
) -> Callable[[Shareable], Iterator[Operation]]:
    """Declare ``/{id}/projects``: the projects that an object is in."""

    def operations(resource: Shareable) -> Iterator[Operation]:
        def list_projects(
            request: Request,
            id: int,
            hidden: Annotated[
                bool | None, Query(description="Whether to list the hidden ones instead.")
            ] = None,
        ) -> list[Wire]:
            context = context_of(request)
            with context.store.read() as connection:
                resource.find(connection, id)
                found = projects_of(connection, resource.kind, id)
                people = user_refs(connection)
                views = [
                    View(connection, context, row, people)
                    for row in found
                    if row.hidden == bool(hidden)
                    and level_of(connection, "projects", row) is not None
                ]
                return [PROJECTS.show_item(view) for view in views]

        def put(request: Request, id: int, project_id: int) -> None:
            with context_of(request).store.begin() as connection:
                resource.find(connection, id)
                PROJECTS.find(connection, project_id)
                if (resource.kind, id) == (PROJECTS.kind, project_id):
                    raise Invalid("A project can't be a part of itself.")
                row = {"project_id": project_id, "object_kind": resource.kind, "object_id": id}
                connection.execute(upsert(project_items).values(row).on_conflict_do_nothing())
                update_record(connection, project_id)
                _share_contents(connection, project_id)

        def remove(request: Request, id: int, project_id: int) -> None:
            item = project_items.c
            chosen = (
                item.project_id == project_id,
                item.object_kind == resource.kind,
                item.object_id == id,
            )
            with context_of(request).store.begin() as connection:
                resource.find(connection, id)
                PROJECTS.find(connection, project_id)
                if connection.execute(delete(project_items).where(*chosen)).rowcount == 0:
                    raise NotFound(f"{resource.title} {id} in project {project_id}")
                update_record(connection, project_id)

        noun, one = resource.noun, f"/{{id}}/{path}/{{{parameter}}}"
        project = path_id(parameter)
        what = path.replace("_", " ")
        yield Operation(
            "GET",
            f"/{{id}}/{path}",
            list_projects,
            f"List the {what} of a {noun}",
            list[PROJECTS.item],  # type: ignore[name-defined]
        )
        single = what.removesuffix("s")
        put_one, remove_one = typed(put, project_id=project), typed(remove, project_id=project)
        yield Operation("PUT", one, put_one, f"Add a {noun} to a {single}")
        yield Operation("DELETE", one, remove_one, f"Remove a {noun} from a {single}")

    return operations


def _auto_share(resource: Resource) -> Iterator[Operation]:
    """Declare ``PUT /{project_id}/auto_share``."""

    def put(request: Request, id: int, body: AutoShare) -> Wire:
        context = context_of(request)
        with context.store.begin() as connection:
            row = resource.find(connection, id)
            update_record(connection, id, body={**row.body, "auto_share": body.auto_share})
            _share_contents(connection, id)
            return resource.show(resource.view(connection, context, id))

    typed(put, id=path_id("project_id"))
    summary = "Set whether a project shares what is in it"
    yield Operation("PUT", "/{project_id}/auto_share", put, summary, resource.detail)


PROJECTS = Resource(
    path="/projects",
    noun="project",
    id_name="project_id",
    fields=(
        fields.ID,
        fields.AUTHOR,
        fields.REQUIRED_NAME,
        Stored("description", str, listed=True, required=True),
        Stored("note", str | None),
        Stored("auto_share", bool, False, listed=True, requests=("create",)),
        fields.HIDDEN,
        Computed("users", list[UserRef], _users, listed=True),
        fields.CREATED_AT,
        fields.UPDATED_AT,
        *CONTENTS,
        Computed("can_current_user_enable_auto_share", bool, lambda view: True),  # noqa: ARG005
        fields.ARCHIVED,
        Computed("parent_project", Named | None, _parent),
        fields.PERMISSION,
    ),
    shapes=(
        lists.listed(
            20,
            1000,
            lists.permission_filter("projects"),
            lists.Filter(
                "auto_share",
                bool,
                "Whether the projects share what is in them.",
                lambda value: (
                    [] if value is None else [records.c.body["auto_share"].as_boolean().is_(value)]
                ),
            ),
            *lists.USUAL_FILTERS,
        ),
        crud.created(200),
        crud.cloned(CloneOptions),
        crud.read,
        crud.updated_by_put,
        crud.archived_by_delete,
        _auto_share,
        shared,
        transferable,
        crud.archivable,
        in_projects("parent_projects", "parent_project_id"),
    ),
    after_share=_share_contents,
)

router = build_router(PROJECTS)
