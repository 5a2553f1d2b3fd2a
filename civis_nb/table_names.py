"""Names of tables and columns in SQL: split, joined, quoted."""

from __future__ import annotations

import re

from civis_nb.errors import CivisInputError

__all__ = ["literal", "qualified", "quoted", "quoted_table", "split_schema_tablename"]

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_PART = re.compile(r'\s*"((?:[^"]|"")*)"\s*|([^".]*)')


def split_schema_tablename(table: str) -> tuple[str | None, str]:
    """Split a table's name into schema and table.

    Parameters
    ----------
    table
        ``schema.table`` or ``table``; a part that holds a dot stands in double quotes, in which
        a double quote is doubled.

    Returns
    -------
    tuple
        The schema, None when there is none, and the table, both without quotes.

    Raises
    ------
    CivisInputError
        When it has more than two parts, an empty one, or a quote that is not closed.

    Examples
    --------
    >>> split_schema_tablename('scratch."my.table"')
    ('scratch', 'my.table')
    >>> split_schema_tablename("people")
    (None, 'people')
    """
    parts = [name for name, _ in _parts(table)]
    if len(parts) == 1:
        return None, parts[0]
    return parts[0], parts[1]


def quoted(name: str) -> str:
    """Return a name as a SQL identifier in double quotes.

    Examples
    --------
    >>> quoted('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def qualified(schema: str, table: str) -> str:
    """Return schema and table as one quoted SQL name.

    Examples
    --------
    >>> qualified("public", "my table")
    '"public"."my table"'
    """
    return f"{quoted(schema)}.{quoted(table)}"


def quoted_table(table: str) -> str:
    """Return a table's name as SQL: what needs quotes has them, plain names stay as they are.

    Raises
    ------
    CivisInputError
        As `split_schema_tablename`.

    Examples
    --------
    >>> quoted_table("public.my table")
    'public."my table"'
    """
    return ".".join(
        quoted(name) if was_quoted or not _PLAIN.fullmatch(name) else name
        for name, was_quoted in _parts(table)
    )


def literal(text: str) -> str:
    """Return a text as a SQL string literal.

    Examples
    --------
    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def _parts(table: str) -> list[tuple[str, bool]]:
    """Return each part's name, and whether it was quoted."""
    if not isinstance(table, str):
        kind = type(table).__name__
        raise CivisInputError(f"A table's name is text, 'schema.table', not {kind}: {table!r:.80}.")
    parts: list[tuple[str, bool]] = []
    position = 0
    while True:
        found = _PART.match(table, position)
        assert found is not None  # noqa: S101 - the pattern matches the empty text too
        was_quoted = found.group(1) is not None
        name = found.group(1).replace('""', '"') if was_quoted else found.group(2).strip()
        parts.append((name, was_quoted))
        position = found.end()
        if position == len(table):
            break
        if table[position] != ".":
            parts = []
            break
        position += 1
    if not 1 <= len(parts) <= 2 or not all(name for name, _ in parts):
        raise CivisInputError(
            f"{table!r} can't be read as schema.table. Put a part that holds a dot or a quote "
            "in double quotes, and double the quotes in it: 'scratch.\"my.table\"'."
        )
    return parts
