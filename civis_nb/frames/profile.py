"""What is in a table: a record for each column, computed by DuckDB in this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from civis_nb.frames.from_arrow import python_values
from civis_nb.frames.histogram import Bars, Bin, finite, is_number, is_time, values_of_row
from civis_nb.frames.query import connection_over

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["QUANTILES", "Bin", "ColumnProfile", "profiled"]

#: The quantiles that a profile has.
QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
_TOP = 5
#: Up to so many rows distinct values and quantiles are counted, beyond they are estimated.
_EXACT_ROWS = 1_000_000
#: Of so large a share of different values nobody needs the most frequent ones.
_ALL_DIFFERENT = 0.9
_FACTS = 7
#: The time that DuckDB takes to plan a query grows with the square of its columns.
_COLUMNS_AT_ONCE = 20


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


def profiled(table: pa.Table) -> tuple[ColumnProfile, ...]:
    """Return a profile of each column of an Arrow table.

    Examples
    --------
    >>> import pyarrow as pa
    >>> [column] = profiled(pa.table({"n": [1, 2, 2, None]}))
    >>> column.nulls, column.distinct, column.min, column.max, column.top[0]
    (1, 2, 1, 2, (2, 2))
    """
    found: list[ColumnProfile] = []
    with connection_over({}) as connection:
        for start in range(0, table.num_columns, _COLUMNS_AT_ONCE):
            places = range(start, min(start + _COLUMNS_AT_ONCE, table.num_columns))
            found += _profiled(connection, table.select(list(places)))
    return tuple(found)


def _profiled(connection: duckdb.DuckDBPyConnection, table: pa.Table) -> Iterator[ColumnProfile]:
    """Yield a profile of each column."""
    # Names of our own: those of the table may come twice.
    names = [f"c{at}" for at in range(table.num_columns)]
    connection.register("t", table.rename_columns(names))
    kinds = connection.sql("from t").types
    columns = [_Column(name, str(kind)) for name, kind in zip(names, kinds, strict=True)]
    estimated = table.num_rows > _EXACT_ROWS
    facts = values_of_row(connection, [sql for one in columns for sql in one.facts(estimated)])
    for at, column in enumerate(columns):
        column.take(facts[at * _FACTS : (at + 1) * _FACTS])
    drawn = [column.bars for column in columns if column.bars.number]
    for bars, counts in zip(
        drawn, values_of_row(connection, [bars.expression for bars in drawn]), strict=True
    ):
        bars.counts = dict(counts)
    for name, column in zip(table.column_names, columns, strict=True):
        yield column.profile(name, table.num_rows, estimated, column.top(connection))


class _Column:
    """A column on the way to its profile."""

    bars: Bars

    def __init__(self, name: str, kind: str) -> None:
        self._name = name
        self._kind = kind
        self._facts: Sequence[Any] = ()

    def facts(self, estimated: bool) -> list[str]:
        """Return the expressions of what `take` takes."""
        name, kind = self._name, self._kind
        value, has_axis = finite(name, kind), is_number(kind) or is_time(kind)
        has_order = not kind.startswith(("STRUCT", "MAP", "UNION")) and "[" not in kind
        number = f"CAST({value} AS DOUBLE)"
        points = ", ".join(map(str, QUANTILES))
        quantile = "approx_quantile" if estimated else "quantile_disc"
        distinct = f"approx_count_distinct({name})" if estimated else f"count(DISTINCT {name})"
        return [
            f"count({name})",
            distinct,
            f"min({value})" if has_order else "NULL",
            f"max({value})" if has_order else "NULL",
            f"avg({number})" if is_number(kind) else "NULL",
            f"stddev_samp({number})" if is_number(kind) else "NULL",
            f"{quantile}({value}, [{points}])" if has_axis else "NULL",
        ]

    def take(self, facts: Sequence[Any]) -> None:
        """Take the values of `facts`."""
        self._facts = facts
        self.bars = Bars(self._name, self._kind, facts[2], facts[3])

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
        return ColumnProfile(
            name, self._kind.lower(), rows, rows - count, min(distinct, count), estimated,
            low, high, mean, std, tuple(quantiles or ()), top, self.bars.bins(),
        )  # fmt: skip
