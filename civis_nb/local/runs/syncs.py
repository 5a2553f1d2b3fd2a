"""Syncs: what imports move. How they are stored, checked and shown."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from civis_nb.errors import CivisInputError
from civis_nb.local.errors import Invalid, NotFound
from civis_nb.local.store import utc_now
from civis_nb.local.store.permissions import find_readable
from civis_nb.local.store.schema import files, syncs
from civis_nb.table_names import qualified, split_schema_tablename

__all__ = ["active_syncs", "add_sync", "copy_syncs", "find_sync", "shown", "update_sync"]

#: What a sync of each type reads and writes.
_PLACES = {
    "Dbsync": ("database_table", "database_table"),
    "AutoImport": ("file", "database_table"),
    "GdocImport": ("google_worksheet", "database_table"),
    "GdocExport": (None, "google_worksheet"),
}
_WORDS = {
    "database_table": "databaseTable {schema, table} or path (schema.table)",
    "file": "file {id}",
    "google_worksheet": "googleWorksheet {spreadsheet, worksheet} or path",
}


def add_sync(
    connection: Connection, import_id: int, sync_type: str, values: dict[str, Any]
) -> Row[Any]:
    """Store a new sync of an import.

    Raises
    ------
    Invalid
        When an import of this type can't have such a sync.
    """
    now = utc_now()
    statement = syncs.insert().values(
        import_id=import_id,
        archived=False,
        created_at=now,
        updated_at=now,
        **_checked(connection, sync_type, values),
    )
    return connection.execute(statement.returning(syncs)).one()


def update_sync(
    connection: Connection, row: Row[Any], sync_type: str, values: dict[str, Any]
) -> Row[Any]:
    """Replace the values of a sync, and return it.

    Raises
    ------
    Invalid
        When an import of this type can't have such a sync.
    """
    changed = syncs.update().where(syncs.c.id == row.id)
    checked = _checked(connection, sync_type, values)
    connection.execute(changed.values(updated_at=utc_now(), **checked))
    return find_sync(connection, row.import_id, row.id)


def find_sync(connection: Connection, import_id: int, sync_id: int) -> Row[Any]:
    """Return a sync of an import.

    Raises
    ------
    NotFound
        When the import has no such sync.
    """
    query = select(syncs).where(syncs.c.id == sync_id, syncs.c.import_id == import_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"Sync {sync_id} of import {import_id}")
    return row


def active_syncs(connection: Connection, import_id: int) -> list[Row[Any]]:
    """Return the syncs of an import that are not archived, in the order they were made."""
    query = select(syncs).where(syncs.c.import_id == import_id, syncs.c.archived.is_(False))
    return list(connection.execute(query.order_by(syncs.c.id)))


def copy_syncs(connection: Connection, import_id: int, copy_id: int) -> None:
    """Copy the syncs of an import to another one."""
    now = utc_now()
    for row in active_syncs(connection, import_id):
        values = {name: row._mapping[name] for name in _COLUMNS}
        connection.execute(
            syncs.insert().values(
                import_id=copy_id, archived=False, created_at=now, updated_at=now, **values
            )
        )


_COLUMNS = ("source", "destination", "advanced_options")


def _checked(connection: Connection, sync_type: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of a sync, whose places must fit its type."""
    reads, writes = _PLACES[sync_type]
    source = _place(values["source"], reads, f"The source of a sync of type {sync_type}")
    destination = _place(
        values["destination"], writes, f"The destination of a sync of type {sync_type}"
    )
    if source["file"] is not None:
        _file_name(connection, source["file"]["id"])
    return {
        "source": source,
        "destination": {k: v for k, v in destination.items() if k != "file"},
        "advanced_options": values.get("advanced_options") or {},
    }


def _place(sent: dict[str, Any], kind: str | None, whose: str) -> dict[str, Any]:
    """Return a place in one form: with the object of its kind, and a quoted path."""
    result: dict[str, Any] = dict.fromkeys(("database_table", "file", "google_worksheet", "path"))
    if kind is None:
        return result
    chosen, path = sent.get(kind), sent.get("path")
    if kind == "database_table":
        named = _named_table(path) if path else None
        if chosen is None:
            chosen = named
        elif named is not None and named != {key: chosen[key] for key in named}:
            raise Invalid(f"{whose} has a path and a databaseTable that are not the same.")
        if chosen is None or not (chosen["schema"].strip() and chosen["table"].strip()):
            raise Invalid(f"{whose} must be {_WORDS[kind]}.")
        chosen = {**chosen, "use_without_schema": False}
        path = qualified(chosen["schema"], chosen["table"])
    elif kind == "google_worksheet" and chosen is not None:
        path = f"{chosen['spreadsheet']}.{chosen['worksheet']}"
    if chosen is None and not (kind == "google_worksheet" and path):
        raise Invalid(f"{whose} must be {_WORDS[kind]}.")
    return {**result, kind: chosen, "path": path}


def _file_name(connection: Connection, file_id: int) -> str:
    """Return the name of a file that a sync reads."""
    row = find_readable(connection, "files", file_id)
    if row is None:
        raise Invalid(f"source.file: there is no file {file_id}.")
    return str(row.name)


def shown(connection: Connection, row: Row[Any], sync_type: str) -> dict[str, Any]:
    """Return a sync in the fields that the API shows."""
    source = dict(row.source)
    file = source.get("file")
    source["id"] = None
    if file is not None:
        name = connection.scalar(select(files.c.name).where(files.c.id == file["id"]))
        source |= {"id": file["id"], "path": name, "file": {"id": file["id"], "name": name}}
    options = dict(row.advanced_options)
    if sync_type == "Dbsync":
        options["identity_column"] = options.get("identity_column") or ""
    if sync_type in ("AutoImport", "GdocImport"):
        options["existing_table_rows"] = options.get("existing_table_rows") or "fail"
    return {
        "id": row.id,
        "source": source,
        "destination": row.destination,
        "advanced_options": options,
    }


def _named_table(path: str) -> dict[str, Any]:
    """Return schema and table of a path; both must be given."""
    try:
        schema, table = split_schema_tablename(path)
    except CivisInputError:
        schema, table = None, ""
    if schema is None:
        raise Invalid(f"path must be schema.table, not {path!r}.")
    return {"schema": schema, "table": table}
