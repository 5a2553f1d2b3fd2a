"""What a declared resource is, and the FastAPI routes that are made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, get_type_hints

from fastapi import APIRouter, Path
from pydantic import Field as ModelField
from pydantic import create_model
from sqlalchemy import ColumnElement, Connection, Row, Select, select

from civis_nb.local.context import PlatformContext, User
from civis_nb.local.endpoints.user_refs import user_refs
from civis_nb.local.errors import Invalid, NotFound
from civis_nb.local.http.wire import Wire
from civis_nb.local.records.fields import Field, RequestKind, Stored, View
from civis_nb.local.records.storage import check_exist, insert_record, update_record
from civis_nb.local.store.schema import records
from civis_nb.spec.names import snake_to_camel

__all__ = [
    "Change",
    "Operation",
    "Resource",
    "Shape",
    "add_operations",
    "build_router",
    "path_id",
    "typed",
]


@dataclass(frozen=True)
class Operation:
    """One operation of a resource.

    Attributes
    ----------
    method
        The HTTP method.
    path
        What follows the path of the resource, e.g. ``/{id}/archive``.
    handler
        Answers a request; FastAPI reads its parameters from its annotations.
    summary
        One line for the specification.
    answer
        The type of the answer; None: it has no body.
    status
        The status of the answer; None: 200 with a body, 204 without.
    deprecated
        Whether the specification marks it so.
    """

    method: str
    path: str
    handler: Callable[..., Any]
    summary: str
    answer: Any = None
    status: int | None = None
    deprecated: bool = False


#: Makes the operations that resources of one shape have in common.
Shape = Callable[["Resource"], Iterable[Operation]]


@dataclass
class Change:
    """A request to create or change a record, before it is stored.

    Attributes
    ----------
    connection
        The transaction that it is stored in.
    context, user
        The platform, and who makes the request.
    row
        The record as it was; None for a new one, also for a clone.
    values
        The fields that change; `Resource.before_save` may add to them.
    is_clone
        Whether a new record is a copy of another one.
    """

    connection: Connection
    context: PlatformContext
    user: User
    row: Row[Any] | None
    values: dict[str, Any]
    is_clone: bool = False


@dataclass(frozen=True)
class Resource:
    """A resource whose objects are records.

    Attributes
    ----------
    path
        Of the API, e.g. ``/reports/sql``.
    noun
        What one object is called, e.g. ``SQL report``.
    fields
        Of its requests and answers.
    shapes
        The operations that it has.
    id_name
        What the paths of creation, reading and change call the id.
    constants
        Stored fields that all its objects have, and no others of the same kind.
    before_save
        Checks or completes what is stored.
    after_share
        Called with the id of an object that was shared.
    more_references
        Returns kind and id of objects that a record needs besides those of its fields.
    """

    path: str
    noun: str
    fields: tuple[Field, ...]
    shapes: tuple[Shape, ...]
    id_name: str = "id"
    constants: Mapping[str, str] = field(default_factory=dict)
    before_save: Callable[[Change], None] | None = None
    after_share: Callable[[Connection, int], None] | None = None
    more_references: Callable[[Row[Any]], list[tuple[str, int]]] | None = None

    @property
    def kind(self) -> str:
        """The kind of its records: the first word of its path."""
        return self.path.split("/")[1]

    @property
    def id_path(self) -> str:
        """What follows `path` in the path of one object."""
        return f"/{{{self.id_name}}}"

    @property
    def title(self) -> str:
        """The noun as the first word of a sentence."""
        return self.noun[0].upper() + self.noun[1:]

    @property
    def _model_name(self) -> str:
        return "".join(word.capitalize() for word in self.noun.split())

    @cached_property
    def detail(self) -> type[Wire]:
        """The type of answers about one object."""
        return self._answer("Detail", [one for one in self.fields if one.detailed])

    @cached_property
    def item(self) -> type[Wire]:
        """The type of the items of lists."""
        return self._answer("Item", [one for one in self.fields if one.listed])

    def _answer(self, suffix: str, fields: list[Field]) -> type[Wire]:
        """Return the model of an answer with these fields."""
        types = {one.name: (one.type, _info(one)) for one in fields}
        doc = f"A {self.noun}{' in a list' if suffix == 'Item' else ''}."
        return _model(self._model_name + suffix, doc, types)

    def body(self, kind: RequestKind) -> type[Wire]:
        """Return the type of the body of requests that create, replace or update an object."""
        types: dict[str, Any] = {}
        for one in self.stored:
            if kind in one.requests:
                sent = one.sent or one.type
                required = one.required and kind != "update"
                default = {} if required else {"default": None}
                rules = {"json_schema_extra": one.rules(sent)}
                types[one.name] = (
                    sent if required else sent | None,
                    _info(one, **default, **rules),
                )
        return _model(f"{self._model_name}{kind.capitalize()}", f"A request to {kind}.", types)

    @property
    def stored(self) -> list[Stored]:
        """The fields that clients write."""
        return [one for one in self.fields if isinstance(one, Stored)]

    def select(self) -> Select[Any]:
        """Select all its records."""
        found = select(records).where(records.c.kind == self.kind)
        conditions = (self.equals(name, value) for name, value in self.constants.items())
        return found.where(*conditions)

    @staticmethod
    def equals(name: str, value: str) -> ColumnElement[bool]:
        """Return the condition that a stored field has a value."""
        condition: ColumnElement[bool] = records.c.body[name].as_string() == value
        return condition

    def find(self, connection: Connection, record_id: int) -> Row[Any]:
        """Return the row of one of its records.

        Raises
        ------
        NotFound
            When there is none.
        """
        row = connection.execute(self.select().where(records.c.id == record_id)).one_or_none()
        if row is None:
            raise NotFound(f"{self.title} {record_id}")
        return row

    def references(self, row: Row[Any]) -> list[tuple[str, int]]:
        """Return kind and id of the objects that a record refers to."""
        found = [
            (one.refers_to, object_id)
            for one in self.stored
            if one.refers_to is not None
            for object_id in one.ids(row.body.get(one.name))
        ]
        return found + (self.more_references(row) if self.more_references is not None else [])

    def view(self, connection: Connection, context: PlatformContext, record_id: int) -> View:
        """Read one of its records, to be shown."""
        return View(connection, context, self.find(connection, record_id), user_refs(connection))

    def show(self, view: View) -> Wire:
        """Return the answer about one object."""
        return self.detail(**{one.name: one.shown(view) for one in self.fields if one.detailed})

    def show_item(self, view: View) -> Wire:
        """Return the object as lists have it."""
        return self.item(**{one.name: one.shown(view) for one in self.fields if one.listed})

    def save(self, change: Change, kind: RequestKind) -> int:
        """Store a change of a record, or a new one, and return its id.

        Raises
        ------
        Invalid
            When a value is missing, or refers to an object that is not there.
        """
        if not change.is_clone:
            self._complete(change, kind)
        if self.before_save is not None:
            self.before_save(change)
        values = dict(change.values)
        columns = {name: values.pop(name) for name in _COLUMNS if name in values}
        if change.row is not None:
            body = {**change.row.body, **values}
            update_record(change.connection, change.row.id, body=body, **columns)
            return int(change.row.id)
        name = columns.pop("name", None)
        body = {**values, **self.constants}
        made = insert_record(
            change.connection, self.kind, change.user.id, name or "", body, **columns
        )
        if not name:
            update_record(change.connection, made, name=f"{self.title} #{made}")
        return made

    def _complete(self, change: Change, kind: RequestKind) -> None:
        """Fill in defaults; check what is required, and what other objects are referred to."""
        for one in self.stored:
            if kind not in one.requests or (kind == "update" and one.name not in change.values):
                continue
            value = change.values.get(one.name)
            if value is None and not one.required:
                value = deepcopy(one.default)
            if one.required and (value is None or (one.name == "name" and not value.strip())):
                raise Invalid(f"{one.name} can't be blank.")
            if one.refers_to is not None:
                check_exist(change.connection, one.name, one.refers_to, one.ids(value))
            change.values[one.name] = value
        if kind != "create" and change.values.get("name", "") is None:
            del change.values["name"]


#: Fields that a record has columns of their own for.
_COLUMNS = ("name", "hidden", "archived")


def _info(one: Field, **arguments: Any) -> Any:
    return ModelField(alias=one.alias or snake_to_camel(one.name), **arguments)


def _model(name: str, doc: str, types: dict[str, Any]) -> type[Wire]:
    return create_model(name, __base__=Wire, __doc__=doc, **types)


def typed(handler: Callable[..., Any], **annotations: Any) -> Callable[..., Any]:
    """Set annotations of a handler that are known at run time only."""
    handler.__annotations__ = {**get_type_hints(handler, include_extras=True), **annotations}
    return handler


def path_id(name: str) -> Any:
    """Return the type of an id that the path calls `name`."""
    return Annotated[int, Path(alias=name)]


def build_router(*resources: Resource) -> APIRouter:
    """Build the routes of resources that share the first word of their path."""
    router = APIRouter(tags=[resources[0].kind])
    for resource in resources:
        for shape in resource.shapes:
            add_operations(router, resource.path, shape(resource))
    return router


def add_operations(router: APIRouter, path: str, operations: Iterable[Operation]) -> None:
    """Add the routes of operations whose paths begin with `path`."""
    for operation in operations:
        router.add_api_route(
            path + operation.path,
            operation.handler,
            methods=[operation.method],
            # By this word the clients of the API know what to leave out.
            summary=operation.summary + (" (deprecated)" if operation.deprecated else ""),
            response_model=operation.answer,
            status_code=operation.status or (204 if operation.answer is None else 200),
            deprecated=operation.deprecated or None,
        )
