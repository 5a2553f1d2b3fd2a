"""Regular expressions that DuckDB's can't do: with lookahead, groups, flags or a count."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["pattern_groups", "pattern_replaced", "pattern_spans", "pattern_split"]

#: Names of classes in brackets -> what Python's brackets have for them.
_CLASSES = {
    "alpha": "a-zA-Z\u00c0-\u024f", "digit": "0-9", "alnum": "a-zA-Z0-9\u00c0-\u024f",
    "upper": "A-Z", "lower": "a-z", "space": r"\s", "blank": r" \t", "xdigit": "0-9a-fA-F",
    "punct": r"!-/:-@\[-`{-~", "word": r"\w",
}  # fmt: skip
_FLAGS = {"i": re.IGNORECASE, "x": re.VERBOSE}
_CLASS = re.compile(r"\[:(\w+):\]")
#: Escapes of PostgreSQL that Python writes otherwise: the edges of words.
_EDGE = re.compile(r"\\\\|\\([mMyY])")


@lru_cache(maxsize=128)
def _compiled(pattern: str, options: str) -> re.Pattern[str]:
    unknown = set(options) - set("icgpensmx")
    if unknown:
        raise ValueError(f'invalid regular expression option: "{min(unknown)}"')
    flags = re.NOFLAG
    for option in options:
        flags |= _FLAGS.get(option, re.NOFLAG)
    if "n" in options or "m" in options:
        flags |= re.MULTILINE
    elif "p" not in options:
        flags |= re.DOTALL  # without an option for lines a point stands for their ends as well
    text = _CLASS.sub(lambda match: _CLASSES.get(match[1], match[0]), pattern)
    edges = {"m": r"\b(?=\w)", "M": r"\b(?<=\w)", "y": r"\b", "Y": r"\B"}
    text = _EDGE.sub(lambda match: edges[match[1]] if match[1] else match[0], text)
    try:
        return re.compile(text, flags)
    except re.error as error:
        raise ValueError(f'invalid regular expression "{pattern}": {error}') from None


def _matches(text: str, pattern: str, first: int, options: str) -> list[re.Match[str]]:
    if first < 1:
        raise ValueError(f'invalid value for parameter "start": {first}')
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


def pattern_split(text: str, pattern: str) -> list[str]:
    r"""Return the pieces of a text between the matches of a pattern.

    Examples
    --------
    >>> pattern_split("a bc", r"\s*")
    ['a', 'b', 'c']
    """
    pieces, at = [], 0
    for match in _matches(text, pattern, 1, ""):
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
            out += text[at : match.start()] + _filled(new, match)
            at = match.end()
    return out + text[at:]


def _filled(new: str, match: re.Match[str]) -> str:
    r"""Put groups of a match in the place of ``\1`` and ``$1``, and the match in that of ``\&``."""

    def part(found: re.Match[str]) -> str:
        mark = found["group"] or found["other"]
        if not mark.isdigit():
            return match.group() if mark == "&" else mark
        number = int(mark)
        return (match.group(number) or "") if number <= match.re.groups else ""

    return re.sub(r"(?s)[\\$](?P<group>\d)|\\(?P<other>.)", part, new)
