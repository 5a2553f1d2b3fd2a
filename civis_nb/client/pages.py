"""PaginatedResponse: the items of a list that comes in pages, fetched as they are needed."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from civis_nb._wire_text import masked_url
from civis_nb.client.plain import header_int
from civis_nb.client.response import ListResponse, Response
from civis_nb.errors import CivisClientError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

__all__ = ["PageSource", "PaginatedResponse"]

_R = TypeVar("_R", bound=Response)


class PageSource(Protocol):
    """What pages are fetched from: the client."""

    def _fetch_page(self, path: str, params: dict[str, Any]) -> ListResponse[Any]:
        """Give one page."""


class _Fetch:
    """A page that is under way."""

    __slots__ = ("done", "error", "wanted")

    def __init__(self) -> None:
        self.done = threading.Event()
        self.error: BaseException | None = None
        #: Whether somebody waits for it, who will use its first item at once.
        self.wanted = False


class PaginatedResponse(Generic[_R]):
    """All items of a paginated list, fetched page by page while they are used.

    - Nothing is fetched before the first item is asked for. While the items of a page are used,
      the next page is fetched in the background; never more than that one.
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

    __slots__ = (
        "__weakref__",
        "_complete",
        "_endpoint",
        "_lock",
        "_own",
        "_pages",
        "_params",
        "_path",
        "_pending",
        "_pid",
        "_seen",
    )

    def __init__(self, path: str, initial_params: Mapping[str, Any], endpoint: PageSource) -> None:
        self._path = path
        self._params = {**initial_params}
        self._endpoint = endpoint
        self._pages: list[ListResponse[_R]] = []
        self._seen: dict[Any, int] = {}
        self._complete = False
        self._pending: _Fetch | None = None
        self._own: _Cursor[_R] | None = None
        # Held for the moments of looking at and adding to the pages; never while one is fetched.
        self._lock = threading.Lock()
        self._pid = os.getpid()

    def __iter__(self) -> Iterator[_R]:
        return _Cursor(self) if self._own is None else self._own

    def __next__(self) -> _R:
        if self._own is None:
            self._own = _Cursor(self)
        return next(self._own)

    def json(self, snake_case: bool = True) -> list[dict[str, Any]]:
        """Give all items as dictionaries; fetches the pages that are missing.

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
        """Give all items as a pandas frame, a row each.

        Raises
        ------
        CivisAPIError, CivisConnectionError, CivisClientError
            When a page can't be fetched.
        """
        rows = self.json()
        import pandas as pd

        return pd.DataFrame(rows)

    def to_polars(self) -> pl.DataFrame:
        """Give all items as a polars frame, a row each.

        Raises
        ------
        CivisAPIError, CivisConnectionError, CivisClientError
            When a page can't be fetched.
        """
        rows = self.json()
        import polars as pl

        return pl.DataFrame(rows, infer_schema_length=None)

    def __repr__(self) -> str:
        pages, items = len(self._pages), sum(len(page) for page in self._pages)
        state = "all" if self._complete else "so far"
        return (
            f"<PaginatedResponse of GET /{masked_url(self._path)}: {_count(items, 'item')} on "
            f"{_count(pages, 'page')} {state}>"
        )

    def _repr_html_(self) -> str | None:
        from civis_nb.client.html import html_of

        return html_of("paginated_html", self)

    def _obtain(self, index: int) -> ListResponse[_R] | None:
        """Give a page, fetched if need be; None after the last."""
        self._after_fork()
        while True:
            with self._lock:
                if index < len(self._pages):
                    return self._pages[index]
                if self._complete:
                    return None
                fetch = self._pending
                mine = fetch is None
                if fetch is None:
                    fetch = self._pending = _Fetch()
                else:
                    fetch.wanted = True
            if mine:
                self._fetch(fetch)
            try:
                fetch.done.wait()
            except BaseException:
                fetch.wanted = False
                raise
            if fetch.error is not None:
                with self._lock:
                    if self._pending is fetch:
                        self._pending = None
                if isinstance(fetch.error, Exception):
                    raise fetch.error

    def _after_fork(self) -> None:
        """Forget what threads of the parent process do: they did not come along."""
        if self._pid != os.getpid():
            self._lock, self._pending, self._pid = threading.Lock(), None, os.getpid()

    def _prefetch(self, index: int) -> None:
        """Fetch a page in the background if it is the next one and nobody does so yet."""
        with self._lock:
            if self._complete or self._pending is not None or index != len(self._pages):
                return
            fetch = self._pending = _Fetch()
        thread = threading.Thread(
            target=self._fetch_ahead, args=(fetch,), name="civis-next-page", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:
            # No thread can be had, at the end of the process for instance: fetched when needed.
            with self._lock:
                self._pending = None
            fetch.done.set()

    def _fetch_ahead(self, fetch: _Fetch) -> None:
        """Fetch the next page in the background; go on while its reader waits for each."""
        following: _Fetch | None = fetch
        while following is not None:
            following = self._fetch(following, asked=False)

    def _fetch(self, fetch: _Fetch, asked: bool = True) -> _Fetch | None:
        """Fetch the next page and keep it, or keep the error for whoever waits.

        Gives the fetch to go on with, where somebody waits for the page: the first item of it
        is as good as used, and asking for the next page here spares a thread's start.
        """
        following: _Fetch | None = None
        number = len(self._pages) + 1
        page, last = None, False
        try:
            page = self._endpoint._fetch_page(self._path, {**self._params, "page_num": number})
            page, last = self._checked(page, number)
        except BaseException as error:
            page = None
            fetch.error = error
            if not isinstance(error, Exception) and asked:
                raise
        finally:
            with self._lock:
                if page is not None:
                    if page:
                        self._pages.append(page)
                    self._complete = last
                # A failed prefetch stays until somebody needs the page and sees why.
                if page is not None or asked:
                    if page and not last and not asked and fetch.wanted:
                        following = _Fetch()
                    self._pending = following
            fetch.done.set()
        return following

    def _checked(self, page: ListResponse[_R], number: int) -> tuple[ListResponse[_R], bool]:
        """Give a page as it counts, and whether it ends the list.

        Raises
        ------
        CivisClientError
            When it was there before, and nothing says that it is another one or that the list is
            complete: the server does not heed ``page_num``.
        """
        if not page:
            return page, True
        before = self._seen.setdefault(_mark(page), number)
        # A list that grows at its front while it is walked shows an item on two pages.
        if before != number and header_int(page.headers, "X-Pagination-Current-Page") != number:
            if before == number - 1 and self._is_past_the_end(page, number):
                return ListResponse((), page.headers), True
            raise CivisClientError(
                f"GET /{masked_url(self._path)} gave page {before} again when asked for page "
                f"{number}: the server does not heed page_num, so the list can't be walked. "
                f"Call without iterator=True, with a larger limit."
            )
        total = header_int(page.headers, "X-Pagination-Total-Pages")
        return page, total is not None and number >= total

    def _is_past_the_end(self, page: ListResponse[_R], number: int) -> bool:
        """Say whether a page that comes a second time in a row can only mean the list's end."""
        pages = header_int(page.headers, "X-Pagination-Total-Pages")
        entries = header_int(page.headers, "X-Pagination-Total-Entries")
        if pages is not None or entries is not None:
            there = sum(len(each) for each in self._pages)
            return (pages or 0) < number and there >= (entries or 0)
        if number > 2:
            # The server heeds page_num, and answers one past the end with its last page. Of a
            # single item, or without ids, these could be others that look the same.
            return len(page) > 1 and isinstance(_mark(page), tuple)
        # Where the first page is not a full one there is no second.
        limit = self._params.get("limit")
        return len(page) % 10 != 0 if limit is None else len(page) != int(limit)


class _Cursor(Iterator[_R]):
    """A place in the items; stays where it is when a page can't be fetched."""

    __slots__ = ("_item", "_items", "_page", "_pages")

    def __init__(self, pages: PaginatedResponse[_R]) -> None:
        self._pages = pages
        self._page = 0
        self._item = 0
        self._items: Sequence[_R] = ()

    def __next__(self) -> _R:
        if self._item >= len(self._items):
            page = self._pages._obtain(self._page)
            if page is None:
                if self._pages._own is self:
                    self._pages._own = None
                raise StopIteration
            self._items, self._item = page, 0
            self._page += 1
            self._pages._prefetch(self._page)
        self._item += 1
        return self._items[self._item - 1]


def _mark(page: ListResponse[Any]) -> Any:
    """Give what a page is known by: the ids of its items, else all it holds."""
    items: list[Any] = [item.json_data if isinstance(item, Response) else item for item in page]
    if all(isinstance(item, dict) and "id" in item for item in items):
        return tuple(str(item["id"]) for item in items)
    return repr(items)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
