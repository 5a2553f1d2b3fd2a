"""The fields of a declared resource: what is stored, what is computed, where each one appears."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from sqlalchemy import Connection, Row

from civis_nb.local.context import PlatformContext
from civis_nb.local.endpoints.user_refs import UserRef
from civis_nb.local.errors import Invalid
from civis_nb.local.http.wire import Wire
from civis_nb.local.records.storage import object_name
from civis_nb.local.store.permissions import LEVELS, Level, permission_level

__all__ = [
    "ARCHIVED",
    "AUTHOR",
    "CREATED_AT",
    "CREDENTIALS",
    "HIDDEN",
    "ID",
    "LEVELS",
    "NAME",
    "PERMISSION",
    "REQUIRED_NAME",
    "UPDATED_AT",
    "USER",
    "Computed",
    "Field",
    "Level",
    "Named",
    "RequestKind",
    "Stored",
    "View",
    "named_list",
]

RequestKind = Literal["create", "replace", "update"]


@dataclass(frozen=True)
class View:
    """One record as an answer shows it; computed fields read from it.

    Attributes
    ----------
    connection
        The transaction that the record was read in.
    context
        The platform.
    row
        The record: a row of `civis_nb.local.store.schema.records`.
    people
        All users, by id.
    query
        The query parameters of the request, by name.
    cache
        What fields keep for other fields of the same record.
    """

    connection: Connection
    context: PlatformContext
    row: Row[Any]
    people: Mapping[int, UserRef]
    query: Mapping[str, Any] = field(default_factory=dict)
    cache: dict[str, Any] = field(default_factory=dict)

    def value(self, name: str) -> Any:
        """Return the stored value of a field; None when there is none."""
        return self.row.body.get(name)


@dataclass(frozen=True)
class Field(ABC):
    """A field of answers.

    Attributes
    ----------
    name
        In snake_case, as Python clients write it.
    type
        The Python type of its values in answers.
    listed
        Whether answers that are lists have it.
    detailed
        Whether answers about one object have it.
    alias
        Its name on the wire; None: `name` in camelCase.
    """

    name: str
    type: Any
    listed: bool = field(default=False, kw_only=True)
    detailed: bool = field(default=True, kw_only=True)
    alias: str | None = field(default=None, kw_only=True)

    @abstractmethod
    def shown(self, view: View) -> Any:
        """Return the value of the field in an answer."""


@dataclass(frozen=True)
class Stored(Field):
    """A field that clients write.

    Attributes
    ----------
    default
        Its value where a client gives none, or null.
    required
        Whether a client must give it to create or replace an object.
    requests
        The requests that may contain it.
    sent
        Its type in requests; None: the type in answers.
    show
        Makes the value in answers; None: it is shown as stored.
    refers_to
        The kind of the objects whose ids it holds: they must exist, and are dependencies.
    choices
        The values that the specification names; the resource's own checks refuse others.
    """

    default: Any = None
    required: bool = field(default=False, kw_only=True)
    requests: tuple[RequestKind, ...] = field(default=("create", "replace", "update"), kw_only=True)
    sent: Any = field(default=None, kw_only=True)
    show: Callable[[View], Any] | None = field(default=None, kw_only=True)
    refers_to: str | None = field(default=None, kw_only=True)
    choices: tuple[str, ...] = field(default=(), kw_only=True)

    def shown(self, view: View) -> Any:
        """Return the value of the field in an answer."""
        if self.show is not None:
            return self.show(view)
        return view.row.body.get(self.name, self.default)

    def rules(self, kind: Any) -> dict[str, Any]:
        """Return what the specification states of values of this type in requests."""
        if self.refers_to is not None and kind in (str, str | None):
            return {"pattern": r"^\d+$"}
        if self.refers_to is not None and kind in (int, int | None):
            return {"minimum": 0}
        if self.refers_to is not None and kind == list[int]:
            return {"items": {"type": "integer", "minimum": 0}}
        if self.choices:
            return {"enum": list(self.choices)}
        return {"pattern": r"\S"} if self.required and kind is str else {}

    def ids(self, value: Any) -> list[int]:
        """Return the ids in a value of a field that refers to other objects.

        Raises
        ------
        Invalid
            When one is no number.
        """
        ids = [one for one in (value if isinstance(value, list) else [value]) if one is not None]
        if not all(str(one).isdecimal() for one in ids):
            raise Invalid(f"{self.name}: ids are whole numbers, not {value!r}.")
        return [int(one) for one in ids]


@dataclass(frozen=True)
class Computed(Field):
    """A field that only the platform writes; `value` makes it, null without one."""

    value: Callable[[View], Any] | None = None

    def shown(self, view: View) -> Any:
        """Return the value of the field in an answer."""
        return None if self.value is None else self.value(view)


class Named(Wire):
    """An object in short."""

    id: int
    name: str


def named_list(field_name: str, kind: str) -> Callable[[View], list[Named]]:
    """Show the ids that a field stores as objects with names; those that are gone are left out."""

    def show(view: View) -> list[Named]:
        ids = view.value(field_name) or []
        names = {one: object_name(view.connection, kind, one) for one in ids}
        return [Named(id=one, name=name) for one, name in names.items() if name is not None]

    return show


ID = Computed("id", int, lambda view: view.row.id, listed=True)
CREATED_AT = Computed("created_at", str, lambda view: view.row.created_at, listed=True)
UPDATED_AT = Computed("updated_at", str, lambda view: view.row.updated_at, listed=True)
ARCHIVED = Computed("archived", bool, lambda view: view.row.archived, listed=True)
USER = Computed("user", UserRef, lambda view: view.people[view.row.user_id], listed=True)
AUTHOR = Computed("author", UserRef, lambda view: view.people[view.row.user_id], listed=True)
PERMISSION = Computed(
    "my_permission_level",
    Level,
    lambda view: permission_level(view.connection, view.row.kind, view.row),
)
NAME = Stored("name", str, listed=True, show=lambda view: view.row.name)
REQUIRED_NAME = replace(NAME, required=True)
CREDENTIALS = Stored(
    "credentials",
    list[Named],
    [],
    sent=list[int],
    show=named_list("credentials", "credentials"),
    refers_to="credentials",
)
HIDDEN = Stored("hidden", bool, False, requests=("create",), show=lambda view: view.row.hidden)
