"""Objects of all kinds by kind and id, wherever they are stored."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Table, select

from civis_nb.local.store.schema import (
    credentials,
    files,
    jobs,
    json_values,
    records,
    tables,
    users,
)

__all__ = ["find_object"]

#: The kinds that have a table of their own; all others are records.
_TABLES: dict[str, Table] = {
    "users": users,
    "files": files,
    "credentials": credentials,
    "jobs": jobs,
    "json_values": json_values,
    "tables": tables,
}


def find_object(connection: Connection, kind: str, object_id: int) -> Row[Any] | None:
    """Return the row of an object, such as a file, a job or a record; None when there is none."""
    table = _TABLES.get(kind, records)
    query = select(table).where(table.c.id == object_id)
    if table is records:
        query = query.where(records.c.kind == kind)
    return connection.execute(query).one_or_none()
