"""Aliases of a SELECT list in WHERE and HAVING, where PostgreSQL knows columns only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from civis_nb.local.warehouse.dialects.expressions import RESERVED
from civis_nb.local.warehouse.dialects.tokens import NAME, NUMBER, STRING, WORD, Tokens

__all__ = ["AliasUse", "alias_uses"]


_CLAUSES = frozenset(
    """from where group having window qualify order limit offset fetch for union except intersect
    minus returning on""".split()  # noqa: SIM905 - shorter to read
)
_END = frozenset(("union", "except", "intersect", "minus", "returning"))
_PLAIN = (WORD, NAME)
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
        ``WHERE`` or ``HAVING``.
    query
        SQL that can be bound only if there is such a column.
    """

    name: str
    offset: int
    clause: str
    query: str


def alias_uses(tokens: Tokens) -> tuple[AliasUse, ...]:
    """Return where a statement has names of aliases in WHERE and HAVING."""
    words, kinds, texts = tokens.words, tokens.kinds, tokens.texts
    if "where" not in words and "having" not in words:
        return ()
    # Most statements have none: that is told by their tokens, without looking at clauses.
    named: set[str] = set()
    later: set[str] = set()
    is_behind = False
    for at in range(2, tokens.count):
        word = words[at]
        is_behind = is_behind or word in ("where", "having")
        if kinds[at] in _PLAIN and words[at + 1] != "." and words[at - 1] != ".":
            name = word or texts[at].strip('"')
            if words[at - 1] in ("as", ")") or kinds[at - 1] in _BEFORE_ALIAS:
                named.add(name)
            if is_behind:
                later.add(name)
    if (named - RESERVED).isdisjoint(later):
        return ()
    return tuple(
        use for at in range(tokens.count) if words[at] == "select" for use in _of(tokens, at)
    )


def _of(tokens: Tokens, select: int) -> Iterator[AliasUse]:
    """Yield the uses in one SELECT."""
    words = tokens.words
    places: dict[str, int] = {}
    at = select + 1
    while at < tokens.count and words[at] != ")" and words[at] not in _END:
        if words[at] in _CLAUSES and words[at - 1] != "distinct":
            places.setdefault(words[at], at)
        at = tokens.partners.get(at, at) + 1
    end = min(at, tokens.count)
    if not places.keys() & {"where", "having"}:
        return
    first = min(places.values())
    aliases = set(_aliases(tokens, select + 1, first))
    begins = sorted(places.values())
    source = ""
    if "from" in places:
        behind = next((p for p in begins if p > places["from"] and words[p] != "on"), end)
        source = tokens.render(places["from"], behind)
    before = _queries_before(tokens, select)
    for clause in ("where", "having"):
        if clause not in places or not aliases:
            continue
        stop = next((p for p in begins if p > places[clause]), end)
        for place in _names(tokens, places[clause] + 1, stop):
            name = tokens.name(place)
            if name in aliases:
                yield AliasUse(
                    name,
                    tokens.starts[place],
                    clause.upper(),
                    f"{before} SELECT {tokens.texts[place]} {source}".strip(),
                )


def _aliases(tokens: Tokens, at: int, end: int) -> Iterator[str]:
    """Yield the aliases of a SELECT list, but those that are names of columns as well."""
    item = at
    while item < end:
        behind = item
        while behind < end and tokens.words[behind] != ",":
            behind = tokens.partners.get(behind, behind) + 1
        last = min(behind, end) - 1
        if last > item and tokens.kinds[last] in _PLAIN:
            before = last - 1 - (tokens.words[last - 1] == "as")
            is_alias = tokens.words[before] == ")" or tokens.kinds[before] in (
                WORD, NAME, NUMBER, STRING,
            )  # fmt: skip
            is_column = tokens.kinds[before] in _PLAIN and (
                tokens.name(before) == tokens.name(last)
            )
            if before >= item and is_alias and not is_column and tokens.words[last] != "end":
                yield tokens.name(last)
        item = behind + 1


def _names(tokens: Tokens, at: int, end: int) -> Iterator[int]:
    """Yield the places of bare names, but those of inner queries."""
    words = tokens.words
    while at < end:
        if words[at] == "(" and words[at + 1] in ("select", "with", "values"):
            at = tokens.partners.get(at, end) + 1
            continue
        is_bare = words[at - 1] not in (".", "::", "as") and words[at + 1] not in (".", "(")
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
