"""The live view of a run in a real JupyterLab: read, searched, cancelled, and what stays of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import civis_nb
from tests.widgets.conftest import WAIT_MS, until

pytestmark = pytest.mark.exhaustive

pytest.importorskip("anywidget")

#: Writes lines, a progress bar and colours, then a line now and then until it is told to end.
GROWING = """
import os, sys, time
for n in range({lines}):
    print("line", n)
for share in range(0, 101, 10):
    print("loading", share, "%", end="\\r", flush=True)
    time.sleep(0.01)
print()
print("\\x1b[31mred\\x1b[0m needle <img src=x onerror=alert(1)>")
n = 0
while not os.path.exists({flag!r}):
    print("tick", n, flush=True)
    n += 1
    time.sleep(0.2)
print("the end")
"""


@pytest.fixture(scope="module")
def platform() -> Any:
    with civis_nb.local.start(samples=False) as started:
        yield started


@pytest.fixture
def flag(tmp_path: Path) -> Path:
    return tmp_path / "end"


@pytest.fixture
def setup(platform: Any) -> str:
    """Return the first cell of a notebook: it speaks to the platform."""
    return (
        f"%env CIVIS_API_ENDPOINT={platform.endpoint}\n"
        f"%env CIVIS_API_KEY={platform.api_key}\n"
        "%load_ext civis_nb"
    )


@pytest.fixture
def growing(platform: Any, flag: Path) -> Any:
    """Create a job whose log grows until `flag` is there; return its id."""

    def make(lines: int = 300, name: str = "Nightly load") -> int:
        source = GROWING.format(lines=lines, flag=str(flag))
        return int(platform.client().scripts.post_python3(name=name, source=source).id)

    return make


def start(page: Any, cell: int) -> Any:
    """Run a cell without waiting for its end; give its output."""
    page.page.locator(".jp-CodeCell").nth(cell).locator(".cm-content").click()
    page.command("notebook:run-cell")
    return page.output(cell)


def first_in_sight(view: Any) -> int:
    """Return the number of the first log line that a reader sees; -1 where none is drawn yet."""
    return int(
        view.locator(".civis-log-box").evaluate(
            """(box) => {
                const top = box.getBoundingClientRect().top;
                const rows = [...box.querySelectorAll(".civis-log-line")];
                const seen = rows.find((row) => row.getBoundingClientRect().bottom > top + 1);
                return Number(seen?.dataset.number ?? -1);
            }"""
        )
    )


def total(view: Any) -> int:
    """Return how many lines the view counts; 0 while it names none yet."""
    text = view.locator(".civis-log > summary").inner_text()
    found = re.search(r"([\d,]+) line", text)
    return int(found.group(1).replace(",", "")) if found else 0


def line(view: Any, number: int, text: str) -> Any:
    """Return a line of the log, when it is on the page and loaded."""
    row = view.locator(f"[data-number='{number}']", has_text=text)
    row.wait_for()
    return row


def grown(view: Any, by: int = 3) -> None:
    before = total(view)
    until(lambda: total(view) >= before + by, "more lines")


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
    assert first_in_sight(view) == 100
    assert page.page.evaluate("() => getSelection().toString().trim()") == "line 105"
    assert "below" in view.locator(".civis-log-jump").inner_text()

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
    view.locator(".civis-run-state", has_text="cancelled").wait_for(timeout=WAIT_MS)
    page.page.locator(".jp-OutputArea-output[data-mime-type*='stderr']").first.wait_for()
    assert page.problems == []


#: A job as people have it: the picture of the docs shows its run.
NIGHTLY = """%%civis_run python --name "Nightly load of donors"
import time
print("INFO  reading donors_2026-05-01.csv from the vendor's bucket", flush=True)
for state, rows in [("CA", 48211), ("NY", 31077), ("TX", 29640), ("FL", 22518), ("WA", 9934)]:
    print(f"INFO  {state}: {rows:,} rows", flush=True)
print("WARNING  TX: 12 rows without a ZIP code, kept as NULL", flush=True)
print("INFO  141,380 rows in public.donors_staging", flush=True)
print("INFO  merging into public.donors", flush=True)
time.sleep(600)
"""


def test_a_run_is_seen_at_a_glance(open_notebook, setup):
    page = open_notebook(setup, NIGHTLY)
    page.wait_for_kernel()
    start(page, 0)
    view = start(page, 1).locator(".civis-run")
    view.locator(".civis-log-line", has_text="merging").wait_for()
    view.locator(".civis-run-state", has_text="running").wait_for()
    view.get_by_text("Nightly load of donors").first.wait_for()
    page.page.mouse.move(0, 0)
    page.shot("run-view", view)
    view.get_by_role("button", name="Cancel").click()
    view.locator(".civis-run-state", has_text="cancelled").wait_for(timeout=WAIT_MS)
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
    heights = []
    for cell in (1, 3):
        box = page.output(cell).locator(".civis-run .civis-log-box")
        box.locator(".civis-log-line").first.wait_for()
        heights.append(box.evaluate("(box) => box.clientHeight"))
    assert 32 <= heights[0] < 100
    assert heights[1] > 250
    box.evaluate("(box) => { box.scrollTop = 0 }")
    line(page.output(3), 0, "0")
    page.output(3).get_by_label("Levels shown").select_option("error")
    page.output(3).locator(".civis-log-count", has_text="0 lines").wait_for()
    assert box.evaluate("(box) => box.clientHeight") == heights[1]


def test_what_stays_needs_no_kernel(open_notebook, setup, growing, flag):
    job = growing(name="Doomed <b>")
    page = open_notebook(setup, f"%civis_run {job}")
    page.wait_for_kernel()
    start(page, 0)
    output = start(page, 1)
    view = output.locator(".civis-run")
    view.locator(".civis-log-line").first.wait_for()
    until(lambda: total(view) > 303, "the first ticks")
    box = view.locator(".civis-log-box")
    box.evaluate("(box) => { box.scrollTop = 18 * 100 }")
    until(lambda: first_in_sight(view) == 100, "line 100")
    flag.touch()
    view.locator(".civis-run-state", has_text="succeeded").wait_for(timeout=WAIT_MS)
    until(lambda: "the last 50 of" in output.inner_html(), "the settled view")
    # The reader goes on where he was.
    until(lambda: output.locator(".civis-run").count() == 1, "the view in its new place")
    until(lambda: first_in_sight(view) == 100, "line 100 again")

    notebook = page.save()
    (kept,) = [one for one in notebook.cells[1].outputs if "data" in one]
    assert set(kept.data) == {"text/plain", "text/html", "application/vnd.civis.run+json"}
    data = kept.data["application/vnd.civis.run+json"]
    assert data["state"] == "succeeded"
    assert len(data["log"]["lines"]) == 50
    assert "the end" in kept.data["text/html"]
    assert len(json.dumps(kept.data)) < 100_000
    assert "widget-view" not in json.dumps(notebook)

    page.command("kernelmenu:shutdown")
    page.page.get_by_text("No Kernel").first.wait_for()
    again = open_notebook(path=page.path)
    again.output(1).get_by_text("succeeded").first.wait_for()
    assert "model not found" not in again.page.content()
    assert again.output(1).locator(".civis-run").count() == 0
    assert again.problems == []


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
    view.locator(".civis-run-state", has_text="succeeded").wait_for(timeout=3 * WAIT_MS)
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


def test_many_runs_and_pages_are_read_and_cancelled(open_notebook, setup, platform):
    client = platform.client()
    sources = ["pass", "raise ValueError('<b>boom</b>')", "import time; time.sleep(600)"]
    jobs = [
        client.scripts.post_python3(name=f"Load {number}", source=source).id
        for number, source in enumerate(sources)
    ]
    page = open_notebook(
        setup,
        "import civis_nb\n"
        "from civis_nb.futures import RunGroup\n"
        "from civis_nb.utils import run_job\n"
        "client = civis_nb.APIClient()\n"
        f"group = RunGroup([run_job(job, client=client) for job in {jobs}], title='Nightly')\n"
        "group.wait()",
        "client.jobs.list(limit=2, iterator=True)",
    )
    page.wait_for_kernel()
    start(page, 0)
    output = start(page, 1)
    view = output.locator(".civis-run")
    view.get_by_text("1 failed, 1 running, 1 succeeded").wait_for(timeout=WAIT_MS)
    rows = view.locator("tbody tr")
    until(lambda: "boom" in rows.first.inner_text(), "the error of the first row")
    assert view.locator("tbody b").count() == 0
    # What does not change is not written again, so a reader can select and copy it.
    caption, took = view.locator(".civis-run-title").first, rows.nth(1).locator("td").nth(2)
    caption.evaluate("(one) => document.getSelection().selectAllChildren(one)")
    before = took.inner_text()
    until(lambda: took.inner_text() != before, "the next second")
    selected = page.page.evaluate("() => document.getSelection().toString()")
    assert "1 failed, 1 running, 1 succeeded" in selected
    rows.nth(1).get_by_role("button").click()
    output.get_by_text("1 failed, 1 cancelled, 1 succeeded").first.wait_for(timeout=WAIT_MS)

    pages = start(page, 2).locator(".civis-pages")
    pages.get_by_text("Nothing is fetched yet").wait_for()
    pages.get_by_role("button", name="Fetch the first page").click()
    pages.locator(".civis-pages-place", has_text="Page 1 of").wait_for()
    pages.locator("thead th", has_text="id").first.wait_for()
    pages.get_by_role("button", name="Next").press("Enter")
    pages.locator(".civis-pages-place", has_text="Page 2 of").wait_for()
    pages.get_by_role("button", name="Previous").press("Enter")
    pages.locator(".civis-pages-place", has_text="Page 1 of").wait_for()
    assert page.problems == []
    text = page.save().cells[2].outputs[0].data["text/html"]
    assert "Iterate to fetch" in text or "items" in text


def test_two_views_stay_in_step_and_say_when_the_kernel_is_gone(
    open_notebook, setup, growing, flag
):
    job = growing(lines=10)
    page = open_notebook(setup, f"%civis_run {job}")
    page.wait_for_kernel()
    start(page, 0)
    output = start(page, 1)
    output.locator(".civis-run .civis-log-line").first.wait_for()
    page.command("notebook:create-output-view")
    views = page.page.locator(".civis-run")
    until(lambda: views.count() == 2, "the second view")
    first, second = views.nth(0), views.nth(1)
    second.locator(".civis-log-line").first.wait_for()
    grown(first)
    until(lambda: total(first) == total(second), "the same log in both")
    page.restart()
    for view in (first, second):
        view.get_by_text("The kernel is gone").wait_for(timeout=WAIT_MS)
        until(lambda view=view: not view.get_by_role("button", name="Cancel").count(), "no Cancel")
        view.locator(".civis-log-line", has_text="tick").first.wait_for()
    assert page.problems == []


def test_a_run_starts_again_in_its_view_and_background_runs_are_cancelled(
    open_notebook, setup, platform, growing
):
    quick = platform.client().scripts.post_python3(name="Quick", source="print('done')").id
    page = open_notebook(setup, f"%civis_run {quick}", f"%civis_run {growing()} --bg")
    page.wait_for_kernel()
    start(page, 0)
    output = start(page, 1)
    view = output.locator(".civis-run")
    view.get_by_role("button", name="Run again").click()
    runs = platform.client().jobs.list_runs
    until(lambda: len(runs(quick)) == 2, "the second run")
    newest = max(run.id for run in runs(quick))
    view.locator(".civis-run-state", has_text="succeeded").wait_for(timeout=WAIT_MS)
    view.get_by_text(f"job {quick}, run {newest}").wait_for()
    until(
        lambda: f"job {quick}, run {newest}" in page.save().cells[1].outputs[0].data["text/plain"],
        "the end of the second run in the notebook",
    )
    until(lambda: output.locator(".civis-run").count() == 1, "one view")

    # In the background: the log comes while the notebook is free, and the cell settles.
    output = start(page, 2)
    view = output.locator(".civis-run")
    view.locator(".civis-log-line", has_text="tick").first.wait_for()
    grown(view)
    view.get_by_role("button", name="Cancel").click()
    view.locator(".civis-run-state", has_text="cancelled").wait_for(timeout=WAIT_MS)
    until(
        lambda: "cancelled" in page.save().cells[2].outputs[0].data["text/plain"],
        "the end in the notebook",
    )
    (kept,) = page.save().cells[2].outputs
    assert "Log: the last 50 of" in kept.data["text/plain"]
    assert page.problems == []
