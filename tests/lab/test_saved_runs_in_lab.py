"""Runs of notebooks that are opened again without their kernel."""

from __future__ import annotations

import copy
import secrets
from pathlib import Path

import nbformat
import pytest

from tests.display.test_html import XSS
from tests.widgets.drivers import Page, serious_findings, written

pytestmark = pytest.mark.exhaustive

RUN = "application/vnd.civis.run+json"
GROUP = "application/vnd.civis.runs+json"
LOAD = "%load_ext civis_nb"
ONE = """\
%%civis_run python --name "Nightly <b>load</b>"
import sys
for number in range(80):
    print("line", number)
print("a \\x1b[31mred\\x1b[0m needle <img src=x onerror='window.pwned = true'>")
print("on the other stream", file=sys.stderr)"""
MANY = """\
import civis_nb
from civis_nb.futures import RunGroup
from civis_nb.utils import run_job
client = civis_nb.APIClient()
sources = ["pass", "raise ValueError('boom')"]
jobs = [client.scripts.post_python3(name="Load", source=source).id for source in sources]
RunGroup([run_job(job, client=client) for job in jobs], title="Nightly").wait()"""


@pytest.fixture(scope="module")
def saved(lab_server, browser_window):
    """Run jobs in JupyterLab, save the notebook, end its kernel; return the file's text."""
    page = Page(browser_window.new_page(), lab_server, written(lab_server, LOAD, ONE, MANY), "lab")
    page.run_all()
    # Of the run the live view alone is to be seen: neither its HTML nor what was saved is.
    run = page.output(1).locator(".civis-run:visible")
    page.until(lambda: run.count() == 1, "one view of the run")
    of_saved = page.output(1).locator(".civis-saved-view .civis-run:visible")
    page.until(lambda: of_saved.count() == 0, "the end of the saved view")
    notebook = page.save()
    page.page.close()
    page.end_kernels()
    assert RUN in notebook.cells[1].outputs[-1].data
    assert GROUP in notebook.cells[2].outputs[-1].data
    return notebook


@pytest.fixture
def open_saved(saved, lab_server, open_in_lab):
    """Open the saved notebook again, or a changed one; `sign` has JupyterLab trust it."""

    def opened(notebook=None, sign=True, open_in_lab=open_in_lab):
        path = written(lab_server)
        notebook = copy.deepcopy(notebook or saved)
        for cell in notebook.cells:
            cell.source = "0"  # a page has the cells in sight alone
        nbformat.write(notebook, path)
        if sign:
            lab_server.trust(path)
        return open_in_lab(path=path)

    return opened


def view(page, cell):
    return page.output(cell).locator(".civis-saved-view")


def lines(log):
    """Return the lines of a log that are on the page."""
    return [one.strip() for one in log.locator(".civis-log-line").all_inner_texts()]


def test_the_log_of_a_saved_run_is_searched_filtered_copied_and_downloaded(open_saved):
    page = open_saved()
    log = view(page, 1)
    log.locator(".civis-log-line", has_text="on the other stream").wait_for()
    static = page.output(1).locator(".civis-static-log")
    page.until(lambda: not static.is_visible(), "the end of the HTML")
    assert "Log: 82 lines; the first 32 are not kept" in log.locator("summary").inner_text()
    # What the HTML says of the run is there once, and nothing that a kernel is needed for.
    assert page.output(1).get_by_text("✓ succeeded").count() == 1
    assert set(log.get_by_role("button").all_inner_texts()) == {"↑", "↓", "Copy", "Download"}
    log.get_by_label("Search the log").fill("needle")
    page.until(lambda: log.locator(".civis-log-count").inner_text() == "1 of 1 match", "the match")
    red = log.locator(".civis-log-here span", has_text="red")
    assert "color-mix" in red.get_attribute("style")
    page.shot("saved-log-light", page.output(1))
    assert serious_findings(page.page, ".civis-saved-view") == []
    log.get_by_label("Search the log").fill("")
    log.get_by_label("Levels shown").select_option("error")
    page.until(lambda: lines(log) == ["on the other stream"], "the errors alone")
    log.get_by_role("button", name="Copy").click()
    log.get_by_role("button", name="Copied").wait_for()
    copied = page.page.evaluate("() => navigator.clipboard.readText()")
    assert copied == "on the other stream\n"
    log.get_by_label("Levels shown").select_option("debug")
    with page.page.expect_download() as download:
        log.get_by_role("button", name="Download").click()
    text = Path(download.value.path()).read_text()
    assert [one for one in text.splitlines() if one.startswith("line")] == [
        f"line {number}" for number in range(32, 80)
    ]
    page.theme(dark=True)
    # Which of them are drawn depends on where the log was scrolled to.
    page.until(lambda: sum(one.startswith("line") for one in lines(log)) > 5, "all lines again")
    page.shot("saved-log-dark", page.output(1))
    assert serious_findings(page.page, ".civis-saved-view") == []
    page.theme(dark=False)
    assert page.problems == []


def test_a_saved_group_is_a_table_without_buttons(open_saved):
    page = open_saved()
    group = view(page, 2)
    rows = group.locator("tbody tr")
    page.until(lambda: rows.count() == 2, "the rows")
    html = page.output(2).locator("table").first
    page.until(lambda: not html.is_visible(), "the end of the HTML")
    assert "boom" in rows.first.inner_text()
    assert "succeeded" in rows.last.inner_text()
    assert group.get_by_role("button").count() == 0
    page.output(2).scroll_into_view_if_needed()
    page.shot("saved-group-light", page.output(2))
    assert serious_findings(page.page, ".civis-saved-view") == []
    assert page.problems == []


def test_runs_that_went_on_when_they_were_saved_have_no_clock_and_no_buttons(
    saved, open_saved, open_with_clock
):
    notebook = copy.deepcopy(saved)
    data = notebook.cells[2].outputs[-1].data[GROUP]
    data["ended"] = data["runs"][1]["ended"] = False
    data["runs"][1] |= {"state": "running", "state_text": "running", "elapsed_s": 42.0}
    page = open_saved(notebook, open_in_lab=open_with_clock)
    row = view(page, 2).locator("tbody tr").last
    row.get_by_text("running 42.0 s").wait_for()
    page.page.clock.run_for(30_000)
    assert "running 42.0 s" in row.inner_text()
    assert view(page, 2).get_by_role("button").count() == 0
    assert view(page, 2).get_by_text("No word from the kernel").count() == 0


def test_a_saved_group_is_written_once(open_saved, open_with_clock):
    page = open_saved(open_in_lab=open_with_clock)
    page.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.scrollToItem(2)")
    rows = view(page, 2).locator("tbody tr")
    page.until(lambda: rows.count() == 2, "the rows")
    page.page.clock.run_for(30_000)  # a view asks for a while whether a kernel answers
    view(page, 2).evaluate(
        """(group) => {
            window.written = 0;
            new MutationObserver((all) => { window.written += all.length; }).observe(
                group, { attributes: true, characterData: true, childList: true, subtree: true });
        }"""
    )
    page.page.clock.run_for(5000)
    assert page.page.evaluate("() => window.written") == 0
    assert page.problems == []


def test_a_live_view_takes_the_place_of_a_saved_one_and_gives_it_back(open_saved):
    page = open_saved()
    page.until(lambda: view(page, 1).is_visible(), "the saved log")
    for cell, source in enumerate((LOAD, ONE)):
        page.page.locator(".jp-CodeCell").nth(cell).locator(".cm-content").fill(source)
    page.run_all()
    live = page.output(1).get_by_role("button", name="Run again")
    page.until(lambda: live.is_visible() and not view(page, 1).is_visible(), "the live view")
    page.run_cell(
        "from ipywidgets.widgets.widget import _instances\n"
        "for view in list(_instances.values()): view.close()"
    )
    page.until(lambda: view(page, 1).is_visible(), "the saved log after the view's end")
    static = page.output(1).locator(".civis-static-log")
    page.until(lambda: not static.is_visible(), "the end of the HTML")


def test_malformed_data_leaves_the_html(saved, open_saved):
    broken = [
        {"version": 1, "caption": "1 run", "runs": [{}]},
        {"version": 1, "log": {"total": 1, "lines": [["info", "x", [["x", "inset:0"]]]]}},
        {"version": 9, "log": {"total": 1, "lines": [["info", "x"]]}},
        {"version": 1, "log": {"total": 2**53 - 1, "lines": [["info", "x"]]}},
    ]
    notebook = copy.deepcopy(saved)
    _, run, group = notebook.cells
    notebook.cells = [copy.deepcopy(one) for one in (group, run, run, run)]
    for one, data in zip(notebook.cells, broken, strict=True):
        one.id = secrets.token_hex(4)
        output = one.outputs[-1].data
        output[RUN if RUN in output else GROUP] = data
    page = open_saved(notebook)
    page.show_all_cells()
    page.until(page.output(0).locator("table").is_visible, "the HTML of the group")
    for number in (1, 2, 3):
        html = page.output(number).locator(".civis-static-log")
        page.until(html.is_visible, "the HTML of a run")
    assert page.page.locator(".civis-saved-view").count() == 0
    assert page.problems == []


def test_the_end_of_a_very_long_log_is_shown_at_once(saved, open_saved):
    notebook = copy.deepcopy(saved)
    notebook.cells[1].outputs[-1].data[RUN]["log"] = {
        "total": 1_000_000_000,
        "lines": [["info", "the last line"]],
    }
    page = open_saved(notebook, sign=False)
    log = view(page, 1)
    page.until(lambda: lines(log) == ["the last line"], "the last line")
    assert "1,000,000,000 lines; the first 999,999,999 are not kept" in log.inner_text()
    assert page.problems == []


def test_hostile_texts_are_shown_as_text_also_where_nothing_is_trusted(saved, open_saved):
    evil = [*XSS, "<img src=x onerror='window.pwned = true'>"]
    notebook = copy.deepcopy(saved)
    run, group = (notebook.cells[cell].outputs[-1].data for cell in (1, 2))
    run[RUN]["log"] = {
        "total": 3 * len(evil),
        "lines": [
            line
            for text in evil
            for line in (["info", text], [text, text], ["error", text, [[text, ""]]])
        ],
    }
    for one in group[GROUP]["runs"]:
        for name in ("title", "state", "state_text", "ids", "url", "error"):
            one[name] = "\n".join(evil)
    group[GROUP]["caption"] = group[GROUP]["left_out"] = "\n".join(evil)
    page = open_saved(notebook, sign=False)
    page.until(lambda: evil[-1] in lines(view(page, 1)), "the lines")
    page.until(lambda: view(page, 2).locator("tbody tr").count() == 2, "the rows")
    inside = page.page.locator(".civis-saved-view").locator("img, script, iframe, a, svg, b, i")
    assert inside.count() == 0
    assert page.page.evaluate("() => window.pwned") is None
    assert page.problems == []
