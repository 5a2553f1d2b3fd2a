"""Quotients of decimals in Redshift, whose digits follow from the types of both sides.

Only DuckDB knows the types. So the first attempt at a statement is refused with the types of a
quotient (`types_in`), and the next one has what follows from them in its text (`quotient`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from civis_nb.local.warehouse.dialects.parts import CATALOG
from civis_nb.table_names import literal

__all__ = ["EXACT_TYPES", "Quotient", "quotient_of", "types_in"]

_TYPES = re.compile(rf"'{CATALOG}: decimals (\d+) (\S+) (\S+)'")
_SIZE = re.compile(r"DECIMAL\((\d+), ?(\d+)\)")
#: Beside a decimal, an integer is one of so many digits.
_DIGITS = {"TINYINT": 5, "SMALLINT": 5, "INTEGER": 10, "BIGINT": 19, "HUGEINT": 38,
           '"NULL"': 1}  # fmt: skip
_MEAN = "MEAN"
#: The types of PostgreSQL's quotients, means, powers and roots.
EXACT_TYPES = frozenset(("DECIMAL(38,24)", "DECIMAL(38,20)"))
_MOST_DIGITS, _LEAST_SCALE = 38, 4


@dataclass(frozen=True)
class Quotient:
    """How DuckDB computes a quotient of two types.

    ``more`` is how many digits the dividend gets, ``scale`` how many the result has behind its
    point.
    """

    one: str
    two: str
    more: int
    scale: int

    @property
    def arguments(self) -> str:
        """Return the last arguments of ``nearest_quotient``."""
        unit = "1" if not self.scale else f"0.{'1'.rjust(self.scale, '0')}"
        return (
            f"{literal(self.one)}, {literal(self.two)}, 1{'0' * self.more}::HUGEINT, "
            f"CAST({unit} AS DECIMAL(38, {self.scale}))"
        )

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
    divided by the number of its values, with ``MEAN`` as the other type, keeps its scale.

    Examples
    --------
    >>> quotient_of("DECIMAL(8,2)", "DECIMAL(8,2)").scale
    9
    >>> quotient_of("DECIMAL(38,2)", "BIGINT").scale
    4
    """
    if two == _MEAN:
        return Quotient(one, "BIGINT", 0, _size(one)[1])
    (p1, s1), (p2, s2) = _size(one), _size(two)
    scale = max(_LEAST_SCALE, s1 + p2 - s2 + 1)
    digits = p1 - s1 + s2 + scale
    if digits > _MOST_DIGITS:
        scale = max(_LEAST_SCALE, _MOST_DIGITS + scale - digits)
    return Quotient(one, two, scale - s1 + s2, scale)


def _size(name: str) -> tuple[int, int]:
    """Return the precision and the scale of a type."""
    found = _SIZE.fullmatch(name)
    return (int(found[1]), int(found[2])) if found is not None else (_DIGITS[name], 0)
