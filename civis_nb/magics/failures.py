"""Errors as a cell shows them: the message, the place in the cell, what to do; no traceback.

The exceptions stay ordinary ones, so that Run All stops and every notebook runner sees the
failure. Only how IPython draws them is replaced, by ``_render_traceback_``.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from civis_nb import config
from civis_nb._tracebacks import lines_or_full_traceback
from civis_nb._wire_text import masked_url
from civis_nb.display.html import visible
from civis_nb.display.text import cut, run_ids, width
from civis_nb.errors import CivisError, CivisJobFailure, CivisSQLError
from civis_nb.futures.failures import sql_position
from civis_nb.magics.sql.binding import Bound
from civis_nb.near_names import nearest
from civis_nb.sql_text import only_place, tokenize

__all__ = [
    "CellPlace", "Origin", "errors_without_traceback", "message_of", "place_in_cell", "sql_failure",
    "without_traceback",
]  # fmt: skip

_MAX_LINES = 15
_LINE_CHARS = 160
_MESSAGE_LINES = 7
_KEYWORD_CHARS = 20
_KEYWORDS = tuple(
    re.findall(
        r"\w+",
        """
        SELECT FROM WHERE GROUP ORDER HAVING LIMIT OFFSET JOIN INNER LEFT RIGHT FULL OUTER CROSS
        ON USING UNION EXCEPT INTERSECT DISTINCT CASE WHEN THEN ELSE END INSERT INTO VALUES UPDATE
        SET DELETE CREATE TABLE VIEW DROP ALTER WITH AS AND OR NOT IN BETWEEN LIKE ILIKE IS NULL
        OVER PARTITION BY ASC DESC CAST
        """,
    )
)
_NAME = r"([^\W\d]\w*)"
_OF_OTHERS = re.compile(rf"(?<!\w)(?:\$?\{{{_NAME}\}}|\${_NAME}|@{_NAME}|%\({_NAME}\)s)")
#: The first of these words tells whether a message is about a whole name or a part of it.
_SAID_OF = re.compile(
    r"\b(?P<whole>relation|function|type|column|table)\b|schema|FROM-clause|reference",
    re.IGNORECASE,
)
_NAMED = ("word", "quoted")
_LINE = re.compile(r"^[ \t]*LINE \d+:")


@dataclass(frozen=True)
class Origin:
    """Where the SQL of a magic begins.

    Attributes
    ----------
    line, column
        In the cell, both from 1; None where nobody knows.
    where
        What the lines are counted in.
    """

    line: int | None = None
    column: int = 1
    where: str = "the cell"

    @classmethod
    def find(cls, cell: str | None, sql: str, behind_first_line: bool) -> Origin:
        """Find the SQL in the cell's text.

        Parameters
        ----------
        cell
            The whole cell as it was written, where it is known.
        sql
            The SQL that the magic received.
        behind_first_line
            Whether it came as the body of a cell magic.
        """
        text, body = (cell or "").rstrip("\n"), sql.rstrip("\n")
        if behind_first_line:
            if text.endswith("\n" + body):
                return cls(text[: len(text) - len(body)].count("\n") + 1)
            return cls(2)
        if text.count(body) != 1:
            return cls()
        before = text[: text.index(body)]
        return cls(before.count("\n") + 1, len(before) - before.rfind("\n"))

    @property
    def is_in_cell(self) -> bool:
        """Whether its lines are known to be those of the cell."""
        return self.line is not None and self.where == "the cell"

    def place(self, line: int, column: int) -> tuple[int, int]:
        """Return the line and column in the cell for those in the SQL."""
        first = self.line if self.line is not None else 1
        return line + first - 1, column + (self.column - 1 if line == 1 else 0)


@dataclass(frozen=True)
class CellPlace:
    """Where in its cell a statement failed, for front ends that mark it there.

    Attributes
    ----------
    line, column
        Both from 1; the column counts characters.
    length
        How many characters the word has that is wrong.
    message
        What to show there.
    """

    line: int
    column: int
    length: int
    message: str


def place_in_cell(error: BaseException) -> CellPlace | None:
    """Return where in its cell a statement failed; None where nobody knows."""
    found = error.__dict__.get("_place_in_cell")
    return found if isinstance(found, CellPlace) else None


def sql_failure(
    error: CivisJobFailure,
    bound: Bound,
    origin: Origin,
    url: str | None,
    hint: str | None = None,
) -> CivisError:
    """Return the error of a statement with its place in the cell, as the cell shows it.

    Parameters
    ----------
    error
        What the run ended with; its line and column, if any, are those of ``bound.sql``.
    bound
        The SQL that was sent, and the SQL that the user wrote.
    origin
        Where the user's SQL begins in the cell.
    url
        Where the platform shows the run.
    hint
        What to do, where the caller knows.
    """
    text = masked_url(str(error.platform_message))
    offset = _place_in_source(error, bound, text)
    place, excerpt, words, length = None, [], [], 0
    if offset is not None:
        offset, end = _span(bound.source, offset, text)
        length = end - offset
        source_line = bound.source.count("\n", 0, offset) + 1
        source_column = offset - bound.source.rfind("\n", 0, offset)
        place = origin.place(source_line, source_column)
        excerpt = _excerpt(bound.source, source_line, source_column, place[0], length)
        # A misspelt keyword is often taken for a name, and the word behind it is refused.
        words = re.findall(r"^\w+", bound.source[offset:])
        # No keyword is longer; a search for the end of all that is before takes the square of it.
        words += re.findall(r"\w+$", bound.source[:offset].rstrip()[-_KEYWORD_CHARS:])
    message = _message_lines(text)
    lines = [f"{CivisSQLError.__name__}: {message[0]}", *message[1:]]
    if place is not None:
        where = f"of {origin.where}" if origin.line is not None else "of the statement"
        lines += ["", *excerpt, f"line {place[0]}, column {place[1]} {where}"]
    hint = hint or _keyword_hint(text, words) or _python_hint(bound.source)
    if hint:
        lines.append(hint)
    lines += _run_line(error, url)
    found = CivisSQLError(
        text,
        error.response,
        error.job_id,
        error.run_id,
        line=place[0] if place else None,
        column=place[1] if place else None,
    )
    if offset is not None and place is not None and origin.is_in_cell:
        text = "\n".join([*message, *([hint] if hint else [])])
        found.__dict__["_place_in_cell"] = CellPlace(*place, length, text)
    return without_traceback(found, lines)


def _span(sql: str, offset: int, message: str) -> tuple[int, int]:
    """Return where on its line the token at a place begins and ends; at a line's end, nothing.

    What is said of a relation, a function or a column is said of its whole name, ``schema.table``.
    """
    tokens = list(tokenize(sql))
    at = next((i for i, token in enumerate(tokens) if token.start <= offset < token.end), None)
    if at is None or tokens[at].kind in ("space", "comment"):
        return offset, offset
    first, last = offset, tokens[at].end
    said = _SAID_OF.search(message)
    if said is not None and said["whole"] and tokens[at].kind in ("word", "quoted"):
        code = [token for token in tokens if token.kind not in ("space", "comment")]
        begin = end = code.index(tokens[at])
        while begin > 1 and code[begin - 1].text == "." and code[begin - 2].kind in _NAMED:
            begin -= 2
        while end + 2 < len(code) and code[end + 1].text == "." and code[end + 2].kind in _NAMED:
            end += 2
        first, last = code[begin].start, code[end].end
    line_end = sql.find("\n", first)
    return first, last if line_end < 0 else min(last, line_end)


def _place_in_source(error: CivisJobFailure, bound: Bound, text: str) -> int | None:
    """Return where in the user's SQL the error is; None when nobody knows."""
    line, column = sql_position(text, bound.sql)
    if line is None:
        line, column = getattr(error, "line", None), getattr(error, "column", None)
    if line is not None:
        sent = _offset(bound.sql, line, column or 1)
        if bound.is_inserted(sent):
            return None
        return _at_named_word(bound.source, bound.source_offset(sent), text)
    word = _named_word(text)
    return None if word is None else only_place(bound.source, word)


def _offset(sql: str, line: int, column: int) -> int:
    starts = [0, *(match.end() for match in re.finditer("\n", sql))]
    return min(starts[min(line, len(starts)) - 1] + column - 1, len(sql))


def _at_named_word(source: str, offset: int, message: str) -> int:
    """Return where on the line of `offset` the word stands that the message complains of.

    Databases miscount columns behind empty lines, tabs and wide characters; the word is surer,
    where it stands there only once.
    """
    word = _named_word(message)
    if word is None:
        return offset
    start = source.rfind("\n", 0, offset) + 1
    end = source.find("\n", start)
    line = source[start : end if end >= 0 else len(source)]
    found = [match.start() for match in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", line)]
    return start + found[0] if len(found) == 1 else offset


def _named_word(message: str) -> str | None:
    """Return the word that the first line of a message complains of."""
    first = message.split("\n", 1)[0]
    named = re.search(r"\"([^\"]+)\"|\bname (\w+) does not exist", first)
    return (named.group(1) or named.group(2)) if named else None


def _message_lines(text: str) -> list[str]:
    """Return the message without the database's own excerpt, which shows the SQL that was sent."""
    kept: list[str] = []
    below_excerpt = False
    for line in visible(text.strip()).split("\n"):
        is_caret = below_excerpt and not line.strip(" ^~")
        below_excerpt = bool(_LINE.match(line))
        if not below_excerpt and not is_caret and line.strip():
            kept.append(cut(line.rstrip(), _LINE_CHARS))
    if len(kept) > _MESSAGE_LINES:
        kept = [*kept[: _MESSAGE_LINES - 1], "…"]
    return kept or ["the database gave no message"]


def _excerpt(source: str, line: int, column: int, shown_line: int, length: int) -> list[str]:
    """Return the line with the error, and carets below so many characters of it.

    Of a long line only what is around it is shown.
    """
    text = source.split("\n")[line - 1].rstrip("\r").replace("\t", " ")
    begin = max(column - 61, 0) if len(text) > 100 else 0
    part = text[begin : begin + 100]
    before, behind = part[: column - 1 - begin], part[column - 1 - begin :]
    carets = "^" * max(width(visible(behind[:length])), 1)
    number = f"{shown_line:>4} | "
    return [number + visible(part), " " * (len(number) + width(visible(before))) + carets]


def _keyword_hint(message: str, words: list[str]) -> str | None:
    """Return a hint where a word of a syntax error is nearly a keyword."""
    if "syntax error" not in message.lower():
        return None
    for word in words:
        near = nearest(word, _KEYWORDS, 1, cutoff=0.7)
        if near and word.upper() not in _KEYWORDS:
            return f"Did you mean {near[0]}?"
    return None


def _python_hint(source: str) -> str | None:
    """Return what to write for ``{x}``, ``$x``, ``@x`` and ``%(x)s``, which other tools expand."""
    code = "".join(
        " " if token.kind in ("string", "dollar", "quoted", "comment") else token.text
        for token in tokenize(source)
    )
    found = _OF_OTHERS.search(code)
    if found is None:
        return None
    name = next(filter(None, found.groups()))
    return f"{found[0]} is sent as it is. :{name} binds the value of {name}; --ident {name} names."


def _run_line(error: CivisJobFailure, url: str | None) -> list[str]:
    """Return a line with the ids of the run and its page; none where neither is known."""
    ids = run_ids(error.job_id, error.run_id, is_workflow=error.is_workflow)
    line = ", ".join(filter(None, [ids, masked_url(url)])) if url else ids.capitalize()
    return [line] if line else []


def message_of(error: BaseException) -> str:
    """Return what an error says, in the words of the platform where it has some."""
    message = getattr(error, "platform_message", None) or getattr(error, "error_message", None)
    return str(message or error or type(error).__name__)


_E = TypeVar("_E", bound=BaseException)


def without_traceback(error: _E, lines: list[str] | None = None) -> _E:
    """Return the exception, which IPython then shows as these lines: 15 at most, no traceback.

    ``%tb`` shows the traceback.

    Parameters
    ----------
    error
        The exception.
    lines
        What to show; None: its name and message.

    With the setting ``traceback`` at full the exception stays as it is.
    """
    if config.get("traceback") == "full":
        return error
    if lines is None:
        lines = f"{type(error).__name__}: {visible(str(error))}".split("\n")
    if len(lines) > _MAX_LINES:
        lines = [*lines[: _MAX_LINES - 1], "…"]
    error.__dict__["_render_traceback_"] = functools.partial(lines_or_full_traceback, tuple(lines))
    return error


@contextlib.contextmanager
def errors_without_traceback() -> Iterator[None]:
    """Show our own errors in IPython without a traceback; others are bugs and keep theirs."""
    try:
        yield
    except CivisError as error:
        if "_render_traceback_" not in error.__dict__:
            without_traceback(error)
        raise
