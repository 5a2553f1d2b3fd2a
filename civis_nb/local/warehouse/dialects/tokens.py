"""A statement cut into tokens, and edits of it that remember where each piece came from."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

__all__ = ["END", "NAME", "NUMBER", "OPERATOR", "STRING", "WORD", "OffsetMap", "Tokens"]

WORD, NAME, STRING, NUMBER, OPERATOR, END = "word", "name", "string", "number", "operator", "end"

#: How many comments can stand in each other.
_NESTED_COMMENTS = 5
#: Longer tokens are not remembered.
_REMEMBERED_CHARACTERS = 40
#: The tokens behind the last one, so that rules may look ahead.
_PADDING = 3


def _comment(depth: int) -> str:
    inner = f"|{_comment(depth - 1)}" if depth > 1 else ""
    return rf"/\*(?:[^*/]++|\*(?!/)|/(?!\*){inner})*+(?:\*/|\Z)"


# A space or comments, then a token: each alternative begins with a character that tells whether it
# can match, most frequent ones first.
_TOKEN = re.compile(
    rf"""
    ((?:\s++|--[^\n]*+|{_comment(_NESTED_COMMENTS)})*+)
    (
      '(?:[^']++|'')*+(?:'|\Z)
    | [eE]'(?:[^'\\]++|\\.|'')*+(?:'|\Z)
    | [xXbB]'(?:[^']++|'')*+(?:'|\Z)
    | [^\W\d][\w$]*+
    | "(?:[^"]++|"")*+(?:"|\Z)
    | \$\$.*?(?:\$\$|\Z)
    | \$([A-Za-z_]\w*+)\$.*?(?:\$\3\$|\Z)
    | \d[\d_]*+(?:\.(?!\.)\d*+)?+(?:[eE][+-]?\d++)?+
    | \.\d++(?:[eE][+-]?\d++)?+
    | \#[^\W\d][\w$]*+
    | //|::|:=|=>|\(\+\)|->>|->|\#>>|\#>|\#-|\|\||\|/|<=|>=|<>|!=|!~~\*|!~~|~~\*|~~|!~\*|!~
        |~\*|@>|<@|\^@|\?\||\?&|&&|<<|>>
    | .
    | \Z
    )
    """,
    re.VERBOSE | re.DOTALL,
)


@lru_cache(maxsize=4096)
def _kind_and_word(text: str) -> tuple[str, str]:
    """Return the kind of a token, and its text in lower case if it is a word or an operator."""
    first, second = text[0], text[1:2]
    if first == "'" or (second == "'" and first in "eExXbB"):
        return STRING, ""
    if first == '"' or (first == "#" and second not in ("", ">", "-")):
        return NAME, ""
    if first == "$" and second:
        return STRING, ""
    if first.isdecimal() or (first == "." and second):
        return NUMBER, ""
    is_word = first.isalnum() or first == "_"
    return (WORD if is_word else OPERATOR), text.lower()


def _partners(words: list[str]) -> dict[int, int]:
    """Return the closing bracket of each opening one; what is never closed ends with the text."""
    partners: dict[int, int] = {}
    opened: list[int] = []
    for at, word in enumerate(words):
        if word == "(" or word == "[" or word == "{":
            opened.append(at)
        elif opened and (word == ")" or word == "]" or word == "}"):
            partners[opened.pop()] = at
    end = len(words) - _PADDING
    return partners | dict.fromkeys(opened, end)


@dataclass(frozen=True)
class OffsetMap:
    """Where the pieces of an edited text stand in the text that was edited.

    ``outputs`` holds where each piece begins, sorted; ``sources`` where it came from, and
    ``lengths`` how much of it was kept as it was (0 for what was inserted).
    """

    outputs: tuple[int, ...]
    sources: tuple[int, ...]
    lengths: tuple[int, ...]

    def source(self, offset: int) -> int:
        """Return the place in the user's text for a place in the edited text."""
        piece = max(0, bisect_right(self.outputs, offset) - 1)
        into = offset - self.outputs[piece]
        return self.sources[piece] + min(into, max(0, self.lengths[piece] - 1))


class Tokens:
    """The code of one statement, and what each token is to be replaced by.

    Attributes
    ----------
    kinds, texts, words, starts
        Of each token that is neither space nor comment: its kind, its text, the text in lower
        case where it is a bare word or an operator (else empty), and its place. One token of
        kind `END` follows the last.
    partners
        The index of the closing bracket for each opening one.
    aliases
        The items of the SELECT list so far by their aliases, as they are, and as their types.
    columns
        The aliases that are names of columns, each with the place of its SELECT.
    rows
        The columns that names of functions in FROM stand for.
    item_names
        The aliases of the SELECT list, which GROUP BY and ORDER BY mean first.
    query_at
        The last SELECT of the query that is read.
    """

    def __init__(
        self,
        sql: str,
        with_aliases: bool = False,
        columns: frozenset[tuple[int, str]] = frozenset(),
    ) -> None:
        self.sql = sql
        self.with_aliases = with_aliases
        self.columns = columns
        self.aliases: dict[str, tuple[str, str]] = {}
        self.rows: dict[str, str] = {}
        self.item_names: set[str] = set()
        self.query_at = 0
        gaps: list[str]
        texts: list[str]
        gaps, texts, _ = map(list, zip(*_TOKEN.findall(sql), strict=True))
        while texts and texts[-1] in ("", ";"):
            texts.pop()
        known = [
            _kind_and_word(text)
            if len(text) <= _REMEMBERED_CHARACTERS
            else _kind_and_word.__wrapped__(text)
            for text in texts
        ]
        self._gaps = gaps
        self.count = len(texts)
        self.texts = texts + [""] * _PADDING
        self.kinds = [kind for kind, _ in known] + [END] * _PADDING
        self.words = [word for _, word in known] + [""] * _PADDING
        self.partners = _partners(self.words) if "(" in sql or "[" in sql or "{" in sql else {}
        self._new: dict[int, str] = {}
        self._before: dict[int, str] = {}
        self._after: dict[int, str] = {}
        self._types: dict[int, tuple[int, str]] = {}

    @cached_property
    def starts(self) -> list[int]:
        """The place of each token in the text."""
        starts, at = [], 0
        for gap, text in zip(self._gaps[: self.count], self.texts, strict=False):
            at += len(gap)
            starts.append(at)
            at += len(text)
        return starts + [len(self.sql)] * _PADDING

    @property
    def edited(self) -> bool:
        """Return whether anything is to be replaced."""
        return bool(self._new or self._before or self._after)

    def matches(self, at: int, *words: str) -> bool:
        """Return whether the bare words stand at a place, one after another."""
        return self.words[at : at + len(words)] == list(words)

    def name(self, at: int) -> str:
        """Return a name as it is stored: folded unless it is quoted."""
        text = self.texts[at]
        if self.kinds[at] == NAME and text[0] == '"':
            return text[1:-1].replace('""', '"')
        return text.lower()

    def path(self, at: int) -> tuple[list[str], int]:
        """Return the parts of a dotted name as they are stored, and the place behind it."""
        parts = [self.name(at)]
        at += 1
        while self.words[at] == ".":
            parts.append(self.name(at + 1))
            at += 2
        return parts, at

    def names_query(self, name: str) -> bool:
        """Return whether the statement has a WITH query of that name."""
        return any(
            self.words[at] == name
            and self.words[at + 1] in ("as", "(")
            and self.words[at - 1] in ("with", "recursive", ",")
            for at in range(1, self.count)
        )

    def items(self, at: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield where the items of a list begin and end; its commas are outside of brackets."""
        while at < end:
            behind = at
            while behind < end and self.words[behind] != ",":
                behind = self.partners.get(behind, behind) + 1
            yield at, min(behind, end)
            at = behind + 1

    def end_of(self, at: int) -> int:
        """Return the place in the text behind a token."""
        return self.starts[at] + len(self.texts[at])

    def replace(self, at: int, text: str) -> None:
        """Put another text in the place of a token."""
        self._new[at] = text

    def wrap(self, first: int, behind: int, opening: str, closing: str) -> None:
        """Put texts before the token ``first`` and behind the token ``behind - 1``."""
        self._before[first] = opening + self._before.get(first, "")
        self._after[behind - 1] = self._after.get(behind - 1, "") + closing

    def unwrap(self, first: int, behind: int, opening: str, closing: str) -> bool:
        """Take away what `wrap` has put around some tokens; False if they changed since."""
        before, after = self._before.get(first, ""), self._after.get(behind - 1, "")
        if not (before.startswith(opening) and after.endswith(closing)):
            return False
        self._before[first] = before.removeprefix(opening)
        self._after[behind - 1] = after.removesuffix(closing)
        return True

    def insert_before(self, at: int, text: str) -> None:
        """Put a text before a token and what was put before it so far."""
        self._before[at] = text + self._before.get(at, "")

    def insert_after(self, at: int, text: str) -> None:
        """Put a text behind a token and what was put behind it so far."""
        self._after[at] = self._after.get(at, "") + text

    def drop(self, first: int, behind: int) -> None:
        """Leave tokens out."""
        for at in range(first, behind):
            self._new[at] = ""
            self._before.pop(at, None)
            self._after.pop(at, None)

    def rewrite(self, first: int, behind: int, text: str) -> None:
        """Put one text in the place of several tokens, with all that was edited there."""
        self.drop(first, behind)
        self._new[first] = text

    def original(self, first: int, behind: int) -> str:
        """Return the text of some tokens as the user wrote it."""
        return self.sql[self.starts[first] : self.end_of(behind - 1)] if behind > first else ""

    def render(self, first: int, behind: int) -> str:
        """Return the text of some tokens with the edits so far."""
        if behind == first + 1:
            before, after = self._before.get(first, ""), self._after.get(first, "")
            return f"{before}{self._new.get(first, self.texts[first])}{after}".strip()
        return "".join([text for text, _, _ in self._pieces(first, behind)]).strip()

    def set_type(self, first: int, behind: int, text: str) -> None:
        """Set an expression of the same type as some tokens: without aggregates, never computed."""
        self._types[first] = (behind, text)

    def set_alias(self, name: str, first: int, behind: int) -> None:
        """Note an item of a SELECT list, whose alias other expressions of it may use."""
        is_column = (self.starts[self.query_at - 1], name) in self.columns
        if self.with_aliases and not is_column and name not in self.texts[first:behind]:
            self.aliases[name] = (self.render(first, behind), self.type_of(first, behind))

    def expand_alias(self, at: int) -> bool:
        """Put the item of a SELECT list, or the column of a function in FROM, for its alias.

        Return whether it is one.
        """
        found = self.aliases.get(self.words[at])
        if found is None and self.rows and not self._names_item(at):
            row = self.rows.get(self.name(at))
            found = (row, row) if row is not None else None
        if found is None:
            return False
        self._new[at] = f"({found[0]})"
        self._types[at] = (at + 1, f"({found[1]})")
        return True

    def _names_item(self, at: int) -> bool:
        """Return whether a word of GROUP BY or ORDER BY names an item of the SELECT list."""
        is_alone = self.kinds[at + 1] != OPERATOR or self.words[at + 1] in (",", ")")
        return self.name(at) in self.item_names and self.words[at - 1] in ("by", ",") and is_alone

    def type_of(self, first: int, behind: int) -> str:
        """Return an expression of the same type as some tokens."""
        out, at = "", first
        while at < behind:
            known = self._types.get(at)
            if known is not None and at < known[0] <= behind:
                piece, after = known[1], known[0]
            else:
                piece, after = self._new.get(at, self.texts[at]), at + 1
                if at in self._before or at in self._after:
                    piece = self.render(at, at + 1)
            out += f" {piece}" if out else piece
            at = after
        return out

    def _edits(self, first: int, behind: int) -> list[int]:
        """Return the tokens of a range that are edited, in order."""
        new, before, after = tables = self._new, self._before, self._after
        if behind - first > sum(map(len, tables)):
            return sorted(at for at in set().union(*tables) if first <= at < behind)
        return [at for at in range(first, behind)
                if at in new or at in before or at in after]  # fmt: skip

    def _pieces(self, first: int, behind: int) -> list[tuple[str, int, int]]:
        """Return the text of some tokens with the edits: each piece, its place, its old length.

        Of the spaces around tokens that are left out the last one stays.
        """
        pieces: list[tuple[str, int, int]] = []
        sql, starts = self.sql, self.starts
        last, done = starts[first], first  # the place and the token up to which all is there
        gap: tuple[str, int, int] | None = None
        for at in self._edits(first, behind):
            start, end = starts[at], self.end_of(at)
            new, before, after = self._new.get(at), self._before.get(at), self._after.get(at)
            kept = self.end_of(at - 1) if new == "" and at > done else start
            if new != "" or at > done:
                if gap is not None and starts[done] == last:
                    pieces.append(gap)
                if kept > last:
                    pieces.append((sql[last:kept], last, kept - last))
                gap, last = None, kept
            if new == "" and start > last:
                gap = (sql[last:start], last, start - last)
            if before:
                pieces.append((before, start, 0))
            if new is None:
                pieces.append((self.texts[at], start, end - start))
            elif new:
                pieces.append((new, start, end - start if len(new) == end - start else 0))
            if after:
                pieces.append((after, max(start, end - 1), 0))
            last, done = end, at + 1
        if done < behind:
            until = self.end_of(behind - 1)
            if gap is not None and starts[done] == last:
                pieces.append(gap)
            pieces.append((sql[last:until], last, until - last))
        return pieces

    def result(self) -> tuple[str, OffsetMap | None]:
        """Return the edited text, and the places of its pieces; None where nothing is edited."""
        if not self.edited:
            return self.sql, None
        pieces = self._pieces(0, self.count)
        head = self.sql[: self.starts[0]]
        tail_at = self.end_of(self.count - 1)
        pieces = [(head, 0, len(head)), *pieces, (self.sql[tail_at:], tail_at, 1 << 30)]
        outputs, at = [], 0
        for text, _, _ in pieces:
            outputs.append(at)
            at += len(text)
        texts, sources, lengths = zip(*pieces, strict=True)
        return "".join(texts), OffsetMap(tuple(outputs), sources, lengths)
