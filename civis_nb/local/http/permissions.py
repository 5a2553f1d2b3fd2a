"""What a request needs permission for, read from its path: one place for all operations.

The path names the object, ``/scripts/sql/7/runs``, and with the method what is to be done: to read
it, to change or run it, or to manage it (share, transfer, archive, delete).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from civis_nb.local.context import User
from civis_nb.local.store import Store
from civis_nb.local.store.permissions import Level, check_level

__all__ = ["RequiredPermission", "check_permissions", "required_permissions"]

#: First words of paths -> the kind of the objects there, where it is not that word itself.
_KINDS = dict.fromkeys(("scripts", "imports", "exports", "queries", "enhancements"), "jobs")
#: First words of paths to what belongs to nobody: it is the whole platform's.
_UNOWNED = frozenset(
    ("databases", "endpoints", "json_values", "search", "storage_hosts", "tables", "users")
)
#: What only those who manage an object may do with it.
_MANAGED = frozenset(("archive", "shares", "transfer", "members", "grants", "auto_share"))
_PROJECTS = frozenset(("projects", "parent_projects"))


@dataclass(frozen=True)
class RequiredPermission:
    """An object that a request concerns, and the level that it needs on it."""

    kind: str
    object_id: int
    level: Level


def required_permissions(method: str, path: str) -> list[RequiredPermission]:
    """Return what a request needs permission for.

    Examples
    --------
    >>> required_permissions("POST", "/scripts/sql/7/runs")
    [RequiredPermission(kind='jobs', object_id=7, level='write')]
    >>> required_permissions("PUT", "/files/3/projects/9")[1]
    RequiredPermission(kind='projects', object_id=9, level='write')
    >>> required_permissions("GET", "/databases/1")
    []
    """
    words = path.strip("/").split("/")
    ids = [_read_id(word) for word in words]
    place = next((n for n, one in enumerate(ids) if one is not None), 0)
    # The name of an alias may be a number.
    if place == 0 or words[0] in _UNOWNED or (words[0] == "aliases" and place > 1):
        return []
    kind = "jobs" if words[1] == "preprocess" else _KINDS.get(words[0], words[0])
    rest = words[place + 1 :]
    needs = [RequiredPermission(kind, ids[place] or 0, _level(method, rest))]
    if len(rest) == 2 and rest[0] in _PROJECTS:
        needs.append(RequiredPermission("projects", ids[-1] or 0, "write"))
    return needs


#: As handlers read the ids in their paths.
_ID: TypeAdapter[int] = TypeAdapter(Annotated[int, Field(ge=-(2**63), lt=2**63)])


def _read_id(word: str) -> int | None:
    """Return the id that a word of a path is; None when it is none."""
    try:
        return _ID.validate_python(word)
    except ValidationError:
        return None


def _level(method: str, rest: list[str]) -> Level:
    """Return the level that a request needs, by its method and what its path has after the id."""
    if method in ("GET", "HEAD") or rest == ["clone"]:
        return "read"
    if rest[:1] and rest[0] in _MANAGED:
        return "manage"
    return "manage" if method == "DELETE" and not rest else "write"


def check_permissions(store: Store, user: User, method: str, path: str) -> None:
    """Check that a user may do what a request is for.

    Raises
    ------
    NotFound
        When the user may not see the object.
    Forbidden
        When the user may see it, but not do that.
    """
    needs = required_permissions(method, path)
    if needs:
        with store.read() as connection:
            for need in needs:
                check_level(connection, user.id, need.kind, need.object_id, need.level)
