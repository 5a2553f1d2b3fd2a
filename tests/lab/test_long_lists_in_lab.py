"""Lists of ten thousand in the panels: few elements, and every one within the reach of keys."""

from __future__ import annotations

import json
import re

import pytest

from tests.lab.test_data_panel import Panel

pytestmark = pytest.mark.exhaustive

MANY = 10_000


def schemas():
    tables = [[number, f"table_{number:05d}", False] for number in range(1, MANY + 1)]
    return {"schemas": [{"name": "big", "sql": "big", "tables": tables}]}


def files():
    return [{"id": n, "name": f"file_{n:05d}.csv", "size": n} for n in range(1, MANY + 1)]


def jobs():
    moment = "2024-05-01T12:00:00.000Z"
    ended = {"queued_at": moment, "started_at": moment, "finished_at": moment, "error": None}
    return [
        {"id": n, "name": f"job_{n:05d}", "type": "container", "state": "succeeded",
         "author": "me", "run_id": n, **ended}
        for n in range(MANY, 0, -1)
    ]  # fmt: skip


@pytest.fixture
def many_tables(open_in_lab):
    """Return the Data panel with a schema of many tables, and the key of its first row."""
    page = open_in_lab("1")
    Panel(page)
    page.page.route(re.compile("/civis-nb/data/tables"), lambda one: one.fulfill(json=schemas()))
    node = page.page.locator("#civis-nb-data")
    node.get_by_role("button", name="Refresh").click()
    node.locator(".civis-Row", has_text="10,000 tables").locator(".civis-Row-caret").click()
    return page, node, "table"


@pytest.fixture
def many_files(open_in_lab):
    page = open_in_lab("1")
    page.page.route(re.compile("/civis-nb/files.*of=own"), lambda one: one.fulfill(json=files()))
    page.command("civis-nb:show-files")
    return page, page.page.locator("#civis-nb-files"), "file"


@pytest.fixture
def many_jobs(open_in_lab):
    page = open_in_lab("1")
    event = json.dumps({"topic": "jobs:mine", "problem": "", "jobs": jobs()})
    page.page.route(
        re.compile("/civis-nb/events.*jobs"),
        lambda one: one.fulfill(content_type="text/event-stream", body=f"data: {event}\n\n"),
    )
    page.command("civis-nb:show-jobs")
    return page, page.page.locator("#civis-nb-jobs"), "job"


@pytest.mark.parametrize("panel", ["many_tables", "many_files", "many_jobs"])
def test_ten_thousand_are_found_by_keys_among_few_elements(request, panel):
    page, node, kind = request.getfixturevalue(panel)
    keyboard = page.page.keyboard
    rows = node.locator(".civis-Row")
    rows.filter(has_text=re.compile(f"{kind}_0000|{kind}_10000")).first.wait_for()
    list_ = node.locator(".civis-List-rows")
    active = node.locator(".civis-Row[aria-selected='true']")

    # Behind the jobs is what loads older ones.
    total = MANY + 1 if kind == "job" else MANY

    def is_at(place, of=total):
        """Wait until a place is active and in sight, and is the one that is read."""
        wanted = str(place), str(of)
        page.until(
            lambda: (active.get_attribute("aria-posinset"), active.get_attribute("aria-setsize"))
            == wanted, f"place {place} of {of}",
        )  # fmt: skip
        page.until(is_in_sight, f"place {place} in sight")
        assert rows.count() < 100

    def is_in_sight():
        box, seen = list_.bounding_box(), active.bounding_box()
        is_read = active.get_attribute("id") == list_.get_attribute("aria-activedescendant")
        return is_read and (
            box["y"] - 1 <= seen["y"] <= box["y"] + box["height"] - seen["height"] + 1
        )

    first = rows.filter(has_text="_00001" if kind != "job" else "_10000").first
    first.locator(".civis-Row-label").click()
    is_at(1)
    for _ in range(3):
        keyboard.press("ArrowDown")
    is_at(4)
    if kind == "file":
        # Its other groups are behind it.
        node.get_by_role("searchbox").fill("file_")
        node.get_by_text("10,000 found").wait_for()
        list_.focus()
    keyboard.press("End")
    is_at(total)
    keyboard.press("PageUp")
    keyboard.press("PageDown")
    is_at(total)
    keyboard.press("ArrowUp")
    is_at(total - 1)
    node.get_by_role("searchbox").fill("")
    list_.focus()
    keyboard.type("_0777")
    node.get_by_text("10 found", exact=True).wait_for()
    keyboard.press("ArrowDown")
    is_at(1, of=10)
    name = active.locator(".civis-Row-label").inner_text()
    keyboard.press("Shift+F10")
    menu = page.page.locator(".lm-Menu")
    menu.wait_for()
    keyboard.press("Escape")
    menu.wait_for(state="detached")
    page.until(lambda: list_.evaluate("one => one === document.activeElement"), "the focus")
    # Without the search it is still the one that is active, and in sight.
    node.get_by_role("searchbox").focus()
    keyboard.press("Escape")
    page.until(lambda: active.locator(".civis-Row-label").inner_text() == name, "the same one")
    is_at(MANY + 1 - 7779 if kind == "job" else 7770)
