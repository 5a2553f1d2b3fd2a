"""The platform's specification in the form that the API's clients read: Swagger 2.0.

FastAPI makes OpenAPI 3.1 from the typed handlers; here it is brought to Swagger 2.0 with the
few types that clients know (API protocol, 1.9), and to OpenAPI 3.0 for those who ask.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from civis_nb.local.http.official import NOT_IMPLEMENTED, slashed_paths

__all__ = ["to_openapi3", "to_swagger"]

_SIMPLE = frozenset({"array", "object", "integer", "number", "string", "boolean"})
#: What a schema keeps in Swagger 2.0.
_KEPT = (
    "description", "format", "enum", "deprecated",
    "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern",
)  # fmt: skip
_KEPT_OF_OPERATIONS = ("description", NOT_IMPLEMENTED)
_REF = "#/components/schemas/"


#: What parameters mean whose handlers do not say it themselves.
_MEANINGS = {
    "archived": 'Whether archived items are listed: "true", "false" or "all"; false if omitted.',
    "author": "Only items of these authors: a comma-separated list of user ids.",
    "hidden": "Whether hidden items are listed too; false if omitted.",
    "id": "The id of the object.",
    "last_id": "Only log entries with an id above this one.",
    "limit": "How many results to give, at most.",
    "name": "The name.",
    "order": "The field to order the results by.",
    "order_dir": 'The direction of the order: "asc" or "desc".',
    "page_num": "Which page of the results to give; the first one is 1.",
    "run_id": "The id of the run.",
    "state": "Only items in these states.",
    "type": "Only items of these types.",
}


def _spelled(path: str) -> str:
    """Return a path with a final slash where the API's own specification has one."""
    bare = path.rstrip("/")
    return bare + "/" if bare in slashed_paths() else bare


def to_swagger(document: dict[str, Any], endpoint: str) -> dict[str, Any]:
    """Convert FastAPI's OpenAPI 3.1 `document` to Swagger 2.0, served at `endpoint`."""
    address = urlsplit(endpoint)
    schemas = document.get("components", {}).get("schemas", {})
    return {
        "swagger": "2.0",
        "info": document["info"],
        "host": address.netloc,
        "schemes": [address.scheme],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "paths": {
            _spelled(path): {verb: _operation(op) for verb, op in operations.items()}
            for path, operations in sorted(document["paths"].items())
        },
        "definitions": {name: _simple(schema) for name, schema in schemas.items()},
        "securityDefinitions": {
            "api_key": {"type": "apiKey", "name": "Authorization", "in": "header"}
        },
        "security": [{"api_key": []}],
    }


def _operation(operation: dict[str, Any]) -> dict[str, Any]:
    """Convert one operation to Swagger 2.0."""
    parameters = [_parameter(parameter) for parameter in operation.get("parameters", [])]
    body = operation.get("requestBody")
    if body:
        schema = _simple(body["content"]["application/json"]["schema"])
        name = schema.get("$ref", "/body").rpartition("/")[2]
        required = bool(body.get("required"))
        parameters.append({"name": name, "in": "body", "required": required, "schema": schema})
    result: dict[str, Any] = {
        "summary": operation.get("summary", ""),
        "deprecated": bool(operation.get("deprecated")),
        "parameters": parameters,
        "responses": {
            status: _response(answer)
            for status, answer in operation["responses"].items()
            if status.startswith("2")
        },
    }
    result.update({key: operation[key] for key in _KEPT_OF_OPERATIONS if operation.get(key)})
    return result


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    """Convert one parameter to Swagger 2.0."""
    result = {
        "name": parameter["name"],
        "in": parameter["in"],
        "required": bool(parameter.get("required")),
        "description": parameter.get("description") or _MEANINGS.get(parameter["name"], ""),
        **_simple(parameter["schema"]),
    }
    if result["type"] == "array":
        result["collectionFormat"] = "multi"
    return result


def _response(answer: dict[str, Any]) -> dict[str, Any]:
    """Convert one response to Swagger 2.0."""
    result: dict[str, Any] = {"description": "success"}
    schema = answer.get("content", {}).get("application/json", {}).get("schema")
    if schema:
        result["schema"] = _simple(schema)
    return result


def _simple(schema: dict[str, Any]) -> dict[str, Any]:
    """Reduce a JSON schema to the types of Swagger 2.0; null is no type there."""
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            real = [part for part in schema[key] if part.get("type") != "null"]
            chosen = _simple(real[0]) if len(real) == 1 else _several(real)
            stated = (*_KEPT, "items")
            kept = {k: schema[k] for k in stated if k in schema and "$ref" not in chosen}
            return {**chosen, **kept}
    if "$ref" in schema:
        return {"$ref": "#/definitions/" + schema["$ref"].removeprefix(_REF)}
    result = {key: schema[key] for key in _KEPT if key in schema}
    if "const" in schema:
        result["enum"] = [schema["const"]]
    kind = schema.get("type")
    result["type"] = kind if kind in _SIMPLE else "object"
    if result["type"] == "array":
        result["items"] = _simple(schema.get("items", {}))
    if "properties" in schema:
        result["properties"] = {k: _simple(v) for k, v in schema["properties"].items()}
    if schema.get("required"):
        result["required"] = schema["required"]
    if isinstance(schema.get("additionalProperties"), dict):
        result["additionalProperties"] = _simple(schema["additionalProperties"])
    return result


def _several(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the type that stands for several, which Swagger 2.0 can't have."""
    kinds = {part.get("type") for part in parts}
    if kinds <= {"integer", "number"}:
        return {"type": "number"}
    return {"type": "string" if kinds <= {"integer", "number", "string", "boolean"} else "object"}


def to_openapi3(document: dict[str, Any], endpoint: str) -> dict[str, Any]:
    """Convert FastAPI's OpenAPI 3.1 `document` to OpenAPI 3.0, served at `endpoint`."""
    schemas = document.get("components", {}).get("schemas", {})
    scheme = {"api_key": {"type": "http", "scheme": "basic"}}
    return {
        "openapi": "3.0.3",
        "info": document["info"],
        "servers": [{"url": endpoint}],
        "paths": {
            _spelled(path): {verb: _operation3(op) for verb, op in operations.items()}
            for path, operations in sorted(document["paths"].items())
        },
        "components": {
            "schemas": {name: _nullable(schema) for name, schema in schemas.items()},
            "securitySchemes": scheme,
        },
        "security": [{"api_key": []}],
    }


def _operation3(operation: dict[str, Any]) -> dict[str, Any]:
    """Convert one operation to OpenAPI 3.0."""
    kept: dict[str, Any] = {
        key: operation[key] for key in ("summary", "tags", *_KEPT_OF_OPERATIONS) if key in operation
    }
    result: dict[str, Any] = {
        **kept,
        "parameters": [_nullable(parameter) for parameter in operation.get("parameters", [])],
        "responses": {
            status: _nullable(answer)
            for status, answer in operation["responses"].items()
            if status.startswith("2")
        },
    }
    if "requestBody" in operation:
        result["requestBody"] = _nullable(operation["requestBody"])
    return result


def _nullable(node: Any) -> Any:
    """Write ``anyOf [X, null]`` as 3.0 does: X, nullable."""
    if isinstance(node, list):
        return [_nullable(item) for item in node]
    if not isinstance(node, dict):
        return node
    parts = node.get("anyOf")
    if isinstance(parts, list) and {"type": "null"} in parts:
        real = [_nullable(part) for part in parts if part != {"type": "null"}]
        rest = {k: _nullable(v) for k, v in node.items() if k not in ("anyOf", "default")}
        if len(real) == 1 and "$ref" not in real[0]:
            return {**rest, **real[0], "nullable": True}
        return {**rest, "anyOf": real, "nullable": True}
    return {key: _nullable(value) for key, value in node.items()}
