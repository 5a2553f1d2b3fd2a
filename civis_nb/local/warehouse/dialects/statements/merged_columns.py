"""Columns that joins merge, by USING or NATURAL: with them ``*`` begins."""

from __future__ import annotations

from civis_nb.local.warehouse.dialects.expressions import RESERVED
from civis_nb.local.warehouse.dialects.parts import Region
from civis_nb.local.warehouse.dialects.rules import UnsupportedSqlError
from civis_nb.local.warehouse.dialects.tokens import NAME, WORD, Tokens

__all__ = ["named_by_both", "note_merged", "order_stars"]


def note_merged(tokens: Tokens, found: Region, opened: int) -> None:
    """Note the columns of JOIN … USING (…)."""
    close = tokens.partners.get(opened)
    if close is None or found.merged is None:
        return
    names = tokens.texts[opened + 1 : close : 2]
    if _ends_joins(tokens, opened - 2):
        found.merged = None
    else:
        found.merged = [*names, *found.merged]


def named_by_both(tokens: Tokens, join: int) -> list[str] | None:
    """Return the columns that both sides of a NATURAL JOIN list; None where one lists none."""
    words = tokens.words
    before = words.index("natural", max(0, join - 3)) - 1
    opened = {close: opened for opened, close in tokens.partners.items()}
    right = tokens.partners.get(join + 1, join) + 1
    right += words[right] == "as"
    left = opened.get(before)
    if left is None or words[right + 1] != "(" or not _is_alias(tokens, left - 1):
        return None
    lists = ((left, before), (right + 1, tokens.partners[right + 1]))
    one, other = ([tokens.name(i) for i in range(o + 1, c, 2)] for o, c in lists)
    return [f'"{name}"' for name in one if name in other]


def _is_alias(tokens: Tokens, at: int) -> bool:
    return tokens.kinds[at] in (NAME, WORD) and tokens.words[at] not in RESERVED


def _ends_joins(tokens: Tokens, at: int) -> bool:
    """Return whether a token closes the brackets around a join."""
    opened = next((o for o, c in tokens.partners.items() if c == at), None)
    if opened is None:
        return False
    is_query = tokens.words[opened + 1] in ("select", "values", "with")
    return not is_query and tokens.words[opened - 1] == "join"


def order_stars(tokens: Tokens, found: Region) -> None:
    """Let ``*`` begin with the columns that joins merge, as in PostgreSQL."""
    if found.merged is None and found.stars:
        raise UnsupportedSqlError(
            "the columns of * would be in another order beside NATURAL JOIN and joins in "
            "brackets: name them, or write JOIN … USING without brackets",
            tokens.starts[found.stars[0]],
        )
    names = list(dict.fromkeys(found.merged or ()))
    if names:
        columns = ", ".join(names)
        for star in found.stars:
            tokens.replace(star, f"{columns}, * EXCLUDE ({columns})")
    found.stars, found.merged = [], []
