"""CREATE and ALTER TABLE: types that mean something else in DuckDB, and checked lengths."""

from __future__ import annotations

from civis_nb.local.warehouse.dialects.clauses import Parser
from civis_nb.local.warehouse.dialects.rules import Dialect
from civis_nb.local.warehouse.dialects.tokens import NAME, WORD, Tokens
from civis_nb.local.warehouse.dialects.types import type_at

__all__ = ["define"]

_TABLE_CLAUSES = frozenset(
    ["primary", "foreign", "unique", "check", "constraint", "like", "exclude"]
)
_DEFAULT_LENGTH = 256


def define(tokens: Tokens, parser: Parser, dialect: Dialect) -> int:
    """Edit the definitions of a statement; return where its other expressions begin."""
    words = tokens.words
    at = 0
    if words[0] == "create":
        at = 1
        while words[at] in ("temp", "temporary", "local", "global", "or", "replace", "unlogged"):
            at += 1
        if words[at] == "table":
            return _table(tokens, parser, dialect, at + 1)
        if words[at] in ("view", "materialized", "recursive"):
            return _behind_as(tokens, at)
        return tokens.count
    if words[0] == "alter":
        return _alter(tokens, parser, dialect)
    if words[0] in ("insert", "update", "delete", "merge"):
        return _behind_target(tokens)
    return 0


def _behind_as(tokens: Tokens, at: int) -> int:
    while at < tokens.count and tokens.words[at] != "as":
        at = tokens.partners.get(at, at) + 1
    return at + 1


def _behind_target(tokens: Tokens) -> int:
    """Return the place behind the table that a statement changes, and its columns."""
    words, at = tokens.words, 1
    while words[at] in ("into", "from", "only"):
        at += 1
    at += 1
    while words[at] == ".":
        at += 2
    if words[0] == "insert":
        while at < tokens.count and words[at] not in (
            "select",
            "values",
            "with",
            "default",
            "returning",
            "(",
        ):
            at += 1
        if words[at] == "(" and words[at + 1] not in ("select", "with", "values", "("):
            at = tokens.partners.get(at, at) + 1
    return at


def _table(tokens: Tokens, parser: Parser, dialect: Dialect, at: int) -> int:
    words = tokens.words
    while words[at] in ("if", "not", "exists"):
        at += 1
    at += 1
    while words[at] == ".":
        at += 2
    if words[at] == "(" and at in tokens.partners:
        close = tokens.partners[at]
        place = at + 1
        while place < close:
            behind = place
            while behind < close and words[behind] != ",":
                behind = tokens.partners.get(behind, behind) + 1
            if words[place] not in _TABLE_CLAUSES:
                _column(tokens, parser, dialect, place, min(behind, close))
            elif words[place] == "check":
                parser.region(place + 1, min(behind, close))
            place = behind + 1
        at = close + 1
    return _behind_as(tokens, at)


def _alter(tokens: Tokens, parser: Parser, dialect: Dialect) -> int:
    words = tokens.words
    _split_alter(tokens)
    for at in range(2, tokens.count):
        if words[at] == "add" and words[at + 1] not in _TABLE_CLAUSES:
            first = at + 2 if words[at + 1] == "column" else at + 1
            while words[first] in ("if", "not", "exists"):
                first += 1
            _column(tokens, parser, dialect, first, tokens.count, is_checked=False)
        elif words[at] == "type" and words[at - 1] not in ("add", "."):
            _type(tokens, dialect, at + 1)
    return tokens.count


def _split_alter(tokens: Tokens) -> None:
    """Write several changes in one ALTER TABLE as several statements."""
    words = tokens.words
    if words[1] != "table":
        return
    at = 2
    while words[at] in ("if", "exists", "only"):
        at += 1
    at += 1
    while words[at] == ".":
        at += 2
    head = tokens.original(0, at)
    while at < tokens.count:
        if words[at] == "," and words[at + 1] in ("add", "drop", "alter", "rename"):
            tokens.replace(at, f"; {head}")
        at = tokens.partners.get(at, at) + 1


def _type(tokens: Tokens, dialect: Dialect, at: int) -> tuple[str, int | None, int]:
    """Write a column's type for DuckDB; return its name, its length, and the place behind."""
    to, behind = type_at(tokens, at)
    if to is None:
        return "", None, at
    length: int | None = None
    if to.name in ("varchar", "bpchar", "text") and not to.is_array:
        length = to.arguments[0] if to.arguments else None
        is_max = tokens.words[behind - 2] == "max"
        if length is None and not is_max and dialect == "redshift":
            length = 1 if to.name == "bpchar" else _DEFAULT_LENGTH
        elif length is None and to.name == "bpchar" and tokens.words[at] != "bpchar":
            length = 1
        tokens.rewrite(at, behind, "VARCHAR")
    elif to.name == "float8" and not to.is_array:
        size = to.arguments[0] if to.arguments else 53
        tokens.rewrite(at, behind, "REAL" if size < 25 else "DOUBLE")
    elif to.name == "numeric" and not to.arguments:
        tokens.rewrite(at, behind, "DECIMAL(18, 0)" if dialect == "redshift" else "DECIMAL(38, 12)")
    elif to.name in ("jsonb", "super"):
        tokens.rewrite(at, behind, "JSON")
    elif to.name in ("varbyte", "bytea", "hllsketch"):
        tokens.rewrite(at, behind, "BLOB")
    elif to.name == "name":
        tokens.rewrite(at, behind, "VARCHAR")
    return to.name, length, behind


def _column(
    tokens: Tokens, parser: Parser, dialect: Dialect, at: int, end: int, is_checked: bool = True
) -> None:
    if tokens.kinds[at] not in (WORD, NAME):
        return
    name, length, behind = _type(tokens, dialect, at + 1)
    column = tokens.texts[at] if tokens.kinds[at] == NAME else tokens.texts[at].lower()
    if length is not None and name and is_checked:
        size = "strlen" if dialect == "redshift" else "length"
        tokens.insert_after(end - 1, f" CHECK ({size}({column}) <= {length})")
    for place in range(behind, end):
        if tokens.words[place] in ("default", "check"):
            parser.region(place + 1, end)
            break
