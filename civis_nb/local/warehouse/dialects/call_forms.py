"""Calls, casts and columns: the operands that have a name and brackets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import pairwise

from civis_nb.local.warehouse.dialects.parts import Call, Operand, Region, Rules
from civis_nb.local.warehouse.dialects.tokens import NAME, STRING, WORD, Tokens
from civis_nb.local.warehouse.dialects.types.decimals import PLAIN_NUMERIC
from civis_nb.local.warehouse.dialects.types.names import type_at

__all__ = ["TYPED_LITERALS", "Calls"]

#: Types that a text may follow, as in DATE '2024-01-01'.
TYPED_LITERALS = frozenset(
    """date time timetz timestamp timestamptz datetime interval bool boolean json jsonb bytea
    uuid text varchar numeric decimal int integer bigint smallint int2 int4 int8 float4 float8
    real""".split()  # noqa: SIM905 - shorter to read
)
_UNITS = frozenset(
    "year years month months day days hour hours minute minutes second seconds".split()  # noqa: SIM905
)


class Calls(ABC):
    """Read calls, casts and columns, and let rules edit their tokens.

    Parameters
    ----------
    tokens
        The statement.
    rules
        What the dialect does with each part.
    """

    def __init__(self, tokens: Tokens, rules: Rules) -> None:
        self.tokens = tokens
        self.rules = rules
        self._words, self._kinds = tokens.words, tokens.kinds

    @abstractmethod
    def region(self, at: int, end: int) -> Region:
        """Read everything between two places: a query, a list, or one expression."""

    def _name(self, at: int) -> str:
        if self._kinds[at] != NAME:
            return self._words[at] or self.tokens.texts[at].lower()
        return self.tokens.texts[at][1:-1].replace('""', '"')

    def _typed_literal(self, at: int) -> Operand | None:
        to, behind = type_at(self.tokens, at)
        if to is None or self._kinds[behind] != STRING:
            return None
        self.rules.word(behind, "")
        last = behind + 1
        if self._words[at] == "interval":
            while self._words[last] in _UNITS or self._words[last] == "to":
                last += 1
        self.rules.cast(Operand(behind, behind + 1, kind="string"), to, (at, behind))
        return Operand(at, last, to.name, 1, to.name)

    def _path(self, at: int, end: int, in_from: bool) -> Operand:
        """Read a column, or a call."""
        last = at
        while self._words[last + 1] == "." and self._kinds[last + 2] in (WORD, NAME):
            last += 2
        if self._words[last + 1] == "." and self._words[last + 2] == "*":
            return Operand(at, last + 3, kind="star")
        if self._words[last + 1] == "(" and last + 1 < end:
            return self._call(at, last, end, in_from)
        if last == at and not in_from:
            self.tokens.expand_alias(at)
        if last == at and self._kinds[at] == WORD and not in_from:
            named = self.rules.word(at, self._words[at])
            if named is not None:
                return Operand(at, at + 1, named, 1, "value")
        outer_join = self._words[last + 1] == "(+)"
        if outer_join:
            self.rules.clause(last + 1, "(+)")
        return Operand(at, last + 1 + outer_join, self._name(last), 2, "column")

    def _call(self, at: int, last: int, end: int, in_from: bool) -> Operand:
        words = self._words
        opened = last + 1
        close = self.tokens.partners.get(opened, opened)
        name = self._name(last)
        if name in ("cast", "try_cast") and last == at:
            return self._cast(at, opened, close, name)
        if name == "convert" and last == at and self.rules.is_redshift:
            converted = self._convert(at, close)
            if converted is not None:
                return converted
        inside = self.region(opened + 1, close)
        call = Call(name, at, opened, close, close + 1, [], [], inside.marks)
        call.in_from = in_from
        bounds = [opened, *inside.commas, close]
        if close > opened + 1:
            for first, behind in pairwise(bounds):
                call.arguments.append((first + 1, behind))
                whole = [o for o in inside.operands if o.start == first + 1 and o.end == behind]
                call.operands.append(whole[0] if whole else None)
        place = close + 1
        while place < end:
            if words[place] == "within" and words[place + 1] == "group":
                after = self._behind(place + 2)
                call.within = (place, after)
            elif words[place] == "filter" and words[place + 1] == "(":
                after = self._behind(place + 1)
                call.filter = (place, after)
            elif words[place] in ("ignore", "respect") and words[place + 1] == "nulls":
                after = place + 2
            elif words[place] == "over":
                after = self._behind(place + 1)
                call.over = (place, after)
            else:
                break
            place = after
        call.end = place
        bare = last == at or (last == at + 2 and self._name(at) == "pg_catalog")
        if not bare:
            self.rules.qualified_call(call)
            return Operand(at, place, name, 2, "call")
        if last != at:
            self.tokens.drop(at, last)
        return Operand(at, place, self.rules.call(call) or name, 2, "call")

    def _behind(self, at: int) -> int:
        """Read a bracket, or the name of a window; return the place behind it."""
        close = self.tokens.partners.get(at)
        if close is None:
            return at + 1
        self.region(at + 1, close)
        return close + 1

    def _cast(self, at: int, opened: int, close: int, name: str) -> Operand:
        split = next((i for i in range(close - 1, opened, -1) if self._words[i] == "as"), None)
        inside = self.region(opened + 1, split if split is not None else close)
        operand = Operand(opened + 1, split or close)
        if len(inside.operands) == 1 and not inside.others:
            operand = inside.operands[0]
        if split is None:
            return Operand(at, close + 1, name, 2)
        to, behind = type_at(self.tokens, split + 1)
        if to is not None and behind == close:
            whole = Operand(opened + 1, split, operand.name, operand.strength, operand.kind)
            self.rules.cast(whole, to, (split + 1, behind))
            if name == "try_cast":
                self.tokens.replace(at, "CAST")
                self.tokens.wrap(at, close + 1, "TRY(", ")")
        if operand.strength == 2 or to is None:
            return Operand(at, close + 1, operand.name, operand.strength, "cast")
        return Operand(at, close + 1, to.name, 1, "cast")

    def _convert(self, at: int, close: int) -> Operand | None:
        """Write CONVERT(type, x) as a cast; return None where it is something else."""
        tokens = self.tokens
        to, comma = type_at(tokens, at + 2)
        if to is None or self._words[comma] != ",":
            return None
        inside = self.region(comma + 1, close)
        operand = Operand(comma + 1, close)
        if len(inside.operands) == 1 and not inside.others:
            found = inside.operands[0]
            operand = Operand(comma + 1, close, found.name, found.strength, found.kind)
        self.rules.cast(operand, to, (at + 2, comma))
        written = tokens.render(at + 2, comma) or PLAIN_NUMERIC
        tokens.drop(at + 2, comma + 1)
        tokens.replace(at, "CAST")
        tokens.insert_after(close - 1, f" AS {written}")
        tokens.set_type(at, close + 1, f"CAST(NULL AS {written})")
        if operand.strength == 2:
            return Operand(at, close + 1, operand.name, 2, "cast")
        return Operand(at, close + 1, to.name, 1, "cast")
