"""SQL as its formatter sees it: names, operators and templates in one piece, comments beside them.

Together the pieces have every character of the text that is not blank.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from civis_nb.sql_text import Token, tokenize

__all__ = ["Comment", "Lexeme", "UnreadableError", "code_and_comments", "lexemes", "pairs"]

_CLOSES: Final = {")": "(", "]": "[", "}": "{"}
_OPERATOR: Final = frozenset("+-*/<>=~!@#%^&|?")
#: An operator ends in + or - only if it holds one of these, as in PostgreSQL: ``=-1`` is two.
_LETS_SIGN_END: Final = frozenset("~!@#%^&|?")
_TEMPLATE_ENDS: Final = {"{{": "}}", "{%": "%}", "{#": "#}"}
#: What stands before a string and belongs to it.
_PREFIX: Final = re.compile(r"(?i:[bnxe]|u&|_\w+)")
_EXPONENT: Final = re.compile(r"(?:\d[\d.]*|\.\d+)[eE]")


class UnreadableError(ValueError):
    """A text of which nobody can tell what is code: quotes or brackets are not closed."""


@dataclass(frozen=True)
class Comment:
    """A comment, where it began, and whether a blank line was before it."""

    text: str
    start: int
    blank_before: bool = False

    @property
    def ends_line(self) -> bool:
        """Whether nothing may follow on its line."""
        return self.text.startswith("--") or "\n" in self.text


@dataclass
class Lexeme:
    """A piece of code.

    Attributes
    ----------
    text
        As it was written.
    kind
        ``word``, ``name`` (quoted or with dots), ``value``, ``operator``, ``template``, or the
        sign itself: one of ``( ) [ ] { } , ; :``.
    tight
        Whether it stood right behind the piece before it.
    start
        Where it begins.
    blank_before
        Whether a blank line was before it, and before its comments.
    above
        The comments on lines of their own before it.
    behind
        The comments behind it on its line.
    """

    text: str
    kind: str
    tight: bool
    start: int
    blank_before: bool = False
    above: list[Comment] = field(default_factory=list)
    behind: list[Comment] = field(default_factory=list)

    @property
    def word(self) -> str:
        """The word in lower case; empty for all that is none."""
        return self.text.lower() if self.kind == "word" else ""


def lexemes(sql: str, backslashes: bool) -> tuple[list[Lexeme], list[Comment]]:
    """Return the code of SQL with its comments, and the comments behind all code.

    Parameters
    ----------
    sql
        The text, which may hold several statements.
    backslashes
        As for `civis_nb.sql_text.tokenize`.

    Raises
    ------
    UnreadableError
        When a quote or a comment is not closed.
    """
    found: list[Lexeme] = []
    above: list[Comment] = []
    newlines, tight = 2, False
    for token in _merged(sql, backslashes):
        if token.kind == "space":
            newlines, tight = newlines + token.text.count("\n"), False
            continue
        if token.kind == "comment":
            text = token.text.rstrip()
            if newlines or above or not found or any(c.ends_line for c in found[-1].behind):
                above.append(Comment(text, token.start, newlines > 1))
            else:
                found[-1].behind.append(Comment(text, token.start))
        else:
            lexeme = Lexeme(token.text, token.kind, tight and not above, token.start, newlines > 1)
            _take_comments(lexeme, found, above)
            found.append(lexeme)
            above = [] if lexeme.kind not in (",", ";") else above
        newlines, tight = 0, token.kind != "comment"
    return found, above


def _take_comments(lexeme: Lexeme, before: list[Lexeme], above: list[Comment]) -> None:
    """Put comments beside a piece of code: a comma and a semicolon go before them.

    What is above a comma then stands above what follows it.
    """
    if lexeme.kind not in (",", ";") or not before or before[-1].kind == ";":
        lexeme.above = list(above)
        above.clear()
        return
    lexeme.behind, before[-1].behind = before[-1].behind, []
    lexeme.blank_before = False


def pairs(sql: str, lexemes: Sequence[Lexeme]) -> dict[int, int]:
    """Return the index of the end of each bracket and CASE.

    Raises
    ------
    UnreadableError
        When brackets do not match.
    """
    found: dict[int, int] = {}
    opened: list[int] = []
    for at, lexeme in enumerate(lexemes):
        if lexeme.kind in ("(", "[", "{") or lexeme.word == "case":
            opened.append(at)
        elif lexeme.kind in _CLOSES:
            while opened and lexemes[opened[-1]].word == "case":
                opened.pop()
            if not opened or lexemes[opened[-1]].kind != _CLOSES[lexeme.kind]:
                raise UnreadableError(f"{_place(sql, lexeme)} closes nothing")
            found[opened.pop()] = at
        elif lexeme.word == "end" and opened and lexemes[opened[-1]].word == "case":
            found[opened.pop()] = at
        elif lexeme.kind == ";":
            while opened and lexemes[opened[-1]].word == "case":
                opened.pop()
            if opened:
                break
    still_open = next((at for at in reversed(opened) if lexemes[at].word != "case"), None)
    if still_open is not None:
        raise UnreadableError(f"{_place(sql, lexemes[still_open])} is not closed")
    return found


def _place(sql: str, lexeme: Lexeme) -> str:
    return f"the {lexeme.text} on line {sql.count(chr(10), 0, lexeme.start) + 1} of the SQL"


def code_and_comments(sql: str, backslashes: bool) -> list[str]:
    """Return what formatting must not change: the pieces of code, then the comments."""
    code, comments = [], []
    for token in _merged(sql, backslashes):
        if token.kind == "comment":
            comments.append("\n".join(line.strip() for line in token.text.split("\n")))
        elif token.kind != "space":
            code.append(token.text.lower() if token.kind == "word" else token.text)
    return code + comments


def _merged(sql: str, backslashes: bool) -> Iterator[Token]:
    """Return tokens, those joined that are one piece to a formatter."""
    tokens = list(_with_templates(sql, backslashes))
    at = 0
    while at < len(tokens):
        first = tokens[at]
        end = at + 1
        kind = _kind(first)
        if _is_named_parameter(tokens, at):
            kind, end = "value", at + 5
        elif kind == "operator":
            while end < len(tokens) and tokens[end].text in _OPERATOR:
                end += 1
            end = _without_sign(tokens, at, end)
        elif first.text == ":" and _text(tokens, end) in (":", "="):
            kind, end = "cast" if tokens[end].text == ":" else "operator", end + 1
        elif _begins_value(tokens, at):
            kind, end = "value", end + 1
        elif kind in ("word", "name", "template"):
            while _text(tokens, end) == "." and (
                _is(tokens, end + 1, "word", "quoted", "template") or _text(tokens, end + 1) == "*"
            ):
                kind, end = "name", end + 2
        text = "".join(token.text for token in tokens[at:end])
        if (
            kind == "value"
            and _EXPONENT.fullmatch(text)
            and _text(tokens, end) in ("+", "-")
            and _is(tokens, end + 1, "number")
        ):
            text, end = text + tokens[end].text + tokens[end + 1].text, end + 2
        yield Token(kind, text, first.start)
        at = end


def _begins_value(tokens: list[Token], at: int) -> bool:
    """Return whether a sign or prefix and what is behind it are one value: ``:x``, ``.5``."""
    first, behind = tokens[at], tokens[at + 1].kind if at + 1 < len(tokens) else ""
    return (
        (first.text == ":" and behind == "word")
        or (first.text in ("$", "@") and behind in ("number", "word"))
        or (first.text == "." and behind == "number")
        or (first.kind == "word" and behind == "string" and bool(_PREFIX.fullmatch(first.text)))
    )


def _is_named_parameter(tokens: list[Token], at: int) -> bool:
    """Return whether a parameter as Python's drivers write it begins here: ``%(name)s``."""
    return [token.text for token in (*tokens[at : at + 2], *tokens[at + 3 : at + 5])] == [
        "%",
        "(",
        ")",
        "s",
    ] and tokens[at + 2].kind == "word"


def _kind(token: Token) -> str:
    if token.kind in ("string", "dollar", "number"):
        return "value"
    if token.kind == "quoted":
        return "name"
    if token.kind == "symbol":
        return "operator" if token.text in _OPERATOR else token.text
    return ";" if token.kind == "semicolon" else token.kind


def _text(tokens: list[Token], at: int) -> str:
    return tokens[at].text if at < len(tokens) else ""


def _is(tokens: list[Token], at: int, *kinds: str) -> bool:
    return at < len(tokens) and tokens[at].kind in kinds


def _without_sign(tokens: list[Token], start: int, end: int) -> int:
    """Return the end of an operator, whose last + or - may be the sign of what follows."""
    while (
        end - start > 1
        and tokens[end - 1].text in ("+", "-")
        and not any(token.text in _LETS_SIGN_END for token in tokens[start : end - 1])
    ):
        end -= 1
    return end


def _with_templates(sql: str, backslashes: bool) -> Iterator[Token]:
    """Return the tokens of SQL, each Jinja expression or block as one.

    Raises
    ------
    UnreadableError
        When something is not closed.
    """
    begin = 0
    while begin < len(sql):
        for token in tokenize(sql[begin:], backslashes):
            start = begin + token.start
            ends_with = _TEMPLATE_ENDS.get(sql[start : start + 2]) if token.text == "{" else None
            if ends_with is not None:
                end = sql.find(ends_with, start + 2)
                if end < 0:
                    raise UnreadableError(_unclosed(sql, start, "a template"))
                begin = end + 2
                yield Token("template", sql[start:begin], start)
                break
            if token.kind == "comment" and token.text.startswith("/*"):
                if token.text.count("/*") > token.text.count("*/"):
                    raise UnreadableError(_unclosed(sql, start, "a comment"))
            elif not token.closed:
                raise UnreadableError(_unclosed(sql, start, "a quote"))
            yield token._replace(start=start)
        else:
            return


def _unclosed(sql: str, start: int, what: str) -> str:
    line = sql.count("\n", 0, start) + 1
    return f"{what} that begins on line {line} of the SQL is not closed"
