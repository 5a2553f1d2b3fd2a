"""Names of functions in FROM that return one column: alone, such a name stands for its value.

In PostgreSQL ``e`` of ``FROM jsonb_array_elements(…) e`` is the element, as ``e.value`` is. In
DuckDB it is a row with that column.
"""

from __future__ import annotations

from civis_nb.local.warehouse.dialects.expressions import RESERVED
from civis_nb.local.warehouse.dialects.rules import UnsupportedSqlError
from civis_nb.local.warehouse.dialects.statements.siblings import BEHIND_FROM
from civis_nb.local.warehouse.dialects.tokens import NAME, WORD, Tokens
from civis_nb.table_names import quoted

__all__ = ["has_sets", "name_rows"]

#: Functions whose column has a name of its own, whatever the alias.
_VALUES = frozenset(
    ("json_array_elements", "json_array_elements_text", "jsonb_array_elements",
     "jsonb_array_elements_text")
)  # fmt: skip
#: Functions whose column has the name of the alias.
_KEYS = frozenset(("json_object_keys", "jsonb_object_keys"))
_SETS = _VALUES | _KEYS
#: What ends a SELECT before its FROM.
_ENDS = frozenset(("union", "except", "intersect", ";"))


def has_sets(tokens: Tokens) -> bool:
    """Return whether a statement may call such a function."""
    return not _SETS.isdisjoint(tokens.words)


def name_rows(tokens: Tokens, at: int, end: int) -> dict[str, str]:
    """Name the columns of functions in the FROM of a SELECT where they have the alias's name.

    Parameters
    ----------
    tokens
        The statement; it is edited.
    at, end
        The place behind SELECT, and the end of the query.

    Returns
    -------
    dict
        The columns that other aliases stand for, by the aliases.

    Raises
    ------
    UnsupportedSqlError
        Where WITH ORDINALITY follows one, which DuckDB would leave out.
    """
    words, rows = tokens.words, {}
    at = _from(tokens, at, end)
    while at < end and words[at] not in BEHIND_FROM:
        close = tokens.partners.get(at + 1)
        if words[at] in _SETS and words[at + 1] == "(" and close is not None:
            if words[close + 1 : close + 3] == ["with", "ordinality"]:
                raise UnsupportedSqlError(
                    f"WITH ORDINALITY behind {words[at].upper()} is not supported: number the rows "
                    "with ROW_NUMBER() OVER ()",
                    tokens.starts[close + 1],
                )
            alias = close + 1 + (words[close + 1] == "as")
            is_named = tokens.kinds[alias] in (NAME, WORD) and words[alias] not in RESERVED
            if words[alias] in ("left", "right", "full") and words[alias + 1] in ("join", "outer"):
                is_named = False
            name = tokens.name(alias) if is_named else words[at]
            columns = f"({quoted(name)})" if words[at] in _KEYS else ""
            if not is_named:
                tokens.insert_after(close, f" AS {name}{columns}")
            elif words[alias + 1] != "(":
                tokens.insert_after(alias, columns)
            if not columns and not (is_named and words[alias + 1] == "("):
                rows[name] = f"{quoted(name)}.value"
        at = tokens.partners.get(at, at) + 1
    return rows


def _from(tokens: Tokens, at: int, end: int) -> int:
    """Return the place behind the FROM of a SELECT; the end where it has none."""
    words = tokens.words
    while at < end and words[at] not in _ENDS:
        if words[at] == "from" and words[at - 1] != "distinct":
            return at + 1
        at = tokens.partners.get(at, at) + 1
    return end
