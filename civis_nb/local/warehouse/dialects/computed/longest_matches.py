"""Matches by PostgreSQL's rule: the longest one, or the shortest, and so each of its groups.

Python finds where a match can begin, and which part of a text a part of the pattern can match. Of
those the rule chooses (https://www.postgresql.org/docs/15/functions-matching.html, 9.7.3.5).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from civis_nb.local.warehouse.dialects.computed.pattern_trees import Node, parse_pattern

__all__ = ["Match", "longest_matches"]

#: A group that is repeated in the pattern.
_REFERENCE = re.compile(r"(?<!\\)(?:\\\\)*\\[1-9]")
#: Places that do not depend on what follows a match.
_BEGINNINGS = frozenset(("^", r"\A"))


@dataclass(frozen=True)
class Match:
    """A match: its text, and where it and its groups begin and end; None for a group without."""

    text: str
    spans: tuple[tuple[int, int] | None, ...]

    def span(self, group: int = 0) -> tuple[int, int]:
        """Return where a group begins and ends; -1 for one that takes no part."""
        return self.spans[group] or (-1, -1)

    def group(self, number: int = 0) -> str | None:
        """Return the text of a group."""
        span = self.spans[number]
        return None if span is None else self.text[slice(*span)]

    def groups(self) -> list[str | None]:
        """Return the texts of all groups."""
        return [self.group(number) for number in range(1, len(self.spans))]


def longest_matches(
    text: str, pattern: str, first: int, compiled: Callable[[str], re.Pattern[str]]
) -> Iterator[Match]:
    r"""Yield the matches in a text, each behind the one before.

    Parameters
    ----------
    text, pattern
        What is searched, and for what.
    first
        Where the search begins.
    compiled
        Compiles a part of the pattern.

    Raises
    ------
    ValueError
        If the pattern refers to its own groups.

    Examples
    --------
    >>> [match.groups() for match in longest_matches("abcd", "(a|ab)(c|bcd)", 0, re.compile)]
    [['a', 'bcd']]
    >>> [match.groups() for match in longest_matches("abc01", r"(.*?)(\d+)", 0, re.compile)]
    [['abc', '0'], ['', '1']]
    """
    if _REFERENCE.search(pattern):
        raise ValueError(
            f'the regular expression "{pattern}" has several matches, of which PostgreSQL takes '
            "the longest: that is not supported beside references to groups, such as \\1"
        )
    tree = parse_pattern(pattern)
    size = 1 + max((node.group for node in tree.walk()), default=0)
    finder = _Finder(text, compiled)
    while first <= len(text):
        found = compiled(pattern).search(text, first)
        if found is None:
            return
        start = found.start()
        end = next(e for e in finder.order(tree, start, len(text)) if finder.fits(tree, start, e))
        spans: list[tuple[int, int] | None] = [None] * size
        spans[0] = (start, end)
        finder.divide(tree, start, end, spans)
        yield Match(text, tuple(spans))
        first = end + (end == start)


class _Finder:
    """Find which parts of a text the parts of a pattern match."""

    def __init__(self, text: str, compiled: Callable[[str], re.Pattern[str]]) -> None:
        self._text = text
        self._compiled = compiled
        self._known: dict[tuple[str, int, int], bool] = {}

    def order(self, node: Node, start: int, end: int) -> Iterable[int]:
        """Return where a match may end, the best first."""
        if node.width is not None:
            end = min(end, start + node.width)
        if node.is_greedy is False:
            return range(start, end + 1)
        return range(end, start - 1, -1)

    def fits(self, node: Node, start: int, end: int) -> bool:
        """Return whether a part of the pattern matches just what is between two places."""
        key = node.text, start, end
        if key not in self._known:
            self._known[key] = self._matches(node, start, end)
        return self._known[key]

    def _matches(self, node: Node, start: int, end: int) -> bool:
        text = self._text
        if end < len(text) and any(
            part.kind == "place" and part.text not in _BEGINNINGS for part in node.walk()
        ):
            # What follows counts as well: hence the match must end where so many letters do.
            rest = rf"(?:{node.text})(?=[\s\S]{{{len(text) - end}}}\Z)"
            found = self._compiled(rest).match(text, start)
            return found is not None and found.end() == end
        return self._compiled(node.text).fullmatch(text, start, end) is not None

    def divide(self, node: Node, start: int, end: int, spans: list[tuple[int, int] | None]) -> None:
        """Note where the groups of a part are, which matches what is between two places."""
        if node.kind == "group":
            if node.group:
                spans[node.group] = (start, end)
            self.divide(node.parts[0], start, end, spans)
        elif node.kind == "any":
            chosen = next(part for part in node.parts if self.fits(part, start, end))
            self.divide(chosen, start, end, spans)
        elif node.kind == "all":
            self._divide_all(node.parts, start, end, spans)
        elif node.kind == "repeat" and (end > start or node.least):
            self._divide_repeat(node, start, end, spans)

    def _divide_all(
        self, parts: tuple[Node, ...], start: int, end: int, spans: list[tuple[int, int] | None]
    ) -> None:
        for at, part in enumerate(parts):
            following = parts[at + 1 :]
            if not following:
                self.divide(part, start, end, spans)
                return
            rest = Node("all", "".join(f"(?:{p.text})" for p in following), following)
            middle = next(
                place
                for place in self.order(part, start, end)
                if self.fits(part, start, place) and self.fits(rest, place, end)
            )
            self.divide(part, start, middle, spans)
            start = middle

    def _divide_repeat(
        self, node: Node, start: int, end: int, spans: list[tuple[int, int] | None]
    ) -> None:
        part, least, most = node.parts[0], node.least, node.most
        while start < end or least > 0:
            least, most = max(0, least - 1), None if most is None else most - 1
            limit = "" if most is None else str(most)
            text = f"(?:{part.text}){{{least},{limit}}}"
            rest = replace(node, text=text, least=least, most=most)
            middle = next(
                (
                    place
                    for place in self.order(part, start, end)
                    if self.fits(part, start, place)
                    and (place > start or start == end)
                    and self.fits(rest, place, end)
                ),
                end,
            )
            self.divide(part, start, middle, spans)
            if middle == start:
                return
            start = middle
