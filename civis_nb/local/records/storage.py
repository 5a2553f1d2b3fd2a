"""Records in the store: one table for all kinds, and who may do what with which object."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from sqlalchemy import Connection, delete
from sqlalchemy.dialects.sqlite import insert as upsert

from civis_nb.local.errors import Invalid
from civis_nb.local.store import utc_now
from civis_nb.local.store.objects import find_object, table_of
from civis_nb.local.store.permissions import find_readable
from civis_nb.local.store.schema import project_items, records, shares

__all__ = [
    "GranteeKind",
    "check_exist",
    "delete_record",
    "grant",
    "insert_record",
    "object_name",
    "set_body",
    "set_owner",
    "update_record",
]

GranteeKind = Literal["users", "groups"]


def insert_record(
    connection: Connection,
    kind: str,
    user_id: int,
    name: str,
    body: dict[str, Any],
    *,
    hidden: bool = False,
    archived: bool = False,
    parent_id: int | None = None,
) -> int:
    """Store a new record and return its id."""
    now = utc_now()
    values = {"kind": kind, "user_id": user_id, "name": name, "body": body}
    flags = {"hidden": hidden, "archived": archived}
    times = {"created_at": now, "updated_at": now}
    statement = records.insert().values(**values, parent_id=parent_id, **flags, **times)
    return int(connection.execute(statement.returning(records.c.id)).scalar_one())


def update_record(connection: Connection, record_id: int, **columns: Any) -> None:
    """Change columns of a record, and the time of its last change."""
    changed = records.update().where(records.c.id == record_id)
    connection.execute(changed.values(**{"updated_at": utc_now(), **columns}))


def delete_record(connection: Connection, kind: str, record_id: int) -> None:
    """Delete a record, its permissions and memberships, and the records that are parts of it."""
    share, item = shares.c, project_items.c
    is_object = (share.object_kind == kind) & (share.object_id == record_id)
    is_grantee = (share.grantee_kind == kind) & (share.grantee_id == record_id)
    connection.execute(delete(shares).where(is_object | is_grantee))
    is_item = (item.object_kind == kind) & (item.object_id == record_id)
    connection.execute(delete(project_items).where(is_item))
    connection.execute(delete(records).where(records.c.id == record_id))


def grant(
    connection: Connection,
    kind: str,
    object_id: int,
    grantee_kind: GranteeKind,
    grantee_ids: Iterable[int],
    level: str,
) -> None:
    """Grant users or groups a permission on an object, in place of the one they had."""
    for grantee_id in grantee_ids:
        row = {
            "object_kind": kind,
            "object_id": object_id,
            "grantee_kind": grantee_kind,
            "grantee_id": grantee_id,
        }
        statement = upsert(shares).values(**row, level=level)
        connection.execute(
            statement.on_conflict_do_update(index_elements=list(row), set_={"level": level})
        )


def set_owner(connection: Connection, kind: str, object_id: int, user_id: int) -> None:
    """Set the owner of an object; the one before may still manage it."""
    row = find_object(connection, kind, object_id)
    if row is None or row.user_id == user_id:
        return
    grant(connection, kind, object_id, "users", [row.user_id], "manage")
    table = table_of(kind)
    changed = table.update().where(table.c.id == object_id)
    connection.execute(changed.values(user_id=user_id, updated_at=utc_now()))


def set_body(connection: Connection, kind: str, object_id: int, body: dict[str, Any]) -> None:
    """Set the stored fields of a record or a job."""
    table = table_of(kind)
    changed = table.update().where(table.c.id == object_id)
    connection.execute(changed.values(body=body, updated_at=utc_now()))


def object_name(connection: Connection, kind: str, object_id: int) -> str | None:
    """Return the name of an object; None when there is none."""
    row = find_object(connection, kind, object_id)
    return None if row is None else str(row.name)


def check_exist(connection: Connection, field: str, kind: str, ids: Iterable[int]) -> None:
    """Check that all objects that a field refers to are there, and may be read.

    Raises
    ------
    Invalid
        When one is not.
    """
    for object_id in ids:
        if find_readable(connection, kind, object_id) is None:
            raise Invalid(f"{field}: there is no {kind.removesuffix('s')} {object_id}.")
