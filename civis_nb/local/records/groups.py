"""``/groups``: users who get permissions together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from fastapi import Request
from sqlalchemy import Row, delete, func, select
from sqlalchemy.dialects.sqlite import insert as upsert

from civis_nb.local.context import context_of
from civis_nb.local.endpoints.user_refs import ORGANIZATION_ID, ORGANIZATION_NAME, UserRef
from civis_nb.local.errors import Invalid, NotFound
from civis_nb.local.http.wire import Wire
from civis_nb.local.records import crud, fields
from civis_nb.local.records.fields import LEVELS, Computed, Named, Stored, View
from civis_nb.local.records.lists import NAME_FILTER, Filter, listed, permission_filter
from civis_nb.local.records.resource import Change, Operation, Resource, build_router
from civis_nb.local.records.sharing import shared
from civis_nb.local.records.storage import check_exist, update_record
from civis_nb.local.store.schema import group_members, records, shares, users

__all__ = ["router"]


class Member(UserRef):
    """A user in a group."""

    email: str
    primary_group_id: int | None = None
    active: bool = True


class ChildGroups(Wire):
    """The groups that a group has permissions on."""

    manageable: list[Named]
    writeable: list[Named]
    readable: list[Named]


def _member_rows(view: View) -> list[Row[Any]]:
    query = select(users).join(group_members, group_members.c.user_id == users.c.id)
    query = query.where(group_members.c.group_id == view.row.id).order_by(users.c.id)
    return list(view.connection.execute(query))


def _members(view: View) -> list[Member]:
    return [
        Member(**view.people[row.id].model_dump(), email=row.email) for row in _member_rows(view)
    ]


def _listed_members(view: View) -> list[UserRef]:
    """Return the members of a group where a list is asked for them."""
    if not view.query.get("include_members"):
        return []
    return [view.people[row.id] for row in _member_rows(view)]


def _member_count(view: View) -> int:
    query = select(func.count()).where(group_members.c.group_id == view.row.id)
    return int(view.connection.scalar(query) or 0)


def _stored(name: str) -> Callable[[View], Any]:
    return lambda view: view.value(name)


def _before_save(change: Change) -> None:
    """Check the organization of a group, and make its slug of its name where that is null."""
    values = change.values
    if "organization_id" in values and values["organization_id"] != ORGANIZATION_ID:
        raise Invalid(f"organization_id: a local platform has one organization, {ORGANIZATION_ID}.")
    if values.get("slug", "") is None:
        values["slug"] = re.sub(r"\W+", "_", str(values["name"]).lower()).strip("_") or "group"
    values["last_updated_by_id"] = change.user.id


def _organization(value: int | None) -> list[Any]:
    return [] if value is None else [records.c.body["organization_id"].as_integer() == value]


def _with_members(value: list[int] | None) -> list[Any]:
    inside = select(group_members.c.group_id).where(group_members.c.user_id.in_(value or []))
    return [records.c.id.in_(inside)] if value else []


def _membership(resource: Resource) -> Iterator[Operation]:
    """Declare ``/{id}/members/{user_id}``: add users, remove them."""

    def add(request: Request, id: int, user_id: int) -> Wire:
        context = context_of(request)
        row = {"group_id": id, "user_id": user_id}
        with context.store.begin() as connection:
            resource.find(connection, id)
            check_exist(connection, "user_id", "users", [user_id])
            connection.execute(upsert(group_members).values(row).on_conflict_do_nothing())
            update_record(connection, id)
            return resource.show(resource.view(connection, context, id))

    def remove(request: Request, id: int, user_id: int) -> None:
        member = group_members.c
        chosen = (member.group_id == id, member.user_id == user_id)
        with context_of(request).store.begin() as connection:
            resource.find(connection, id)
            if connection.execute(delete(group_members).where(*chosen)).rowcount == 0:
                raise NotFound(f"User {user_id} in group {id}")
            update_record(connection, id)

    path = "/{id}/members/{user_id}"
    yield Operation("PUT", path, add, "Add a user to a group", resource.detail)
    yield Operation("DELETE", path, remove, "Remove a user from a group")


def _children(resource: Resource) -> Iterator[Operation]:
    """Declare ``GET /{id}/child_groups``."""

    def get_child_groups(request: Request, id: int) -> ChildGroups:
        share = shares.c
        query = select(records.c.id, records.c.name, share.level).join(
            shares, (share.object_kind == records.c.kind) & (share.object_id == records.c.id)
        )
        query = query.where(share.grantee_kind == "groups", share.grantee_id == id)
        with context_of(request).store.read() as connection:
            resource.find(connection, id)
            groups = query.where(records.c.kind == "groups").order_by(records.c.id)
            found: dict[str, list[Named]] = {level: [] for level in LEVELS}
            for row in connection.execute(groups):
                found[row.level].append(Named(id=row.id, name=row.name))
        return ChildGroups(
            manageable=found["manage"], writeable=found["write"], readable=found["read"]
        )

    summary = "List the groups that a group has permissions on"
    yield Operation("GET", "/{id}/child_groups", get_child_groups, summary, ChildGroups)


GROUPS = Resource(
    path="/groups",
    noun="group",
    fields=(
        fields.ID,
        fields.REQUIRED_NAME,
        fields.CREATED_AT,
        fields.UPDATED_AT,
        Stored("description", str | None, listed=True),
        Stored("slug", str, listed=True),
        Stored("organization_id", int, ORGANIZATION_ID, listed=True),
        Computed("organization_name", str, lambda view: ORGANIZATION_NAME, listed=True),  # noqa: ARG005
        Computed("member_count", int, _member_count, listed=True),
        Computed("total_member_count", int, _member_count, listed=True),
        Stored("default_otp_required_for_login", bool | None),
        Stored("role_ids", list[int], []),
        Stored("default_time_zone", str | None),
        Stored("default_jobs_label", str | None),
        Stored("default_notebooks_label", str | None),
        Stored("default_services_label", str | None),
        Computed("last_updated_by_id", int | None, _stored("last_updated_by_id"), listed=True),
        Computed("created_by_id", int, lambda view: view.row.user_id, listed=True),
        Computed("members", list[UserRef], _listed_members, listed=True, detailed=False),
        Computed("members", list[Member], _members),
    ),
    shapes=(
        listed(
            50,
            1000,
            replace(NAME_FILTER, name="query"),
            permission_filter("groups"),
            Filter("include_members", bool, "Whether to show the members."),
            Filter("organization_id", int, "The id of an organization.", _organization),
            Filter("user_ids", list[int], "Users of whom one is a member.", _with_members),
            order="name",
            orders=("name", "created_at"),
            order_dir="asc",
        ),
        crud.created(),
        crud.read,
        crud.replaced,
        crud.updated,
        crud.deleted(deprecated=True),
        shared,
        _membership,
        _children,
    ),
    before_save=_before_save,
)

router = build_router(GROUPS)
