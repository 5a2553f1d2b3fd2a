"""Cells in Notebook 7: the same views as in JupyterLab, whose shell and shortcuts are others."""

from __future__ import annotations

import pytest

from tests.widgets.drivers import serious_findings, until

pytestmark = pytest.mark.exhaustive

ROWS = "select range as n, 'name ' || (range % 7) as name from generate_series(0, {} - 1) t(range)"
CELLS = (
    "%load_ext civis_nb",
    f"%%civis_sql\n{ROWS.format(3000)}",
    f"%%civis_sql\n{ROWS.format(400)}",
    "%%civis_run python\nfor n in range(300): print('line', n)",
)


def test_views_answer_share_their_script_and_leave_html_behind(open_notebook):
    page = open_notebook(*CELLS, app="notebook")
    page.run_all()
    view, other = (page.output(cell).locator(".civis-table") for cell in (1, 2))
    for one in (view, other):
        one.locator(".civis-cell").first.wait_for()
    kinds = page.page.evaluate('() => globalThis[Symbol.for("civis_nb.views")].size')
    assert kinds < page.page.locator(".civis-view").count()

    view.locator(".civis-head-cell .civis-name", has_text="n").first.click()
    view.locator(".civis-layer").focus()
    page.page.keyboard.press("Control+End")
    # A preview holds the first thousand rows.
    view.locator(".civis-gutter", has_text="1000").wait_for()
    place = view.locator(".civis-scroller").evaluate("(box) => box.scrollTop")
    assert place > 0

    # Out of sight its cells are not laid out; the reader finds it as he left it.
    log = page.output(3).locator(".civis-log-line", has_text="line 299")
    log.wait_for()
    log.scroll_into_view_if_needed()
    page.shot("notebook-7-log")
    view.locator(".civis-gutter", has_text="1000").scroll_into_view_if_needed()
    until(lambda: "999" in view.locator(".civis-cell").all_inner_texts(), "the last row")
    assert view.locator(".civis-scroller").evaluate("(box) => box.scrollTop") == place

    for dark in (True, False):
        page.theme(dark)
        assert not serious_findings(page.page, ".jp-Cell-outputArea")
        page.shot(f"notebook-7-{'dark' if dark else 'light'}")
    page.save()
    page.page.close()
    page.end_kernels()

    again = open_notebook(path=page.path, app="notebook")
    again.output(1).locator("table", has_text="name 6").first.wait_for()
    again.output(3).get_by_text("line 299").first.wait_for()
    assert "model not found" not in again.page.content()
    assert page.problems == again.problems == []
