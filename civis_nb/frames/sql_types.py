"""SQL types as Arrow types: what a column's text is read as when its type is known."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["DeclaredTypes", "arrow_type", "declared_types_of"]

#: The (name, SQL type) of each column, in order.
DeclaredTypes: TypeAlias = Sequence[tuple[str, str]]

_TYPE = re.compile(r"\s*([a-z0-9_ ]+?)\s*(?:\(([^)]*)\))?\s*((?:with|without) time zone)?\s*")

_INTEGERS = {
    "smallint": 16, "int2": 16, "int16": 16, "short": 16,
    "tinyint": 8, "int1": 8,
    "integer": 32, "int": 32, "int4": 32, "int32": 32, "signed": 32, "mediumint": 32,
    "serial": 32,
    "bigint": 64, "int8": 64, "int64": 64, "long": 64, "bigserial": 64,
}  # fmt: skip
_UNSIGNED = {"utinyint": 8, "usmallint": 16, "uinteger": 32, "ubigint": 64}
_REALS = {"real": 32, "float4": 32}
_DOUBLES = {"double precision", "double", "float8", "float"}
_ZONED = {"timestamptz", "timestamp with time zone", "timestamp with timezone"}
_MAX_DECIMAL_DIGITS = 38


def arrow_type(sql_type: Any) -> pa.DataType | None:
    """Return the Arrow type that holds every value of a SQL type; None for text and all others.

    Examples
    --------
    >>> arrow_type("NUMERIC(18, 2)")
    Decimal128Type(decimal128(18, 2))
    >>> arrow_type("varchar(20)") is None
    True
    """
    import pyarrow as pa

    found = _TYPE.fullmatch(str(sql_type).lower())
    if found is None:
        return None
    name, arguments, zone = found.groups()
    if name in _INTEGERS:
        return pa.type_for_alias(f"int{_INTEGERS[name]}")
    if name in _UNSIGNED:
        return pa.type_for_alias(f"uint{_UNSIGNED[name]}")
    if name in _REALS:
        return pa.float32()
    if name in _DOUBLES:
        return pa.float64()
    if name in ("boolean", "bool"):
        return pa.bool_()
    if name == "date":
        return pa.date32()
    if name in _ZONED or (name == "timestamp" and zone == "with time zone"):
        return pa.timestamp("us", "UTC")
    if name in ("timestamp", "datetime", "timestamp without time zone"):
        return pa.timestamp("us")
    if name in ("time", "time without time zone") and zone != "with time zone":
        return pa.time64("us")
    if name in ("decimal", "numeric", "dec"):
        return _decimal(arguments)
    return pa.decimal128(_MAX_DECIMAL_DIGITS, 0) if name == "hugeint" else None


def _decimal(arguments: str | None) -> pa.DataType | None:
    """Return the decimal type of ``precision, scale``; without them their number is unknown."""
    import pyarrow as pa

    try:
        numbers = [int(number) for number in (arguments or "").split(",")]
    except ValueError:
        return None
    precision, scale = numbers[0], numbers[1] if len(numbers) > 1 else 0
    if not 1 <= precision <= _MAX_DECIMAL_DIGITS or not 0 <= scale <= precision:
        return None
    return pa.decimal128(precision, scale)


def declared_types_of(columns: Any) -> DeclaredTypes | None:
    """Return the (name, SQL type) of each column; None where the platform does not declare all.

    Parameters
    ----------
    columns
        The ``table_columns`` of a file's ``detected_info``, or the columns of a table.
    """
    if not isinstance(columns, Sequence) or isinstance(columns, str) or not columns:
        return None
    declared: list[tuple[str, str]] = []
    for column in columns:
        try:
            name, sql_type = column["name"], column["sql_type"]
        except (KeyError, TypeError):
            if not isinstance(column, Mapping):
                return None
            name, sql_type = column.get("name"), column.get("sqlType")
        if not isinstance(name, str) or not isinstance(sql_type, str) or not sql_type:
            return None
        declared.append((name, sql_type))
    return declared
