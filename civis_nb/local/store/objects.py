"""Objects of all kinds by kind and id, wherever they are stored."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Table, select

from civis_nb.local.store.schema import (
    credentials,
    files,
    jobs,
    json_values,
    project_items,
    records,
    tables,
    users,
)

__all__ = ["find_object", "projects_of", "table_of"]

#: The kinds that have a table of their own; all others are records.
_TABLES: dict[str, Table] = {
    "users": users,
    "files": files,
    "credentials": credentials,
    "jobs": jobs,
    "json_values": json_values,
    "tables": tables,
}


def table_of(kind: str) -> Table:
    """Return the table that objects of a kind are in."""
    return _TABLES.get(kind, records)


def find_object(connection: Connection, kind: str, object_id: int) -> Row[Any] | None:
    """Return the row of an object, such as a file, a job or a record; None when there is none."""
    table = table_of(kind)
    query = select(table).where(table.c.id == object_id)
    if table is records:
        query = query.where(records.c.kind == kind)
    return connection.execute(query).one_or_none()


def projects_of(connection: Connection, kind: str, object_id: int) -> list[Row[Any]]:
    """Return the rows of the projects that an object is in."""
    query = select(records).join(project_items, records.c.id == project_items.c.project_id)
    chosen = (project_items.c.object_kind == kind, project_items.c.object_id == object_id)
    return list(connection.execute(query.where(*chosen).order_by(records.c.id)))
