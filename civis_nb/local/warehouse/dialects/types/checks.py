"""Types that PostgreSQL has no function, operator or cast for, though DuckDB has one.

What the type of an operand is, DuckDB alone knows: functions around it refuse the statement when it
is bound, and are the operand itself where all is well.
"""

from __future__ import annotations

from civis_nb.local.warehouse.dialects.parts import Call, Operand
from civis_nb.local.warehouse.dialects.rules import CATALOG, TEXT, RuleSet
from civis_nb.local.warehouse.dialects.tokens import NUMBER, STRING
from civis_nb.local.warehouse.dialects.types.names import SqlType, no_such_type

__all__ = ["NUMERIC_THERE", "TypeChecks"]

#: Calls whose first argument must be a text.
_OF_TEXTS = frozenset(
    """upper substring substr lpad rpad string_agg octet_length to_date to_number
    initcap""".split()  # noqa: SIM905 - shorter to read
)
#: Calls that DuckDB has for arrays as well.
_OF_NO_ARRAYS = frozenset(("length", "reverse"))
#: Calls that are double precision here, and numeric there, some of integers alone.
NUMERIC_THERE = frozenset(
    "extract stddev stddev_samp stddev_pop variance var_samp var_pop".split()  # noqa: SIM905
)
_BEFORE_TABLE = frozenset(("as", "into", "table", "references", "copy"))
_TEXTS = frozenset(("varchar", "text", "bpchar"))
#: Parts of a time of the day, and of a time zone.
_CLOCK = frozenset(("hour", "minute", "second", "millisecond", "microsecond"))
_ZONE = frozenset(("timezone", "timezone_hour", "timezone_minute"))
#: Types of numbers that are not cast from truth values.
_NO_TRUTH = {
    "int2": "smallint", "int8": "bigint", "numeric": "numeric", "float4": "real",
    "float8": "double precision",
}  # fmt: skip


class TypeChecks(RuleSet):
    """The checks of the dialect ``postgres``; Redshift converts more."""

    def _is_text(self, operand: Operand) -> bool:
        """Return whether an operand is known to be a text, without its type."""
        if operand.kind == "string" or (operand.kind == "cast" and operand.name in _TEXTS):
            return True
        if self._tokens.words[operand.start : operand.end] == ["null"]:
            return True  # it is of any type
        is_joined = operand.kind == "other" and (
            "||" in self._tokens.words[operand.start : operand.end]
        )
        return is_joined or self._tokens.type_of(operand.start, operand.end) == TEXT

    def _check(self, first: int, behind: int, function: str, *others: str) -> None:
        """Put a check around some tokens; ``others`` are its arguments behind the value."""
        kind = self._tokens.type_of(first, behind)
        closing = f", {', '.join(others)})"
        self._tokens.wrap(first, behind, f"{CATALOG}.{function}(", closing)
        self._tokens.set_type(first, behind, kind)

    def _check_text_argument(self, call: Call) -> None:
        """Refuse numbers and times as the first argument of a function of texts."""
        tokens = self._tokens
        self._check_aggregate(call)
        if self._is_redshift or not call.arguments:
            return
        if call.name in ("round", "trunc") and len(call.arguments) == 2:
            self._check_digits(call)
        if call.name in _OF_NO_ARRAYS:
            self._check(*call.arguments[0], "no_array", f"'{call.name}'")
        if call.name not in _OF_TEXTS:
            return
        first, behind = call.arguments[0]
        first += tokens.words[first] in ("distinct", "all")
        behind = next((p for mark, p in call.marks if first < p < behind), behind)
        if behind == first + 1 and tokens.kinds[first] == STRING:
            return
        kind = tokens.type_of(first, behind)
        if kind != TEXT:
            self._check(first, behind, "as_text_argument", f"'{call.name}'", _word(kind))

    def _check_digits(self, call: Call) -> None:
        """Refuse digits behind the point of doubles: PostgreSQL rounds those of decimals only."""
        first, behind = call.arguments[0]
        if NUMERIC_THERE.isdisjoint(self._tokens.words[first:behind]):
            kind = self._tokens.type_of(first, behind)
            self._check(first, behind, "no_double", f"'{call.name}'", _word(kind))

    def _check_aggregate(self, call: Call) -> None:
        """Refuse aggregates of too many or too few arguments, which DuckDB computes."""
        if call.name == "count" and len(call.arguments) != 1 and not self._names_table(call):
            raise self._refuse(
                call.start,
                f"COUNT takes one argument, not {len(call.arguments)}: write COUNT(*) for rows, "
                "and COUNT(*) of a query with DISTINCT for what several columns have",
            )
        if call.name in ("min", "max") and len(call.arguments) > 1:
            other = "LEAST" if call.name == "min" else "GREATEST"
            raise self._refuse(
                call.start,
                f"{call.name.upper()} takes one argument, not {len(call.arguments)}: write {other}",
            )
        if self._is_redshift:
            return
        if call.name == "string_agg" and len(call.arguments) == 1:
            raise self._refuse(
                call.start, "function string_agg with one argument does not exist: give a separator"
            )
        if call.name == "mode" and call.within is None:
            raise self._refuse(
                call.start, "MODE needs its values so: mode() WITHIN GROUP (ORDER BY …)"
            )

    def _names_table(self, call: Call) -> bool:
        """Return whether a name with a list in brackets is that of a table or query."""
        before = self._tokens.words[call.start - 1] if call.start else ""
        return before in _BEFORE_TABLE or self._tokens.names_query(call.name)

    def _check_joined(self, left: Operand, right: Operand) -> tuple[str, str] | None:
        """Return the types of what ``||`` joins, where it may be that none is a text."""
        if self._is_redshift or self._is_text(left) or self._is_text(right):
            return None
        one, two = (self._tokens.type_of(o.start, o.end) for o in (left, right))
        return _word(one), _word(two)

    def _check_days(self, operator: str, left: Operand, right: Operand) -> None:
        """Refuse numbers that are added to timestamps, and long ones that are to dates."""
        if self._is_redshift or right.kind in ("interval", "string"):
            return
        one, two = (self._tokens.type_of(o.start, o.end) for o in (left, right))
        if self._tokens.kinds[right.start] == NUMBER and two.isdecimal():
            two = "CAST(NULL AS INTEGER)"
        kinds = _word(one), _word(two)
        self._check(right.start, right.end, "days_added", f"'{operator}'", *kinds)

    def _checked_time(self, part: str, value: str, kind: str) -> str:
        """Return a value that EXTRACT takes a part of, checked for having that part."""
        function = "clock_part" if part in _CLOCK else "zone_part" if part in _ZONE else None
        if function is None:
            return value
        return f"{CATALOG}.{function}({value}, '{part}', {_word(kind)})"

    def _check_cast(self, operand: Operand, to: SqlType, first: int, behind: int) -> bool:
        """Check a type and what is cast to it; return whether nothing else is to do."""
        tokens, name = self._tokens, to.name
        unknown = no_such_type(tokens, first, is_redshift=self._is_redshift)
        if unknown is not None:
            raise self._refuse(first, unknown)
        if self._is_redshift or to.is_array or (operand.kind == "string" and name != "bit"):
            return False
        if name == "bool":
            if operand.kind == "number" and not tokens.texts[operand.end - 1].isdecimal():
                raise self._refuse(
                    operand.start, "cannot cast type numeric to boolean: compare it, as in x <> 0"
                )
            if operand.kind not in ("number", "value"):
                kind = tokens.type_of(operand.start, operand.end)
                self._check(operand.start, operand.end, "castable_to_boolean", _word(kind))
        elif name in _NO_TRUTH and operand.kind != "number":
            kind = tokens.type_of(operand.start, operand.end)
            names = f"'{_NO_TRUTH[name]}'", _word(kind)
            self._check(operand.start, operand.end, "castable_to_number", *names)
        elif name == "bit" and behind != operand.start:
            size = str(to.arguments[0] if to.arguments else 1)
            kind = tokens.type_of(operand.start, operand.end)
            self._check(operand.start, operand.end, "castable_to_bits", _word(kind))
            self._check(operand.start, operand.end, "bits_of", size, kind)
            tokens.rewrite(first, behind, "BIT")
            return True
        return False


def _word(kind: str) -> str:
    """Return an expression for the name of the type of an expression."""
    return f"{CATALOG}.type_word({kind})"
