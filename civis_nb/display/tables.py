"""The result of a query: data that other libraries take, shown as a table of its first rows."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, overload

from civis_nb import config
from civis_nb.display.columns import columns_of_rows, head_columns, row_count
from civis_nb.display.grid import is_cut
from civis_nb.display.plotting import plotted
from civis_nb.display.profiles import Profile
from civis_nb.display.readable import Readable
from civis_nb.display.settled import Source
from civis_nb.display.static_table import StaticTable
from civis_nb.display.text import counted
from civis_nb.errors import CivisInputError
from civis_nb.frames.from_arrow import rows_of
from civis_nb.frames.native import exact_columns_note
from civis_nb.frames.profile import profiled
from civis_nb.frames.query import query_tables
from civis_nb.frames.selection import part_of
from civis_nb.frames.to_arrow import arrow_of, arrow_of_rows
from civis_nb.frames.typed import FRAME_TYPES, FullResult, TypedTable

if TYPE_CHECKING:
    import polars as pl

    from civis_nb.display.charts import Plot

__all__ = ["ResultTable"]

#: So many rows are taken in at a glance.
_FEW_ROWS: Final = 5


class ResultTable(Readable):
    """The result of a query.

    It is data: `len`, iteration over rows, ``table["column"]``, and everything that reads an
    Arrow stream (``pl.DataFrame(table)``, ``pa.table(table)``, ``duckdb.sql("from table")``)
    give the whole result with exact types. A preview that is not whole fetches the rest once,
    when that is first needed. Showing it fetches nothing.

    Parameters
    ----------
    data
        A pandas or polars frame, an Arrow table or a `TypedTable`; or rows, with `columns`.
    columns
        The names of the columns when `data` holds rows.
    types
        The SQL types of the columns when `data` holds rows and somebody knows.
    title
        What the table is, such as the name of a variable.
    limit
        Rows to show; None: the setting ``limit``.
    note
        A line below the table.
    frame_types
        The types of frames that are made of it, ``"native"`` or ``"exact"``; None: native for
        pandas, exact for polars and Arrow.
    full
        What more there is of the result; None: nothing.
    source
        Where the result came from.
    static
        Whether it is shown as plain HTML only.
    view_rows
        So many rows of a live view are seen at once; None: as many as fit.

    Examples
    --------
    >>> table = ResultTable([["1", None], ["20", "x"]], columns=["n", "name"], title="t")
    >>> table
    t: 2 of 2 rows
     n  name
    ──  ────
     1  NULL
    20  x
    >>> len(table), table[1], list(table["name"])
    (2, ('20', 'x'), [None, 'x'])
    >>> table.sql("select count(*) as rows from self where name is null")
    1 of 1 row
      rows
    bigint
    ──────
         1
    """

    def __init__(
        self,
        data: Any,
        *,
        columns: Sequence[str] | None = None,
        types: Sequence[str | None] | None = None,
        title: str | None = None,
        limit: int | None = None,
        note: str | None = None,
        frame_types: str | None = None,
        full: FullResult | None = None,
        source: Source | None = None,
        static: bool = False,
        view_rows: int | None = None,
    ) -> None:
        self.title = title
        self.note = note
        self.source = source or Source()
        self.static = static
        self.view_rows = view_rows
        self.limit: int = config.get("limit", limit)
        self._full = full or FullResult()
        self.complete = self._full.is_held
        self._counted: int | None = None
        self._frame_types = frame_types
        self._frames: dict[tuple[str, str], Any] = {}
        self._result = data if isinstance(data, TypedTable) else None
        self._data = data.table if isinstance(data, TypedTable) else data
        if columns is None:
            self._rows: Sequence[Sequence[Any]] | None = None
            self._length = row_count(self._data)
            self._head = head_columns(self._data, self.limit)
        else:
            self._rows = data
            self._length = len(data)
            self._head = columns_of_rows(columns, data, self.limit, types)

    # -- what it holds --------------------------------------------------------------------

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return [column.name for column in self._head]

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """The rows held, as they came: of a preview the first ones, as text. Fetches nothing."""
        if self._rows is not None:
            return [tuple(row) for row in self._rows]
        return list(rows_of(arrow_of(self._data)))

    @property
    def total(self) -> int | None:
        """How many rows the result has; None where only the first ones are known."""
        return self._length if self.complete else self._counted

    @property
    def can_count(self) -> bool:
        """Whether the total is not known, and the database can count it."""
        return self.total is None and self._full.count is not None

    def count_rows(self) -> int:
        """Return how many rows the result has; of a preview the database counts them, once.

        Raises
        ------
        CivisInputError
            When this is a preview of a statement that can't be run again.
        """
        if self.can_count and self._full.count is not None:
            self._counted = self._full.count()
        return len(self) if self.total is None else self.total

    @property
    def held(self) -> Any:
        """The rows held: a frame, or an Arrow table with exact types where these are known.

        Fetches nothing.
        """
        if self._result is not None:
            return self._result.table
        if self._rows is None:
            return self._data
        if self._full.typed is not None:
            return self._full.typed().table
        return arrow_of_rows(self.columns, self.rows)

    @property
    def worth_a_view(self) -> bool:
        """Whether a view that sorts and filters adds to the static table.

        Not for tables of words, such as the settings, and for results that are seen whole.
        """
        shown = self._is_result and not self.static
        return shown and (self._length > _FEW_ROWS or is_cut(self._head))

    @property
    def _is_result(self) -> bool:
        return self._rows is None or self._full.typed is not None

    @property
    def can_fetch(self) -> bool:
        """Whether rows are missing that another run would bring."""
        return not self.complete and self._full.fetch is not None

    def _whole(self) -> TypedTable:
        """Return the whole result with exact types; it is fetched once.

        Raises
        ------
        CivisInputError
            When this is a preview of a statement that can't be run again.
        """
        if self._result is None:
            if self._rows is None:
                self._result = TypedTable(arrow_of(self._data))
            elif self._full.fetch is not None:
                self._result = self._full.fetch()
                self._length, self.complete = self._result.table.num_rows, True
            elif self.complete:
                self._result = TypedTable(arrow_of_rows(self.columns, self.rows))
            else:
                raise CivisInputError(
                    f"This table holds the first {counted(self._length, 'row')} of the result "
                    "(.rows), and its statement can't be run again: use %%civis_sql VAR to fetch a "
                    "result whole."
                )
        return self._result

    def __len__(self) -> int:
        return self._length if self.complete else self._whole().table.num_rows

    def __bool__(self) -> bool:
        return self._length > 0

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return rows_of(self._whole().table)

    @overload
    def __getitem__(self, key: str) -> pl.Series: ...
    @overload
    def __getitem__(self, key: int) -> tuple[Any, ...]: ...
    @overload
    def __getitem__(self, key: slice | list[str]) -> ResultTable: ...
    def __getitem__(self, key: Any) -> Any:
        """Return a part of the whole result, with exact types.

        Parameters
        ----------
        key
            A name: that column, as a polars Series. A number: that row, as a tuple. A slice, or
            a list of names: these rows or columns, as a table.

        Raises
        ------
        CivisLookupError
            When there is no such column or row; a KeyError and an IndexError.
        CivisArgumentError
            When `key` is something else.
        """
        part = part_of(self._whole(), key)
        if isinstance(part, TypedTable):
            return ResultTable(part, limit=self.limit, frame_types=self._frame_types)
        return part

    def _ipython_key_completions_(self) -> list[str]:
        return self.columns

    def head(self, rows: int = 5) -> ResultTable:
        """Return the first rows as a table; nothing is fetched when they are here already.

        Raises
        ------
        CivisInputError
            When `rows` is no number of rows.
        """
        if isinstance(rows, bool) or not isinstance(rows, int) or rows < 0:
            raise CivisInputError(f"head takes a number of rows, not {rows!r}.")
        if self._rows is None or rows > self._length or self._result is not None:
            return self[:rows]
        return ResultTable(
            self._rows[:rows],
            columns=self.columns,
            types=[column.type for column in self._head],
            limit=self.limit,
            full=FullResult(fetch=lambda: self[:rows]._whole()),
            frame_types=self._frame_types,
        )

    # -- as other data --------------------------------------------------------------------

    def to_pandas(self, types: str | None = None) -> Any:
        """Return the whole result as a pandas frame.

        Parameters
        ----------
        types
            ``"native"``, the default: floats for decimals that keep every digit in them,
            datetime64 for dates, int64 or Int64. ``"exact"``: the types of the database, for
            decimals and dates those of Arrow.

        Raises
        ------
        CivisInputError
            When this is a preview of a statement that can't be run again.
        """
        return self._frame("pandas", types, "native")

    def to_polars(self, types: str | None = None) -> Any:
        """Return the whole result as a polars frame, by default with exact types."""
        return self._frame("polars", types, "exact")

    def to_arrow(self, types: str | None = None) -> Any:
        """Return the whole result as an Arrow table, by default with exact types."""
        return self._frame("arrow", types, "exact")

    def _frame(self, kind: str, types: str | None, default: str) -> Any:
        """Return the whole result as a frame of a kind; it is made once."""
        types = types or self._frame_types
        if types is None and self._rows is None:
            library = type(self._data).__module__.partition(".")[0]
            if library == {"arrow": "pyarrow"}.get(kind, kind):
                return self._data  # as it was given
        chosen = types or default
        if chosen not in FRAME_TYPES:
            raise CivisInputError(f"types can't be {chosen!r}; it is 'native' or 'exact'.")
        if (kind, chosen) not in self._frames:
            frame, kept = self._whole().frame(kind, chosen)
            if kept:
                warnings.warn(exact_columns_note(kept, "types='exact'"), UserWarning, stacklevel=3)
            self._frames[kind, chosen] = frame
        return self._frames[kind, chosen]

    def sql(self, query: str, **tables: Any) -> ResultTable:
        """Return the result of a query over this table, by DuckDB in this process.

        Parameters
        ----------
        query
            SQL of DuckDB's; this table is ``self``.
        **tables
            More tables by name: frames, Arrow tables, result tables.

        Raises
        ------
        CivisInputError
            When DuckDB refuses it.
        """
        found = query_tables(query, {"self": self._whole().table, **tables})
        return ResultTable(found, frame_types=self._frame_types)

    def profile(self) -> Profile:
        """Return what is in each column: NULLs, distinct values, ends, quantiles, frequent values.

        The whole result is read by DuckDB in this process.
        """
        table = self._whole().table
        return Profile(profiled(table), table.num_rows, self.title)

    def plot(self, kind: str | None = None, x: str | None = None, y: str | None = None) -> Plot:
        """Return a chart of the whole result, of at most 5,000 points, drawn by Altair.

        Parameters
        ----------
        kind
            ``"hist"``: how often values of `x` occur. ``"bar"``: for each `x` the sum of `y`, or
            the number of rows. ``"line"``: over `x` the mean of `y`, or the number of rows.
            ``"box"``: for each `x` the quartiles of `y`, or of `x` itself.
        x, y
            Names of columns.

        Raises
        ------
        CivisInputError
            When it can't be drawn; without a kind or a column, what fits is named.
        CivisDependencyError
            When Altair is not installed.
        """
        return plotted(self._whole, self._head, kind, x, y)

    # -- how it looks ---------------------------------------------------------------------

    @property
    def _static(self) -> StaticTable:
        """What is shown of it."""
        return StaticTable(
            self._head, self._length, self.total, self.title, self.note, self.source.message,
            is_result=self._is_result, has_view=self.worth_a_view,
        )  # fmt: skip

    @property
    def caption(self) -> str:
        """What the table is, and how many of its rows are shown."""
        return self._static.caption

    def __repr__(self) -> str:
        return repr(self._static)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return self._static._repr_mimebundle_()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self.columns:
            raise AttributeError(f"A column of a result table is in brackets: [{name!r}].")
        raise AttributeError(
            f"A result table has no {name!r}. For a frame use .to_pandas(), .to_polars() or "
            ".to_arrow(), the option --as, or %%civis_sql VAR."
        )
