"""The words of a magic's line, and what they are read as."""

from __future__ import annotations

import csv
import keyword
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from civis_nb.errors import CivisInputError, CivisMagicError
from civis_nb.frames.chart_data import CHART_KINDS
from civis_nb.near_names import nearest
from civis_nb.table_names import split_schema_tablename

__all__ = [
    "LANGUAGES",
    "TIMES",
    "Token",
    "Variable",
    "age",
    "chart",
    "identifier",
    "parameter",
    "pattern",
    "positive",
    "seconds",
    "statement_name",
    "table",
    "text",
    "tokens",
    "unit_behind",
    "variable",
    "word",
]

#: The languages of a cell of ``%%civis_run``.
LANGUAGES: Final = ("python", "r", "sql", "shell")


@dataclass(frozen=True)
class Token:
    """A word of the magic's line.

    Attributes
    ----------
    text
        The word without its quotes.
    raw
        The word as it was written.
    start
        Where it starts in the line.
    """

    text: str
    raw: str
    start: int


class Variable(str):
    """``$name`` or ``{expression}`` without quotes: stands for the value of a variable."""

    __slots__ = ()


def tokens(line: str, start: int = 0) -> Iterator[Token]:
    r"""Return the words of a line, one by one; quotes hold a word together and are taken off.

    In double quotes ``\"`` and ``\\`` stand for ``"`` and ``\``. Elsewhere a backslash is itself.

    Raises
    ------
    CivisMagicError
        When a quote is not closed.

    Examples
    --------
    >>> [token.text for token in tokens("-d 'My DB' x=\"a b\"")]
    ['-d', 'My DB', 'x=a b']
    """
    at = start
    while True:
        while at < len(line) and line[at].isspace():
            at += 1
        if at == len(line):
            return
        begin, text = at, []
        while at < len(line) and not line[at].isspace():
            if line[at] in "'\"":
                piece, at = _quoted(line, at)
                text.append(piece)
            else:
                text.append(line[at])
                at += 1
        yield Token("".join(text), line[begin:at], begin)


def _quoted(line: str, at: int) -> tuple[str, int]:
    """Return the text between quotes, and where it ends."""
    quote, text = line[at], []
    at += 1
    while at < len(line) and line[at] != quote:
        if quote == '"' and line[at] == "\\" and line[at + 1 : at + 2] in ('"', "\\"):
            at += 1
        text.append(line[at])
        at += 1
    if at == len(line):
        raise CivisMagicError(f"The quote {quote} is not closed in: {line.strip()}")
    return "".join(text), at + 1


def positive(token: Token) -> int:
    """Read a whole number of at least 1."""
    if not re.fullmatch(r"\d+", token.text) or int(token.text) < 1:
        raise ValueError("a whole number of at least 1")
    return int(token.text)


def seconds(token: Token) -> float:
    """Read a number of seconds greater than 0."""
    try:
        number = float(token.text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ValueError("a number of seconds greater than 0")
    return number


def age(token: Token) -> float:
    """Read a length of time such as ``90``, ``15m``, ``2h`` or ``1d``; return seconds.

    Examples
    --------
    >>> [age(next(tokens(text))) for text in ("90", "15m", "2h", "1d")]
    [90.0, 900.0, 7200.0, 86400.0]
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(s|m|h|d)?", token.text)
    value = float(found[1]) * _UNITS_S[found[2] or "s"] if found else 0.0
    if not 0 < value < float("inf"):
        raise ValueError("a time such as 90 (seconds), 15m, 2h or 1d")
    return value


_UNITS_S = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
#: What takes a time -> how that is written.
TIMES: Final[dict[Callable[[Token], Any], str]] = {
    seconds: "a number of seconds, such as 90",
    age: "one word, such as 90 (seconds), 15m, 2h or 1d",
}
_UNIT = re.compile(
    r"(?i)\s+(ms|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)(?=\s|$)"
)


def unit_behind(line: str, at: int) -> str | None:
    """Return the unit of time that is the next word of a line; None for any other word.

    Examples
    --------
    >>> unit_behind("--cache 10 minutes df", 10)
    'minutes'
    """
    found = _UNIT.match(line, at)
    return found[1] if found else None


def table(token: Token) -> str:
    """Read the name of a table with its schema."""
    try:
        schema, _ = split_schema_tablename(token.text)
    except CivisInputError:
        schema = None
    if schema is None:
        raise ValueError("a table as SCHEMA.TABLE")
    return token.text


def pattern(token: Token) -> re.Pattern[str]:
    """Read a regular expression; upper and lower case count as one."""
    try:
        return re.compile(token.text, re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"a regular expression ({error})") from None


def identifier(token: Token) -> tuple[str, str | None]:
    """Read ``NAME`` or ``NAME=TEXT``.

    Examples
    --------
    >>> identifier(next(tokens("t=public.people"))), identifier(next(tokens("t")))
    (('t', 'public.people'), ('t', None))
    """
    name, equals, text = token.text.partition("=")
    if not name.isidentifier() or (equals and not text.strip()):
        raise ValueError("NAME or NAME=TEXT")
    return name, text if equals else None


def variable(token: Token) -> str:
    """Read the name of a Python variable."""
    if not token.text.isidentifier() or keyword.iskeyword(token.text):
        bare = ", without $ or braces" if token.raw[:1] in ("$", "{") else ""
        raise ValueError(f"the name of a variable{bare}")
    return token.text


def statement_name(token: Token) -> str:
    """Read the name of a saved statement: that of the common table expression it becomes."""
    if not token.text.isidentifier() or keyword.iskeyword(token.text):
        raise ValueError("one word of letters, digits and _, such as recent_orders")
    return token.text


def parameter(token: Token) -> tuple[str, Any]:
    """Read ``K=V``; V is a number, True, False or None where it reads so unquoted, else text.

    ``$name`` and ``{expression}`` are a `Variable` where they stand unquoted.

    Examples
    --------
    >>> [parameter(next(tokens(text))) for text in ("n=5", "zip=00501", "code='5'", "x=1.10")]
    [('n', 5), ('zip', '00501'), ('code', '5'), ('x', Decimal('1.10'))]
    """
    name, equals, value = token.text.partition("=")
    if not equals or not name.isidentifier():
        raise ValueError("NAME=VALUE")
    unquoted = token.raw.partition("=")[2] == value
    if unquoted and re.fullmatch(r"-?(0|[1-9]\d*)", value):
        return name, int(value)
    if unquoted and re.fullmatch(r"-?(0|[1-9]\d*)\.\d+", value):
        return name, Decimal(value)
    if unquoted and re.fullmatch(r"\$[^\W\d]\w*|\{[^\W\d].*\}", value):
        return name, Variable(value)
    words = {"True": True, "False": False, "None": None}
    return name, words[value] if unquoted and value in words else value


def chart(token: Token) -> tuple[str, ...]:
    r"""Read ``KIND:X[,Y]``; a name with a comma stands in double quotes.

    Examples
    --------
    >>> chart(next(tokens("bar:vote,n"))), chart(next(tokens("'hist:\"a,b\"'")))
    (('bar', 'vote', 'n'), ('hist', 'a,b'))
    """
    kind, _, names = token.text.partition(":")
    columns = next(csv.reader([names], skipinitialspace=True), [])
    if kind not in CHART_KINDS or not 1 <= len(columns) <= 2 or not all(columns):
        near = nearest(kind, CHART_KINDS, 1)
        hint = f" (did you mean {near[0]}?)" if near and kind not in CHART_KINDS else ""
        raise ValueError(f"KIND:X or KIND:X,Y, where KIND is one of {', '.join(CHART_KINDS)}{hint}")
    if kind == "hist" and len(columns) > 1:
        raise ValueError("hist:X, with one column")
    return (kind, *columns)


def word(token: Token) -> Token:
    """Return the word itself, which knows whether it was quoted."""
    return token


def text(token: Token) -> str:
    """Return the word without its quotes."""
    return token.text
