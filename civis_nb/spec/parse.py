"""From the JSON of a Swagger 2.0 specification to the model, a resource at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from civis_nb.errors import CivisSpecError
from civis_nb.spec.model import Operation, Operations, Parameter, Schema, Spec
from civis_nb.spec.names import (
    SKIPPED_RESOURCES,
    argument_name,
    camel_to_snake,
    has_legacy_list_name,
    is_list_operation,
    method_name,
    resource_name,
)

__all__ = ["check_document", "group_by_resource", "parse_resource", "parse_spec", "read_document"]

_VERBS = ("get", "post", "put", "patch", "delete", "head", "options")
_MAX_REFERENCES = 12

Json = Mapping[str, Any]


def check_document(document: Any, source: str) -> Json:
    """Return `document` back if it is a Swagger 2.0 specification.

    Raises
    ------
    CivisSpecError
        When it is something else; the message says what was found.
    """
    if not isinstance(document, Mapping):
        raise CivisSpecError(
            f"{source} is no API specification: it holds a {type(document).__name__}, "
            "not a JSON object. Expected is the Swagger 2.0 document that GET /endpoints answers."
        )
    if "openapi" in document and "swagger" not in document:
        raise CivisSpecError(
            f"{source} is an OpenAPI {document['openapi']} document; Swagger 2.0 is needed, "
            "as GET /endpoints answers without openapi_version."
        )
    paths = document.get("paths")
    if not isinstance(paths, Mapping) or not isinstance(document.get("definitions", {}), Mapping):
        shown = ", ".join(sorted(map(str, document))[:8]) or "nothing"
        raise CivisSpecError(
            f"{source} is no API specification: it has no object 'paths' (it has: {shown}). "
            "Expected is the Swagger 2.0 document that GET /endpoints answers."
        )
    return document


def read_document(path: Path) -> Json:
    """Return the document of a specification in a file.

    Raises
    ------
    CivisSpecError
        When the file can't be read, or holds no specification.
    """
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise CivisSpecError(f"{path} can't be read: {error.strerror or error}.") from None
    except (ValueError, RecursionError) as error:
        raise CivisSpecError(f"{path} is no API specification: it is no JSON ({error}).") from None
    return check_document(document, str(path))


def group_by_resource(document: Json, source: str) -> dict[str, dict[str, Json]]:
    """Return the paths of each resource that has at least one method.

    Raises
    ------
    CivisSpecError
        When a path holds something that is no set of operations.
    """
    groups: dict[str, dict[str, Json]] = {}
    alive: set[str] = set()
    for path, operations in document["paths"].items():
        if not isinstance(path, str) or not isinstance(operations, Mapping):
            raise CivisSpecError(f"{source}: the path {path!r} holds no operations.")
        resource = resource_name(path)
        if not resource or resource in SKIPPED_RESOURCES:
            continue
        groups.setdefault(resource, {})[path] = operations
        if resource not in alive and not all(
            _is_deprecated(raw) for _, raw in _methods(operations)
        ):
            alive.add(resource)
    return {resource: paths for resource, paths in groups.items() if resource in alive}


def parse_spec(document: Any, source: str = "the specification") -> Spec:
    """Return the model of a specification.

    The operations of a resource are read when they are first asked for.

    Parameters
    ----------
    document
        The JSON object of a Swagger 2.0 specification.
    source
        Where it came from, for messages.

    Raises
    ------
    CivisSpecError
        When `document` is none.

    Examples
    --------
    >>> operation = {"summary": "Me", "parameters": [], "responses": {"200": {}}}
    >>> spec = parse_spec({"swagger": "2.0", "paths": {"/users/me": {"get": operation}}})
    >>> list(spec.operations("users"))
    ['get_me', 'list_me']
    """
    checked = check_document(document, source)
    groups = group_by_resource(checked, source)
    definitions: Json = checked.get("definitions") or {}
    return Spec(
        lambda resource: parse_resource(resource, groups[resource], definitions, source),
        list(groups),
        source,
    )


def _methods(operations: Json) -> Iterator[tuple[str, Json]]:
    """Return verb and operation of each method that a path has."""
    for verb, operation in operations.items():
        if verb.lower() in _VERBS and isinstance(operation, Mapping):
            yield verb, operation


def _is_deprecated(operation: Json) -> bool:
    """Return whether an operation is one that no method of the client is made for."""
    return "deprecated" in str(operation.get("summary") or "").lower()


def parse_resource(
    resource: str, paths: Mapping[str, Json], definitions: Json, source: str
) -> Operations:
    """Return the operations of one resource by method name, deprecated ones too.

    Raises
    ------
    CivisSpecError
        When an operation can't be understood: here or, for its arguments, when it is first
        asked for. The message names it.
    """
    found: dict[str, Callable[[], Operation]] = {}
    deprecated: dict[str, Callable[[], Operation]] = {}
    for path, operations in paths.items():
        shared = operations.get("parameters") or []
        for verb, raw in _methods(operations):
            with _naming(source, verb, path):
                response = _success_schema(raw, definitions)
                array = response is not None and response.get("type") == "array"
                name = method_name(verb, path, array)
            read = partial(_operation, resource, verb, path, raw, shared, definitions, source)
            if _is_deprecated(raw):
                deprecated[name] = read
                continue
            found[name] = read
            if (legacy := _legacy_name(verb, path, name)) is not None:
                found.setdefault(legacy, partial(_legacy, read, legacy))
    return Operations(
        dict(sorted({**deprecated, **found}.items())), frozenset(deprecated.keys() - found.keys())
    )


@contextmanager
def _naming(source: str, verb: str, path: str) -> Iterator[None]:
    """Turn what goes wrong while an operation is read into the error that names it."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CivisSpecError(
            f"{source}: {verb.upper()} {path} can't be understood: {type(error).__name__}: {error}."
        ) from None


def _legacy_name(verb: str, path: str, name: str) -> str | None:
    """Return the name that older clients know a list operation by; None for the others."""
    if verb.upper() != "GET" or not has_legacy_list_name(path) or not name.startswith("get"):
        return None
    return "list" + name.removeprefix("get")


def _legacy(read: Callable[[], Operation], name: str) -> Operation:
    """Return a list operation under the name that older clients know."""
    operation = read()
    values = {field: getattr(operation, field) for field in Operation.__slots__}
    return Operation(**{**values, "name": name, "legacy_of": operation.name})


def _operation(
    resource: str,
    verb: str,
    path: str,
    raw: Json,
    shared: list[Json],
    definitions: Json,
    source: str,
) -> Operation:
    """Return the record of an operation.

    Raises
    ------
    CivisSpecError
        When it can't be understood; the message names it.
    """
    with _naming(source, verb, path):
        parameters = _parameters([*shared, *(raw.get("parameters") or [])], definitions)
        response = _success_schema(raw, definitions)
        array = response is not None and response.get("type") == "array"
        queries = {parameter.name for parameter in parameters if parameter.location == "query"}
        return Operation(
            resource=resource,
            name=method_name(verb, path, array),
            verb=verb.upper(),
            path=path.strip("/"),
            summary=str(raw.get("summary") or ""),
            description=str(raw.get("description") or ""),
            parameters=parameters,
            answers_array=array or is_list_operation(verb, path, array),
            paginated=verb.lower() == "get" and {"limit", "page_num"} <= queries,
            deprecated=_is_deprecated(raw),
            deprecation=str(raw.get("x-deprecation-warning") or ""),
            not_implemented=str(raw.get("x-not-implemented") or ""),
            answers_content=response is not None,
            load_response=lambda: None if response is None else schema_of(response, definitions),
        )


def _success_schema(raw: Json, definitions: Json) -> Json | None:
    """Return the schema of the answer to a call that succeeded; None without content."""
    responses = raw.get("responses") or {}
    for status, answer in responses.items():
        if str(status).startswith("2") or status == "default":
            schema = answer.get("schema")
            return None if not schema else resolve(schema, definitions)
    return None


def resolve(raw: Json, definitions: Json) -> Json:
    """Follow the local ``$ref`` of a schema or parameter; what stands beside it wins.

    Raises
    ------
    CivisSpecError
        When it points nowhere or in a circle.
    """
    seen = 0
    while "$ref" in raw:
        reference = str(raw["$ref"])
        name = reference.rpartition("/")[2]
        seen += 1
        if name not in definitions or seen > _MAX_REFERENCES:
            raise CivisSpecError(f"The reference {reference!r} points nowhere.")
        beside = {key: value for key, value in raw.items() if key != "$ref"}
        raw = {**definitions[name], **beside}
    return raw


def _parameters(raws: list[Json], definitions: Json) -> tuple[Parameter, ...]:
    """Return all arguments of an operation, the required ones first."""
    found: dict[str, Parameter] = {}
    for raw in raws:
        where = raw["in"]
        if where == "body":
            body = resolve(raw.get("schema") or {}, definitions)
            required = frozenset(body.get("required") or ())
            for name, value in (body.get("properties") or {}).items():
                parameter = _body_parameter(name, value, name in required, definitions)
                found.setdefault(parameter.name, parameter)
        else:
            parameter = _plain_parameter(raw, where, definitions)
            found.setdefault(parameter.name, parameter)
    required_first = [parameter for parameter in found.values() if parameter.required]
    return (*required_first, *(item for item in found.values() if not item.required))


def _plain_parameter(raw: Json, where: str, definitions: Json) -> Parameter:
    """Return a parameter of the path or the query."""
    return Parameter(
        name=argument_name(raw["name"]),
        wire_name=raw["name"],
        spec_name=raw["name"],
        location=where,
        required=where == "path" or bool(raw.get("required")),
        load_schema=partial(schema_of, raw, definitions),
        **_facets(raw, definitions),
    )


def _body_parameter(name: str, raw: Json, required: bool, definitions: Json) -> Parameter:
    """Return a parameter that is a field of the body."""
    # The wire has snake_case at the top of a body: what the service is used to from Python.
    return Parameter(
        name=argument_name(name),
        wire_name=camel_to_snake(name),
        spec_name=name,
        location="body",
        required=required,
        load_schema=partial(schema_of, raw, definitions),
        **_facets(resolve(raw, definitions), definitions),
    )


def _facets(raw: Json, definitions: Json) -> dict[str, Any]:
    """Return the type of a parameter, and what else its schema says at the top."""
    items = raw.get("items")
    return {
        "type": _type_of(raw),
        "item_type": _type_of(resolve(items, definitions)) if items else "",
        "enum": tuple(raw.get("enum") or ()),
        "format": str(raw.get("format") or ""),
        "description": str(raw.get("description") or ""),
    }


def _type_of(raw: Json) -> str:
    """Return the type of a schema, also where it is only implied."""
    kind = raw.get("type")
    if isinstance(kind, str):
        return kind
    if "properties" in raw:
        return "object"
    return "array" if "items" in raw else ""


def schema_of(raw: Json, definitions: Json, trail: frozenset[str] = frozenset()) -> Schema:
    """Return the record of a schema, its references followed.

    A definition that holds itself ends in a schema without fields.
    """
    reference = str(raw.get("$ref", ""))
    if reference in trail:
        return Schema("object", str(raw.get("description") or ""))
    if reference:
        trail |= {reference}
    raw = resolve(raw, definitions)
    items = raw.get("items")
    return Schema(
        type=_type_of(raw),
        description=str(raw.get("description") or ""),
        format=str(raw.get("format") or ""),
        enum=tuple(raw.get("enum") or ()),
        items=schema_of(items, definitions, trail) if items else None,
        properties={
            name: schema_of(value, definitions, trail)
            for name, value in (raw.get("properties") or {}).items()
        },
        required=frozenset(raw.get("required") or ()),
    )
