"""The points of a chart, aggregated by DuckDB: never more than a page can draw."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from civis_nb.errors import CivisInputError
from civis_nb.frames.from_arrow import python_values
from civis_nb.frames.histogram import finite, histogram, is_number, is_time
from civis_nb.frames.query import connection_over
from civis_nb.frames.selection import place_of
from civis_nb.near_names import did_you_mean

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["CHART_KINDS", "MAX_POINTS", "ChartData", "chart_data"]

CHART_KINDS: Final = ("hist", "bar", "line", "box")
#: The points that a line has at most.
MAX_POINTS: Final = 5000
#: The bars, and the boxes, that can be told apart.
_MAX_GROUPS = 50
_GROUPS = "SELECT count(*) FROM (SELECT DISTINCT x FROM t)"


@dataclass(frozen=True)
class ChartData:
    """The points of a chart.

    Attributes
    ----------
    kind
        One of `CHART_KINDS`.
    x, y
        The titles of the axes.
    scale
        Of the x axis: ``"quantitative"``, ``"temporal"``, ``"utc"`` or ``"nominal"``.
    points
        JSON values: of a histogram ``low``, ``high``, ``count``; of bars and lines ``x``, ``y``; of
        boxes ``x``, ``low``, ``q1``, ``median``, ``q3``, ``high``.
    rows
        The rows that they stand for.
    note
        What was left out or summed up; empty when nothing was.
    """

    kind: str
    x: str
    y: str
    scale: str
    points: tuple[dict[str, Any], ...]
    rows: int
    note: str = ""


def chart_data(table: pa.Table, kind: str, x: str, y: str | None = None) -> ChartData:
    """Return the points of a chart.

    Parameters
    ----------
    table
        The data.
    kind
        ``"hist"``: how often values of `x` occur. ``"bar"``: for each `x` the sum of `y`, or the
        number of rows. ``"line"``: over `x` the mean of `y`, or the number of rows. ``"box"``: for
        each `x` the quartiles of `y`, or of `x` itself.
    x, y
        Names of columns.

    Raises
    ------
    CivisInputError
        When there is no such kind or column, or a column is of a type that it can't be drawn of.

    Examples
    --------
    >>> import pyarrow as pa
    >>> chart_data(pa.table({"s": ["a", "b", "a"], "n": [1, 2, 3]}), "bar", "s", "n").points
    ({'x': 'a', 'y': 4.0}, {'x': 'b', 'y': 2.0})
    """
    if kind not in CHART_KINDS:
        raise CivisInputError(
            f"There is no chart {kind!r}; there are {', '.join(CHART_KINDS)}."
            f"{did_you_mean(kind, CHART_KINDS, 1)}"
        )
    if kind == "hist" and y is not None:
        raise CivisInputError(f"A histogram has one column: plot('hist', {x!r}).")
    places = [place_of(table, name) for name in ((x,) if y is None else (x, y))]
    columns = table.select(places).rename_columns(["x", "y"][: len(places)])
    with connection_over({"t": columns}) as connection:
        kinds = [str(one) for one in connection.sql("from t").types]
        source = _Source(connection, table.num_rows, x, y, kinds[0], kinds[1:])
        if kind == "hist" and source.scale != "nominal":
            return _histogram(source)
        draw = {"hist": _bars, "bar": _bars, "line": _line, "box": _boxes}[kind]
        return draw(source)


@dataclass(frozen=True)
class _Source:
    """The columns of a chart, as ``x`` and ``y`` of the table ``t`` of a database in memory."""

    connection: duckdb.DuckDBPyConnection
    rows: int
    x: str
    y: str | None
    x_type: str
    y_types: list[str]

    @property
    def scale(self) -> str:
        """The kind of the x axis."""
        if is_number(self.x_type):
            return "quantitative"
        if is_time(self.x_type):
            return "utc" if "ZONE" in self.x_type else "temporal"
        return "nominal"

    def number(self, column: str = "y") -> str:
        """Return a column as an expression of doubles; what is no finite number is NULL.

        Raises
        ------
        CivisInputError
            When it holds no numbers.
        """
        kind = self.x_type if column == "x" else self.y_types[0]
        if not is_number(kind):
            name = self.x if column == "x" else self.y
            raise CivisInputError(
                f"{name} holds no numbers but {kind.lower()}; name a column of numbers."
            )
        return f"CAST({finite(column, kind)} AS DOUBLE)"

    def points(self, sql: str) -> tuple[dict[str, Any], ...]:
        """Return the rows of a query as JSON values."""
        found = self.connection.sql(sql).to_arrow_table()
        columns = [[_json(value) for value in python_values(one)] for one in found.columns]
        rows = zip(*columns, strict=True)
        return tuple(dict(zip(found.column_names, row, strict=True)) for row in rows)

    def count(self, sql: str) -> int:
        """Return a number that a query has."""
        [found] = self.connection.sql(sql).to_arrow_table().columns
        return int(found[0].as_py())


def _json(value: Any) -> Any:
    """Return a value as Vega-Lite reads it."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00"  # a browser takes a bare date for one in UTC
    return value if value is None or isinstance(value, (int, str)) else str(value)


def _histogram(source: _Source) -> ChartData:
    """Return the bars of a histogram of x."""
    bars = histogram(source.connection, "x", source.x_type)
    found = bars.bins()
    if bars.has_one_for_each_value:
        points = tuple({"x": str(part.low), "y": part.count} for part in found)
        return ChartData("bar", source.x, "rows", "nominal", points, source.rows)
    points = tuple(
        {"low": _json(part.low), "high": _json(part.high), "count": part.count} for part in found
    )
    left_out = source.rows - sum(part.count for part in found)
    note = f"{left_out:,} without a finite value left out" if left_out else ""
    return ChartData("hist", source.x, "rows", source.scale, points, source.rows, note)


def _bars(source: _Source) -> ChartData:
    """Return a bar for each value of x, or for the largest ones: its rows, or the sum of y."""
    value = "CAST(count(*) AS DOUBLE)" if source.y is None else f"sum({source.number()})"
    title = "rows" if source.y is None else f"sum of {source.y}"
    groups = source.count(_GROUPS)
    label = "coalesce(CAST(x AS VARCHAR), 'NULL')"
    order = "y DESC NULLS LAST, x" if source.scale == "nominal" else "x NULLS LAST"
    points = source.points(
        f"SELECT x, y FROM (SELECT {label} AS x, {value} AS y, any_value(x) AS raw FROM t "  # noqa: S608
        f"GROUP BY t.x ORDER BY y DESC NULLS LAST, 1 LIMIT {_MAX_GROUPS}) "
        f"ORDER BY {order.replace('x NULLS', 'raw NULLS')}"
    )
    note = f"the largest {_MAX_GROUPS} of {groups:,}" if groups > _MAX_GROUPS else ""
    return ChartData("bar", source.x, title, "nominal", points, source.rows, note)


def _line(source: _Source) -> ChartData:
    """Return the points of a line in the order of x; where they are too many, means of steps."""
    value = "CAST(count(*) AS DOUBLE)" if source.y is None else f"avg({source.number()})"
    places = source.count("SELECT approx_count_distinct(x) FROM t")
    if places <= 2 * MAX_POINTS:  # an estimate; else it is far more
        places = source.count("SELECT count(DISTINCT x) FROM t")
    has_means = places > MAX_POINTS or places < source.count("SELECT count(x) FROM t")
    title = "rows" if source.y is None else f"mean of {source.y}" if has_means else source.y
    note = ""
    if places <= MAX_POINTS:
        sql = f"SELECT x, {value} AS y FROM t WHERE x IS NOT NULL GROUP BY x ORDER BY x"  # noqa: S608
    elif source.scale == "nominal":
        raise CivisInputError(
            f"{source.x} has {places:,} different texts, too many for a line: aggregate them first."
        )
    else:
        # Each step stands where its first value is.
        place = "CAST(x AS DOUBLE)" if source.scale == "quantitative" else "epoch(x)"
        sql = (
            f"WITH placed AS (SELECT *, {place} AS place FROM t WHERE x IS NOT NULL), "  # noqa: S608
            "ends AS (SELECT min(place) AS low, max(place) AS high FROM placed "
            "WHERE isfinite(place)) "
            f"SELECT min(x) AS x, {value} AS y FROM placed, ends WHERE isfinite(place) "
            f"GROUP BY least(floor((place - low) / (high - low) * {MAX_POINTS}), {MAX_POINTS - 1}) "
            "ORDER BY x"
        )
        note = f"the values of {source.x} in at most {MAX_POINTS:,} steps"
    return ChartData("line", source.x, title, source.scale, source.points(sql), source.rows, note)


def _boxes(source: _Source) -> ChartData:
    """Return the quartiles of a box for each value of x; the whiskers end within 1.5 boxes."""
    value = source.number("x" if source.y is None else "y")
    group = "''" if source.y is None else "coalesce(CAST(x AS VARCHAR), 'NULL')"
    by = "true" if source.y is None else "x"
    groups = 1 if source.y is None else source.count(_GROUPS)
    points = source.points(
        f"WITH found AS (SELECT {by} AS part, {group} AS x, {value} AS v FROM t), "  # noqa: S608
        "quartiles AS (SELECT part, any_value(x) AS x, count(v) AS n, "
        "quantile_cont(v, 0.25) AS q1, "
        "quantile_cont(v, 0.5) AS median, quantile_cont(v, 0.75) AS q3 FROM found GROUP BY part "
        f"HAVING count(v) > 0 ORDER BY n DESC, 2 LIMIT {_MAX_GROUPS}) "
        "SELECT q.x, min(v) AS low, any_value(q1) AS q1, any_value(median) AS median, "
        "any_value(q3) AS q3, max(v) AS high FROM quartiles q JOIN found f "
        "ON f.part IS NOT DISTINCT FROM q.part WHERE v BETWEEN q1 - 1.5 * (q3 - q1) "
        "AND q3 + 1.5 * (q3 - q1) GROUP BY q.x, q.part ORDER BY q.part NULLS LAST"
    )
    note = f"the {_MAX_GROUPS} with most rows of {groups:,}" if groups > _MAX_GROUPS else ""
    x, y = ("", source.x) if source.y is None else (source.x, source.y)
    return ChartData("box", x, y, "nominal", points, source.rows, note)
