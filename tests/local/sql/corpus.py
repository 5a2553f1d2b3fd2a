"""SQL statements with known answers, and the comparison of a database's answers with them.

A case is one line of ``cases/*.jsonl``, one file a kind:

class
    The kind, which is also the name of the file.
dialect
    ``both``: PostgreSQL and Redshift agree. ``pg``, ``redshift``: only that one.
setup
    Statements that come first; empty for none.
sql
    One statement.
expected
    The rows, every value as PostgreSQL's text or null. ``{"error": TEXT}``: the statement fails;
    the text is for readers, PostgreSQL's message or the reason. ``{"refused": PATTERN}``: it fails,
    and the error's text matches the regular expression. ``{"any": true}``: it runs.
columns
    Where the names of the result's columns matter, those names.
at
    Where the position of a mistake matters, its line and column, counted from 1.
source
    ``postgresql 15``: recorded from a server by `record`. Else the documentation's page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "cases"
RECORDED = "postgresql 15"

# Not 005, .5 and 0.: those are texts that a format made, and are compared as they are.
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$")
_TIME = re.compile(r"^(\d{4,}-\d\d-\d\d \d\d:\d\d:\d\d)(\.\d+)?([+-]\d\d(:\d\d)?)?$")
_SAME_TEXT = {
    "t": "true", "true": "true", "f": "false", "false": "false", "infinity": "inf",
    "-infinity": "-inf", "nan": "nan", "-nan": "nan",
}  # fmt: skip
_CARET = re.compile(r"^(LINE (\d+): )(.*)\n( *)\^", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """One statement with its answer."""

    name: str
    fields: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return str(self.fields["class"])

    @property
    def dialect(self) -> str:
        """The dialect of the platform to run it on: ``postgres`` or ``redshift``."""
        return "postgres" if self.fields["dialect"] == "pg" else "redshift"

    @property
    def recorded(self) -> bool:
        """Whether the answer comes from a PostgreSQL server."""
        return bool(self.fields["source"] == RECORDED)

    @property
    def setup(self) -> str:
        return str(self.fields["setup"])

    @property
    def sql(self) -> str:
        return str(self.fields["sql"])

    @property
    def script(self) -> str:
        """The setup and the statement as one text."""
        return ";\n".join(part for part in (self.setup, self.sql) if part)

    @property
    def changes_database(self) -> bool:
        """Whether it needs a database of its own."""
        words = r"\b(create|insert|alter|drop|set|begin|into|comment|truncate|merge)\b"
        return bool(self.setup or re.search(words, self.sql, re.IGNORECASE))


@dataclass(frozen=True)
class Answer:
    """The answer of a database: rows with the names of their columns, or an error."""

    rows: Sequence[Sequence[object]] = ()
    columns: Sequence[str] = ()
    error: str | None = None


def load(folder: Path = FOLDER) -> list[Case]:
    """Return all cases, in the order of the files and their lines."""
    return [
        Case(f"{path.stem}-{number}", json.loads(line))
        for path in sorted(folder.glob("*.jsonl"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    ]


def canonical(value: object) -> str | None:
    """Return the text of a value such that equal values have equal texts.

    Examples
    --------
    >>> canonical("2.500"), canonical(True), canonical("{1, 2}"), canonical("005")
    ('2.5', 'true', '[1,2]', '005')
    """
    if value is None:
        return None
    text = str(value)
    if _NUMBER.match(text):
        number = Decimal(text)
        if number == 0:
            return "0"
        if number == number.to_integral_value() and abs(number) >= 10**15:
            return str(int(number))
        return format(float(number), ".10g")
    if text.lower() in _SAME_TEXT:
        return _SAME_TEXT[text.lower()]
    if text[:1] in ("[", "{", "("):
        return re.sub(r"[\s\"']", "", text).translate(str.maketrans("{}()", "[][]")).lower()
    if match := _TIME.match(text.replace("T", " ").replace("Z", "+00")):
        fraction = (match[2] or "").rstrip("0").rstrip(".")
        zone = "" if match[3] in (None, "+00", "+00:00") else match[3]
        return match[1] + fraction + zone
    return text


def position(error: str) -> tuple[int, int] | None:
    """Return the line and column at which an error points, both counted from 1.

    Examples
    --------
    >>> position("LINE 2: from nope" + chr(10) + "             ^")
    (2, 6)
    """
    if match := _CARET.search(error):
        return int(match[2]), len(match[4]) - len(match[1]) + 1
    return None


def judge(case: Case, answer: Answer) -> str:
    """Compare an answer with the expected one, and return a word for the outcome.

    Returns
    -------
    str
        ``pass``, or ``wrong``: other rows or names of columns; ``lenient``: it ran, and should have
        failed; ``refused``: it failed, and should have run; ``unnamed``: it failed as it should,
        but the error lacks the name or the position.
    """
    expected = case.fields["expected"]
    if isinstance(expected, list):
        if answer.error is not None:
            return "refused"
        rows = _texts(answer.rows) == _texts(expected)
        names = list(answer.columns) == case.fields.get("columns", list(answer.columns))
        return "pass" if rows and names else "wrong"
    if "any" in expected:
        return "pass" if answer.error is None else "refused"
    if answer.error is None:
        return "lenient"
    named = "refused" not in expected or re.search(expected["refused"], answer.error)
    at = case.fields.get("at")
    if at is not None:
        lines_before = case.script.removesuffix(case.sql).count("\n")
        at = (at[0] + lines_before, at[1])
    placed = at is None or position(answer.error) == at
    return "pass" if named and placed else "unnamed"


def _texts(rows: Iterable[Iterable[object]]) -> list[list[str | None]]:
    return [[canonical(value) for value in row] for row in rows]
