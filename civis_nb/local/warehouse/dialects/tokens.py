"""A statement cut into tokens, and edits of it that remember where each piece came from."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

__all__ = ["END", "NAME", "NUMBER", "OPERATOR", "STRING", "WORD", "OffsetMap", "Tokens"]

WORD, NAME, STRING, NUMBER, OPERATOR, END = "word", "name", "string", "number", "operator", "end"

_TOKEN = re.compile(
    r"""
      (?P<skip>(?:\s+|--[^\n]*|/\*.*?(?:\*/|\Z))+)
    | (?P<string>(?:[eE]'(?:[^'\\]|\\.|'')*|[xXbB]?'(?:[^']|'')*)(?:'|\Z)
        |\$\$.*?(?:\$\$|\Z)|\$(?P<tag>[A-Za-z_]\w*)\$.*?(?:\$(?P=tag)\$|\Z))
    | (?P<name>"(?:[^"]|"")*(?:"|\Z))
    | (?P<word>\#?[^\W\d][\w$]*)
    | (?P<number>(?:\d[\d_]*(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<operator>//|::|:=|=>|\(\+\)|->>|->|\#>>|\#>|\|\||\|/|<=|>=|<>|!=|!~~\*|!~~|~~\*|~~|!~\*|!~
        |~\*|@>|<@|\?\||\?&|&&|<<|>>|.)
    """,
    re.VERBOSE | re.DOTALL,
)


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
    """

    def __init__(self, sql: str, with_aliases: bool = False) -> None:
        self.sql = sql
        self.with_aliases = with_aliases
        self._aliases: dict[str, tuple[str, str]] = {}
        self.kinds: list[str] = []
        self.texts: list[str] = []
        self.words: list[str] = []
        self.starts: list[int] = []
        self.partners: dict[int, int] = {}
        opened: list[int] = []
        for match in _TOKEN.finditer(sql):
            kind = match.lastgroup or ""
            if kind == "skip":
                continue
            text = match.group()
            if kind == WORD and text[0] == "#":
                kind = NAME
            elif text in ("(", "["):
                opened.append(len(self.kinds))
            elif text in (")", "]") and opened:
                self.partners[opened.pop()] = len(self.kinds)
            self.kinds.append(kind)
            self.texts.append(text)
            self.words.append(text.lower() if kind in (WORD, OPERATOR) else "")
            self.starts.append(match.start())
        for unclosed in opened:
            self.partners[unclosed] = len(self.kinds)
        while self.words and self.words[-1] == ";":
            for found in (self.kinds, self.texts, self.words):
                found.pop()
            self.starts.pop()
        self.count = len(self.kinds)
        self.kinds += [END] * 3
        self.texts += [""] * 3
        self.words += [""] * 3
        self.starts += [len(sql)] * 3
        self._new: dict[int, str] = {}
        self._before: dict[int, str] = {}
        self._after: dict[int, str] = {}
        self._types: dict[int, tuple[int, str]] = {}

    @property
    def edited(self) -> bool:
        """Return whether anything is to be replaced."""
        return bool(self._new or self._before or self._after)

    def matches(self, at: int, *words: str) -> bool:
        """Return whether the bare words stand at a place, one after another."""
        return self.words[at : at + len(words)] == list(words)

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
        return "".join(text for text, _, _ in self._pieces(first, behind)).strip()

    def set_type(self, first: int, behind: int, text: str) -> None:
        """Set an expression of the same type as some tokens: without aggregates, never computed."""
        self._types[first] = (behind, text)

    def set_alias(self, name: str, first: int, behind: int) -> None:
        """Note an item of a SELECT list, whose alias other expressions may use."""
        if self.with_aliases and name not in self.texts[first:behind]:
            self._aliases[name] = (self.render(first, behind), self.type_of(first, behind))

    def expand_alias(self, at: int) -> None:
        """Put the item of a SELECT list in the place of its alias."""
        found = self._aliases.get(self.words[at])
        if found is not None:
            self._new[at] = f"({found[0]})"
            self._types[at] = (at + 1, f"({found[1]})")

    def type_of(self, first: int, behind: int) -> str:
        """Return an expression of the same type as some tokens."""
        out, at = "", first
        while at < behind:
            known = self._types.get(at)
            if known is not None and at < known[0] <= behind:
                piece, after = known[1], known[0]
            else:
                piece, after = self.render(at, at + 1), at + 1
            out += f" {piece}" if out else piece
            at = after
        return out

    def _pieces(self, first: int, behind: int) -> list[tuple[str, int, int]]:
        pieces: list[tuple[str, int, int]] = []
        last = self.starts[first]
        gap: tuple[str, int, int] | None = None
        for at in range(first, behind):
            start, end = self.starts[at], self.end_of(at)
            new = self._new.get(at)
            if start > last:
                gap = (self.sql[last:start], last, start - last)
            if gap is not None and new != "":
                pieces.append(gap)
                gap = None
            before, after = self._before.get(at), self._after.get(at)
            if before:
                pieces.append((before, start, 0))
            if new is None:
                pieces.append((self.texts[at], start, end - start))
            elif new:
                pieces.append((new, start, end - start if len(new) == end - start else 0))
            if after:
                pieces.append((after, max(start, end - 1), 0))
            last = end
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
        return "".join(p[0] for p in pieces), OffsetMap(
            tuple(outputs), tuple(p[1] for p in pieces), tuple(p[2] for p in pieces)
        )
