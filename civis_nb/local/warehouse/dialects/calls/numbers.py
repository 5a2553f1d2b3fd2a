"""Calls of functions and aggregates of numbers, whose types and digits are the dialect's."""

from __future__ import annotations

from civis_nb.local.warehouse.dialects.parts import Call
from civis_nb.local.warehouse.dialects.rules import BIGINT, CATALOG, DOUBLE, RuleSet
from civis_nb.local.warehouse.dialects.types.checks import NUMERIC_THERE
from civis_nb.table_names import literal

__all__ = ["SPREADS", "NumberRules"]

#: Variances and standard deviations -> what they are of.
SPREADS = {
    "stddev": "stddev_samp", "stddev_samp": "stddev_samp", "stddev_pop": "stddev_pop",
    "variance": "var_samp", "var_samp": "var_samp", "var_pop": "var_pop",
}  # fmt: skip


class NumberRules(RuleSet):
    """The rules of calls of numbers."""

    def _average(self, call: Call) -> None:
        self._need(call, 1)
        tokens = self._tokens
        kind = self._argument_type(call)
        inside = tokens.render(call.open + 1, call.close)
        behind = self._modifiers(call)
        mean, total, count = (f"{f}({inside}){behind}" for f in ("avg", "sum", "count"))
        place = self._quotient_place(call.start, call.end)
        known = self._quotients.get(place)
        if known is not None:
            mean = known.of(total, f"nullif({count}, 0)", is_kept=self._is_view)
            self._set(call, mean, known.kind)
            return
        if not self._is_redshift:
            exact = f"{CATALOG}.mean_text({mean}, {total}, {count}, {kind})"
            self._exact_texts[call.start, call.end] = exact
        value = self._value_of(call)
        ends = f"min({value}){behind}, max({value}){behind}"
        values = f"{mean}, {total}, {count}, {ends}, {f'{place}, ' if place else ''}{kind}"
        self._set(call, f"{CATALOG}.averaged{self._chosen_quotient}({values})")
        tokens.set_type(call.start, call.end, f"{CATALOG}.avg_kind{self._suffix}({kind})")

    def _spread(self, call: Call) -> None:
        """Compute variances and standard deviations of integers and decimals exactly."""
        tokens = self._tokens
        if not self._is_redshift and len(call.arguments) == 1:
            kind, value = self._argument_type(call), self._value_of(call)
            behind, inside = self._modifiers(call), tokens.render(call.open + 1, call.close)
            rounded, wanted = f"{call.name}({inside}){behind}", literal(SPREADS[call.name])
            is_distinct = tokens.words[call.open + 1] == "distinct"
            items = f"list({'distinct ' * is_distinct}CAST({value} AS VARCHAR)){behind}"
            sums = (
                f"count({value})",
                f"sum({value})",
                f"sum({CATALOG}.square_of({value}, {kind}))",
            )
            values = [] if is_distinct else [f"{one}{behind}" for one in sums]
            function = "spread_distinct" if is_distinct else "spread"
            arguments = ", ".join((rounded, *values, items, wanted, kind))
            self._set(call, f"{CATALOG}.{function}({arguments})")
        tokens.set_type(call.start, call.end, DOUBLE)

    def _value_of(self, call: Call) -> str:
        """Return what an aggregate is of, also where that is only of distinct values."""
        first, behind = call.arguments[0]
        first += self._tokens.words[first] in ("distinct", "all")
        return self._tokens.render(first, behind)

    def _total(self, call: Call) -> None:
        self._need(call, 1)
        kind = self._argument_type(call)
        is_plain = call.end == call.close + 1 and not call.marks
        function = "summed_plain" if is_plain else "summed"
        inside = f", {self._arguments(call)[0]}" if is_plain else ""
        one = f"min({self._value_of(call)}){self._modifiers(call)}"
        self._tokens.wrap(call.start, call.end, f"{CATALOG}.{function}(", f"{inside}, {kind})")
        if one and not self._is_redshift:
            self._tokens.wrap(call.start, call.end, f"{CATALOG}.narrow_sum(", f", {one}, {kind})")
        self._tokens.set_type(call.start, call.end, f"{CATALOG}.sum_kind({kind})")

    def _power(self, call: Call) -> None:
        """Raise to a power, or take the root: PostgreSQL does so with decimals as well."""
        function = {"dsqrt": "sqrt", "pow": "power"}.get(call.name, call.name) + self._suffix
        self._need(call, 1 if function.startswith("sqrt") else 2)
        kinds = [self._tokens.type_of(*argument) for argument in call.arguments]
        both = kinds[0] if len(kinds) == 1 else f"{CATALOG}.div_kind({', '.join(kinds)})"
        kind = f"{CATALOG}.power_kind{self._suffix}({both})"
        values = ", ".join(self._arguments(call))
        self._set(call, f"{CATALOG}.{function}({values}, {kind})", kind)

    def _logarithm(self, call: Call) -> None:
        """Take a logarithm, or its inverse: PostgreSQL does so with decimals as well."""
        name = "log" if call.name == "log10" else call.name
        values = ", ".join(self._arguments(call))
        if self._is_redshift or len(call.arguments) not in (1, 2):
            self._set(call, f"{CATALOG}.{name}({values})")
            return
        if len(call.arguments) == 2:  # there is that of decimals only
            kind = "CAST(NULL AS DECIMAL(38, 20))"
        else:
            kind = f"{CATALOG}.power_kind({self._tokens.type_of(*call.arguments[0])})"
        self._set(call, f"{CATALOG}.{name}_pg({values}, {kind})", kind)

    def _checksum(self, call: Call) -> None:
        """Return the digits of a decimal: what it is of other types is not documented."""
        if not self._is_redshift:
            return
        self._need(call, 1)
        value, words = self._arguments(call)[0], self._tokens.words
        if words[call.end] == "is" and "null" in words[call.end + 1 : call.end + 3]:
            self._set(call, f"CASE WHEN ({value}) IS NOT NULL THEN 0 END", BIGINT)  # whatever it is
            return
        kind = self._tokens.type_of(*call.arguments[0])
        self._set(call, f"{CATALOG}.checksum({value}, {kind})", BIGINT)

    def _modulo(self, call: Call) -> None:
        """Return the rest of a division, exact of decimals: DuckDB makes doubles of long ones."""
        if self._is_redshift or len(call.arguments) != 2:
            return
        one, two = (self._tokens.type_of(*argument) for argument in call.arguments)
        kind = f"{CATALOG}.div_kind({one}, {two})"
        self._set(call, f"{CATALOG}.rest({', '.join(self._arguments(call))}, {kind})", kind)

    def _round(self, call: Call) -> None:
        if len(call.arguments) == 1:
            kind = self._tokens.type_of(*call.arguments[0])
            self._set(
                call,
                f"{CATALOG}.rounded{self._suffix}({self._arguments(call)[0]}, {kind})",
                f"{CATALOG}.rounded{self._suffix}({kind}, {kind})",
            )

        elif len(call.arguments) == 2 and not self._is_redshift:
            self._narrow(call)

    def _narrow(self, call: Call) -> None:
        """Set the type of a decimal that is rounded to a written number of digits."""
        at, behind = call.arguments[1]
        digits = self._tokens.texts[at]
        if behind == at + 1 and digits.isdecimal() and int(digits) <= 16:
            first, end = call.arguments[0]
            is_numeric = not NUMERIC_THERE.isdisjoint(self._tokens.words[first:end])
            kind = "CAST(NULL AS DECIMAL)" if is_numeric else self._tokens.type_of(first, end)
            target = f"CAST(NULL AS DECIMAL({22 + int(digits)}, {digits}))"
            closing = f", {target}, {kind})"
            self._tokens.wrap(call.start, call.end, f"{CATALOG}.narrow(", closing)
            self._tokens.set_type(
                call.start, call.end, f"{CATALOG}.narrow({target}, {target}, {kind})"
            )

    def _whole(self, call: Call) -> None:
        """Round up or down: of integers, PostgreSQL returns double precision."""
        self._double(call, "double_of_integer")

    def _sign(self, call: Call) -> None:
        """Return the sign, of the type of the number; of an integer, a double."""
        self._double(call, "sign_of")

    def _double(self, call: Call, function: str) -> None:
        """Convert what a call returns of an integer to double precision, by a function."""
        if self._is_redshift or len(call.arguments) != 1:
            return
        kind = self._tokens.type_of(*call.arguments[0])
        value = self._tokens.render(call.start, call.end)
        self._set(
            call,
            f"{CATALOG}.{function}({value}, {kind})",
            f"{CATALOG}.double_of_integer({kind}, {kind})",
        )

    def _trunc(self, call: Call) -> None:
        if len(call.arguments) == 1:
            kind = self._tokens.type_of(*call.arguments[0])
            function = f"{CATALOG}.truncated{self._decimal_suffix}"
            text = f"{function}({self._arguments(call)[0]}, {kind})"
            self._set(call, text, f"{function}({kind}, {kind})")
        elif len(call.arguments) == 2 and not self._is_redshift:
            self._narrow(call)

    def _ratio(self, call: Call) -> None:
        if call.over is not None:
            value = self._tokens.render(call.open + 1, call.close)
            over = self._tokens.render(*call.over)
            self._set(call, f"{CATALOG}.ratio({value}, sum({value}) {over})", DOUBLE)
