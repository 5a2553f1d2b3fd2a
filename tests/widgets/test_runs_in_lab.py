"""The live view of a run in a real JupyterLab: read, searched, cancelled, and what stays of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import civis_nb
from tests.widgets.conftest import WAIT_MS, until

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
    """Make a job whose log grows until `flag` is there; give its id."""

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
    """Return the number of the first log line that a reader sees."""
    return int(
        view.locator(".civis-log-box").evaluate(
            """(box) => {
                const top = box.getBoundingClientRect().top;
                const rows = [...box.querySelectorAll(".civis-log-line")];
                const seen = rows.find((row) => row.getBoundingClientRect().bottom > top + 1);
                return Number(seen.dataset.number);
            }"""
        )
    )


def total(view: Any) -> int:
    text = view.locator(".civis-log > summary").inner_text()
    return int(re.search(r"([\d,]+) line", text).group(1).replace(",", ""))


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
    last = view.locator(".civis-log-line").last
    assert last.inner_text().startswith("tick")
    grown(view)
    assert box.evaluate("(box) => box.scrollHeight - box.scrollTop - box.clientHeight < 5")
    page.shot("run-light", view)

    # A reader further up stays where he is, and keeps what he has selected.
    box.evaluate("(box) => { box.scrollTop = 18 * 100 }")
    until(lambda: first_in_sight(view) == 100, "line 100")
    row = view.locator("[data-number='105']")
    row.evaluate("(row) => getSelection().selectAllChildren(row)")
    grown(view)
    assert first_in_sight(view) == 100
    assert page.page.evaluate("() => getSelection().toString().trim()") == "line 105"
    assert "below" in view.locator(".civis-log-jump").inner_text()

    # Earlier lines are there, each once, and a progress bar is one of them.
    box.evaluate("(box) => { box.scrollTop = 0 }")
    until(lambda: first_in_sight(view) == 0, "line 0")
    assert view.locator("[data-number='0']").inner_text().strip() == "line 0"
    box.evaluate("(box) => { box.scrollTop = 18 * 290 }")
    until(lambda: view.locator("[data-number='300']").count() == 1, "the progress bar")
    assert view.locator("[data-number='300']").inner_text().strip() == "loading 100 %"
    red = view.locator("[data-number='301']")
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
    assert first_in_sight(view) == 100
    assert output.locator(".civis-run").count() == 1

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
    again.output(1).get_by_text("succeeded").wait_for()
    assert "model not found" not in again.page.content()
    assert again.output(1).locator(".civis-run").count() == 0
    assert again.problems == []
