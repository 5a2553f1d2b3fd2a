"""Result tables: the first rows, typed headers, NULL apart from text, how many rows there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from civis_nb import config
from civis_nb.display.bundle import Shown
from civis_nb.display.columns import columns_of_rows, head_columns, row_count
from civis_nb.display.grid import grid_html, grid_text
from civis_nb.display.html import DIM, Html, el
from civis_nb.display.text import counted, one_line
from civis_nb.errors import CivisInputError

__all__ = ["ResultTable"]


class ResultTable(Shown):
    """The result of a query, shown as a table of its first rows.

    Parameters
    ----------
    data
        A pandas or polars frame or an Arrow table; or rows, with `columns`.
    columns
        The names of the columns when `data` holds rows.
    types
        The SQL types of the columns when `data` holds rows and somebody knows.
    title
        What the table is, such as the name of a variable.
    limit
        Rows to show; None: the setting ``limit``.
    complete
        Whether `data` holds all rows of the result, and not the first ones of a preview.
    total
        The rows of the result where `data` holds the first of them only.
    fetch
        Returns the whole result as ``"pandas"``, ``"polars"`` or ``"arrow"``; needed by
        `to_pandas` and its like where `data` holds rows.

    Examples
    --------
    >>> ResultTable([["1", None], ["20", "x"]], columns=["n", "name"], title="t")
    t: 2 of 2 rows
     n  name
    ──  ────
     1  NULL
    20  x
    """

    def __init__(
        self,
        data: Any,
        *,
        columns: Sequence[str] | None = None,
        types: Sequence[str | None] | None = None,
        title: str | None = None,
        limit: int | None = None,
        complete: bool = True,
        total: int | None = None,
        fetch: Callable[[str], Any] | None = None,
    ) -> None:
        self.title = title
        self.limit: int = config.get("limit", limit)
        self.complete = complete
        self._total = total
        self._data = data
        self._fetch = fetch
        self._frames: dict[str, Any] = {}
        if columns is None:
            self._rows: Sequence[Sequence[Any]] | None = None
            self._length = row_count(data)
            self._head = head_columns(data, self.limit)
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
        """The rows held: all, or the first ones where `complete` is False."""
        if self._rows is not None:
            return [tuple(row) for row in self._rows]
        table = _as_arrow(self._data)
        return list(zip(*(column.to_pylist() for column in table.columns), strict=True))

    def __len__(self) -> int:
        return self._length

    def to_pandas(self) -> Any:
        """Return the whole result as a pandas frame, with exact types.

        A preview holds text, and maybe not all rows; then the query runs once more, as an
        export. What was fetched is kept.

        Raises
        ------
        CivisInputError
            When this is a preview of a statement that can't be run again.
        """
        return self._frame("pandas")

    def to_polars(self) -> Any:
        """Return the whole result as a polars frame; as `to_pandas`."""
        return self._frame("polars")

    def to_arrow(self) -> Any:
        """Return the whole result as an Arrow table; as `to_pandas`."""
        return self._frame("arrow")

    def _frame(self, kind: str) -> Any:
        """Return the whole result as a frame of a kind; it is made or fetched once."""
        if kind not in self._frames:
            if self._rows is None:
                self._frames[kind] = _converted(self._data, kind)
            elif self._fetch is None:
                raise CivisInputError(
                    "This table holds a preview as text, and its statement can't be run again: "
                    "use %%civis_sql VAR to fetch a result as a frame."
                )
            else:
                self._frames[kind] = self._fetch(kind)
        return self._frames[kind]

    # -- how it looks ---------------------------------------------------------------------

    @property
    def caption(self) -> str:
        """What the table is, and how many of its rows are shown."""
        shown = min(self.limit, self._length)
        if not self._head:
            text = "The statement returned no result."
        elif not self.complete:
            text = f"{shown:,} of the first {counted(self._length, 'row')}; there may be more"
        elif self._total is not None and self._total > self._length:
            text = f"{shown:,} of {counted(self._total, 'row')}; the first {self._length:,} kept"
        else:
            text = f"{shown:,} of {counted(self._length, 'row')}"
        return f"{one_line(self.title)}: {text}" if self.title else text

    def __repr__(self) -> str:
        if not self._head:
            return self.caption
        return f"{self.caption}\n{grid_text(self._head)}"

    def _html(self) -> Html:
        if not self._head:
            return el("p", self.caption, style=f"margin:0;{DIM}")
        return grid_html(self._head, self.caption, self.caption)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(
            f"A result table has no {name!r}. For a frame use .to_pandas(), .to_polars() or "
            ".to_arrow(), the option --as, or %%civis_sql VAR."
        )


def _as_arrow(data: Any) -> Any:
    """Return a frame as an Arrow table."""
    import pyarrow as pa

    library = type(data).__module__.partition(".")[0]
    if library == "pyarrow":
        return data
    if library == "polars":
        return data.to_arrow()
    names = [str(name) for name in data.columns]
    arrays = [pa.Array.from_pandas(data.iloc[:, index]) for index in range(len(names))]
    return pa.Table.from_arrays(arrays, names=names)


def _converted(data: Any, kind: str) -> Any:
    """Return a frame as a frame of another kind."""
    library = type(data).__module__.partition(".")[0]
    if library == {"arrow": "pyarrow"}.get(kind, kind):
        return data
    table = _as_arrow(data)
    if kind == "arrow":
        return table
    if kind == "polars":
        import polars

        return polars.from_arrow(table)
    return table.to_pandas()
