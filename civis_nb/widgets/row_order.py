"""The rows of a table in an order, found a stretch at a time without sorting all of them.

A sorted sample of the rows tells between which two of its rows a page lies. One scan counts the
rows before the first of them and finds the rows between the two, which are few and are sorted. So
a page is exact wherever it is, and costs a scan instead of a sort.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from civis_nb.cancellation import CancelToken
from civis_nb.widgets.query import Sort
from civis_nb.widgets.row_source import NUMBER, Matches, RowSource, column_name, variable

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

__all__ = ["RowOrder"]

#: So few are sorted as a whole at once.
_FEW_ROWS: Final = 100_000
_SAMPLE_ROWS: Final = 65_536
#: How many standard deviations a page may lie beside the place that the sample tells.
_DEVIATIONS: Final = 5
_CACHED_RANGES: Final = 32


class RowOrder:
    """The numbers of rows in an order.

    Parameters
    ----------
    source
        The table.
    matches
        Which of its rows; None: all.
    sorts
        The order.

    Attributes
    ----------
    token
        Ends the search when it is cancelled; this order is of no use then.
    """

    def __init__(self, source: RowSource, matches: Matches | None, sorts: Sequence[Sort]) -> None:
        self._source = source
        self._matches = matches
        self._sorts = sorts
        self._total = len(source) if matches is None else len(matches)
        self._lock = threading.Lock()
        self._sample: pa.Table | None = None
        self._ranges: OrderedDict[int, np.ndarray[Any, Any]] = OrderedDict()
        self.token = CancelToken()

    def numbers(self, start: int, count: int) -> np.ndarray[Any, Any]:
        """Return the numbers of some rows; less come at the end.

        Raises
        ------
        OperationCancelledError
            When the token was cancelled.
        """
        stop = min(start + count, self._total)
        start = min(start, stop)
        with self._lock:
            for first, kept in self._ranges.items():
                if first <= start and stop <= first + len(kept):
                    self._ranges.move_to_end(first)
                    return kept[start - first : stop - first]
            few = self._total <= _FEW_ROWS
            first, found = (0, self.whole()) if few else self._range(start, stop)
            self._ranges[first] = found
            while len(self._ranges) > _CACHED_RANGES:
                self._ranges.popitem(last=False)
            return found[start - first : stop - first]

    @property
    def is_searching(self) -> bool:
        """Whether rows are searched for at this moment."""
        return self._lock.locked()

    def whole(self) -> np.ndarray[Any, Any]:
        """Return the numbers of all rows."""
        return self._in_order(matches=self._matches)

    def _in_order(self, **rows: Any) -> np.ndarray[Any, Any]:
        """Return the numbers of rows in the order; `rows` is what `RowSource.read` takes."""
        found: np.ndarray[Any, Any] = self._source.read(
            f"{NUMBER} AS n", tail=f"ORDER BY {self._order_by}",
            read=lambda c: c.fetchnumpy()["n"], token=self.token, **rows,
        )  # fmt: skip
        return found

    def _range(self, start: int, stop: int) -> tuple[int, np.ndarray[Any, Any]]:
        """Return rows around some, and where the first of them is."""
        if self._sample is None:
            self._sample = self._sampled()
        size, total, deviations = len(self._sample), self._total, _DEVIATIONS
        while True:
            low = _place(start / total, size, -deviations)
            high = _place(stop / total, size, deviations)
            low_row = self._sample.slice(low, 1) if low >= 0 else None
            high_row = self._sample.slice(high, 1) if high < size else None
            first, found = self._between(low_row, high_row)
            if first <= start and stop <= first + len(found):
                return first, found
            deviations *= 4

    def _sampled(self) -> pa.Table:
        """Return a part of the rows, in order."""
        import numpy as np

        # The same rows each time, so that what is slow or wrong is so again.
        drawn = np.unique(np.random.default_rng(0).integers(0, self._total, _SAMPLE_ROWS))
        numbers = drawn if self._matches is None else self._matches.numbers[drawn]
        return self._keys(self._in_order(data=self._keys(numbers)))

    @property
    def _columns(self) -> list[int]:
        return [one.column for one in self._sorts]

    def _keys(self, numbers: np.ndarray[Any, Any]) -> pa.Table:
        """Return what decides on the order of some rows."""
        return self._source.numbered(numbers, self._columns)

    @property
    def _order_by(self) -> str:
        """Return the order as SQL; equal rows come in the order of the table."""
        return ", ".join([*(one.sql(column_name(one.column)) for one in self._sorts), NUMBER])

    def _between(
        self, low: pa.Table | None, high: pa.Table | None
    ) -> tuple[int, np.ndarray[Any, Any]]:
        """Return how many rows come before one, and those from it to another, in order."""
        import numpy as np

        before = "false" if low is None else self._beside("low", low, "<", or_same=False)
        ends = {"low": low, "high": high}
        groups = self._source.read(
            f"coalesce({before}, false) AS before, count(*), list({NUMBER}) FILTER (NOT before)",
            "" if high is None else self._beside("high", high, "<", or_same=True),
            "GROUP BY before",
            values={name: row for name, row in ends.items() if row is not None},
            matches=self._matches, read=lambda c: list(zip(*c.fetchnumpy().values(), strict=True)),
            token=self.token,
        )  # fmt: skip
        first, found = 0, np.empty(0, dtype=np.int64)
        for is_before, count, numbers in groups:
            if is_before:
                first = int(count)
            else:
                found = np.asarray(numbers, dtype=np.int64)
        return first, self._in_order(data=self._keys(found))

    def _beside(self, end: str, row: pa.Table, sign: str, *, or_same: bool) -> str:
        """Return the condition of the rows that come before (<) or after (>) one."""
        sql = f"{NUMBER} {sign}{'=' if or_same else ''} {variable(end, NUMBER)}"
        for one in reversed(self._sorts):
            name = column_name(one.column)
            is_null = row[name].null_count > 0
            value = variable(end, name)
            if is_null:
                beyond = f"{name} IS NOT NULL" if sign == "<" else "false"
                same = f"{name} IS NULL"
            else:
                way = ">" if (sign == ">") != one.descending else "<"
                beyond = f"{name} {way} {value}"
                # NULLs come last whichever the order.
                beyond += f" OR {name} IS NULL" if sign == ">" else ""
                same = f"{name} = {value}"
            sql = f"({beyond} OR ({same} AND {sql}))"
        return sql


def _place(share: float, size: int, deviations: int) -> int:
    """Return the place in a sample beside which a share of the rows lies, with some distance."""
    distance = abs(deviations) * math.sqrt(size * share * (1 - share)) + 2
    return math.floor(share * size + math.copysign(distance, deviations))
