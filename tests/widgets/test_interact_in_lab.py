"""Queries in the callbacks of ipywidgets, in a real JupyterLab."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.exhaustive

LOAD = (
    "%load_ext civis_nb\n"
    "import ipywidgets\n"
    "from civis_nb.display import live as shown; shown.SHOWN_AFTER_S = 0.0"
)
#: Long enough for its progress to be seen.
SLOW = (
    "@ipywidgets.interact(factor=(1, 9))\n"
    "def show(factor=2):\n"
    "    slow = %civis_sql select count(*) as n "
    "from generate_series(0, 19999999) a(range) where sqrt(a.range) > 9\n"
    "    job = %civis_run Speaks\n"
    "    table = %civis_sql select range * :factor as n from generate_series(0, 59) t(range)\n"
    "    display(table)"
)


def test_a_callback_leaves_its_results_alone_and_they_are_live(open_notebook, widgets_platform):
    source = "import time; print('said'); time.sleep(1)"
    widgets_platform.client().scripts.post_python3(name="Speaks", source=source)
    page = open_notebook(LOAD, SLOW)
    page.run_all()
    output = page.output(1)
    for factor in (2, 5):
        if factor != 2:
            output.locator(".widget-readout").fill(str(factor))
            page.page.keyboard.press("Enter")
        value = str(13 * factor)
        output.locator(".civis-table .civis-cell", has_text=value).first.wait_for()
        # An Output widget changes nothing that it has shown: what goes on would stay there.
        page.until(
            lambda: (
                output.get_by_text("succeeded").count() == 1
                and output.get_by_text("said").count() == 1
                and not any(word in output.inner_text() for word in ("running", "Loading"))
            ),
            "the results alone",
        )
    assert page.problems == []
