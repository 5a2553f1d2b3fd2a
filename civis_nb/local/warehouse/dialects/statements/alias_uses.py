"""Aliases of a SELECT list where the dialect knows columns only: in WHERE and HAVING.

In PostgreSQL also in the list itself, and in expressions of ORDER BY. GROUP BY knows both, and
means the column where there is one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from civis_nb.local.warehouse.dialects.expressions import RESERVED
from civis_nb.local.warehouse.dialects.rules import Dialect
from civis_nb.local.warehouse.dialects.tokens import NAME, NUMBER, STRING, WORD, Tokens
from civis_nb.table_names import quoted

__all__ = ["AliasName", "AliasUse", "alias_names", "alias_uses"]


_CLAUSES = frozenset(
    """from where group having window qualify order limit offset fetch for union except intersect
    minus returning on""".split()  # noqa: SIM905 - shorter to read
)
#: Where an alias is not meant, or not first.
_WITHOUT_ALIASES = ("where", "having", "group")
_END = frozenset(("union", "except", "intersect", "minus", "returning"))
_PLAIN = (WORD, NAME)
_LIST, _ORDER = "the SELECT list", "an expression of ORDER BY"
_ENDS_ITEM = frozenset(("as", ")", "]", "end"))
_DIRECTIONS = frozenset(("asc", "desc", "nulls", "using"))
#: Before names of columns of other tables or types, and words of the grammar: AT TIME ZONE, DOUBLE
#: PRECISION, NULLS FIRST, CURRENT ROW, TIMESTAMP WITH TIME ZONE.
_INSIDE = frozenset(
    (".", "::", "as", "at", "time", "double", "nulls", "current", "with", "without")
)
_BEFORE_ALIAS = (WORD, NAME, NUMBER, STRING)
#: Calls whose first argument may be the name of a part or a type.
_WITH_PARTS = frozenset(
    ("extract", "dateadd", "date_add", "datediff", "date_diff", "date_part", "datepart",
     "date_trunc", "convert")
)  # fmt: skip


@dataclass(frozen=True)
class AliasUse:
    """A name that an alias of the SELECT list has, and maybe a column.

    Attributes
    ----------
    name, offset
        The name, and its place in the user's text.
    clause
        ``WHERE``, ``HAVING``, ``GROUP BY``, ``the SELECT list`` or ``an expression of ORDER BY``.
    query
        SQL that can be bound only if there is such a column; of GROUP BY and of HAVING also the
        query without the alias.
    """

    name: str
    offset: int
    clause: str
    query: str


@dataclass(frozen=True)
class AliasName:
    """An alias that another item or clause of its SELECT names, or a column of the same name.

    Attributes
    ----------
    name, offset
        The name, and the place of its SELECT in the user's text.
    query
        SQL that can be bound only if there is such a column.
    """

    name: str
    offset: int
    query: str


def alias_names(tokens: Tokens) -> tuple[AliasName, ...]:
    """Return the aliases whose names a statement has elsewhere in the same SELECT."""
    return tuple(
        name
        for at in range(tokens.count)
        if tokens.words[at] == "select"
        for name in _names_of(tokens, at)
    )


def _names_of(tokens: Tokens, select: int) -> Iterator[AliasName]:
    first, end, places = _clauses(tokens, select)
    aliases = dict(_aliases(tokens, select + 1, first))
    if not aliases or "from" not in places:
        return
    used = {tokens.name(at) for at in _names(tokens, select + 1, end) if aliases.get(
        tokens.name(at), at) != at}  # fmt: skip
    source, before = _source(tokens, end, places), _queries_before(tokens, select)
    for name in sorted(used & aliases.keys()):
        query = f"{before} SELECT {quoted(name)} {source}".strip()
        yield AliasName(name, tokens.starts[select], query)


def alias_uses(tokens: Tokens, dialect: Dialect) -> tuple[AliasUse, ...]:
    """Return where a statement has names of aliases that must be columns."""
    words, kinds, texts = tokens.words, tokens.kinds, tokens.texts
    is_postgres = dialect == "postgres"
    if not is_postgres and not any(clause in words for clause in _WITHOUT_ALIASES):
        return ()
    # Most statements have none: that is told by their tokens, without looking at clauses.
    named: set[str] = set()
    later: set[str] = set()
    is_behind = False
    for at in range(2, tokens.count):
        word = words[at]
        is_behind = is_behind or is_postgres or word in _WITHOUT_ALIASES
        if kinds[at] in _PLAIN and words[at + 1] != "." and words[at - 1] != ".":
            name = word or texts[at].strip('"')
            before = words[at - 1]
            is_alias = before in _ENDS_ITEM or (
                kinds[at - 1] in _BEFORE_ALIAS and before not in RESERVED
            )
            if is_alias:
                named.add(name)
            if is_behind and not (is_postgres and is_alias):
                later.add(name)
    if (named - RESERVED).isdisjoint(later):
        return ()
    return tuple(
        use
        for at in range(tokens.count)
        if words[at] == "select"
        for use in _of(tokens, at, is_postgres)
    )


def _of(tokens: Tokens, select: int, is_postgres: bool) -> Iterator[AliasUse]:
    """Yield the uses in one SELECT."""
    first, end, places = _clauses(tokens, select)
    if not is_postgres and places.keys().isdisjoint(_WITHOUT_ALIASES):
        return
    begins = sorted(places.values())
    aliases = dict(_aliases(tokens, select + 1, first))
    if not aliases:
        return
    source = _source(tokens, end, places)
    before = _queries_before(tokens, select)
    if "group" in places:
        stop = next((p for p in begins if p > places["group"]), end)
        yield from _grouped(tokens, select, (places["group"], stop), aliases, before)
    ranges = [
        (clause.upper(), places[clause] + 1, next((p for p in begins if p > places[clause]), end))
        for clause in ("where", "having")
        if clause in places
    ]
    if is_postgres:
        ranges.append((_LIST, select + 1, first))
        if "order" in places:
            stop = next((p for p in begins if p > places["order"]), end)
            ranges += [
                (_ORDER, first, behind)
                for first, behind in tokens.items(places["order"] + 2, stop)
                if not _is_name(tokens, first, behind)
            ]
    for clause, start, stop in ranges:
        for place in _names(tokens, start, stop):
            defined = aliases.get(tokens.name(place))
            if defined is not None and (clause != _LIST or place > defined):
                use = tokens.name(place), tokens.starts[place], clause
                yield AliasUse(*use, f"{before} SELECT {tokens.texts[place]} {source}".strip())
                if clause == "HAVING":
                    yield AliasUse(*use, _without_alias(tokens, select, defined, stop, before))


def _clauses(tokens: Tokens, select: int) -> tuple[int, int, dict[str, int]]:
    """Return where the list of a SELECT ends, where the query does, and where its clauses begin."""
    words = tokens.words
    places: dict[str, int] = {}
    at = select + 1
    while at < tokens.count and words[at] != ")" and words[at] not in _END:
        if words[at] in _CLAUSES and words[at - 1] != "distinct":
            places.setdefault(words[at], at)
        at = tokens.partners.get(at, at) + 1
    end = min(at, tokens.count)
    return min(places.values(), default=end), end, places


def _source(tokens: Tokens, end: int, places: dict[str, int]) -> str:
    """Return the FROM of a query; empty where it has none."""
    if "from" not in places:
        return ""
    behind = [p for p in places.values() if p > places["from"] and tokens.words[p] != "on"]
    return tokens.render(places["from"], min(behind, default=end))


def _grouped(
    tokens: Tokens, select: int, group: tuple[int, int], aliases: dict[str, int], before: str
) -> Iterator[AliasUse]:
    """Yield the names in GROUP BY that are aliases, each with the query that lacks this alias."""
    at, stop = group
    for first, behind in tokens.items(at + 2, stop):
        defined = aliases.get(tokens.name(first)) if behind == first + 1 else None
        if defined is None or tokens.kinds[first] not in _PLAIN:
            continue
        query = _without_alias(tokens, select, defined, stop, before)
        yield AliasUse(tokens.name(first), tokens.starts[first], "GROUP BY", query)


def _without_alias(tokens: Tokens, select: int, alias: int, stop: int, before: str) -> str:
    """Return a query up to one of its clauses, without one of its aliases."""
    value = tokens.render(select, alias - (tokens.words[alias - 1] == "as"))
    return f"{before} {value} {tokens.render(alias + 1, stop)}".strip()


def _is_name(tokens: Tokens, first: int, behind: int) -> bool:
    """Return whether an item of ORDER BY is a name, with or without the words behind it."""
    return behind == first + 1 or tokens.words[first + 1] in _DIRECTIONS


def _aliases(tokens: Tokens, at: int, end: int) -> Iterator[tuple[str, int]]:
    """Yield the aliases of a SELECT list, but those that are names of columns as well."""
    for item, behind in tokens.items(at, end):
        last = behind - 1
        if last > item and tokens.kinds[last] in _PLAIN:
            before = last - 1 - (tokens.words[last - 1] == "as")
            is_alias = tokens.words[before] in (")", "]", "end") or tokens.kinds[before] in (
                WORD, NAME, NUMBER, STRING,
            )  # fmt: skip
            is_column = tokens.kinds[before] in _PLAIN and (
                tokens.name(before) == tokens.name(last)
            )
            if before >= item and is_alias and not is_column and tokens.words[last] != "end":
                yield tokens.name(last), last


def _names(tokens: Tokens, at: int, end: int) -> Iterator[int]:
    """Yield the places of bare names, but those of inner queries."""
    words = tokens.words
    while at < end:
        if words[at] == "(" and words[at + 1] in ("select", "with", "values"):
            at = tokens.partners.get(at, end) + 1
            continue
        is_bare = words[at - 1] not in _INSIDE and words[at + 1] not in (".", "(")
        is_part = words[at - 1] == "(" and words[at - 2] in _WITH_PARTS
        beside_text = STRING in (tokens.kinds[at - 1], tokens.kinds[at + 1])
        if tokens.kinds[at] in _PLAIN and is_bare and not is_part and not beside_text:
            yield at
        at += 1


def _queries_before(tokens: Tokens, select: int) -> str:
    """Return the WITH clause of the statement that a SELECT stands behind."""
    words = tokens.words
    first = 0
    while first < select and words[first] != "with":
        first = tokens.partners.get(first, first) + 1
    at = first
    while at < select and words[at] != "select":
        at = tokens.partners.get(at, at) + 1
    return tokens.render(first, at) if first < at <= select else ""
