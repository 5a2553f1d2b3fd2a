"""Queries in FROM that name a table beside them: DuckDB lets them, PostgreSQL wants LATERAL."""

from __future__ import annotations

from collections.abc import Iterator

from civis_nb.local.warehouse.dialects.expressions import RESERVED
from civis_nb.local.warehouse.dialects.rules import UnsupportedSqlError
from civis_nb.local.warehouse.dialects.tokens import NAME, WORD, Tokens

__all__ = ["BEHIND_FROM", "check_siblings"]

_QUERY = frozenset(("select", "with", "values"))
#: What ends the tables of FROM.
BEHIND_FROM = frozenset(
    """where group having window qualify order limit offset fetch for union except intersect minus
    returning set select""".split()  # noqa: SIM905 - shorter to read
)


def check_siblings(tokens: Tokens) -> None:
    """Refuse a query in FROM that names a table or query before it in the same FROM.

    Raises
    ------
    UnsupportedSqlError
        With the place of the name.
    """
    words = tokens.words
    for at in range(tokens.count):
        if words[at] == "(" and words[at + 1] in _QUERY and words[at - 1] in (",", "join"):
            break  # most statements have none
    else:
        return
    for at in range(tokens.count):
        if words[at] == "from" and words[at - 1] != "distinct":
            _check(tokens, at + 1)


def _check(tokens: Tokens, at: int) -> None:
    words, kinds = tokens.words, tokens.kinds
    before: set[str] = set()
    while at < tokens.count and words[at] != ")" and words[at] not in BEHIND_FROM:
        close = tokens.partners.get(at)
        if close is not None:
            if words[at] == "(" and words[at + 1] in _QUERY and words[at - 1] in (",", "join"):
                for place in _names_from_outside(tokens, at + 1, close, before):
                    name = tokens.name(place)
                    raise UnsupportedSqlError(
                        f'invalid reference to FROM-clause entry for table "{name}": there is an '
                        "entry of that name, but it cannot be referenced from this query beside it",
                        tokens.starts[place],
                    )
            at = close
        elif kinds[at] in (WORD, NAME) and words[at] not in RESERVED and words[at + 1] != ".":
            before.add(tokens.name(at))
        at += 1


def _names_from_outside(tokens: Tokens, first: int, end: int, outside: set[str]) -> Iterator[int]:
    """Yield the places of names of tables before a point, which the query has no table of."""
    words, kinds = tokens.words, tokens.kinds
    plain = (WORD, NAME)
    inside = {
        tokens.name(at)
        for at in range(first, end)
        if kinds[at] in plain and words[at + 1] != "." and words[at] not in RESERVED
    }
    for at in range(first, end):
        is_table = kinds[at] in plain and words[at + 1] == "." and words[at - 1] != "."
        # A schema may have the name of a table.
        if words[at - 1] in ("from", "join") or words[at + 3] == ".":
            continue
        if is_table and tokens.name(at) in outside - inside:
            yield at
