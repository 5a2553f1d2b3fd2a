"""Pictures of the documentation, taken of a real JupyterLab on the sample data.

They are written to build/screenshots; `make pictures` copies them to docs/_static.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import civis_nb
from tests.widgets.drivers import until

pytestmark = pytest.mark.exhaustive

QUERY = """%%civis_sql voters -d sample
SELECT state, birth_year, party, score, registered_on, voted
FROM public.turnout
WHERE state IN ('AK', 'MN', 'OH')
ORDER BY voter_id"""
PREVIEW = """%%civis_sql -d sample -n 8
SELECT voter_id, state, birth_year, party, score, last_contact, voted
FROM public.turnout
LIMIT 900"""
SCRIPT = """
import os, time
for state, voters in [("AK", 30858), ("AL", 31292), ("CA", 93011), ("CT", 31177), ("FL", 62406)]:
    print(f"{state}: {voters:,} voters are scored", flush=True)
print("\\x1b[33mwarning: 98,882 voters have no party\\x1b[0m", flush=True)
while not os.path.exists({flag!r}):
    time.sleep(0.1)
"""


@pytest.fixture
def setup() -> Any:
    with civis_nb.local.start() as platform:
        yield (
            platform,
            f"%env CIVIS_API_ENDPOINT={platform.endpoint}\n"
            f"%env CIVIS_API_KEY={platform.api_key}\n"
            "%load_ext civis_nb",
        )


def test_a_table_and_a_running_job_as_the_first_page_shows_them(
    open_notebook: Any, setup: Any, tmp_path: Path
) -> None:
    platform, first = setup
    flag = tmp_path / "end"
    platform.client().scripts.post_python3(
        name="Score voters", source=SCRIPT.replace("{flag!r}", repr(str(flag)))
    )
    page = open_notebook(first, QUERY, '%civis_run "Score voters" --bg')
    page.page.set_viewport_size({"width": 1080, "height": 1400})
    page.run_all()
    cells = page.page.locator(".jp-CodeCell")
    table = page.output(1).locator(".civis-table")
    table.locator(".civis-cell").first.wait_for()
    until(lambda: table.locator(".civis-bars svg").count() >= 2, "the histograms")
    page.shot("first-table", cells.nth(1))
    run = page.output(2).locator(".civis-run")
    run.get_by_text("98,882").wait_for()
    page.shot("first-run", cells.nth(2))
    flag.touch()
    run.get_by_text("succeeded").first.wait_for()
    assert page.problems == []


def test_a_sorted_and_filtered_table_as_its_page_shows_it(open_notebook: Any, setup: Any) -> None:
    page = open_notebook(setup[1], PREVIEW)
    page.page.set_viewport_size({"width": 1080, "height": 900})
    page.run_all()
    output = page.output(1)
    view = output.locator(".civis-table")
    view.locator(".civis-cell").first.wait_for()
    until(lambda: view.locator(".civis-bars svg").count() >= 4, "the histograms")
    score = view.locator(".civis-head-cell .civis-name", has_text="score")
    score.click()
    until(lambda: "score \u2191" in view.inner_text(), "the first order")
    score.click()
    until(lambda: "score \u2193" in view.inner_text(), "the order")
    party = view.locator(".civis-head-cell", has_text="party")
    party.locator(".civis-menu-button").click()
    dialog = view.locator("[role=dialog]")
    dialog.get_by_label("Filter by").select_option("set")
    dialog.locator(".civis-values-list label", has_text="DEM").click()
    dialog.get_by_role("button", name="Apply").click()
    dialog.wait_for(state="detached")
    until(lambda: "of 900 rows" in view.inner_text(), "the filter")
    # In grey what the filter leaves out; the last histogram is the last that comes.
    contact = view.locator(".civis-head-cell", has_text="last_contact")
    until(lambda: contact.locator(".civis-bar-all").count() > 5, "the histograms of the rest")
    page.page.mouse.move(0, 0)
    page.shot("table-view", output)
    assert page.problems == []
