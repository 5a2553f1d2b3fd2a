"""Names and literals in SQL, and the words for delimiters."""

from __future__ import annotations

__all__ = ["DELIMITERS", "literal", "qualified", "quoted"]

DELIMITERS = {"comma": ",", "tab": "\t", "pipe": "|"}


def quoted(name: str) -> str:
    """Quote an identifier.

    Examples
    --------
    >>> print(quoted('a "b" c'))
    "a ""b"" c"
    """
    return '"' + name.replace('"', '""') + '"'


def qualified(schema: str, name: str) -> str:
    """Quote a table's two names.

    Examples
    --------
    >>> qualified("public", "my table")
    '"public"."my table"'
    """
    return f"{quoted(schema)}.{quoted(name)}"


def literal(text: str) -> str:
    """Write a text as a SQL literal.

    Examples
    --------
    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"
