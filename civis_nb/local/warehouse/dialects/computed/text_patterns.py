"""Regular expressions that DuckDB's can't do: with lookahead, groups, flags or a count."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from civis_nb.local.warehouse.dialects.computed.longest_matches import Match, longest_matches
from civis_nb.local.warehouse.dialects.computed.pattern_trees import is_ambiguous
from civis_nb.local.warehouse.dialects.computed.pattern_words import as_python

__all__ = ["LONGEST", "pattern_groups", "pattern_replaced", "pattern_spans", "pattern_split"]

_FLAGS = {"i": re.IGNORECASE, "x": re.VERBOSE}
#: What stands for a group, or for another letter, in a text that replaces a match.
_PERL = re.compile(r"[\\$](?P<group>\d)|\\(?P<other>.)", re.DOTALL)
_POSTGRES = re.compile(r"\\(?P<group>\d)|\\(?P<other>.)", re.DOTALL)
#: Stands among the options for PostgreSQL's choice between matches.
LONGEST = "L"


@lru_cache(maxsize=1024)
def _compiled(pattern: str, options: str) -> re.Pattern[str]:
    unknown = set(options) - set("icgpensmx" + LONGEST)
    if unknown:
        raise ValueError(f'invalid regular expression option: "{min(unknown)}"')
    flags = re.NOFLAG
    for option in options:
        flags |= _FLAGS.get(option, re.NOFLAG)
    if "n" in options or "m" in options:
        flags |= re.MULTILINE
    elif "p" not in options:
        flags |= re.DOTALL  # without an option for lines a point stands for their ends as well
    try:
        return re.compile(as_python(pattern, bool(flags & re.MULTILINE)), flags)
    except re.error as error:
        raise ValueError(f'invalid regular expression "{pattern}": {error}') from None


def _matches(text: str, pattern: str, first: int, options: str) -> Sequence[re.Match[str] | Match]:
    if first < 1:
        raise ValueError(f'invalid value for parameter "start": {first}')
    if LONGEST in options and is_ambiguous(pattern):
        found = longest_matches(text, pattern, first - 1, lambda p: _compiled(p, options))
        return list(found)
    return list(_compiled(pattern, options).finditer(text, first - 1))


def pattern_spans(text: str, pattern: str, first: int, options: str, group: int) -> list[int]:
    """Return where a group of each match begins and ends, counted from 1; 0 where it has none.

    Parameters
    ----------
    text, pattern
        What is searched, and for what.
    first
        Where the search begins, counted from 1.
    options
        Letters, such as ``i`` for small and capital letters alike.
    group
        The number of the group; 0 for the whole match.

    Examples
    --------
    >>> pattern_spans("1a 2b cc", "(?=[0-9])[0-9a-z]+", 1, "p", 0)
    [1, 3, 4, 6]
    """
    if group < 0:
        raise ValueError(f'invalid value for parameter "subexpr": {group}')
    if group > _compiled(pattern, options).groups:
        return []
    return [place + 1 for match in _matches(text, pattern, first, options)
            for place in match.span(group)]  # fmt: skip


def pattern_groups(text: str, pattern: str, options: str) -> list[list[str | None]]:
    """Return the groups of each match, or the whole match where the pattern has no groups.

    Only the first match counts without the option ``g``.

    Examples
    --------
    >>> pattern_groups("k=v, a=b", "(.)=(.)", "g")
    [['k', 'v'], ['a', 'b']]
    """
    found = _matches(text, pattern, 1, options)
    if "g" not in options:
        found = found[:1]
    return [list(match.groups()) or [match.group()] for match in found]


def pattern_split(text: str, pattern: str, options: str) -> list[str]:
    r"""Return the pieces of a text between the matches of a pattern.

    Examples
    --------
    >>> pattern_split("a bc", r"\s*", "")
    ['a', 'b', 'c']
    """
    pieces, at = [], 0
    for match in _matches(text, pattern, 1, options):
        first, behind = match.span()
        if first == behind and first in (at, len(text)):
            continue
        pieces.append(text[at:first])
        at = behind
    return [*pieces, text[at:]]


def pattern_replaced(
    text: str, pattern: str, new: str, first: int, count: int, options: str
) -> str:
    r"""Return a text with another in the place of matches.

    Parameters
    ----------
    text, pattern
        What is searched, and for what.
    new
        The text to put in their place; ``\1`` or ``$1`` stands for the first group.
    first
        Where the search begins, counted from 1.
    count
        Which match is replaced; 0 for all.
    options
        Letters, as in `pattern_spans`.

    Examples
    --------
    >>> pattern_replaced("pass1 word", "(?=[a-z]*[0-9])[a-z0-9]+", "*", 1, 0, "p")
    '* word'
    >>> pattern_replaced("A PostgreSQL function", "a|e|i|o|u", "X", 1, 2, "i")
    'A PXstgreSQL function'
    """
    if count < 0:
        raise ValueError(f'invalid value for parameter "n": {count}')
    out, at = "", 0
    for number, match in enumerate(_matches(text, pattern, first, options), start=1):
        if count in (0, number):
            start, end = match.span()
            out += text[at:start] + _filled(new, match, _POSTGRES if LONGEST in options else _PERL)
            at = end
    return out + text[at:]


def _filled(new: str, match: re.Match[str] | Match, marks: re.Pattern[str]) -> str:
    r"""Put groups of a match in the place of ``\1`` and ``$1``, and the match in that of ``\&``."""

    def part(found: re.Match[str]) -> str:
        mark = found["group"] or found["other"]
        if not mark.isdigit():
            return (match.group() or "") if mark == "&" else mark
        number = int(mark)
        return (match.group(number) or "") if number <= len(match.groups()) else ""

    return marks.sub(part, new)
