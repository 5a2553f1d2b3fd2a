"""Result tables of a notebook: static ones that turn into live views where somebody is watching.

A cell's output is HTML that is complete by itself. The view is told apart from it: it is made after
the cell has shown its table, and its front end takes the place of that HTML
(``static/mount.js``). So nothing waits for the view, and a notebook that is opened without a kernel
shows the table. Front ends in which views can't reach the HTML of another output get a widget.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import secrets
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

from civis_nb import config
from civis_nb.display.live import is_watched
from civis_nb.display.tables import ResultTable
from civis_nb.widgets.where import mount_point, outputs_are_isolated

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from civis_nb.widgets.table import TableView

__all__ = ["LiveTables"]

log = logging.getLogger(__name__)

#: So long after its cell a view is made: the page paints the table, and the kernel answers, first.
_AFTER_S: Final = 0.1
#: What views may keep in memory together, besides the last one: older ones are closed.
_MAX_BYTES: Final = 1_000_000_000
_MAX_VIEWS: Final = 100


class LiveTables:
    """Shows the result tables of one shell.

    Parameters
    ----------
    shell
        The shell, in a kernel.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._lock = threading.Lock()
        self._pending: list[tuple[str, str, ResultTable]] = []
        self._views: OrderedDict[str, TableView] = OrderedDict()
        self._request: str | None = None
        self._count = 0

    @classmethod
    def of(cls, shell: InteractiveShell) -> LiveTables | None:
        """Return what shows the tables of a shell; None when nothing does."""
        shown_by = _formatter(shell).type_printers.get(ResultTable)
        found = getattr(shown_by, "__self__", None)
        return found if isinstance(found, cls) else None

    def register(self) -> None:
        """Show result tables by this from now on."""
        _formatter(self._shell).for_type(ResultTable, self.bundle)
        self._shell.events.register("pre_run_cell", self._create_views)
        self._shell.events.register("post_run_cell", self._cell_ended)

    def unregister(self) -> None:
        """Show them by themselves again; the views end."""
        _formatter(self._shell).pop(ResultTable, None)
        self._shell.events.unregister("pre_run_cell", self._create_views)
        self._shell.events.unregister("post_run_cell", self._cell_ended)
        with self._lock:
            views, self._views, self._pending = list(self._views.values()), OrderedDict(), []
        for view in views:
            view.close()

    def bundle(self, table: ResultTable, **_: Any) -> dict[str, Any]:
        """Return how a table is shown: for good, and live where somebody is watching."""
        bundle = table._repr_mimebundle_()
        mode = config.get("display")
        if not table.worth_a_view or mode not in ("auto", "widget") or not is_watched():
            return bundle
        if mode == "widget" or outputs_are_isolated():
            unique = secrets.token_hex(8)
            view = self._made(unique, unique, table)
            return {**bundle, **view.as_widget(), "text/plain": bundle["text/plain"]}
        place = self._place()
        anchor = _digest(place, bundle["text/html"])
        bundle["text/html"] = mount_point(bundle["text/html"], anchor)
        with self._lock:
            self._pending.append((place, anchor, table))
        if threading.current_thread() is not threading.main_thread():
            self._create_views()
        elif self._parent().get("header", {}).get("msg_type") == "comm_msg":
            self._cell_ended()  # a widget's callback: no cell runs
        return bundle

    def _place(self) -> str:
        """Return an id of a place in the notebook: the same when its cell runs again."""
        parent = self._parent()
        cell = parent.get("metadata", {}).get("cellId")
        if not cell:
            return secrets.token_hex(8)
        request = str(parent.get("header", {}).get("msg_id"))
        with self._lock:
            self._count = self._count + 1 if request == self._request else 0
            self._request = request
            return _digest(os.environ.get("JPY_SESSION_NAME", ""), cell, str(self._count))

    def _parent(self) -> Any:
        """Return the front end's request that the kernel works on."""
        shell: Any = self._shell
        return shell.get_parent() if hasattr(shell, "get_parent") else {}

    def _cell_ended(self, *_: Any) -> None:
        """Schedule the views of what the cell has shown.

        They are created before the next cell runs.
        """
        if not self._pending:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # nothing comes after this cell
            self._create_views()
        else:
            loop.call_later(_AFTER_S, self._create_views)

    def _create_views(self, *_: Any) -> None:
        """Create the views of what cells have shown."""
        with self._lock:
            pending, self._pending = self._pending, []
        for place, anchor, table in pending:
            try:
                self._made(place, anchor, table)
            except Exception:
                # The table stands there, and is complete: what is missing is its live view.
                log.warning("A table has no live view", exc_info=True)

    def _made(self, place: str, anchor: str, table: ResultTable) -> TableView:
        """Return a new view of a table, and close the one before at its place."""
        from civis_nb.widgets.table import TableView, table_info

        with self._lock:
            old = self._views.pop(place, None)
        if old is not None:
            old.close()
        view = TableView(
            table.held,
            table_info(table),
            fetch=table.to_arrow if table.can_fetch else None,
            count=table.count_rows if table.can_count else None,
            anchor=anchor,
        )
        with self._lock:
            self._views[place] = view
            ended = self._too_many()
        for one in ended:
            one.close()
        return view

    def _too_many(self) -> list[TableView]:
        """Forget the oldest views while all of them keep too much; return those."""
        ended: list[TableView] = []
        sizes: list[int] = [view.held_bytes for view in self._views.values()]
        while len(self._views) > 1 and (
            sum(sizes[len(ended) :]) > _MAX_BYTES or len(self._views) > _MAX_VIEWS
        ):
            ended.append(self._views.popitem(last=False)[1])
        return ended


def _digest(*texts: str) -> str:
    """Return an id that is the same for the same texts.

    A page may have copies of an output: pasted cells, duplicated notebooks. So an output is found
    by what it shows as well as by its place, and a copy does not show what a later run gave.
    """
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def _formatter(shell: InteractiveShell) -> Any:
    formatter: Any = shell.display_formatter
    return formatter.mimebundle_formatter
