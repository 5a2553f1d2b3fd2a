"""What is in the columns of a table, counted by the database itself: no row leaves it."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from civis_nb.display.columns import short_type
from civis_nb.display.profiles import Profile
from civis_nb.errors import EmptyResultError
from civis_nb.frames.histogram import Bin
from civis_nb.frames.profile import QUANTILES, ColumnProfile
from civis_nb.lab.catalog import Column
from civis_nb.table_names import quoted

__all__ = ["Ask", "profile_of", "shown_type"]

#: Runs a statement; returns its rows, of texts and None.
Ask = Callable[[str], Awaitable[Sequence[Sequence[Any]]]]

#: Databases take at most some 1,600 expressions in a SELECT.
_COLUMNS_AT_ONCE: Final = 200
_FACTS: Final = 6
_BARS: Final = 20
_TOP: Final = 5
_NUMBERS: Final = (
    "smallint", "integer", "bigint", "int", "tinyint", "hugeint", "uint", "utinyint", "usmallint",
    "ubigint", "uhugeint", "dec", "numeric", "real", "double", "float",
)  # fmt: skip
_TIMES: Final = ("date", "timestamp", "datetime", "time")
_TEXTS: Final = ("varchar", "character", "char", "text", "bpchar", "nvarchar", "string")
#: Of these distinct values are counted; not all databases know their minimum.
_UNORDERED: Final = ("bool", "uuid")


async def profile_of(ask: Ask, relation: str, columns: Sequence[Column], title: str) -> Profile:
    """Return a profile of columns.

    Of a single column it has quantiles, a histogram and the most frequent values too: these take
    a query each.

    Parameters
    ----------
    ask
        Runs a statement.
    relation
        The table, as SQL.
    columns
        The columns; none: the rows alone are counted.
    title
        What is profiled.

    Raises
    ------
    EmptyResultError
        When the platform returns no row of statistics.
    """
    found: list[ColumnProfile] = []
    rows = 0
    for start in range(0, max(len(columns), 1), _COLUMNS_AT_ONCE):
        part = columns[start : start + _COLUMNS_AT_ONCE]
        expressions = ["count(*)", *(sql for one in part for sql in _facts(one))]
        selected = ", ".join(f"{sql} as e{at}" for at, sql in enumerate(expressions))
        values = await _row(ask, f"select {selected} from {relation}")  # noqa: S608 - names are quoted
        rows = int(values[0])
        for at, column in enumerate(part):
            found.append(_profile(column, rows, values[1 + at * _FACTS : 1 + (at + 1) * _FACTS]))
    if len(found) == 1:
        found = [await _in_detail(ask, relation, columns[0], found[0])]
    return Profile(found, rows, title, [shown_type(one.type) for one in columns])


def shown_type(sql_type: str) -> str:
    """Return a type as the panel shows it: a text keeps the database's own word and its length.

    Examples
    --------
    >>> shown_type("VARCHAR(30)"), shown_type("DOUBLE PRECISION")
    ('varchar(30)', 'double')
    """
    short = short_type(sql_type)
    return sql_type.lower() if short is None or short == "text" else short


async def _row(ask: Ask, sql: str) -> Sequence[Any]:
    """Return the only row of a statement that aggregates."""
    rows = await ask(sql)
    if not rows:
        raise EmptyResultError(
            "The platform has returned no row of statistics. Try again, or run the statement in a "
            f"cell: {sql[:200]}"
        )
    return rows[0]


def _is(column: Column, kinds: tuple[str, ...]) -> bool:
    """Check whether a column is of one of these types, and no array of it."""
    kind = column.type.lower()
    # Arrays and intervals have no order of their own.
    return kind.startswith(kinds) and not kind.endswith("]") and not kind.startswith("interval")


def _facts(column: Column) -> list[str]:
    """Return the expressions of a column's facts; of what its type has not, NULL."""
    name = quoted(column.name)
    is_number = _is(column, _NUMBERS)
    is_ordered = is_number or _is(column, _TIMES + _TEXTS)
    number = f"cast({name} as double precision)"
    return [
        f"count({name})",
        f"count(distinct {name})" if is_ordered or _is(column, _UNORDERED) else "null",
        f"min({name})" if is_ordered else "null",
        f"max({name})" if is_ordered else "null",
        f"avg({number})" if is_number else "null",
        f"stddev_samp({number})" if is_number else "null",
    ]


def _profile(column: Column, rows: int, facts: Sequence[Any]) -> ColumnProfile:
    count, distinct, least, greatest, mean, std = facts
    return ColumnProfile(
        column.name, column.type.lower(), rows, rows - int(count), int(distinct or 0), False,
        least, greatest, _finite(mean), _finite(std),
    )  # fmt: skip


def _finite(text: Any) -> float | None:
    value = None if text is None else float(text)
    return value if value is not None and math.isfinite(value) else None


async def _in_detail(
    ask: Ask, relation: str, column: Column, profile: ColumnProfile
) -> ColumnProfile:
    """Return the profile of a column with its quantiles, histogram and most frequent values."""
    name = quoted(column.name)
    if profile.nulls == profile.rows or not profile.distinct:
        return profile
    if profile.distinct < profile.rows - profile.nulls:
        top = await ask(
            f"select {name} as v, count(*) as n from {relation} where {name} is not null "  # noqa: S608
            f"group by {name} order by count(*) desc, {name} limit {_TOP}"
        )
        profile = replace(profile, top=tuple((value, int(count)) for value, count in top))
    low, high = (_finite(end) if _is(column, _NUMBERS) else None
                 for end in (profile.min, profile.max))  # fmt: skip
    if low is None or high is None:
        return profile
    shares = ", ".join(
        f"percentile_cont({share}) within group (order by {name}) as q{at}"
        for at, share in enumerate(QUANTILES)
    )
    quantiles = await _row(ask, f"select {shares} from {relation}")  # noqa: S608
    profile = replace(profile, quantiles=tuple(quantiles))
    if low == high:
        return profile
    width = (high - low) / _BARS
    number = f"cast({name} as double precision)"
    bar = f"least({_BARS - 1}, floor(({number} - ({low!r})) / ({width!r})))"
    counted = await ask(
        f"select {bar} as bar, count(*) as n from {relation} where {name} is not null "  # noqa: S608
        f"group by {bar}"
    )
    counts = {int(float(at)): int(count) for at, count in counted if _finite(at) is not None}
    bins = [Bin(low + at * width, low + (at + 1) * width, counts.get(at, 0)) for at in range(_BARS)]
    return replace(profile, histogram=tuple(bins))
