"""A small Swagger specification with one operation of each kind."""

from __future__ import annotations

from typing import Any


def _op(
    summary: str,
    *parameters: dict[str, Any],
    body: dict[str, Any] | None = None,
    required: tuple[str, ...] = (),
    answer: str = "object",
    status: str = "200",
    **more: Any,
) -> dict[str, Any]:
    listed = list(parameters)
    if body is not None:
        schema = {"type": "object", "properties": body, "required": list(required)}
        listed.append({"name": "Object", "in": "body", "required": True, "schema": schema})
    response: dict[str, Any] = {"description": "success"}
    if answer == "array":
        response["schema"] = {"type": "array", "items": {"$ref": "#/definitions/Thing"}}
    elif answer:
        response["schema"] = {"$ref": "#/definitions/Thing"}
    return {"summary": summary, "parameters": listed, "responses": {status: response}, **more}


def _path(name: str, kind: str = "integer") -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "type": kind, "description": name}


def _query(name: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "type": kind, **more}


PAGED = (
    _query("limit", "integer"),
    _query("page_num", "integer"),
    _query("order", description="One of: name, created_at, id."),
    _query("order_dir", enum=["asc", "desc"]),
)
STATES = _query("state", "array", items={"type": "string"})
JOB = {
    "name": {"type": "string", "description": "The name."},
    "remoteHostId": {"type": "integer"},
    "hidden": {"type": "boolean"},
    "ratio": {"type": "number"},
    "arguments": {"type": "object"},
    "limitingSQL": {"type": "string"},
    "tags": {"type": "array", "items": {"type": "integer"}},
    "schedule": {"$ref": "#/definitions/Schedule"},
}

SMALL_SPEC: dict[str, Any] = {
    "swagger": "2.0",
    "definitions": {
        "Thing": {"type": "object", "properties": {"id": {"type": "integer"}}},
        "Schedule": {"type": "object", "properties": {"scheduledDays": {"type": "array"}}},
        "Loop": {"type": "object", "properties": {"inner": {"$ref": "#/definitions/Loop"}}},
    },
    "paths": {
        "/jobs/": {
            "get": _op("List jobs", *PAGED, STATES, _query("hidden", "boolean"), answer="array"),
            "post": _op("Create a job", body=JOB, required=("name",), status="201"),
        },
        "/jobs/{id}": {
            "get": _op("Get a job", _path("id")),
            "put": _op("Replace a job", _path("id"), body=JOB),
            "patch": _op("Change a job", _path("id"), body=JOB),
            "delete": _op("Delete a job", _path("id"), answer="", status="204"),
        },
        "/jobs/{id}/runs": {
            "get": _op("List runs", _path("id"), *PAGED, answer="array"),
            "post": _op("Start a job", _path("id"), status="201"),
        },
        "/jobs/{id}/old": {"get": _op("Old (Deprecated)", _path("id"))},
        "/files/": {"post": _op("Make a file", body={"name": {"type": "string"}})},
        "/users/me": {"get": _op("Show the user")},
        "/databases/": {"get": _op("List databases", answer="array")},
        "/databases/{id}/schemas/{schema_name}/tables/{table_name}": {
            "get": _op(
                "Get a table",
                _path("id"),
                _path("schema_name", "string"),
                _path("table_name", "string"),
            )
        },
        "/json_values/{id}": {"get": _op("Get a value", _path("id"))},
        "/tables/": {
            "get": _op(
                "List tables",
                *PAGED,
                _query("database_id", "integer"),
                _query("schema"),
                _query("name"),
                answer="array",
            )
        },
        "/tables/{id}/refresh": {
            "post": _op(
                "Refresh", _path("id"), **{"x-deprecation-warning": "Use tables/scan from now on."}
            )
        },
        "/credentials/": {
            "get": _op(
                "List credentials", *PAGED, _query("type"), _query("default", "boolean"),
                answer="array",
            )
        },
        "/storage_hosts": {"get": _op("List storage hosts", answer="array")},
        "/loops": {
            "post": _op("Loop", body={"loop": {"$ref": "#/definitions/Loop"}}),
        },
    },
}  # fmt: skip
