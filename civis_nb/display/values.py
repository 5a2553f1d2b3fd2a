"""Values of a column as text: exact where a type is exact, short where it is a measurement."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

__all__ = ["decimals_of", "exact_texts", "looks_numeric", "number_text", "texts", "type_name"]

_SIGNIFICANT = 6
_MAX_DECIMALS = 6
_FEWEST_DECIMALS = 2
#: Of more bytes than these, only the first are shown.
_MAX_BYTES = 32
_FIRST_BYTES = 8
_NUMBER = re.compile(r"[+-]?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?\Z|[+-]?\.\d+\Z")

#: What Python and databases call no number and the infinities -> what pandas and polars do; these
#: words all of them read as numbers.
_ENDLESS = {"nan": "NaN", "Infinity": "inf", "-Infinity": "-inf"}

_PLAIN_NAMES = {
    "int8": "tinyint",
    "int16": "smallint",
    "int32": "integer",
    "int64": "bigint",
    "halffloat": "float16",
    "float": "real",
    "double": "double",
    "bool": "boolean",
    "string": "text",
    "large_string": "text",
    "string_view": "text",
    "binary": "bytes",
    "large_binary": "bytes",
    "binary_view": "bytes",
    "date32[day]": "date",
    "date64[ms]": "date",
}
_FAMILIES = (
    (re.compile(r"timestamp\[\w+, tz=.*\]"), "timestamptz"),
    (re.compile(r"timestamp\[.*\]"), "timestamp"),
    (re.compile(r"time(32|64)\[.*\]"), "time"),
    (re.compile(r"duration\[.*\]|.*interval.*"), "interval"),
    (re.compile(r"(large_|fixed_size_)?list(_view)?<.*", re.DOTALL), "list"),
    (re.compile(r"struct<.*", re.DOTALL), "struct"),
    (re.compile(r"map<.*", re.DOTALL), "map"),
)
_DECIMAL = re.compile(r"decimal\d*\((\d+), (-?\d+)\)")
_DICTIONARY = re.compile(r"dictionary<values=([^,]+), .*>")


def type_name(arrow_type: object) -> str:
    """Return the short SQL name of an Arrow type.

    Examples
    --------
    >>> type_name("int64"), type_name("timestamp[us, tz=UTC]"), type_name("decimal128(18, 2)")
    ('bigint', 'timestamptz', 'decimal(18,2)')
    """
    text = str(arrow_type)
    if text in _PLAIN_NAMES:
        return _PLAIN_NAMES[text]
    if match := _DICTIONARY.fullmatch(text):
        return type_name(match.group(1))
    if match := _DECIMAL.fullmatch(text):
        return f"decimal({match.group(1)},{match.group(2)})"
    return next((name for pattern, name in _FAMILIES if pattern.fullmatch(text)), text)


def looks_numeric(values: Sequence[str | None]) -> bool:
    """Return whether texts are all numbers, and none a code such as ``00501``."""
    found = [value for value in values if value is not None]
    return bool(found) and all(_NUMBER.match(value) for value in found)


def texts(values: Sequence[Any], decimals: int | None = None) -> list[str | None]:
    r"""Return each value of a column as text, None for NULL.

    Integers, decimals and text keep every digit and letter. Doubles are rounded to six
    significant digits, with as many decimals as the column needs; what is no number is NaN,
    inf or -inf, as pandas writes them. Of many bytes the first ones
    are shown, and how many there are.

    Parameters
    ----------
    values
        The values.
    decimals
        The decimals of doubles, where they are known from more of the column; see `decimals_of`.

    Examples
    --------
    >>> texts([47.0434322, None, 3.5])
    ['47.0434', None, '3.5000']
    >>> texts([bytes(1000)])
    ['\\x0000000000000000… (1,000 bytes)']
    """
    if _are_floats(values):
        if decimals is None:
            decimals = decimals_of(values)
        return [None if value is None else _float_text(value, decimals) for value in values]
    return [None if value is None else _short_text(value) for value in values]


def exact_texts(values: Sequence[Any]) -> list[str | None]:
    """Return each value as text, None for NULL; doubles keep every digit, too.

    Examples
    --------
    >>> exact_texts([47.0434322, 0.1, None])
    ['47.0434322', '0.1', None]
    """
    return [None if value is None else _text(value) for value in values]


def decimals_of(values: Sequence[Any]) -> int | None:
    """Return the decimals that doubles of a column need; None: each is written in its own way.

    Examples
    --------
    >>> decimals_of([47.0434322, None, 3.5]), decimals_of([1e300, 0.5])
    (4, None)
    """
    finite = [value for value in values if value is not None and math.isfinite(value)]
    if any(value and not _is_plain(value) for value in finite):
        return None
    return max((_decimals(value) for value in finite), default=1)


def number_text(text: str) -> str:
    """Return the text of a double with our one word for no number and for each infinity.

    Examples
    --------
    >>> number_text("nan"), number_text("-Infinity"), number_text("1.5")
    ('NaN', '-inf', '1.5')
    """
    return _ENDLESS.get(text, text)


def _are_floats(values: Sequence[Any]) -> bool:
    return any(isinstance(value, float) for value in values) and all(
        value is None or isinstance(value, float) for value in values
    )


def _is_plain(value: float) -> bool:
    """Return whether a value is readable without an exponent."""
    return 1e-4 <= abs(value) < 1e15


def _float_text(value: float, decimals: int | None) -> str:
    if decimals is None or (math.isfinite(value) and value and not _is_plain(value)):
        return _scientific(value)
    return f"{value:.{decimals}f}" if math.isfinite(value) else _text(value)


def _scientific(value: float) -> str:
    short = _text(value)
    return short if len(short) <= 12 else f"{value:.{_SIGNIFICANT - 1}e}"


def _decimals(value: float) -> int:
    """Return the decimals that show a value to six significant digits, at least one."""
    exponent = math.floor(math.log10(abs(value))) if value else 0
    most = min(max(_SIGNIFICANT - 1 - exponent, _FEWEST_DECIMALS), _MAX_DECIMALS)
    shown = f"{value:.{most}f}".rstrip("0")
    return max(len(shown) - shown.index(".") - 1, 1)


def _short_text(value: Any) -> str:
    if isinstance(value, (bytes, bytearray, memoryview)) and len(value) > _MAX_BYTES:
        return f"{_text(bytes(value[:_FIRST_BYTES]))}… ({len(value):,} bytes)"
    return _text(value)


def _text(value: Any) -> str:
    """Return a value as text, as SQL writes values of its type."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number_text(str(value))
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "\\x" + bytes(value).hex()
    if isinstance(value, (dict, list, tuple)):
        return _json(value)
    return str(value)


def _json(value: Any) -> str:
    """Return a nested value as JSON, as DuckDB writes it: numbers with every digit."""
    if isinstance(value, dict):
        fields = (f"{json.dumps(str(key), ensure_ascii=False)}:{_json(one)}"
                  for key, one in value.items())  # fmt: skip
        return "{" + ",".join(fields) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_json, value)) + "]"
    if value is None:
        return "null"
    is_number = isinstance(value, (int, float, Decimal)) and math.isfinite(value)
    return _text(value) if is_number else json.dumps(_text(value), ensure_ascii=False)
