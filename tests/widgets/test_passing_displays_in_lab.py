"""What a display leaves in a real JupyterLab when its work has ended, and a wide profile there."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.exhaustive

PASSING = (
    "from civis_nb.display.bundle import Note\n"
    "from civis_nb.display.screens import NotebookCell\n"
    "screen = NotebookCell(); screen.draw(Note('working')); screen.clear()\n"
    "print('the end')"
)
PROFILE = (
    "%load_ext civis_nb\n"
    "%civis_sql --profile select range * 1000003 as a_long_name, range % 9 as b, range / 7.0 as c,"
    " 'value number ' || (range % 3) as words, date '2020-01-01' + (range % 99)::int as day"
    " from generate_series(0, 499) t(range)"
)


def test_a_display_that_has_passed_takes_no_room(open_notebook):
    page = open_notebook("print('the end')", PASSING, PROFILE)
    page.run_all()
    alone, passed = (page.output(cell) for cell in (0, 1))
    passed.locator("pre", has_text="the end").first.wait_for()
    page.until(lambda: "working" not in passed.inner_text(), "the end of the display")
    page.until(
        lambda: passed.bounding_box()["height"] == alone.bounding_box()["height"], "its own height"
    )

    # All columns of the profile are seen, without a scroll bar sideways.
    box = page.output(2).locator("[role=region]")
    page.shot("profile", page.output(2))
    assert box.evaluate("box => box.scrollWidth <= box.clientWidth")
    assert page.problems == []
