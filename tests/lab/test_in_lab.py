"""SQL cells in a real JupyterLab: their colours, and what completes them."""

from __future__ import annotations

import pytest
from playwright.sync_api import TimeoutError

pytestmark = pytest.mark.exhaustive


def editor(page, cell):
    return page.page.locator(".jp-CodeCell").nth(cell).locator(".cm-content")


def colours(page, cell):
    """Return the words of a cell that have a colour of their own, with the colour."""
    spans = editor(page, cell).locator(".cm-line span")
    return dict(
        spans.evaluate_all(
            "spans => spans.map(one => [one.textContent, getComputedStyle(one).color])"
        )
    )


def proposals(page):
    found = page.page.locator(".jp-Completer:not(.lm-mod-hidden) .jp-Completer-item")
    found.first.wait_for()
    return [one.strip() for one in page.page.locator(".jp-Completer-match").all_inner_texts()]


def type_in(page, cell, text):
    """Write text at the end of a cell."""
    editor(page, cell).click()
    page.page.keyboard.press("Control+End")
    page.page.keyboard.type(text)


def test_sql_is_coloured_in_sql_cells_alone(open_in_lab):
    page = open_in_lab(
        "%%civis_sql df -d sample\nSELECT state, 'its' FROM turnout -- all of it\n",
        "for SELECT in range(3): pass",
        "x = 1\nSELECT = 'state'",
    )
    page.wait_for_kernel()
    page.until(lambda: "SELECT" in colours(page, 0), "the colours of SQL")
    sql = colours(page, 0)
    assert sql["SELECT"] == sql["FROM"]
    assert len({sql["SELECT"], sql["'its'"], sql["-- all of it"]}) == 3
    # A column is none of SQL's words, although SQL has such a word.
    assert "state" not in sql
    assert sql["%%civis_sql"] != sql["-d"] != sql["SELECT"]
    assert "for" in colours(page, 1)
    assert colours(page, 1).get("SELECT") != sql["SELECT"]
    page.shot("sql-cell-light")
    page.theme(dark=True)
    page.until(lambda: colours(page, 0).get("SELECT") not in (None, sql["SELECT"]) or
               colours(page, 0)["'its'"] != sql["'its'"], "the dark colours")  # fmt: skip
    page.shot("sql-cell-dark")
    page.theme(dark=False)


def test_a_cell_becomes_sql_when_its_first_line_does(open_in_lab):
    page = open_in_lab("", "x = 1")
    page.wait_for_kernel()
    type_in(page, 0, "%%civis_sql\nselect 1 from t where true")
    page.until(lambda: "where" in colours(page, 0), "the colours of SQL")
    editor(page, 0).click()
    page.page.keyboard.press("Control+Home")
    page.page.keyboard.type("# ")
    page.until(lambda: "where" not in colours(page, 0), "the colours of Python")


def test_columns_are_completed_through_an_alias(open_in_lab):
    page = open_in_lab("%load_ext civis_nb", "%%civis_sql\nselect t. from turnout t")
    page.wait_for_kernel()
    shown = page.page.locator(".jp-Completer:not(.lm-mod-hidden) .jp-Completer-match")

    def completed():
        # On a busy machine the names of the columns may come too late for one list.
        page.page.keyboard.press("Escape")
        type_in(page, 1, "")
        for _ in range(len(" from turnout t")):
            page.page.keyboard.press("ArrowLeft")
        page.page.keyboard.press("Tab")
        try:
            shown.first.wait_for(timeout=5000)
        except TimeoutError:
            return []
        return proposals(page)

    found = page.until(completed, "the columns")
    assert found[0] == "voter_id"
    assert "state" in found
    page.shot("completion-columns")
    page.page.keyboard.type("sta")
    page.until(lambda: proposals(page)[0] == "state", "the narrower list")
    page.page.keyboard.press("Enter")
    page.until(
        lambda: "select t.state from turnout t" in editor(page, 1).inner_text(), "the column"
    )


#: Cells, each with a proposal behind its end.
PLACES = {
    "%%civis_sql\nselect * from ": "public.turnout",
    "%%civis_sql\nselect * from public.": "turnout",
    "%%civis_sql\nselect datedi": "datediff(part, start, end)",
    "%%civis_sql\nselect * from turnout where birth_year > :": "since",
    "%%civis_sql --as ": "polars",
    "%%civis_sql --da": "--database",
}


def test_places_of_every_kind_are_completed(open_in_lab):
    page = open_in_lab(*PLACES)
    page.wait_for_kernel()
    # Two variables: JupyterLab inserts the only proposal at once and shows no list.
    page.run_cell("since, before = 2010, 2020")
    page.wait_for_kernel()

    def completed(cell, wanted):
        # On a busy machine the kernel's variables may come too late for one list.
        page.page.keyboard.press("Escape")
        type_in(page, cell, "")
        page.page.keyboard.press("Tab")
        return wanted in proposals(page)

    for cell, wanted in enumerate(PLACES.values()):
        page.until(lambda cell=cell, wanted=wanted: completed(cell, wanted), wanted)
        page.page.keyboard.press("Escape")


def test_the_only_proposal_is_inserted(open_in_lab):
    page = open_in_lab("%%civis_sql\nselect * from turnout where birth_year > :")
    page.wait_for_kernel()
    page.run_cell("since = 2010")
    page.wait_for_kernel()

    type_in(page, 0, "")
    # Tab is an indent until JupyterLab has seen where the cursor is.
    page.page.locator(".jp-CodeCell .jp-mod-completer-enabled").wait_for()
    page.page.keyboard.press("Tab")
    assert proposals(page) == ["since"]
    page.page.keyboard.press("Tab")
    page.until(
        lambda: editor(page, 0).inner_text().endswith("birth_year > :since"),
        "the variable in the cell",
    )


def test_names_of_others_are_shown_as_text(open_in_lab):
    page = open_in_lab("%%civis_sql\nselect * from mart.")
    page.wait_for_kernel()
    type_in(page, 0, "")
    page.page.keyboard.press("Tab")
    assert proposals(page)[0] == "Odd <b>name</b>"
    page.page.keyboard.press("Enter")
    page.until(
        lambda: 'select * from mart."Odd <b>name</b>"' in editor(page, 0).inner_text(), "the name"
    )


def test_python_cells_are_completed_by_the_kernel(open_in_lab):
    page = open_in_lab("os.getp")
    page.wait_for_kernel()
    page.run_cell("import os")
    page.wait_for_kernel()
    type_in(page, 0, "")
    page.page.keyboard.press("Tab")
    found = proposals(page)
    assert "getpid" in found
    assert not {"select", "public.turnout"} & set(found)
