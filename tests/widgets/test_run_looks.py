"""How the log and the error of a run look beside other views."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import civis_nb

pytestmark = pytest.mark.exhaustive


@pytest.mark.parametrize("styles", [("common", "run"), ("run", "common", "table")])
def test_numbers_of_lines_keep_their_room_whatever_view_comes_last(browser_window, styles):
    """Each view brings its styles: those of a table below stand behind those of the log."""
    static = Path(civis_nb.__file__).parent / "widgets" / "static"
    sheets = "".join(f"<style>{(static / f'{one}.css').read_text()}</style>" for one in styles)
    page = browser_window.new_page()
    page.set_content(
        f"{sheets}<div class='civis-view civis-run'>"
        "<div class='civis-log-box' style='--civis-log-digits: 5ch'><div class='civis-log-sizer'>"
        "<div class='civis-log-line' data-shown='1,234'>text</div></div></div></div>"
    )
    place, digit = page.locator(".civis-log-line").evaluate(
        """(row) => {
            const range = document.createRange();
            range.selectNodeContents(row);
            const text = range.getBoundingClientRect();
            return [text.left - row.getBoundingClientRect().left, text.width / 4];
        }"""
    )
    page.close()
    assert place == pytest.approx(7.5 * digit, abs=1)


def test_a_place_in_an_error_stands_below_its_word(open_notebook):
    page = open_notebook(
        "%load_ext civis_nb", "%%civis_sql wrong --bg\nselect 1 as iiiiiiii, nosuch",
        "import time\nwhile not wrong.done(): time.sleep(0.05)",
    )  # fmt: skip
    page.run_all()
    # The view's own line, and the one that stays in the notebook.
    live = page.output(1).locator(".civis-run .civis-run-error", has_text="nosuch")
    live.wait_for()
    for shown in (live, page.output(1).get_by_text(re.compile("^Error: column")).last):
        assert "monospace" in shown.evaluate("(one) => getComputedStyle(one).fontFamily")
