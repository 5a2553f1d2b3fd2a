"""The live view of a list that comes in pages: one page at a time, each fetched when asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final

import traitlets

from civis_nb.display.html import visible
from civis_nb.display.responses import item_columns
from civis_nb.display.text import cut
from civis_nb.widgets.base import Answer
from civis_nb.widgets.in_place import InPlace

__all__ = ["PagesPanel"]

_CELL_CHARS: Final = 200


class PagesPanel(InPlace):
    """The live view of a paginated list.

    Parameters
    ----------
    title
        What list it is.
    obtain
        Returns the items of a page, numbered from 1, as plain JSON, fetched if need be; None after
        the last page. Called in any thread, never for a page before the one in front of it was.
    kept
        How many pages are there already: the first of them is shown.
    known_last
        Returns how many pages there are, as far as that is known; None where it is not.

    Attributes
    ----------
    page
        The page that is shown, as a table: ``{number, columns, rows, first, last}``; empty before
        one was asked for.
    """

    module: ClassVar[str] = "pages.js"
    styles: ClassVar[tuple[str, ...]] = ("common.css", "pages.css")

    page = traitlets.Dict(read_only=True).tag(sync=True)
    title = traitlets.Unicode(read_only=True).tag(sync=True)

    def __init__(
        self,
        title: str,
        obtain: Callable[[int], Sequence[Any] | None],
        kept: int = 0,
        known_last: Callable[[], int | None] = lambda: None,
    ) -> None:
        self._lock = threading.Lock()
        self._obtain = obtain
        self._known_last = known_last
        #: The number of the first item of each page up to the furthest one that was shown.
        self._starts = [1]
        super().__init__()
        self.set_trait("title", visible(title))
        if kept:
            self._show(1)

    def answer(self, kind: str, request: dict[str, Any]) -> Answer:
        """Return the answer to a request of the front end: a page is shown in all views."""
        if kind != "page":
            return super().answer(kind, request)
        with self._lock:
            number = request.get("number")
            # Further than one page on there may be no page: those between are not fetched unasked.
            number = min(max(number, 1), len(self._starts)) if isinstance(number, int) else 1
            self._show(number)
        return {"number": self.page.get("number", 0)}, []

    def _show(self, number: int) -> None:
        """Show a page, or that the one before was the last."""
        items = self._obtain(number)
        if items is None:
            # The page before was the last one, and full: only asking showed it.
            self.set_trait("page", {**self.page, "last": True} if self.page else _EMPTY)
            return
        columns = item_columns(items)
        first = self._starts[number - 1]
        if number == len(self._starts):
            self._starts.append(first + len(items))
        last = self._known_last()
        self.set_trait(
            "page",
            {
                "number": number,
                "columns": [[visible(one.name), one.right] for one in columns],
                "rows": [
                    [None if cell is None else cut(visible(cell), _CELL_CHARS) for cell in row]
                    for row in zip(*(one.cells for one in columns), strict=True)
                ],
                "items": len(items),
                "first": first,
                "last": last is not None and number >= last,
                "pages": last,
            },
        )


_EMPTY: Final = {
    "number": 1, "columns": [], "rows": [], "items": 0, "first": 1, "last": True, "pages": 1,
}  # fmt: skip
