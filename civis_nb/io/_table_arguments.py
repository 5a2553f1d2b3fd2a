"""Checks of the arguments of imports into tables."""

from __future__ import annotations

from typing import Any

from civis_nb.errors import CivisInputError
from civis_nb.io.names import split_schema_tablename

__all__ = ["EXECUTIONS", "EXISTING_TABLE_ROWS", "check_keys", "checked_columns", "schema_and_table"]

EXISTING_TABLE_ROWS = ("fail", "truncate", "append", "drop", "upsert")
EXECUTIONS = ("immediate", "delayed")
_COLUMN_KEYS = {"name", "sql_type"}


def checked_columns(columns: Any) -> list[dict[str, str]] | None:
    """Check ``table_columns``.

    Raises
    ------
    CivisInputError
        When they are no list of names with SQL types in all or in none.
    """
    if columns is None:
        return None
    if not isinstance(columns, list) or not columns:
        raise CivisInputError(
            "table_columns is a list of {'name': …, 'sql_type': …}, one for each column; "
            "leave it out to have them detected."
        )
    for column in columns:
        if not isinstance(column, dict) or "name" not in column or set(column) - _COLUMN_KEYS:
            raise CivisInputError(
                f"table_columns holds {column!r}; each is {{'name': …, 'sql_type': …}}."
            )
    if len({"sql_type" in column for column in columns}) > 1:
        raise CivisInputError("table_columns gives sql_type for some columns and not for others.")
    return [dict(column) for column in columns]


def check_keys(existing_table_rows: str, primary_keys: Any) -> None:
    """Refuse an upsert without keys.

    Raises
    ------
    CivisInputError
        When there are none.
    """
    if existing_table_rows == "upsert" and not primary_keys:
        raise CivisInputError("existing_table_rows='upsert' needs primary_keys.")


def schema_and_table(table: str) -> tuple[str, str]:
    """Take a table's name apart that must have a schema.

    Raises
    ------
    CivisInputError
        When it has none, or can't be read.
    """
    schema, name = split_schema_tablename(table)
    if schema is None:
        raise CivisInputError(f"{table!r} names no schema; say 'schema.{name}'.")
    return schema, name
