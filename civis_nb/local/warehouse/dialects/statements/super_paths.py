"""Paths into values of Redshift's type SUPER, some of which DuckDB would follow by other rules.

Redshift folds the names of a path, also quoted ones, and has no keys in brackets.
"""

from __future__ import annotations

from collections.abc import Iterator

from civis_nb.local.warehouse.dialects.rules import CATALOG, UnsupportedSqlError
from civis_nb.local.warehouse.dialects.tokens import NAME, NUMBER, WORD, Tokens

__all__ = ["check_super_paths", "elements", "is_array"]

#: What returns a value of the type.
_MAKERS = frozenset(("json_parse", "array", "object", "split_to_array", "super"))
#: What follows a table in FROM, before the next one.
_BEHIND_TABLE = frozenset((",", "join", "inner", "left", "right", "full", "cross"))
#: Words before names of tables, and words that end the list of them.
_FROM = frozenset(("from", "join", "using", "with", "update", "into", "table", "view"))
_OTHERS = frozenset(
    """select where on group having order limit returning set values union except intersect qualify
    window""".split()  # noqa: SIM905 - shorter to read
)


def check_super_paths(tokens: Tokens) -> None:
    """Refuse a path such as ``v."Key"`` or ``v['key']`` in a statement that makes values of SUPER.

    ``v[0].key`` is understood: elements count from 0 in both.

    Raises
    ------
    UnsupportedSqlError
        With the place of the path.
    """
    if _MAKERS.isdisjoint(tokens.words):
        return
    tables = set(_tables(tokens))
    for at in range(1, tokens.count):
        if tokens.words[at] in (".", "[") and _is_path(tokens, at, tables):
            raise UnsupportedSqlError(
                "such a path into a value of the type SUPER is not supported: keep the JSON as a "
                "text, and write JSON_EXTRACT_PATH_TEXT(…, 'key')",
                tokens.starts[at],
            )


def is_array(tokens: Tokens, first: int, behind: int) -> bool:
    """Return whether an item of FROM is a path into a table before it, as in ``FROM t, t.list``."""
    words, texts = tokens.words, tokens.texts
    if behind < first + 3 or words[first - 1] not in (",", "join"):
        return False
    name, depth, at = words[first] or texts[first], 0, first - 2
    while at > 0 and depth >= 0 and (depth or words[at] != "from"):
        depth += (words[at] == ")") - (words[at] == "(")
        is_table = words[at + 1] in _BEHIND_TABLE and words[at - 1] != "."
        if not depth and is_table and (words[at] or texts[at]) == name:
            return True
        at -= 1
    return False


def elements(tokens: Tokens, first: int, behind: int) -> str:
    """Return a query of the elements of an array, whose column has the name of the alias.

    ``AT`` and a name behind the alias are of the numbers of the elements, and are left out.
    """
    alias = behind + (tokens.words[behind] == "as")
    array = f"{CATALOG}.elements_of({tokens.render(first, behind)})"
    columns = f"unnest({array}) AS {tokens.render(alias, alias + 1)}"
    if tokens.words[alias + 1] == "at":
        number = tokens.render(alias + 2, alias + 3)
        columns += f", unnest(range(len({array}))) AS {number}"
        tokens.drop(alias + 1, alias + 3)
    return f"LATERAL (SELECT {columns})"


def _tables(tokens: Tokens) -> Iterator[str]:
    """Yield the names that stand for tables: those in FROM, their schemas and aliases."""
    clauses = [""]
    for at in range(tokens.count):
        word = tokens.words[at]
        if at in tokens.partners:
            clauses.append("")
        elif word in (")", "]", "}") and len(clauses) > 1:
            clauses.pop()
        elif word in _FROM or word in _OTHERS:
            clauses[-1] = word
        elif clauses[-1] in _FROM and tokens.kinds[at] in (NAME, WORD):
            yield tokens.name(at).lower()


def _is_path(tokens: Tokens, at: int, tables: set[str]) -> bool:
    """Return whether a step of a path has another meaning in DuckDB.

    Names in small letters and numbers of elements mean the same.
    """
    before = tokens.words[at - 1]
    is_name = tokens.kinds[at - 1] in (NAME, WORD)
    if tokens.words[at] == "[":
        close = tokens.partners.get(at, at)
        if before == "array" or (close == at + 2 and tokens.kinds[at + 1] == NUMBER):
            return False
        return is_name or before in (")", "]")
    if tokens.kinds[at + 1] not in (NAME, WORD) or tokens.words[at + 2] == "(":
        return False
    if before == ")":
        return True
    is_folded = (
        tokens.kinds[at + 1] == NAME and tokens.texts[at + 1] != tokens.texts[at + 1].lower()
    )
    is_table = is_name and tokens.name(at - 1).lower() in tables
    return is_folded and not is_table
