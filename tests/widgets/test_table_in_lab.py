"""The table view in a real JupyterLab and Notebook 7, on a local platform."""

from __future__ import annotations

SQL = (
    "%load_ext civis_nb",
    "%%civis_sql t\nselect range as n, 'name ' || (range % 7) as name, range / 8.0 as x,"
    " case when range % 3 = 0 then null else date '2024-01-01' + cast(range % 90 as int) end as day"
    " from range(3000)",
    "%%civis_sql\nselect range as n, '<img src=x onerror=alert(1)>' as evil from range(50)",
)


def test_results_of_cells_turn_into_live_views_and_leave_html_behind(open_notebook):
    page = open_notebook(*SQL)
    page.run_all()
    view = page.output(1).locator(".civis-table")
    view.locator(".civis-cell").first.wait_for()
    assert "3,000 rows" in view.locator(".civis-caption").first.inner_text()
    assert page.output(2).locator(".civis-table").count() == 1
    assert not page.output(1).locator("table").first.is_visible()
    page.shot("table-light", page.output(1))
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
