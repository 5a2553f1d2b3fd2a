"""What can be known of SQL text from its tokens alone, without a database.

Only as much of SQL as is needed to know what is a string, what is a comment and what is code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = [
    "Token",
    "has_word",
    "only_place",
    "only_reads",
    "outer_code",
    "split_statements",
    "tokenize",
    "without_terminator",
]


_WITH_ESCAPES = r"'(?:[^'\\]|\\(?:.|\Z)|'')*"


def _token_pattern(string: str) -> re.Pattern[str]:
    """Return the pattern of all tokens; `string` is that of a plain string."""
    return re.compile(
        rf"""
          (?P<space>\s+)
        | (?P<comment>--[^\n]*|/\*)
        | (?P<string>(?:[eE]{_WITH_ESCAPES}|{string})(?:'|(?P<open_string>\Z)))
        | (?P<dollar>(?P<tag>\$(?:[A-Za-z_]\w*)?\$).*?(?:(?P=tag)|(?P<open_dollar>\Z)))
        | (?P<quoted>"(?:[^"]|"")*(?:"|(?P<open_name>\Z)))
        | (?P<word>[^\W\d][\w$]*)
        | (?P<number>\d[\w.]*)
        | (?P<semicolon>;)
        | (?P<symbol>.)
        """,
        re.VERBOSE | re.DOTALL,
    )


class _Plain(NamedTuple):
    """Patterns of a text that is one statement, without block comments and dollar quotes.

    ``whole`` matches all of it; the group of ``words`` finds its bare words. Most texts are of this
    form, which costs a fraction of what tokens cost.
    """

    whole: re.Pattern[str]
    words: re.Pattern[str]


def _plain(string: str) -> _Plain:
    """Return the patterns of SQL whose strings are written in one way."""
    escaped = r"[eE]'(?:[^'\\]++|\\.|'')*+'"
    skipped = rf'--[^\n]*+|{escaped}|{string}|"(?:[^"]++|"")*+"|\d[\w.]*+'
    word, space = r"[^\W\d][\w$]*+", r"(?:\s++|--[^\n]*+)*+"
    code = rf"(?:{skipped}|{word}|[^;'\"$\w/-]++|-(?!-)|/(?!\*))++"
    return _Plain(
        re.compile(rf"{space}(?!;|\Z){code}(?P<semicolon>;)?{space}", re.DOTALL),
        re.compile(rf"{skipped}|({word})", re.DOTALL),
    )


_OPEN = ("open_string", "open_dollar", "open_name")
_STANDARD = _token_pattern(r"'(?:[^']|'')*")
_WITH_BACKSLASHES = _token_pattern(_WITH_ESCAPES)
_PLAIN = _plain(r"'(?:[^']++|'')*+'")
_PLAIN_WITH_BACKSLASHES = _plain(r"'(?:[^'\\]++|\\.|'')*+'")
_COMMENT_MARK = re.compile(r"/\*|\*/")

#: How a statement that reads begins.
_READING = frozenset(
    {"select", "with", "values", "from", "table", "show", "describe", "desc", "explain",
     "pivot", "unpivot", "summarize"}
)  # fmt: skip
#: These write wherever they stand: in a CTE, behind one, and in SELECT … INTO.
_WRITING = frozenset({"insert", "update", "delete", "merge", "into"})
#: What EXPLAIN can run besides; elsewhere these are names of columns.
_EXPLAINED = frozenset({"create", "copy", "call", "execute", "set", "drop", "alter", "truncate"})


class Token(NamedTuple):
    """A piece of SQL: its kind, its text, where it starts, and whether its quotes are closed."""

    kind: str
    text: str
    start: int
    closed: bool = True

    @property
    def end(self) -> int:
        """Return the position after the token."""
        return self.start + len(self.text)


def tokenize(sql: str, backslashes: bool = False) -> Iterator[Token]:
    """Split SQL into tokens; together they are the whole text.

    Parameters
    ----------
    sql
        Any text.
    backslashes
        Whether a backslash escapes the next character of every string, as in Redshift; else
        only of ``E'…'``, as in PostgreSQL and DuckDB.

    Examples
    --------
    >>> [t.kind for t in tokenize("SELECT ';' -- ;")]
    ['word', 'space', 'string', 'space', 'comment']
    """
    pattern = _WITH_BACKSLASHES if backslashes else _STANDARD
    position, size = 0, len(sql)
    while position < size:
        for match in pattern.finditer(sql, position):
            kind, text = match.lastgroup, match.group()
            start, position = match.span()
            if text == "/*":
                position = _comment_end(sql, position)
                yield Token("comment", sql[start:position], start)
                break
            closed = position < size or all(match[name] is None for name in _OPEN)
            yield Token(kind or "", text, start, closed)


def _comment_end(sql: str, position: int) -> int:
    """Return the end of a block comment; such comments nest."""
    depth = 1
    for mark in _COMMENT_MARK.finditer(sql, position):
        depth += 1 if mark.group() == "/*" else -1
        if depth == 0:
            return mark.end()
    return len(sql)


def split_statements(sql: str, backslashes: bool = False) -> list[Token]:
    """Split a script into its statements, each with the semicolon that ends it.

    Pieces that hold no code are left out.

    Parameters
    ----------
    sql
        Any text.
    backslashes
        As for `tokenize`.

    Examples
    --------
    >>> [t.text for t in split_statements("SELECT ';'; -- done")]
    ["SELECT ';';"]
    """
    plain = (_PLAIN_WITH_BACKSLASHES if backslashes else _PLAIN).whole.fullmatch(sql)
    if plain is not None:
        return [Token("statement", sql[: plain.end("semicolon")] if plain["semicolon"] else sql, 0)]
    pieces: list[Token] = []
    start, has_code = 0, False
    for token in tokenize(sql, backslashes):
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
    """Return one statement without its semicolon and what follows it.

    Examples
    --------
    >>> without_terminator("SELECT ';'; -- done")
    "SELECT ';'"
    """
    if ";" not in statement:
        return statement
    if (plain := _PLAIN.whole.fullmatch(statement)) is not None:
        return statement[: plain.start("semicolon")] if plain["semicolon"] else statement
    for token in tokenize(statement):
        if token.kind == "semicolon":
            return statement[: token.start]
    return statement


def has_word(statement: str, *words: str) -> bool:
    """Return whether one of the words is in the code of a statement: no string, name or comment.

    Parameters
    ----------
    statement
        The SQL.
    *words
        Words in lower case.

    Examples
    --------
    >>> has_word("SELECT 'insert' -- insert", "insert"), has_word("INSERT INTO t", "insert")
    (False, True)
    """
    lowered = statement.lower()
    if not any(word in lowered for word in words):
        return False
    return any(t.kind == "word" and t.text.lower() in words for t in tokenize(statement))


def only_reads(sql: str, backslashes: bool | None = None) -> bool:
    """Return whether a text is one statement that changes nothing, so that it may be run again.

    Parameters
    ----------
    sql
        Any text.
    backslashes
        As for `tokenize`; None, when the database is not known: the answer holds for both.

    Examples
    --------
    >>> [only_reads(sql) for sql in ("select 1;", "with x as (delete from t) select 1", "drop t")]
    [True, False, False]
    """
    readings = (False, True) if backslashes is None else (backslashes,)
    return all(_code_only_reads(sql, reading) for reading in readings)


def _code_only_reads(sql: str, backslashes: bool) -> bool:
    """Return whether SQL only reads, given whether backslashes escape in its strings."""
    words = _words_of_one_statement(sql, backslashes)
    if not words or words[0] not in _READING:
        return False
    writing = _WRITING | _EXPLAINED if words[0] == "explain" else _WRITING
    return writing.isdisjoint(words)


def _words_of_one_statement(sql: str, backslashes: bool) -> list[str]:
    """Return the bare words of a statement; none if a text is not one that is closed."""
    plain = _PLAIN_WITH_BACKSLASHES if backslashes else _PLAIN
    if plain.whole.fullmatch(sql) is not None:
        return [word.lower() for word in plain.words.findall(sql) if word]
    code = [t for t in tokenize(sql, backslashes) if t.kind not in ("space", "comment")]
    while code and code[-1].kind == "semicolon":
        code.pop()
    if any(token.kind == "semicolon" or not token.closed for token in code):
        return []
    return [token.text.lower() for token in code if token.kind == "word"]


def outer_code(sql: str, backslashes: bool) -> list[Token]:
    """Return the tokens of code that stand in no brackets, the closing ones among them.

    Examples
    --------
    >>> [token.text for token in outer_code("select (a), f(b) from t; -- all", False)]
    ['select', ')', ',', 'f', ')', 'from', 't']
    """
    depth, found = 0, []
    for token in tokenize(sql, backslashes):
        if token.kind in ("space", "comment", "semicolon"):
            continue
        if token.text in ("(", "[", "{"):
            depth += 1
        elif token.text in (")", "]", "}"):
            depth -= 1
            if depth == 0:
                found.append(token)
        elif depth == 0:
            found.append(token)
    return found


def only_place(sql: str, name: str) -> int | None:
    """Return where a name is in the code of a statement; None when it is there twice, or not.

    Examples
    --------
    >>> only_place("select 'x', x -- x", "x"), only_place("select x, x", "x")
    (12, None)
    """
    spelled = {name.lower(), f'"{name.lower()}"'}
    # Most databases of Civis Platform are Redshift's.
    found = [t.start for t in tokenize(sql, backslashes=True) if t.text.lower() in spelled]
    return found[0] if len(found) == 1 else None
