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
_TRAILING_ZERO = r"\.[0-9]+0$"
_SIXTEEN_DIGITS = r"([0-9]\.?){16,}"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_TIMESTAMP = r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?$"
_ZONED = _TIMESTAMP[:-1] + r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"
_MAX_DECIMAL_DIGITS = 38


def infer_column(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Give a text column the narrowest type that loses nothing of it.

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

    values = text.drop_null()
    if len(values) == 0:
        return text
    for guess in (_integers, _booleans, _numbers, _times):
        # Most columns are settled by their first values.
        if guess(values.slice(0, 100)) is None:
            continue
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
    import pyarrow as pa
    import pyarrow.compute as pc

    if not _all_match(values, _INTEGER):
        return None
    if int(pc.max(pc.utf8_length(values)).as_py()) < 19:
        return pa.int64()
    try:
        values.cast(pa.int64())
    except pa.ArrowInvalid:
        return pa.decimal128(_MAX_DECIMAL_DIGITS, 0)
    return pa.int64()


def _booleans(values: Any) -> Any:
    import pyarrow as pa

    found = set(values.slice(0, 1000).unique().to_pylist())
    if not found <= {"true", "false", "t", "f"}:
        return None
    found = set(values.unique().to_pylist())
    # A column of nothing but f may be of any kind of code.
    return pa.bool_() if found <= {"true", "false"} or found == {"t", "f"} else None


def _numbers(values: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not _all_match(values, f"{_INTEGER}|{_DECIMAL}|{_EXPONENT}|{_SPECIAL}"):
        return None
    if not _any_match(values, rf"{_DECIMAL}|{_EXPONENT}"):
        return None
    plain = not _any_match(values, rf"{_EXPONENT}|{_SPECIAL}")
    if plain and _any_match(values, _TRAILING_ZERO):
        return _decimal_type(values)
    if _any_match(values, _INTEGER) and _any_match(values, r"\.0$"):
        return None  # no database writes 1 and 1.0 in one column
    if not _any_match(values, _SIXTEEN_DIGITS):
        return pa.float64()  # 15 digits fit into a double
    doubles = values.cast(pa.float64())
    digits = r"[^0-9.]|0*$"
    again = pc.replace_substring_regex(doubles.cast(pa.string()), digits, "")
    if pc.all(pc.equal(again, pc.replace_substring_regex(values, digits, ""))).as_py():
        return pa.float64()
    return _decimal_type(values) if plain else None


def _decimal_type(values: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = pc.utf8_length(pc.replace_substring_regex(values, r"^-|\..*$", ""))
    fraction = pc.utf8_length(pc.replace_substring_regex(values, r"^[^.]*\.?", ""))
    scale = int(pc.max(fraction).as_py())
    precision = int(pc.max(whole).as_py()) + scale
    return pa.decimal128(precision, scale) if precision <= _MAX_DECIMAL_DIGITS else None


def _times(values: Any) -> Any:
    import pyarrow as pa

    if _all_match(values, _DATE):
        return pa.date32()
    if _all_match(values, _TIMESTAMP):
        return pa.timestamp("us")
    return pa.timestamp("us", "UTC") if _all_match(values, _ZONED) else None


def _cast(text: Any, kind: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_boolean(kind):
        mapped = pc.is_in(text, pa.array(["true", "t"]))
        return pc.if_else(pc.is_null(text), pa.scalar(None, pa.bool_()), mapped)
    return text.cast(kind)
