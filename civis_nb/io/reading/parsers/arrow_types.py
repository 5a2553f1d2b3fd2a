"""Types for text columns of which no type is known: only such that give back the same text.

A column becomes numbers, dates or booleans only when every value, written out again, is what
was read: ``00501``, ``1E5``, ``+1`` and an empty text keep a column text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["infer_column"]

_INTEGER = r"^(0|-?[1-9][0-9]{0,37})$"
_DECIMAL = r"^-?(0|[1-9][0-9]*)\.[0-9]+$"
_EXPONENT = r"^-?[1-9](\.[0-9]*[1-9])?e[+-][0-9][0-9]+$"
_SPECIAL = r"^(NaN|nan|-?(Infinity|inf))$"
#: Doubles keep numbers of so many digits apart.
_DOUBLE_DIGITS = 15
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_TIMESTAMP = r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?$"
_ZONED = _TIMESTAMP[:-1] + r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"
_MAX_DECIMAL_DIGITS = 38
_FIRST_ROWS = 100


def infer_column(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Convert a text column to the narrowest type that loses nothing of it.

    Parameters
    ----------
    text
        A column of strings; missing values are NULL.

    Returns
    -------
    pa.ChunkedArray
        Of int64, decimal128, float64, bool, date32, timestamp[us] with or without UTC, or as
        it was.

    Examples
    --------
    >>> import pyarrow as pa
    >>> [str(infer_column(pa.chunked_array([values])).type)
    ...  for values in (["1", None], ["007", "1"], ["1.50"], ["0.1", "2.5"], ["", None])]
    ['int64', 'string', 'decimal128(3, 2)', 'double', 'string']
    """
    import pyarrow as pa

    first = text.slice(0, _FIRST_ROWS).drop_null()
    values = None if len(first) else text.drop_null()
    first = first if values is None else values.slice(0, _FIRST_ROWS)
    if not len(first):
        return text
    for guess in (_integers, _booleans, _numbers, _times):
        # Most columns are settled by their first values.
        if guess(first) is None:
            continue
        if values is None:
            values = text.drop_null() if text.null_count else text
        kind = guess(values)
        if kind is not None:
            try:
                return _cast(text, kind)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
                return text
    return text


def _all_match(values: Any, pattern: str) -> bool:
    import pyarrow.compute as pc

    return bool(pc.all(pc.match_substring_regex(values, pattern)).as_py())


def _any_match(values: Any, pattern: str) -> bool:
    import pyarrow.compute as pc

    return bool(pc.any(pc.match_substring_regex(values, pattern)).as_py())


def _integers(values: Any) -> Any:
    """Return the integer type that holds all texts; None for none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not _all_match(values, _INTEGER):
        return None
    if int(pc.max(pc.binary_length(values)).as_py()) < 19:
        return pa.int64()
    try:
        values.cast(pa.int64())
    except pa.ArrowInvalid:
        return pa.decimal128(_MAX_DECIMAL_DIGITS, 0)
    return pa.int64()


def _booleans(values: Any) -> Any:
    """Return the boolean type where all texts are truth values; None for none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for words in (["true", "false"], ["t", "f"]):
        if pc.all(pc.is_in(values, pa.array(words))).as_py():
            # A column of nothing but f may be of any kind of code.
            both = all(pc.any(pc.equal(values, word)).as_py() for word in words)
            return pa.bool_() if both or words[0] == "true" else None
    return None


def _numbers(values: Any) -> Any:
    """Return the decimal or floating type that gives back the same texts; None for none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = _all_match(values, f"{_INTEGER}|{_DECIMAL}")
    if not plain and not _all_match(values, f"{_INTEGER}|{_DECIMAL}|{_EXPONENT}|{_SPECIAL}"):
        return None
    length, point = pc.binary_length(values), pc.find_substring(values, ".")
    has_point = pc.greater_equal(point, 0)
    if not pc.any(has_point).as_py() and not _any_match(values, _EXPONENT):
        return None
    ends_in_zero = pc.and_(has_point, pc.ends_with(values, "0"))
    is_whole = pc.ends_with(values, ".0")
    if pc.any(is_whole).as_py() and _any_match(values, _INTEGER):
        return None  # no database writes 1 and 1.0 in one column
    if plain and pc.any(ends_in_zero).as_py():
        # Decimals have as many digits as their column says; of other fractions, only those
        # that are whole end in a zero.
        digits = pc.min_max(pc.subtract(length, point).filter(has_point)).as_py()
        alike = digits["min"] == digits["max"]
        alike = alike or pc.any(pc.xor(ends_in_zero, is_whole)).as_py()
        if alike and not _has_minus_zero(values):
            return _decimal_type(values, length, point)
    if not plain and not _in_range(values):
        return None
    if int(pc.max(length).as_py()) <= _DOUBLE_DIGITS + 1 or _doubles_keep(values):
        return pa.float64()
    if not plain or _has_minus_zero(values):
        return None
    return _decimal_type(values, length, point)


def _has_minus_zero(values: Any) -> bool:
    """Return whether there is a zero with a minus: only doubles have one."""
    import pyarrow.compute as pc

    found = values.filter(pc.starts_with(values, "-0"))
    return len(found) > 0 and _any_match(found, r"^-0\.0+$")


def _in_range(values: Any) -> bool:
    """Return whether doubles hold numbers with exponents: 1e+400 and 1e-400 are too far out."""
    import pyarrow as pa
    import pyarrow.compute as pc

    doubles = values.cast(pa.float64())
    infinite = pc.xor(pc.is_inf(doubles), pc.match_substring_regex(values, r"[iI]nf"))
    gone = pc.and_(pc.equal(doubles, 0.0), pc.match_substring_regex(values, r"^[^e]*[1-9]"))
    return not pc.any(pc.or_(infinite, gone)).as_py()


def _doubles_keep(values: Any) -> bool:
    """Return whether doubles, written out again, have the digits of the texts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    again = values.cast(pa.float64()).cast(pa.string())
    differs = pc.not_equal(again, values)
    unimportant = r"[^0-9.]|\.0*$"
    one, other = (
        pc.replace_substring_regex(texts.filter(differs), unimportant, "")
        for texts in (again, values)
    )
    return bool(pc.all(pc.equal(one, other), min_count=0).as_py())


def _decimal_type(values: Any, length: Any, point: Any) -> Any:
    """Return the decimal type that holds all texts; None where there are too many digits."""
    import pyarrow as pa
    import pyarrow.compute as pc

    has_point = pc.greater_equal(point, 0)
    sign = pc.starts_with(values, "-").cast(pa.int32())
    whole = pc.subtract(pc.if_else(has_point, point, length), sign)
    fraction = pc.if_else(has_point, pc.subtract(pc.subtract(length, point), 1), 0)
    scale = int(pc.max(fraction).as_py())
    precision = int(pc.max(whole).as_py()) + scale
    return pa.decimal128(precision, scale) if precision <= _MAX_DECIMAL_DIGITS else None


def _times(values: Any) -> Any:
    """Return the date or timestamp type that gives back the same texts; None for none."""
    import pyarrow as pa

    if _any_match(values, r"^0000"):
        return None  # no calendar of Python's has a year 0
    if _all_match(values, _DATE):
        return pa.date32()
    if _all_match(values, _TIMESTAMP):
        return pa.timestamp("us")
    return pa.timestamp("us", "UTC") if _all_match(values, _ZONED) else None


def _cast(text: Any, kind: Any) -> Any:
    """Convert texts into a type, booleans in both of their spellings."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_boolean(kind):
        mapped = pc.is_in(text, pa.array(["true", "t"]))
        return pc.if_else(pc.is_null(text), pa.scalar(None, pa.bool_()), mapped)
    return text.cast(kind)
