"""Items of ORDER BY that the rows of a result do not have: DuckDB sorts by one of several values.

Behind SELECT DISTINCT and behind UNION, rows are sorted by what is in the list.
"""

from __future__ import annotations

from collections.abc import Iterator

from civis_nb.local.warehouse.dialects.rules import UnsupportedSqlError
from civis_nb.local.warehouse.dialects.tokens import NAME, NUMBER, OPERATOR, WORD, Tokens

__all__ = ["check_order"]

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
    has_fewer = "distinct" in words or not _SETS.isdisjoint(words)
    if not (has_fewer or _has_doubtful_name(tokens)):
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
        else:
            _check_ambiguous(tokens, select, order)
            if words[select + 1] == "distinct" and words[select + 2] != "on":
                _check_distinct(tokens, select, order)


def _has_doubtful_name(tokens: Tokens) -> bool:
    """Return whether an item of a list is a name that the statement has three times."""
    words = tokens.words
    for at in range(tokens.count - 1):
        is_item = words[at] in (",", "by") and words[at + 2] in _BEHIND_ITEM
        if is_item and words.count(words[at + 1]) > 2:
            return True
    return False


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


def _check_ambiguous(tokens: Tokens, select: int, order: int) -> None:
    """Refuse a name of ORDER BY that several different items of the SELECT list have."""
    sorted_by = [
        (first, tokens.name(first))
        for first, behind in _sorted_by(tokens, order)
        if behind == first + 1 and tokens.kinds[first] in (WORD, NAME)
    ]
    if not sorted_by:
        return
    items: dict[str, set[str]] = {}
    for first, behind in _items(tokens, select):
        if tokens.kinds[behind - 1] not in (WORD, NAME):
            continue
        before = behind - 2
        is_alias = behind > first + 1 and tokens.words[before] != "."
        if is_alias and tokens.kinds[before] == OPERATOR and tokens.words[before] not in (")", "]"):
            continue  # an expression without a name
        value = behind - 1 - (tokens.words[behind - 2] == "as") if is_alias else behind
        if all(tokens.words[at] == "." for at in range(first + 1, value, 2)):
            first = value - 1  # a column, with or without its table
        items.setdefault(tokens.name(behind - 1), set()).add(_text(tokens, first, value))
    for at, name in sorted_by:
        if len(items.get(name, ())) > 1:
            raise UnsupportedSqlError(
                f'ORDER BY "{name}" is ambiguous: several columns of the result have this name',
                tokens.starts[at],
            )


def _items(tokens: Tokens, select: int) -> Iterator[tuple[int, int]]:
    """Yield the items of a SELECT list."""
    end = select + 1
    while tokens.words[end] not in _BEHIND_LIST and end < tokens.count:
        end = tokens.partners.get(end, end) + 1
    first = select + 1
    while tokens.words[first] in ("distinct", "all"):
        first += 1
    yield from tokens.items(first, min(end, tokens.count))


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
