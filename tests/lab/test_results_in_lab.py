"""Tables of notebooks that are opened again without their kernel."""

from __future__ import annotations

import copy

import nbformat
import pytest

from tests.widgets.drivers import Page, serious_findings, written

pytestmark = pytest.mark.exhaustive

TABLE = "application/vnd.civis.table+json"
LOAD = "%load_ext civis_nb"
QUERY = """\
%%civis_sql
select state, birth_year, voter_id::text || '<b>x</b>' as code,
       case when birth_year > 1950 then birth_year / 7.0 end as share
from public.turnout where voter_id < 1000040000 order by voter_id desc"""


@pytest.fixture(scope="module")
def saved(lab_server, browser_window):
    """Run a query in JupyterLab, save the notebook, end its kernel; return the file's text."""
    page = Page(browser_window.new_page(), lab_server, written(lab_server, LOAD, QUERY), "lab")
    page.run_all()
    grid = page.output(1).locator(".civis-table")
    page.until(lambda: grid.count() == 2 and grid.last.is_visible(), "the live view")
    page.output(1).get_by_role("button", name="CSV").wait_for()
    # The live view is the only one to be seen: neither the HTML nor what was saved is.
    html = page.output(1).locator("table").first
    page.until(
        lambda: (
            not html.is_visible() and not page.output(1).locator(".civis-saved-view").is_visible()
        ),
        "one view alone",
    )
    notebook = page.save()
    page.page.close()
    page.end_kernels()
    return notebook


@pytest.fixture
def open_saved(saved, lab_server, open_in_kept_lab):
    """Open the saved notebook again, or a changed one; `sign` has JupyterLab trust it."""

    def opened(notebook=None, sign=True):
        path = written(lab_server)
        nbformat.write(notebook or saved, path)
        if sign:
            lab_server.trust(path)
        return open_in_kept_lab(path=path)

    return opened


def view(page, cell=1):
    return page.output(cell).locator(".civis-saved-view")


def column(page, at):
    """Return the cells of a column that are on the page."""
    cells = view(page).locator(f".civis-row [aria-colindex='{at + 2}']")
    return [text.strip() for text in cells.all_inner_texts()]


def until_drawn(page):
    """Wait for the saved table: its rows stand before their cells have text."""
    page.until(lambda: any(column(page, 1)), "the cells of the saved table")


def header(page, name):
    return view(page).get_by_role("columnheader", name=name).locator(".civis-name")


def test_a_saved_table_is_sorted_filtered_and_scrolled(open_saved):
    page = open_saved()
    until_drawn(page)
    html = page.output(1).locator("table").first
    page.until(lambda: not html.is_visible(), "the end of the HTML")
    assert "the first 20 rows" in view(page).locator(".civis-caption").first.inner_text()
    page.shot("saved-table-light", page.output(1))
    years = [int(year) for year in column(page, 1)]
    header(page, "birth_year").click()
    page.until(lambda: column(page, 1) == sorted(column(page, 1), key=int), "the order")
    assert int(column(page, 1)[0]) <= min(years)
    header(page, "share").click()
    page.until(lambda: "NULL" not in column(page, 3)[:3], "numbers before NULL")
    # By the keyboard to the last row, which was not on the page before.
    view(page).get_by_role("grid").focus()
    page.page.keyboard.press("Control+End")
    page.until(
        lambda: view(page).locator("[aria-rowindex='21']").count() == 1, "the last saved row"
    )
    first = column(page, 0)[0]
    view(page).get_by_role("button", name="Menu of the column state").click()
    dialog = view(page).get_by_role("dialog")
    dialog.get_by_label("Filter by").select_option("text")
    dialog.get_by_label("What").fill(first)
    dialog.get_by_role("button", name="Apply").click()
    page.until(lambda: set(column(page, 0)) == {first}, "the rows of one state")
    page.theme(dark=True)
    page.shot("saved-table-dark", page.output(1))
    assert serious_findings(page.page, ".civis-saved-view") == []
    page.theme(dark=False)
    assert page.problems == []


def test_names_and_cells_are_shown_as_text(open_saved):
    page = open_saved()
    until_drawn(page)
    assert column(page, 2)[0].endswith("<b>x</b>")
    assert view(page).locator("b:not(.civis-caption b)").count() == 0


def test_the_live_view_comes_back_when_the_cell_runs(open_saved):
    page = open_saved()
    page.until(lambda: view(page).is_visible(), "the saved table")
    page.run_all()
    live = page.output(1).get_by_role("button", name="CSV")
    page.until(lambda: live.is_visible() and not view(page).is_visible(), "the live view")
    # When the view has ended there is the saved table again, not the HTML beside it.
    page.run_cell(
        "from ipywidgets.widgets.widget import _instances\n"
        "for view in list(_instances.values()): view.close()"
    )
    page.until(lambda: view(page).is_visible(), "the saved table after the view's end")
    html = page.output(1).locator("table").first
    page.until(lambda: not html.is_visible(), "the end of the HTML")


def test_malformed_data_leaves_the_html(saved, open_saved):
    broken = [{}, None, {"version": 99}, {"version": 1, "columns": "all"}, ["<b>"]]
    notebook = copy.deepcopy(saved)
    cell = notebook.cells[1]
    notebook.cells = [copy.deepcopy(cell) for _ in broken]
    for number, (one, data) in enumerate(zip(notebook.cells, broken, strict=True)):
        one.id = f"broken-{number}"
        one.outputs[0]["data"][TABLE] = data
    page = open_saved(notebook)
    page.show_all_cells()
    for number, data in enumerate(broken):
        html = page.output(number).locator("table").first
        page.until(html.is_visible, f"the HTML of {data}")
        assert page.output(number).locator(".civis-saved-view").count() == 0


def test_a_notebook_that_is_not_trusted_shows_the_table_and_runs_nothing(saved, open_saved):
    notebook = copy.deepcopy(saved)
    data = notebook.cells[1].outputs[0]["data"]
    data["text/html"] += "<img src=x onerror='window.pwned = true'>"
    data[TABLE]["columns"][0]["name"] = "<img src=x onerror='window.pwned = true'>"
    page = open_saved(notebook, sign=False)
    until_drawn(page)
    assert page.page.evaluate("() => window.pwned") is None
