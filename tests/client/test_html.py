"""The client's objects as HTML: from memory only, without secrets."""

from __future__ import annotations

from civis_nb.client.pages import PaginatedResponse
from civis_nb.client.response import ListResponse, Response

EVIL = "<img src=x onerror=alert(1)>"


def test_response_shows_fields_folds_nested_ones_and_masks_secrets():
    html = Response(
        {
            "id": 7,
            "name": EVIL,
            "nothing": None,
            "lastRun": {"state": "failed"},
            "token": "t0ps3cret",
            "fileUrl": "https://s3.test/f?Signature=abcdef",
            "runs": [{"id": 1}],
            EVIL: 1,
        }
    )._repr_html_()
    assert '<th scope="row"' in html
    assert "last_run" in html
    assert "<summary" in html
    for secret in ("t0ps3cret", "abcdef", "<img"):
        assert secret not in html


def test_deep_response_ends():
    data: dict = {"x": 1}
    for _ in range(50):
        data = {"deeper": data}
    assert len(Response(data)._repr_html_()) < 20_000


def test_list_shows_a_row_for_each_of_the_first_items():
    items = ListResponse(
        [Response({"id": n, "name": f"job {n}", "unused": None, "author": {"name": EVIL}})
         for n in range(100)]
    )  # fmt: skip
    html = items._repr_html_()
    assert "ListResponse: 20 of 100 items" in html
    assert "job 19" in html
    assert "job 20" not in html
    assert "unused" not in html
    assert "<img" not in html
    assert ListResponse([])._repr_html_() == "<div>ListResponse: 0 of 0 items</div>"


def test_pages_are_shown_and_neither_fetched_nor_consumed():
    fetched = []

    class Source:
        def _fetch_page(self, path, params):
            fetched.append(params["page_num"])
            rows = [Response({"id": params["page_num"]})] if params["page_num"] < 3 else []
            return ListResponse(rows)

    pages = PaginatedResponse("jobs", {"limit": 1}, Source())
    assert "Iterate to fetch" in pages._repr_html_()
    assert fetched == []
    assert [item.id for item in pages] == [1, 2]
    before = list(fetched)
    assert "2 items" in pages._repr_html_()
    assert fetched == before
    assert [item.id for item in pages] == [1, 2]
