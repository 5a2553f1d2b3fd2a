"""Operands and operators: where each begins and ends, and what a column of it is called.

Read from left to right, with the precedence of PostgreSQL's operators. The rules of a dialect hear
of each call, cast and operator, innermost first, and edit the tokens.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import pairwise

from civis_nb.local.warehouse.dialects.parts import NO_NAME, Call, Operand, Region, Rules
from civis_nb.local.warehouse.dialects.tokens import NAME, NUMBER, OPERATOR, STRING, WORD, Tokens
from civis_nb.local.warehouse.dialects.types import type_at

__all__ = ["RESERVED", "Expressions"]

#: Words that end an expression, or stand between two.
RESERVED = frozenset(
    """select from where group having order limit offset fetch union except intersect minus and
    or not in is like ilike similar between as on using join inner cross natural when then
    else end with window qualify for into asc desc nulls collate distinct all any some
    values set returning by over filter within escape isnull notnull lateral recursive
    insert update delete create default only tablesample at symmetric both leading trailing
    to placing matched rows range groups unbounded preceding following lambda merge connect
    start pivot unpivot ignore respect""".split()  # noqa: SIM905 - shorter to read
)
_OTHER_OPERATORS = frozenset(
    """|| ~ ~* !~ !~* -> ->> #> #>> @> <@ ? ?| ?& & | # << >> && ~~ !~~ ~~* !~~*""".split()  # noqa: SIM905 - shorter to read
)
#: Operators between operands -> how much they bind, all of them more than comparisons.
_BINDS = dict.fromkeys(_OTHER_OPERATORS, 1) | dict.fromkeys("+-", 2)
_BINDS |= dict.fromkeys(("*", "/", "%", "//"), 3)
#: What makes more of the operand before it.
_CONTINUES = frozenset(("::", "[", "{", ".", "(", "(+)", "at", "collate"))
#: Words of clauses that are names of columns as well, before these.
_COLUMNS_TOO = frozenset(("rows", "range", "groups", "start", "matched", "escape", "at", "filter"))
_BEHIND_COLUMNS = frozenset(
    """, ) ] . :: = <> != < > <= >= + - * / % || as from is in and or then else end desc asc
    where group order""".split()  # noqa: SIM905 - shorter to read
)
#: Aggregates that Redshift has APPROXIMATE.
_EXACT = frozenset(("count", "percentile_disc"))
_SIGNS = frozenset(["+", "-", "~", "@", "|/"])
_TYPED_LITERALS = frozenset(
    """date time timetz timestamp timestamptz datetime interval bool boolean json jsonb bytea
    uuid text varchar numeric decimal int integer bigint smallint int2 int4 int8 float4 float8
    real""".split()  # noqa: SIM905 - shorter to read
)
_UNITS = frozenset(
    "year years month months day days hour hours minute minutes second seconds".split()  # noqa: SIM905
)
_VALUES_WITHOUT_CALL = {
    "current_date": "current_date", "current_time": "current_time",
    "current_timestamp": "current_timestamp", "localtimestamp": "localtimestamp",
    "current_user": "current_user", "session_user": "session_user", "user": "user",
    "true": NO_NAME, "false": NO_NAME, "null": NO_NAME,
}  # fmt: skip
#: Words that begin more than a column or a call.
_BEGINS = _TYPED_LITERALS | _VALUES_WITHOUT_CALL.keys() | {"case", "array", "exists"}


class Expressions(ABC):
    """Read expressions, and let rules edit their tokens.

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

    # -- operators ------------------------------------------------------------------------

    def can_start(self, at: int) -> bool:
        """Return whether an expression can begin with a token."""
        kind, word = self._kinds[at], self._words[at]
        if kind == WORD:
            return word not in RESERVED or (
                word in _COLUMNS_TOO and self._words[at + 1] in _BEHIND_COLUMNS
            )
        if kind in (STRING, NUMBER, NAME):
            return True
        return word in ("(", "[", "{", "*", "$") or (word in _SIGNS)

    def operand(self, at: int, end: int, in_from: bool = False, binds: int = 0) -> Operand:
        """Read an expression of all operators that bind more than ``binds``."""
        left = self._power(at, end, in_from)
        while (operator := left.end) < end:
            strength = _BINDS.get(self._words[operator], 0)
            if strength <= binds or not self.can_start(operator + 1):
                break
            right = self.operand(operator + 1, end, binds=strength)
            self.rules.binary(operator, left, right)
            left = Operand(left.start, right.end)
        return left

    def _power(self, at: int, end: int, in_from: bool = False) -> Operand:
        left = self._signed(at, end, in_from)
        while left.end < end and self._words[left.end] == "^":
            operator = left.end
            sign = operator + 1
            while self._words[sign] in _SIGNS:
                sign += 1
            if not self.can_start(sign):
                break
            right = self._primary(sign, end)
            self.rules.binary(operator, left, Operand(operator + 1, right.end))
            left = Operand(left.start, right.end)
        return left

    # -- operands -------------------------------------------------------------------------

    def _signed(self, at: int, end: int, in_from: bool = False) -> Operand:
        """Read an operand with its signs, which bind more than all other operators."""
        is_approximate = self._words[at] == "approximate" and self._words[at + 2] == "("
        if is_approximate and self._words[at + 1] in _EXACT and self.rules.is_redshift:
            # Exact answers are as near as it gets.
            self.tokens.drop(at, at + 1)
            exact = self._signed(at + 1, end)
            return Operand(at, exact.end, exact.name, exact.strength, exact.kind)
        if self._words[at] in _SIGNS and at + 1 < end:
            inner = self._signed(at + 1, end)
            self.rules.unary(at, inner)
            return Operand(at, inner.end, kind="number" if inner.kind == "number" else "other")
        return (None if in_from else self._plain(at)) or self._primary(at, end, in_from)

    def _plain(self, at: int) -> Operand | None:
        """Read a column or a literal, as most operands are; None if there is more."""
        kinds, words, last = self._kinds, self._words, at
        kind, word = kinds[at], words[at]
        if kind == OPERATOR or word in _BEGINS:
            return None
        if kind in (WORD, NAME):
            while words[last + 1] == "." and kinds[last + 2] in (WORD, NAME):
                last += 2
        if words[last + 1] in _CONTINUES:
            return None
        if kind == STRING:
            self.rules.word(at, "")
            return Operand(at, at + 1, kind="string")
        if kind == NUMBER:
            return Operand(at, at + 1, kind="number")
        is_alias = False
        if last == at and kind == WORD:
            is_alias = self.tokens.expand_alias(at)
            self.rules.word(at, word)
        return Operand(at, last + 1, self._name(last), 2, "other" if is_alias else "column")

    def _primary(self, at: int, end: int, in_from: bool = False) -> Operand:
        found = self._atom(at, end, in_from)
        while found.end < end:
            word, behind = self._words[found.end], found.end
            if word == "::":
                to, after = type_at(self.tokens, behind + 1)
                if to is None:
                    break
                self.rules.cast(found, to, (behind + 1, after))
                name, strength = found.name, found.strength
                if strength <= 1:
                    name, strength = to.name, 1
                found = Operand(found.start, after, name, strength, "cast")
            elif word == "[":
                close = self.tokens.partners.get(behind, behind)
                self.region(behind + 1, close)
                self.rules.element(found, behind)
                found = Operand(found.start, close + 1, found.name, found.strength)
            elif word == "." and self._kinds[behind + 1] in (WORD, NAME):
                found = Operand(found.start, behind + 2, self._name(behind + 1), 2)
            elif word == "at" and self._words[behind + 1 : behind + 3] == ["time", "zone"]:
                zone = self._atom(behind + 3, end)
                found = Operand(found.start, zone.end, "timezone", 2)
            elif word == "collate":
                found = Operand(found.start, behind + 2, found.name, found.strength)
            else:
                break
        return found

    def _is_array(self, opened: int) -> bool:
        """Return whether a bracket behind ARRAY opens an array: Redshift's ARRAY(…) is a call."""
        if self._words[opened] != "(" or not self.rules.is_redshift:
            return self._words[opened] in ("[", "(")
        return self._words[opened + 1] in ("select", "with")

    def _atom(self, at: int, end: int, in_from: bool = False) -> Operand:
        kind, word = self._kinds[at], self._words[at]
        if kind == STRING:
            self.rules.word(at, "")
            return Operand(at, at + 1, kind="string")
        if kind == NUMBER:
            return Operand(at, at + 1, kind="number")
        if word == "$" and self._kinds[at + 1] == NUMBER:
            return Operand(at, at + 2)
        if word == "*":
            return Operand(at, at + 1, kind="star")
        if word == "(":
            return self._parenthesis(at)
        if word == "[":
            close = self.tokens.partners.get(at, at)
            self.region(at + 1, close)
            return Operand(at, close + 1, "array", 2, "array")
        opened = at + 1 if word == "map" else at
        if self._words[opened] == "{":  # a struct or a map of DuckDB
            close = self.tokens.partners.get(opened, opened)
            self.region(opened + 1, close)
            return Operand(at, close + 1)
        if kind == NAME:
            return self._path(at, end, in_from)
        if word == "case":
            return self._case(at, end)
        if word == "array" and self._is_array(at + 1):
            close = self.tokens.partners.get(at + 1, at + 1)
            self.region(at + 2, close)
            return Operand(at, close + 1, "array", 2, "array")
        if word == "exists" and self._words[at + 1] == "(":
            close = self.tokens.partners.get(at + 1, at + 1)
            self.region(at + 2, close)
            return Operand(at, close + 1, "exists", 2)
        if word in _TYPED_LITERALS:
            typed = self._typed_literal(at)
            if typed is not None:
                return typed
        if word in _VALUES_WITHOUT_CALL and self._words[at + 1] not in ("(", "."):
            self.rules.word(at, word)
            name = _VALUES_WITHOUT_CALL[word]
            return Operand(at, at + 1, name, 0 if name == NO_NAME else 1, "value")
        return self._path(at, end, in_from)

    def _parenthesis(self, at: int) -> Operand:
        close = self.tokens.partners.get(at, at)
        inner = self.region(at + 1, close)
        if inner.is_query:
            # Its own aggregates and groups belong together, also where only its type matters.
            self.tokens.set_type(at, close + 1, self.tokens.render(at, close + 1))
            name, strength = inner.first or (NO_NAME, 0)
            return Operand(at, close + 1, name, strength, "query")
        if inner.commas:
            return Operand(at, close + 1, "row", 1, "row")
        if len(inner.operands) == 1 and not inner.others:
            only = inner.operands[0]
            kind = "other" if only.kind in ("column", "star") else only.kind
            return Operand(at, close + 1, only.name, only.strength, kind)
        return Operand(at, close + 1)

    def _case(self, at: int, end: int) -> Operand:
        words = self._words
        results: list[Operand] = []
        name, strength = "case", 1
        part = place = at + 1
        depth = 1
        while place < end:
            word = words[place]
            if word == "case":
                depth += 1
            elif word == "end":
                depth -= 1
            ends_part = depth == 0 or (depth == 1 and word in ("when", "then", "else"))
            if ends_part and place > part:
                inside = self.region(part, place)
                starts = words[part - 1]
                single = len(inside.operands) == 1 and not inside.others
                if single and starts in ("then", "else"):
                    results.append(inside.operands[0])
                    if starts == "else" and results[-1].strength == 2:
                        name, strength = results[-1].name, 2
            if ends_part:
                part = place + 1
            if depth == 0:
                break
            if word in ("(", "["):
                place = self.tokens.partners.get(place, place)
            place += 1
        self.rules.branches(results)
        return Operand(at, min(place + 1, end), name, strength, "case")

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
        if last == at and self._kinds[at] == WORD and not in_from:
            self.tokens.expand_alias(at)
            self.rules.word(at, self._words[at])
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
        if not bare or self._kinds[last] == NAME:
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
        written = tokens.render(at + 2, comma) or "DECIMAL(38, 15)"
        tokens.drop(at + 2, comma + 1)
        tokens.replace(at, "CAST")
        tokens.insert_after(close - 1, f" AS {written}")
        tokens.set_type(at, close + 1, f"CAST(NULL AS {written})")
        return Operand(at, close + 1, to.name, 1, "cast")
