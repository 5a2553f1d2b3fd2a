"""What can be told of a SQL text by its tokens alone."""

from __future__ import annotations

import re

__all__ = ["first_word", "only_reads", "trimmed"]

_READING = frozenset({"SELECT", "WITH", "VALUES", "FROM", "TABLE", "SHOW", "DESCRIBE", "EXPLAIN"})
_WRITING = frozenset(
    {"INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "DROP", "ALTER", "TRUNCATE", "COPY", "CALL",
     "INTO", "GRANT", "REVOKE", "UNLOAD", "ANALYZE", "VACUUM", "LOCK", "SET"}
)  # fmt: skip


def _words(sql: str) -> list[str] | None:
    """Give the bare words and semicolons of a statement; None when it can't be read."""
    from sqlglot.dialects.dialect import Dialect
    from sqlglot.errors import SqlglotError

    try:
        tokens = Dialect.get_or_raise("redshift").tokenize(sql)
    except SqlglotError:
        return None
    texts = [sql[token.start : token.end + 1] for token in tokens]
    return [text.upper() for text in texts if re.match(r"[A-Za-z_;]", text)]


def first_word(sql: str) -> str:
    """Give the first word of a statement in capitals; empty when there is none."""
    words = _words(sql)
    return words[0] if words else ""


def only_reads(sql: str) -> bool:
    """Tell whether it is one statement that, by its words, changes nothing when run again.

    Examples
    --------
    >>> [only_reads(sql) for sql in ("select 1;", "with x as (delete from t) select 1", "drop t")]
    [True, False, False]
    """
    words = _words(sql)
    if not words or words[0] not in _READING:
        return False
    while words[-1] == ";":
        words.pop()
    single = [word for text in words for word in text.split()]
    return ";" not in single and not _WRITING.intersection(single)


def trimmed(sql: str) -> str:
    """Give a statement without the semicolons and space at its end."""
    return sql.rstrip().rstrip(";").rstrip()
