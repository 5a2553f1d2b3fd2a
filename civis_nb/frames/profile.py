"""What is in a table: a record for each column.

Numbers and times are sorted by numpy (`sorted_column.py`), which makes all of it exact. DuckDB, in
this process, looks at the other types.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from civis_nb.frames.from_arrow import python_values
from civis_nb.frames.histogram import Bars, Bin, finite, is_number, is_time, values_of_row
from civis_nb.frames.query import connection_over
from civis_nb.frames.sorted_column import SortedColumn

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["QUANTILES", "Bin", "ColumnProfile", "profiled"]

#: The quantiles that a profile has.
QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
_TOP = 5
#: Up to so many rows distinct values are counted at once, beyond they are estimated first.
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
        Whether `distinct` is an estimate, as it is of more than a million texts of which nearly
        all differ; and so are the quantiles of decimals of more than 18 digits.
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
    ordered = [SortedColumn.of(column) for column in table.columns]
    rows, columns = table.num_rows, []
    for name, kind, found in zip(names, kinds, ordered, strict=True):
        if found is None:
            columns.append(_Column(name, str(kind), rows))
    facts = values_of_row(connection, [sql for one in columns for sql in one.facts])
    for at, column in enumerate(columns):
        column.take(facts[at * _FACTS : (at + 1) * _FACTS])
    drawn = [column.bars for column in columns if column.bars.number]
    for bars, counts in zip(
        drawn, values_of_row(connection, [bars.expression for bars in drawn]), strict=True
    ):
        bars.counts = dict(counts)
    others = iter(columns)
    for name, kind, found in zip(table.column_names, kinds, ordered, strict=True):
        if found is None:
            yield next(others).profile(name, connection)
        else:
            yield _of_ordered(name, str(kind), rows, found)


def _of_ordered(name: str, kind: str, rows: int, column: SortedColumn) -> ColumnProfile:
    """Return the profile of a column that was sorted."""
    bars = Bars(name, kind, *column.ends)
    bars.counts = column.counts(bars)
    count = column.count
    is_counted = is_number(kind)
    return ColumnProfile(
        name, kind.lower(), rows, rows - count, column.distinct, False, *column.ends,
        column.mean if is_counted else None, column.std if is_counted else None,
        tuple(column.quantiles(QUANTILES)),
        tuple(column.top(_TOP)) if column.distinct < count else (),
        bars.bins(),
    )  # fmt: skip


class _Column:
    """A column of which DuckDB tells what is in it."""

    bars: Bars

    def __init__(self, name: str, kind: str, rows: int) -> None:
        self._name = name
        self._kind = kind
        self._rows = rows
        self._estimated = rows > _EXACT_ROWS
        self._facts: Sequence[Any] = ()

    @property
    def facts(self) -> list[str]:
        """The expressions of what `take` takes."""
        name, kind = self._name, self._kind
        value, has_axis = finite(name, kind), is_number(kind) or is_time(kind)
        has_order = not kind.startswith(("STRUCT", "MAP", "UNION")) and "[" not in kind
        number = f"CAST({value} AS DOUBLE)"
        points = ", ".join(map(str, QUANTILES))
        quantile = "approx_quantile" if self._estimated else "quantile_disc"
        distinct = "approx_count_distinct({})" if self._estimated else "count(DISTINCT {})"
        return [
            f"count({name})",
            distinct.format(name),
            f"min({value})" if has_order else "NULL",
            f"max({value})" if has_order else "NULL",
            f"avg({number})" if is_number(kind) else "NULL",
            f"stddev_samp({number})" if is_number(kind) else "NULL",
            f"{quantile}({value}, [{points}])" if has_axis else "NULL",
        ]

    def take(self, facts: Sequence[Any]) -> None:
        """Set the attributes that `facts` names."""
        self._facts = facts
        self.bars = Bars(self._name, self._kind, facts[2], facts[3])

    def profile(self, name: str, connection: duckdb.DuckDBPyConnection) -> ColumnProfile:
        """Return the profile."""
        count, distinct, low, high, mean, std, quantiles = self._facts
        estimated, distinct = self._estimated, min(distinct, count)
        top: list[tuple[Any, int]] = []
        if distinct < count * (_ALL_DIFFERENT if estimated else 1):
            top, distinct = self._frequent(connection)
            estimated = estimated and bool(quantiles)
        return ColumnProfile(
            name, self._kind.lower(), self._rows, self._rows - count, distinct, estimated,
            low, high, mean, std, tuple(quantiles or ()), tuple(top), self.bars.bins(),
        )  # fmt: skip

    def _frequent(self, connection: duckdb.DuckDBPyConnection) -> tuple[list[tuple[Any, int]], int]:
        """Return the most frequent values with their counts, and how many values there are."""
        found = connection.sql(
            f"SELECT {self._name} AS value, count(*) AS n, count(*) OVER () AS values FROM t "  # noqa: S608 - names of our own
            f"WHERE {self._name} IS NOT NULL GROUP BY 1 ORDER BY n DESC, value LIMIT {_TOP}"
        ).to_arrow_table()
        values, counts, different = (python_values(column) for column in found.columns)
        return list(zip(values, counts, strict=True)), different[0]
