"""Calls that return integers, where DuckDB has larger ones.

Their size decides: the sum of integers is divided as an integer, and the sum of larger ones is not.
"""

from __future__ import annotations

from civis_nb.local.warehouse.dialects.expressions import RESERVED
from civis_nb.local.warehouse.dialects.parts import Call
from civis_nb.local.warehouse.dialects.rules import INTEGER, RuleSet
from civis_nb.local.warehouse.dialects.tokens import NAME, WORD

__all__ = ["IntegerRules"]

_INTEGERS = frozenset(
    """length len textlen char_length character_length octet_length bit_length position strpos
    charindex octetindex array_length cardinality array_position json_array_length
    jsonb_array_length regexp_count regexp_instr num_nulls
    num_nonnulls""".split()  # noqa: SIM905 - shorter to read
)
# ruff: noqa: S608 - parts of the user's own statement

#: So many digits each integer has room for.
_SURE_DIGITS = 9


class IntegerRules(RuleSet):
    """The rules of the size of integers."""

    def _shorten(self, call: Call) -> None:
        """Convert what a call returns to an integer."""
        if call.in_from:
            self._series(call)
        elif call.name in _INTEGERS or (call.name == "ntile" and not self._is_redshift):
            self._tokens.wrap(call.start, call.end, "CAST(", " AS INTEGER)")
            self._tokens.set_type(call.start, call.end, INTEGER)

    def _is_short_series(self, call: Call) -> bool:
        """Return whether a call of GENERATE_SERIES is written with integers."""
        if call.name != "generate_series":
            return False
        texts = (self._tokens.texts[behind - 1] for _, behind in call.arguments)
        return all(
            operand is not None and operand.kind == "number" for operand in call.operands
        ) and (all(text.isdecimal() and len(text) <= _SURE_DIGITS for text in texts))

    def _series(self, call: Call) -> None:
        """Convert a series in FROM to integers."""
        tokens = self._tokens
        if not self._is_short_series(call) or tokens.words[call.end] == "with":
            return
        alias = call.end + (tokens.words[call.end] == "as")
        name, closing = call.name, f") AS {call.name}"
        if tokens.kinds[alias] in (WORD, NAME) and tokens.words[alias] not in RESERVED:
            name, closing = tokens.render(alias, alias + 1), ")"
        column = f"CAST(generate_series AS INTEGER) AS {name}"
        tokens.wrap(call.start, call.end, f"(SELECT {column} FROM ", closing)
