"""Columns of frames as columns of tables: values that CSV can hold, and their SQL types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from civis_nb.errors import CivisInputError
from civis_nb.io.writing.objects import MAX_DECIMAL_DIGITS, arrow_of_objects, refused
from civis_nb.io.writing.spans import arrow_of_spans
from civis_nb.io.writing.table_names import check_text

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["arrow_of", "as_csv_column", "sql_type_of"]

_MAX_TEXT_BYTES = 65535
#: The days that databases and Python know: from 0001-01-01 to 9999-12-31, counted from 1970.
_FIRST_DAY, _LAST_DAY = -719162, 2932896
_DAY_US = 24 * 60 * 60 * 1_000_000

_SIMPLE = {
    "bool": "BOOLEAN",
    "int8": "SMALLINT", "uint8": "SMALLINT", "int16": "SMALLINT",
    "uint16": "INTEGER", "int32": "INTEGER",
    "uint32": "BIGINT", "int64": "BIGINT",
    "uint64": "DECIMAL(20,0)",
    "halffloat": "REAL", "float": "REAL", "double": "DOUBLE PRECISION",
}  # fmt: skip


def arrow_of(frame: Any) -> pa.Table:
    """Return a pandas or polars frame, or an Arrow table, as an Arrow table.

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
    """Return a polars frame as an Arrow table."""
    import polars as pl

    wide = []
    for name, kind in frame.schema.items():
        if kind == pl.Object:
            raise refused(name, "Python objects", "Convert them to text or numbers")
        if kind in (getattr(pl, "Int128", None), getattr(pl, "UInt128", None)):
            wide.append(name)
    if not wide:
        return frame.to_arrow()
    try:
        # Arrow has no integers of 128 bits.
        frame = frame.with_columns(pl.col(wide).cast(pl.Decimal(MAX_DECIMAL_DIGITS, 0)))
    except pl.exceptions.PolarsError:
        raise refused(
            " and ".join(wide), "integers of more than 38 digits", "Convert them to text"
        ) from None
    return frame.to_arrow()


def _of_pandas(frame: Any) -> pa.Table:
    """Return a pandas frame as an Arrow table."""
    import pandas as pd
    import pyarrow as pa

    if getattr(frame.columns, "nlevels", 1) > 1:
        raise CivisInputError(
            "The frame's columns have several levels; join them to one name each: "
            "df.columns = ['_'.join(map(str, levels)) for levels in df.columns]."
        )
    # A name that is missing (None, NaN) is none, not the text 'nan'.
    names = ["" if pd.isna(name) else str(name) for name in frame.columns]
    for name in names:
        check_text("The name of a column", name)
    columns = [_of_series(frame.iloc[:, at], name) for at, name in enumerate(names)]
    return pa.Table.from_arrays(columns, names=names)


def _of_series(series: Any, name: str) -> Any:
    """Return a pandas column as an Arrow array."""
    import pyarrow as pa

    kind = str(series.dtype)
    if kind.startswith("Sparse"):
        series = series.sparse.to_dense()
    if kind.startswith("complex"):
        raise refused(name, kind, "Convert it to numbers or text")
    spans = arrow_of_spans(series)
    if spans is not None:
        return spans
    if series.dtype == object:
        return arrow_of_objects(series, name)
    try:
        return pa.array(series, from_pandas=True)
    except (pa.ArrowException, TypeError) as error:
        raise refused(name, kind, f"Arrow says: {error}") from None


def as_csv_column(column: pa.ChunkedArray, name: str) -> tuple[pa.ChunkedArray, str]:
    """Return a column as one whose CSV text holds every value exactly, and its SQL type.

    Raises
    ------
    CivisInputError
        When its type has no SQL type, or a value would be cut.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        # A cast knows no categories that are lists or structs.
        whole = [part.dictionary.take(part.indices) for part in column.chunks]
        column = pa.chunked_array(whole, column.type.value_type)
    kind = column.type
    if str(kind) in _SIMPLE:
        return column, _SIMPLE[str(kind)]
    if pa.types.is_null(kind):
        return column.cast(pa.string()), "VARCHAR(256)"
    if _is_text(kind):
        return column, sql_type_of(column)
    if pa.types.is_decimal(kind):
        if kind.precision > MAX_DECIMAL_DIGITS or kind.scale < 0:
            raise refused(name, str(kind), "Convert it to a decimal of at most 38 digits")
        return column, f"DECIMAL({kind.precision},{kind.scale})"
    if pa.types.is_date(kind):
        days = column.cast(pa.date32())
        _check_years(days.cast(pa.int32()), name, 1)
        return days, "DATE"
    if pa.types.is_time(kind):
        return _exact_cast(column, pa.time64("us"), name).cast(pa.string()), "TIME"
    if pa.types.is_timestamp(kind):
        plain = _exact_cast(column, pa.timestamp("us", kind.tz), name)
        _check_years(plain.cast(pa.int64()), name, _DAY_US)
        if kind.tz is None:
            return plain.cast(pa.string()), "TIMESTAMP"
        text = plain.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us")).cast(pa.string())
        return pc.binary_join_element_wise(text, "+00", ""), "TIMESTAMPTZ"
    advice = {
        "binary": "Write them as text: bytes.hex()",
        "large_binary": "Write them as text: bytes.hex()",
    }.get(str(kind), "Convert it to text, numbers or timestamps")
    raise refused(name, str(kind), advice)


def _is_text(kind: Any) -> bool:
    """Return whether an Arrow type is one of the types of text."""
    import pyarrow as pa

    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or str(kind) in ("string_view", "utf8_view")
    )


def sql_type_of(text: pa.ChunkedArray) -> str:
    """Return the VARCHAR that a text column needs: a power of two, in bytes.

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
    """Convert a column without loss, or refuse it by its name."""
    import pyarrow as pa

    try:
        return column.cast(kind)
    except pa.ArrowInvalid:
        raise CivisInputError(
            f"Column {name!r} has times finer than a microsecond, which no database column "
            f"holds. Round them: df[{name!r}].dt.round('us'); nothing was sent."
        ) from None


def _check_years(column: Any, name: str, day: int) -> None:
    """Check that databases know all days; `day` is the number of units in one."""
    import pyarrow.compute as pc

    found = pc.min_max(column).as_py()
    if found["min"] is None:
        return
    if found["min"] < _FIRST_DAY * day or found["max"] >= (_LAST_DAY + 1) * day:
        raise CivisInputError(
            f"Column {name!r} has days before the year 1 or after the year 9999, which do not "
            "come back from a table as they are. Write them as text; nothing was sent."
        )
