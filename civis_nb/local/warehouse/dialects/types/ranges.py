"""Doubles that are too large or too small: errors, where DuckDB goes on with infinity and 0."""

from __future__ import annotations

from civis_nb.local.warehouse.dialects.parts import Operand
from civis_nb.local.warehouse.dialects.rules import CATALOG, RuleSet, Terms
from civis_nb.local.warehouse.dialects.tokens import NUMBER

__all__ = ["RangeRules"]

_ARITHMETIC = frozenset("+-*/%")
#: What makes 0 of small numbers, as a factor.
_TINY = 1e-15
#: Kinds of operands that are no doubles, and make none.
_OTHERS = frozenset(
    """string date time timestamp timestamptz interval array row value star
    query""".split()  # noqa: SIM905 - shorter to read
)
#: Names of casts to types that have errors of their own.
_EXACT_CASTS = frozenset(
    """int2 int4 int8 numeric date time timestamp timestamptz interval varchar text bpchar bool
    json jsonb""".split()  # noqa: SIM905 - shorter to read
)
#: Functions whose values are times.
_TIME_CALLS = frozenset(
    """age current_date date_add dateadd date_trunc getdate justify_days justify_hours
    justify_interval last_day make_date make_interval make_time make_timestamp next_day now
    timezone to_date to_timestamp""".split()  # noqa: SIM905 - shorter to read
)


class RangeRules(RuleSet):
    """The rules of what is computed with doubles."""

    def _note_terms(self, at: int, left: Operand, right: Operand) -> None:
        """Note the terms of an operator's result, before they are edited for it."""
        word = self._tokens.words[at]
        if word not in _ARITHMETIC:
            return
        one, two = self._terms_of(left), self._terms_of(right)
        has_doubles = one.has_doubles and two.has_doubles
        may = one.may_overflow or two.may_overflow or self._may_overflow(word, left, right)
        checked = one.checked + two.checked
        denominators = one.denominators + two.denominators
        if has_doubles and word != "%":
            # What is computed of an infinite term is never finite, but a quotient by it.
            places = [self._place_of(operand) for operand in (left, right)]
            checked += tuple(place for place in places if place in self._checked)
            if word == "/" and places[1] in self._checked:
                denominators += (self._text_without_checks(right),)
        factors: tuple[str, ...] | None = None
        if word in ("*", "/") and has_doubles:
            factors = self._factors_of(left, one)
            factors += self._factors_of(right, two) if word == "*" else ()
        self._terms[left.start, right.end] = Terms(
            one.texts + two.texts, may, has_doubles, checked, denominators, factors
        )

    def _factors_of(self, operand: Operand, terms: Terms) -> tuple[str, ...]:
        """Return what is multiplied in an operand: it is 0 only where one of that is."""
        if terms.factors is not None:
            return terms.factors
        return () if self._number(operand) else (self._text_without_checks(operand),)

    def _terms_of(self, operand: Operand) -> Terms:
        known = self._terms.get(self._place_of(operand))
        if known is not None:
            return known
        if operand.kind == "number":
            return Terms((), may_overflow=False, has_doubles=True)
        is_exact = operand.kind == "cast" and operand.name in _EXACT_CASTS
        is_exact = is_exact or (operand.kind == "call" and operand.name in _TIME_CALLS)
        text = self._text_without_checks(operand)
        return Terms((text,), False, not is_exact and operand.kind not in _OTHERS)

    def _place_of(self, operand: Operand) -> tuple[int, int]:
        """Return where what an operand computes begins and ends: in its brackets, or in NULLIF."""
        words, partners = self._tokens.words, self._tokens.partners
        first, behind = operand.start, operand.end
        while partners.get(first) == behind - 1:
            first, behind = first + 1, behind - 1
        if words[first] == "nullif" and partners.get(first + 1) == behind - 1:
            inner = ((first + 2, end) for start, end in self._terms if start == first + 2)
            return next((place for place in inner if words[place[1]] == ","), (first, behind))
        return first, behind

    def _text_without_checks(self, operand: Operand) -> str:
        """Return the text of a term: its own value is checked where it is computed."""
        tokens = self._tokens
        inner = {
            place: texts
            for place, texts in self._checked.items()
            if operand.start <= place[0] and place[1] <= operand.end
        }
        taken = [place for place, texts in inner.items() if tokens.unwrap(*place, *texts)]
        text = tokens.render(operand.start, operand.end)
        for place in reversed(taken):
            tokens.wrap(*place, *inner[place])
        return text

    def _may_overflow(self, word: str, left: Operand, right: Operand) -> bool:
        """Return whether numbers may have a result that is too large or too small for a double."""
        numbers = [self._number(operand) for operand in (left, right)]
        if word in "+-":  # what a written number adds to large ones is less than their last digit
            return all(number is None or number >= 1e15 for number in numbers)
        if word == "*":
            return all(number is None or number > 1 or number < _TINY for number in numbers)
        return word == "/" and (numbers[1] is None or not 1 <= numbers[1] <= 1 / _TINY)

    def _number(self, operand: Operand) -> float | None:
        """Return the size of a number that is written in the statement; None for other operands."""
        if operand.kind != "number":
            return None
        kinds, texts = self._tokens.kinds, self._tokens.texts
        places = range(operand.start, operand.end)
        return next((float(texts[at]) for at in places if kinds[at] == NUMBER), None)

    def computed(self, operand: Operand) -> None:
        """Wrap a result so that infinity is an error, unless a term is infinite, and 0 of none."""
        terms = self._terms.get((operand.start, operand.end))
        if terms is None or not terms.may_overflow or not terms.has_doubles or self._in_check:
            return
        tokens = self._tokens
        # One check for all: each doubles what it is of, and those in each other would grow
        # exponentially.
        for place in terms.checked:
            texts = self._checked.pop(place, None)
            if texts is not None:
                tokens.unwrap(*place, *texts)
        are_finite, are_in_range = (
            " AND ".join(f"isfinite(TRY_CAST({text} AS DOUBLE))" for text in dict.fromkeys(texts))
            for texts in (terms.texts, terms.denominators)
        )
        kind = tokens.type_of(operand.start, operand.end)
        are_not_0 = "false"
        if terms.factors is not None:
            factors = dict.fromkeys((*terms.factors, "1"))
            are_not_0 = " AND ".join(f"TRY_CAST({factor} AS DOUBLE) <> 0" for factor in factors)
        conditions = f"{are_in_range or 'true'}, {are_finite or 'true'}, {are_not_0}"
        closing = f", {conditions}, {kind})"
        check = f"{CATALOG}.in_range(", closing
        tokens.wrap(operand.start, operand.end, *check)
        self._checked[operand.start, operand.end] = check
        tokens.set_type(operand.start, operand.end, kind)
