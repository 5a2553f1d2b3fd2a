"""What can be told of a SQL text by its tokens alone."""

from __future__ import annotations

import re

__all__ = ["only_place", "only_reads"]

_READING = frozenset({"SELECT", "WITH", "VALUES", "FROM", "TABLE", "SHOW", "DESCRIBE", "EXPLAIN"})
_WRITING = frozenset(
    {"INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "DROP", "ALTER", "TRUNCATE", "COPY", "CALL",
     "INTO", "GRANT", "REVOKE", "UNLOAD", "ANALYZE", "VACUUM", "LOCK", "SET"}
)  # fmt: skip


#: They differ in what a backslash does in a text, and so in where a text ends.
_DIALECTS = ("redshift", "duckdb")


def _pieces(sql: str, dialect: str = _DIALECTS[0]) -> list[tuple[int, str]]:
    """Return the tokens of a statement, each with its place; none when it can't be read."""
    from sqlglot.dialects.dialect import Dialect
    from sqlglot.errors import SqlglotError

    try:
        tokens = Dialect.get_or_raise(dialect).tokenize(sql)
    except SqlglotError:
        return []
    return [(token.start, sql[token.start : token.end + 1]) for token in tokens]


def _words(sql: str, dialect: str) -> list[str]:
    """Return the bare words and semicolons of a statement in capitals."""
    return [text.upper() for _, text in _pieces(sql, dialect) if re.match(r"[A-Za-z_;]", text)]


def only_reads(sql: str) -> bool:
    """Return whether it is one statement that, by its words, changes nothing when run again.

    Examples
    --------
    >>> [only_reads(sql) for sql in ("select 1;", "with x as (delete from t) select 1", "drop t")]
    [True, False, False]
    """
    return all(_reads(_words(sql, dialect)) for dialect in _DIALECTS)


def _reads(words: list[str]) -> bool:
    if not words or words[0] not in _READING:
        return False
    while words[-1] == ";":
        words.pop()
    single = [word for text in words for word in text.split()]
    return ";" not in single and not _WRITING.intersection(single)


def only_place(sql: str, name: str) -> int | None:
    """Return where a name stands in a statement, where it is there once; text and comments apart.

    Examples
    --------
    >>> only_place("select 'x', x -- x", "x"), only_place("select x, x", "x")
    (12, None)
    """
    spelt = {name.lower(), f'"{name.lower()}"'}
    found = [start for start, text in _pieces(sql) if text.lower() in spelt]
    return found[0] if len(found) == 1 else None
