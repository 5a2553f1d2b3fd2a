"""``/json_values``: small JSON values, mostly outputs of jobs."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import Field
from sqlalchemy import Connection, Row, select

from civis_nb.local.context import context_of
from civis_nb.local.errors import Invalid, NotFound
from civis_nb.local.http.envelope import check_characters, check_depth, read_json
from civis_nb.local.http.wire import Wire, given
from civis_nb.local.store import utc_now
from civis_nb.local.store.schema import json_values

__all__ = ["router"]

router = APIRouter(tags=["json_values"])


class JsonValueCreate(Wire):
    """A value as JSON text."""

    name: str | None = None
    value_str: str = Field(description="The value as JSON.", json_schema_extra={"format": "json"})


class JsonValuePatch(Wire):
    """What is to be changed of a value."""

    name: str | None = None
    value_str: str | None = Field(
        default=None, description="The value as JSON.", json_schema_extra={"format": "json"}
    )


class JsonValue(Wire):
    """A value, as JSON itself."""

    id: int
    name: str | None
    value: Any


@router.post("/json_values", status_code=201, summary="Create a JSON Value")
def post_json_value(request: Request, body: JsonValueCreate) -> JsonValue:
    """Create a value."""
    now = utc_now()
    statement = json_values.insert().values(
        name=body.name, value=_parsed(body.value_str), created_at=now, updated_at=now
    )
    with context_of(request).store.begin() as connection:
        made = connection.execute(statement.returning(json_values)).one()
    return _shown(made)


@router.get("/json_values/{id}", summary="Get details about a JSON Value")
def get_json_value(request: Request, id: int) -> JsonValue:
    """Return one value."""
    with context_of(request).store.read() as connection:
        return _shown(_row(connection, id))


@router.patch("/json_values/{id}", summary="Update some attributes of this JSON Value")
def patch_json_value(request: Request, id: int, body: JsonValuePatch) -> JsonValue:
    """Change the fields that were sent."""
    changes = given(body)
    if "value_str" in changes:
        text = changes.pop("value_str")
        changes["value"] = None if text is None else _parsed(text)
    with context_of(request).store.begin() as connection:
        _row(connection, id)
        statement = json_values.update().where(json_values.c.id == id)
        connection.execute(statement.values(**changes, updated_at=utc_now()))
        return _shown(_row(connection, id))


def _parsed(text: str) -> Any:
    """Parse the JSON that a client sent as text."""
    check_depth(text.encode("utf-8", "surrogatepass"))
    try:
        value = read_json(text)
    except ValueError as error:
        raise Invalid(f"valueStr is not valid JSON: {error}.") from None
    check_characters(value)
    return value


def _row(connection: Connection, value_id: int) -> Row[Any]:
    """Return the record of a value."""
    query = select(json_values).where(json_values.c.id == value_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"JSON value {value_id}")
    return row


def _shown(row: Row[Any]) -> JsonValue:
    return JsonValue(id=row.id, name=row.name, value=row.value)
