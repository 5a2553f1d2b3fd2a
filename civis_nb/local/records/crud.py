"""Shapes of single records: create, read, replace, update, archive, clone."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import Request

from civis_nb.local.context import context_of
from civis_nb.local.endpoints.jobs.models import ArchiveBody
from civis_nb.local.http.wire import Wire, given
from civis_nb.local.records.fields import RequestKind
from civis_nb.local.records.resource import Change, Operation, Resource, Shape, path_id, typed
from civis_nb.local.records.storage import delete_record, update_record

__all__ = [
    "archivable",
    "archived_by_delete",
    "cloned",
    "created",
    "deleted",
    "read",
    "replaced",
    "updated",
    "updated_by_put",
]


def created(status: int = 201) -> Shape:
    """Declare ``POST /``: create an object."""

    def operations(resource: Resource) -> Iterator[Operation]:
        def create(request: Request, body: Wire) -> Wire:
            return _saved(request, resource, None, body, "create")

        typed(create, body=resource.body("create"))
        summary = f"Create a {resource.noun}"
        yield Operation("POST", "", create, summary, resource.detail, status)

    return operations


def read(resource: Resource) -> Iterator[Operation]:
    """Declare ``GET /{id}``: return an object."""

    def get(request: Request, id: int) -> Wire:
        context = context_of(request)
        with context.store.read() as connection:
            return resource.show(resource.view(connection, context, id))

    typed(get, id=path_id(resource.id_name))
    yield Operation("GET", resource.id_path, get, f"Get a {resource.noun}", resource.detail)


def replaced(resource: Resource) -> Iterator[Operation]:
    """Declare ``PUT /{id}``: set all fields of an object, by default where none are given."""
    return _change(resource, "PUT", "replace", f"Replace all fields of a {resource.noun}")


def updated(resource: Resource) -> Iterator[Operation]:
    """Declare ``PATCH /{id}``: set the fields that are given."""
    return _change(resource, "PATCH", "update", f"Update some fields of a {resource.noun}")


def updated_by_put(resource: Resource) -> Iterator[Operation]:
    """Declare ``PUT /{id}`` that sets only the fields that are given."""
    return _change(resource, "PUT", "update", f"Update some fields of a {resource.noun}")


def _change(
    resource: Resource, method: str, kind: RequestKind, summary: str
) -> Iterator[Operation]:
    """Yield the operation that replaces a record or changes it."""

    def change(request: Request, id: int, body: Wire) -> Wire:
        return _saved(request, resource, id, body, kind)

    typed(change, id=path_id(resource.id_name), body=resource.body(kind))
    yield Operation(method, resource.id_path, change, summary, resource.detail)


def _saved(
    request: Request, resource: Resource, record_id: int | None, body: Wire, kind: RequestKind
) -> Wire:
    """Read, change and show a record in one transaction, so that no other change is lost."""
    context = context_of(request)
    with context.store.begin() as connection:
        row = None if record_id is None else resource.find(connection, record_id)
        change = Change(connection, context, request.state.user, row, given(body))
        saved_id = resource.save(change, kind)
        return resource.show(resource.view(connection, context, saved_id))


def archivable(resource: Resource) -> Iterator[Operation]:
    """Declare ``PUT /{id}/archive``: take an object out of lists, or put it back."""

    def archive(request: Request, id: int, body: ArchiveBody) -> Wire:
        context = context_of(request)
        with context.store.begin() as connection:
            row = resource.find(connection, id)
            values = {"archived": body.status}
            resource.save(Change(connection, context, request.state.user, row, values), "update")
            return resource.show(resource.view(connection, context, id))

    summary = f"Archive a {resource.noun}, or restore it"
    yield Operation("PUT", "/{id}/archive", archive, summary, resource.detail)


def archived_by_delete(resource: Resource) -> Iterator[Operation]:
    """Declare ``DELETE /{id}``, which archives: the API keeps it for old clients."""

    def delete(request: Request, id: int) -> None:
        with context_of(request).store.begin() as connection:
            resource.find(connection, id)
            update_record(connection, id, archived=True)

    typed(delete, id=path_id(resource.id_name))
    summary = f"Archive a {resource.noun}"
    yield Operation("DELETE", resource.id_path, delete, summary, deprecated=True)


def deleted(*, deprecated: bool = False) -> Shape:
    """Declare ``DELETE /{id}``, which deletes."""

    def operations(resource: Resource) -> Iterator[Operation]:
        def delete(request: Request, id: int) -> None:
            with context_of(request).store.begin() as connection:
                resource.find(connection, id)
                delete_record(connection, resource.kind, id)

        typed(delete, id=path_id(resource.id_name))
        summary = f"Delete a {resource.noun}"
        yield Operation("DELETE", resource.id_path, delete, summary, deprecated=deprecated)

    return operations


def cloned(body: type[Wire] | None = None) -> Shape:
    """Declare ``POST /{id}/clone``: copy an object; the copy belongs to whoever makes it.

    Parameters
    ----------
    body
        The options that the API knows; records have nothing that they apply to.
    """

    def operations(resource: Resource) -> Iterator[Operation]:
        def clone(request: Request, id: int) -> Wire:
            context = context_of(request)
            with context.store.begin() as connection:
                row = resource.find(connection, id)
                name = f"Clone of {resource.title} {id} {row.name}"
                values = {**row.body, "name": name, "hidden": row.hidden}
                change = Change(connection, context, request.state.user, None, values, True)
                copy_id = resource.save(change, "create")
                return resource.show(resource.view(connection, context, copy_id))

        def clone_with_options(request: Request, id: int, body: Wire) -> Wire:  # noqa: ARG001
            return clone(request, id)

        handler = clone if body is None else typed(clone_with_options, body=body)
        yield Operation(
            "POST", "/{id}/clone", handler, f"Clone a {resource.noun}", resource.detail, 201
        )

    return operations
