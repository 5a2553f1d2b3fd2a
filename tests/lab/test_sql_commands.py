"""Commands of SQL cells in a real JupyterLab: format, run a statement, explain; errors in place."""

from __future__ import annotations

import nbformat
import pytest
from playwright.sync_api import TimeoutError

from tests.lab.completions import proposals

pytestmark = pytest.mark.exhaustive

THREE = """\
%%civis_sql
select 1 as first;
select count(*) as voters
from turnout
where birth_year > :since;
select nosuch from turnout"""


def editor(page, cell):
    return page.page.locator(".jp-CodeCell").nth(cell).locator(".cm-content")


def text_of(page, cell):
    """Return the text of a cell, which its editor shows in part only."""
    return page.page.evaluate(
        "cell => window.jupyterapp.shell.currentWidget.content.widgets[cell]"
        ".model.sharedModel.getSource()",
        cell,
    )


def cursor_behind(page, cell, text):
    """Put the cursor behind a text of a cell."""
    editor(page, cell).click()
    before = text_of(page, cell)
    where = before.index(text) + len(text)
    page.page.keyboard.press("Control+Home")
    line, column = before.count("\n", 0, where), where - (before.rfind("\n", 0, where) + 1)
    for _ in range(line):
        page.page.keyboard.press("ArrowDown")
    page.page.keyboard.press("Home")
    for _ in range(column):
        page.page.keyboard.press("ArrowRight")


def loaded(open_in_kept_lab, *cells):
    page = open_in_kept_lab(*cells)
    page.wait_for_kernel()
    page.run_cell("%load_ext civis_nb")
    page.run_cell("since = 1980")
    page.wait_for_kernel()
    return page


def output_text(page, cell):
    return page.output(cell).inner_text()


def underlined(page, cell):
    return editor(page, cell).locator(".cm-lintRange-error").all_inner_texts()


def point_at_mark(page):
    """Point at the mark of the first cell until its message is there."""
    message = page.page.locator(".cm-tooltip .cm-diagnostic")

    def is_shown():
        page.page.mouse.move(600, 800)
        page.until(lambda: message.count() == 0, "the end of the message")
        editor(page, 0).locator(".cm-lintRange-error").hover()
        try:
            message.wait_for(timeout=5000)
        except TimeoutError:
            return False
        return True

    page.until(is_shown, "the message")


def says(page, text):
    """Wait until JupyterLab shows a notice with a text."""
    page.page.get_by_role("alert").filter(has_text=text).first.wait_for()


def run(page, cell):
    editor(page, cell).click()
    page.page.keyboard.press("Control+Enter")


def test_sql_is_formatted_in_place_and_the_change_can_be_undone(open_in_kept_lab):
    before = (
        "%%civis_sql df -d sample\nselect a,b from t -- all of it\n"
        "where x = :since and y in (select id from s where z is not null) group by 1"
    )
    after = (
        "%%civis_sql df -d sample\nselect a, b\nfrom t  -- all of it\n"
        "where x = :since and y in (select id from s where z is not null)\ngroup by 1"
    )
    page = loaded(open_in_kept_lab, before)
    page.until(lambda: editor(page, 0).locator("span").count() > 3, "the colours of SQL")
    cursor_behind(page, 0, "y in")
    page.page.keyboard.press("Alt+Shift+F")
    page.until(lambda: text_of(page, 0) == after, "the formatted cell")
    page.shot("format-sql")
    page.page.keyboard.type(" /* here */")
    page.until(lambda: "and y in /* here */ (select" in text_of(page, 0), "the comment")
    for _ in range(12):
        page.page.keyboard.press("Control+z")
    page.until(lambda: text_of(page, 0) == before, "the text of before")


def test_sql_that_is_not_closed_stays_as_it_is(open_in_kept_lab):
    page = loaded(open_in_kept_lab, "%%civis_sql\nselect  (1")
    cursor_behind(page, 0, "select")
    page.page.keyboard.press("Alt+Shift+F")
    says(page, "the ( on line 1 of the SQL is not closed")
    page.shot("format-sql-refused")
    assert text_of(page, 0) == "%%civis_sql\nselect  (1"


def test_cells_of_python_have_no_commands_of_sql(open_in_kept_lab):
    page = loaded(open_in_kept_lab, "x = [1,2]", "%%civis_sql\nselect  1")
    editor(page, 0).click()
    page.page.keyboard.press("Alt+Shift+F")
    page.page.keyboard.press("Alt+Shift+Enter")
    for name in ("format-sql", "run-statement", "explain-sql"):
        assert not page.page.evaluate(
            "name => window.jupyterapp.commands.isEnabled(name)", f"civis-nb:{name}"
        )
    editor(page, 0).click(button="right")
    # The items come after the menu.
    page.page.get_by_role("menuitem").first.wait_for()
    assert page.page.get_by_role("menuitem", name="Format SQL").count() == 0
    page.page.keyboard.press("Escape")
    editor(page, 1).click(button="right")
    page.page.get_by_role("menuitem", name="Format SQL").click()
    page.until(lambda: text_of(page, 1) == "%%civis_sql\nselect 1", "the formatted cell")
    assert text_of(page, 0) == "x = [1,2]"


def test_the_statement_at_the_cursor_runs_alone(open_in_kept_lab):
    page = loaded(open_in_kept_lab, THREE)
    cursor_behind(page, 0, "from turn")
    page.page.keyboard.press("Alt+Shift+Enter")
    page.until(
        lambda: "Ran statement 2 of 3, lines 3\N{EN DASH}5." in output_text(page, 0),
        "the statement's end",
    )
    assert "voters" in output_text(page, 0)
    assert "first" not in output_text(page, 0)
    page.shot("run-statement")
    assert text_of(page, 0) == THREE
    cell = page.save().cells[0]
    assert cell.execution_count
    assert cell.outputs[-1]["text"] == "Ran statement 2 of 3, lines 3\N{EN DASH}5.\n"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_error_of_a_statement_is_underlined_in_the_cell_until_it_changes(
    open_in_kept_lab, theme
):
    page = loaded(open_in_kept_lab, THREE)
    cursor_behind(page, 0, "nosuch")
    page.page.keyboard.press("Alt+Shift+Enter")
    page.until(lambda: underlined(page, 0) == ["nosuch"], "the underlined name")
    said = "Statement 3 of 3, line 6, failed; the others were not run."
    page.until(lambda: said in output_text(page, 0), "what has failed")
    assert "line 6, column 8 of the cell" in output_text(page, 0)
    try:
        page.theme(dark=theme == "dark")
        point_at_mark(page)
        assert '"nosuch"' in page.page.locator(".cm-diagnostic").inner_text()
        page.shot(f"sql-error-{theme}")
    finally:
        page.theme(dark=False)
    cursor_behind(page, 0, "nosuch")
    page.page.keyboard.type("2")
    page.until(lambda: underlined(page, 0) == [], "the end of the mark")


def test_errors_of_whole_cells_and_of_lines_are_underlined(open_in_kept_lab):
    page = loaded(
        open_in_kept_lab,
        "%%civis_sql\nselect 'ü\U0001f600', colum from turnout",
        "x = 1\ny = %civis_sql select 'ü', colum from (select :column as n)",
    )
    run(page, 0)
    page.until(lambda: underlined(page, 0) == ["colum"], "the underlined name")
    page.run_cell("column = 1")
    run(page, 1)
    page.until(lambda: underlined(page, 1) == ["colum"], "the underlined name in Python")
    # Each cell has its own marks.
    assert underlined(page, 0) == ["colum"]


def test_a_mark_goes_when_the_same_cell_succeeds(open_in_kept_lab):
    page = loaded(open_in_kept_lab, "%%civis_sql\nselect * from appears_later")
    run(page, 0)
    page.until(lambda: underlined(page, 0) == ["appears_later"], "the underlined name")
    page.run_cell("get_ipython().run_line_magic('civis_sql', 'create table appears_later (a int)')")
    run(page, 0)
    page.until(lambda: underlined(page, 0) == [], "the end of the mark")
    page.run_cell("get_ipython().run_line_magic('civis_sql', 'drop table appears_later')")


def test_a_statement_is_explained_below_its_cell(open_in_kept_lab):
    page = loaded(open_in_kept_lab, THREE)
    cursor_behind(page, 0, "from turn")
    page.command("civis-nb:explain-sql")
    page.until(lambda: "Explained statement 2 of 3" in output_text(page, 0), "the plan")
    assert "turnout" in output_text(page, 0).lower()
    page.shot("explain-sql")


def test_statements_without_a_plan_are_said_and_not_run(open_in_kept_lab):
    page = loaded(open_in_kept_lab, "%%civis_sql\ncreate table never_made (a int)")
    cursor_behind(page, 0, "never")
    page.command("civis-nb:explain-sql")
    says(page, "statement 1 begins with CREATE")
    assert output_text(page, 0).strip() == ""


def test_sql_in_a_line_of_python_is_coloured_and_completed(open_in_kept_lab):
    page = loaded(
        open_in_kept_lab,
        "for_all = 1\n"
        "df = %civis_sql --as pandas SELECT lambda, 'text' FROM turnout t WHERE t.\n"
        "text = '''\n%civis_sql SELECT 1\n'''\nfor_a",
        "%%civis_sql\nSELECT 'text' FROM t",
    )

    def colours(cell):
        return dict(
            editor(page, cell)
            .locator(".cm-line")
            .nth(1)
            .locator("span:not(:has(span))")
            .evaluate_all(
                "spans => spans.map(one => [one.textContent.trim(), getComputedStyle(one).color])"
            )
        )

    page.until(lambda: "SELECT" in colours(0) and "FROM" in colours(1), "the colours of SQL")
    line, cell = colours(0), colours(1)
    assert line["SELECT"] == cell["SELECT"]
    assert line["'text'"] == cell["'text'"]
    assert line["as"] != line["SELECT"]
    # A keyword of Python that is none of SQL.
    assert line["lambda"] != line["SELECT"]
    page.shot("sql-line")
    within = editor(page, 0).locator(".cm-line").nth(3).locator("span")
    page.until(lambda: within.count() == 1, "the text of Python in one colour")

    def columns():
        # On a busy machine the names of the tables may come too late for one list.
        found = proposals(page, 0, lambda: cursor_behind(page, 0, "WHERE t."))
        return found if "voter_id" in found else None

    assert "for_all" not in page.until(columns, "the columns")
    # JupyterLab inserts the only proposal, and shows a list of several.
    page.until(
        lambda: "for_all" in proposals(page, 0) or text_of(page, 0).endswith("for_all"),
        "the completion of Python",
    )


def test_a_notebook_without_a_kernel_says_what_to_do(open_in_kept_lab):
    page = open_in_kept_lab("%%civis_sql\nselect  1")
    page.wait_for_kernel()
    page.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    page.page.wait_for_function(
        "() => !window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel"
    )
    cursor_behind(page, 0, "select")
    page.page.keyboard.press("Alt+Shift+Enter")
    says(page, "has no kernel")
    page.page.keyboard.press("Alt+Shift+F")
    page.until(lambda: text_of(page, 0) == "%%civis_sql\nselect 1", "the formatted cell")


def test_notebooks_of_other_languages_are_left_alone(open_in_kept_lab):
    page = open_in_kept_lab("%%civis_sql\nselect  1 from t")
    page.wait_for_kernel()
    page.until(lambda: editor(page, 0).locator("span").count() > 2, "the colours of SQL")
    # JupyterLab sets the type of all cells when the kernel has told its language.
    page.page.wait_for_function(
        """() => window.jupyterapp.shell.currentWidget.content.widgets.every(
            (cell) => cell.model.mimeType === "text/x-ipython")"""
    )
    page.page.evaluate(
        """() => {
            for (const cell of window.jupyterapp.shell.currentWidget.content.widgets)
                cell.model.mimeType = "text/x-rsrc";
        }"""
    )
    sql = page.page.locator(".civis-mod-sql")
    page.until(lambda: sql.count() == 0, "the end of SQL's colours")
    editor(page, 0).click()
    page.page.keyboard.press("Alt+Shift+F")
    assert not page.page.evaluate(
        "() => window.jupyterapp.commands.isEnabled('civis-nb:format-sql')"
    )
    assert text_of(page, 0) == "%%civis_sql\nselect  1 from t"


def test_a_notebook_keeps_nothing_of_a_mark(open_in_kept_lab):
    page = loaded(open_in_kept_lab, "%%civis_sql\nselect nosuch")
    run(page, 0)
    page.until(lambda: underlined(page, 0) == ["nosuch"], "the underlined name")
    notebook = page.save()
    nbformat.validate(notebook)
    assert [one["output_type"] for one in notebook.cells[0].outputs] == ["error"]
