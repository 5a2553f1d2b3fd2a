"""What is in a column: its NULLs, its range, a small histogram, its most frequent values."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from civis_nb.widgets.query import ALL, Family
from civis_nb.widgets.row_source import column_name

if TYPE_CHECKING:
    from civis_nb.widgets.engine import TableEngine
    from civis_nb.widgets.query import Query

__all__ = ["Axis", "Bin", "Summary", "frequent_values", "summarize"]

_BARS: Final = 20
_TOP: Final = 5
#: Of more different values than these, the most frequent ones say little and take long to find.
_FEW_VALUES: Final = 20_000
_DAY_S: Final = 86_400
#: Families with values beyond all others: infinities, and NaN.
_ENDLESS: Final = frozenset({"double", "date", "timestamp", "timestamptz"})


@dataclass(frozen=True)
class Bin:
    """One bar: the values from `low` to `high`, as texts that a range filter takes."""

    low: str
    high: str
    count: int


@dataclass(frozen=True)
class Summary:
    """What is in a column.

    Attributes
    ----------
    rows, nulls
        How many rows there are, and how many of them are NULL.
    low, high
        The least and the greatest value, as text; None where values have no order, or all are
        NULL.
    bins
        The bars of a histogram: numbers and times.
    distinct
        About how many different values there are: text and the like. None: not counted.
    top
        The most frequent values and how often they occur; empty where there are too many.
    axis
        Where the bars are.
    """

    rows: int
    nulls: int
    low: str | None = None
    high: str | None = None
    bins: tuple[Bin, ...] = ()
    distinct: int | None = None
    top: tuple[tuple[str, int], ...] = ()
    axis: Axis | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {**asdict(self), "axis": None}


@dataclass(frozen=True)
class _Scale:
    """How values of a family are placed on a line of numbers, and written as text again."""

    number: str
    text: Callable[[float], str]
    whole: bool = False


def _day(number: float) -> str:
    """Return the text of a day, counted from 1970."""
    return (dt.date(1970, 1, 1) + dt.timedelta(days=int(number))).isoformat()


def _moment(number: float) -> str:
    """Return the text of a time, in seconds from 1970."""
    moment = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=number)
    return moment.isoformat(sep=" ", timespec="seconds" if number == int(number) else "auto")


def _clock(number: float) -> str:
    """Return the text of a time of day, in seconds from midnight."""
    return (dt.datetime(1970, 1, 1) + dt.timedelta(seconds=min(number, _DAY_S - 1e-6))).strftime(
        "%H:%M:%S"
    )


def _plain(number: float) -> str:
    return format(number, ".6g") if abs(number) < 1e15 else repr(number)


_SCALES: Final[dict[Family, _Scale]] = {
    "integer": _Scale("CAST({} AS DOUBLE)", lambda number: str(int(number)), whole=True),
    "decimal": _Scale("CAST({} AS DOUBLE)", _plain),
    "double": _Scale("CAST({} AS DOUBLE)", _plain),
    "date": _Scale("CAST({} - DATE '1970-01-01' AS DOUBLE)", _day, whole=True),
    "timestamp": _Scale("epoch({})", _moment),
    "timestamptz": _Scale("epoch({})", lambda number: _moment(number) + "+00:00"),
    "time": _Scale("epoch({})", _clock),
}


@dataclass(frozen=True)
class Axis:
    """The bars of a histogram.

    Attributes
    ----------
    first, last
        The least and the greatest value, as numbers.
    width
        How many numbers a bar stands for.
    bars
        How many there are.
    """

    first: float
    last: float
    width: float
    bars: int

    @classmethod
    def between(cls, first: float, last: float, scale: _Scale) -> Axis | None:
        """Return the axis from one value to another; None where they can't be written as text."""
        try:
            scale.text(first), scale.text(last)
        except (OverflowError, ValueError):
            return None
        if scale.whole:
            width = float(math.ceil((last - first + 1) / _BARS))
            return cls(first, last, width, math.ceil((last - first + 1) / width))
        width = (last - first) / _BARS
        if not (0 < width < math.inf):
            return cls(first, last, 1.0, 1)
        return cls(first, last, width, _BARS)

    def bins(self, counts: Mapping[int, int], scale: _Scale) -> tuple[Bin, ...]:
        """Return the bars with their numbers of rows."""
        step = 1.0 if scale.whole else 0.0
        lows = [self.first + bar * self.width for bar in range(self.bars)]
        return tuple(
            Bin(
                scale.text(low),
                scale.text(min(low + self.width - step, self.last)),
                counts.get(bar, 0),
            )
            for bar, low in enumerate(lows)
        )


def summarize(
    engine: TableEngine, column: int, query: Query = ALL, axis: Axis | None = None
) -> Summary:
    """Return what is in a column, of the rows that a query shows.

    Parameters
    ----------
    engine
        The table.
    column
        The column's index.
    query
        Whose conditions hold.
    axis
        The bars to count in, so that they fit those of another summary; None: from the least to
        the greatest value.
    """
    family = engine.fields[column].family
    if family in _SCALES:
        return _of_ordered(engine, column, query, axis)
    return _of_others(engine, column, query)


def _of_ordered(engine: TableEngine, column: int, query: Query, axis: Axis | None) -> Summary:
    """Return the summary of numbers or times: least, greatest, and a histogram."""
    field, name = engine.fields[column], column_name(column)
    scale = _SCALES[field.family]
    number = scale.number.format(name)
    finite = f"isfinite({name})" if field.family in _ENDLESS else "true"
    least, greatest = field.as_text(f"min({name})"), field.as_text(f"max({name})")
    ((rows, filled, low, high, first, last),) = engine.fetch(
        f"count(*), count({name}), {least}, {greatest}, "
        f"min({number}) FILTER ({finite}), max({number}) FILTER ({finite})",
        query,
    )
    if axis is None and first is not None:
        axis = Axis.between(first, last, scale)
    if axis is None:
        return Summary(rows, rows - filled, low, high)
    at = f"CAST(floor(({number} - {axis.first!r}) / {axis.width!r}) AS BIGINT)"
    found = engine.fetch(
        f"CASE WHEN {name} IS NOT NULL AND {finite} "
        f"THEN least(greatest({at}, 0), {axis.bars - 1}) END AS bar, count(*)",
        query,
        "GROUP BY bar",
    )
    counts = {bar: count for bar, count in found if bar is not None}
    return Summary(rows, rows - filled, low, high, axis.bins(counts, scale), axis=axis)


def _of_others(engine: TableEngine, column: int, query: Query) -> Summary:
    """Return the summary of other columns: the most frequent values where there are few."""
    name = column_name(column)
    ((rows, filled, distinct),) = engine.fetch(
        f"count(*), count({name}), approx_count_distinct({name})", query
    )
    top: tuple[tuple[str, int], ...] = ()
    if distinct <= _FEW_VALUES:
        values = frequent_values(engine, column, query, limit=_TOP, nulls=False)
        top = tuple((text, count) for text, count in values if text is not None)
    return Summary(rows, rows - filled, distinct=distinct, top=top)


def frequent_values(
    engine: TableEngine,
    column: int,
    query: Query = ALL,
    *,
    search: str = "",
    limit: int = 200,
    nulls: bool = True,
) -> list[tuple[str | None, int]]:
    """Return the most frequent values of a column as texts, and how often they occur.

    Parameters
    ----------
    engine
        The table.
    column
        The column's index.
    query
        Whose conditions hold.
    search
        Only values with this in them, in whatever case.
    limit
        The most values.
    nulls
        Whether NULL is one of them.
    """
    from civis_nb.sql_literals import literal

    name = engine.fields[column].as_text(column_name(column))
    having = [] if nulls and not search else ["value IS NOT NULL"]
    if search:
        having.append(f"contains(lower(value), lower({literal(search, 'duckdb', 'search')}))")
    return engine.fetch(
        f"{name} AS value, count(*) AS n",
        query,
        f"GROUP BY value{' HAVING ' + ' AND '.join(having) if having else ''} "
        f"ORDER BY n DESC, value LIMIT {limit}",
    )
