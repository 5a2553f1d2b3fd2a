"""``/databases``: which there are, and what is in them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import Row, select

from civis_nb.local.context import context_of
from civis_nb.local.envelope import not_found
from civis_nb.local.store.schema import databases
from civis_nb.local.wire import Wire

__all__ = ["router"]

router = APIRouter(tags=["databases"])


class Database(Wire):
    """A database."""

    id: int
    name: str
    adapter: str
    cluster_identifier: str | None
    host: str
    port: int | None
    database_name: str
    managed: bool


@router.get("/databases", summary="List databases")
def list_databases(request: Request) -> list[Database]:
    """Give all databases; this list has no pages."""
    with context_of(request).store.read() as connection:
        return [_shown(row) for row in connection.execute(select(databases).order_by("id"))]


@router.get("/databases/{id}", summary="Show database information")
def get_database(request: Request, id: int) -> Database:
    """Give one database."""
    with context_of(request).store.read() as connection:
        row = connection.execute(select(databases).where(databases.c.id == id)).one_or_none()
    if row is None:
        raise not_found(f"Database {id}")
    return _shown(row)


def _shown(row: Row[Any]) -> Database:
    return Database(
        id=row.id,
        name=row.name,
        adapter=row.adapter,
        cluster_identifier=None,
        host="127.0.0.1",
        port=None,
        database_name=row.name,
        managed=True,
    )
