"""What a statement that has just run has changed, in the words of PostgreSQL's command tags."""

from __future__ import annotations

from contextlib import suppress

import duckdb

from civis_nb.local.warehouse.duckdb.statement import Statement
from civis_nb.sql_text import tokenize

__all__ = ["what_was_done"]

#: What statements change, by the word that begins them: rows, or objects.
_COUNTED = ("INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "TRUNCATE")
_OBJECTS = ("TABLE", "VIEW", "SCHEMA", "INDEX", "SEQUENCE", "TYPE", "FUNCTION", "MACRO", "DATABASE")


def what_was_done(cursor: duckdb.DuckDBPyConnection, statement: Statement) -> str | None:
    """Return what a statement has changed, such as ``INSERT: 3 rows``; None when nothing.

    Parameters
    ----------
    cursor
        Has just run it.
    statement
        The statement.
    """
    words = [t.text.upper() for t in tokenize(statement.text) if t.kind == "word"]
    if words[:1] == ["WITH"]:
        words = [word for word in words if word in _COUNTED]
    command = words[0] if words else ""
    if command in ("CREATE", "DROP", "ALTER"):
        named = [word for word in words[1:6] if word in _OBJECTS]
        command = " ".join([command, *named[:1]])
    elif command not in _COUNTED:
        return None
    count: object = None
    if not statement.has_rows:
        with suppress(duckdb.Error):
            row = cursor.fetchone()
            count = row[0] if row is not None and len(row) == 1 else None
    if not isinstance(count, int) or isinstance(count, bool):
        return command
    return f"{command}: {count:,} row{'' if count == 1 else 's'}"
