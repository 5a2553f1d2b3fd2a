"""Logs of runs in JupyterLab: growing, short and very long ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.widgets.drivers import WAIT_MS, until
from tests.widgets.runs_in_lab.conftest import first_in_sight, grown, line, start, total

pytest.importorskip("anywidget")

pytestmark = pytest.mark.exhaustive


def test_a_growing_log_is_read_searched_and_cancelled(open_notebook, setup, growing, flag):
    job = growing()
    page = open_notebook(setup, f"%civis_run {job}")
    page.wait_for_kernel()
    start(page, 0)
    view = start(page, 1).locator(".civis-run")
    view.locator(".civis-log-line").first.wait_for()
    until(lambda: total(view) > 303, "the first ticks")

    # It follows at the end.
    box = view.locator(".civis-log-box")
    view.locator(".civis-log-line", has_text="tick").first.wait_for()
    grown(view)
    until(
        lambda: box.evaluate("(box) => box.scrollHeight - box.scrollTop - box.clientHeight < 5"),
        "the end of the log in sight",
    )

    # A reader further up stays where he is, and keeps what he has selected.
    box.evaluate("(box) => { box.scrollTop = 18 * 100 }")
    until(lambda: first_in_sight(view) == 100, "line 100")
    row = line(view, 105, "line 105")
    row.evaluate("(row) => getSelection().selectAllChildren(row)")
    grown(view)
    until(lambda: first_in_sight(view) == 100, "line 100 still")
    assert page.page.evaluate("() => getSelection().toString().trim()") == "line 105"
    view.locator(".civis-log-jump", has_text="below").wait_for()

    # Earlier lines are there, each once, and a progress bar is one of them.
    box.evaluate("(box) => { box.scrollTop = 0 }")
    until(lambda: first_in_sight(view) == 0, "line 0")
    assert line(view, 0, "line 0").inner_text().strip() == "line 0"
    box.evaluate("(box) => { box.scrollTop = 18 * 290 }")
    assert line(view, 300, "loading").inner_text().strip() == "loading 100 %"
    red = line(view, 301, "red")
    assert red.inner_text().strip() == "red needle <img src=x onerror=alert(1)>"
    assert "color" in red.locator("span").get_attribute("style")
    assert view.locator("img").count() == 0

    # Searching goes to the match.
    view.get_by_label("Search the log").fill("needle")
    until(lambda: view.locator(".civis-log-count").inner_text() == "1 of 1 match", "the match")
    assert view.locator(".civis-log-here mark").inner_text() == "needle"
    view.get_by_label("Search the log").fill("")

    # Cancelling works while the cell runs.
    view.get_by_role("button", name="Cancel").click()
    # For a moment the settled view is there beside the live one.
    view.locator(".civis-run-state", has_text="cancelled").first.wait_for(timeout=WAIT_MS)
    page.page.locator(".jp-OutputArea-output[data-mime-type*='stderr']").first.wait_for()
    assert page.problems == []


def test_a_short_log_takes_no_more_room_than_it_needs(open_notebook, setup):
    """A cell that has shown the progress of an upload before has the live view as well."""
    page = open_notebook(
        setup,
        "%%civis_run python\nprint('only this')",
        "import pandas; few = pandas.DataFrame({'a': [1]})",
        "%%civis_run python -i few\nfor n in range(500): print(n)",
    )
    page.run_all()

    def height(cell):
        box = page.output(cell).locator(".civis-run .civis-log-box")
        box.locator(".civis-log-line").first.wait_for()
        return box.evaluate("(box) => box.clientHeight")

    until(lambda: 32 <= height(1) < 100, "the short log's height")
    until(lambda: height(3) > 250, "the long log's height")
    whole = height(3)
    box = page.output(3).locator(".civis-run .civis-log-box")
    box.evaluate("(box) => { box.scrollTop = 0 }")
    line(page.output(3), 0, "0")
    page.output(3).get_by_label("Levels shown").select_option("error")
    page.output(3).locator(".civis-log-count", has_text="0 lines").wait_for()
    assert box.evaluate("(box) => box.clientHeight") == whole


def test_a_hundred_thousand_lines_scroll_and_are_searched(open_notebook, setup, platform):
    source = (
        "for n in range(100_000): print('a line of the log, number', n)\n"
        "import sys; print('to the other stream', file=sys.stderr)\n"
    )
    job = platform.client().scripts.post_python3(name="Many lines", source=source).id
    page = open_notebook(setup, f"%civis_run {job}")
    page.wait_for_kernel()
    start(page, 0)
    page.page.evaluate(
        """() => {
            const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            window.updates = [];
            kernel.iopubMessage.connect((_, message) => {
                const data = message.content.data;
                if (message.header.msg_type === "comm_msg" && data.method === "update") {
                    // When the kernel sent it: a busy page takes several at once.
                    const sent = Date.parse(message.header.date);
                    window.updates.push([sent, JSON.stringify(data).length]);
                }
            });
        }"""
    )
    view = start(page, 1).locator(".civis-run")
    view.locator(".civis-run-state", has_text="succeeded").first.wait_for(timeout=3 * WAIT_MS)
    until(lambda: view.count() == 1, "one view")
    until(lambda: total(view) == 100_001, "all lines")
    updates = page.page.evaluate("() => window.updates")
    # The one at the end is not delayed.
    for before, after in zip(updates[:-2], updates[2:-1], strict=False):
        assert after[0] - before[0] >= 490
    assert max(size for _, size in updates) < 300_000

    box = view.locator(".civis-log-box")
    for number in (50_000, 10, 99_990):
        box.evaluate("(box, number) => { box.scrollTop = 18 * number }", number)
        line(view, number, f"number {number}")
    assert view.locator(".civis-log-line").count() < 150
    view.get_by_label("Search the log").fill("NUMBER 7777")
    until(lambda: "11 matches" in view.locator(".civis-log-count").inner_text(), "the matches")
    for _ in range(3):
        view.get_by_label("Search the log").press("Enter")
    until(lambda: view.locator(".civis-log-here").count() == 1, "a match in sight")
    assert "number 7777" in view.locator(".civis-log-here").inner_text()
    view.get_by_label("Search the log").fill("")
    view.get_by_label("Levels shown").select_option("error")
    until(lambda: view.locator(".civis-log-count").inner_text() == "1 line", "one error")
    view.get_by_label("Levels shown").select_option("debug")
    view.get_by_role("button", name="Copy").click()
    view.get_by_role("button", name="Copied").wait_for()
    text = page.page.evaluate("() => navigator.clipboard.readText()")
    lines = text.splitlines()
    assert sorted(lines)[-1] == "to the other stream"
    numbers = [one for one in lines if one != "to the other stream"]
    assert numbers == [f"a line of the log, number {n}" for n in range(100_000)]
    with page.page.expect_download() as download:
        view.get_by_role("button", name="Download").click()
    assert Path(download.value.path()).read_text().splitlines() == lines
    heap = page.page.context.new_cdp_session(page.page)
    heap.send("HeapProfiler.collectGarbage")
    assert heap.send("Runtime.getHeapUsage")["usedSize"] < 200_000_000
