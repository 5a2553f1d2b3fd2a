"""Items of ORDER BY that the rows of a result do not have: DuckDB sorts by one of several values.

Behind SELECT DISTINCT and behind UNION, rows are sorted by what is in the list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from civis_nb.local.warehouse.dialects.parts import SortedBy
from civis_nb.local.warehouse.dialects.rules import UnsupportedSqlError
from civis_nb.local.warehouse.dialects.tokens import NAME, NUMBER, WORD, Tokens

__all__ = ["ambiguous", "check_names", "check_order", "named_in"]

_SETS = frozenset(("union", "intersect", "except", "minus"))
_BEHIND_ORDER = frozenset(("limit", "offset", "fetch", "for", ")", "rows", "range", "groups"))
_BEHIND_LIST = _SETS | _BEHIND_ORDER | frozenset(
    ("from", "where", "group", "having", "window", "qualify", "order", "into")
)  # fmt: skip
_BEHIND_ITEM = _BEHIND_ORDER | frozenset((",", ";", "", "asc", "desc", "nulls"))
_DIRECTIONS = frozenset(("asc", "desc", "nulls", "first", "last"))


def check_order(tokens: Tokens) -> None:
    """Refuse what DISTINCT or UNION has left out of the rows that are sorted.

    Raises
    ------
    UnsupportedSqlError
        With the place of the item.
    """
    words = tokens.words
    if "order" not in words:
        return
    if "distinct" not in words and _SETS.isdisjoint(words):
        return
    opened = {close: opened for opened, close in tokens.partners.items()}
    for order in range(1, tokens.count):
        if words[order] != "order" or words[order + 1] != "by":
            continue
        select, is_set = _query_of(tokens, order, opened)
        if select is None:
            continue
        if is_set:
            for first, behind in _sorted_by(tokens, order):
                if behind > first + 1:
                    raise UnsupportedSqlError(
                        "invalid UNION/INTERSECT/EXCEPT ORDER BY clause: only names and numbers of "
                        "columns can be used; put a query around this one",
                        tokens.starts[first],
                    )
        elif words[select + 1] == "distinct" and words[select + 2] != "on":
            _check_distinct(tokens, select, order)


def _query_of(tokens: Tokens, order: int, opened: dict[int, int]) -> tuple[int | None, bool]:
    """Return the SELECT that an ORDER BY belongs to, and whether it sorts a set operation."""
    at, select = order - 1, None
    while at >= 0 and tokens.words[at] != "(":
        if tokens.words[at] in _SETS:
            return at, True
        if tokens.words[at] == "select" and select is None:
            select = at
        at = opened.get(at, at) - 1
    return select, False


def _sorted_by(tokens: Tokens, order: int) -> Iterator[tuple[int, int]]:
    """Yield the items of an ORDER BY, without their directions."""
    end = order + 2
    while end < tokens.count and tokens.words[end] not in _BEHIND_ORDER:
        end = tokens.partners.get(end, end) + 1
    for first, behind in tokens.items(order + 2, min(end, tokens.count)):
        while behind > first + 1 and tokens.words[behind - 1] in _DIRECTIONS:
            behind -= 1
        yield first, behind


def check_names(
    tokens: Tokens, items: Sequence[tuple[str, int, int]], order: int
) -> tuple[SortedBy, ...]:
    """Return the names that a query is sorted by.

    Parameters
    ----------
    tokens
        The statement.
    items
        Name, first token and the token behind of each item of the SELECT list.
    order
        The place of ORDER BY.

    Raises
    ------
    UnsupportedSqlError
        If several different items have one of the names.
    """
    names, stars = [], 0
    for name, _, behind in items:
        names.append(name)
        stars += tokens.words[behind - 1] == "*"
    found = []
    for first, behind in _sorted_by(tokens, order):
        if behind > first + 1 or tokens.kinds[first] not in (WORD, NAME):
            continue
        name = tokens.words[first] or tokens.name(first)
        beside_star = stars > 1
        if stars or names.count(name) > 1:
            same = [(at, after) for given, at, after in items if given == name]
            if len(same) > 1 and not _are_equal(tokens, same):
                raise UnsupportedSqlError(ambiguous(name), tokens.starts[first])
            columns = [_is_column(tokens, *item) and tokens.name(item[1] - 1) for item in same]
            beside_star |= bool(stars and same) and name not in columns
        found.append(SortedBy(name, tokens.starts[first], beside_star))
    return tuple(found)


def named_in(tokens: Tokens, order: int, kinds: Sequence[str]) -> tuple[SortedBy, ...]:
    """Return the names or numbers of columns that a query is sorted by."""
    return tuple(
        SortedBy(tokens.words[first] or tokens.name(first), tokens.starts[first], False)
        for first, behind in _sorted_by(tokens, order)
        if behind == first + 1 and tokens.kinds[first] in kinds
    )


def ambiguous(name: str) -> str:
    """Return that rows can't be sorted by a name."""
    return (
        f'ORDER BY "{name}" is ambiguous: several columns of the result have this name; give them '
        "different ones"
    )


def _are_equal(tokens: Tokens, items: Sequence[tuple[int, int]]) -> bool:
    """Return whether items are the same expression, or a column with and without its table."""
    if not all(_is_column(tokens, *item) for item in items):
        return len({_text(tokens, first, behind) for first, behind in items}) == 1
    tables = {tokens.name(behind - 3) for first, behind in items if behind > first + 1}
    return len(tables) < 2 and len({tokens.name(behind - 1) for _, behind in items}) == 1


def _is_column(tokens: Tokens, first: int, behind: int) -> bool:
    """Return whether an item is a column, with or without its table."""
    return tokens.kinds[first] in (WORD, NAME) and all(
        tokens.words[at] == "." for at in range(first + 1, behind, 2)
    )


def _check_distinct(tokens: Tokens, select: int, order: int) -> None:
    """Refuse an item of ORDER BY that the list of SELECT DISTINCT does not have."""
    end = select + 2
    while tokens.words[end] not in _BEHIND_LIST:
        end = tokens.partners.get(end, end) + 1
    names: set[str] = set()
    texts: set[str] = set()
    has_star = False
    for first, behind in tokens.items(select + 2, end):
        has_star = has_star or tokens.words[behind - 1] == "*"
        names.add(tokens.name(behind - 1))
        is_named = tokens.kinds[behind - 1] in (WORD, NAME) and behind > first + 1
        value = behind - 1 - (tokens.words[behind - 2] == "as") if is_named else behind
        texts |= {_text(tokens, first, behind), _text(tokens, first, value)}
        if tokens.words[value - 2] == ".":
            names.add(tokens.name(value - 1))
    for first, behind in _sorted_by(tokens, order):
        is_name = tokens.kinds[behind - 1] in (WORD, NAME) and (
            behind == first + 1 or tokens.words[behind - 2] == "."
        )
        is_number = behind == first + 1 and tokens.kinds[first] == NUMBER
        is_listed = is_name and (has_star or tokens.name(behind - 1) in names)
        if not (is_number or is_listed or _text(tokens, first, behind) in texts):
            raise UnsupportedSqlError(
                "for SELECT DISTINCT, ORDER BY expressions must appear in select list",
                tokens.starts[first],
            )


def _text(tokens: Tokens, first: int, behind: int) -> str:
    """Return tokens such that equal expressions have equal texts, brackets around them left out."""
    while first in tokens.partners and tokens.partners[first] == behind - 1:
        first, behind = first + 1, behind - 1
    return " ".join(tokens.words[at] or tokens.texts[at] for at in range(first, behind))
