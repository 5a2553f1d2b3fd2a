"""The profile of a table: records to work with, shown as a table with a line for each column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from civis_nb.display.bundle import Displayable
from civis_nb.display.columns import Column, short_type
from civis_nb.display.grid import grid_html, grid_text
from civis_nb.display.html import DIM, Html, el
from civis_nb.display.text import counted, cut, one_line
from civis_nb.display.values import texts
from civis_nb.errors import CivisLookupError
from civis_nb.frames.profile import QUANTILES, ColumnProfile
from civis_nb.frames.selection import no_such_column

__all__ = ["Profile"]

_BARS = " ▁▂▃▄▅▆▇█"
_TOP_SHOWN = 3
_VALUE_CHARS = 24
#: A line for each of 2,000 columns would be megabytes in the notebook.
_MAX_COLUMNS = 200
_SHOWN_QUANTILES = tuple(
    (name, QUANTILES.index(share))
    for name, share in (("25%", 0.25), ("median", 0.5), ("75%", 0.75))
)


class Profile(Displayable):
    """What is in each column of a result.

    Parameters
    ----------
    columns
        The profiles of the columns, in order.
    rows
        The rows of the result.
    title
        What was profiled.
    types
        The types in the words of a database; by default they are in those of frames.

    Examples
    --------
    >>> from civis_nb.display.tables import ResultTable
    >>> profile = ResultTable([[1, "a"], [2, None]], columns=["n", "s"]).profile()
    >>> len(profile), profile["s"].nulls
    (2, 1)
    """

    def __init__(
        self,
        columns: Sequence[ColumnProfile],
        rows: int,
        title: str | None = None,
        types: Sequence[str] | None = None,
    ) -> None:
        self.columns = tuple(columns)
        self.rows = rows
        self.title = title
        self._types = types

    def __len__(self) -> int:
        return len(self.columns)

    def __iter__(self) -> Iterator[ColumnProfile]:
        return iter(self.columns)

    def __getitem__(self, key: str | int) -> ColumnProfile:
        if isinstance(key, int):
            if not -len(self.columns) <= key < len(self.columns):
                many = counted(len(self.columns), "column")
                raise CivisLookupError(f"There is no column {key}; there are {many}.")
            return self.columns[key]
        for column in self.columns:
            if column.name == key:
                return column
        raise CivisLookupError(no_such_column(key, [column.name for column in self.columns]))

    def _ipython_key_completions_(self) -> list[str]:
        return [column.name for column in self.columns]

    def to_pandas(self) -> Any:
        """Return the profiles as a pandas frame with a row for each column."""
        import pandas as pd

        return pd.DataFrame([asdict(column) for column in self.columns])

    # -- how it looks ---------------------------------------------------------------------

    @property
    def caption(self) -> str:
        """What was profiled."""
        title = f"{one_line(self.title)}: " if self.title else ""
        about = f"profile of {counted(self.rows, 'row')}, {counted(len(self.columns), 'column')}"
        estimated = any(column.estimated for column in self.columns)
        left_out = len(self.columns) - _MAX_COLUMNS
        about += "; ~ is an estimate" if estimated else ""
        if left_out > 0:
            more = counted(left_out, "more column")
            about += f"; {more} not shown: .to_pandas() has all"
        return title + about

    def _grid(self, *, whole: bool) -> list[Column]:
        """Return the table; not whole, it has fewer columns, so that it fits into a terminal."""

        def column(name: str, right: bool, cells: list[str | None]) -> Column:
            # What a column has not is left blank: NULL would be taken for a value.
            return Column(name, None, right, tuple(cell or "" for cell in cells))

        all_of = self.columns[:_MAX_COLUMNS]
        values = [_values(one) for one in all_of]
        types: Sequence[str | None] = (self._types or ())[:_MAX_COLUMNS] or [
            short_type(one.type) for one in all_of
        ]
        grid = [
            column("column", False, [one.name for one in all_of]),
            column("type", False, list(types)),
            column("NULL", True, [_share(one.nulls, one.rows) for one in all_of]),
            column("distinct", True, [_mark(one) + f"{one.distinct:,}" for one in all_of]),
            replace(column("histogram", False, [_bars(one) for one in all_of]), bars=True),
            column("min", True, [one["min"] for one in values]),
        ]
        grid += [
            column(name, True, [one.get(name) for one in values])
            for name, _ in _SHOWN_QUANTILES
            if whole or name == "median"
        ]
        grid += [
            column("max", True, [one["max"] for one in values]),
            column("most frequent", False, [_top(one) for one in all_of]),
        ]
        return [part for part in grid if any(part.cells)]

    def __repr__(self) -> str:
        if not self.columns:
            return self.caption
        return f"{self.caption}\n{grid_text(self._grid(whole=False))}"

    def _html(self) -> Html:
        if not self.columns:
            return el("p", self.caption, style=f"margin:0;{DIM}")
        # Compact, so that all columns are seen on a page of usual width.
        return grid_html(self._grid(whole=True), self.caption, self.caption, style="compact")


def _mark(column: ColumnProfile) -> str:
    return "~" if column.estimated else ""


def _share(count: int, rows: int) -> str:
    if not count:
        return "0"
    share = 100 * count / rows
    percent = "<0.1" if share < 0.1 else ">99.9" if 99.9 < share < 100 else f"{share:.3g}"
    return f"{count:,} ({percent}%)"


def _values(column: ColumnProfile) -> dict[str, str | None]:
    """Return the ends and quantiles of a column as text, alike in their decimals."""
    quantiles = [(name, column.quantiles[at]) for name, at in _SHOWN_QUANTILES if column.quantiles]
    names = ["min", *(name for name, _ in quantiles), "max"]
    values = [_whole_seconds(one) for one in (column.min, *dict(quantiles).values(), column.max)]
    shown = [None if text is None else cut(one_line(text), _VALUE_CHARS) for text in texts(values)]
    return dict(zip(names, shown, strict=True))


def _whole_seconds(value: Any) -> Any:
    return value.replace(microsecond=0, tzinfo=None) if isinstance(value, datetime) else value


def _bars(column: ColumnProfile) -> str | None:
    """Return a histogram as a line of bars; the highest is full, and none that has a value empty.

    Examples
    --------
    >>> from civis_nb.frames.profile import Bin
    >>> bins = [Bin(0, 1, 8), Bin(1, 2, 0), Bin(2, 3, 4)]
    >>> _bars(ColumnProfile("n", "integer", 12, 0, 3, False, histogram=tuple(bins)))
    '█ ▄'
    """
    counts = [part.count for part in column.histogram]
    if not counts:
        return None
    highest = max(1, *counts)
    return "".join(
        _BARS[max(round(count / highest * (len(_BARS) - 1)), 1 if count else 0)] for count in counts
    )


def _top(column: ColumnProfile) -> str | None:
    """Return the most frequent values of a column, with how often they occur."""
    if not column.top:
        return None
    shown = column.top[:_TOP_SHOWN]
    cells = texts([value for value, _ in shown])
    parts = [
        f"{cut(one_line(text or ''), _VALUE_CHARS)} ({count:,})"
        for text, (_, count) in zip(cells, shown, strict=True)
    ]
    return ", ".join(parts)
