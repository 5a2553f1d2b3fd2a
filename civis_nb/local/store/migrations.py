"""Numbered changes that bring the store of an earlier version to the present schema.

The schema with number N becomes number N+1 by ``MIGRATIONS[N - 1]``. Each migration is one
transaction, which also stores the new number: after the end of the process, at whatever moment, the
store has one number or the next. A migration says in plain SQL what it makes, and never changes
afterwards, as the tables of `civis_nb.local.store.schema` do. Several states of the schema had the
same number before there were migrations; hence a migration makes only what is not there yet.

Indices are no part of it: those that are missing are created whenever a store is opened.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, text

from civis_nb.compression import crc32
from civis_nb.errors import CivisLocalError
from civis_nb.local.store.move_logs import move_logs

__all__ = ["MIGRATIONS", "SCHEMA_VERSION", "check_references"]

_CHUNK_BYTES = 1 << 20

_SYNCS = """CREATE TABLE IF NOT EXISTS syncs (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    import_id INTEGER NOT NULL REFERENCES jobs (id),
    source JSON NOT NULL,
    destination JSON NOT NULL,
    advanced_options JSON NOT NULL,
    archived BOOLEAN NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
)"""
_SHARES = """CREATE TABLE IF NOT EXISTS shares (
    object_kind TEXT NOT NULL,
    object_id INTEGER NOT NULL,
    grantee_kind TEXT NOT NULL,
    grantee_id INTEGER NOT NULL,
    level TEXT NOT NULL,
    PRIMARY KEY (object_kind, object_id, grantee_kind, grantee_id)
)"""
_LOG_SIZES = """CREATE TABLE IF NOT EXISTS log_sizes (
    run_id INTEGER NOT NULL PRIMARY KEY REFERENCES job_runs (id),
    kept_bytes INTEGER NOT NULL,
    head_id INTEGER,
    note_id INTEGER,
    left_out_entries INTEGER NOT NULL,
    left_out_bytes INTEGER NOT NULL
)"""
_WORKFLOW_EXECUTIONS = """CREATE TABLE IF NOT EXISTS workflow_executions (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    workflow_id INTEGER NOT NULL REFERENCES records (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users (id),
    state TEXT NOT NULL,
    info TEXT,
    definition TEXT NOT NULL,
    input JSON NOT NULL,
    target_task TEXT,
    included_tasks JSON NOT NULL,
    variables JSON NOT NULL,
    output JSON,
    parent_id INTEGER,
    parent_task INTEGER,
    parent_action INTEGER,
    root_id INTEGER,
    depth INTEGER NOT NULL,
    started_at TEXT,
    finished_at TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
)"""
_WORKFLOW_TASKS = """CREATE TABLE IF NOT EXISTS workflow_tasks (
    execution_id INTEGER NOT NULL REFERENCES workflow_executions (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    info TEXT,
    wake_at TEXT,
    timeout_at TEXT,
    started_at TEXT,
    finished_at TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    detail JSON NOT NULL,
    PRIMARY KEY (execution_id, number)
)"""
_WORKFLOW_ACTIONS = """CREATE TABLE IF NOT EXISTS workflow_actions (
    execution_id INTEGER NOT NULL REFERENCES workflow_executions (id) ON DELETE CASCADE,
    task_number INTEGER NOT NULL,
    number INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    item INTEGER NOT NULL,
    state TEXT NOT NULL,
    result JSON,
    error TEXT,
    job_id INTEGER,
    run_id INTEGER,
    child_id INTEGER,
    wake_at TEXT,
    PRIMARY KEY (execution_id, task_number, number)
)"""
#: Tables whose rows go with the record that they belong to; an early form of them lacks that.
_CASCADING = {
    "records": """CREATE TABLE records (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    parent_id INTEGER REFERENCES records (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    body JSON NOT NULL,
    hidden BOOLEAN NOT NULL,
    archived BOOLEAN NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
)""",
    "project_items": """CREATE TABLE project_items (
    project_id INTEGER NOT NULL REFERENCES records (id) ON DELETE CASCADE,
    object_kind TEXT NOT NULL,
    object_id INTEGER NOT NULL,
    PRIMARY KEY (project_id, object_kind, object_id)
)""",
    "group_members": """CREATE TABLE group_members (
    group_id INTEGER NOT NULL REFERENCES records (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users (id),
    PRIMARY KEY (group_id, user_id)
)""",
}


def _to_2(connection: Connection, state: Path) -> None:
    """Keep the CRC-32 of contents instead of their MD5; keys can be revoked."""
    _add_column(connection, "tables", "ontology_mapping", "JSON")
    _add_column(connection, "api_keys", "revoked_at", "TEXT")
    _add_column(connection, "files", "crc32", "BIGINT")
    if "md5" in _columns(connection, "files"):
        connection.execute(text("ALTER TABLE files DROP COLUMN md5"))
    missing = connection.execute(
        text("SELECT id, blob FROM files WHERE blob IS NOT NULL AND crc32 IS NULL")
    ).fetchall()
    for file_id, blob in missing:
        path = state / "blobs" / blob
        if path.exists():  # else the content is gone, and a download says so
            connection.execute(
                text("UPDATE files SET crc32 = :crc32 WHERE id = :id"),
                {"crc32": _crc32_of(path), "id": file_id},
            )


def _to_3(connection: Connection, _state: Path) -> None:
    """Add syncs, records, shares, projects and groups; parts of a record are deleted with it."""
    connection.execute(text(_SYNCS))
    connection.execute(text(_SHARES))
    for table, definition in _CASCADING.items():
        present = _definition(connection, table)
        if present is None:
            connection.execute(text(definition))
        elif "CASCADE" not in present:
            _rebuild(connection, table, definition)


def _to_4(connection: Connection, _state: Path) -> None:
    """Keep the sizes of logs; that of an old log is counted when it gets another entry."""
    connection.execute(text(_LOG_SIZES))


def _add_workflows(connection: Connection, _state: Path) -> None:
    """Keep executions of workflows, with their tasks and actions."""
    for definition in (_WORKFLOW_EXECUTIONS, _WORKFLOW_TASKS, _WORKFLOW_ACTIONS):
        connection.execute(text(definition))


#: From number 1 to 2, from 2 to 3, …. A migration may read the contents in the state folder.
MIGRATIONS: list[Callable[[Connection, Path], None]] = [
    _to_2,
    _to_3,
    _to_4,
    move_logs,
    _add_workflows,
]
SCHEMA_VERSION = len(MIGRATIONS) + 1


def _definition(connection: Connection, table: str) -> str | None:
    """Return the statement that created a table; None when there is no such table."""
    query = text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name")
    found: str | None = connection.scalar(query, {"name": table})
    return found


def _columns(connection: Connection, table: str) -> set[str]:
    rows = connection.execute(text("SELECT name FROM pragma_table_info(:table)"), {"table": table})
    return {row.name for row in rows}


def _add_column(connection: Connection, table: str, column: str, kind: str) -> None:
    """Add a column that may be NULL, unless it is there."""
    if column not in _columns(connection, table):
        connection.execute(text(f"ALTER TABLE {table} ADD COLUMN {column} {kind}"))


def _rebuild(connection: Connection, table: str, definition: str) -> None:
    """Change the definition of a table; rows, and the ids that are never used twice, are kept.

    Foreign keys must not be enforced meanwhile: the rows would be taken for deleted.
    """
    new = f"{table}_new"
    columns = ", ".join(sorted(_columns(connection, table)))
    last_id = connection.scalar(
        text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table}
    )
    connection.execute(text(re.sub(rf"TABLE {table} ", f"TABLE {new} ", definition, count=1)))
    connection.execute(text(f"INSERT INTO {new} ({columns}) SELECT {columns} FROM {table}"))  # noqa: S608 - names of ours
    connection.execute(text(f"DROP TABLE {table}"))
    connection.execute(text(f"ALTER TABLE {new} RENAME TO {table}"))
    if last_id is not None:
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table})
        connection.execute(
            text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)"),
            {"name": table, "seq": last_id},
        )


def check_references(connection: Connection) -> None:
    """Check that every reference of a row leads to a row.

    Raises
    ------
    CivisLocalError
        If one does not.
    """
    broken = connection.execute(text("PRAGMA foreign_key_check")).fetchall()
    if broken:
        tables = ", ".join(sorted({row[0] for row in broken}))
        raise CivisLocalError(
            f"The state folder can't be brought to this version: rows of {tables} belong to rows "
            "that are not there. Nothing was changed; open it with the version that wrote it."
        )


def _crc32_of(path: Path) -> int:
    """Return the CRC-32 of a file's content."""
    crc = 0
    with path.open("rb") as file:
        while piece := file.read(_CHUNK_BYTES):
            crc = crc32(piece, crc)
    return crc
