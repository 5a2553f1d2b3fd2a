"""What a run puts out: files, values, tables and others, listed under their own names."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from civis_nb.local.errors import Invalid, NotFound
from civis_nb.local.store import utc_now
from civis_nb.local.store.permissions import find_readable
from civis_nb.local.store.schema import json_values, outputs

__all__ = ["add_output", "output_item"]

#: The type of an output's object -> its kind, which is also the first word of its path.
OUTPUT_KINDS = {
    "File": "files",
    "Table": "tables",
    "Credential": "credentials",
    "JSONValue": "json_values",
    "Report": "reports",
    "Project": "projects",
}


def add_output(connection: Connection, run_id: int, object_type: str, object_id: int) -> int:
    """Store an object as an output of a run; the same object twice is one output.

    Returns
    -------
    int
        The output's own id.

    Raises
    ------
    Invalid
        When there is no such type of object.
    NotFound
        When there is no such object.
    """
    name = _object_name(connection, object_type, object_id)
    same = select(outputs.c.id).where(
        outputs.c.run_id == run_id,
        outputs.c.object_type == object_type,
        outputs.c.object_id == object_id,
    )
    known = connection.scalar(same)
    if known is not None:
        return int(known)
    inserted = connection.execute(
        outputs.insert().values(
            run_id=run_id,
            object_type=object_type,
            object_id=object_id,
            name=name,
            created_at=utc_now(),
        )
    )
    return int(inserted.inserted_primary_key[0])  # type: ignore[index]


def _object_name(connection: Connection, object_type: str, object_id: int) -> str:
    """Return the name of an object, which must exist."""
    if object_type not in OUTPUT_KINDS:
        raise Invalid(
            f"object_type can't be {object_type!r}; it is one of {', '.join(OUTPUT_KINDS)}."
        )
    row = find_readable(connection, OUTPUT_KINDS[object_type], object_id)
    if row is None:
        raise NotFound(f"{object_type} {object_id}")
    if object_type == "Table":
        return f"{row.schema}.{row.name}"
    return str(row.name or "")


def output_item(connection: Connection, row: Row[Any], host: str) -> dict[str, Any]:
    """Return an output as the API lists it.

    Parameters
    ----------
    connection
        Where to read the value of a JSONValue.
    row
        A row of the outputs.
    host
        What links start with: host and port, no scheme.
    """
    value = None
    if row.object_type == "JSONValue":
        value = connection.scalar(
            select(json_values.c.value).where(json_values.c.id == row.object_id)
        )
    return {
        "object_type": row.object_type,
        "object_id": row.object_id,
        "name": row.name,
        "link": f"{host}/{OUTPUT_KINDS[row.object_type]}/{row.object_id}",
        "value": value,
    }
