"""Variances and standard deviations of numbers, exact where DuckDB adds up rounded ones."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

from civis_nb.local.warehouse.dialects.computed.decimals import digits_of_quotient

__all__ = ["spread_of_sums", "spread_of_values"]

#: Enough for sums of squares of all numbers that there are.
_EXACT = Context(prec=120, rounding=ROUND_HALF_UP)


def spread_of_sums(count: str, total: str, squares: str, wanted: str) -> str:
    """Return a variance or standard deviation, rounded as PostgreSQL's numeric is.

    Parameters
    ----------
    count, total, squares
        The number of values, their sum, and that of their squares.
    wanted
        ``var_pop``, ``var_samp``, ``stddev_pop`` or ``stddev_samp``.

    Returns
    -------
    str
        Empty where there are too few values: DuckDB takes no NULL from a function in Python.

    Examples
    --------
    >>> spread_of_sums("5", "1970", "884700", "var_pop"), spread_of_sums("1", "3", "9", "var_samp")
    ('21704.000000000000', '')
    """
    number, sum_of_all = Decimal(count), Decimal(total)
    below = number * (number - wanted.endswith("samp"))
    if below == 0:
        return ""
    sum_of_squares = _EXACT.multiply(number, Decimal(squares))
    above = _EXACT.subtract(sum_of_squares, _EXACT.multiply(sum_of_all, sum_of_all))
    if above <= 0:
        return "0"
    behind = max(digits_of_quotient(above, below), -int(above.as_tuple().exponent))
    unit = Decimal(1).scaleb(-behind)
    variance = _EXACT.divide(above, below).quantize(unit, context=_EXACT)
    if wanted.startswith("var"):
        return format(variance, "f")
    return format(_EXACT.sqrt(variance).quantize(unit, context=_EXACT), "f")


def spread_of_values(values: Sequence[str | None], wanted: str) -> str:
    """Return a variance or standard deviation of decimals, as `spread_of_sums` does.

    Examples
    --------
    >>> spread_of_values(["1.5", None, "2.5"], "stddev_samp")
    '0.70710678118654752440'
    """
    numbers = [Decimal(value) for value in values if value is not None]
    total = squares = Decimal(0)
    for number in numbers:
        total = _EXACT.add(total, number)
        squares = _EXACT.add(squares, _EXACT.multiply(number, number))
    return spread_of_sums(str(len(numbers)), str(total), str(squares), wanted)
