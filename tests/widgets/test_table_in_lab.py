"""The table view in a real JupyterLab and Notebook 7, on a local platform."""

from __future__ import annotations

import pytest

from tests.widgets.drivers import serious_findings, until

pytestmark = pytest.mark.exhaustive

SQL = (
    "%load_ext civis_nb",
    "%%civis_sql t\nselect range as n, 'name ' || (range % 7) as name, range / 8.0 as x,"
    " case when range % 3 = 0 then null else date '2024-01-01' + cast(range % 90 as int) end as day"
    " from generate_series(0, 2999) t(range)",
    "%%civis_sql\nselect range as n, '<img src=x onerror=alert(1)>' as evil "
    "from generate_series(0, 49) t(range)",
)


def test_results_of_cells_turn_into_live_views_and_leave_html_behind(open_notebook):
    page = open_notebook(*SQL)
    page.run_all()
    view = page.output(1).locator(".civis-table")
    view.locator(".civis-cell").first.wait_for()
    view.locator(".civis-caption", has_text="3,000 rows").first.wait_for()
    page.output(2).locator(".civis-table .civis-cell").first.wait_for()
    page.output(1).locator("table").first.wait_for(state="hidden")
    until(lambda: view.locator(".civis-bars svg").count() == 3, "the histograms")
    notebook = page.save()
    for output in (notebook.cells[1].outputs[-1], notebook.cells[2].outputs[-1]):
        assert set(output["data"]) == {
            "text/plain", "text/html", "application/vnd.civis.table+json",
        }  # fmt: skip
    page.page.close()

    again = open_notebook(path=page.path)
    again.output(1).locator(".civis-table .civis-cell").first.wait_for()
    again.command("kernelmenu:shutdown")
    again.page.close()
    assert page.problems == again.problems == []


def test_a_copy_of_a_cell_keeps_its_result_and_each_output_has_one_view(open_notebook):
    page = open_notebook(
        SQL[0],
        "factor = 1",
        "%civis_sql select range * :factor as n from generate_series(0, 59) t(range)",
    )
    page.run_all()
    page.output(2).locator(".civis-table .civis-cell").first.wait_for()
    page.page.locator(".jp-CodeCell").nth(2).locator(".jp-InputPrompt").click()
    page.command("notebook:copy-cell")
    page.command("notebook:paste-cell-below")
    page.output(3).locator(".civis-table .civis-cell", has_text="13").first.wait_for()

    page.run_cell("factor = 1000")
    page.page.locator(".jp-CodeCell").nth(2).locator(".cm-content").click()
    page.command("notebook:run-cell")
    page.output(2).locator(".civis-table .civis-cell", has_text="13000").first.wait_for()
    page.output(3).locator("td", has_text="13").first.wait_for()
    copied = page.output(3).locator(".civis-table")
    until(lambda: copied.count() == 0, "the end of the copy's view")
    assert "000" not in page.output(3).inner_text()

    # The second time shows what the first did, in the same place, to the views of a kernel gone.
    for _ in range(2):
        page.restart()
        page.output(2).get_by_text("The kernel is gone").wait_for()
        page.run_all()
        for cell in (2, 3):
            page.output(cell).locator(".civis-table .civis-cell", has_text="13").first.wait_for()
    for cell in (2, 3):
        views = page.output(cell).locator(".civis-table")
        until(lambda views=views: views.count() == 1, "one view")
    assert page.problems == []


def test_a_preview_is_counted_and_is_as_high_as_asked(open_notebook):
    page = open_notebook(
        SQL[0],
        "%%civis_sql -n 5\nselect range as n, range % 7 as m "
        "from generate_series(0, 2999) t(range)",
    )
    page.run_all()
    view = page.output(1).locator(".civis-table")
    rows = view.locator(".civis-cell[aria-colindex='2']")
    until(lambda: 5 <= rows.count() <= 6, "as many rows as asked")
    view.locator(".civis-caption", has_text="the total is not known").first.wait_for()
    until(lambda: view.locator(".civis-bars svg").count() == 2, "the histograms")
    view.locator(".civis-scroller").evaluate("(box) => { box.scrollTop = 300 }")
    view.get_by_role("button", name="Count rows").click()
    view.locator(".civis-caption", has_text="the first 1,000 of 3,000 rows").first.wait_for()
    button = view.get_by_role("button", name="Count rows")
    until(lambda: button.count() == 0, "the end of the button")
    # The reader stays where he was.
    assert view.locator(".civis-scroller").evaluate("(box) => box.scrollTop") == 300
    assert page.problems == []


def test_a_view_shown_by_itself_is_readable_without_its_kernel(open_notebook):
    page = open_notebook(*BIG)
    page.run_all()
    page.output(1).locator(".civis-table .civis-cell").first.wait_for()
    page.save()
    page.page.close()
    page.end_kernels()
    again = open_notebook(path=page.path)
    again.output(1).locator("table", has_text="<script>alert(1)</script>").first.wait_for()
    assert "model not found" not in again.page.content()
    live = again.output(1).locator(".civis-table")
    until(lambda: live.count() == 0, "no live view")


BIG = (
    "import numpy as np, pyarrow as pa\nfrom civis_nb.widgets.table import TableInfo, TableView",
    "n = 200_000\nv = TableView(pa.table({'n': np.arange(n), 'r': np.arange(n)[::-1] % 1000,"
    " 'evil': pa.array(['<script>alert(1)</script>', None, 'x' * 500] * (n // 3) + ['a', 'b']),"
    " **{f'c{i}': np.zeros(n) for i in range(300)}}),"
    " TableInfo(title='<b>big</b>', seconds=0.13, run='job 97', url='https://example.org/97'))\nv",
)


def cells(view, column):
    """Return the texts of a column that are on the page."""
    return view.locator(f".civis-cell[aria-colindex='{column + 2}']").all_inner_texts()


def test_a_table_is_sorted_filtered_copied_and_read_by_keyboard(open_notebook):
    page = open_notebook(*BIG)
    page.run_all()
    view = page.output(1).locator(".civis-table")
    view.locator(".civis-bars svg").first.wait_for()
    page.until(
        lambda: "<b>big</b> · 200,000 rows · 0.13 s · job 97 ↗" in view.inner_text(), "the caption"
    )
    page.until(lambda: "NULL" in cells(view, 2), "the rows")
    assert "<script>alert(1)</script>" in cells(view, 2)[0]

    # sort by a click, then by a second column with shift
    view.locator(".civis-head-cell .civis-name", has_text="r").first.click()
    page.until(lambda: cells(view, 1)[:1] == ["0"], "the order by r")
    view.locator(".civis-head-cell .civis-name", has_text="n").first.click(modifiers=["Shift"])
    page.until(lambda: "then n ↑" in view.inner_text(), "the second order")

    # filter by the menu, all by keyboard: from the header of n on
    view.locator(".civis-layer").focus()
    page.page.keyboard.press("Control+Home")
    page.page.keyboard.press("ArrowUp")
    page.page.keyboard.press("Alt+ArrowDown")
    dialog = view.locator("[role=dialog]")
    dialog.wait_for()
    low = dialog.get_by_label("From")
    low.focus()
    page.page.keyboard.type("199990")
    page.page.keyboard.press("Enter")
    page.until(lambda: "10 of 200,000 rows" in view.inner_text(), "the filter")
    dialog.wait_for(state="detached")
    page.shot("table-filtered", view)

    # copy: a selection by keyboard, and the SQL
    page.page.keyboard.press("ArrowDown")
    page.page.keyboard.press("Shift+ArrowDown")
    page.page.keyboard.press("Shift+ArrowRight")
    page.page.keyboard.press("Control+c")
    read = "() => navigator.clipboard.readText()"
    page.until(lambda: page.page.evaluate(read).startswith("n\tr\n"), "the copy")
    assert page.page.evaluate(read).count("\n") == 2
    view.get_by_role("button", name="Copy SQL").click()
    page.until(lambda: "WHERE" in page.page.evaluate(read), "the SQL")
    assert page.page.evaluate(read) == (
        'WHERE "n" >= 199990\nORDER BY "r" ASC NULLS LAST, "n" ASC NULLS LAST'
    )

    # the cell that is too long for its place
    view.locator(".civis-cell", has_text="xxx").first.dblclick()
    view.locator(".civis-cell-dialog small", has_text="500 characters").wait_for()
    page.page.keyboard.press("Escape")

    # a mistake is said, and is over with the next question
    page.run_cell("v.filters = []\nv.sort = []\nv.pinned = [2]")
    page.until(lambda: "· 200,000 rows" in view.inner_text(), "all rows")
    view.locator(".civis-layer").focus()
    page.page.keyboard.press("Control+End")
    numbers = view.locator(".civis-gutter")
    page.until(lambda: numbers.last.inner_text() == "200000", "the last row")
    page.until(
        lambda: view.locator(".civis-head-cell .civis-name", has_text="c299").count(), "c299"
    )
    view.locator(".civis-head-cell.civis-pinned .civis-name", has_text="evil").wait_for()
    assert view.locator(".civis-cell").count() < 600

    for dark in (False, True):
        page.theme(dark)
        page.shot(f"table-wide-{'dark' if dark else 'light'}", page.output(1))
        assert not serious_findings(page.page, ".civis-table")

    # the kernel ends while the view is there
    page.command("kernelmenu:restart")
    accept = page.page.locator(".jp-Dialog .jp-mod-accept")
    accept.click()
    view.locator(".civis-problem", has_text="The kernel is gone").wait_for()
    assert page.problems == []


def test_two_views_of_a_table_stay_in_step_and_are_reached_by_tab_alone(open_notebook):
    page = open_notebook(*SQL[:2])
    page.run_all()
    page.output(1).locator(".civis-table .civis-cell").first.wait_for()
    page.page.locator(".jp-CodeCell").nth(1).locator(".jp-InputPrompt").first.click()
    page.command("notebook:create-output-view")
    views = page.page.locator(".civis-table")
    until(lambda: views.count() == 2, "the second view")
    first, second = views.nth(0), views.nth(1)
    second.locator(".civis-cell").first.wait_for()

    # From the cell on, the first table that Tab comes to; then its header, and Enter.
    page.page.locator(".jp-CodeCell").nth(1).locator(".jp-InputPrompt").first.click()
    keyboard = page.page.keyboard
    inside = "(view) => view.querySelector('.civis-layer').contains(document.activeElement)"
    for _ in range(20):
        keyboard.press("Tab")
        if first.evaluate(inside):
            break
    assert first.evaluate(inside)
    keyboard.press("Control+Home")
    keyboard.press("ArrowUp")
    keyboard.press("Enter")
    keyboard.press("Enter")
    for view in (first, second):
        until(lambda view=view: cells(view, 0)[:1] == ["2999"], "the order")

    # What is filtered in the other one, and taken away again.
    second.locator(".civis-layer").focus()
    keyboard.press("Control+Home")
    keyboard.press("ArrowUp")
    keyboard.press("Alt+ArrowDown")
    second.get_by_role("dialog").get_by_label("To", exact=True).focus()
    keyboard.type("9")
    keyboard.press("Enter")
    for view in (first, second):
        until(lambda view=view: "10 of 3,000 rows" in view.inner_text(), "the filter")
        until(lambda view=view: cells(view, 0)[:1] == ["9"], "its rows")
    first.locator(".civis-chip").first.focus()
    keyboard.press("Enter")
    for view in (first, second):
        until(lambda view=view: "10 of" not in view.inner_text(), "all rows")
    # The focus goes on to the next one, and after the last one to the table.
    keyboard.press("Enter")
    for view in (first, second):
        until(lambda view=view: cells(view, 0)[:1] == ["0"], "the rows as they came")
    assert first.evaluate(inside)
    assert page.problems == []
