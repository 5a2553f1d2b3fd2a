"""Regular expressions as trees, and whether their matches depend on PostgreSQL's rule.

PostgreSQL takes the longest match, or the shortest one where the first quantifier is not greedy;
DuckDB and Python take the first that backtracking finds. Most patterns have the same match by both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from civis_nb.local.warehouse.dialects.computed.pattern_words import as_python

__all__ = ["Node", "is_ambiguous", "needs_python", "parse_pattern", "without_options"]

_OPTIONS = re.compile(r"\(\?([a-z]+)\)")
_QUANTIFIER = re.compile(r"(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})(\??)")
_GROUP = re.compile(r"\((?:\?(?::|(?P<look><?[=!])))?")
_SET = re.compile(r"\[\^?\]?(?:\[[:.=].*?[:.=]\]|\\.|[^\]\\])*\]", re.DOTALL)
#: Conditions on what is around a match, and references to groups.
_BEYOND_DUCKDB = re.compile(r"\(\?<?[=!]|(?<!\\)(?:\\\\)*\\[1-9mMyY]")
#: Atoms that stand for a place.
_PLACES = frozenset(("^", "$", r"\A", r"\Z", r"\b", r"\B", r"\m", r"\M", r"\y", r"\Y"))
_LATIN = frozenset(chr(code) for code in range(256))


@dataclass(frozen=True)
class Node:
    """A part of a pattern.

    Attributes
    ----------
    kind
        ``atom``, ``place``, ``group``, ``repeat``, ``all`` (one after another) or ``any``.
    text
        As written.
    parts
        The parts of the others.
    group
        The number of a group; 0 for one without.
    least, most
        How often a part is repeated; ``most`` is None without a limit.
    is_lazy
        Whether as few as possible are taken.
    """

    kind: str
    text: str
    parts: tuple[Node, ...] = ()
    group: int = 0
    least: int = 1
    most: int | None = 1
    is_lazy: bool = False

    @property
    def is_greedy(self) -> bool | None:
        """Return whether the longest match is taken; None where the part leaves that open."""
        if self.kind == "any":
            return True
        if self.kind == "repeat":
            is_fixed = self.least == self.most and "," not in self.text[self.text.rindex("{") :]
            return self.parts[0].is_greedy if is_fixed else not self.is_lazy
        found = (part.is_greedy for part in self.parts)
        return next((greedy for greedy in found if greedy is not None), None)

    @property
    def width(self) -> int | None:
        """Return how many letters a match has at most; None without a limit."""
        if self.kind in ("atom", "place"):
            return int(self.kind == "atom")
        widths = [part.width for part in self.parts]
        known = [width for width in widths if width is not None]
        if len(known) < len(widths):
            return None
        if self.kind == "any":
            return max(known)
        if self.kind != "repeat":
            return sum(known)
        return None if self.most is None else known[0] * self.most

    def walk(self) -> Iterator[Node]:
        """Yield the part and all parts of it."""
        yield self
        for part in self.parts:
            yield from part.walk()


def without_options(pattern: str) -> tuple[str, str]:
    """Return the options that a pattern begins with, and the rest of it.

    Examples
    --------
    >>> without_options("(?i)a|ab")
    ('i', 'a|ab')
    """
    found = _OPTIONS.match(pattern)
    return (found[1], pattern[found.end() :]) if found is not None else ("", pattern)


@lru_cache(maxsize=256)
def parse_pattern(pattern: str) -> Node:
    """Return the tree of a pattern.

    Raises
    ------
    ValueError
        If brackets do not close, or a quantifier follows nothing.

    Examples
    --------
    >>> [part.text for part in parse_pattern("a(b|c)*").parts]
    ['a', '(b|c)*']
    """
    reader = _Reader(pattern)
    tree = reader.choice()
    if reader.at < len(pattern):
        raise ValueError(f'invalid regular expression "{pattern}": parentheses () not balanced')
    return tree


class _Reader:
    """Read a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self.pattern, self.at, self.groups = pattern, 0, 0

    def choice(self) -> Node:
        first, branches = self.at, [self.branch()]
        while self.pattern[self.at : self.at + 1] == "|":
            self.at += 1
            branches.append(self.branch())
        text = self.pattern[first : self.at]
        return branches[0] if len(branches) == 1 else Node("any", text, tuple(branches))

    def branch(self) -> Node:
        first, parts = self.at, []
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            parts.append(self.quantified())
        return Node("all", self.pattern[first : self.at], tuple(parts))

    def quantified(self) -> Node:
        first = self.at
        part = self.atom()
        while found := _QUANTIFIER.match(self.pattern, self.at):
            sign, least, comma, most, lazy = found.groups()
            self.at = found.end()
            low = int(least) if least else int(sign == "+")
            limit = int(most) if most else (1 if sign == "?" else None)
            high = limit if sign or comma else low
            text = self.pattern[first : self.at]
            part = Node("repeat", text, (part,), 0, low, high, bool(lazy))
        return part

    def atom(self) -> Node:
        pattern, first = self.pattern, self.at
        letter = pattern[first]
        if letter == "(":
            opened = _GROUP.match(pattern, first)
            assert opened is not None  # noqa: S101 - it begins with a bracket
            self.at = opened.end()
            number = 0
            if opened[0] == "(":
                self.groups += 1
                number = self.groups
            inside = self.choice()
            if pattern[self.at : self.at + 1] != ")":
                raise ValueError(
                    f'invalid regular expression "{pattern}": parentheses () not balanced'
                )
            self.at += 1
            text = pattern[first : self.at]
            return Node("place" if opened["look"] else "group", text, (inside,), number)
        if letter == "[" and (found := _SET.match(pattern, first)):
            self.at = found.end()
        elif letter in "*+?":
            raise ValueError(f'invalid regular expression "{pattern}": quantifier operand invalid')
        else:
            self.at += 2 if letter == "\\" else 1
        text = pattern[first : self.at]
        return Node("place" if text in _PLACES else "atom", text)


@lru_cache(maxsize=256)
def is_ambiguous(pattern: str) -> bool:
    r"""Return whether PostgreSQL's match may be another than the first that backtracking finds.

    Examples
    --------
    >>> is_ambiguous(r"(\d+)-(jpg|png)"), is_ambiguous("a|ab"), is_ambiguous("(.*?)(b+)")
    (False, True, True)
    """
    try:
        tree = parse_pattern(pattern)
    except ValueError:
        return False
    repeats = [n for n in tree.walk() if n.kind == "repeat" and n.is_greedy is not None]
    is_lazy = any(node.is_lazy for node in repeats)
    if is_lazy and not all(node.is_lazy for node in repeats):
        return True
    has_choice = any(node.kind == "any" for node in tree.walk())
    has_groups = any(node.parts[0].kind == "group" for node in repeats)
    return (has_choice or has_groups) and (is_lazy or not _is_determined(tree))


def needs_python(pattern: str) -> bool:
    r"""Return whether DuckDB can't find PostgreSQL's match of a pattern, or may find another.

    It has no conditions on what is around a match, no references to groups, and no match of no
    letters behind another match.

    Examples
    --------
    >>> needs_python(r"\d+"), needs_python("a(?!b)"), needs_python("x*")
    (False, True, True)
    """
    options, pattern = without_options(pattern)
    if options.strip("i"):  # of which DuckDB has none, or with another meaning
        return True
    if is_ambiguous(pattern) or _BEYOND_DUCKDB.search(pattern):
        return True
    try:
        return _Positions("").add(parse_pattern(pattern))[2]
    except ValueError:
        return False


class _Positions:
    """Which atoms of a tree may follow each other, by their numbers."""

    def __init__(self, letters: str) -> None:
        self._alphabet = letters
        self.letters: list[frozenset[str]] = []
        self.following: list[set[int]] = []
        self.beginnings: list[set[int]] = []

    def add(self, node: Node) -> tuple[set[int], set[int], bool]:
        """Return the first and the last atoms of a part, and whether it may match nothing."""
        if node.kind == "place":
            return set(), set(), True
        if node.kind == "atom":
            number = len(self.letters)
            self.letters.append(_letters_of(node.text, self._alphabet))
            self.following.append(set())
            return {number}, {number}, False
        first: set[int] = set()
        last: set[int] = set()
        is_empty = node.kind != "any"
        for part in node.parts:
            begins, ends, may_be_empty = self.add(part)
            if node.kind == "any":
                first, last, is_empty = first | begins, last | ends, is_empty or may_be_empty
                continue
            for number in last:
                self.following[number] |= begins
            if is_empty:
                first |= begins
            last = last | ends if may_be_empty else ends
            is_empty = is_empty and may_be_empty
        if node.kind == "repeat":
            if node.most is None or node.most > 1:
                for number in last:
                    self.following[number] |= first
            is_empty = is_empty or node.least == 0
        self.beginnings.append(set(first))
        return first, last, is_empty


def _is_determined(tree: Node) -> bool:
    """Return whether each letter can be matched by one atom only, at any point of a match."""
    positions = _Positions("".join(sorted(set(tree.text))))
    positions.add(tree)
    for together in (*positions.following, *positions.beginnings):
        seen: set[str] = set()
        for number in together:
            letters = positions.letters[number]
            if seen & letters:
                return False
            seen |= letters
    return True


@lru_cache(maxsize=512)
def _letters_of(atom: str, more: str) -> frozenset[str]:
    """Return those letters of Latin 1 and of a pattern that an atom matches, in either case."""
    letters = {*_LATIN, *more}
    try:
        compiled = re.compile(as_python(atom), re.IGNORECASE | re.DOTALL)
    except re.error:
        return frozenset(letters)
    return frozenset(letter for letter in letters if compiled.fullmatch(letter))
