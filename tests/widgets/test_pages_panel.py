"""What the live view of a paginated list fetches, and what it shows, without a browser."""

from __future__ import annotations

import pytest

from civis_nb.client.pages import PaginatedResponse
from civis_nb.client.response import ListResponse, Response
from civis_nb.errors import CivisConnectionError
from civis_nb.widgets.pages import PagesPanel


class Source:
    """A server with a list of pages; counts what is asked for."""

    def __init__(self, *pages, headers=True):
        self.pages = pages
        self.headers = headers
        self.asked = []
        self.fails = False

    def _fetch_page(self, path, params):
        number = params["page_num"]
        self.asked.append(number)
        if self.fails:
            raise CivisConnectionError("The connection broke off.")
        known = {"X-Pagination-Total-Pages": str(len(self.pages))} if self.headers else {}
        items = self.pages[number - 1] if number <= len(self.pages) else []
        return ListResponse(
            [Response(item) for item in items],
            {**known, "X-Pagination-Current-Page": str(number)},
        )


def items(*ids):
    return [{"id": one, "name": f"<b>{one}</b>", "tags": []} for one in ids]


def panel_of(response):
    pages = response._pages
    return PagesPanel("GET /jobs", response._page, len(pages.kept), lambda: pages.last)


def request(panel, number):
    answers = []
    panel.send = lambda content, buffers=None: answers.append(content)
    panel._received(panel, {"id": "1", "kind": "page", "number": number}, [])
    return answers[0]


@pytest.mark.parametrize("isolated", [False, True])
def test_a_cell_keeps_html_and_shows_the_view_itself_only_where_it_must(monkeypatch, isolated):
    monkeypatch.setattr("civis_nb.display.live.shows_live_views", lambda: True)
    monkeypatch.setattr("civis_nb.widgets.where.outputs_are_isolated", lambda: isolated)
    response = PaginatedResponse("jobs", {}, Source(items(1, 2)))
    bundle = response._repr_mimebundle_()
    widget = bundle.get("application/vnd.jupyter.widget-view+json")
    assert (widget is not None) is isolated
    assert widget is None or widget["model_id"] == response._live.model_id
    assert ("civis-live-" in bundle["text/html"]) is not isolated
    assert "nothing fetched yet" in bundle["text/plain"]
    assert "nothing fetched yet" in bundle["text/html"]


def test_only_the_page_that_is_asked_for_is_fetched():
    source = Source(items(1, 2), items(3, 4), items(5))
    response = PaginatedResponse("jobs", {}, source)
    panel = panel_of(response)
    assert panel.page == {}
    assert source.asked == []
    assert request(panel, 1) == {"id": "1", "number": 1}
    assert source.asked == [1]
    assert panel.page["columns"] == [["id", True], ["name", False]]
    assert panel.page["rows"] == [["1", "<b>1</b>"], ["2", "<b>2</b>"]]
    assert (panel.page["first"], panel.page["pages"], panel.page["last"]) == (1, 3, False)
    request(panel, 2)
    request(panel, 1)
    request(panel, 2)
    assert source.asked == [1, 2]
    request(panel, 3)
    assert (panel.page["first"], panel.page["items"], panel.page["last"]) == (5, 1, True)
    # The object itself is where it was: the first item comes first.
    assert next(iter(response)).id == 1


def test_pages_that_were_fetched_before_are_shown_at_once():
    source = Source(items(1, 2), items(3))
    response = PaginatedResponse("jobs", {}, source)
    assert len(list(response)) == 3
    asked = list(source.asked)
    panel = panel_of(response)
    assert panel.page["number"] == 1
    request(panel, 2)
    assert source.asked == asked


def test_a_page_that_fails_is_told_and_can_be_asked_for_again():
    source = Source(items(1), items(2))
    panel = panel_of(PaginatedResponse("jobs", {}, source))
    request(panel, 1)
    source.fails = True
    assert request(panel, 2) == {"id": "1", "error": "The connection broke off."}
    assert panel.page["number"] == 1
    source.fails = False
    assert request(panel, 2) == {"id": "1", "number": 2}


def test_the_end_of_a_list_without_counts_is_found_by_asking():
    source = Source(items(1, 2), items(3, 4), headers=False)
    panel = panel_of(PaginatedResponse("jobs", {}, source))
    request(panel, 1)
    assert not panel.page["last"]
    request(panel, 2)
    assert request(panel, 3) == {"id": "1", "number": 2}
    assert panel.page["last"]


def test_an_empty_list_says_so():
    panel = panel_of(PaginatedResponse("jobs", {}, Source([])))
    request(panel, 1)
    assert (panel.page["number"], panel.page["items"], panel.page["last"]) == (1, 0, True)


@pytest.mark.parametrize("number", [0, -3, 99, None, "x"])
def test_numbers_that_make_no_sense_fetch_no_page_unasked(number):
    source = Source(items(1), items(2), items(3))
    panel = panel_of(PaginatedResponse("jobs", {}, source))
    request(panel, number)
    assert source.asked == [1]
