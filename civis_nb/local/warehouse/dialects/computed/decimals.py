"""Quotients, products, powers and roots of decimals, with as many digits as PostgreSQL gives them.

There the digits behind the point follow from the values: at least 16 digits count. Here the types
have room for so many only. A number with more digits than fit is an error, never rounded further.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Context, Decimal, Overflow

__all__ = [
    "digits_of_quotient",
    "exponential_of_decimal",
    "logarithm_of_decimal",
    "mean_of_decimals",
    "power_of_decimal",
    "product_of_decimals",
    "quotient_of_decimals",
    "rest_of_decimals",
    "whole_quotient",
]

#: PostgreSQL's NUMERIC_MIN_SIG_DIGITS.
_SIGNIFICANT_DIGITS = 16
#: A group of digits of PostgreSQL's numeric.
_GROUP = 4
#: The digits behind the point of what is returned: those of the types in ``decimals.sql``.
_QUOTIENT_SCALE, _MEAN_SCALE, _POWER_SCALE = 24, 20, 20
_DIGITS = 38
_EXACT = Context(prec=120, rounding=ROUND_HALF_UP)


def quotient_of_decimals(dividend: str, divisor: str) -> str:
    """Return a quotient, as PostgreSQL's ``select_div_scale`` rounds it.

    Raises
    ------
    ValueError
        If the divisor is 0, or the quotient has more digits than fit.

    Examples
    --------
    >>> quotient_of_decimals("100.0", "3"), quotient_of_decimals("1.5", "1.2")
    ('33.3333333333333333', '1.25000000000000000000')
    """
    return _quotient(dividend, divisor, "a quotient", _QUOTIENT_SCALE)


def whole_quotient(dividend: str, divisor: str) -> str:
    """Return a quotient without its fraction, as ``div`` does.

    Examples
    --------
    >>> whole_quotient("12345678901234567890", "123"), whole_quotient("-7.5", "2")
    ('100371373180768844', '-3')
    """
    return format(_EXACT.divide_int(_read(dividend)[0], _read(divisor)[0]), "f")


def rest_of_decimals(dividend: str, divisor: str) -> str:
    """Return what a whole quotient leaves, with the sign of the dividend.

    Raises
    ------
    ValueError
        If the divisor is 0.

    Examples
    --------
    >>> rest_of_decimals("-7.5", "2")
    '-1.5'
    """
    (above, _), (below, _) = _read(dividend), _read(divisor)
    if below == 0:
        raise ValueError("division by zero")
    return format(_EXACT.remainder(above, below), "f")


def mean_of_decimals(total: str, count: str) -> str:
    """Return the mean of values from their sum and number, as a quotient."""
    return _quotient(total, count, "a mean", _MEAN_SCALE)


def product_of_decimals(one: str, other: str) -> str:
    """Return a product, which is exact in PostgreSQL, with the digits that fit."""
    first, second = _read(one)[0], _read(other)[0]
    value = _EXACT.multiply(first, second)
    wanted = max(0, -int(value.as_tuple().exponent))
    return _written(value, "a product", wanted, _QUOTIENT_SCALE)


def power_of_decimal(base_text: str, exponent_text: str) -> str:
    """Return a decimal raised to a power, as ``power_var`` does; ``root`` as exponent for the root.

    Raises
    ------
    ValueError
        If there is no such number, or it has more digits than fit.

    Examples
    --------
    >>> power_of_decimal("2.0", "root"), power_of_decimal("1.05", "10")
    ('1.414213562373095', '1.6288946267774414')
    """
    base, behind = _read(base_text)
    if exponent_text == "root":
        if base < 0:
            raise ValueError("cannot take square root of a negative number")
        value = _EXACT.sqrt(base)
        wanted = _SIGNIFICANT_DIGITS - ((_weight(base) + 1) * _GROUP // 2 - 1)
        return _written(value, "a root", max(wanted, behind), _POWER_SCALE)
    exponent, behind_exponent = _read(exponent_text)
    if base == 0 and exponent < 0:
        raise ValueError("zero raised to a negative power is undefined")
    if base < 0 and exponent != exponent.to_integral_value():
        raise ValueError("a negative number raised to a non-integer power yields a complex result")
    if exponent == 0:
        return "1"
    try:
        value = _EXACT.power(base, exponent)
    except Overflow:
        raise _too_long("a power", _POWER_SCALE) from None
    # The logarithm of the result, cut off as C does.
    weight = int(_EXACT.log10(abs(value))) if value else 0
    wanted = max(_SIGNIFICANT_DIGITS - weight, behind, behind_exponent, 0)
    return _written(value, "a power", wanted, _POWER_SCALE)


def exponential_of_decimal(text: str) -> str:
    """Return the power of Euler's number, as ``numeric_exp`` rounds it.

    Examples
    --------
    >>> exponential_of_decimal("1.0")
    '2.7182818284590452'
    """
    exponent, behind = _read(text)
    try:
        value = _EXACT.exp(exponent)
    except Overflow:
        raise _too_long("a power", _POWER_SCALE) from None
    weight = int(float(exponent) * 0.434294481903252)
    return _written(value, "a power", max(_SIGNIFICANT_DIGITS - weight, behind), _POWER_SCALE)


def logarithm_of_decimal(base_text: str, text: str) -> str:
    """Return a logarithm, as ``numeric_ln`` and ``numeric_log`` round it; the natural one of ``e``.

    Raises
    ------
    ValueError
        If there is no such number, or it has more digits than fit.

    Examples
    --------
    >>> logarithm_of_decimal("e", "2.0"), logarithm_of_decimal("2", "64")
    ('0.6931471805599453', '6.0000000000000000')
    """
    value, behind = _read(text)
    if value <= 0:
        what = "zero" if value == 0 else "a negative number"
        raise ValueError(f"cannot take logarithm of {what}")
    if base_text == "e":
        wanted = max(_SIGNIFICANT_DIGITS - _weight_of_logarithm(value), behind, 0)
        return _written(_EXACT.ln(value), "a logarithm", wanted, _POWER_SCALE)
    base, behind_base = _read(base_text)
    if base <= 0:
        what = "zero" if base == 0 else "a negative number"
        raise ValueError(f"cannot take logarithm of {what}")
    if base == 1:
        raise ValueError("division by zero")
    weight = _weight_of_logarithm(value) - _weight_of_logarithm(base)
    wanted = max(_SIGNIFICANT_DIGITS - weight, behind, behind_base, 0)
    found = _EXACT.divide(_EXACT.ln(value), _EXACT.ln(base))
    return _written(found, "a logarithm", wanted, _POWER_SCALE)


def _weight_of_logarithm(value: Decimal) -> int:
    """Return the place of the first digit of a natural logarithm, as PostgreSQL estimates it."""
    if Decimal("0.9") <= value <= Decimal("1.1"):
        return (value - 1).adjusted() if value != 1 else 0
    # Cut off towards 0, as C does.
    return int(math.log10(abs(float(_EXACT.ln(value)))))


def _read(text: str) -> tuple[Decimal, int]:
    """Return a decimal, and how many of its digits are behind the point."""
    value = Decimal(text)
    behind = max(0, -int(value.as_tuple().exponent))
    if behind >= _POWER_SCALE:  # the zeros at the end of our own quotients fill their type
        behind = max(0, -int(value.normalize(_EXACT).as_tuple().exponent))
    return value, behind


def _weight(value: Decimal) -> int:
    """Return the place of the first group of digits, which is 0 for those before the point."""
    return value.adjusted() // _GROUP


def _first_group(value: Decimal) -> int:
    return int(_EXACT.scaleb(abs(value), -_GROUP * _weight(value)))


def _quotient(dividend: str, divisor: str, what: str, room: int) -> str:
    (above, behind), (below, behind_too) = _read(dividend), _read(divisor)
    if below == 0:
        raise ValueError("division by zero")
    value = _EXACT.divide(above, below)
    return _written(value, what, max(digits_of_quotient(above, below), behind, behind_too), room)


def digits_of_quotient(above: Decimal, below: Decimal) -> int:
    """Return how many digits behind the point ``select_div_scale`` gives a quotient at least."""
    weight = -1 - _weight(below)
    if above:
        weight = _weight(above) - _weight(below) - (_first_group(above) <= _first_group(below))
    return max(_SIGNIFICANT_DIGITS - _GROUP * weight, 0)


def _written(value: Decimal, what: str, wanted: int, room: int) -> str:
    """Return the text of a value with the wanted digits behind the point, if there is room."""
    if abs(value) >= Decimal(10) ** (_DIGITS - room):
        raise _too_long(what, room)
    rounded = value.quantize(Decimal(1).scaleb(-min(wanted, room)), context=_EXACT)
    is_short = wanted > room and rounded != value
    if is_short and len(rounded.as_tuple().digits) < _SIGNIFICANT_DIGITS:
        raise ValueError(
            f"{what} of decimals is so small that the {room} digits behind its point are too few "
            "to be exact here: cast one side to double precision"
        )
    return format(rounded, "f")


def _too_long(what: str, room: int) -> ValueError:
    return ValueError(
        f"{what} of decimals has more than {_DIGITS - room} digits before its point, too many to "
        "be exact here: cast one side to double precision"
    )
