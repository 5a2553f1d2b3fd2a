"""A table as DuckDB in the kernel reads it, with a number for each row."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from civis_nb.errors import CivisInputError, OperationCancelledError
from civis_nb.widgets.arrow_rows import ArrowRows

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import pyarrow as pa

    from civis_nb.cancellation import CancelToken

__all__ = ["NUMBER", "Matches", "RowSource", "column_name", "in_utc", "variable"]

#: The column of the rows' numbers: rows that are equal keep their order, so that pages fit.
NUMBER: Final = '"#"'
#: The column that tells which rows a filter leaves.
_MATCHES: Final = '"?"'


def column_name(index: int) -> str:
    """Return what a column is called in the engine's SQL: names of users may occur twice."""
    return f"c{index}"


def in_utc(connection: duckdb.DuckDBPyConnection) -> None:
    """Set a connection to write times with a zone in UTC, whatever the machine's zone is."""
    import duckdb

    # Without the extension for zones DuckDB knows no other than UTC.
    with suppress(duckdb.Error):
        connection.execute("SET TimeZone = 'UTC'")


def variable(name: str, column: str) -> str:
    """Return the SQL of a value that `RowSource.read` is given.

    Examples
    --------
    >>> variable("low", "c0")
    "getvariable('low_c0')"
    """
    return f"getvariable('{name}_{_plain(column)}')"


def _plain(column: str) -> str:
    return column.strip('"')


def _readable(column: Any) -> Any:
    """Return a column as one that DuckDB reads."""
    import pyarrow as pa

    kind = column.type
    # DuckDB has no decimals of more than 38 digits and no 16-bit floats.
    if pa.types.is_decimal256(kind):
        return column.cast(pa.float64())
    return column.cast(pa.float32()) if pa.types.is_float16(kind) else column


class Matches:
    """The rows that filters leave.

    Parameters
    ----------
    numbers
        Their numbers, in the order of the table.
    total
        How many rows the table has.
    """

    def __init__(self, numbers: np.ndarray[Any, Any], total: int) -> None:
        import numpy as np
        import pyarrow as pa

        self.numbers = numbers
        mask = np.zeros(total, dtype=np.bool_)
        mask[numbers] = True
        #: For each row of the table whether it is one of them.
        self.mask = pa.array(mask)

    def __len__(self) -> int:
        return len(self.numbers)


class RowSource:
    """A table whose rows are selected by SQL.

    Its columns are called c0, c1, …, as names of users may occur twice, and ``"#"`` is the number
    of a row. Methods may be called from several threads; each query has a cursor of its own.

    Parameters
    ----------
    table
        The table. It is not copied.

    Attributes
    ----------
    table
        The table as it was given.
    """

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self._lock = threading.Lock()
        self._root: duckdb.DuckDBPyConnection | None = None
        #: Those that are open -> the database that each belongs to.
        self._cursors: dict[duckdb.DuckDBPyConnection, duckdb.DuckDBPyConnection] = {}
        self._rows: ArrowRows | None = None

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def numbered(self, numbers: np.ndarray[Any, Any], columns: Sequence[int]) -> pa.Table:
        """Return columns of some rows, with the rows' numbers."""
        with self._lock:
            _, rows = self._opened()
        return rows.take(numbers, [*columns, self.table.num_columns])

    def read(
        self,
        select: str,
        where: str = "",
        tail: str = "",
        *,
        read: Callable[[duckdb.DuckDBPyConnection], Any],
        token: CancelToken,
        matches: Matches | None = None,
        values: Mapping[str, pa.Table] | None = None,
        data: pa.Table | None = None,
    ) -> Any:
        """Return what is read of a SELECT over the rows.

        Parameters
        ----------
        select, where, tail
            What is selected, the condition, and what follows it.
        read
            Reads it.
        token
            Ends the query when it is cancelled.
        matches
            Which rows; None: all.
        values
            Tables of one row, whose values `variable` names.
        data
            Rows to select from in place of the table.

        Raises
        ------
        CivisInputError
            When DuckDB can't do it; with its words.
        OperationCancelledError
            When the token was cancelled.
        """
        import duckdb

        conditions = [_MATCHES if matches is not None else "", f"({where})" if where else ""]
        condition = " AND ".join(filter(None, conditions))
        sql = f"SELECT {select} FROM data{f' WHERE {condition}' if condition else ''} {tail}"  # noqa: S608 - literals are escaped, columns are numbers
        with self._cursor() as cursor:
            unsubscribe = token.on_cancel(cursor.interrupt)
            try:
                token.raise_if_cancelled()
                for name, row in (values or {}).items():
                    _set_variables(cursor, name, row)
                if data is not None:
                    cursor.register("data", data)
                elif matches is not None:
                    marked = self._numbered_table().append_column(_plain(_MATCHES), matches.mask)
                    cursor.register("data", marked)
                return read(cursor.execute(sql))
            except duckdb.InterruptException:
                raise OperationCancelledError("Another query took its place.") from None
            except duckdb.Error as error:
                raise CivisInputError(f"The table can't be shown so: {error}") from None
            finally:
                unsubscribe()

    def _numbered_table(self) -> pa.Table:
        with self._lock:
            return self._opened()[1].table

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a cursor of DuckDB that knows the rows as ``data``."""
        with self._lock:
            root, rows = self._opened()
            cursor = root.cursor()
            self._cursors[cursor] = root
        try:
            in_utc(cursor)
            # What is registered is known to one cursor only; nothing is copied.
            cursor.register("data", rows.table)
            yield cursor
        finally:
            with self._lock:
                del self._cursors[cursor]
                cursor.close()
                if root is not self._root and root not in self._cursors.values():
                    root.close()

    def _opened(self) -> tuple[duckdb.DuckDBPyConnection, ArrowRows]:
        """Return the database, and the table with numbers; under the lock."""
        if self._root is None or self._rows is None:
            import duckdb
            import numpy as np
            import pyarrow as pa

            numbers = pa.array(np.arange(len(self), dtype=np.int64))
            names = [column_name(index) for index in range(self.table.num_columns)]
            columns = [*(_readable(one) for one in self.table.columns), numbers]
            named = pa.Table.from_arrays(columns, names=[*names, _plain(NUMBER)])
            self._root, self._rows = duckdb.connect(), ArrowRows(named)
        return self._root, self._rows

    def close(self) -> None:
        """Close the database and drop the table's copies; queries that run are ended."""
        with self._lock:
            root, self._root, self._rows = self._root, None, None
            for cursor in self._cursors:
                cursor.interrupt()
            # DuckDB refuses to close a database that a query uses: the last one to end does it.
            if root is not None and root not in self._cursors.values():
                root.close()


def _set_variables(cursor: duckdb.DuckDBPyConnection, name: str, row: pa.Table) -> None:
    """Set a variable for each value of a row: DuckDB keeps the exact type, as no literal does."""
    cursor.register("row", row)
    for column in row.column_names:
        cursor.execute(f'SET VARIABLE "{name}_{column}" = (SELECT "{column}" FROM row)')  # noqa: S608 - names of our own
