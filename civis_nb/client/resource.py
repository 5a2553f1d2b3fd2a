"""Resource: the methods of one API resource, bound to callables on first use."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from types import MethodType
from typing import TYPE_CHECKING, Any

from civis_nb.client.arguments import bind, prepare
from civis_nb.client.completion import without_side_effects
from civis_nb.client.convert import convert_response_data_type
from civis_nb.client.pages import PaginatedResponse
from civis_nb.client.recover import recovery, remember_created
from civis_nb.errors import CivisNotImplementedError
from civis_nb.near_names import did_you_mean
from civis_nb.spec.model import Operation
from civis_nb.spec.names import class_name

if TYPE_CHECKING:
    from civis_nb.client.client import APIClient

__all__ = ["Resource", "make_resource"]


class Resource:
    """The methods of one resource of the API, such as ``client.scripts``.

    Parameters
    ----------
    name
        The client's attribute.
    operations
        What can be done, by method name.
    client
        Whose requests they are.
    """

    _name: str
    _operations: Mapping[str, Operation]
    _client: APIClient

    def __init__(self, name: str, operations: Mapping[str, Operation], client: APIClient) -> None:
        self._name = name
        self._operations = operations
        self._client = client

    @without_side_effects
    def __getattr__(self, name: str) -> Any:
        operations = self.__dict__.get("_operations", {})
        if name in operations:
            method = _method(operations[name], self)
            self.__dict__[name] = method
            return method
        resource = self.__dict__.get("_name", "?")
        hint = did_you_mean(name, operations)
        raise AttributeError(
            f"client.{resource} has no method {name!r}.{hint} "
            f"dir(client.{resource}) lists all {len(operations)}.",
            name=name,
            obj=self,
        )

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._operations})

    def __repr__(self) -> str:
        count = len(self.__dict__.get("_operations", ()))
        return f"<{type(self).__name__}: {count} method{'' if count == 1 else 's'} of the API>"

    def _summaries(self) -> dict[str, str]:
        """Return what each method does, by name; those last that the platform does not serve."""
        ordered = sorted(
            self._operations.items(), key=lambda it: (it[1].not_implemented != "", it[0])
        )
        return {name: operation.summary for name, operation in ordered}

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        from civis_nb.display.responses import resource_text

        printer.text(f"{self!r}{resource_text(self._name, self._summaries())}")

    def _repr_html_(self) -> str:
        from civis_nb.display.responses import resource_html

        return resource_html(self._name, self._summaries())


def make_resource(name: str, operations: Mapping[str, Operation], client: APIClient) -> Resource:
    """Return a resource, of a class that has its name as the PyPI package ``civis`` has it."""
    text = f"The methods of ``/{name}``; each one's help tells what it takes and gives."
    kind = type(class_name(name), (Resource,), {"__doc__": text, "__module__": __name__})
    resource: Resource = kind(name, operations, client)
    return resource


def _method(operation: Operation, resource: Resource) -> MethodType:
    """Return the method of an operation, with its signature and documentation.

    It is bound to its resource, as any method is: whoever is given one finds its client.
    """
    from civis_nb.spec.render import docstring, signature

    notice = _notice(operation)
    is_post = operation.verb == "POST"
    from_json_values = operation.resource == "json_values"
    wanted = operation.wanted

    def method(self: Resource, /, *args: Any, **kwargs: Any) -> Any:
        if operation.not_implemented:
            raise _not_implemented(operation)
        client = self._client
        request = prepare(operation, bind(operation, args, kwargs))
        if notice:
            warnings.warn(notice, FutureWarning, stacklevel=2)
        result: Any
        if request.iterator:
            result = PaginatedResponse(request.path, request.query, client)
        else:
            response, payload = client._session.call(
                operation.verb,
                request.path,
                params=request.query,
                # The service has always had a body from Python, on every verb.
                json=request.body,
                headers=request.headers,
                recover=recovery(client, operation, request) if is_post else None,
                wanted=wanted,
            )
            if response.status_code == 204 and wanted == "list":
                payload = []
            if is_post:
                remember_created(client, operation, payload)
            if client._return_type == "raw":
                result = response
            else:
                result = convert_response_data_type(
                    payload, headers=response.headers, from_json_values=from_json_values
                )
        client.last_response = result
        return result

    method.__name__ = operation.name
    method.__qualname__ = f"{class_name(operation.resource)}.{operation.name}"
    method.__doc__ = docstring(operation)
    method.__module__ = type(resource).__module__
    method.__signature__ = signature(operation, "self")  # type: ignore[attr-defined]
    return MethodType(method, resource)


def _not_implemented(operation: Operation) -> CivisNotImplementedError:
    return CivisNotImplementedError.of(
        operation.verb,
        f"/{operation.path}",
        f"client.{operation.dotted}: the local platform does not serve this operation of Civis "
        f"Platform. {operation.not_implemented}",
    )


def _notice(operation: Operation) -> str:
    """Return what a call of a deprecated operation warns of; empty for the others."""
    if operation.legacy_of:
        return (
            f"client.{operation.dotted} is an old name of "
            f"client.{operation.resource}.{operation.legacy_of}; please use that."
        )
    return operation.deprecation
