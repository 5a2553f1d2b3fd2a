"""Names of tables as one text: ``schema.table``, each half in double quotes where it must be."""

from __future__ import annotations

import re

from civis_nb.local.http.envelope import bad_request

__all__ = ["join_path", "split_path"]

_PART = re.compile(r'\s*(?:"((?:[^"]|"")+)"|([^".]*[^".\s]))\s*(?:\.|$)')


def split_path(text: str) -> tuple[str, str]:
    """Cut a table's path into schema and table.

    Raises
    ------
    ApiError
        400 when it is no such path.

    Examples
    --------
    >>> split_path("public.my_table"), split_path('"a.b"."c d"')
    (('public', 'my_table'), ('a.b', 'c d'))
    """
    parts: list[str] = []
    at = 0
    while at < len(text) and (found := _PART.match(text, at)):
        parts.append(found[1].replace('""', '"') if found[1] is not None else found[2])
        at = found.end()
    if at < len(text) or len(parts) != 2 or text.endswith("."):
        raise bad_request(f"path must be schema.table, not {text!r}.")
    return parts[0], parts[1]


def join_path(schema: str, table: str) -> str:
    """Write a table's path, quoted.

    Examples
    --------
    >>> print(join_path("public", "a b"))
    "public"."a b"
    """
    return ".".join('"' + part.replace('"', '""') + '"' for part in (schema, table))
