"""MERGE: rows that would be changed twice are an error, and REMOVE DUPLICATES."""

from __future__ import annotations

from civis_nb.local.warehouse.dialects.clauses import Parser
from civis_nb.local.warehouse.dialects.rules import CATALOG, Dialect, UnsupportedSqlError
from civis_nb.local.warehouse.dialects.tokens import NAME, WORD, Tokens
from civis_nb.table_names import literal

__all__ = ["merge"]

# ruff: noqa: S608 - the texts are the user's own

_TWICE = {
    "redshift": "Found multiple matches to update the same tuple",
    "postgres": "MERGE command cannot affect row a second time",
}


def merge(tokens: Tokens, parser: Parser, dialect: Dialect) -> tuple[str, ...]:
    """Edit a MERGE; return the statements that must run before it.

    Raises
    ------
    UnsupportedSqlError
        If a clause is not the dialect's.
    """
    words, end = tokens.words, tokens.count
    using = _find(tokens, 1, "using")
    on = _find(tokens, using, "on")
    clauses = _find(tokens, on, "when", "remove")
    if on >= end or clauses >= end:
        return ()  # DuckDB tells what is wrong
    parser.region(using, end)
    target = tokens.render(2 if words[1] == "into" else 1, using)
    source = tokens.render(using + 1, on)
    condition = tokens.render(on + 1, clauses)
    if words[clauses] == "remove":
        if dialect != "redshift" or words[clauses + 1] != "duplicates":
            raise UnsupportedSqlError('syntax error at or near "remove"', tokens.starts[clauses])
        alias = _alias(tokens, using + 1, on)
        tokens.rewrite(
            0, end, f"INSERT INTO {_table(tokens, using)} SELECT {alias}.* FROM {source}"
        )
        return (f"DELETE FROM {target} USING {source} WHERE {condition}",)
    changing = _changing(tokens, clauses)
    if not changing:
        return ()
    twice = literal(_TWICE[dialect])
    row = f"{_alias(tokens, 2 if words[1] == 'into' else 1, using)}.rowid"
    return (
        f"SELECT {CATALOG}.fail({twice}) FROM (SELECT 1 FROM {target} JOIN {source} "
        f"ON ({condition}) AND ({' OR '.join(changing)}) GROUP BY {row} HAVING count(*) > 1 "
        "LIMIT 1)",
    )


def _find(tokens: Tokens, at: int, *words: str) -> int:
    """Return the place of the next of some words outside parentheses, or the end."""
    while at < tokens.count and tokens.words[at] not in words:
        at = tokens.partners.get(at, at) + 1
    return min(at, tokens.count)


def _table(tokens: Tokens, using: int) -> str:
    """Return the target without its alias."""
    first = 2 if tokens.words[1] == "into" else 1
    return tokens.render(first, min(tokens.path(first)[1], using))


def _alias(tokens: Tokens, first: int, behind: int) -> str:
    """Return the name that a table goes by."""
    last = behind - 1
    is_name = tokens.kinds[last] in (WORD, NAME)
    if is_name and tokens.words[last - 1] != ".":
        return tokens.render(last, behind)
    return tokens.render(first, behind)


def _changing(tokens: Tokens, at: int) -> list[str]:
    """Return the conditions under which a row of the target is changed."""
    words, conditions = tokens.words, []
    while at < tokens.count:
        after = _find(tokens, at + 1, "when")
        if words[at : at + 2] == ["when", "matched"]:
            then = _find(tokens, at, "then")
            if words[then + 1] in ("update", "delete"):
                conditions.append(tokens.render(at + 3, then) if words[at + 2] == "and" else "true")
        at = after
    return conditions
