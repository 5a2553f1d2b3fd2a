"""Paths into values of Redshift's type SUPER, some of which DuckDB would follow by other rules.

Redshift folds the names of a path, also quoted ones, and has no keys in brackets.
"""

from __future__ import annotations

from collections.abc import Iterator

from civis_nb.local.warehouse.dialects.rules import UnsupportedSqlError
from civis_nb.local.warehouse.dialects.tokens import NAME, NUMBER, WORD, Tokens

__all__ = ["check_super_paths"]

#: What returns a value of the type.
_MAKERS = frozenset(("json_parse", "array", "object", "split_to_array", "super"))
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
