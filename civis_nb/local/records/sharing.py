"""Sharing: permissions of users and groups, dependencies, a new owner."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Protocol

from fastapi import Query, Request
from sqlalchemy import Connection, Row, delete, select

from civis_nb.local.context import context_of
from civis_nb.local.errors import Invalid, NotFound
from civis_nb.local.http.wire import Wire
from civis_nb.local.records.fields import Named
from civis_nb.local.records.resource import Operation
from civis_nb.local.records.storage import (
    GranteeKind,
    check_exist,
    grant,
    object_name,
    set_owner,
)
from civis_nb.local.store.objects import find_object, table_of
from civis_nb.local.store.permissions import Level, level_of, level_of_user
from civis_nb.local.store.schema import project_items, shares

__all__ = ["Shareable", "shared", "transferable"]


class Shareable(Protocol):
    """Objects that can be shared, transferred and put into projects."""

    @property
    def path(self) -> str:
        """Of the API, e.g. ``/scripts/sql``."""

    @property
    def noun(self) -> str:
        """What one object is called, e.g. ``SQL script``."""

    @property
    def title(self) -> str:
        """The noun as the first word of a sentence."""

    @property
    def kind(self) -> str:
        """What such objects are called in `civis_nb.local.store.objects`."""

    @property
    def after_share(self) -> Callable[[Connection, int], None] | None:
        """What is called with the id of an object that was shared."""

    def find(self, connection: Connection, object_id: int, /) -> Row[Any]:
        """Return the row of an object; raise NotFound when there is none."""

    def references(self, row: Row[Any], /) -> list[tuple[str, int]]:
        """Return kind and id of the objects that an object needs."""


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


def shared(resource: Shareable) -> Iterator[Operation]:
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
            owner_id = _owner_id(connection, kind, id)
            if grantees == "users" and owner_id in ids and level != "manage":
                raise Invalid(
                    f"User {owner_id} owns {resource.noun} {id} and may manage it: leave the user "
                    "out, or make another one the owner first (PUT …/transfer)."
                )
            granted = ids if grantees == "groups" else [one for one in ids if one != owner_id]
            grant(connection, kind, id, grantees, granted, level)
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


def transferable(resource: Shareable) -> Iterator[Operation]:
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
            set_owner(connection, resource.kind, id, to)
            for kind, object_id in found if manages else ():
                # Whoever transfers can't give more than they have.
                row = find_object(connection, kind, object_id)
                if row is not None and level_of(connection, kind, row) == "manage":
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
    """Return who has which permission on an object; its owner may manage it without a grant."""
    chosen = (shares.c.object_kind == kind, shares.c.object_id == object_id)
    query = select(shares).where(*chosen).order_by(shares.c.grantee_id)
    owner_id = _owner_id(connection, kind, object_id)
    granted = [(row.level, row.grantee_kind, row.grantee_id) for row in connection.execute(query)]
    # An early version granted a permission to owners, too.
    granted = [one for one in granted if one[1:] != ("users", owner_id)]
    named: dict[tuple[str, str], list[Named]] = {}
    for level, grantees, grantee_id in [("manage", "users", owner_id), *granted]:
        name = object_name(connection, grantees, grantee_id) or ""
        named.setdefault((level, grantees), []).append(Named(id=grantee_id, name=name))

    def those_with(level: Level) -> Grantees:
        return Grantees(
            users=named.get((level, "users"), []), groups=named.get((level, "groups"), [])
        )

    def total(grantee_kind: GranteeKind) -> int:
        return sum(len(found) for (_, kind), found in named.items() if kind == grantee_kind)

    return Shares(
        readers=those_with("read"),
        writers=those_with("write"),
        owners=those_with("manage"),
        total_user_shares=total("users"),
        total_group_shares=total("groups"),
    )


def _owner_id(connection: Connection, kind: str, object_id: int) -> int:
    table = table_of(kind)
    return int(
        connection.execute(select(table.c.user_id).where(table.c.id == object_id)).scalar_one()
    )


def _dependencies(
    connection: Connection, resource: Shareable, object_id: int
) -> list[tuple[str, int]]:
    """Return kind and id of what an object refers to, or, as a project, contains."""
    found = resource.references(resource.find(connection, object_id))
    if resource.kind == "projects":
        item = project_items.c
        inside = select(item.object_kind, item.object_id).where(item.project_id == object_id)
        found += [(kind, inside_id) for kind, inside_id in connection.execute(inside)]
    return [one for one in found if find_object(connection, *one) is not None]


def _described(
    connection: Connection, kind: str, object_id: int, user_id: int | None
) -> dict[str, Any]:
    """Return an object that is shared, and what a user may do with it."""
    row = find_object(connection, kind, object_id)
    level = None
    if row is not None and user_id is not None:
        level = level_of_user(connection, user_id, kind, row)
    noun = kind.removesuffix("s")
    return {
        "object_type": noun.capitalize(),
        "fco_type": noun,
        "id": object_id,
        "name": None if row is None else row.name,
        "permission_level": level,
    }
