"""Tokens of SQL text, for texts that the database itself can't parse.

They distinguish string literals, comments, quoted names and code; nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Token", "has_word", "split_statements", "tokenize", "without_terminator"]

_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<string>[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z)|'(?:[^']|'')*(?:'|\Z))
    | (?P<dollar>\$\$.*?(?:\$\$|\Z)|\$(?P<tag>[A-Za-z_]\w*)\$.*?(?:\$(?P=tag)\$|\Z))
    | (?P<quoted>"(?:[^"]|"")*(?:"|\Z))
    | (?P<word>[^\W\d][\w$]*)
    | (?P<number>\d[\w.]*)
    | (?P<semicolon>;)
    | (?P<symbol>.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A token: its kind, its text, and its start in the SQL."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Return the index behind the token."""
        return self.start + len(self.text)


def tokenize(sql: str) -> Iterator[Token]:
    """Split SQL into tokens; joined, they are the whole text.

    Examples
    --------
    >>> [t.kind for t in tokenize("SELECT ';' -- ;")]
    ['word', 'space', 'string', 'space', 'comment']
    """
    for match in _TOKEN.finditer(sql):
        yield Token(str(match.lastgroup), match.group(), match.start())


def split_statements(sql: str) -> list[Token]:
    """Split a script into its statements, each with the semicolon that ends it.

    Statements without code are left out.

    Examples
    --------
    >>> [t.text for t in split_statements("SELECT ';'; -- done")]
    ["SELECT ';';"]
    """
    pieces: list[Token] = []
    start, has_code = 0, False
    for token in tokenize(sql):
        if token.kind == "semicolon":
            if has_code:
                pieces.append(Token("statement", sql[start : token.end], start))
            start, has_code = token.end, False
        elif token.kind not in ("space", "comment"):
            has_code = True
    if has_code:
        pieces.append(Token("statement", sql[start:], start))
    return pieces


def without_terminator(statement: str) -> str:
    """Return one statement without its semicolon and what stands behind it.

    Examples
    --------
    >>> without_terminator("SELECT ';'; -- done")
    "SELECT ';'"
    """
    for token in tokenize(statement):
        if token.kind == "semicolon":
            return statement[: token.start]
    return statement


def has_word(statement: str, *words: str) -> bool:
    """Return whether one of the bare words is in the statement, outside texts, names and comments.

    Examples
    --------
    >>> has_word("SELECT 'insert' -- insert", "insert"), has_word("INSERT INTO t", "insert")
    (False, True)
    """
    lowered = statement.lower()
    if not any(word in lowered for word in words):
        return False
    return any(t.kind == "word" and t.text.lower() in words for t in tokenize(statement))
