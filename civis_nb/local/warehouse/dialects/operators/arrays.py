"""Arrays: compared by ANY and ALL, and taken apart by subscripts."""

from __future__ import annotations

from civis_nb.local.warehouse.dialects.parts import Operand
from civis_nb.local.warehouse.dialects.rules import CATALOG, RuleSet
from civis_nb.local.warehouse.dialects.tokens import STRING

__all__ = ["ArrayRules"]


class ArrayRules(RuleSet):
    """The rules of arrays."""

    def quantified(self, left: Operand, at: int, close: int) -> None:
        """Wrap a comparison with an array so that it is NULL where the array is.

        DuckDB takes that for an empty one.
        """
        tokens = self._tokens
        array = tokens.render(at + 3, close)
        if tokens.kinds[at + 3] == STRING and close == at + 4:
            array = f"CAST({CATALOG}.as_array({array}) AS VARCHAR[])"
            kind = tokens.type_of(left.start, left.end)
            tokens.rewrite(
                at + 3, close, f"list_transform({array}, lambda w: cast_to_type(w, {kind}))"
            )
        elif tokens.words[at + 3] != "array":
            tokens.wrap(left.start, close + 1, f"CASE WHEN ({array}) IS NOT NULL THEN ", " END")

    def element(self, array: Operand, opened: int) -> None:
        """Replace subscripts by functions that return NULL outside of the array."""
        tokens = self._tokens
        if array.kind == "array" and tokens.words[array.start] == "array":
            raise self._refuse(opened, 'syntax error at or near "[": write (ARRAY[…])[…]')
        close = tokens.partners.get(opened, opened)
        if tokens.kinds[opened + 1] == STRING:
            return  # a key of JSON
        kind = tokens.type_of(array.start, array.end)
        is_last = tokens.words[close + 1] != "["
        colon = self._colon(opened, close)
        if colon is None:
            function = "element" if is_last else "row_of_array"
            ends, one = f", {tokens.render(opened + 1, close)})", f"({kind})[1]"
        else:
            if not is_last or tokens.words[opened - 1] == "]":
                raise self._refuse(opened, "slices of more than one dimension are not supported")
            first = tokens.render(opened + 1, colon) if colon > opened + 1 else "1"
            last = tokens.render(colon + 1, close) if close > colon + 1 else "2147483647"
            ends, one = f", {first}, {last})", kind
            function = "slice_of_array"
        tokens.insert_before(array.start, f"{CATALOG}.{function}(")
        tokens.rewrite(opened, close + 1, ends)
        tokens.set_type(array.start, close + 1, one)

    def _colon(self, opened: int, close: int) -> int | None:
        """Return the place of the colon between two brackets; None if there is none."""
        at = opened + 1
        while at < close:
            if self._tokens.words[at] == ":":
                return at
            at = self._tokens.partners.get(at, at) + 1
        return None
