"""Sharing: permissions of users and groups, dependencies, a new owner."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Query, Request
from sqlalchemy import Connection, delete, select

from civis_nb.local.context import context_of
from civis_nb.local.errors import NotFound
from civis_nb.local.http.wire import Wire
from civis_nb.local.records.fields import Level, Named
from civis_nb.local.records.resource import Operation, Resource
from civis_nb.local.records.storage import (
    GranteeKind,
    check_exist,
    grant,
    object_name,
    update_record,
)
from civis_nb.local.store.objects import find_object
from civis_nb.local.store.schema import project_items, shares

__all__ = ["shared", "transferable"]


class Grantees(Wire):
    """The users and groups that have a permission."""

    users: list[Named]
    groups: list[Named]


class Shares(Wire):
    """Who may read, change and manage an object."""

    readers: Grantees
    writers: Grantees
    owners: Grantees
    total_user_shares: int
    total_group_shares: int


class UserShares(Wire):
    """Users who get a permission."""

    user_ids: list[int]
    permission_level: Level
    share_email_body: str | None = None
    send_shared_email: bool | None = None


class GroupShares(Wire):
    """Groups that get a permission."""

    group_ids: list[int]
    permission_level: Level
    share_email_body: str | None = None
    send_shared_email: bool | None = None


class Transfer(Wire):
    """The new owner of an object."""

    user_id: int
    include_dependencies: bool
    email_body: str | None = None
    send_email: bool | None = None


class _DependencyFields(Wire):
    object_type: str
    fco_type: str
    id: int
    name: str | None
    permission_level: Level | None
    description: str | None = None


class Dependency(_DependencyFields):
    """An object that another one needs."""

    shareable: bool = True


class TransferredDependency(_DependencyFields):
    """A dependency of an object that was transferred."""

    shared: bool


class Transferred(Wire):
    """What came with an object that was transferred."""

    dependencies: list[TransferredDependency]


def shared(resource: Resource) -> Iterator[Operation]:
    """Declare ``/{id}/shares``: the permissions of users and groups. No e-mail is sent."""
    kind = resource.kind

    def list_shares(request: Request, id: int) -> list[Shares]:
        with context_of(request).store.read() as connection:
            resource.find(connection, id)
            return [_shares(connection, kind, id)]

    def share(
        request: Request, id: int, grantees: GranteeKind, ids: list[int], level: Level
    ) -> Shares:
        with context_of(request).store.begin() as connection:
            resource.find(connection, id)
            check_exist(connection, f"{grantees.removesuffix('s')}_ids", grantees, ids)
            grant(connection, kind, id, grantees, ids, level)
            if resource.after_share is not None:
                resource.after_share(connection, id)
            return _shares(connection, kind, id)

    def put_users(request: Request, id: int, body: UserShares) -> Shares:
        return share(request, id, "users", body.user_ids, body.permission_level)

    def put_groups(request: Request, id: int, body: GroupShares) -> Shares:
        return share(request, id, "groups", body.group_ids, body.permission_level)

    def revoke(request: Request, id: int, grantees: GranteeKind, grantee_id: int) -> None:
        chosen = (
            shares.c.object_kind == kind,
            shares.c.object_id == id,
            shares.c.grantee_kind == grantees,
            shares.c.grantee_id == grantee_id,
        )
        with context_of(request).store.begin() as connection:
            resource.find(connection, id)
            if connection.execute(delete(shares).where(*chosen)).rowcount == 0:
                who = grantees.removesuffix("s")
                raise NotFound(f"A permission of {who} {grantee_id} on {resource.noun} {id}")

    def delete_user(request: Request, id: int, user_id: int) -> None:
        revoke(request, id, "users", user_id)

    def delete_group(request: Request, id: int, group_id: int) -> None:
        revoke(request, id, "groups", group_id)

    noun = resource.noun
    path = "/{id}/shares"
    users, groups = f"{path}/users", f"{path}/groups"
    yield Operation("GET", path, list_shares, f"List who may use a {noun}", list[Shares])
    yield Operation("PUT", users, put_users, f"Share a {noun} with users", Shares)
    yield Operation(
        "DELETE", users + "/{user_id}", delete_user, f"Revoke a user's permission on a {noun}"
    )
    yield Operation("PUT", groups, put_groups, f"Share a {noun} with groups", Shares)
    yield Operation(
        "DELETE", groups + "/{group_id}", delete_group, f"Revoke a group's permission on a {noun}"
    )


def transferable(resource: Resource) -> Iterator[Operation]:
    """Declare ``/{id}/dependencies`` and ``/{id}/transfer``. No e-mail is sent."""

    def list_dependencies(
        request: Request,
        id: int,
        user_id: Annotated[int | None, Query(description="Whose permissions to show.")] = None,
    ) -> list[Dependency]:
        with context_of(request).store.read() as connection:
            found = _dependencies(connection, resource, id)
            return [Dependency(**_described(connection, *one, user_id)) for one in found]

    def transfer(request: Request, id: int, body: Transfer) -> Transferred:
        to, manages = body.user_id, body.include_dependencies
        with context_of(request).store.begin() as connection:
            found = _dependencies(connection, resource, id)
            check_exist(connection, "user_id", "users", [to])
            update_record(connection, id, user_id=to)
            grant(connection, resource.kind, id, "users", [to], "manage")
            for kind, object_id in found if manages else ():
                grant(connection, kind, object_id, "users", [to], "manage")
            described = (_described(connection, *one, to) for one in found)
            return Transferred(
                dependencies=[TransferredDependency(**one, shared=manages) for one in described]
            )

    noun = resource.noun
    yield Operation(
        "GET",
        "/{id}/dependencies",
        list_dependencies,
        f"List the objects that a {noun} needs",
        list[Dependency],
    )
    yield Operation(
        "PUT", "/{id}/transfer", transfer, f"Make another user the owner of a {noun}", Transferred
    )


def _shares(connection: Connection, kind: str, object_id: int) -> Shares:
    """Return who has which permission on an object."""
    chosen = (shares.c.object_kind == kind, shares.c.object_id == object_id)
    query = select(shares).where(*chosen).order_by(shares.c.grantee_id)
    named: dict[tuple[str, str], list[Named]] = {}
    for row in connection.execute(query):
        name = object_name(connection, row.grantee_kind, row.grantee_id) or ""
        one = Named(id=row.grantee_id, name=name)
        named.setdefault((row.level, row.grantee_kind), []).append(one)

    def grantees(level: Level) -> Grantees:
        return Grantees(
            users=named.get((level, "users"), []), groups=named.get((level, "groups"), [])
        )

    def total(grantee_kind: GranteeKind) -> int:
        return sum(len(found) for (_, kind), found in named.items() if kind == grantee_kind)

    return Shares(
        readers=grantees("read"),
        writers=grantees("write"),
        owners=grantees("manage"),
        total_user_shares=total("users"),
        total_group_shares=total("groups"),
    )


def _dependencies(
    connection: Connection, resource: Resource, record_id: int
) -> list[tuple[str, int]]:
    """Return kind and id of the objects that a record refers to, or, as a project, contains."""
    row = resource.find(connection, record_id)
    found = [
        (one.refers_to, object_id)
        for one in resource.stored
        if one.refers_to is not None
        for object_id in one.ids(row.body.get(one.name))
    ]
    item = project_items.c
    inside = select(item.object_kind, item.object_id).where(item.project_id == record_id)
    found += [(kind, object_id) for kind, object_id in connection.execute(inside)]
    return [one for one in found if find_object(connection, *one) is not None]


def _described(
    connection: Connection, kind: str, object_id: int, user_id: int | None
) -> dict[str, Any]:
    """Return an object that is shared, and what a user may do with it."""
    level = connection.scalar(
        select(shares.c.level).where(
            shares.c.object_kind == kind,
            shares.c.object_id == object_id,
            shares.c.grantee_kind == "users",
            shares.c.grantee_id == user_id,
        )
    )
    noun = kind.removesuffix("s")
    return {
        "object_type": noun.capitalize(),
        "fco_type": noun,
        "id": object_id,
        "name": object_name(connection, kind, object_id),
        "permission_level": level,
    }
