"""Who may do what: the owner of an object everything, others what it is shared with them for.

A permission is granted to a user, or to a group and so to its members. Three levels follow one
another: read, write, manage. Databases, tables, users and groups can be seen by everybody.

What a request may do depends on who makes it (`REQUESTER`); what the platform does by itself, such
as carrying out a run, is not limited by it.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, or_, select

from civis_nb.local.errors import Forbidden, NotFound
from civis_nb.local.store.objects import find_object, table_of
from civis_nb.local.store.schema import group_members, shares

__all__ = [
    "LEVELS",
    "REQUESTER",
    "Level",
    "Requester",
    "check_level",
    "find_readable",
    "level_of",
    "level_of_user",
    "permission_level",
    "visible",
]

Level = Literal["read", "write", "manage"]
LEVELS: tuple[Level, ...] = ("read", "write", "manage")

#: Kinds of objects that everybody on the platform may read.
_SEEN_BY_ALL = frozenset({"groups", "users", "tables", "json_values"})


@dataclass(frozen=True)
class Requester:
    """The user who makes a request.

    Attributes
    ----------
    user_id
        The user.
    is_only_user
        Whether the platform has no other: then everything belongs to this one.
    """

    user_id: int
    is_only_user: bool


#: Who makes the request that is being answered; None when the platform works by itself.
REQUESTER: ContextVar[Requester | None] = ContextVar("civis_nb_requester", default=None)


def _limited() -> int | None:
    """Return the id of the requesting user, whom permissions limit; None when they do not."""
    requester = REQUESTER.get()
    return None if requester is None or requester.is_only_user else requester.user_id


def _granted(user_id: int) -> ColumnElement[bool]:
    """Return the condition on `shares` that a permission is a user's, or of one of their groups."""
    mine = select(group_members.c.group_id).where(group_members.c.user_id == user_id)
    share = shares.c
    return or_(
        and_(share.grantee_kind == "users", share.grantee_id == user_id),
        and_(share.grantee_kind == "groups", share.grantee_id.in_(mine)),
    )


def visible(kind: str, level: Level = "read") -> list[ColumnElement[bool]]:
    """Return the conditions that objects of a kind may be read, or more, by who makes the request.

    Parameters
    ----------
    kind
        As in `civis_nb.local.store.objects`; for records, the conditions are on the table of all.
    level
        The level that is needed.
    """
    user_id = _limited()
    if user_id is None or (kind in _SEEN_BY_ALL and level == "read"):
        return []
    return [_has_level(kind, user_id, level)]


def _has_level(kind: str, user_id: int, level: Level) -> ColumnElement[bool]:
    """Return the condition on the table of a kind that a user has a level."""
    table = table_of(kind)
    enough = LEVELS[LEVELS.index(level) :]
    shared: Select[Any] = select(shares.c.object_id).where(
        shares.c.object_kind == kind, _granted(user_id), shares.c.level.in_(enough)
    )
    return or_(table.c.user_id == user_id, table.c.id.in_(shared))


def level_of_user(connection: Connection, user_id: int, kind: str, row: Row[Any]) -> Level | None:
    """Return the highest level that a user has on an object; None when the user may not see it."""
    if getattr(row, "user_id", user_id) == user_id:
        return "manage"
    query = select(shares.c.level).where(
        shares.c.object_kind == kind, shares.c.object_id == row.id, _granted(user_id)
    )
    found = set(connection.scalars(query))
    if kind in _SEEN_BY_ALL:
        found.add("read")
    return next((level for level in reversed(LEVELS) if level in found), None)


def level_of(connection: Connection, kind: str, row: Row[Any]) -> Level | None:
    """Return the level on an object of who makes the request; None: they may not see it."""
    user_id = _limited()
    return "manage" if user_id is None else level_of_user(connection, user_id, kind, row)


def check_level(
    connection: Connection, user_id: int, kind: str, object_id: int, level: Level
) -> None:
    """Check that a user has a level on an object; one that is not there is left to the caller.

    Raises
    ------
    NotFound
        When the user may not see the object.
    Forbidden
        When the user may see it, but lacks the level.
    """
    row = find_object(connection, kind, object_id)
    if row is None:
        return
    held = level_of_user(connection, user_id, kind, row)
    what = f"{kind.removesuffix('s').capitalize()} {object_id}"
    if held is None:
        raise NotFound(what)
    if LEVELS.index(held) < LEVELS.index(level):
        raise Forbidden(
            f"{what} is shared with you for {held} only; this needs {level}. Its owner can share "
            "it with you so."
        )


def permission_level(connection: Connection, kind: str, row: Row[Any]) -> Level:
    """Return the level on an object that who makes the request has already been let see."""
    return level_of(connection, kind, row) or "read"


def find_readable(
    connection: Connection, kind: str, object_id: int, user_id: int | None = None
) -> Row[Any] | None:
    """Return the row of an object; None when there is none that a user may read.

    Parameters
    ----------
    connection, kind, object_id
        The object.
    user_id
        The user; None: who makes the request.
    """
    row = find_object(connection, kind, object_id)
    if row is None:
        return None
    if user_id is None:
        return row if level_of(connection, kind, row) is not None else None
    return row if level_of_user(connection, user_id, kind, row) is not None else None
