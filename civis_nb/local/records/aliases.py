"""``/aliases``: names by which objects of a type are found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import Request
from sqlalchemy import Row

from civis_nb.local.context import context_of
from civis_nb.local.endpoints.object_types import OBJECT_TYPES
from civis_nb.local.errors import Invalid, NotFound
from civis_nb.local.http.envelope import comma_list
from civis_nb.local.http.wire import Wire
from civis_nb.local.records import crud, fields, lists
from civis_nb.local.records.fields import Computed, Stored, View
from civis_nb.local.records.resource import Change, Operation, Resource, build_router
from civis_nb.local.records.sharing import shared, transferable
from civis_nb.local.records.storage import check_exist
from civis_nb.local.store.objects import find_object
from civis_nb.local.store.permissions import visible
from civis_nb.local.store.schema import records

__all__ = ["router"]

#: The types whose objects may have aliases.
_TYPES = {
    word: one
    for word, one in OBJECT_TYPES.items()
    if word not in ("csv_import", "database_import", "database_export")
}
#: Names that lead to other operations of the API.
_TAKEN = ("dependencies", "shares")


def _before_save(change: Change) -> None:
    """Check that an alias is of an object that is there, and is the only one of its name."""
    values = {**(change.row.body if change.row is not None else {}), **change.values}
    alias, word, object_id = values["alias"], values["object_type"], int(values["object_id"])
    if not alias or not alias.strip() or alias in _TAKEN:
        raise Invalid(f"alias can't be {alias!r}: give a name.")
    kind = _TYPES.get(word)
    if kind is None:
        raise Invalid(f"object_type can't be {word!r}; it is one of {', '.join(_TYPES)}.")
    check_exist(change.connection, "object_id", kind.kind, [object_id])
    row = find_object(change.connection, kind.kind, object_id)
    if row is None or not kind.fits(row):
        raise Invalid(f"object_id: {kind.kind.removesuffix('s')} {object_id} is no {word}.")
    other = change.connection.scalar(
        ALIASES.select()
        .where(Resource.equals("alias", alias), Resource.equals("object_type", word))
        .with_only_columns(records.c.id)
    )
    if other not in (None, change.row and change.row.id):
        raise Invalid(f"alias: there is already a {word} {alias!r} (alias {other}).")


def _display_name(view: View) -> str:
    """Show the name of an alias: by default that of its object."""
    return view.value("display_name") or _object_name(view) or ""


def _object_name(view: View) -> str | None:
    kind = _TYPES[view.value("object_type")].kind
    row = find_object(view.connection, kind, view.value("object_id"))
    return None if row is None else str(row.name)


def _references(row: Row[Any]) -> list[tuple[str, int]]:
    return [(_TYPES[row.body["object_type"]].kind, row.body["object_id"])]


def _by_name(resource: Resource) -> Iterator[Operation]:
    """Declare ``GET /{object_type}/{alias}``: find an alias by its name."""

    def get_object_type(request: Request, object_type: str, alias: str) -> Wire:
        context = context_of(request)
        named = (Resource.equals("alias", alias), Resource.equals("object_type", object_type))
        found = resource.select().where(*named, *visible(resource.kind))
        with context.store.read() as connection:
            row = connection.execute(found).first()
            if row is None:
                raise NotFound(f"The {object_type} {alias!r}")
            return resource.show(resource.view(connection, context, row.id))

    summary = "Get an alias by the type and the name"
    yield Operation("GET", "/{object_type}/{alias}", get_object_type, summary, resource.detail)


def _types(value: str | None) -> list[Any]:
    words = comma_list(value)
    return [records.c.body["object_type"].as_string().in_(words)] if words else []


ALIASES = Resource(
    path="/aliases",
    noun="alias",
    fields=(
        fields.ID,
        Stored("object_id", int, required=True, listed=True),
        Stored("object_type", str, required=True, listed=True, choices=tuple(_TYPES)),
        Stored("alias", str, required=True, listed=True),
        Computed("user_id", int, lambda view: view.row.user_id, listed=True),
        Stored("display_name", str | None, listed=True, show=_display_name),
    ),
    shapes=(
        lists.listed(
            50,
            1000,
            lists.Filter("object_type", str, "Types, separated by commas.", _types),
            order="id",
            orders=("object_type",),
            order_dir="asc",
        ),
        crud.created(),
        crud.read,
        crud.replaced,
        crud.updated,
        crud.deleted(),
        shared,
        transferable,
        _by_name,
    ),
    before_save=_before_save,
    more_references=_references,
)

router = build_router(ALIASES)
