"""Names of the columns of VALUES, which are ``column1``, ``column2`` and so on."""

from __future__ import annotations

from civis_nb.local.warehouse.dialects.expressions import RESERVED
from civis_nb.local.warehouse.dialects.tokens import NAME, WORD, Tokens

__all__ = ["name_columns"]


def name_columns(tokens: Tokens) -> None:
    """Name the columns of VALUES that have no names yet: in FROM, in WITH, and as a query.

    Parameters
    ----------
    tokens
        The statement; it is edited.
    """
    words = tokens.words
    for at in range(tokens.count):
        if words[at] == "values" and words[at + 1] == "(" and (not at or words[at - 1] == "as"):
            _name_in_query(tokens, at)
        if at and words[at] == "values" and words[at - 1] == "(" and words[at + 1] == "(":
            names = [f"column{number}" for number in range(1, _width(tokens, at + 1) + 1)]
            if at > 3 and words[at - 2] == "as" and _is_name(tokens, at - 3):
                tokens.insert_after(at - 3, f"({', '.join(names)})")
            else:
                _name_in_from(tokens, tokens.partners[at - 1] + 1, names)


def _name_in_query(tokens: Tokens, at: int) -> None:
    """Rewrite VALUES as a query where it is a statement, or what a table or view is made of."""
    behind = tokens.partners.get(at + 1, at + 1) + 1
    while tokens.words[behind] == "," and tokens.words[behind + 1] == "(":
        behind = tokens.partners.get(behind + 1, behind + 1) + 1
    names = ", ".join(f"column{number}" for number in range(1, _width(tokens, at + 1) + 1))
    tokens.insert_before(at, "SELECT * FROM (")
    tokens.insert_after(behind - 1, f") AS civis_values({names})")


def _name_in_from(tokens: Tokens, alias: int, names: list[str]) -> None:
    """Name columns behind the alias of a table; where there is a list, those that it lacks."""
    alias += tokens.words[alias] == "as"
    if not _is_name(tokens, alias):
        return
    opened = alias + 1
    if tokens.words[opened] != "(" or opened not in tokens.partners:
        tokens.insert_after(alias, f"({', '.join(names)})")
        return
    close = tokens.partners[opened]
    missing = names[(close - opened) // 2 :]
    if missing:
        tokens.insert_after(close - 1, ", " + ", ".join(missing))


def _width(tokens: Tokens, opened: int) -> int:
    """Return how many values a row has that begins with a bracket."""
    count, at = 1, opened + 1
    while at < tokens.partners[opened]:
        count += tokens.words[at] == ","
        at = tokens.partners.get(at, at) + 1
    return count


def _is_name(tokens: Tokens, at: int) -> bool:
    return tokens.kinds[at] in (NAME, WORD) and tokens.words[at] not in RESERVED
