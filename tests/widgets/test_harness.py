"""The browser harness by itself: a view that answers, in JupyterLab and in Notebook 7."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.exhaustive

CELLS = (
    "import pyarrow as pa\nfrom civis_nb.widgets import TableView",
    "view = TableView(pa.table({'n': list(range(1000)), 'text': ['<b>x</b>'] * 1000}))\nview",
)


@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_view_is_shown_and_answers(open_notebook, app):
    page = open_notebook(*CELLS, app=app)
    page.run_all()
    view = page.output(1).locator(".civis-table")
    view.locator(".civis-cell", has_text="<b>x</b>").first.wait_for()
    view.locator(".civis-caption", has_text="1,000 rows").first.wait_for()
    page.run_cell("view.sort = [{'column': 0, 'descending': True}]")
    view.locator(".civis-cell", has_text="999").first.wait_for()
    assert page.problems == []
