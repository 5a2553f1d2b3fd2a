"""Types that people work with: types="native".

Decimals become doubles where no digit is lost, whole numbers 64 bits wide. A column in which a
value would lose something keeps its exact type, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from civis_nb.frames.sql_types import arrow_type

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ExactColumn", "NativeTable", "exact_columns_note", "narrowed", "native_table"]

#: Doubles keep decimal numbers of so many digits apart.
_DOUBLE_DIGITS = 15
#: Powers of ten up to this one are doubles without rounding.
_EXACT_POWER = 22
_MAX_NAMES = 5


@dataclass(frozen=True)
class ExactColumn:
    """A column that has no native type in which all of its values stay what they are.

    Attributes
    ----------
    name
        The column.
    type
        The type that it keeps, as SQL writes it.
    is_text
        Whether it is text because a value is none of the declared type, such as ``infinity``.
    """

    name: str
    type: str
    is_text: bool = False


@dataclass(frozen=True)
class NativeTable:
    """An Arrow table with native types.

    Attributes
    ----------
    table
        The table.
    kept
        The columns that keep their exact types.
    """

    table: pa.Table
    kept: tuple[ExactColumn, ...] = ()


def native_table(table: pa.Table, sql_types: Sequence[str | None] | None = None) -> NativeTable:
    """Return an Arrow table with the types that people work with.

    Parameters
    ----------
    table
        With exact types.
    sql_types
        The SQL type of each column, where it is known: it tells whole numbers of any length
        from decimals, and text from what is none of its type.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from decimal import Decimal
    >>> found = native_table(pa.table({
    ...     "price": [Decimal("1.10"), None], "n": pa.array([1, 2], pa.int16()),
    ...     "rate": [Decimal("0.12345678901234567890"), None],
    ... }))
    >>> [str(kind) for kind in found.table.schema.types]
    ['double', 'int64', 'decimal128(20, 20)']
    >>> found.kept
    (ExactColumn(name='rate', type='decimal(20,20)', is_text=False),)
    """
    import pyarrow as pa

    types = list(sql_types) if sql_types is not None else [None] * table.num_columns
    columns, kept = [], []
    for name, column, sql_type in zip(table.column_names, table.columns, types, strict=True):
        native = _native_column(column, sql_type)
        if native is None:
            kept.append(ExactColumn(name, f"decimal({column.type.precision},{column.type.scale})"))
        elif _is_text_by_accident(column, sql_type):
            kept.append(ExactColumn(name, str(sql_type).lower(), is_text=True))
        columns.append(column if native is None else native)
    return NativeTable(pa.Table.from_arrays(columns, names=table.column_names), tuple(kept))


def exact_columns_note(kept: Sequence[ExactColumn], how: str) -> str:
    """Return one line about columns that keep their exact types; empty when there are none.

    Parameters
    ----------
    kept
        The columns.
    how
        How all columns are asked for with exact types, such as ``--types exact``.

    Examples
    --------
    >>> exact_columns_note([ExactColumn("rate", "decimal(38,20)")], "--types exact")
    'rate stays decimal(38,20): a double would lose digits. Cast it in the SQL for another type; --types exact keeps every column exact.'
    """  # noqa: E501 - the line that a user sees
    parts = [
        f"{column.name} stays text: a value is no {column.type}."
        if column.is_text
        else f"{column.name} stays {column.type}: a double would lose digits."
        for column in kept[:_MAX_NAMES]
    ]
    if not parts:
        return ""
    more = len(kept) - len(parts)
    parts += [f"So do {more} more columns."] if more > 0 else []
    it = "it" if len(kept) == 1 else "them"
    return (
        f"{' '.join(parts)} Cast {it} in the SQL for another type; {how} keeps every column exact."
    )


def narrowed(column: Any) -> Any:
    """Return a column of decimals as doubles; None when one of its values would lose a digit.

    A value is kept when the shortest text of its double is the same number.
    """
    import pyarrow as pa

    chunks = []
    for chunk in column.chunks:
        doubles = _doubles(chunk)
        if doubles is None:
            return None
        chunks.append(doubles)
    return pa.chunked_array(chunks, pa.float64())


def _native_column(column: Any, sql_type: str | None) -> Any:
    """Return a column with its native type; None when it has none."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_decimal(kind):
        is_whole = str(sql_type).lower() == "hugeint"
        return _whole(column) if is_whole else narrowed(column)
    if pa.types.is_integer(kind) and kind != pa.int64():
        whole = _whole(column)
        return column if whole is None else whole
    return column


def _whole(column: Any) -> Any:
    """Return a column as int64; None when a value is too large."""
    import pyarrow as pa

    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        return None


def _is_text_by_accident(column: Any, sql_type: str | None) -> bool:
    """Return whether a column is text although another type is declared of it."""
    import pyarrow as pa

    is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    return is_text and sql_type is not None and arrow_type(sql_type) is not None


def _doubles(chunk: Any) -> Any:
    """Return an array of decimals as doubles; None when one of its values would lose a digit."""
    import pyarrow as pa
    import pyarrow.compute as pc

    scale = chunk.type.scale
    digits = _unscaled(chunk) if 0 <= scale <= _EXACT_POWER else None
    if digits is not None:
        # Both numbers are doubles without rounding, so their quotient is the nearest double.
        return pc.divide(digits.cast(pa.float64()), float(10**scale))
    doubles = chunk.cast(pa.string()).cast(pa.float64())
    try:
        again = doubles.cast(pa.string()).cast(chunk.type)
    except pa.ArrowInvalid:
        return None  # the double has digits that the decimal has no place for
    same = pc.all(pc.equal(again, chunk), min_count=0).as_py()
    return doubles if same else None


def _unscaled(chunk: Any) -> Any:
    """Return the digits of decimals as int64; None when one has more than a double surely keeps."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = chunk.type
    if not pa.types.is_decimal128(kind):
        return None
    try:
        digits = chunk.view(pa.decimal128(kind.precision, 0)).cast(pa.int64())
    except pa.ArrowInvalid:
        return None
    if kind.precision > _DOUBLE_DIGITS:
        ends = pc.min_max(digits).as_py()
        largest = max(abs(ends["min"] or 0), abs(ends["max"] or 0))
        if largest >= 10**_DOUBLE_DIGITS:
            return None
    return digits
