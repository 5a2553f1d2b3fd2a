"""Operands and operators: where each begins and ends, and what a column of it is called.

Read from left to right, with the precedence of PostgreSQL's operators. The rules of a dialect hear
of each call, cast and operator, innermost first, and edit the tokens.
"""

from __future__ import annotations

from civis_nb.local.warehouse.dialects.call_forms import TYPED_LITERALS, Calls
from civis_nb.local.warehouse.dialects.parts import NO_NAME, Operand
from civis_nb.local.warehouse.dialects.rules import UnsupportedSqlError
from civis_nb.local.warehouse.dialects.tokens import NAME, NUMBER, OPERATOR, STRING, WORD
from civis_nb.local.warehouse.dialects.types.names import type_at

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
    """|| ^@ ~ ~* !~ !~* -> ->> #> #>> #- @> <@ ? ?| ?& & | # << >> && ~~ !~~ ~~* !~~*""".split()  # noqa: SIM905 - shorter to read
)
#: Operators between operands -> how much they bind, all of them more than comparisons.
_BINDS = dict.fromkeys(_OTHER_OPERATORS, 1) | dict.fromkeys("+-", 2)
_BINDS |= dict.fromkeys(("*", "/", "%", "//"), 3)
#: Operators that test something.
_TESTS = frozenset("^@ ~ ~* !~ !~* @> <@ ? ?| ?& && ~~ !~~ ~~* !~~*".split())  # noqa: SIM905
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
_VALUES_WITHOUT_CALL = {
    "current_date": "current_date", "current_time": "current_time",
    "current_timestamp": "current_timestamp", "localtimestamp": "localtimestamp",
    "localtime": "localtime",
    "current_user": "current_user", "session_user": "session_user", "user": "user",
    "true": NO_NAME, "false": NO_NAME, "null": NO_NAME,
}  # fmt: skip
#: Words that begin more than a column or a call.
_BEGINS = TYPED_LITERALS | _VALUES_WITHOUT_CALL.keys() | {"case", "array", "exists"}


class Expressions(Calls):
    """Read expressions, and let rules edit their tokens.

    Parameters
    ----------
    tokens
        The statement.
    rules
        What the dialect does with each part.
    """

    # -- operators ------------------------------------------------------------------------

    def can_start(self, at: int) -> bool:
        """Return whether an expression can begin with a token."""
        kind, word = self._kinds[at], self._words[at]
        if kind == WORD:
            after = self._words[at + 1]
            return (
                word not in RESERVED
                or (word in _COLUMNS_TOO and after in _BEHIND_COLUMNS)
                or (word == "isnull" and after == "(")
                or (word == "range" and after == "(" and not self._is_frame(at))
            )
        if kind in (STRING, NUMBER, NAME):
            return True
        return word in ("(", "[", "{", "*", "$") or (word in _SIGNS)

    def _is_frame(self, at: int) -> bool:
        """Return whether RANGE and an expression in brackets tell how far a frame goes."""
        close = self.tokens.partners.get(at + 1, at + 1)
        return self._words[close + 1] in ("preceding", "following")

    def operand(self, at: int, end: int, in_from: bool = False, binds: int = 0) -> Operand:
        """Read an expression of all operators that bind more than ``binds``."""
        left = self._power(at, end, in_from)
        while (operator := left.end) < end:
            strength = _BINDS.get(self._words[operator], 0)
            if strength <= binds or not self.can_start(operator + 1):
                break
            right = self.operand(operator + 1, end, binds=strength)
            self.rules.binary(operator, left, right)
            is_test = self._words[operator] in _TESTS
            left = Operand(left.start, right.end, is_condition=is_test)
        if not binds:
            self.rules.computed(left)
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
        is_alias = last == at and self.tokens.expand_alias(at)
        if last == at and kind == WORD:
            named = self.rules.word(at, word)
            if named is not None:
                return Operand(at, at + 1, named, 1, "value")
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
                if self._words[behind + 2] == "(":  # DuckDB's a.f(), which is f(a)
                    raise UnsupportedSqlError(
                        'syntax error at or near "("', self.tokens.starts[behind + 2]
                    )
                found = Operand(found.start, behind + 2, self._name(behind + 1), 2)
            elif word == "at" and self._words[behind + 1 : behind + 3] == ["time", "zone"]:
                zone = self._atom(behind + 3, end)
                self.rules.zone(found, zone)
                found = Operand(found.start, zone.end, "timezone", 2)
            elif word == "overlaps" and found.kind == "row" and self._words[behind + 1] == "(":
                other = self._parenthesis(behind + 1)
                self.rules.overlaps(found, other)
                found = Operand(found.start, other.end, "overlaps", 2, is_condition=True)
            elif word == "collate":
                after = self.tokens.path(behind + 1)[1]
                self.rules.collation(behind, after)
                found = Operand(found.start, after, found.name, found.strength)
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
        if word in TYPED_LITERALS:
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
            return Operand(at, close + 1, only.name, only.strength, kind, only.is_condition)
        return Operand(at, close + 1, is_condition=inner.others > 0)

    def _case(self, at: int, end: int) -> Operand:
        words = self._words
        results: list[Operand] = []
        count = 0
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
                count += starts in ("then", "else")
                if single and starts == "when" and words[at + 1] == "when":
                    self.rules.condition(inside.operands[0], "CASE/WHEN")
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
        behind = min(place + 1, end)
        if count == len(results):
            self.rules.case_text(at, behind, results)
        return Operand(at, behind, name, strength, "case")
