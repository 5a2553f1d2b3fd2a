"""The live view of a table."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

import traitlets

from civis_nb import config
from civis_nb.display.columns import head_columns
from civis_nb.display.html import visible, web_address
from civis_nb.display.static_table import StaticTable
from civis_nb.errors import CivisInputError
from civis_nb.frames.to_arrow import arrow_of
from civis_nb.widgets.base import Answer, LiveView
from civis_nb.widgets.cells import CellWriter, tab_separated
from civis_nb.widgets.downloads import Downloads
from civis_nb.widgets.engine import TableEngine
from civis_nb.widgets.query import ALL, Field, Query
from civis_nb.widgets.summaries import Summary, frequent_values, summarize
from civis_nb.widgets.where import mount_point, outputs_are_isolated

if TYPE_CHECKING:
    import pyarrow as pa

    from civis_nb.display.tables import ResultTable

__all__ = ["TableInfo", "TableView", "table_info"]

#: As in static/blocks.js: the first block needs no request.
_BLOCK_ROWS: Final = 100
_BLOCK_COLUMNS: Final = 40
_MAX_ROWS: Final = 1000
_MAX_COLUMNS: Final = 200
_MAX_COPIED_CELLS: Final = 500_000
_MAX_CELL_CHARS: Final = 1_000_000
_MAX_VALUES: Final = 200


@dataclass(frozen=True)
class TableInfo:
    """What a table is: its caption, as data.

    Attributes
    ----------
    title
        What it is, such as the name of a variable.
    total
        The rows of the result; None: those that are held.
    complete
        Whether all rows of the result are held.
    seconds
        How long the result took.
    run, url
        Which run it came from, and its page.
    dialect
        The dialect of the database that it came from, in which filters are copied.
    rows
        So many rows are seen at once; None: as many as fit.
    """

    title: str = ""
    total: int | None = None
    complete: bool = True
    seconds: float | None = None
    run: str = ""
    url: str | None = None
    dialect: str = "duckdb"
    rows: int | None = None


def table_info(table: ResultTable) -> TableInfo:
    """Return what a result table is, as its view says it."""
    source = table.source
    return TableInfo(
        table.title or "", table.total, table.complete,
        source.seconds, source.run, source.url, source.dialect or "duckdb", table.view_rows,
    )  # fmt: skip


class TableView(LiveView):
    """A table to be sorted, filtered and looked through, of any size.

    Parameters
    ----------
    data
        Anything that hands out Arrow data (``__arrow_c_stream__``): an Arrow table, a polars or
        pandas frame, a DuckDB relation. It is not copied. Do not change it while it is shown.
    shown
        What the table is.
    fetch
        Returns the whole result, where `data` holds the first rows of it only.
    count
        Returns how many rows the whole result has, where only that can be asked for.
    anchor
        The id of the static HTML in whose place it is shown; None: that of its own output.

    Attributes
    ----------
    sort : list of dict
        ``{"column": index, "descending": bool}``, the first one decides.
    filters : list of dict
        All of them hold: ``{"column": index, "kind": …}`` with kind

        - ``"text"``: ``op`` (contains, lacks, equals, starts, ends), ``value``, ``match_case``
        - ``"range"``: ``low``, ``high``, as texts, one of which may be None
        - ``"set"``: ``values``, texts or None for NULL, ``exclude``
        - ``"null"``: ``is_null``
    pinned : list of int
        The columns that stay on the left.
    widths : dict
        The widths of columns in pixels, where they were changed.

    Examples
    --------
    >>> import pyarrow as pa
    >>> view = TableView(pa.table({"n": [3, 1, None, 2]}))
    >>> view.sort = [{"column": 0, "descending": True}]
    >>> view.filters = [{"column": 0, "kind": "range", "low": "2", "high": None}]
    >>> view.to_arrow()["n"].to_pylist()
    [3, 2]
    >>> print(view.sql)
    WHERE "n" >= 2
    ORDER BY "n" DESC NULLS LAST
    """

    module: ClassVar[str] = "table.js"
    styles: ClassVar[tuple[str, ...]] = ("common.css", "table.css")

    columns: Any = traitlets.List().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    first: Any = traitlets.List().tag(sync=True)
    anchor = traitlets.Unicode().tag(sync=True)
    sort: Any = traitlets.List().tag(sync=True)
    filters: Any = traitlets.List().tag(sync=True)
    pinned = traitlets.List(traitlets.Int()).tag(sync=True)
    widths = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        data: Any,
        shown: TableInfo | None = None,
        *,
        fetch: Callable[[], Any] | None = None,
        count: Callable[[], int] | None = None,
        anchor: str | None = None,
    ) -> None:
        self._lock = threading.RLock()
        self._shown = shown or TableInfo()
        self._fetch = fetch
        self._count = count
        self._downloads = Downloads()
        # The front end looks for its anchor as soon as it hears of the view: all comes at once.
        super().__init__(anchor=anchor or secrets.token_hex(8), **self._held(data))

    def _held(self, data: Any) -> dict[str, Any]:
        """Set the data; return the traits that describe it to the front end."""
        table = arrow_of(data)
        engine, cells = TableEngine(table), CellWriter(table)
        with self._lock:
            old = getattr(self, "_engine", None)
            self._engine, self._cells = engine, cells
            self._summaries: dict[int, Summary] = {}
        if old is not None:
            old.close()
        columns = range(min(len(engine.fields), _BLOCK_COLUMNS))
        head = engine.page(ALL, 0, _BLOCK_ROWS, columns)
        return {
            "columns": [
                [visible(one.name), one.type, one.family, cells.right(index)]
                for index, one in enumerate(engine.fields)
            ],
            "first": cells.block(head, columns),
            "state": self._state(len(engine)),
        }

    def _state(self, held: int) -> dict[str, Any]:
        """Return what the view says of the table as a whole."""
        return {
            **asdict(self._shown), "url": web_address(self._shown.url), "held": held,
            "can_fetch": self._fetch is not None,
            "can_count": self._count is not None and self._shown.total is None,
        }  # fmt: skip

    # -- for Python -----------------------------------------------------------------------------

    @property
    def fields(self) -> Sequence[Field]:
        """The columns."""
        return self._engine.fields

    @property
    def held_bytes(self) -> int:
        """How much memory the data takes that is kept for the view."""
        return int(self._engine.rows.table.nbytes)

    @property
    def query(self) -> Query:
        """Which rows are shown, and in what order."""
        return Query.parse(self.filters, self.sort, self.fields)

    @property
    def sql(self) -> str:
        """The filters and the order as SQL in the dialect of the database; empty without them."""
        return self.query.sql(self.fields, self._shown.dialect)

    def to_arrow(self) -> pa.Table:
        """Return the rows that are shown, in their order."""
        return self._engine.all_rows(self.query)

    def close(self) -> None:
        """End the view; the static table stays."""
        super().close()
        self._downloads.close()
        if engine := getattr(self, "_engine", None):
            engine.close()

    @traitlets.validate("sort", "filters")
    def _valid(self, proposal: Any) -> Any:
        filters = proposal.value if proposal.trait.name == "filters" else []
        sort = proposal.value if proposal.trait.name == "sort" else []
        if proposal.value:
            Query.parse(filters, sort, self.fields)
        return proposal.value

    @traitlets.validate("pinned")
    def _valid_pins(self, proposal: Any) -> list[int]:
        pins = list(dict.fromkeys(proposal.value))
        if not all(0 <= index < len(self.fields) for index in pins):
            raise CivisInputError(f"Columns are counted from 0 to {len(self.fields) - 1}.")
        return pins

    # -- for the front end ----------------------------------------------------------------------

    def answer(self, kind: str, request: dict[str, Any]) -> Answer:
        """Return the answer to a request: rows, a summary, a cell, a file."""
        answers = {
            "rows": self._rows,
            "summary": self._summary,
            "values": self._values,
            "cell": self._cell,
            "copy": self._copy,
            "sql": self._sql,
            "export": self._export,
            "fetch": self._fetch_all,
            "count": self._count_all,
        }
        if kind == "part":
            return {}, [self._downloads.part(str(request["file"]), int(request["offset"]))]
        if kind not in answers:
            return super().answer(kind, request)
        return answers[kind](request), []

    def _query(self, request: dict[str, Any]) -> Query:
        return Query.parse(request.get("filters", []), request.get("sort", []), self.fields)

    def _rows(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return a block of rows as texts."""
        started = time.perf_counter()
        query, columns = self._query(request), self._columns(request)
        count = min(int(request["count"]), _MAX_ROWS)
        page = self._engine.page(query, int(request["start"]), count, columns)
        matched = self._engine.count(query)
        cells = self._cells.block(page, columns)
        took = time.perf_counter() - started
        return {"cells": cells, "matched": matched, "seconds": round(took, 3)}

    def _columns(self, request: dict[str, Any]) -> list[int]:
        columns = [int(index) for index in request["columns"]]
        if not all(0 <= index < len(self.fields) for index in columns):
            raise CivisInputError(f"Columns are counted from 0 to {len(self.fields) - 1}.")
        return columns[:_MAX_COLUMNS]

    def _column(self, request: dict[str, Any]) -> int:
        return self._columns({"columns": [request["column"]]})[0]

    def _summary(self, request: dict[str, Any]) -> dict[str, Any]:
        query = self._query(request)
        found = [self._summary_of(column, query) for column in self._columns(request)]
        return {"summaries": [one.as_json() for one in found]}

    def _summary_of(self, column: int, query: Query) -> Summary:
        """Return the summary of a column under a query, with the bars of that of all rows."""
        whole = self._summaries.get(column)
        if whole is None:
            whole = self._summaries[column] = summarize(self._engine, column)
        return summarize(self._engine, column, query, whole.axis) if query.conditions else whole

    def _values(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the most frequent values of a column, for a filter."""
        found = frequent_values(
            self._engine,
            self._column(request),
            self._query(request),
            search=str(request.get("search") or ""),
            limit=_MAX_VALUES + 1,
        )
        return {"values": found[:_MAX_VALUES], "more": len(found) > _MAX_VALUES}

    def _cell(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return one cell as a whole, up to a limit."""
        column = self._column(request)
        page = self._engine.page(self._query(request), int(request["row"]), 1, [column])
        if page.num_rows == 0:
            raise CivisInputError("There is no such row any more.")
        text = self._cells.exact(page, [column])[0][0]
        if text is None:
            return {"text": None, "length": 0, "cut": False}
        shown = text[:_MAX_CELL_CHARS]
        return {"text": shown, "length": len(text), "cut": len(shown) < len(text)}

    def _copy(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return cells as text for the clipboard."""
        columns = [int(index) for index in request["columns"]]
        count = int(request["count"])
        if count * len(columns) > _MAX_COPIED_CELLS:
            raise CivisInputError(
                f"{count * len(columns):,} cells are too many for the clipboard, which takes "
                f"{_MAX_COPIED_CELLS:,}. Download them as CSV or Parquet."
            )
        page = self._engine.page(self._query(request), int(request["start"]), count, columns)
        names = [self.fields[index].name for index in columns] if request.get("headers") else None
        return {"text": tab_separated(names, self._cells.exact(page, columns))}

    def _sql(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"sql": self._query(request).sql(self.fields, self._shown.dialect)}

    def _export(self, request: dict[str, Any]) -> dict[str, Any]:
        rows = self._engine.all_rows(self._query(request))
        name = self._shown.title or "result"
        return self._downloads.write(rows, str(request["format"]), name)

    def _fetch_all(self, _: dict[str, Any]) -> dict[str, Any]:
        """Fetch the whole result, and show it in place of its first rows; only once."""
        with self._lock:
            fetch, self._fetch = self._fetch, None
        if fetch is None:
            return {}
        try:
            data = fetch()
        except BaseException:
            self._fetch = fetch
            raise
        self._shown = replace(self._shown, total=None, complete=True, seconds=None)
        self._count = None
        traits = self._held(data)
        with self.hold_sync():
            self.sort, self.filters, self.pinned, self.widths = [], [], [], {}
            for name, value in traits.items():
                self.set_trait(name, value)
        return {}

    def _count_all(self, _: dict[str, Any]) -> dict[str, Any]:
        """Have the database count the rows of the whole result; only once."""
        with self._lock:
            count, self._count = self._count, None
        if count is None:
            return {}
        try:
            total = count()
        except BaseException:
            self._count = count
            raise
        self._shown = replace(self._shown, total=total)
        self.state = self._state(len(self._engine))
        return {}

    # -- what a notebook keeps --------------------------------------------------------------------

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the first rows, and how the view comes to stand in their place."""
        table, shown = self._engine.rows.table, self._shown
        limit = config.get("limit", shown.rows)
        total = shown.total or (len(self._engine) if shown.complete else None)
        still = StaticTable(
            head_columns(table, limit), len(self._engine), total, shown.title or None
        )
        bundle = still._repr_mimebundle_()
        if config.get("display") == "widget" or outputs_are_isolated():
            bundle = {**bundle, **self.as_widget(), "text/plain": repr(still)}
        elif "text/html" in bundle:
            bundle["text/html"] = mount_point(bundle["text/html"], self.anchor)
        return bundle, {}

    def __repr__(self) -> str:
        return f"<TableView: {len(self._engine):,} rows, {len(self.fields):,} columns>"
