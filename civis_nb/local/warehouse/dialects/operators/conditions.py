"""Conditions: what WHERE, AND, NOT and their like are of must be a truth value."""

from __future__ import annotations

from civis_nb.local.warehouse.dialects.parts import Operand
from civis_nb.local.warehouse.dialects.rules import CATALOG, RuleSet

__all__ = ["TruthRules"]

_TRUTHS = frozenset(("true", "false", "null"))
#: Kinds of operands that are truth values, or are refused otherwise.
_WITHOUT_CHECK = frozenset(("string", "star", "row", "bool"))


class TruthRules(RuleSet):
    """The rules of conditions."""

    def condition(self, operand: Operand, clause: str) -> None:
        """Refuse a condition of another type, which DuckDB would compare with 0.

        Redshift converts integers to truth values by itself.
        """
        tokens = self._tokens
        words = tokens.words[operand.start : operand.end]
        if self._in_check or operand.is_condition or operand.kind in _WITHOUT_CHECK:
            return
        if {*words} - {"(", ")"} <= _TRUTHS or operand.name == "exists":
            return
        if words.count("case") > 1:
            return  # its text would stand there twice, and that of those in it four times
        kind = tokens.type_of(operand.start, operand.end)
        judged_as = f"{CATALOG}.truth_kind{self._suffix}({kind})"
        tokens.wrap(operand.start, operand.end, f"{CATALOG}.truth(", f", '{clause}', {judged_as})")
        tokens.set_type(operand.start, operand.end, kind)
