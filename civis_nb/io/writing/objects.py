"""Columns of Python objects as Arrow columns that hold every value exactly, or are refused."""

from __future__ import annotations

import datetime
import decimal
import math
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from civis_nb.errors import CivisInputError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["MAX_DECIMAL_DIGITS", "arrow_of_objects", "refused"]

MAX_DECIMAL_DIGITS = 38
#: What pandas writes as text in a column of mixed objects, and nothing is lost by it.
_SCALARS = (str, bool, int, float, decimal.Decimal, datetime.date, datetime.time, uuid.UUID)


def refused(name: str, kind: str, advice: str) -> CivisInputError:
    """Return the error for a column that no table can hold."""
    return CivisInputError(
        f"Column {name!r} holds {kind}, which no column of a table can hold as it is. "
        f"{advice}; nothing was sent."
    )


def arrow_of_objects(series: Any, name: str) -> pa.Array:
    """Return a pandas series of objects as an Arrow array.

    Parameters
    ----------
    series
        Of dtype object.
    name
        The column's, for errors.

    Returns
    -------
    pa.Array
        Of the one type that holds all values as they are; else of their texts.

    Raises
    ------
    CivisInputError
        When values are neither numbers nor texts, times or UUIDs, or no Unicode.
    """
    import pyarrow as pa

    exact = _of_decimals(series)
    if exact is not None:
        return exact
    try:
        found = pa.array(series, from_pandas=True)
    except UnicodeEncodeError as error:
        raise _no_unicode(name, error) from None
    except (pa.ArrowException, TypeError, OverflowError):
        return _of_mixed(series, name)
    kind = str(found.type)
    if kind.startswith("extension<arrow.uuid"):
        return _of_mixed(series, name)
    if pa.types.is_temporal(found.type) and not pa.types.is_duration(found.type):
        return _of_times(series, name, found)
    return found


def _no_unicode(name: str, error: UnicodeEncodeError) -> CivisInputError:
    """Return the error of a text that UTF-8 can't encode."""
    return CivisInputError(
        f"Column {name!r} holds a text that is no Unicode ({error.reason}): {error.object!r:.80}. "
        "Repair it, for example by text.encode('utf-8', 'replace').decode(); nothing was sent."
    )


def _present(series: Any) -> list[Any]:
    return [value for value in series if not _is_missing(value)]


def _of_times(series: Any, name: str, found: pa.Array) -> pa.Array:
    """Return the array that Arrow found, unless Arrow left out something of a value.

    It takes a datetime among dates for a date, one with a zone for one without, a time with a
    zone for one without, and cuts what is finer than a microsecond.
    """
    import pyarrow as pa

    values = _present(series)
    if any(getattr(value, "nanosecond", 0) for value in values):
        raise refused(name, "times finer than a microsecond", "Round them: value.round('us')")
    if pa.types.is_date(found.type):
        same = not any(isinstance(value, datetime.datetime) for value in values)
    else:
        zoned = {getattr(value, "tzinfo", None) is not None for value in values}
        same = zoned <= {getattr(found.type, "tz", None) is not None}
    return found if same else _of_mixed(series, name)


def _of_mixed(series: Any, name: str) -> pa.Array:
    """Return large whole numbers as decimals, and anything else as texts."""
    import numpy as np
    import pyarrow as pa

    values = [None if _is_missing(value) else value for value in series]
    values = [value.item() if isinstance(value, np.generic) else value for value in values]
    odd = {
        type(value).__name__ for value in values if not isinstance(value, (*_SCALARS, type(None)))
    }
    if odd:
        raise refused(name, " and ".join(sorted(odd)), "Convert them to text or numbers")
    if _are_whole(values):
        return pa.array(values, pa.decimal128(MAX_DECIMAL_DIGITS, 0))
    texts = [None if value is None else str(value) for value in values]
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError as error:
        raise _no_unicode(name, error) from None


def _are_whole(values: Sequence[Any]) -> bool:
    """Return whether all values are whole numbers, or None, that a decimal column can hold."""
    limit = 10**MAX_DECIMAL_DIGITS
    kinds = {type(value) for value in values} - {type(None)}
    return kinds == {int} and all(value is None or -limit < value < limit for value in values)


def _of_decimals(series: Any) -> Any:
    """Return a column of Decimals by way of their text, ten times as fast as by inference.

    None when anything else is in it, or a number that is not written plainly (1E+9).
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    values = series.to_numpy()
    try:
        missing = series.isna().to_numpy()
    except decimal.InvalidOperation:
        return None  # a signalling NaN; Arrow takes it for a missing value
    if set(map(type, values[~missing])) != {decimal.Decimal}:
        return None
    text = pa.array(list(map(str, values)), pa.string(), mask=missing)
    if not pc.all(pc.match_substring_regex(text, r"^-?[0-9]+(\.[0-9]+)?$")).as_py():
        return None
    point, length = pc.find_substring(text, "."), pc.binary_length(text)
    has_point = pc.greater(point, 0)
    scale = pc.max(pc.if_else(has_point, pc.subtract(pc.subtract(length, point), 1), 0)).as_py()
    # Arrow's cast does not refuse what is too long for it.
    if pc.max(pc.if_else(has_point, point, length)).as_py() + scale > MAX_DECIMAL_DIGITS:
        return None
    wide = text.cast(pa.decimal128(MAX_DECIMAL_DIGITS, scale))
    extremes = pc.min_max(wide).as_py().values()
    digits = max(len(value.as_tuple().digits) for value in extremes)
    return wide.cast(pa.decimal128(max(digits, scale, 1), scale))


def _is_missing(value: Any) -> bool:
    """Return whether a Python object stands for NULL."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    if isinstance(value, decimal.Decimal):
        return value.is_nan()
    return type(value).__name__ in ("NAType", "NaTType")
