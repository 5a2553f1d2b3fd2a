"""Sorts, filters, pages and summarizes a table with DuckDB, over the Arrow data as it is."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from civis_nb.cancellation import CancelToken
from civis_nb.display.values import type_name
from civis_nb.widgets.arrow_rows import ArrowRows
from civis_nb.widgets.query import ALL, Condition, Family, Field, Query
from civis_nb.widgets.row_filter import RowFilter
from civis_nb.widgets.row_order import RowOrder
from civis_nb.widgets.row_source import Matches, RowSource

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["TableEngine", "fields_of"]

#: Filters and orders that are kept: the present ones, and those that a user goes back to.
_KEPT: Final = 3
_FAMILIES: Final[tuple[tuple[str, Family], ...]] = (
    ("is_boolean", "boolean"),
    ("is_integer", "integer"),
    ("is_floating", "double"),
    ("is_decimal", "decimal"),
    ("is_date", "date"),
    ("is_time", "time"),
    ("is_string", "text"),
    ("is_large_string", "text"),
    ("is_string_view", "text"),
)


def fields_of(table: pa.Table) -> list[Field]:
    """Return the columns of a table as queries see them.

    Examples
    --------
    >>> import pyarrow as pa
    >>> fields_of(pa.table({"n": [1]}))
    [Field(name='n', type='bigint', family='integer')]
    """
    return [Field(field.name, type_name(field.type), _family(field.type)) for field in table.schema]


def _family(kind: pa.DataType) -> Family:
    """Return the family of a type: columns of one family are sorted and filtered alike."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return _family(kind.value_type)
    if pa.types.is_timestamp(kind):
        return "timestamptz" if kind.tz else "timestamp"
    return next((family for check, family in _FAMILIES if getattr(pa.types, check)(kind)), "other")


class TableEngine:
    """The rows of a table, in the order and choice of a `Query`.

    Methods may be called from several threads.

    Parameters
    ----------
    table
        The data.

    Attributes
    ----------
    fields
        Its columns.
    """

    def __init__(self, table: pa.Table) -> None:
        self.fields = fields_of(table)
        self.rows = ArrowRows(table)
        self._table = table
        self._source = RowSource(table)
        self._lock = threading.Lock()
        self._filters: OrderedDict[tuple[Condition, ...], RowFilter] = OrderedDict()
        self._orders: OrderedDict[Query, RowOrder] = OrderedDict()

    def __len__(self) -> int:
        return int(self._table.num_rows)

    # -- rows ---------------------------------------------------------------------------------

    def count(self, query: Query) -> int:
        """Return how many rows a query shows."""
        matches = self._matches(query.conditions)
        return len(self) if matches is None else len(matches)

    def page(self, query: Query, start: int, count: int, columns: Sequence[int]) -> pa.Table:
        """Return some rows of a query; the search for those of another one ends.

        Parameters
        ----------
        query
            Which rows, and in what order.
        start, count
            Where they are in it; less come at its end.
        columns
            The indexes of the columns.

        Raises
        ------
        OperationCancelledError
            When another query took its place.
        """
        start, count = max(start, 0), max(count, 0)
        self._end_others(query)
        if query.sorts:
            return self.rows.take(self._order(query).numbers(start, count), columns)
        matches = self._matches(query.conditions)
        if matches is None:
            return self.rows.slice(start, count, columns)
        return self.rows.take(matches.numbers[start : start + count], columns)

    def all_rows(self, query: Query) -> pa.Table:
        """Return all rows of a query."""
        if query == ALL:
            return self._table
        matches = self._matches(query.conditions)
        numbers = self._order(query).whole() if query.sorts or matches is None else matches.numbers
        return self.rows.take(numbers, range(len(self.fields)))

    def fetch(self, select: str, query: Query, tail: str = "") -> list[tuple[Any, ...]]:
        """Return the rows of a SELECT over the table.

        Parameters
        ----------
        select
            What is selected. The columns are called ``c0``, ``c1``, …
        query
            Whose conditions hold; its order is not applied.
        tail
            What follows the conditions.

        Raises
        ------
        CivisInputError
            When DuckDB can't do it; with its words.
        """
        matches = self._matches(query.conditions)
        found: list[tuple[Any, ...]] = self._source.read(
            select, tail=tail, matches=matches, read=lambda c: c.fetchall(), token=CancelToken()
        )
        return found

    def close(self) -> None:
        """Drop what was found, and end the searches."""
        with self._lock:
            searches: list[RowFilter | RowOrder] = [*self._filters.values(), *self._orders.values()]
            for one in searches:
                one.token.cancel()
            self._filters.clear()
            self._orders.clear()
        self._source.close()

    # -- what is kept -------------------------------------------------------------------------

    def _matches(self, conditions: tuple[Condition, ...]) -> Matches | None:
        """Return the rows that filters leave; None without a filter."""
        if not conditions:
            return None
        with self._lock:
            if conditions not in self._filters:
                fewer = self._filters.get(conditions[:-1])
                self._filters[conditions] = RowFilter(self._source, self.fields, conditions, fewer)
            found = self._filters[conditions]
            _keep(self._filters, conditions)
        return found.matches()

    def _order(self, query: Query) -> RowOrder:
        """Return the order of the rows of a query; the latest few are kept."""
        matches = self._matches(query.conditions)
        with self._lock:
            if query not in self._orders:
                self._orders[query] = RowOrder(self._source, matches, query.sorts)
            found = self._orders[query]
            _keep(self._orders, query)
        return found

    def _end_others(self, query: Query) -> None:
        """End searches for other queries: whoever asks for this one waits for no other."""
        with self._lock:
            for conditions in [one for one in self._filters if one != query.conditions]:
                if self._filters[conditions].is_searching:
                    self._filters.pop(conditions).token.cancel()
            for other in [one for one in self._orders if one != query]:
                if self._orders[other].is_searching:
                    self._orders.pop(other).token.cancel()


def _keep(kept: OrderedDict[Any, Any], key: Any) -> None:
    """Mark a key as the last one used, and forget the one that was not used for longest."""
    kept.move_to_end(key)
    if len(kept) > _KEPT:
        kept.popitem(last=False)
