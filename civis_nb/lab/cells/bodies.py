"""Bodies of functions and procedures in ``$$``: what of them a place sees.

In PL/pgSQL, statements also begin behind words: THEN, LOOP, BEGIN.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from civis_nb.lab.cells.groups import (
    Group,
    grouped,
    is_name,
    plain_name,
    statement_tokens,
    word_of,
)
from civis_nb.sql_text import Token, tokenize

__all__ = ["BEGINNINGS", "Part", "code_at"]

#: How statements of PL/pgSQL begin, besides those of SQL.
BEGINNINGS: Final = (
    "select", "insert into", "update", "delete from", "if", "for", "while", "loop", "return",
    "raise", "perform", "execute", "call", "end if", "end loop", "end", "elsif", "else",
    "exception", "exit", "continue",
)  # fmt: skip
_MODES: Final = frozenset({"in", "out", "inout", "variadic"})
#: Types of two words, which are no name with a type.
_LONG_TYPES: Final = ("double precision", "character varying", "timestamp with", "time with")
#: With these a statement begins whose THEN begins another one.
_BRANCHES: Final = frozenset({"if", "elsif", "elseif", "when", "case", "exception"})


@dataclass(frozen=True)
class Part:
    """The part of a text that a place in the body of a function is about.

    Attributes
    ----------
    start, end
        Where the statement begins and ends, in the whole text.
    is_procedural
        Whether it is PL/pgSQL, and not SQL alone.
    is_declaration
        Whether it declares a variable.
    variables
        The arguments and variables that it sees, with their types.
    """

    start: int
    end: int
    is_procedural: bool
    is_declaration: bool
    variables: tuple[tuple[str, str], ...]


def code_at(sql: str, offset: int, backslashes: bool) -> Part | None:
    """Return the statement of a function's body at a place; None where the place is in none.

    Parameters
    ----------
    sql
        The text, which may hold several statements.
    offset
        The place, in characters.
    backslashes
        As for `civis_nb.sql_text.tokenize`.

    Examples
    --------
    >>> sql = "create procedure p(n int) as $$ begin delete from t; end $$ language plpgsql"
    >>> part = code_at(sql, 51, backslashes=False)
    >>> sql[part.start : part.end], part.variables
    (' delete from t', (('n', 'int'),))
    """
    if "$" not in sql:
        return None
    outer = list(tokenize(sql, backslashes))
    body = next((one for one in outer if one.kind == "dollar" and _is_within(one, offset)), None)
    if body is None:
        return None
    code = [token for token in outer if token.kind not in ("space", "comment")]
    statement = statement_tokens(code, body.start)
    words = [word_of(token) for token in statement]
    makes = words[:1] == ["create"] and bool({"function", "procedure"} & set(words[:5]))
    if not makes and words[:1] != ["do"]:
        return None
    start = body.start + len(_tag(body))
    end = body.end - len(_tag(body)) if body.closed else body.end
    inner = [
        token._replace(start=start + token.start)
        for token in tokenize(sql[start:end], backslashes)
        if token.kind not in ("space", "comment")
    ]
    has_begin = any(word_of(token) == "begin" for token in inner)
    language = _language(statement) or ("plpgsql" if has_begin or not makes else "sql")
    if language not in ("sql", "plpgsql"):
        return None
    variables = tuple(_arguments(sql, statement, end)) if makes else ()
    if language == "sql":
        return Part(start, end, False, False, variables)
    first, last, is_declaration = _statement(inner, offset, start, end)
    declared = tuple(_declared(sql, [token for token in inner if token.start < first]))
    return Part(first, last, True, is_declaration, (*variables, *declared))


def _tag(body: Token) -> str:
    """Return the mark with which a text in dollar quotes begins and ends."""
    return body.text[: body.text.index("$", 1) + 1]


def _is_within(body: Token, offset: int) -> bool:
    ends = body.end - len(_tag(body)) if body.closed else body.end
    return body.start + len(_tag(body)) <= offset <= ends


def _language(statement: Sequence[Token]) -> str:
    """Return the language that a statement names; empty where it names none."""
    for token, named in pairwise(statement):
        if word_of(token) == "language":
            return named.text.strip("'\"").lower()
    return ""


def _statement(tokens: Sequence[Token], offset: int, start: int, end: int) -> tuple[int, int, bool]:
    """Return where the statement at a place begins and ends, and whether it declares."""
    is_declaration = in_declare = False
    begun: list[str] = []  # the words of the statement
    depth = 0  # of CASE … END in an expression
    for token in tokens:
        # What is being typed at the place is a word that may become another one.
        is_before = token.end < offset or (token.end == offset and not is_name(token))
        word = word_of(token)
        if token.kind == "semicolon":
            if not is_before:
                return start, token.start, is_declaration
            begun, depth, start = [], 0, token.end
            is_declaration = in_declare
            continue
        if word == "case" and begun:
            depth += 1
        elif word == "end" and depth:
            depth -= 1
        elif _divides(word, begun, depth):
            if not is_before:
                if token.start >= offset:
                    return start, token.start, is_declaration
            else:
                in_declare = word == "declare" or (in_declare and word != "begin")
                begun, start = [], token.end
                is_declaration = in_declare
                continue
        begun.append(word)
    return start, end, is_declaration


def _divides(word: str, begun: Sequence[str], depth: int) -> bool:
    """Return whether a statement ends before a word, and another one begins behind it."""
    if word in ("begin", "declare", "loop"):
        return not depth
    if word == "then":
        return not depth and begun[:1] != [] and begun[0] in _BRANCHES
    return word in ("else", "exception") and not begun


def _arguments(sql: str, statement: Sequence[Token], end: int) -> Iterator[tuple[str, str]]:
    """Return the names and types of a function's arguments."""
    parts = grouped(list(statement), end).parts
    group = next((part for part in parts if isinstance(part, Group)), None)
    if group is None:
        return
    one: list[Token | Group] = []
    for part in (*group.parts, None):
        if part is not None and word_of(part) != ",":
            one.append(part)
            continue
        while one and word_of(one[0]) in _MODES:
            del one[0]
        text = sql[one[0].start : one[-1].end] if one else ""
        if len(one) > 1 and not text.lower().startswith(_LONG_TYPES):
            yield from _named(sql, one)
        one = []


def _declared(sql: str, tokens: Sequence[Token]) -> Iterator[tuple[str, str]]:
    """Return the names and types of the variables that are declared in a text."""
    in_declare = False
    one: list[Token | Group] = []
    for token in tokens:
        word = word_of(token)
        if word in ("declare", "begin"):
            in_declare, one = word == "declare", []
        elif token.kind == "semicolon":
            if in_declare:
                yield from _named(sql, one)
            one = []
        else:
            one.append(token)


def _named(sql: str, parts: Sequence[Token | Group]) -> Iterator[tuple[str, str]]:
    """Return a name and what of its type stands behind it."""
    if len(parts) < 2 or not isinstance(name := parts[0], Token) or not is_name(name):
        return
    kind = [part for part in parts[1:] if word_of(part) != "constant"]
    ends = next(
        (at for at, part in enumerate(kind) if word_of(part) in ("default", ":", "=", "not")),
        len(kind),
    )
    if ends:
        last = kind[ends - 1]
        text = sql[kind[0].start : last.end + (1 if isinstance(last, Group) else 0)]
        yield plain_name(name), " ".join(text.split())
