"""Regular expressions that DuckDB's can't do: with lookahead, groups, flags or a count."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from civis_nb.local.warehouse.dialects.computed.longest_matches import Match, longest_matches
from civis_nb.local.warehouse.dialects.computed.pattern_trees import (
    is_ambiguous,
    without_options,
)
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


def _with_its_options(pattern: str, options: str) -> tuple[str, str]:
    """Return a pattern of PostgreSQL without the options that it begins with, and all options."""
    if "p" in options and LONGEST not in options:  # of Redshift, which Python knows
        return pattern, options
    own, pattern = without_options(pattern)
    if "c" in own:
        options = options.replace("i", "")
    if "s" in own:
        options = options.replace("n", "").replace("m", "")
    return pattern, options + own.replace("g", "")


def _matches(text: str, pattern: str, first: int, options: str) -> Iterator[re.Match[str] | Match]:
    pattern, options = _with_its_options(pattern, options)
    if first < 1:
        raise ValueError(f'invalid value for parameter "start": {first}')
    if LONGEST in options and is_ambiguous(pattern):
        return longest_matches(text, pattern, first - 1, lambda p: _compiled(p, options))
    return _compiled(pattern, options).finditer(text, first - 1)


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
    if group > _compiled(*_with_its_options(pattern, options)).groups:
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
    found = islice(_matches(text, pattern, 1, options), None if "g" in options else 1)
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
        if number == count:
            break
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
