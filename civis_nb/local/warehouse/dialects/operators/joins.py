"""The operator ``||``: it joins texts, arrays and elements, and jsonb.

What its operands are, DuckDB alone knows where both are columns. They are joined as texts at first;
what it refuses then tells what they are (`what_is_joined`).
"""

from __future__ import annotations

from civis_nb.local.warehouse.dialects.parts import Operand
from civis_nb.local.warehouse.dialects.rules import CATALOG, JSON, Joined
from civis_nb.local.warehouse.dialects.types.checks import TypeChecks

__all__ = ["JoinRules", "what_is_joined"]

_TEXTS = ("call", "column", "cast", "other", "case", "query")


def what_is_joined(error: str) -> Joined:
    """Return what ``||`` joins in a statement that DuckDB has refused to join texts in.

    Examples
    --------
    >>> what_is_joined("Cannot concatenate types INTEGER[] and INTEGER")
    'arrays'
    >>> what_is_joined("no such column")
    'texts'
    """
    if "Cannot concatenate" in error and "[]" in error:
        return "arrays"
    return "jsonb" if "write x::jsonb || y::jsonb" in error else "texts"


class JoinRules(TypeChecks):
    """The rules of ``||``."""

    def _join(self, left: Operand, right: Operand) -> None:
        tokens = self._tokens
        if self._is_array(left) or self._is_array(right):
            self._join_arrays(left, right)
            return
        kinds = self._check_joined(left, right)
        if kinds is not None and self._joined != "texts":
            if self._joined == "arrays":
                self._join_arrays(left, right)
            else:
                self._join_json(left, right)
            return
        for side in (left, right):
            if (
                side.kind in _TEXTS
                and (side.name not in ("varchar", "text", "bpchar"))
                and not (side.kind == "other" and "||" in tokens.words[side.start : side.end])
            ):
                if not self._is_redshift and self._exact_text(side.start, side.end) is None:
                    self._wrap(side, "no_json")
                self._write_as_text(side)
        if kinds is not None:
            self._check(left.start, left.end, "joinable", *kinds)

    def _is_array(self, operand: Operand) -> bool:
        """Return whether the statement tells that an operand is an array."""
        is_cast = operand.kind == "cast" and self._tokens.words[operand.end - 1] == "]"
        return operand.kind == "array" or is_cast

    def _join_arrays(self, left: Operand, right: Operand) -> None:
        """Join arrays, or an array and an element, where NULL adds nothing or an element."""
        tokens = self._tokens
        values = [tokens.render(o.start, o.end) for o in (left, right)]
        kinds = [tokens.type_of(o.start, o.end) for o in (left, right)]
        pairs = zip(values, kinds, strict=True)
        # A plain NULL is an array.
        lists = ", ".join(
            "NULL" if value == "null" else f"{CATALOG}.as_list({value}, {kind})"
            for value, kind in pairs
        )
        joined = f"{CATALOG}.arrays_joined({lists})"
        if not (self._is_array(left) or self._is_array(right)):
            joined = f"{CATALOG}.one_array({joined}, {', '.join(kinds)})"
        tokens.rewrite(left.start, right.end, joined)
        tokens.set_type(left.start, right.end, f"{CATALOG}.arrays_joined({lists})")

    def _join_json(self, left: Operand, right: Operand) -> None:
        tokens = self._tokens
        values = (f"{CATALOG}.only_json({tokens.render(o.start, o.end)})" for o in (left, right))
        tokens.rewrite(left.start, right.end, f"{CATALOG}.json_joined({', '.join(values)})")
        tokens.set_type(left.start, right.end, JSON)
