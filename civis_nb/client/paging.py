"""The pages of a list, fetched once each, in order, one ahead of whoever walks them."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import Any, Generic, Protocol, TypeVar

from civis_nb._waiting import wait_event
from civis_nb._wire_text import masked_url
from civis_nb.client.plain import header_int
from civis_nb.client.response import ListResponse, Response
from civis_nb.errors import CivisClientError

__all__ = ["PageSource", "Pages"]

_R = TypeVar("_R", bound=Response)


class PageSource(Protocol):
    """What pages are fetched from: the client."""

    def _fetch_page(self, path: str, params: dict[str, Any]) -> ListResponse[Any]:
        """Return one page."""


class _Fetch(Generic[_R]):
    """A page that is under way, or came before the one in front of it."""

    __slots__ = ("done", "error", "number", "page")

    def __init__(self, number: int) -> None:
        self.number = number
        self.done = threading.Event()
        self.error: BaseException | None = None
        self.page: ListResponse[_R] | None = None


class Pages(Generic[_R]):
    """The pages of one list, from any thread.

    Parameters
    ----------
    path
        The path of the list.
    params
        The query of every page; ``page_num`` is set for each, from 1.
    source
        What fetches a page.

    Attributes
    ----------
    path
        The path of the list.
    kept
        The pages that came so far, in order, without an empty last one.
    complete
        Whether there are no more.
    """

    __slots__ = (
        "_last",
        "_lock",
        "_params",
        "_pid",
        "_seen",
        "_source",
        "_under_way",
        "complete",
        "kept",
        "path",
    )

    def __init__(self, path: str, params: Mapping[str, Any], source: PageSource) -> None:
        self.path = path
        self.kept: list[ListResponse[_R]] = []
        self.complete = False
        self._params = {**params}
        self._source = source
        self._seen: dict[Any, int] = {}
        #: The number of the last page, once it is known.
        self._last: int | None = None
        self._under_way: dict[int, _Fetch[_R]] = {}
        # Held only while pages are read or added; never while one is fetched.
        self._lock = threading.Lock()
        self._pid = os.getpid()

    def obtain(self, number: int, *, ahead: bool = True) -> ListResponse[_R] | None:
        """Return a page, fetched if need be; None after the last.

        Parameters
        ----------
        number
            From 1; no more than one beyond those that were given already.
        ahead
            Whether the page after it is fetched as well while this one is waited for, where it is
            known to be there: whoever walks will use the first item of this one at once.
        """
        self._after_fork()
        while True:
            fetch, is_fetching = None, False
            try:
                with self._lock:
                    if number <= len(self.kept):
                        return self.kept[number - 1]
                    if self.complete:
                        return None
                    fetch = self._under_way.get(number)
                    is_fetching = fetch is None
                    if fetch is None:
                        fetch = self._under_way[number] = _Fetch(number)
                if ahead and self._last is not None and number < self._last:
                    self.prefetch(number + 1)
                if is_fetching:
                    self._fetch(fetch, by_caller=True)
                wait_event(fetch.done)
                with self._lock:
                    self._keep_in_order()  # where an interrupt kept another call from it
            except BaseException:
                # An interrupt, which may come anywhere: nobody is to wait for what was begun here.
                if is_fetching and fetch is not None:
                    self._give_up(fetch)
                raise
            if fetch.error is not None:
                with self._lock:
                    if self._under_way.get(number) is fetch:
                        del self._under_way[number]
                if isinstance(fetch.error, Exception):
                    raise fetch.error

    @property
    def last(self) -> int | None:
        """The number of the last page; None where it is not known yet."""
        return len(self.kept) if self.complete else self._last

    def prefetch(self, number: int) -> None:
        """Fetch a page in the background, unless it is there or somebody does so already."""
        fetch = _Fetch[_R](number)
        try:
            with self._lock:
                if self.complete or number <= len(self.kept) or number in self._under_way:
                    return
                self._under_way[number] = fetch
            threading.Thread(
                target=self._fetch, args=(fetch,), name="civis-next-page", daemon=True
            ).start()
        except RuntimeError:
            # No thread can be had, at the end of the process for instance: fetched when needed.
            self._give_up(fetch)
        except BaseException:  # an interrupt
            self._give_up(fetch)
            raise

    def _give_up(self, fetch: _Fetch[_R]) -> None:
        """Forget a page that was begun: who needs it fetches it anew."""
        with self._lock:
            if self._under_way.get(fetch.number) is fetch:
                del self._under_way[fetch.number]
        fetch.done.set()

    def _after_fork(self) -> None:
        """Forget what threads of the parent process do: they did not come along."""
        if self._pid != os.getpid():
            self._lock, self._under_way, self._pid = threading.Lock(), {}, os.getpid()

    def _fetch(self, fetch: _Fetch[_R], by_caller: bool = False) -> None:
        """Fetch a page and keep it, or keep the error for whoever waits or will ask for it."""
        try:
            fetch.page = self._source._fetch_page(
                self.path, {**self._params, "page_num": fetch.number}
            )
        except BaseException as error:
            fetch.error = error
            if not isinstance(error, Exception) and by_caller:
                raise
        finally:
            with self._lock:
                if fetch.error is not None and by_caller:
                    self._under_way.pop(fetch.number, None)
                self._keep_in_order()
            fetch.done.set()

    def _keep_in_order(self) -> None:
        """Keep what came, up to the first page that has not."""
        while not self.complete:
            fetch = self._under_way.get(len(self.kept) + 1)
            if fetch is None or fetch.page is None or fetch.error is not None:
                return
            try:
                page, is_last = self._checked(fetch.page, fetch.number)
            except CivisClientError as error:
                fetch.error = error
                return
            # In this order: after an interrupt in between no page is missing.
            if page:
                self.kept.append(page)
            del self._under_way[fetch.number]
            self.complete = is_last
        self._under_way.clear()

    def _checked(self, page: ListResponse[_R], number: int) -> tuple[ListResponse[_R], bool]:
        """Return a page as it counts, and whether it ends the list.

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
                f"GET /{masked_url(self.path)} gave page {before} again when asked for page "
                f"{number}: the server does not heed page_num, so the list can't be walked. "
                f"Call without iterator=True, with a larger limit."
            )
        self._last = header_int(page.headers, "X-Pagination-Total-Pages")
        return page, self._last is not None and number >= self._last

    def _is_past_the_end(self, page: ListResponse[_R], number: int) -> bool:
        """Return whether a page that comes a second time in a row can only mean the list's end."""
        pages = header_int(page.headers, "X-Pagination-Total-Pages")
        entries = header_int(page.headers, "X-Pagination-Total-Entries")
        if pages is not None or entries is not None:
            there = sum(len(each) for each in self.kept)
            return (pages or 0) < number and there >= (entries or 0)
        if number > 2:
            # The server heeds page_num, and answers one past the end with its last page. Of a
            # single item, or without ids, these could be others that look the same.
            return len(page) > 1 and isinstance(_mark(page), tuple)
        # Where the first page is not a full one there is no second.
        limit = self._params.get("limit")
        return len(page) % 10 != 0 if limit is None else len(page) != int(limit)


def _mark(page: ListResponse[Any]) -> Any:
    """Return what a page is known by: the ids of its items, else all it holds."""
    items: list[Any] = [item.json_data if isinstance(item, Response) else item for item in page]
    if all(isinstance(item, dict) and "id" in item for item in items):
        return tuple(str(item["id"]) for item in items)
    return repr(items)
