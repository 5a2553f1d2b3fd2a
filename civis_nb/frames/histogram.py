"""Histograms of numbers, dates and timestamps, counted by DuckDB."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from civis_nb.frames.from_arrow import python_values

if TYPE_CHECKING:
    import duckdb

__all__ = ["Bars", "Bin", "finite", "histogram", "is_number", "is_time", "values_of_row"]

_BARS = 20
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT",
            "UINTEGER", "UBIGINT", "UHUGEINT", "DECIMAL", "FLOAT", "DOUBLE")  # fmt: skip
_FRACTIONS = ("DECIMAL", "FLOAT", "DOUBLE")
_TIMES = ("DATE", "TIMESTAMP")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Bin:
    """A bar of a histogram.

    Attributes
    ----------
    low, high
        Its ends; `high` belongs to the next one, that of the last to the last.
    count
        The values in it.
    """

    low: Any
    high: Any
    count: int


def is_number(kind: str) -> bool:
    """Return whether a type of DuckDB's is one of numbers.

    Examples
    --------
    >>> is_number("DECIMAL(10,2)"), is_number("INTEGER[]")
    (True, False)
    """
    return kind.startswith(_NUMBERS) and not kind.endswith("]")


def is_time(kind: str) -> bool:
    """Return whether a type of DuckDB's is one of dates or timestamps."""
    return kind.startswith(_TIMES) and not kind.endswith("]")


def finite(column: str, kind: str) -> str:
    """Return a column as an expression in which NaN and infinities are NULL."""
    is_float = kind in ("FLOAT", "DOUBLE")
    return f"CASE WHEN isfinite({column}) THEN {column} END" if is_float else column


def values_of_row(connection: duckdb.DuckDBPyConnection, expressions: Iterable[str]) -> list[Any]:
    """Return the values of aggregates over all rows of the table ``t``."""
    selected = ", ".join(f"{sql} AS e{at}" for at, sql in enumerate(expressions))
    if not selected:
        return []
    answer = connection.sql(f"SELECT {selected} FROM t").to_arrow_table()  # noqa: S608
    return [_only_value(column) for column in answer.columns]


def _only_value(column: Any) -> Any:
    """Return the value of a column of one row."""
    import pyarrow as pa

    if pa.types.is_list(column.type) and not column.null_count:
        # Day by day, as each may be one that Python's calendar does not reach.
        return python_values(column.combine_chunks().flatten())
    return python_values(column)[0]


def histogram(connection: duckdb.DuckDBPyConnection, column: str, kind: str) -> Bars:
    """Return the bars of a column of the table ``t``, with their counts."""
    value = finite(column, kind)
    bars = Bars(column, kind, *values_of_row(connection, [f"min({value})", f"max({value})"]))
    if bars.number:
        bars.counts = dict(values_of_row(connection, [bars.expression])[0])
    return bars


class Bars:
    """The bars of a histogram: of the same width, and of one value where there are few.

    Parameters
    ----------
    column
        The column's name in DuckDB.
    kind
        Its type.
    low, high
        The ends of its finite values.

    Attributes
    ----------
    number
        How many bars there are; 0 for types without an axis, and where there are no values.
    counts
        The values in each bar, by its number.
    """

    def __init__(self, column: str, kind: str, low: Any, high: Any) -> None:
        self._column = column
        self._kind = kind
        self._last = high
        self.number = 0
        self.counts: Mapping[int, int] = {}
        self.has_one_for_each_value = False
        start, end = self._place(low), self._place(high)
        if start is None or end is None:
            return
        self._start, span = start, end - start
        is_whole = kind == "DATE" or (is_number(kind) and not kind.startswith(_FRACTIONS))
        self.has_one_for_each_value = is_whole and span < _BARS
        if self.has_one_for_each_value:
            self.number, self._width = int(span) + 1, 1.0
        elif not span:
            self.number, self._width = 1, 1.0
        else:
            # Divided apart, as the span of the largest doubles is none.
            self.number, self._width = _BARS, end / _BARS - start / _BARS

    @property
    def expression(self) -> str:
        """The aggregate that gives `counts`."""
        place = f"CAST({finite(self._column, self._kind)} AS DOUBLE)"
        if self._kind == "DATE":
            place = f"CAST({self._column} - DATE '1970-01-01' AS DOUBLE)"
        elif is_time(self._kind):
            place = f"CAST(epoch_us({self._column}) AS DOUBLE)"
        step = f"floor(({place} - ({self._start!r}::DOUBLE)) / {self._width!r}::DOUBLE)"
        bar = f"CAST(greatest(0, least({step}, {self.number - 1})) AS INTEGER)"
        return f"histogram({bar}) FILTER (WHERE {place} IS NOT NULL)"

    def bar_at(self, place: float) -> int:
        """Return the number of the bar at a place of the axis, as `expression` has it."""
        return int(max(0, min((place - self._start) / self._width, self.number - 1)))

    def bins(self) -> tuple[Bin, ...]:
        """Return the bars with their ends and counts."""
        if not self.number:
            return ()
        starts = [self._value(self._start + at * self._width) for at in range(self.number)]
        return tuple(
            Bin(start, end, self.counts.get(at, 0))
            for at, (start, end) in enumerate(zip(starts, [*starts[1:], self._last], strict=True))
        )

    def _place(self, value: Any) -> float | None:
        """Return where a value stands on the axis; None when it has no place there."""
        if is_number(self._kind) and value is not None:
            return float(value)
        if isinstance(value, datetime):
            epoch = _EPOCH if value.tzinfo else _EPOCH.replace(tzinfo=None)
            return (value - epoch) / timedelta(microseconds=1)
        if isinstance(value, date) and is_time(self._kind):
            return float((value - _EPOCH.date()).days)
        return None

    def _value(self, place: float) -> Any:
        """Return the value at a place of the axis; the reverse of `_place`."""
        if self._kind == "DATE":
            return _EPOCH.date() + timedelta(days=round(place))
        if is_time(self._kind):
            epoch = _EPOCH if "ZONE" in self._kind else _EPOCH.replace(tzinfo=None)
            return epoch + timedelta(microseconds=round(place))
        is_whole = not self._kind.startswith(_FRACTIONS) and place % 1 == 0
        return int(place) if is_whole else place
