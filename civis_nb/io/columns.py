"""Columns of frames as columns of tables: values that CSV can hold, and their SQL types."""

from __future__ import annotations

import datetime
import decimal
import math
import uuid
from typing import TYPE_CHECKING, Any

from civis_nb.errors import CivisInputError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["arrow_of", "as_csv_column", "sql_type_of"]

_MAX_TEXT_BYTES = 65535
_MAX_DECIMAL_DIGITS = 38
#: What pandas writes as text in a column of mixed objects, and nothing is lost by it.
_SCALARS = (str, bool, int, float, decimal.Decimal, datetime.date, datetime.time, uuid.UUID)

_SIMPLE = {
    "bool": "BOOLEAN",
    "int8": "SMALLINT", "uint8": "SMALLINT", "int16": "SMALLINT",
    "uint16": "INTEGER", "int32": "INTEGER",
    "uint32": "BIGINT", "int64": "BIGINT",
    "uint64": "DECIMAL(20,0)",
    "halffloat": "REAL", "float": "REAL", "double": "DOUBLE PRECISION",
    "date32[day]": "DATE",
}  # fmt: skip


def arrow_of(frame: Any) -> pa.Table:
    """Give a pandas or polars frame, or an Arrow table, as an Arrow table.

    Raises
    ------
    CivisInputError
        When it is something else, or a column holds what no table column can.
    """
    import pyarrow as pa

    if isinstance(frame, pa.Table):
        return frame
    kind = f"{type(frame).__module__}.{type(frame).__name__}"
    if kind.startswith("polars."):
        if kind.endswith("LazyFrame"):
            raise CivisInputError("A LazyFrame has no rows yet; give frame.collect().")
        if kind.endswith("DataFrame"):
            return _of_polars(frame)
    if hasattr(frame, "iloc") and hasattr(frame, "columns"):
        return _of_pandas(frame)
    raise CivisInputError(
        f"A {type(frame).__name__} is no frame; give a pandas or polars DataFrame, or a "
        "pyarrow Table."
    )


def _of_polars(frame: Any) -> pa.Table:
    import polars as pl

    for name, kind in frame.schema.items():
        if kind == pl.Object:
            raise _refused(name, "Python objects", "Convert them to text or numbers")
    return frame.to_arrow()


def _of_pandas(frame: Any) -> pa.Table:
    import pyarrow as pa

    if getattr(frame.columns, "nlevels", 1) > 1:
        raise CivisInputError(
            "The frame's columns have several levels; join them to one name each: "
            "df.columns = ['_'.join(map(str, levels)) for levels in df.columns]."
        )
    columns = [_of_series(frame.iloc[:, at], str(name)) for at, name in enumerate(frame.columns)]
    return pa.Table.from_arrays(columns, names=[str(name) for name in frame.columns])


def _of_series(series: Any, name: str) -> Any:
    import pyarrow as pa

    kind = str(series.dtype)
    if kind.startswith("Sparse"):
        series = series.sparse.to_dense()
    if kind.startswith(("complex", "period", "interval", "timedelta")):
        raise _refused(name, kind, "Convert it to numbers, timestamps or text")
    if series.dtype == object and (exact := _of_decimals(series)) is not None:
        return exact
    try:
        return pa.array(series, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, TypeError) as error:
        if series.dtype != object:
            raise _refused(name, kind, f"Arrow says: {error}") from None
    values = [None if _is_missing(value) else value for value in series]
    odd = {
        type(value).__name__ for value in values if not isinstance(value, (*_SCALARS, type(None)))
    }
    if odd:
        raise _refused(name, " and ".join(sorted(odd)), "Convert them to text or numbers")
    return pa.array([None if value is None else str(value) for value in values], pa.string())


def _of_decimals(series: Any) -> Any:
    """Give a column of Decimals by way of their text, ten times as fast as by inference.

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
    if pc.max(pc.if_else(has_point, point, length)).as_py() + scale > _MAX_DECIMAL_DIGITS:
        return None
    wide = text.cast(pa.decimal128(_MAX_DECIMAL_DIGITS, scale))
    extremes = pc.min_max(wide).as_py().values()
    digits = max(len(value.as_tuple().digits) for value in extremes)
    return wide.cast(pa.decimal128(max(digits, scale, 1), scale))


def _is_missing(value: Any) -> bool:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    return type(value).__name__ in ("NAType", "NaTType")


def _refused(name: str, kind: str, advice: str) -> CivisInputError:
    return CivisInputError(
        f"Column {name!r} holds {kind}, which no column of a table can hold as it is. "
        f"{advice}; nothing was sent."
    )


def as_csv_column(column: pa.ChunkedArray, name: str) -> tuple[pa.ChunkedArray, str]:
    """Give a column as one whose CSV text holds every value exactly, and its SQL type.

    Raises
    ------
    CivisInputError
        When its type has no SQL type, or a value would be cut.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    if str(kind) in _SIMPLE:
        return column, _SIMPLE[str(kind)]
    if pa.types.is_null(kind):
        return column.cast(pa.string()), "VARCHAR(256)"
    if _is_text(kind):
        return column, sql_type_of(column)
    if pa.types.is_decimal(kind):
        if kind.precision > _MAX_DECIMAL_DIGITS or kind.scale < 0:
            raise _refused(name, str(kind), "Convert it to a decimal of at most 38 digits")
        return column, f"DECIMAL({kind.precision},{kind.scale})"
    if pa.types.is_date(kind):
        return column.cast(pa.date32()), "DATE"
    if pa.types.is_time(kind):
        return _exact_cast(column, pa.time64("us"), name).cast(pa.string()), "TIME"
    if pa.types.is_timestamp(kind):
        plain = _exact_cast(column, pa.timestamp("us", kind.tz), name)
        if kind.tz is None:
            return plain.cast(pa.string()), "TIMESTAMP"
        text = plain.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us")).cast(pa.string())
        return pc.binary_join_element_wise(text, "+00", ""), "TIMESTAMPTZ"
    advice = {
        "binary": "Write them as text: bytes.hex()",
        "large_binary": "Write them as text: bytes.hex()",
    }.get(str(kind), "Convert it to text, numbers or timestamps")
    raise _refused(name, str(kind), advice)


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or str(kind) in ("string_view", "utf8_view")
    )


def sql_type_of(text: pa.ChunkedArray) -> str:
    """Give the VARCHAR that a text column needs: a power of two, in bytes.

    Examples
    --------
    >>> import pyarrow as pa
    >>> sql_type_of(pa.chunked_array([["é" * 20, None]]))
    'VARCHAR(64)'
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    longest = pc.max(pc.binary_length(text.cast(pa.large_string()))).as_py() or 0
    size = 16
    while size < longest:
        size *= 2
    return f"VARCHAR({min(size, _MAX_TEXT_BYTES)})"


def _exact_cast(column: Any, kind: Any, name: str) -> Any:
    import pyarrow as pa

    try:
        return column.cast(kind)
    except pa.ArrowInvalid:
        raise CivisInputError(
            f"Column {name!r} has times finer than a microsecond, which no database column "
            f"holds. Round them: df[{name!r}].dt.round('us'); nothing was sent."
        ) from None
