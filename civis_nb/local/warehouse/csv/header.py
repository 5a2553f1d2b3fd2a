"""Whether the first row of a CSV file holds names or values.

Each column is asked how its first cell compares with the cells below it: in type (a word above
numbers), in shape (``code`` above ``A-12``), and in value (a word that comes again below). Most
files have a header, so that values are assumed only where more columns speak for them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

__all__ = ["HeaderGuess", "guess_header"]

_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "nil", "?", "-", "--", ".", "\\n"})
_NUMBER = re.compile(
    r"[+-]?[$€£]?\s?[+-]?(\d+|\d{1,3}(,\d{3})+)?(\.\d*|,\d+)?(?<=[\d.])([eE][+-]?\d+)?\s?[%€$£]?"
)
_WHOLE = re.compile(r"[+-]?\d{1,18}")
_TIME = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([ T].*)?|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})( .*)?"
    r"|\d{1,2}:\d{2}(:\d{2}.*)?( ?[ap]m)?|\d{4}-\d{2}"
    r"|\d{1,2}[- ](jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[- ]\d{2,4}( .*)?"
    r"|(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* \d{1,2},? \d{4}( .*)?",
    re.IGNORECASE,
)
_TRUTH = frozenset({"true", "false"})
_PARTS = re.compile(r"[^\W\d_]+|\d+")
#: What is in the shapes of codes, addresses and the like, but not in those of names and sentences.
_RIGID = re.compile(r"[9@/:]")
_FIRST_YEAR, _LAST_YEAR = 1500, 2100
#: So many cells of a column, of those that are not missing, tell its kind.
_NEARLY_ALL = 0.95
_ROWS = 1000
#: Numbers that grow over so many columns in a row are labels, unless they do so in other rows too.
_LABELS = 3
_ROWS_ALIKE = 0.5
#: Cells needed below, before a new word or a number without a fraction means something.
_ENOUGH = 5


@dataclass(frozen=True)
class HeaderGuess:
    """Whether there is a header; when that is not ``certain``, little speaks for either."""

    present: bool
    certain: bool


class _Kind(Enum):
    MISSING = 0
    NUMBER = 1
    TIME = 2
    TRUTH = 3
    TEXT = 4


def guess_header(rows: Sequence[Sequence[str]]) -> HeaderGuess:
    """Return whether the first of some rows is a header.

    Parameters
    ----------
    rows
        The first rows of a file, at least one.

    Examples
    --------
    >>> guess_header([["city", "2020"], ["Rome", "12"], ["Bonn", "7"]])
    HeaderGuess(present=True, certain=False)
    >>> guess_header([["Rome", "12"], ["Bonn", "7"]]).present
    False
    """
    first = [cell.strip() for cell in rows[0]]
    below = [[cell.strip() for cell in row] for row in rows[1 : _ROWS + 1]]
    kinds = [_kind(cell) for cell in first]
    if not below:
        # A row of values that is taken for a header is lost.
        labels = _labels(first, below)
        typed = (kind not in (_Kind.TEXT, _Kind.MISSING) for kind in kinds)
        values_there = any(is_typed and i not in labels for i, is_typed in enumerate(typed))
        return HeaderGuess(not values_there, certain=False)
    labels = _labels(first, below)
    names = values = 0.0
    for i, cell in enumerate(first):
        if kinds[i] is _Kind.MISSING:
            continue
        column = [row[i] for row in below if i < len(row)]
        vote = 0.5 if i in labels else _vote(cell, kinds[i], column)
        names, values = names + max(vote, 0), values + max(-vote, 0)
    return HeaderGuess(values <= names, certain=abs(names - values) >= 1)


def _kind(cell: str) -> _Kind:
    """Return the kind of a stripped cell."""
    if cell.lower() in _MISSING:
        return _Kind.MISSING
    if _NUMBER.fullmatch(cell):
        return _Kind.NUMBER
    if _TIME.fullmatch(cell):
        return _Kind.TIME
    return _Kind.TRUTH if cell.lower() in _TRUTH else _Kind.TEXT


def _vote(cell: str, kind: _Kind, column: Sequence[str]) -> float:
    """Return how much a cell is a name (positive) or a value (negative) of the column below it."""
    counted = Counter(_kind(below) for below in column)
    counted.pop(_Kind.MISSING, None)
    if not counted:
        return 0.0
    below, count = counted.most_common(1)[0]
    filled = counted.total()
    if count < _NEARLY_ALL * filled:
        return -0.5 if kind is not _Kind.TEXT and counted[kind] > filled / 2 else 0.0
    if below is _Kind.TEXT:
        texts = [text for text in column if _kind(text) is not _Kind.MISSING]
        return _text_vote(cell, texts) if kind is _Kind.TEXT else 0.5
    if kind is not below:
        return 1.0
    if kind is _Kind.NUMBER and filled >= _ENOUGH and _WHOLE.fullmatch(cell):
        whole = any(_WHOLE.fullmatch(text) for text in column)
        return -1.0 if whole else 0.5
    return -1.0


def _text_vote(cell: str, texts: Sequence[str]) -> float:
    """Return how much a text is a name (positive) or a value (negative) among the texts below."""
    distinct = set(texts)
    if cell in distinct:
        return -1 if len(distinct) > 1 else 0
    shapes = {_shape(text) for text in texts}
    if len(texts) > 1 and len(shapes) == 1 and _RIGID.search(shape := shapes.pop()):
        return -1 if _shape(cell) == shape else 1
    return 0.5 if len(texts) >= _ENOUGH and 2 * len(distinct) <= len(texts) else 0


def _shape(text: str) -> str:
    """Return a text with ``a`` for each word and ``9`` for each number in it.

    Examples
    --------
    >>> _shape("AB-1234"), _shape("ann@mail.org")
    ('a-9', 'a@a.a')
    """
    return _PARTS.sub(lambda match: "9" if match.group()[0].isdigit() else "a", text)


def _labels(first: Sequence[str], below: Sequence[Sequence[str]]) -> set[int]:
    """Return the columns whose first cell is a number that is a name: a year, or 1, 2, 3, …."""
    whole = [int(cell) if _WHOLE.fullmatch(cell) else None for cell in first]
    found = set()
    for i, number in enumerate(whole):
        if number is not None and _FIRST_YEAR <= number <= _LAST_YEAR:
            column = [row[i] for row in below if i < len(row)]
            if not any(_is_year(cell) for cell in column):
                found.add(i)
    start = 0
    while start < len(whole):
        end = start + 1
        while end < len(whole) and _steady(whole[start : end + 1]):
            end += 1
        years = all(_is_year(cell) for cell in first[start:end])
        if end - start >= (2 if years else _LABELS) and not _alike(whole, below, start, end):
            found.update(range(start, end))
        start = max(end - 1, start + 1) if end < len(whole) else end
    return found


def _is_year(cell: str) -> bool:
    return cell.isdecimal() and len(cell) == 4 and _FIRST_YEAR <= int(cell) <= _LAST_YEAR


def _steady(numbers: Sequence[int | None]) -> bool:
    """Return whether numbers rise, or fall, by equal steps."""
    first, second = numbers[:2]
    if first is None or second is None or first == second:
        return False
    last, before = numbers[-1], numbers[-2]
    return last is not None and before is not None and last - before == second - first


def _alike(
    whole: Sequence[int | None], below: Sequence[Sequence[str]], start: int, end: int
) -> bool:
    """Return whether other rows rise or fall by the same steps in these columns."""
    step = (whole[start + 1] or 0) - (whole[start] or 0)
    alike = 0
    for row in below:
        numbers = [int(cell) for cell in row[start:end] if _WHOLE.fullmatch(cell)]
        steps = {after - before for before, after in pairwise(numbers)}
        alike += len(numbers) == end - start and steps == {step}
    return alike > _ROWS_ALIKE * len(below)
