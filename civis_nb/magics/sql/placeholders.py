"""Where SQL has ``:names``: found as the tokens of its dialect."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["Placeholder", "placeholders"]

_NAME = re.compile(r"[^\W\d]\w*")
_OPERANDS = frozenset(
    {"VAR", "IDENTIFIER", "NUMBER", "STRING", "R_PAREN", "R_BRACKET", "R_BRACE", "NATIONAL_STRING",
     "BYTE_STRING", "HEX_STRING", "BIT_STRING", "RAW_STRING", "UNICODE_STRING", "HEREDOC_STRING"}
)  # fmt: skip
_OPENING = {"L_PAREN": "(", "L_BRACKET": "[", "L_BRACE": "{"}
_CLOSING = frozenset({"R_PAREN", "R_BRACKET", "R_BRACE"})


#: Tokens of sqlglot's, as SQL writes them.
_COMPARISONS: Final = {"IN": "IN", "EQ": "=", "NEQ": "<>"}


@dataclass(frozen=True)
class Placeholder:
    """A ``:name``.

    Attributes
    ----------
    name
        The name, without the colon.
    start, end
        Where it stands in the SQL; `end` is behind it.
    in_list
        Whether it stands in brackets already, so that a list needs none of its own.
    names_table
        Whether it stands where SQL has the name of a table, and no value.
    compared_by
        The sign before it, where its other side is one value: ``IN``, ``=`` or ``<>``; ``ANY`` or
        ``ALL`` where it stands in their brackets; else empty.
    """

    name: str
    start: int
    end: int
    in_list: bool
    names_table: bool = False
    compared_by: str = ""


def placeholders(sql: str, dialect: str) -> list[Placeholder]:
    """Find each ``:name`` that is one: not in text, comments, quoted names, casts and slices.

    A colon right behind a name or a closing bracket belongs to SQL (``t: tbl``), and so does one
    that stands between two values in ``[…]`` or ``{…}`` (``a[lo:hi]``, ``{'k': v}``).

    Examples
    --------
    >>> [found.name for found in placeholders("select a::int, ':b', :c -- :d", "duckdb")]
    ['c']
    """
    if not re.search(r":[^\W\d]", sql):
        return []
    from sqlglot.dialects.dialect import Dialect
    from sqlglot.errors import SqlglotError

    try:
        found = Dialect.get_or_raise(dialect).tokenize(sql)
    except SqlglotError:
        # Most likely a text that is not closed: the server says where, and better.
        return []
    result: list[Placeholder] = []
    opened: list[str] = []
    # For each open bracket, and outside of all: whether a SELECT or DELETE began there, or nothing.
    clauses = [True]
    for index, token in enumerate(found):
        kind = token.token_type.name
        before = found[index - 1] if index else None
        if kind in _OPENING:
            subscript = kind == "L_BRACKET" and before is not None and _is_operand(before)
            opened.append("a[" if subscript else _OPENING[kind])
            clauses.append(False)
        elif kind in _CLOSING:
            if opened:
                opened.pop()
                clauses.pop()
        elif kind in ("SELECT", "DELETE"):
            clauses[-1] = True
        elif kind == "COLON" and sql[token.start] == ":":
            name = _NAME.match(sql, token.start + 1)
            if (
                name
                and not sql.startswith(("'", '"'), name.end())
                and _binds(token, before, opened[-1] if opened else "")
            ):
                in_list = before is not None and (
                    before.token_type.name in _OPENING
                    or (before.token_type.name == "COMMA" and bool(opened))
                )
                last_two = found[:index][-2:]
                result.append(
                    Placeholder(
                        name.group(), token.start, name.end(), in_list,
                        _names_table(last_two, clauses[-1]), _compared_by(last_two),
                    )
                )  # fmt: skip
    return result


def _names_table(before: Sequence[Any], in_query: bool) -> bool:
    """Return whether a table's name follows on these tokens.

    FROM is also a part of functions, ``extract(year from x)``, and of ``is distinct from x``.
    """
    words = [token.text.upper() for token in before]
    last = words[-1] if words else ""
    if last == "FROM":
        return in_query and words[0] != "DISTINCT"
    return last in ("JOIN", "INTO", "TABLE") or words == ["UPDATE"]


def _compared_by(before: Sequence[Any]) -> str:
    """Return the sign between one value and what follows on these tokens; empty for others."""
    sign = before[-1].token_type.name if before else ""
    if sign == "L_PAREN" and len(before) == 2 and before[0].text.upper() in ("ANY", "SOME", "ALL"):
        return "ALL" if before[0].text.upper() == "ALL" else "ANY"
    # A row in brackets may be compared with a list.
    is_one = len(before) == 2 and before[0].token_type.name not in ("R_PAREN", "R_BRACKET")
    return _COMPARISONS.get(sign, "") if sign == "IN" or is_one else ""


def _is_operand(token: Any) -> bool:
    return token.token_type.name in _OPERANDS


def _binds(token: Any, before: Any, inside: str) -> bool:
    """Return whether a colon begins a placeholder, and is no slice, key or cast."""
    if before is None:
        return True
    if inside == "a[" and before.token_type.name == "L_BRACKET":
        return False
    if not _is_operand(before):
        return True
    return inside not in ("a[", "[", "{") and before.end + 1 < token.start
