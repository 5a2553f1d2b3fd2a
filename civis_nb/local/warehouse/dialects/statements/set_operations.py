"""UNION, INTERSECT and EXCEPT: the queries that they combine, and the types of their columns.

PostgreSQL matches the types of two queries at a time, from left to right, and INTERSECT first. A
text that is written in the statement, and NULL, take the type of the other side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from civis_nb.local.warehouse.dialects.tokens import NAME, STRING, WORD, Tokens

__all__ = ["Branch", "Combined", "Mismatch", "set_operations", "unified"]

_OPERATORS = frozenset(("union", "intersect", "except", "minus"))
_QUERY = frozenset(("select", "values", "with", "("))
#: Words behind the last query of a set operation.
_END = frozenset(("order", "limit", "offset", "fetch", "for", "returning", "with"))
_END_OF_ITEMS = _END | frozenset(("from", "into", "where", "group", "having", "window", "qualify"))
#: Types that PostgreSQL converts into one another, the narrowest first.
_FAMILIES = (
    ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "DECIMAL", "FLOAT", "DOUBLE"),
    ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"),
    ("TIME", "TIME WITH TIME ZONE"),
    ("VARCHAR",),
    ("BOOLEAN",),
    ("INTERVAL",),
)
#: A value that is too large for one of them is an error.
_WHOLE = frozenset(_FAMILIES[0][:5])
_FAMILY = {name: family for family in _FAMILIES for name in family}
_STAR = -1


@dataclass(frozen=True)
class Item:
    """A text or NULL in a SELECT list, which takes the type of the other side."""

    offset: int
    is_null: bool


@dataclass(frozen=True)
class Branch:
    """One of the queries that are combined.

    Attributes
    ----------
    query
        DuckDB's text of it, with the WITH queries that it may name.
    offset
        Its place in the user's text.
    items
        Of its SELECT list: an `Item`, the place of an expression, or -1 for ``*``.
    """

    query: str
    offset: int
    items: tuple[Item | int, ...]


@dataclass(frozen=True)
class Combined:
    """Two queries, or combinations of queries, and the operator between them.

    The types of the left one are those of a recursive query: none of the right may be wider.
    """

    operator: str
    left: Query
    right: Query
    is_recursive: bool = False

    def branches(self) -> Iterator[Branch]:
        """Return its queries from left to right."""
        rest: list[Query] = [self]
        while rest:
            query = rest.pop()
            if isinstance(query, Branch):
                yield query
            else:
                rest += (query.right, query.left)


Query: TypeAlias = Branch | Combined


@dataclass(frozen=True)
class Mismatch:
    """Two columns whose types can't be matched; ``offset`` is the place of the second one.

    In a recursive query they could, but the type is that of the first one.
    """

    operator: str
    one: str
    two: str
    offset: int


@dataclass
class _Column:
    """A column of a query: its type, None where that may be any, and what it is written as."""

    kind: str | None
    offset: int
    item: Item | None = None


def set_operations(tokens: Tokens) -> tuple[Combined, ...]:
    """Return the set operations of a statement, those in inner queries first."""
    if _OPERATORS.isdisjoint(tokens.words):
        return ()
    levels: dict[int, int] = {}  # the first operator in each bracket, and how deep that is
    depths: dict[int, int] = {}
    opened = [-1]
    for at in range(tokens.count):
        if at in tokens.partners:
            opened.append(at)
        elif len(opened) > 1 and tokens.partners[opened[-1]] == at:
            opened.pop()
        elif _is_operator(tokens, at):
            levels.setdefault(opened[-1], at)
            depths.setdefault(opened[-1], len(opened))
    found = []
    for level in sorted(levels, key=lambda level: -depths[level]):
        first = _first_query(tokens, level + 1, levels[level])
        end = tokens.partners.get(level, tokens.count) if level >= 0 else tokens.count
        if first is None or (level >= 0 and _is_operand(tokens, level, end + 1)):
            continue
        query = _query(tokens, first, end)
        if isinstance(query, Combined):
            found.append(_recursive(tokens, level, query))
    return tuple(found)


def _recursive(tokens: Tokens, level: int, query: Combined) -> Combined:
    """Return the combination in a bracket with what the name of a recursive query stands for."""
    if level < 2 or "recursive" not in tokens.words or tokens.words[level - 1] != "as":
        return query
    behind = level - 1
    name = next((o for o, c in tokens.partners.items() if c == behind - 1), behind) - 1
    one, other = query.left, query.right
    is_named = tokens.kinds[name] in (NAME, WORD) and tokens.words[name - 1] in ("recursive", ",")
    if not is_named or isinstance(one, Combined) or isinstance(other, Combined):
        return query
    before = _queries_in_scope(tokens, tokens.starts.index(other.offset))
    base = f"{tokens.render(name, behind)} AS ({one.query})"
    known = f"{before}, {base}" if before else f"WITH {base}"
    bound = replace(other, query=f"{known} {other.query.removeprefix(before)}")
    return replace(query, right=bound, is_recursive=True)


def _is_operator(tokens: Tokens, at: int) -> bool:
    behind = at + 1 + (tokens.words[at + 1] in ("all", "distinct"))
    return tokens.words[at] in _OPERATORS and tokens.words[behind] in _QUERY


def _is_operand(tokens: Tokens, level: int, behind: int) -> bool:
    """Return whether a bracket is one side of a set operation, which has it in its tree."""
    before = level - 1 - (tokens.words[level - 1] in ("all", "distinct"))
    return _is_operator(tokens, before) or (
        _is_operator(tokens, behind) and tokens.words[level - 1] not in ("in", "any", "exists", "=")
    )


def _first_query(tokens: Tokens, at: int, operator: int) -> int | None:
    """Return where the first query of a set operation begins."""
    while at < operator:
        if tokens.words[at] in ("select", "values"):
            return at
        if tokens.partners.get(at) == operator - 1:
            return at
        at = tokens.partners.get(at, at) + 1
    return None


def _query(tokens: Tokens, first: int, end: int) -> Query:
    """Return the combination of queries between two places."""
    words = tokens.words
    operands: list[Query] = []
    operators: list[str] = []
    at = start = first
    while True:
        is_end = at >= end or (words[at] in _END and at > start) or tokens.matches(
            at, "on", "conflict")  # fmt: skip
        if is_end or _is_operator(tokens, at):
            operands.append(_operand(tokens, start, min(at, end)))
            if is_end:
                break
            operators.append("EXCEPT" if words[at] == "minus" else words[at].upper())
            at += words[at + 1] in ("all", "distinct")
            start = at + 1
        at = tokens.partners.get(at, at) + 1
    for wanted in (("INTERSECT",), ("UNION", "EXCEPT")):
        place = 0
        while place < len(operators):
            if operators[place] in wanted:
                both = Combined(operators.pop(place), operands[place], operands.pop(place + 1))
                operands[place] = both
            else:
                place += 1
    return operands[0]


def _operand(tokens: Tokens, first: int, end: int) -> Query:
    """Return one side of a set operation."""
    inside, stop = first, end
    while tokens.words[inside] == "(" and tokens.partners[inside] == stop - 1:
        inside, stop = inside + 1, stop - 1
    if inside > first and tokens.words[inside] != "with":
        query = _query(tokens, inside, stop)
        if isinstance(query, Combined):
            return query
    before = _queries_in_scope(tokens, first)
    text = tokens.render(first, end)
    if tokens.words[first] == "(" and not before:
        text = text[1:-1]
    return Branch(f"{before} {text}".strip(), tokens.starts[inside], _items(tokens, inside, stop))


def _items(tokens: Tokens, at: int, end: int) -> tuple[Item | int, ...]:
    """Return what the SELECT list of a query has."""
    words = tokens.words
    while at < end and words[at] != "select":
        at = tokens.partners.get(at, at) + 1
    at += 1
    while words[at] in ("all", "distinct"):
        at += 1
    items: list[Item | int] = []
    while at < end:
        behind, has_star = at, False
        while behind < end and words[behind] != "," and words[behind] not in _END_OF_ITEMS:
            is_first = behind == at or words[behind - 1] == "."
            has_star = has_star or (words[behind] == "*" and is_first)
            behind = tokens.partners.get(behind, behind) + 1
        items.append(_STAR if has_star else _item(tokens, at, min(behind, end)))
        if behind >= end or words[behind] != ",":
            break
        at = behind + 1
    return tuple(items)


def _item(tokens: Tokens, at: int, behind: int) -> Item | int:
    is_null = tokens.words[at] == "null"
    is_text = tokens.kinds[at] == STRING and tokens.texts[at][0] == "'"
    named = behind - at == 2 or (behind - at == 3 and tokens.words[at + 1] == "as")
    if (is_null or is_text) and (behind - at == 1 or named):
        return Item(tokens.starts[at], is_null)
    return tokens.starts[at]


def _queries_in_scope(tokens: Tokens, at: int) -> str:
    """Return the WITH clause of the queries that a query at a place may name."""
    words = tokens.words
    found: list[str] = []
    is_recursive = False
    levels = [-1, *(o for o, c in sorted(tokens.partners.items()) if o < at < c)]
    for level in levels:
        place = level + 1
        # In front of the first SELECT, or nowhere: what follows may be thousands of queries.
        while place < at and words[place] not in ("with", "select"):
            place = tokens.partners.get(place, place) + 1
        while place < at and words[place] in ("with", ","):
            place += 1
            if words[place] == "recursive":
                is_recursive, place = True, place + 1
            first = place
            while place < at and words[place] != "as":
                place = tokens.partners.get(place, place) + 1
            while place < at and words[place] != "(":
                place += 1
            place = tokens.partners.get(place, at) + 1
            if place <= at:
                found.append(tokens.render(first, place))
    if not found:
        return ""
    return f"WITH {'RECURSIVE ' if is_recursive else ''}{', '.join(found)}"


# -- types ---------------------------------------------------------------------------------------


def unified(
    combined: Combined, types: Sequence[Sequence[str]]
) -> tuple[list[tuple[int, str]], list[Mismatch]]:
    """Return the texts of a set operation that must be of other types, and what can't be matched.

    Parameters
    ----------
    combined
        The set operation.
    types
        DuckDB's names of the types of the columns of each of its queries.

    Returns
    -------
    texts : list of (int, str)
        The place of each text, and DuckDB's name of the type that it takes.
    mismatches : list of Mismatch
        Columns whose types differ.
    """
    texts: list[tuple[int, str]] = []
    mismatches: list[Mismatch] = []
    given = iter(types)

    def columns(query: Query) -> list[_Column]:
        combined_with = []  # a long UNION is as deep a tree as it has queries
        while isinstance(query, Combined):
            combined_with.append((query.operator, query.right))
            query = query.left
        found = _columns(query, next(given))
        for operator, other in reversed(combined_with):
            pairs = zip(found, columns(other), strict=False)
            found = [match(operator, one, two) for one, two in pairs]
        return found

    def match(operator: str, one: _Column, two: _Column) -> _Column:
        if one.item is not None and two.item is not None:
            return _Column("VARCHAR", one.offset)
        for this, other in ((one, two), (two, one)):
            if this.item is not None:
                if not this.item.is_null and other.kind not in (None, "VARCHAR"):
                    texts.append((this.item.offset, other.kind or ""))
                return other
        if one.kind is None or two.kind is None:
            return one if two.kind is None else two
        first, second = (kind.partition("(")[0] for kind in (one.kind, two.kind))
        if _FAMILY[first] is not _FAMILY[second]:
            mismatches.append(Mismatch(operator, one.kind, two.kind, two.offset))
        elif _FAMILY[first].index(second) > _FAMILY[first].index(first):
            return two
        return one

    def lose(one: _Column, two: _Column) -> bool:
        """Return whether values of the second type are rounded to be of the first."""
        if one.kind is None or two.kind is None or one.item or two.item or one.kind == two.kind:
            return False
        first, second = (kind.partition("(")[0] for kind in (one.kind, two.kind))
        if first == second == "DECIMAL":
            return _scale(two.kind) > _scale(one.kind)
        family = _FAMILY[first]
        return family is _FAMILY[second] and family.index(second) > family.index(first) and not (
            {first, second} <= _WHOLE)  # fmt: skip

    if combined.is_recursive:
        pairs = zip(columns(combined.left), columns(combined.right), strict=False)
        for one, two in pairs:
            if lose(one, two):
                mismatches.append(Mismatch("recursive", one.kind or "", two.kind or "", two.offset))
        return texts, mismatches
    columns(combined)
    return texts, mismatches


def _scale(kind: str) -> int:
    """Return how many digits a type of decimals has behind the point."""
    return int(kind.rstrip(")").rpartition(",")[2])


def _columns(branch: Branch, kinds: Sequence[str]) -> list[_Column]:
    """Return the columns of a query, each with what it is in the SELECT list."""
    stars = [at for at, item in enumerate(branch.items) if item == _STAR]
    count, items = len(kinds), branch.items
    if stars:
        head, tail = items[: stars[0]], items[stars[-1] + 1 :]
        missing: tuple[Item | int, ...] = (_STAR,) * max(0, count - len(head) - len(tail))
        items = (*head, *missing, *tail)
    columns = []
    for at, kind in enumerate(kinds):
        item = items[at] if at < len(items) else _STAR
        known = kind if kind.partition("(")[0] in _FAMILY else None
        if len(stars) > 1 and item == _STAR and known == "VARCHAR":
            known = None  # it may be a text that is written between two stars
        if isinstance(item, Item) and (item.is_null or known == "VARCHAR"):
            columns.append(_Column(None, item.offset, item))
        else:
            place = item.offset if isinstance(item, Item) else item
            columns.append(_Column(known, branch.offset if place == _STAR else place))
    return columns
