"""Background cells in JupyterLab whose kernel is restarted."""

from __future__ import annotations

import pytest

from tests.widgets.drivers import WAIT_MS, until
from tests.widgets.runs_in_lab.conftest import grown, start

pytest.importorskip("anywidget")

pytestmark = pytest.mark.exhaustive


GONE = "The kernel is gone"


def test_what_is_left_of_background_cells_names_their_runs(
    open_notebook, setup, platform, growing, flag
):
    job = growing(lines=10)
    page = open_notebook(
        setup,
        f"%civis_run {job} --bg -o run",
        "%%civis_sql d --bg\nselect count(*) as n from generate_series(1, 30000) a(i), "
        "generate_series(1, 300000) b(j) where i % 7 <> j % 11",
    )
    page.wait_for_kernel()
    start(page, 0)
    run = start(page, 1).locator(".civis-run")
    run.locator(".civis-log-line", has_text="tick").first.wait_for()
    grown(run)
    query = start(page, 2).locator(".civis-run")
    query.get_by_text("job 2, run 2").wait_for(timeout=WAIT_MS)
    page.restart()
    for view in (run, query):
        view.get_by_text(GONE).wait_for(timeout=WAIT_MS)
        until(lambda view=view: not view.get_by_role("button", name="Cancel").count(), "no Cancel")
    # What was seen stays on the page, and the notebook says which runs go on.
    assert run.locator(".civis-log-line", has_text="tick").count() > 1
    kept = page.save().cells
    for cell, words in ((1, f"job {job}, run 1"), (2, "job 2, run 2")):
        (output,) = kept[cell].outputs
        assert words in output.data["text/plain"]
        assert words in output.data["text/html"]
    client = platform.client()
    assert [client.jobs.get_runs(number, number).state for number in (1, 2)] == ["running"] * 2
    client.jobs.delete_runs(2, 2)
    flag.touch()
    until(lambda: client.jobs.get_runs(1, 1).state == "succeeded", "the end of the job")

    # The cell runs again in the new kernel, and settles.
    start(page, 0)
    output = start(page, 1)
    output.locator(".civis-run-state", has_text="succeeded").wait_for(timeout=WAIT_MS)
    until(lambda: output.locator(".civis-run").count() == 1, "one view")
    assert output.get_by_text(GONE).count() == 0
    until(
        lambda: f"job {job}, run 3" in page.save().cells[1].outputs[0].data["text/plain"],
        "the end in the notebook",
    )
    assert page.problems == []
