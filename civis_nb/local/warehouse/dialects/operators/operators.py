"""Operators that mean something else in DuckDB."""

from __future__ import annotations

import re
from collections.abc import Callable

from civis_nb.local.warehouse.dialects.operators.arrays import ArrayRules
from civis_nb.local.warehouse.dialects.operators.conditions import TruthRules
from civis_nb.local.warehouse.dialects.operators.joins import JoinRules
from civis_nb.local.warehouse.dialects.operators.json import JsonRules
from civis_nb.local.warehouse.dialects.operators.rows import RowRules
from civis_nb.local.warehouse.dialects.parts import Operand
from civis_nb.local.warehouse.dialects.rules import CATALOG, JSON, TEXT
from civis_nb.local.warehouse.dialects.tokens import NUMBER, STRING
from civis_nb.local.warehouse.dialects.types.assigned import convert_text
from civis_nb.local.warehouse.dialects.types.casts import CastRules
from civis_nb.local.warehouse.dialects.types.ranges import RangeRules

__all__ = ["OperatorRules"]

#: The digits of the smallest integers -> their types.
_SMALLEST = {"2147483648": "INTEGER", "9223372036854775808": "BIGINT"}
_MIXED = "types boolean and integer cannot be matched"
_ARITHMETIC = frozenset("+-*/%")
#: Kinds of operands that are no texts, and are compared with none.
_NO_TEXTS = frozenset(
    "number value date time timestamp timestamptz interval array row query".split()  # noqa: SIM905
)
_OF_COLUMNS = frozenset(("column", "cast"))
#: Kinds of operands whose type is known when DuckDB binds them.
_WITH_TYPE = frozenset(("number", "column", "call", "cast", "date", "timestamp", "timestamptz"))
_TYPED_KINDS = frozenset(
    ("date", "time", "timestamp", "timestamptz", "interval", "cast", "call", "value", "column")
)
#: How many digits numbers have that DuckDB may take for a smallint.
_SHORT_DIGITS = 5
#: Kinds of operands that are no smallints.
_NO_SMALLINTS = frozenset(("number", "string", "interval", "date", "timestamp", "timestamptz"))
#: Longer expressions are not repeated for their type: nested ones would grow.
_LONGEST_TYPE = 80
_OF_TWO_TYPES = frozenset(("plus", "plus_rs", "minus"))
_REGEX_OPERATORS = frozenset(("~", "~*", "!~", "!~*"))
_NUMBER = re.compile(r"(?i)\s*(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|nan|[+-]?inf(?:inity)?)\s*")


class OperatorRules(ArrayRules, CastRules, JoinRules, JsonRules, RangeRules, RowRules, TruthRules):
    """The rules of operators."""

    def binary(self, at: int, left: Operand, right: Operand) -> None:
        """Apply PostgreSQL's meaning to an operator."""
        tokens, word = self._tokens, self._tokens.words[at]
        if self._json_operator(at, left, right):
            return
        self._note_terms(at, left, right)
        if word in ("+", "-", "*") and not self._in_check:
            self._integer_beside(left, right)
            self._integer_beside(right, left)
        if word in _ARITHMETIC:
            self._text_as_number(word, left, right)
            self._text_as_number(word, right, left)
        if word == "/":
            self._divide(at, left, right)
        elif word == "*":
            self._multiply(at, left, right)
        elif word == "%" and not self._is_redshift:
            self._rest(at, left, right)
        elif word == "^":
            one, two = (tokens.type_of(o.start, o.end) for o in (left, right))
            both = f"{CATALOG}.div_kind({one}, {two})"
            kind = f"{CATALOG}.power_kind{self._suffix}({both})"
            tokens.wrap(left.start, right.end, f"{CATALOG}.power{self._suffix}(", f", {kind})")
            tokens.replace(at, ",")
            tokens.set_type(left.start, right.end, kind)
        elif word in ("+", "-"):
            self._sum(at, left, right)
        elif word in _REGEX_OPERATORS:
            self._regex(right.start)
        elif word == "||" and self._mentions_json(left, right) and not self._has_text(left, right):
            self._as_call(at, left, right, "json_joined")
        elif word == "||":
            self._join(left, right)
        elif word == "^@":
            self._as_call(at, left, right, "starts_with", "true")
        elif word in ("#>>", "#>"):
            function = "json_path_list" if word == "#>>" else "json_path_list_json"
            if tokens.words[right.start] == "array":
                path = tokens.render(right.start, right.end)
                text = f"'{{' || array_to_string({path}, ',') || '}}'"
                known = f"CASE WHEN len({path}) = list_count({path}) THEN {text} END"
                tokens.rewrite(right.start, right.end, f"({known})")
            self._as_call(at, left, right, function, TEXT if word == "#>>" else JSON)
        elif word in ("->", "->>") and not self._is_redshift:
            self._take(left, right, is_text=word == "->>")

    def _text_as_number(self, word: str, text: Operand, beside: Operand) -> None:
        """Convert a text of the statement to the type of the number beside it."""
        tokens = self._tokens
        if text.kind != "string" or tokens.texts[text.start][0] != "'":
            return
        if beside.kind == "number":
            number = tokens.texts[beside.end - 1]
            native = "BIGINT" if number.isdecimal() and len(number) > 9 else "INTEGER"
            convert_text(tokens, text.start, native if number.isdecimal() else "DECIMAL")
        elif beside.kind == "interval" and word in ("*", "/"):
            convert_text(tokens, text.start, "DOUBLE")
        elif beside.kind in _WITH_TYPE and word not in ("+", "-"):  # those choose by type
            kind = tokens.type_of(beside.start, beside.end)
            content = tokens.texts[text.start][1:-1].strip()
            is_literal = content[-1:].isdecimal() and _NUMBER.fullmatch(content)
            number = content if is_literal else tokens.texts[text.start]
            tokens.wrap(text.start, text.end, f"{CATALOG}.text_beside(", f", {number}, {kind})")
            tokens.set_type(text.start, text.end, kind)

    def _integer_beside(self, number: Operand, beside: Operand) -> None:
        """Let a short whole number be an integer beside a smallint; DuckDB takes it for another."""
        tokens = self._tokens
        first = number.start + (tokens.words[number.start] == "-")
        text = tokens.texts[first]
        is_short = text.isdecimal() and len(text) <= _SHORT_DIGITS and first + 1 == number.end
        if is_short and beside.kind not in _NO_SMALLINTS:
            kind = tokens.type_of(beside.start, beside.end)
            if len(kind) <= _LONGEST_TYPE:
                tokens.wrap(number.start, number.end, f"{CATALOG}.integer_beside(", f", {kind})")

    def _divide(self, at: int, left: Operand, right: Operand) -> None:
        tokens = self._tokens
        one, two = (tokens.type_of(o.start, o.end) for o in (left, right))
        kind = f"{CATALOG}.div_kind({one}, {two})"
        tokens.set_type(left.start, right.end, kind)
        place = self._quotient_place(left.start, right.end)
        known = self._quotients.get(place)
        if known is not None:
            values = (tokens.render(o.start, o.end) for o in (left, right))
            tokens.rewrite(left.start, right.end, known.of(*values, is_kept=self._is_view))
            tokens.set_type(left.start, right.end, known.kind)
            return
        if not self._is_redshift:
            sides = ", ".join(tokens.render(o.start, o.end) for o in (left, right))
            exact = f"{CATALOG}.quotient_text({sides}, {kind})"
            self._exact_texts[left.start, right.end] = exact
        # DuckDB's "//" divides integers as PostgreSQL does, and fails for 0.
        others = f"{place}, {kind}" if place else kind
        function = f"{CATALOG}.div{self._chosen_quotient}("
        tokens.wrap(left.start, right.end, function, f", {others})")
        tokens.replace(at, ",")

    def _rest(self, at: int, left: Operand, right: Operand) -> None:
        tokens = self._tokens
        one, two = (tokens.type_of(o.start, o.end) for o in (left, right))
        kind = f"{CATALOG}.div_kind({one}, {two})"
        tokens.wrap(left.start, right.end, f"{CATALOG}.rest(", f", {kind})")
        tokens.replace(at, ",")
        tokens.set_type(left.start, right.end, kind)

    def _multiply(self, at: int, left: Operand, right: Operand) -> None:
        tokens = self._tokens
        for side in (left, right):
            self._widen(side)
        if self._typed and not self._is_redshift:
            one, two = (tokens.type_of(o.start, o.end) for o in (left, right))
            kind = f"{CATALOG}.div_kind({one}, {two})"
            tokens.wrap(left.start, right.end, f"{CATALOG}.times(", f", {kind})")
            tokens.replace(at, ",")
            tokens.set_type(left.start, right.end, kind)

    def _as_call(
        self, at: int, left: Operand, right: Operand, function: str, result: str | None = None
    ) -> None:
        """Write an operator as a call; ``result`` has the type of it."""
        tokens = self._tokens
        one, two = (tokens.type_of(o.start, o.end) for o in (left, right))
        kinds = f", {one}, {two}" if function in _OF_TWO_TYPES else ""
        kind = result or f"{CATALOG}.{function}({one}, {two}{kinds})"
        tokens.wrap(left.start, right.end, f"{CATALOG}.{function}(", f"{kinds})")
        tokens.replace(at, ",")
        tokens.set_type(left.start, right.end, kind)

    def _widen(self, operand: Operand) -> None:
        """Let a product of decimals have more digits than DuckDB's short ones."""
        tokens = self._tokens
        opened = next((o for o, c in tokens.partners.items() if c == operand.end - 1), None)
        if operand.kind != "cast" or opened is None:
            return
        if tokens.words[opened - 1] in ("numeric", "decimal") and tokens.words[opened - 2] == "::":
            sizes = [t for t in tokens.texts[opened + 1 : operand.end - 1] if t.isdecimal()]
            scale = sizes[1] if len(sizes) > 1 else "0"
            tokens.insert_after(operand.end - 1, f"::DECIMAL(38, {scale})")

    def compare(self, left: Operand, right: Operand) -> None:
        """Refuse to compare texts or truth values with numbers, as PostgreSQL does."""
        if self._in_check:
            return
        if not self._is_redshift:
            if self._compare_keys(left, right):
                return
            self._compare_json(left, right)
            self._compare_json(right, left)
        if left.kind == right.kind == "row" and not self._is_assigned(left):
            self._tokens.rewrite(left.start, right.end, self._rows_compared(left, right))
            return
        for this, other in ((left, right), (right, left)):
            if other.kind == "number":
                self._beside_number(this, other.start)
        # Blanks count between two texts of the statement, of which none is a CHAR or VARCHAR.
        are_literal = left.kind == right.kind == "string"
        if not self._is_redshift or are_literal or {left.kind, right.kind} & _NO_TEXTS:
            return
        if left.kind in _OF_COLUMNS and right.kind in _OF_COLUMNS:
            kinds = [self._tokens.type_of(side.start, side.end) for side in (left, right)]
            self._beside(left, *kinds)
            self._beside(right, *reversed(kinds))
            return
        self._drop_blanks(left)
        self._drop_blanks(right)

    def _beside(self, operand: Operand, kind: str, other: str) -> None:
        """Let an operand be compared as Redshift compares it with one of another type."""
        closing = f", {kind}, {other})"
        self._tokens.wrap(operand.start, operand.end, f"{CATALOG}.beside(", closing)
        self._tokens.set_type(operand.start, operand.end, kind)

    def unary(self, at: int, operand: Operand) -> None:
        """Write the operators of roots and absolute values as calls."""
        tokens = self._tokens
        smallest = _SMALLEST.get(tokens.texts[operand.start]) if operand.kind == "number" else None
        if smallest is not None and tokens.words[at] == "-":
            text = tokens.texts[operand.start]
            tokens.rewrite(at, operand.end, f"CAST(-{text} AS {smallest})")
            return
        if tokens.words[at] == "@":
            tokens.replace(at, "abs(")
            tokens.insert_after(operand.end - 1, ")")
        elif tokens.words[at] == "|/":
            given = tokens.type_of(operand.start, operand.end)
            kind = f"{CATALOG}.power_kind{self._suffix}({given})"
            tokens.replace(at, f"{CATALOG}.sqrt{self._suffix}(")
            tokens.insert_after(operand.end - 1, f", {kind})")
            tokens.set_type(at, operand.end, kind)

    def _sum(self, at: int, left: Operand, right: Operand) -> None:
        """Count whole numbers beside times as days, and let texts be of the other side's type."""
        function = f"plus{self._suffix}" if self._tokens.words[at] == "+" else "minus"
        is_typed = self._typed and "number" not in (left.kind, right.kind)
        if left.kind == right.kind == "string":
            return  # which type is meant is not told
        if right.kind == "interval" and self._has_both_signs(right):
            self._as_call(at, left, right, function)
            return
        for this, other in ((left, right), (right, left)):
            by_type = self._is_time(this) and other.kind != "interval"
            if is_typed or (this.kind in _TYPED_KINDS and (by_type or other.kind == "string")):
                self._check_days(self._tokens.words[at], left, right)
                self._as_call(at, left, right, function)
                return
        if function == "minus" and "number" not in (left.kind, right.kind):
            one, two = (self._tokens.type_of(o.start, o.end) for o in (left, right))
            self._tokens.set_type(left.start, right.end, f"{CATALOG}.difference_kind({one}, {two})")

    def _has_both_signs(self, interval: Operand) -> bool:
        """Return whether an interval has months and, of another sign, days or times."""
        texts = self._tokens.texts[interval.start : interval.end]
        text = next((text.lower() for text in texts if text.startswith("'")), "")
        return "-" in text and ("mon" in text or "year" in text)

    def _is_time(self, operand: Operand) -> bool:
        if operand.kind in ("date", "time", "timestamp", "timestamptz"):
            return True
        return operand.name in (
            "getdate", "sysdate", "current_date", "current_timestamp", "now", "date_trunc",
            "dateadd", "date_add", "last_day", "add_months", "timestamp", "timestamptz", "date",
            "next_day", "to_date", "to_timestamp",
        ) or (operand.kind == "cast" and self._tokens.words[operand.end - 1] in (
            "date", "timestamp", "timestamptz"))  # fmt: skip

    def branches(self, values: list[Operand]) -> None:
        """Cast plain texts to the type of the other values."""
        texts = [value for value in values if value.kind == "string"]
        kind = self._common_type(values)
        if any(value.kind == "number" for value in values):
            for value in values:
                if value.kind in ("column", "cast"):
                    type_of = self._tokens.type_of(value.start, value.end)
                    opening, closing = f"{CATALOG}.no_truth_among(", f", '{_MIXED}', {type_of})"
                    self._tokens.wrap(value.start, value.end, opening, closing)
                    self._tokens.set_type(value.start, value.end, type_of)
        if texts and kind is not None:
            # The column that tells the type of its MAX may not stand alone beside it.
            typed = self._common_type(values, self._tokens.render)
            for text in texts:
                self._check_number(text, values)
                if _NUMBER.fullmatch(self._tokens.texts[text.start][1:-1]):
                    opening, closing = "cast_to_type(", f", {typed})"
                else:
                    opening, closing = f"{CATALOG}.text_among(", f", {typed}, {kind})"
                self._tokens.wrap(text.start, text.end, opening, closing)

    def case_text(self, first: int, behind: int, values: list[Operand]) -> None:
        """Note the text of a CASE of numbers, each of which has its own number of digits."""
        tokens = self._tokens
        if self._is_redshift or not any(value.kind in ("number", "case") for value in values):
            return
        digits, at = "", first
        for value in values:
            is_null = value.kind == "value"
            text = "NULL" if is_null else self._as_text(value.start, value.end)
            digits += f"{tokens.render(at, value.start)} CAST({text} AS VARCHAR) "
            at = value.end
        digits += tokens.render(at, behind)
        parts = f"{tokens.render(first, behind)}, {digits}, {tokens.type_of(first, behind)}"
        self._exact_texts[first, behind] = f"{CATALOG}.first_text({parts})"

    def _check_number(self, text: Operand, values: list[Operand]) -> None:
        """Refuse a text that is no number among numbers, even where it would not be reached."""
        content = self._tokens.texts[text.start][1:-1]
        if any(value.kind == "number" for value in values) and not _NUMBER.fullmatch(content):
            raise self._refuse(text.start, f'invalid input syntax for type integer: "{content}"')

    def _common_type(
        self, values: list[Operand], expression_of: Callable[[int, int], str] | None = None
    ) -> str | None:
        """Return an expression of the type of all values that are no plain texts; None for none."""
        expression_of = expression_of or self._tokens.type_of
        kinds = dict.fromkeys(
            expression_of(value.start, value.end) for value in values if value.kind in _WITH_TYPE
        )
        if not kinds:
            return None
        return next(iter(kinds)) if len(kinds) == 1 else f"coalesce({', '.join(kinds)})"

    def _beside_number(self, operand: Operand, number: int) -> None:
        """Refuse a text or a truth value where it is compared with a number.

        Redshift has truth values in columns beside 0 and 1, which they are as integers.
        """
        if operand.kind in ("column", "value", "cast"):
            is_column = self._is_redshift and operand.kind != "value"
            is_truth = is_column and self._tokens.texts[number] in ("0", "1")
            self._wrap(operand, "as_compared_rs" if is_truth else "as_compared")

    def among(self, left: Operand, opened: int) -> None:
        """Refuse texts among numbers; let blanks at the end of texts not count, as on Redshift."""
        if self._tokens.kinds[opened + 1] == NUMBER and not self._in_check:
            self._beside_number(left, opened + 1)
        if left.kind == "string":
            return
        tokens = self._tokens
        if self._is_redshift:
            self._drop_blanks(left)
        is_first = True
        for at in range(opened + 1, tokens.partners.get(opened, opened)):
            if tokens.kinds[at] == STRING and tokens.words[at - 1] in ("(", ","):
                text = Operand(at, at + 1, kind="string")
                if self._is_redshift:
                    self._drop_blanks(text)
                elif self._json_text(text) is not None:
                    self._compare_json(text, left, is_first=is_first)
                    is_first = False

    def _drop_blanks(self, operand: Operand) -> None:
        tokens = self._tokens
        if operand.kind == "string":
            text = tokens.texts[operand.start]
            if text.endswith(" '") and (text := tokens.render(operand.start, operand.end)):
                tokens.replace(operand.start, text[:-1].rstrip(" ") + "'")
        elif operand.kind in ("column", "call", "cast", "other", "case"):
            self._wrap(operand, "trimmed")
