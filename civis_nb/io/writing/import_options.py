"""Checks of the arguments of imports into tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from civis_nb.errors import CivisArgumentError, CivisInputError
from civis_nb.io._arguments import check_interval, chosen, whole_from
from civis_nb.table_names import split_schema_tablename

__all__ = [
    "EXECUTIONS",
    "EXISTING_TABLE_ROWS",
    "check_import",
    "check_text",
    "checked_columns",
    "key_columns",
    "schema_and_table",
]

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
    if columns is None or (isinstance(columns, list | tuple) and not columns):
        return None
    if not isinstance(columns, list | tuple):
        raise CivisInputError(
            "table_columns is a list of {'name': …, 'sql_type': …}, one for each column; "
            "leave it out to have them detected."
        )
    checked = [_checked_column(column) for column in columns]
    if len({"sql_type" in column for column in checked}) > 1:
        raise CivisInputError("table_columns gives sql_type for some columns and not for others.")
    folded = Counter(column["name"].lower() for column in checked)
    twice = [column["name"] for column in checked if folded[column["name"].lower()] > 1]
    if twice:
        raise CivisInputError(
            f"table_columns has names that a table can't keep apart: {', '.join(map(repr, twice))}."
        )
    return checked


def _checked_column(column: Any) -> dict[str, str]:
    if not isinstance(column, Mapping) or "name" not in column or set(column) - _COLUMN_KEYS:
        raise CivisInputError(
            f"table_columns holds {column!r}; each is {{'name': …, 'sql_type': …}}."
        )
    given = {key: value for key, value in column.items() if value is not None}
    if not all(isinstance(value, str) and value.strip() for value in given.values()):
        raise CivisInputError(f"table_columns holds {column!r}; names and types are texts.")
    if "name" not in given:
        raise CivisInputError(f"table_columns holds {column!r}; each has a name.")
    check_text("The name of a column", given["name"])
    return given


def check_import(
    existing_table_rows: Any,
    execution: Any,
    primary_keys: Any,
    max_errors: Any,
    polling_interval: Any,
) -> None:
    """Refuse what no import can do.

    Raises
    ------
    CivisInputError
        When an argument can't be what it is, or an upsert has no keys.
    """
    chosen("existing_table_rows", existing_table_rows, EXISTING_TABLE_ROWS)
    chosen("execution", execution, EXECUTIONS)
    if existing_table_rows == "upsert" and not primary_keys:
        raise CivisInputError("existing_table_rows='upsert' needs primary_keys.")
    whole_from("max_errors", max_errors, 0, missing=True)
    check_interval(polling_interval)


def key_columns(name: str, keys: Any, columns: Sequence[str] | None = None) -> list[str] | None:
    """Return keys as a list of names, in any case those of `columns`.

    Parameters
    ----------
    name
        Of the argument.
    keys
        Names of columns, or one name; None for none.
    columns
        The columns that there are; None when they are not known.

    Raises
    ------
    CivisInputError
        When a key is none of the columns; a TypeError too when it is no text.
    """
    if keys is None:
        return None
    listed = [keys] if isinstance(keys, str) else keys
    if not isinstance(listed, list | tuple) or not all(isinstance(key, str) for key in listed):
        raise CivisArgumentError(f"{name} is a list of names of columns, not {keys!r}.")
    if columns is not None:
        known = {column.lower() for column in columns}
        unknown = [key for key in listed if key.lower() not in known]
        if unknown:
            raise CivisInputError(
                f"{name} names {', '.join(map(repr, unknown))}; there are the columns "
                f"{', '.join(map(repr, columns))}. Nothing was sent."
            )
    return list(listed)


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
    if not schema.strip() or not name.strip():
        raise CivisInputError(f"{table!r} names a schema or a table that is blank.")
    check_text("The name of a table", table)
    return schema, name


def check_text(what: str, text: str) -> None:
    """Refuse a name that no database can have: one with a NUL, or that is no Unicode.

    Raises
    ------
    CivisInputError
        When it is such a name.
    """
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise CivisInputError(
            f"{what} can't be {text!r}: no database takes that character. Nothing was sent."
        )
