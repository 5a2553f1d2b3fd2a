"""SQL cells in a real JupyterLab: their colours, and what completes them."""

from __future__ import annotations

import pytest

from tests.lab.completions import cursor_at_end, proposals, shown

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


def type_in(page, cell, text):
    """Write text at the end of a cell."""
    cursor_at_end(page, cell)
    page.page.keyboard.type(text)


def test_sql_is_coloured_in_sql_cells_alone(open_in_kept_lab):
    page = open_in_kept_lab(
        "%%civis_sql df -d sample\nSELECT state, 'its' FROM turnout -- all of it\nWHERE ",
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
    page.until(lambda: "for" in colours(page, 1), "the colours of Python")
    assert colours(page, 1).get("SELECT") != sql["SELECT"]
    page.shot("sql-cell-light")
    page.theme(dark=True)
    words = ("SELECT", "'its'")
    page.until(
        lambda: any(colours(page, 0).get(word) not in (None, sql[word]) for word in words),
        "the dark colours",
    )
    page.shot("sql-cell-dark")
    page.until(lambda: proposals(page, 0), "a list in the dark theme")
    page.shot("completion-dark")
    page.page.keyboard.press("Escape")
    page.theme(dark=False)


def test_lines_that_a_backslash_joins_are_coloured_and_completed(open_in_kept_lab):
    page = open_in_kept_lab(
        "%load_ext civis_nb",
        "df = %civis_sql -d sample \\\n  SELECT 'its' \\\n  FROM turnout t WHERE t.\nFROM = 1",
    )
    page.wait_for_kernel()
    page.until(lambda: "FROM" in colours(page, 1), "the colours of SQL")
    assert colours(page, 1)["FROM"] == colours(page, 1)["SELECT"]

    def place():
        cursor_at_end(page, 1)
        page.page.keyboard.press("ArrowUp")
        page.page.keyboard.press("End")

    page.until(lambda: "state" in " ".join(proposals(page, 1, place)), "columns of the table")
    page.shot("sql-continued-line")
    page.page.keyboard.press("Escape")


def test_a_cell_becomes_sql_when_its_first_line_does(open_in_kept_lab):
    page = open_in_kept_lab("", "x = 1")
    page.wait_for_kernel()
    type_in(page, 0, "%%civis_sql\nselect 1 from t where true")
    page.until(lambda: "where" in colours(page, 0), "the colours of SQL")
    editor(page, 0).click()
    page.page.keyboard.press("Control+Home")
    page.page.keyboard.type("# ")
    page.until(lambda: "where" not in colours(page, 0), "the colours of Python")


def test_columns_are_completed_through_an_alias(open_in_kept_lab):
    page = open_in_kept_lab("%load_ext civis_nb", "%%civis_sql\nselect t. from turnout t")
    page.wait_for_kernel()

    def place():
        cursor_at_end(page, 1)
        for _ in range(len(" from turnout t")):
            page.page.keyboard.press("ArrowLeft")

    found = page.until(lambda: proposals(page, 1, place), "the columns")
    assert found[0] == "voter_id"
    assert "state" in found
    page.shot("completion-columns")
    page.page.keyboard.type("sta")
    page.until(lambda: shown(page)[:1] == ["state"], "the narrower list")
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


def test_places_of_every_kind_are_completed(open_in_kept_lab):
    page = open_in_kept_lab(*PLACES)
    page.wait_for_kernel()
    # Two variables: JupyterLab inserts the only proposal at once and shows no list.
    page.run_cell("since, before = 2010, 2020")
    page.wait_for_kernel()

    for cell, wanted in enumerate(PLACES.values()):
        # On a busy machine the kernel's variables may come too late for one list.
        page.until(lambda cell=cell, wanted=wanted: wanted in proposals(page, cell), wanted)
        page.page.keyboard.press("Escape")


def test_the_only_proposal_is_inserted(open_in_kept_lab):
    page = open_in_kept_lab("%%civis_sql\nselect * from turnout where birth_year > :")
    page.wait_for_kernel()
    page.run_cell("since = 2010")
    page.wait_for_kernel()

    page.until(lambda: proposals(page, 0) == ["since"], "the variable")
    page.page.keyboard.press("Tab")
    page.until(
        lambda: editor(page, 0).inner_text().endswith("birth_year > :since"),
        "the variable in the cell",
    )


def test_names_of_others_are_shown_as_text(open_in_kept_lab):
    page = open_in_kept_lab("%%civis_sql\nselect * from mart.")
    page.wait_for_kernel()
    page.until(lambda: proposals(page, 0)[:1] == ["Odd <b>name</b>"], "the name as text")
    page.page.keyboard.press("Enter")
    page.until(
        lambda: 'select * from mart."Odd <b>name</b>"' in editor(page, 0).inner_text(), "the name"
    )


def test_python_cells_are_completed_by_the_kernel(open_in_kept_lab):
    page = open_in_kept_lab("os.getp")
    page.wait_for_kernel()
    page.run_cell("import os")
    page.wait_for_kernel()
    found = page.until(lambda: proposals(page, 0), "the names of Python")
    assert "getpid" in found
    assert not {"select", "public.turnout"} & set(found)
