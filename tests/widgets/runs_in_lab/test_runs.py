"""Views of runs in JupyterLab: states, what stays without a kernel, cancelling, starting again."""

from __future__ import annotations

import json

import pytest

from tests.widgets.drivers import WAIT_MS, until
from tests.widgets.runs_in_lab.conftest import first_in_sight, grown, start, total

pytest.importorskip("anywidget")

pytestmark = pytest.mark.exhaustive


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
    page.shot("run-view", page.output(1))
    view.get_by_role("button", name="Cancel").click()
    view.locator(".civis-run-state", has_text="cancelled").first.wait_for(timeout=WAIT_MS)
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
    # For a moment the settled view is there beside the live one.
    view.locator(".civis-run-state", has_text="succeeded").first.wait_for(timeout=WAIT_MS)
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
    until(lambda: again.output(1).locator(".civis-run").count() == 0, "no live view")
    assert again.problems == []


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
    view.get_by_text("1 failed, 1 running, 1 succeeded").first.wait_for(timeout=WAIT_MS)
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
    until(lambda: view.count() == 1, "one view")
    view.get_by_role("button", name="Run again").click()
    runs = platform.client().jobs.list_runs
    until(lambda: len(runs(quick)) == 2, "the second run")
    newest = max(run.id for run in runs(quick))
    # For a moment the settled view is there beside the live one.
    view.locator(".civis-run-state", has_text="succeeded").first.wait_for(timeout=WAIT_MS)
    view.get_by_text(f"job {quick}, run {newest}").first.wait_for()
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
    view.locator(".civis-run-state", has_text="cancelled").first.wait_for(timeout=WAIT_MS)
    until(
        lambda: "cancelled" in page.save().cells[2].outputs[0].data["text/plain"],
        "the end in the notebook",
    )
    (kept,) = page.save().cells[2].outputs
    assert "Log: the last 50 of" in kept.data["text/plain"]
    assert page.problems == []
