"""What is in a table: a record for each column, computed by DuckDB in this process."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from civis_nb.frames.from_arrow import python_values
from civis_nb.frames.query import connection_over

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["QUANTILES", "Bin", "ColumnProfile", "is_number", "is_time", "profiled"]

#: The quantiles that a profile has.
QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
_BINS = 20
_TOP = 5
#: Up to so many rows distinct values and quantiles are counted, beyond they are estimated.
_EXACT_ROWS = 1_000_000
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT",
            "UINTEGER", "UBIGINT", "UHUGEINT", "DECIMAL", "FLOAT", "DOUBLE")  # fmt: skip
_TIMES = ("DATE", "TIMESTAMP")
#: Of so large a share of different values nobody needs the most frequent ones.
_ALL_DIFFERENT = 0.9
_FACTS = 7
_EXPRESSIONS_AT_ONCE = 100 * _FACTS
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


@dataclass(frozen=True)
class ColumnProfile:
    """What is in a column.

    Attributes
    ----------
    name
        The column.
    type
        Its type, as DuckDB names it.
    rows, nulls, distinct
        How many rows, NULLs, and different values there are.
    estimated
        Whether `distinct` and `quantiles` are estimates, as they are of more than a million rows.
    min, max
        The ends; None where there are no values, and of types without an order.
    mean, std
        Of numbers; NaN and infinities are left out.
    quantiles
        The values at `QUANTILES`, of numbers, dates and timestamps; else empty.
    top
        The most frequent values with their counts.
    histogram
        Of numbers, dates and timestamps.
    has_bar_for_each_value
        Whether each bar of the histogram is of one whole number, or of one day.
    """

    name: str
    type: str
    rows: int
    nulls: int
    distinct: int
    estimated: bool
    min: Any = None
    max: Any = None
    mean: float | None = None
    std: float | None = None
    quantiles: tuple[Any, ...] = ()
    top: tuple[tuple[Any, int], ...] = ()
    histogram: tuple[Bin, ...] = ()
    has_bar_for_each_value: bool = False


def profiled(table: pa.Table) -> tuple[ColumnProfile, ...]:
    """Return a profile of each column of an Arrow table.

    Examples
    --------
    >>> import pyarrow as pa
    >>> [column] = profiled(pa.table({"n": [1, 2, 2, None]}))
    >>> column.nulls, column.distinct, column.min, column.max, column.top[0]
    (1, 2, 1, 2, (2, 2))
    """
    if not table.num_columns:
        return ()
    # Names of our own: those of the table may come twice.
    names = [f"c{at}" for at in range(table.num_columns)]
    estimated = table.num_rows > _EXACT_ROWS
    with connection_over({"t": table.rename_columns(names)}) as connection:
        kinds = connection.sql("from t").types
        columns = [_Column(name, str(kind)) for name, kind in zip(names, kinds, strict=True)]
        facts = _row(connection, [sql for one in columns for sql in one.facts(estimated)])
        for at, column in enumerate(columns):
            column.take(facts[at * _FACTS : (at + 1) * _FACTS])
        binned = [column for column in columns if column.bins]
        for column, counts in zip(
            binned, _row(connection, map(_Column.binned, binned)), strict=True
        ):
            column.counts = dict(counts or ())
        return tuple(
            column.profile(name, table.num_rows, estimated, column.top(connection))
            for name, column in zip(table.column_names, columns, strict=True)
        )


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


def _row(connection: duckdb.DuckDBPyConnection, expressions: Iterable[str]) -> list[Any]:
    """Return the values of aggregates over all rows."""
    found: list[Any] = []
    waiting = iter(expressions)
    while part := list(itertools.islice(waiting, _EXPRESSIONS_AT_ONCE)):
        selected = ", ".join(f"{sql} AS e{at}" for at, sql in enumerate(part))
        answer = connection.sql(f"SELECT {selected} FROM t").to_arrow_table()  # noqa: S608
        found += map(_only_value, answer.columns)
    return found


def _only_value(column: Any) -> Any:
    """Return the value of a column of one row."""
    import pyarrow as pa

    if pa.types.is_list(column.type) and not column.null_count:
        # Day by day, as each may be one that Python's calendar does not reach.
        return python_values(column.combine_chunks().flatten())
    return python_values(column)[0]


class _Column:
    """A column on the way to its profile.

    Attributes
    ----------
    bins
        How many bars its histogram has; 0: it has none.
    counts
        The values in each bar, by its number.
    """

    def __init__(self, name: str, kind: str) -> None:
        self._name = name
        self.kind = kind
        self._is_number, self._is_time = is_number(kind), is_time(kind)
        is_float = kind in ("FLOAT", "DOUBLE")
        self._value = f"CASE WHEN isfinite({name}) THEN {name} END" if is_float else name
        self._facts: Sequence[Any] = ()
        self._low = self._width = 0.0
        self._has_bar_for_each = False
        self.bins = 0
        self.counts: dict[int, int] = {}

    def facts(self, estimated: bool) -> list[str]:
        """Return the expressions of what `take` takes."""
        name, value = self._name, self._value
        has_order = not self.kind.startswith(("STRUCT", "MAP", "UNION")) and "[" not in self.kind
        number = f"CAST({value} AS DOUBLE)"
        points = ", ".join(map(str, QUANTILES))
        quantile = "approx_quantile" if estimated else "quantile_disc"
        distinct = f"approx_count_distinct({name})" if estimated else f"count(DISTINCT {name})"
        return [
            f"count({name})",
            distinct,
            f"min({value})" if has_order else "NULL",
            f"max({value})" if has_order else "NULL",
            f"avg({number})" if self._is_number else "NULL",
            f"stddev_samp({number})" if self._is_number else "NULL",
            f"{quantile}({value}, [{points}])" if self._is_number or self._is_time else "NULL",
        ]

    def take(self, facts: Sequence[Any]) -> None:
        """Take the values of `facts`, and find the bars that go with them."""
        self._facts = facts
        low, high = self._place(facts[2]), self._place(facts[3])
        if low is None or high is None:
            return
        span = high - low
        is_whole = self.kind == "DATE" or (
            self._is_number and not self.kind.startswith(("DECIMAL", "FLOAT", "DOUBLE"))
        )
        self.bins = int(span) + 1 if is_whole and span < _BINS else _BINS if span else 1
        self._low = low
        # Divided apart, as the span of the largest doubles is none.
        self._has_bar_for_each = is_whole and span < _BINS
        has_one = self._has_bar_for_each or not span
        self._width = 1.0 if has_one else high / self.bins - low / self.bins

    def _place(self, value: Any) -> float | None:
        """Return where a value stands on the axis of the histogram; None when it has none."""
        if self._is_number and value is not None:
            return float(value)
        if isinstance(value, datetime):
            epoch = _EPOCH if value.tzinfo else _EPOCH.replace(tzinfo=None)
            return (value - epoch) / timedelta(microseconds=1)
        if isinstance(value, date) and self._is_time:
            return float((value - _EPOCH.date()).days)
        return None

    def _at(self, place: float) -> Any:
        """Return the value at a place of the axis; the reverse of `_place`."""
        if self.kind == "DATE":
            return _EPOCH.date() + timedelta(days=round(place))
        if self._is_time:
            epoch = _EPOCH if "ZONE" in self.kind else _EPOCH.replace(tzinfo=None)
            return epoch + timedelta(microseconds=round(place))
        is_whole = not self.kind.startswith(("DECIMAL", "FLOAT", "DOUBLE")) and place % 1 == 0
        return int(place) if is_whole else place

    def binned(self) -> str:
        """Return the expression of how many values each bar has."""
        place = f"CAST({self._value} AS DOUBLE)"
        if self.kind == "DATE":
            place = f"CAST({self._name} - DATE '1970-01-01' AS DOUBLE)"
        elif self._is_time:
            place = f"CAST(epoch_us({self._name}) AS DOUBLE)"
        step = f"floor(({place} - ({self._low!r}::DOUBLE)) / {self._width!r}::DOUBLE)"
        bar = f"CAST(greatest(0, least({step}, {self.bins - 1})) AS INTEGER)"
        return f"histogram({bar}) FILTER (WHERE {self._value} IS NOT NULL)"

    def top(self, connection: duckdb.DuckDBPyConnection) -> tuple[tuple[Any, int], ...]:
        """Return the most frequent values with their counts; none when each occurs once."""
        count, distinct = self._facts[0], self._facts[1]
        if not count or distinct >= count * (_ALL_DIFFERENT if count > _EXACT_ROWS else 1):
            return ()
        found = connection.sql(
            f"SELECT {self._name} AS value, count(*) AS n FROM t "  # noqa: S608 - names of our own
            f"WHERE {self._name} IS NOT NULL GROUP BY 1 ORDER BY n DESC, value LIMIT {_TOP}"
        ).to_arrow_table()
        return tuple(zip(*(python_values(column) for column in found.columns), strict=True))

    def profile(
        self, name: str, rows: int, estimated: bool, top: tuple[tuple[Any, int], ...]
    ) -> ColumnProfile:
        """Return the profile."""
        count, distinct, low, high, mean, std, quantiles = self._facts
        ends = [self._at(self._low + at * self._width) for at in range(self.bins)]
        histogram = (
            tuple(
                Bin(start, stop, self.counts.get(at, 0))
                for at, (start, stop) in enumerate(zip(ends, [*ends[1:], high], strict=True))
            )
            if self.bins
            else ()
        )
        return ColumnProfile(
            name, self.kind.lower(), rows, rows - count, min(distinct, count), estimated,
            low, high, mean, std, tuple(quantiles or ()), top, histogram,
            self._has_bar_for_each,
        )  # fmt: skip
