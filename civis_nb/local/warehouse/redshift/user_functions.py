"""User-defined SQL functions of Redshift, as DuckDB's macros."""

from __future__ import annotations

import re

from civis_nb.errors import WarehouseError
from civis_nb.sql_text import tokenize

__all__ = ["as_macro"]

_CREATE = re.compile(
    r"(?is)\s*create\s+(?P<replace>or\s+replace\s+)?function\s+(?P<name>[^\s(]+)\s*"
    r"\((?P<arguments>.*?)\)\s*returns\s.*?\bas\s*(?P<body>\$(?P<tag>\w*)\$.*\$(?P=tag)\$|'.*')"
    r"\s*language\s+'?(?P<language>\w+)'?\s*;?\s*$"
)
_DROP = re.compile(r"(?is)(\s*drop\s+function\s+(?:if\s+exists\s+)?[^\s(;]+)\s*\([^()]*\)")


def as_macro(sql: str) -> str:
    """Rewrite CREATE FUNCTION and DROP FUNCTION for macros; other statements are unchanged.

    Raises
    ------
    WarehouseError
        When the function is written in another language than SQL.

    Examples
    --------
    >>> as_macro("CREATE FUNCTION f (INT) RETURNS INT STABLE AS $$ SELECT $1 + 1 $$ LANGUAGE sql")
    'CREATE MACRO f(arg1) AS (SELECT arg1 + 1)'
    >>> as_macro("DROP FUNCTION f(INT)")
    'DROP FUNCTION f'
    """
    dropped = _DROP.match(sql)
    if dropped:
        return dropped.group(1) + re.sub(r"(?is)^\s*(cascade|restrict)\b", "", sql[dropped.end() :])
    found = _CREATE.match(sql)
    if found is None:
        return sql
    if found["language"].lower() != "sql":
        raise WarehouseError(
            f"functions in {found['language']} can't be run here; write {found['name']} in SQL, "
            "or do its work in a Python job"
        )
    names = _names(found["arguments"])
    tag = f"${found['tag']}$" if found["body"].startswith("$") else "'"
    body = found["body"][len(tag) : -len(tag)]
    if tag == "'":
        body = body.replace("''", "'")
    replace = "OR REPLACE " if found["replace"] else ""
    query = _with_names(body, names).strip().rstrip(";").strip()
    return f"CREATE {replace}MACRO {found['name']}({', '.join(names)}) AS ({query})"


def _names(arguments: str) -> list[str]:
    """Return the names of the arguments, ``arg1``, ``arg2``, … where they have none."""
    pieces = re.split(r",(?![^(]*\))", arguments) if arguments.strip() else []
    names = []
    for number, piece in enumerate(pieces, start=1):
        words = re.sub(r"\([^)]*\)", "", piece).split()
        # A name and a type are two words; DOUBLE PRECISION is a type of two.
        is_named = len(words) > 1 and words[0].lower() not in ("double", "character", "timestamp")
        names.append(words[0] if is_named else f"arg{number}")
    return names


def _with_names(body: str, names: list[str]) -> str:
    """Replace ``$1``, ``$2``, … by names, outside texts and comments."""
    out, last = "", ""
    for token in tokenize(body):
        text = token.text
        if last == "$" and token.kind == "number" and 0 < int(text) <= len(names):
            out, text = out[:-1], names[int(text) - 1]
        out += text
        last = token.text
    return out
