"""User-defined SQL functions, as DuckDB's macros."""

from __future__ import annotations

import re
from dataclasses import dataclass

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.dialects.tokens import STRING, Tokens
from civis_nb.sql_text import tokenize

__all__ = ["as_macro"]

#: Words of attributes that change nothing here -> how many tokens of each there are.
_IGNORED = {
    "immutable": 1, "stable": 1, "volatile": 1, "leakproof": 1, "not": 2, "parallel": 2,
    "cost": 2, "rows": 2, "security": 2, "external": 3, "called": 4,
}  # fmt: skip
_ATTRIBUTES = _IGNORED.keys() | {"returns", "language", "as", "strict", "return"}
_DROP = re.compile(r"(?is)(\s*drop\s+function\s+(?:if\s+exists\s+)?[^\s(;]+)\s*\([^()]*\)")


def as_macro(sql: str) -> str:
    """Rewrite CREATE FUNCTION and DROP FUNCTION for macros; other statements are unchanged.

    Raises
    ------
    WarehouseError
        When the function is written in another language than SQL, or something is wrong with its
        attributes.

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
    tokens = Tokens(sql)
    start = 4 if tokens.matches(1, "or", "replace") else 2
    if tokens.words[0] != "create" or tokens.words[start - 1] != "function":
        return sql
    opened = tokens.path(start)[1]
    name, close = tokens.original(start, opened), tokens.partners.get(opened, opened)
    names = _names(tokens.original(opened + 1, close))
    found = _attributes(tokens, close + 1)
    if found.language != "sql":
        raise WarehouseError(
            f"functions in {found.language} can't be run here; write {name} in SQL, "
            "or do its work in a Python job"
        )
    replace = "OR REPLACE " if start == 4 else ""
    query = _with_names(found.body, names).strip().rstrip(";").strip()
    if found.is_strict and names:
        missing = " OR ".join(f"{argument} IS NULL" for argument in names)
        query = f"CASE WHEN {missing} THEN NULL ELSE ({query}) END"
    return f"CREATE {replace}MACRO {name}({', '.join(names)}) AS ({query})"


@dataclass
class _Attributes:
    """What follows the arguments of a function; PostgreSQL takes it in any order."""

    language: str = ""
    body: str = ""
    is_strict: bool = False


def _attributes(tokens: Tokens, at: int) -> _Attributes:
    """Read the language, the body and the other attributes of a function.

    Raises
    ------
    WarehouseError
        If there is something else, if one stands there twice, or if one is missing.
    """
    words, found = tokens.words, _Attributes()
    while at < tokens.count:
        word, first = words[at], at
        if word == "returns" and words[at + 1] == "null":  # RETURNS NULL ON NULL INPUT
            found.is_strict, at = True, at + 5
        elif word == "returns" and words[at + 1] in ("setof", "table"):
            raise WarehouseError(
                f"functions that return {words[at + 1].upper()} are not supported; create a view"
            )
        elif word == "returns":
            at += 2
            while at < tokens.count and words[at] not in _ATTRIBUTES:
                at += 1
        elif word == "language" and not found.language:
            found.language, at = tokens.texts[at + 1].strip("'\"").lower(), at + 2
        elif word == "as" and not found.body and tokens.kinds[at + 1] == STRING:
            found.body, at = _text(tokens.texts[at + 1]), at + 2
        elif word == "return" and not found.body:
            found.body, at = f"SELECT {tokens.original(at + 1, tokens.count)}", tokens.count
            found.language = found.language or "sql"
        elif word in ("language", "as"):
            raise WarehouseError("CREATE FUNCTION: conflicting or redundant options")
        elif word in _IGNORED or word == "strict":
            found.is_strict = found.is_strict or word == "strict"
            at += _IGNORED.get(word, 1)
        else:
            raise WarehouseError(f'syntax error at or near "{tokens.texts[first]}"')
    if not found.language:
        raise WarehouseError("CREATE FUNCTION: no language specified; write LANGUAGE sql")
    if not found.body:
        raise WarehouseError("CREATE FUNCTION: no function body specified")
    return found


def _text(written: str) -> str:
    """Return the content of a text in quotes or between dollar signs."""
    if written.startswith("$"):
        size = written.index("$", 1) + 1
        return written[size:-size]
    return written[1:-1].replace("''", "'")


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
