"""Sorts, filters, pages and summarizes a table with DuckDB, over the Arrow data as it is."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from civis_nb._waiting import outcome
from civis_nb.cancellation import CancelToken
from civis_nb.display.values import type_name
from civis_nb.errors import CivisInputError, OperationCancelledError
from civis_nb.widgets.arrow_rows import ArrowRows
from civis_nb.widgets.query import ALL, Family, Field, Query

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import pyarrow as pa

__all__ = ["TableEngine", "fields_of", "in_utc"]

#: Orders that are kept: the present one, and those that a user goes back to. For 10 million rows
#: each takes 80 MB.
_KEPT_ORDERS: Final = 3
#: The first rows of an order are found sooner than the whole of it.
_FIRST_ROWS: Final = 1000
#: So few are sorted as a whole at once.
_FEW_ROWS: Final = 300_000
_NUMBER: Final = "#"
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
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return _family(kind.value_type)
    if pa.types.is_timestamp(kind):
        return "timestamptz" if kind.tz else "timestamp"
    return next((family for check, family in _FAMILIES if getattr(pa.types, check)(kind)), "other")


class TableEngine:
    """The rows of a table, in the order and choice of a `Query`.

    Methods may be called from several threads. Each query has a DuckDB cursor of its own.

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
        self._lock = threading.RLock()
        self._root: duckdb.DuckDBPyConnection | None = None
        self._data: pa.Table | None = None
        self._orders: OrderedDict[Query, _Order] = OrderedDict()

    def __len__(self) -> int:
        return int(self._table.num_rows)

    # -- rows ---------------------------------------------------------------------------------

    def count(self, query: Query) -> int:
        """Return how many rows a query shows."""
        return len(self) if not query.conditions else self._order(query).count()

    def page(self, query: Query, start: int, count: int, columns: Sequence[int]) -> pa.Table:
        """Return some rows of a query.

        Parameters
        ----------
        query
            Which rows, and in what order.
        start, count
            Where they are in it; less come at its end.
        columns
            The indexes of the columns.
        """
        start, count = max(start, 0), max(count, 0)
        if query == ALL:
            return self.rows.slice(start, count, columns)
        return self.rows.take(self._order(query).numbers(start, count), columns)

    def all_rows(self, query: Query) -> pa.Table:
        """Return all rows of a query."""
        if query == ALL:
            return self._table
        return self.rows.take(self._order(query).whole(), range(len(self.fields)))

    def _order(self, query: Query) -> _Order:
        with self._lock:
            if query not in self._orders:
                # Whoever asks for another order waits for no earlier one any more.
                for old in [one for one, order in self._orders.items() if order.unfinished]:
                    self._orders.pop(old).stop()
                self._orders[query] = _Order(self, query)
                while len(self._orders) > _KEPT_ORDERS:
                    self._orders.popitem(last=False)[1].stop()
            self._orders.move_to_end(query)
            return self._orders[query]

    # -- SQL ----------------------------------------------------------------------------------

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
        rows: list[tuple[Any, ...]] = self._executed(select, query, tail, lambda c: c.fetchall())
        return rows

    def row_numbers(
        self, query: Query, limit: int | None, token: CancelToken
    ) -> np.ndarray[Any, Any]:
        """Return the numbers of the rows that a query shows, in its order.

        Parameters
        ----------
        query
            Which rows, and in what order.
        limit
            How many, from the first one on; None: all.
        token
            Ends the search when it is cancelled.

        Raises
        ------
        CivisInputError
            When DuckDB can't do it; with its words.
        OperationCancelledError
            When the token was cancelled.
        """
        import numpy as np

        order = query.order_by(column_name)
        # Rows that are equal keep their order, so that pages fit together.
        tail = f'ORDER BY {order}, "{_NUMBER}"' if order else ""
        if limit is not None:
            tail += f" LIMIT {limit}"
        found: np.ndarray[Any, Any] = self._executed(
            f'"{_NUMBER}" AS n', query, tail, lambda c: c.fetchnumpy()["n"], token
        )
        if not order and np.any(found[1:] < found[:-1]):
            found = np.sort(found)
        return found

    def _executed(
        self,
        select: str,
        query: Query,
        tail: str,
        read: Callable[[duckdb.DuckDBPyConnection], Any],
        token: CancelToken | None = None,
    ) -> Any:
        import duckdb

        where = query.where(column_name, self.fields, "duckdb")
        sql = f"SELECT {select} FROM data{f' WHERE {where}' if where else ''} {tail}"  # noqa: S608 - literals are escaped, columns are numbers
        with self._cursor() as cursor:
            unsubscribe = token.on_cancel(cursor.interrupt) if token else None
            try:
                return read(cursor.execute(sql))
            except duckdb.InterruptException:
                raise OperationCancelledError("Another query took its place.") from None
            except duckdb.Error as error:
                raise CivisInputError(f"The table can't be shown so: {error}") from None
            finally:
                if unsubscribe:
                    unsubscribe()

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._lock:
            if self._root is None:
                self._root = self._connected()
            cursor = self._root.cursor()
        try:
            in_utc(cursor)
            # What is registered is known to one cursor only; nothing is copied.
            cursor.register("data", self._data)
            yield cursor
        finally:
            cursor.close()

    def _connected(self) -> duckdb.DuckDBPyConnection:
        import duckdb
        import numpy as np
        import pyarrow as pa

        numbers = pa.array(np.arange(len(self), dtype=np.int64))
        names = [column_name(index) for index in range(len(self.fields))]
        self._data = pa.Table.from_arrays(
            [*(_readable(one) for one in self._table.columns), numbers], names=[*names, _NUMBER]
        )
        return duckdb.connect()

    def close(self) -> None:
        """Let go of the data's copies; what runs is stopped."""
        with self._lock:
            while self._orders:
                self._orders.popitem()[1].stop()
            if self._root is not None:
                self._root.close()
                self._root = self._data = None


def column_name(index: int) -> str:
    """Return what a column is called in the engine's SQL: names of users may occur twice."""
    return f"c{index}"


def in_utc(connection: duckdb.DuckDBPyConnection) -> None:
    """Let a connection write times with a zone in UTC, whatever the machine's zone is."""
    import duckdb

    # Without the extension for zones DuckDB knows no other than UTC.
    with suppress(duckdb.Error):
        connection.execute("SET TimeZone = 'UTC'")


def _readable(column: Any) -> Any:
    """Return a column as one that DuckDB reads."""
    import pyarrow as pa

    kind = column.type
    # DuckDB has no decimals of more than 38 digits and no 16-bit floats.
    if pa.types.is_decimal256(kind):
        return column.cast(pa.float64())
    return column.cast(pa.float32()) if pa.types.is_float16(kind) else column


class _Order:
    """The numbers of the rows that a query shows, in its order: found once, in a thread."""

    def __init__(self, engine: TableEngine, query: Query) -> None:
        self._engine = engine
        self._query = query
        self._token = CancelToken()
        self._lock = threading.Lock()
        self._whole: Future[np.ndarray[Any, Any]] | None = None
        self._first: np.ndarray[Any, Any] | None = None
        self._count: int | None = None

    def count(self) -> int:
        """Return how many rows there are."""
        if not self._query.conditions:
            return len(self._engine)
        if not self._query.sorts:
            return len(self.whole())
        with self._lock:
            if self._count is None:
                ((self._count,),) = self._engine.fetch("count(*)", self._query)
            return self._count

    def numbers(self, start: int, count: int) -> np.ndarray[Any, Any]:
        """Return the numbers of some rows."""
        if self._query.sorts and start + count <= _FIRST_ROWS and self.count() > _FEW_ROWS:
            with self._lock:
                if self._first is None:
                    self._first = self._found(_FIRST_ROWS)
                    # The next page that is asked for may be anywhere.
                    self._start()
                return self._first[start : start + count]
        return self.whole()[start : start + count]

    def whole(self) -> np.ndarray[Any, Any]:
        """Return the numbers of all rows."""
        with self._lock:
            future = self._start()
        return outcome(future)

    @property
    def unfinished(self) -> bool:
        """Whether the search for all rows is under way."""
        return self._whole is not None and not self._whole.done()

    def _start(self) -> Future[np.ndarray[Any, Any]]:
        """Start the search for all rows, once; under the lock."""
        if self._whole is None:
            self._whole = Future()
            threading.Thread(
                target=self._run, args=(self._whole,), name="civis-sort", daemon=True
            ).start()
        return self._whole

    def stop(self) -> None:
        """Stop looking: nobody wants it any more."""
        self._token.cancel()

    def _run(self, future: Future[np.ndarray[Any, Any]]) -> None:
        try:
            future.set_result(self._found(None))
        except BaseException as error:
            future.set_exception(error)

    def _found(self, limit: int | None) -> np.ndarray[Any, Any]:
        return self._engine.row_numbers(self._query, limit, self._token)
