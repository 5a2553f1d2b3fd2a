"""SQL text cut into tokens, for texts that the database itself can't parse.

Only as much of SQL as is needed to know what is text, what is a comment and what is code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Token", "has_word", "split", "tokens", "without_terminator"]

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
    """A piece of SQL: its kind, its text, and where it starts."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Return the place behind the token."""
        return self.start + len(self.text)


def tokens(sql: str) -> Iterator[Token]:
    """Cut SQL into tokens; together they are the whole text.

    Examples
    --------
    >>> [t.kind for t in tokens("SELECT ';' -- ;")]
    ['word', 'space', 'string', 'space', 'comment']
    """
    for match in _TOKEN.finditer(sql):
        yield Token(str(match.lastgroup), match.group(), match.start())


def split(sql: str) -> list[Token]:
    """Cut a script into its statements, each with the semicolon that ends it.

    Pieces that hold no code are left out.

    Examples
    --------
    >>> [t.text for t in split("SELECT ';'; -- done")]
    ["SELECT ';';"]
    """
    pieces: list[Token] = []
    start, has_code = 0, False
    for token in tokens(sql):
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
    for token in tokens(statement):
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
    return any(t.kind == "word" and t.text.lower() in words for t in tokens(statement))
