"""Checks of the names of tables and columns."""

from __future__ import annotations

from civis_nb.errors import CivisInputError
from civis_nb.table_names import split_schema_tablename

__all__ = ["check_text", "schema_and_table"]


def schema_and_table(table: str) -> tuple[str, str]:
    """Split a table's name into schema and table; there must be both.

    Raises
    ------
    CivisInputError
        When it has none, or can't be read.
    """
    schema, name = split_schema_tablename(table)
    if schema is None:
        raise CivisInputError(f"{table!r} names no schema; write 'schema.{name}'.")
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
