"""PaginatedResponse: the items of a list that comes in pages, fetched as they are needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from civis_nb._wire_text import masked_url
from civis_nb.client.paging import Pages, PageSource
from civis_nb.client.response import Response, plain_json

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from civis_nb.widgets.pages import PagesPanel

__all__ = ["PaginatedResponse"]

_R = TypeVar("_R", bound=Response)


class PaginatedResponse(Generic[_R]):
    """All items of a paginated list, fetched page by page while they are used.

    - Nothing is fetched before the first item is asked for. While the items of a page are used
      or waited for, the next page is fetched in the background; never more than that one.
    - Each ``for`` starts at the first item; pages that were fetched are kept and not fetched
      again.
    - ``next(pages)`` works as well; a ``for`` after it goes on from there, to the end, as with
      any iterator.
    - When a page fails, the error is raised where that page is needed; going on asks for the
      same page again, so that nothing is left out.

    Parameters
    ----------
    path
        The path of the list.
    initial_params
        The query of every page; ``page_num`` is set for each, from 1.
    endpoint
        What fetches a page.
    """

    __slots__ = ("__weakref__", "_live", "_own", "_pages")

    def __init__(self, path: str, initial_params: Mapping[str, Any], endpoint: PageSource) -> None:
        self._pages: Pages[_R] = Pages(path, initial_params, endpoint)
        self._own: _Cursor[_R] | None = None
        #: The live view that was shown last.
        self._live: PagesPanel | None = None

    def __iter__(self) -> Iterator[_R]:
        return _Cursor(self) if self._own is None else self._own

    def __next__(self) -> _R:
        if self._own is None:
            self._own = _Cursor(self)
        return next(self._own)

    def json(self, snake_case: bool = True) -> list[dict[str, Any]]:
        """Return all items as dictionaries; fetches the pages that are missing.

        Parameters
        ----------
        snake_case
            As in `Response.json`.

        Raises
        ------
        CivisAPIError, CivisConnectionError, CivisClientError
            When a page can't be fetched.
        """
        items = (item if isinstance(item, Response) else Response(item) for item in _Cursor(self))
        return [item.json(snake_case=snake_case) for item in items]

    def to_pandas(self) -> pd.DataFrame:
        """Return all items as a pandas frame, a row each.

        Raises
        ------
        CivisAPIError, CivisConnectionError, CivisClientError
            When a page can't be fetched.
        """
        rows = self.json()
        import pandas as pd

        return pd.DataFrame(rows)

    def to_polars(self) -> pl.DataFrame:
        """Return all items as a polars frame, a row each.

        Raises
        ------
        CivisAPIError, CivisConnectionError, CivisClientError
            When a page can't be fetched.
        """
        rows = self.json()
        import polars as pl

        return pl.DataFrame(rows, infer_schema_length=None)

    def __repr__(self) -> str:
        kept = self._pages.kept
        pages, items = len(kept), sum(len(page) for page in kept)
        of = f"PaginatedResponse of GET /{masked_url(self._pages.path)}"
        if not pages:
            return f"<{of}: {'no items' if self._pages.complete else 'nothing fetched yet'}>"
        which = "page 1" if pages == 1 else f"pages 1 to {pages}"
        end = ", which is all" if self._pages.complete else ""
        return f"<{of}: {which}: {_count(items, 'item')}{end}>"

    def _repr_html_(self) -> str:
        from civis_nb.display.responses import paginated_html

        fetched = (plain_json(item) for page in self._pages.kept for item in page)
        return paginated_html(repr(self).strip("<>"), fetched)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        from civis_nb.display.live import shows_live_views

        if not shows_live_views():
            return {}
        from civis_nb.widgets.pages import PagesPanel
        from civis_nb.widgets.where import outputs_are_isolated

        pages = self._pages
        if self._live is not None:
            self._live.close()
        self._live = PagesPanel(
            f"GET /{masked_url(pages.path)}", self._page, len(pages.kept), lambda: pages.last
        )
        text, html = repr(self), self._repr_html_()
        if outputs_are_isolated():
            return {"text/html": html, **self._live.as_widget(), "text/plain": text}
        return {"text/plain": text, "text/html": self._live.in_place_of(html)}

    def _page(self, number: int) -> list[Any] | None:
        """Return the items of a page as plain JSON, fetched if need be; None after the last."""
        page = self._pages.obtain(number, ahead=False)
        return None if page is None else [plain_json(item) for item in page]


class _Cursor(Iterator[_R]):
    """A place in the items; stays where it is when a page can't be fetched."""

    __slots__ = ("_item", "_items", "_page", "_walked")

    def __init__(self, pages: PaginatedResponse[_R]) -> None:
        self._walked = pages
        self._page = 0
        self._item = 0
        self._items: Sequence[_R] = ()

    def __next__(self) -> _R:
        if self._item >= len(self._items):
            pages = self._walked._pages
            page = pages.obtain(self._page + 1)
            if page is None:
                if self._walked._own is self:
                    self._walked._own = None
                raise StopIteration
            self._items, self._item = page, 0
            self._page += 1
            pages.prefetch(self._page + 1)
        self._item += 1
        return self._items[self._item - 1]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
