"""Rows of several values: compared value by value, where DuckDB has structs that know no NULL."""

from __future__ import annotations

from civis_nb.local.warehouse.dialects.parts import Operand
from civis_nb.local.warehouse.dialects.rules import CATALOG, RuleSet

__all__ = ["RowRules"]


#: What may be before the rows of a list.
_BEFORE_ROWS = frozenset(
    "set select where and or not on having by when then else returning (".split()  # noqa: SIM905
)


class RowRules(RuleSet):
    """The rules of rows."""

    def _values_of(self, first: int, behind: int) -> list[str]:
        """Return the values between the brackets of a row."""
        return [self._tokens.render(*piece) for piece in self._tokens.items(first, behind)]

    def _is_assigned(self, row: Operand) -> bool:
        """Return whether values are put into a row of columns: SET (a, b) = (1, 2)."""
        words, at = self._tokens.words, row.start - 1
        opened = {close: opened for opened, close in self._tokens.partners.items()}
        while at >= 0 and words[at] not in _BEFORE_ROWS:
            at = opened.get(at, at) - 1
        return at >= 0 and words[at] == "set"

    def _rows_compared(self, left: Operand, right: Operand) -> str:
        """Return the SQL of a comparison: the first values that differ decide."""
        word = self._tokens.words[left.end]
        ones = self._values_of(left.start + 1, left.end - 1)
        others = self._values_of(right.start + 1, right.end - 1)
        return self._compared(ones, word, others, left.end)

    def _compared(self, ones: list[str], word: str, others: list[str], at: int) -> str:
        if len(ones) != len(others):
            raise self._refuse(at, "unequal number of entries in row expressions")
        pairs = list(zip(ones, others, strict=True))
        if word in ("=", "<>", "!="):
            joined = " AND " if word == "=" else " OR "
            return f"({joined.join(f'({one}) {word} ({other})' for one, other in pairs)})"
        one, other = pairs[-1]
        text = f"({one}) {word} ({other})"
        for one, other in reversed(pairs[:-1]):
            text = f"({one}) {word[0]} ({other}) OR (({one}) = ({other}) AND ({text}))"
        return f"({text})"

    def overlaps(self, one: Operand, other: Operand) -> None:
        """Write OVERLAPS as a call; a row ends with a time, or with how long it takes."""
        values = []
        for row in (one, other):
            pieces = list(self._tokens.items(row.start + 1, row.end - 1))
            if len(pieces) != 2 or row.kind != "row":
                raise self._refuse(
                    row.start, "OVERLAPS needs two values on each side: (begin, end)"
                )
            begin, end = (self._tokens.render(*piece) for piece in pieces)
            kind = self._tokens.type_of(*pieces[1])
            values += [begin, f"{CATALOG}.end_of({begin}, {end}, {kind})"]
        self._tokens.rewrite(one.start, other.end, f"{CATALOG}.overlap({', '.join(values)})")
        self._tokens.set_type(one.start, other.end, "true")

    def row_test(self, row: Operand, at: int, behind: int) -> None:
        """Write IS NULL, which is of all values, or IN as comparisons."""
        tokens = self._tokens
        values = self._values_of(row.start + 1, row.end - 1)
        if tokens.words[at] == "is":
            test = " ".join(tokens.words[at:behind])
            text = " AND ".join(f"({value}) {test}" for value in values)
            tokens.rewrite(row.start, behind, f"({text})")
            return
        rows = [
            self._compared(values, "=", self._values_of(first + 1, after - 1), at)
            for first, after in tokens.items(at + 2, behind - 1)
        ]
        negation = "NOT " if tokens.words[at - 1] == "not" else ""
        tokens.rewrite(row.start, behind, f"({negation}({' OR '.join(rows)}))")
