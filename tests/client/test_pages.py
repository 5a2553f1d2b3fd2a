"""Pages: lazy, once each, one ahead, again after errors, guarded against repetition."""

from __future__ import annotations

import os
import threading

import pytest

from civis_nb import errors
from civis_nb.client.paging import Pages
from tests.interrupted_lines import interrupted


@pytest.fixture
def paged(scripted, reply):
    """Serve `pages` pages of `size` jobs; extra headers and faults by page."""

    def serve(pages, size=3, total_header=False, faults=None):
        faults = faults or {}

        def answer(seen):
            number = int(dict(seen.query)["page_num"])
            if faults.get(number):
                return faults[number].pop(0)
            ids = range((number - 1) * size, number * size) if number <= pages else ()
            headers = {"X-Pagination-Total-Pages": str(pages)} if total_header else {}
            return reply([{"id": item, "lastRun": None} for item in ids], headers=headers)

        scripted.on("GET", "/jobs", answer)

    return serve


def _numbers(scripted):
    return [int(dict(seen.query)["page_num"]) for seen in scripted.requests]


@pytest.mark.contract("C23")
def test_nothing_is_fetched_before_the_first_item(client, scripted, paged):
    paged(3)
    pages = client.jobs.list(iterator=True)
    iter(pages)
    repr(pages)
    assert not scripted.requests


@pytest.mark.contract("C23")
def test_all_items_come_once_and_the_other_arguments_are_kept(client, scripted, paged):
    paged(3)
    pages = client.jobs.list(iterator=True, limit=3, page_num=2, hidden=True)
    assert [item.id for item in pages] == list(range(9))
    assert _numbers(scripted) == [1, 2, 3, 4]
    for seen in scripted.requests:
        assert ("limit", "3") in seen.query
        assert ("hidden", "True") in seen.query
        assert seen.body == b""


@pytest.mark.contract("C24")
def test_the_number_of_pages_spares_the_empty_one(client, scripted, paged):
    paged(3, total_header=True)
    assert len(list(client.jobs.list(iterator=True))) == 9
    assert sorted(_numbers(scripted)) == [1, 2, 3]


def test_second_walk_fetches_nothing_again(client, scripted, paged):
    paged(2)
    pages = client.jobs.list(iterator=True)
    assert list(pages) == list(pages)
    assert pages.json() == [{"id": item, "last_run": None} for item in range(6)]
    assert _numbers(scripted) == [1, 2, 3]
    assert "pages 1 to 2: 6 items, which is all" in repr(pages)


def test_never_more_than_one_page_ahead(client, scripted, paged):
    paged(5)
    walk = iter(client.jobs.list(iterator=True))
    next(walk)
    _wait(lambda: len(scripted.requests) == 2)
    for _ in range(2):
        next(walk)
    assert _numbers(scripted) == [1, 2]
    next(walk)
    _wait(lambda: len(scripted.requests) == 3)
    assert _numbers(scripted) == [1, 2, 3]


def test_page_after_the_one_that_is_waited_for_is_fetched_at_the_same_time(client, scripted, reply):
    both = threading.Barrier(2, timeout=30)

    def answer(seen):
        number = int(dict(seen.query)["page_num"])
        if number in (2, 3):
            both.wait()
        return reply([{"id": number}], headers={"X-Pagination-Total-Pages": "4"})

    scripted.on("GET", "/jobs", answer)
    walk = iter(client.jobs.list(iterator=True))
    assert [next(walk).id for _ in range(2)] == [1, 2]
    assert max(_numbers(scripted)) == 3
    assert [item.id for item in walk] == [3, 4]
    assert sorted(_numbers(scripted)) == [1, 2, 3, 4]
    assert scripted.connections <= 2


def test_page_that_comes_before_the_one_in_front_of_it_waits_for_its_turn(client, scripted, reply):
    third = threading.Event()
    failed = []

    def answer(seen):
        number = int(dict(seen.query)["page_num"])
        if number == 3:
            third.set()
        if number == 2:
            third.wait(30)
            if not failed:
                failed.append(number)
                return reply({"errorDescription": "no"}, 403)
        return reply([{"id": number}], headers={"X-Pagination-Total-Pages": "3"})

    scripted.on("GET", "/jobs", answer)
    walk = iter(client.jobs.list(iterator=True))
    assert next(walk).id == 1
    with pytest.raises(errors.CivisAPIError, match="no"):
        next(walk)
    assert [item.id for item in walk] == [2, 3]
    assert sorted(_numbers(scripted)) == [1, 2, 2, 3]


def test_list_that_becomes_shorter_ends_where_it_ends_now(client, scripted, reply):
    def answer(seen):
        number = int(dict(seen.query)["page_num"])
        headers = {"X-Pagination-Total-Pages": "9" if number < 3 else "3"}
        return reply([{"id": number}] if number < 4 else [], headers=headers)

    scripted.on("GET", "/jobs", answer)
    assert [item.id for item in client.jobs.list(iterator=True)] == [1, 2, 3]


def _wait(condition):
    ready = threading.Event()
    for _ in range(2000):
        if condition():
            return
        ready.wait(0.005)
    raise AssertionError("the condition did not come true")


def test_one_connection_serves_a_listing(client, scripted, paged):
    paged(20)
    assert len(list(client.jobs.list(iterator=True))) == 60
    assert scripted.connections <= 2


def test_next_works_and_a_for_goes_on_from_there(client, paged):
    paged(2)
    pages = client.jobs.list(iterator=True)
    assert next(pages).id == 0
    assert [item.id for item in pages] == [1, 2, 3, 4, 5]
    assert [item.id for item in pages] == [0, 1, 2, 3, 4, 5]


@pytest.mark.contract("D42")
def test_error_is_raised_again_until_it_goes_on(client, scripted, reply, paged):
    paged(3, faults={2: [reply({"errorDescription": "no"}, 403) for _ in range(2)]})
    walk = iter(client.jobs.list(iterator=True))
    assert [next(walk).id for _ in range(3)] == [0, 1, 2]
    for _ in range(2):
        with pytest.raises(errors.CivisAPIError, match="no"):
            next(walk)
    assert [item.id for item in walk] == [3, 4, 5, 6, 7, 8]
    assert _numbers(scripted) == [1, 2, 2, 2, 3, 4]


def test_a_new_walk_after_an_error_gives_everything(client, reply, paged):
    paged(3, faults={2: [reply({}, 403)]})
    pages = client.jobs.list(iterator=True)
    with pytest.raises(errors.CivisAPIError):
        list(pages)
    assert [item.id for item in pages] == list(range(9))


@pytest.mark.contract("C24")
@pytest.mark.parametrize(
    ("size", "limit", "headers"),
    [
        (50, None, {}),
        (2, 2, {}),
        (2, None, {"X-Pagination-Total-Pages": "9"}),
        (2, None, {"X-Pagination-Total-Entries": "18"}),
    ],
)
def test_server_that_repeats_a_page_though_there_is_more_is_noticed(
    client, scripted, reply, size, limit, headers
):
    scripted.on("GET", "/jobs", reply([{"id": item} for item in range(size)], headers=headers))
    walk = iter(client.jobs.list(iterator=True, limit=limit))
    assert [next(walk).id for _ in range(size)] == list(range(size))
    for _ in range(2):
        with pytest.raises(errors.CivisClientError, match="does not heed page_num"):
            next(walk)
    # Where a third page is promised, it may have been asked for.
    assert [number for number in _numbers(scripted) if number < 3] == [1, 2, 2]


@pytest.mark.parametrize(
    ("size", "limit", "headers"),
    [
        (2, None, {}),
        (2, 5, {}),
        (7, 5, {}),
        (20, None, {"X-Pagination-Total-Entries": "20"}),
    ],
)
def test_server_that_gives_the_whole_list_whatever_the_page_ends_it(
    client, scripted, reply, size, limit, headers
):
    scripted.on("GET", "/jobs", reply([{"id": item} for item in range(size)], headers=headers))
    pages = client.jobs.list(iterator=True, limit=limit)
    assert [item.id for item in pages] == list(range(size))
    assert len(scripted.requests) == 2
    assert f"page 1: {size} items, which is all" in repr(pages)


@pytest.mark.contract("C24")
def test_server_that_gives_its_last_page_again_ends_the_list(client, scripted, reply):
    def answer(seen):
        page = min(3, int(dict(seen.query)["page_num"]))
        return reply([{"id": page * 10 + item} for item in range(10)])

    scripted.on("GET", "/jobs", answer)
    items = [item.id for item in client.jobs.list(iterator=True, limit=10)]
    assert items == list(range(10, 40))


@pytest.mark.parametrize("page", [[{"id": 1}], [{"state": "a"}, {"state": "a"}]])
def test_pages_that_only_look_the_same_are_not_taken_for_the_end(client, scripted, page):
    other = [{"id": 9}, {"id": 10}]
    scripted.on("GET", "/jobs", other, page, page)
    with pytest.raises(errors.CivisClientError, match="does not heed page_num"):
        list(client.jobs.list(iterator=True))


def test_pages_that_take_turns_are_noticed(client, scripted, reply):
    scripted.on("GET", "/jobs", *([{"id": item % 2 + 1}, {"id": 7}] for item in range(6)))
    with pytest.raises(errors.CivisClientError, match="gave page 1 again when asked for page 3"):
        list(client.jobs.list(iterator=True))


def test_item_that_moves_to_the_next_page_is_no_repetition(client, scripted, reply):
    def answer(seen):
        number = int(dict(seen.query)["page_num"])
        headers = {
            "X-Pagination-Current-Page": str(number),
            "X-Pagination-Total-Pages": "3",
        }
        return reply([{"id": max(1, number - 1)}], headers=headers)

    scripted.on("GET", "/jobs", answer)
    assert [item.id for item in client.jobs.list(iterator=True, limit=1)] == [1, 1, 2]


@pytest.mark.parametrize("shown", ["", "x"])
def test_pagination_headers_that_say_nothing_are_not_heeded(client, scripted, reply, shown):
    names = ("Current-Page", "Total-Pages", "Total-Entries", "Per-Page")
    headers = {f"X-Pagination-{name}": shown for name in names}
    pages = [reply([{"id": 1}], headers=headers), reply([{"id": 2}], headers=headers), reply([])]
    scripted.on("GET", "/jobs", *pages)
    assert [item.id for item in client.jobs.list(iterator=True)] == [1, 2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_child_of_a_fork_goes_on_with_a_listing(client, scripted, reply):
    held = threading.Event()

    def answer(seen):
        number = int(dict(seen.query)["page_num"])
        if number == 2 and len(scripted.requests) == 2:
            held.wait(30)
        return reply([{"id": number}] if number < 4 else [])

    scripted.on("GET", "/jobs", answer)
    pages = client.jobs.list(iterator=True)
    walk = iter(pages)
    assert next(walk).id == 1
    _wait(lambda: len(scripted.requests) == 2)
    # The second page is being fetched by a thread that the child will not have.
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if [item.id for item in walk] == [2, 3] else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    held.set()
    assert [item.id for item in walk] == [2, 3]


def test_object_instead_of_a_list_is_noticed(client, scripted):
    scripted.on("GET", "/jobs", {"id": 1})
    with pytest.raises(errors.CivisClientError, match="one object where a page"):
        next(iter(client.jobs.list(iterator=True)))


def test_client_that_gives_raw_answers_walks_plain_items(make_client, scripted):
    client = make_client(return_type="raw")
    scripted.on("GET", "/jobs", [{"id": 1, "lastRun": None}], [])
    pages = client.jobs.list(iterator=True)
    assert list(pages) == [{"id": 1, "lastRun": None}]
    assert pages.json() == [{"id": 1, "last_run": None}]
    assert pages.to_pandas()["id"].tolist() == [1]
    assert "page 1: 1 item, which is all" in repr(pages)


def test_walks_in_two_threads_share_the_pages(client, scripted, paged):
    paged(10)
    pages = client.jobs.list(iterator=True)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append([item.id for item in pages])) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == [list(range(30))] * 4
    assert sorted(_numbers(scripted)) == list(range(1, 12))


@pytest.mark.parametrize("total_header", [False, True])
def test_a_walk_after_an_interrupt_at_any_line_is_whole(client, paged, total_header):
    paged(3, total_header=total_header)
    functions = [
        Pages.obtain, Pages.prefetch, Pages._fetch, Pages._keep_in_order, Pages._checked,
    ]  # fmt: skip
    for number in range(1, 500):
        pages = client.jobs.list(iterator=True)
        came = interrupted(lambda: list(pages), functions, number)  # noqa: B023
        found: list[list[int]] = []
        again = threading.Thread(
            target=lambda: found.append([item.id for item in pages]),  # noqa: B023
            daemon=True,
        )
        again.start()
        again.join(20)
        assert found == [list(range(9))], f"after an interrupt at line {number}"
        if not came:
            break
    assert number > 50


def test_frames_hold_all_items(client, paged):
    paged(2)
    pages = client.jobs.list(iterator=True)
    assert list(pages.to_pandas()["id"]) == list(range(6))
    assert pages.to_polars()["id"].to_list() == list(range(6))
    assert pages.to_polars().columns == ["id", "last_run"]


def test_empty_list(client, scripted, paged):
    paged(0)
    assert list(client.jobs.list(iterator=True)) == []
    assert client.jobs.list(iterator=True).to_pandas().empty
    assert client.jobs.list(iterator=True).json() == []
