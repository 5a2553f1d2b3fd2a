"""Quotients of decimals in Redshift, whose digits follow from the types of both sides.

Only DuckDB knows the types. So the first attempt at a statement is refused with the types of a
quotient (`types_in`), and the next one has what follows from them in its text (`Quotient`). Where
there are more, one binding notes them all (`noting`): a function that DuckDB calls for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from civis_nb.local.warehouse.dialects.parts import CATALOG
from civis_nb.table_names import literal

__all__ = [
    "FILLED_TYPE",
    "PLAIN_NUMERIC",
    "Quotient",
    "note_quotient",
    "noting",
    "quotient_of",
    "types_in",
]

_TYPES = re.compile(rf"'{CATALOG}: decimals (\d+) (\S+) (\S+)'")
_SIZE = re.compile(r"DECIMAL\((\d+), ?(\d+)\)")
#: What DuckDB calls the type of a plain NULL.
_NO_TYPE = '"NULL"'
#: Beside a decimal, an integer is one of so many digits.
_DIGITS = {"TINYINT": 5, "SMALLINT": 5, "INTEGER": 10, "BIGINT": 19, "HUGEINT": 38,
           _NO_TYPE: 1}  # fmt: skip
_MEAN = "MEAN"
#: PostgreSQL's numeric without a scale, which has as many digits as its values. With a scale below
#: 20 DuckDB may have a type for products of two, with two digits before the point at most: they
#: would fail when they are computed, and not when they are bound, where they get another type.
PLAIN_NUMERIC = "DECIMAL(38, 20)"
#: The types of PostgreSQL's quotients, means, powers and roots, of numerics without a scale, and of
#: what is made of those: their digits behind the point are not those of the values.
FILLED_TYPE = re.compile(r"DECIMAL\(38, ?[123]\d\)")
_MAX_DIGITS, _LEAST_SCALE, _MOST_SCALE = 38, 4, 37

#: Of the binding that notes them.
_noted: ContextVar[dict[int, Quotient] | None] = ContextVar("noted quotients", default=None)


@dataclass(frozen=True)
class Quotient:
    """How DuckDB computes a quotient of two types.

    ``more`` is how many digits the dividend gets, ``scale`` how many the result has behind its
    point; ``is_cut`` is whether further digits are cut off, as those of means are.
    """

    one: str
    two: str
    more: int
    scale: int
    is_cut: bool = False

    def of(self, dividend: str, divisor: str, *, is_kept: bool) -> str:
        """Return the expression of the quotient of two others.

        One that is kept, in a view, fails when they have other types by then.
        """
        behind = self.scale + (not self.is_cut)
        unit = f"0.{'1'.rjust(behind, '0')}" if behind else "1"
        digits = (
            f"1{'0' * (self.more + (not self.is_cut))}::HUGEINT, "
            f"CAST({unit} AS DECIMAL(38, {behind})), {self.scale}"
        )
        if is_kept:
            types = f"{literal(self.one)}, {literal(self.two)}"
            return f"{CATALOG}.kept_quotient({dividend}, {divisor}, {types}, {digits})"
        values = (
            value if kind == _NO_TYPE else f"CAST({value} AS {kind})"
            for value, kind in ((dividend, self.one), (divisor, self.two))
        )
        return f"{CATALOG}.nearest_quotient({', '.join(values)}, {digits})"

    @property
    def kind(self) -> str:
        """Return an expression of its type."""
        return f"CAST(NULL AS DECIMAL(38, {self.scale}))"


def types_in(message: str) -> tuple[int, str, str] | None:
    """Return a place, and DuckDB's names of the two types there, from the error of an attempt."""
    found = _TYPES.search(message)
    return (int(found[1]), found[2], found[3]) if found is not None else None


def quotient_of(one: str, two: str) -> Quotient:
    """Return how a value of one type is divided by one of another.

    "Computations with numeric values" of Redshift's documents has the rule. A sum that is
    divided by the number of its values, with ``MEAN`` as the other type, keeps its scale, and
    further digits are cut off: "PIVOT and UNPIVOT examples" has 2.71 as the mean of 2.50, 3.75
    and 1.90.

    Examples
    --------
    >>> quotient_of("DECIMAL(8,2)", "DECIMAL(8,2)").scale
    9
    >>> quotient_of("DECIMAL(38,2)", "BIGINT").scale
    4
    """
    if two == _MEAN:
        return Quotient(one, "BIGINT", 0, _size(one)[1], is_cut=True)
    (p1, s1), (p2, s2) = _size(one), _size(two)
    scale = max(_LEAST_SCALE, s1 + p2 - s2 + 1)
    digits = p1 - s1 + s2 + scale
    if digits > _MAX_DIGITS:
        scale = max(_LEAST_SCALE, _MAX_DIGITS + scale - digits)
    scale = min(scale, _MOST_SCALE)
    return Quotient(one, two, scale - s1 + s2, scale)


@contextmanager
def noting() -> Iterator[dict[int, Quotient]]:
    """Return a dictionary into which the quotients go that are bound in the block."""
    found: dict[int, Quotient] = {}
    token = _noted.set(found)
    try:
        yield found
    finally:
        _noted.reset(token)


def note_quotient(place: int, one: str, two: str) -> int:
    """Note the types of a quotient; return its scale. DuckDB calls this when it binds one."""
    quotient = quotient_of(one, two)
    found = _noted.get()
    if found is not None:
        found[place] = quotient
    return quotient.scale


def _size(name: str) -> tuple[int, int]:
    """Return the precision and the scale of a type."""
    found = _SIZE.fullmatch(name)
    return (int(found[1]), int(found[2])) if found is not None else (_DIGITS[name], 0)
