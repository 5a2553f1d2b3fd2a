"""Remove the clauses of Redshift's CREATE and ALTER TABLE that have no effect on one machine.

This works on tokens, not on a syntax tree, so that all the rest of the statement stays as the
user wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.redshift.user_functions import as_macro
from civis_nb.sql_text import Token, tokenize
from civis_nb.table_names import literal, quoted

__all__ = ["ALWAYS", "Rewritten", "rewrite"]

#: How the names of sequences begin: of identity columns that take no values, of those that do, and
#: of SERIAL.
ALWAYS, _BY_DEFAULT, _SERIAL = "always identity of ", "identity of ", "serial of "

_CREATE = re.compile(
    r"\s*create\s+(?:(?:local\s+|global\s+)?temp(?:orary)?\s+)?table\b", re.IGNORECASE
)
_ALTER = re.compile(r"\s*alter\s+table\b", re.IGNORECASE)
_QUERY = re.compile(r"\s*(?:select|with)\b", re.IGNORECASE)
_CREATE_NUMBER_SIGN = re.compile(
    r'^(\s*create)(\s+table\s+(?:if\s+not\s+exists\s+)?"#)', re.IGNORECASE
)
_INTO_NUMBER_SIGN = re.compile(r'(\binto)(\s+"#)', re.IGNORECASE)
_VIEW = re.compile(r"\s+with\s+no\s+schema\s+binding\s*;?\s*$", re.IGNORECASE)
_LOCAL = re.compile(r"^(\s*create\s+)(?:local|global)\s+(?=temp)", re.IGNORECASE)
_MATERIALIZED = re.compile(r"^(\s*(?:create|drop)\s+)materialized\s+(?=view\b)", re.IGNORECASE)
_SCHEMA = re.compile(
    r"^(\s*create\s+schema\s+(?:if\s+not\s+exists\s+)?[^\s;]+)"
    r"\s+(?:authorization\s+\S+|quota\s+(?:\d+\s*[mgt]b|unlimited)|\s)+\s*;?\s*$",
    re.IGNORECASE,
)
_DELETE = re.compile(r"^(\s*delete)\s+(?!from\b)", re.IGNORECASE)
_BEGIN = re.compile(
    r"^\s*(?:begin|start)\b(?:\s+(?:work|transaction)\b)?"
    r"\s+(?:isolation\s+level|read\s+(?:write|only))\b[\w\s,]*$",
    re.IGNORECASE,
)
_SEARCH_PATH = re.compile(r"(?is)^\s*set\s+(?:session\s+)?search_path\s*(?:to|=)\s*(.+)$")
_INDEX = re.compile(
    r"^(\s*create\s+(?:unique\s+)?index\b.*?)\s+using\s+(?:btree|hash)\b", re.I | re.S
)
_TYPES_OF_TEXT = {"varchar", "char", "nvarchar", "text", "varying", "bpchar"}


@dataclass(frozen=True)
class Rewritten:
    """A statement without Redshift's clauses, and the statements that must run before it."""

    sql: str
    prerequisites: tuple[str, ...] = ()


class _Words:
    """The tokens of a statement that are neither space nor comment, and a cursor over them."""

    def __init__(self, sql: str) -> None:
        self.tokens = [t for t in tokenize(sql) if t.kind not in ("space", "comment")]

    def word(self, at: int) -> str:
        """Return a token in lower case; an empty text where there is no bare word or symbol."""
        if 0 <= at < len(self.tokens) and self.tokens[at].kind in ("word", "number", "symbol"):
            return self.tokens[at].text.lower()
        return ""

    def behind_parenthesis(self, at: int) -> int:
        """Return the place behind the parenthesis that opens at ``at``; ``at`` if none does."""
        if self.word(at) != "(":
            return at
        depth = 0
        for place in range(at, len(self.tokens)):
            depth += {"(": 1, ")": -1}.get(self.word(place), 0)
            if depth == 0:
                return place + 1
        return len(self.tokens)


def rewrite(sql: str) -> Rewritten:
    """Return a statement without Redshift's clauses.

    Examples
    --------
    >>> rewrite("CREATE TABLE t (a INT ENCODE az64) DISTKEY(a)").sql
    'CREATE TABLE t (a INT ) '
    >>> rewrite("SELECT * FROM #t").sql
    'SELECT * FROM "#t"'
    """
    sql = _respelled(_VIEW.sub("", _name_temporary(sql)))
    if _CREATE.match(sql):
        return _create(sql)
    if _ALTER.match(sql):
        words = _Words(sql)
        return Rewritten(_without(sql, words, _clauses(words, len(words.tokens))))
    return Rewritten(sql)


def _respelled(sql: str) -> str:
    """Rewrite what DuckDB spells differently at the start of a statement."""
    path = _SEARCH_PATH.match(sql)
    if path:
        names = [name.strip(" \t\n'\"") for name in path.group(1).split(",")]
        return f"SET search_path = {literal(','.join(n for n in names if n != '$user'))}"
    if _BEGIN.match(sql):
        return "BEGIN TRANSACTION"
    sql = as_macro(_DELETE.sub(r"\1 FROM ", _LOCAL.sub(r"\1", sql)))
    sql = _INDEX.sub(r"\1", _SCHEMA.sub(r"\1", sql))
    if _MATERIALIZED.match(sql):
        # A view is as fresh as one that has just been refreshed.
        words = _Words(_MATERIALIZED.sub(r"\1", sql))
        text = _MATERIALIZED.sub(r"\1", sql)
        return _without(text, words, _clauses(words, _start_of_query(words)))
    return sql


def _name_temporary(sql: str) -> str:
    """Quote names like #t, and make a table of such a name temporary."""
    parts = list(tokenize(sql))
    out: list[str] = []
    skip = False
    for i, token in enumerate(parts):
        if skip:
            skip = False
            continue
        follows = parts[i + 1] if i + 1 < len(parts) else None
        before = parts[i - 1].kind if i else "space"
        if (
            token.text == "#"
            and follows is not None
            and follows.kind == "word"
            and before in ("space", "comment", "symbol")
        ):
            out.append(quoted("#" + follows.text.lower()))
            skip = True
        else:
            out.append(token.text)
    text = _CREATE_NUMBER_SIGN.sub(r"\1 TEMP\2", "".join(out))
    return _INTO_NUMBER_SIGN.sub(r"\1 TEMP\2", text) if _QUERY.match(text) else text


def _create(sql: str) -> Rewritten:
    """Rewrite CREATE TABLE: clauses, collations and IDENTITY."""
    words = _Words(sql)
    end = _start_of_query(words)
    spans = _clauses(words, end)
    replaced: dict[int, str] = {}
    before: list[str] = []
    for at in range(3, end):
        if words.word(at) == "collate" and words.word(at + 1).startswith("case_"):
            spans.append((at, at + 2))
            replaced[at] = "COLLATE NOCASE" if "insens" in words.word(at + 1) else ""
    for span, statement, default in _identities(sql, words, end):
        spans.append(span)
        replaced[span[0]] = default
        before.append(statement)
    return Rewritten(_without(sql, words, spans, replaced), tuple(before))


def _start_of_query(words: _Words) -> int:
    """Return the place of the AS that begins the query of CREATE TABLE AS, or the end."""
    depth = 0
    for i in range(len(words.tokens)):
        depth += {"(": 1, ")": -1}.get(words.word(i), 0)
        if depth == 0 and words.word(i) == "as":
            return i
    return len(words.tokens)


def _clauses(words: _Words, end: int) -> list[tuple[int, int]]:
    """Find the clauses to leave out, as half-open ranges of tokens."""
    spans: list[tuple[int, int]] = []
    i = 3  # behind CREATE TABLE name: a table may be called like a clause
    while i < end:
        word, after = words.word(i), i + 1
        last = words.tokens[i - 1].text
        if word == "auto" and words.word(i + 1) == "refresh":
            after = i + 3
        elif word in ("diststyle", "encode", "backup"):
            # A column may be called so; then it begins its definition.
            after = i + 2 if last not in "(," else i
        elif word in ("compound", "interleaved") and words.word(i + 1) == "sortkey":
            after = words.behind_parenthesis(i + 2)
        elif word in ("distkey", "sortkey") and last not in "(,":
            after = words.behind_parenthesis(i + 1)
            after += after == i + 1 and words.word(after) in ("auto", "none")
        elif word == "(" and words.word(i + 1) == "max" and words.word(i - 1) in _TYPES_OF_TEXT:
            after = i + 3
        else:
            after = i
        if after > i:
            spans.append((i, after))
        i = max(after, i + 1)
    return spans


_SERIALS = {"serial": "INTEGER", "serial4": "INTEGER", "bigserial": "BIGINT", "serial8": "BIGINT",
            "smallserial": "SMALLINT", "serial2": "SMALLINT"}  # fmt: skip


def _identities(sql: str, words: _Words, end: int) -> Iterator[tuple[tuple[int, int], str, str]]:
    """Yield of each IDENTITY or SERIAL its tokens, the sequence it needs, and its default."""
    count = 0
    for i in range(3, end):
        if words.tokens[i - 1].text in "(,":
            continue
        word = words.word(i)
        if word in _SERIALS:
            count += 1
            make, use = _sequence(sql, words, count, "1", "1")
            yield (i, i + 1), make, f"{_SERIALS[word]} {use}"
        if word != "identity":
            continue
        start = i
        while words.word(start - 1) in ("as", "default", "by", "always", "generated"):
            start -= 1
        after = words.behind_parenthesis(i + 1)
        first, step = _numbers([words.word(k) for k in range(i + 2, after - 1)])
        own = "default" not in (words.word(k) for k in range(start, i))
        count += 1
        make, use = _sequence(sql, words, count, first, step, ALWAYS if own else _BY_DEFAULT)
        yield (start, after), make, use


def _numbers(options: list[str]) -> tuple[str, str]:
    """Return the first value of an identity and its step, as Redshift or PostgreSQL writes them."""
    found = {"start": "1", "increment": "1"}
    if "," in options:
        text = "".join(options).split(",")
        found = dict(zip(found, text, strict=False))
    else:
        for at, word in enumerate(options):
            if word in found:
                behind = at + 1 + (options[at + 1 : at + 2] in (["with"], ["by"]))
                found[word] = "".join(options[behind : behind + 1 + (options[behind] == "-")])
            elif word in ("minvalue", "maxvalue", "cycle") and options[at - 1] != "no":
                raise WarehouseError(f"{word.upper()} of an identity column is not supported")
    return found["start"], found["increment"]


def _sequence(
    sql: str, words: _Words, place: int, start: str, step: str, prefix: str = _SERIAL
) -> tuple[str, str]:
    """Return the statement that makes a sequence of a table, and the default that uses it.

    The sequences of a table are told apart by their ``place``, from 1.
    """
    first = next(k for k in range(5) if words.word(k) == "table") + 1
    while words.word(first) in ("if", "not", "exists"):
        first += 1
    table = sql[words.tokens[first].start : words.tokens[_name_end(words, first)].start].strip()
    number = f" ({place})" if place > 1 else ""
    name = quoted(prefix + table.replace('"', "").lower() + number)
    temporary = "TEMP " if _is_temporary(words) else ""
    keep = "IF NOT EXISTS " if any(words.word(k) == "exists" for k in range(first)) else ""
    replace = "" if keep or temporary else "OR REPLACE "
    statement = f"CREATE {replace}{temporary}SEQUENCE {keep}{name} START {start} INCREMENT {step}"
    if int(start) < 1 <= int(step):
        statement += f" MINVALUE {start}"
    return statement, f"DEFAULT nextval({literal(name)})"


def _is_temporary(words: _Words) -> bool:
    return any(words.word(k) in ("temp", "temporary") for k in range(1, 4))


def _name_end(words: _Words, at: int) -> int:
    """Return the place of the token behind a dotted name; the last token if there is none."""
    at += 1
    while words.word(at) == "." and at + 2 < len(words.tokens):
        at += 2
    return min(at, len(words.tokens) - 1)


def _without(
    sql: str,
    words: _Words,
    spans: list[tuple[int, int]],
    replaced: dict[int, str] | None = None,
) -> str:
    """Remove ranges of tokens from the text, or replace them."""
    out, last = "", 0
    for start, after in sorted(spans):
        first: Token = words.tokens[start]
        out += sql[last : first.start] + (replaced or {}).get(start, "")
        last = words.tokens[after - 1].end
    return out + sql[last:]
