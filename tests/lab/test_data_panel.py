"""The Data panel in a real JupyterLab: browse, preview, insert cells, upload; by keys alone too."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import openpyxl
import pytest

import civis_nb
from civis_nb.io import query_civis
from tests.lab.conftest import field_heights, is_cut, started
from tests.widgets.drivers import Page, serious_findings, written

pytestmark = pytest.mark.exhaustive

ODD = "Odd <b>name</b>"
SELECT = "%%civis_sql -d sample\nselect *\nfrom public.turnout\nlimit 100"


class Panel:
    """The Data panel of a page."""

    def __init__(self, page):
        self.lab = page
        self.page = page.page
        page.command("civis-nb:show-data")
        self.rows = self.page.locator("#civis-nb-data .civis-Row")
        self.tree = self.page.locator("#civis-nb-data [role=tree]")
        self.search = self.page.locator("#civis-nb-data input[type=search]")
        self.row("public").wait_for()

    def row(self, label):
        exact = self.page.locator(".civis-Row-label", has_text=label)
        return self.rows.filter(has=exact).first

    def labels(self):
        return self.page.locator("#civis-nb-data .civis-Row-label").all_inner_texts()

    def open(self, *labels):
        for label in labels:
            row = self.row(label)
            if row.get_attribute("aria-expanded") != "true":
                row.locator(".civis-Row-caret").click()
            self.lab.until(lambda row=row: row.get_attribute("aria-expanded") == "true", label)

    def menu(self, label, action):
        self.row(label).click(button="right")
        self.page.locator(".lm-Menu-item", has_text=action).first.click()


@pytest.fixture
def panel(open_in_lab):
    return Panel(open_in_lab(""))


def cell_text(page, index):
    return page.page.locator(".jp-CodeCell").nth(index).locator(".cm-content").inner_text()


def wait_for_tab(page, text):
    """Wait until the tab in front shows a text."""
    tab = page.locator(".civis-TableTab:visible")
    tab.get_by_text(text, exact=True).locator("visible=true").first.wait_for()


def test_a_table_is_found_inserted_and_run(panel):
    panel.open("public", "turnout")
    panel.lab.until(lambda: "state" in panel.labels(), "the columns")
    assert not is_cut(panel.search)
    panel.lab.shot("data-panel-light")
    panel.menu("turnout", "Insert SELECT Cell")
    panel.lab.until(
        lambda: (
            cell_text(panel.lab, 1)
            == "%%civis_sql -d sample\nselect *\nfrom public.turnout\nlimit 100"
        ),
        "the cell",
    )
    assert cell_text(panel.lab, 0) == "%load_ext civis_nb"
    panel.lab.run_all()
    output = panel.lab.output(1)
    output.get_by_text("voter_id", exact=True).locator("visible=true").first.wait_for()
    panel.lab.theme(dark=True)
    panel.page.locator("#jupyterlab-splash").wait_for(state="detached")
    panel.lab.shot("data-panel-dark")
    assert serious_findings(panel.page, "#civis-nb-data") == []
    panel.lab.theme(dark=False)
    assert serious_findings(panel.page, "#civis-nb-data") == []


def test_first_rows_and_statistics_open_in_tabs(panel):
    panel.open("public")
    panel.row("turnout").dblclick()
    wait_for_tab(panel.page, "voter_id")
    panel.lab.shot("data-preview")
    panel.menu("turnout", "Statistics of Columns")
    statistics = panel.page.locator(".civis-TableTab:visible", has_text="profile of")
    statistics.wait_for()
    panel.lab.shot("data-statistics")
    panel.open("turnout")
    panel.menu("birth_year", "Statistics")
    panel.page.locator(".civis-TableTab:visible", has_text="median").wait_for()
    panel.lab.shot("data-column")
    assert serious_findings(panel.page, ".civis-TableTab:not(.lm-mod-hidden)") == []


def test_names_of_others_stay_text(panel):
    panel.open("mart")
    panel.row(ODD).wait_for()
    assert panel.row(ODD).locator("b").count() == 0
    panel.menu(ODD, "Insert SELECT Cell")
    panel.lab.until(lambda: f'from mart."{ODD}"' in cell_text(panel.lab, 1), "the cell")
    panel.menu(ODD, "Copy Name")
    panel.lab.until(
        lambda: panel.page.evaluate("navigator.clipboard.readText()") == f'mart."{ODD}"', "the copy"
    )


def test_keys_alone_do_everything(panel):
    keyboard = panel.page.keyboard
    panel.tree.focus()
    keyboard.press("Home")
    active = panel.page.locator("#civis-nb-data .civis-mod-active .civis-Row-label")
    panel.lab.until(lambda: active.inner_text() == "sample", "the first row")
    keyboard.type("turnout")
    panel.lab.until(lambda: panel.labels() == ["sample", "public", "turnout"], "the search")
    marks = panel.page.locator("#civis-nb-data mark")
    panel.lab.until(lambda: marks.all_inner_texts() == ["turnout"], "the mark")
    keyboard.press("ArrowDown")
    panel.lab.until(lambda: active.inner_text() == "turnout", "the found table")
    keyboard.press("ArrowRight")
    panel.lab.until(lambda: "voter_id" in panel.labels(), "the columns")
    keyboard.press("ArrowRight")
    panel.lab.until(lambda: active.inner_text() == "voter_id", "the first column")
    keyboard.press("ArrowLeft")
    panel.lab.until(lambda: active.inner_text() == "turnout", "the table")
    row = panel.page.locator("#civis-nb-data .civis-mod-active")
    assert panel.tree.get_attribute("aria-activedescendant") == row.get_attribute("id")
    keyboard.press("Shift+F10")
    panel.page.locator(".lm-Menu-item", has_text="Preview").wait_for()
    keyboard.press("ArrowDown")
    keyboard.press("Enter")
    wait_for_tab(panel.page, "voter_id")
    panel.search.focus()
    keyboard.press("Escape")
    panel.lab.until(lambda: "mart" in panel.labels(), "all names")


def test_the_row_that_is_active_is_in_sight_when_a_search_ends(panel, lab_platform):
    client = lab_platform.client()
    columns = ", ".join(f"c{number} int" for number in range(2000))
    sql = f"create table if not exists mart.wide ({columns})"
    query_civis(sql, client.databases.list()[0].id, client=client).result()
    panel.page.locator("#civis-nb-data").get_by_role("button", name="Refresh").click()
    panel.open("mart", "wide")
    panel.row("c0").wait_for()
    panel.search.fill("c1234")
    panel.page.keyboard.press("Enter")
    active = panel.page.locator("#civis-nb-data .civis-mod-active")

    def is_seen():
        name = active.locator(".civis-Row-label").inner_text()
        seen, box = active.bounding_box(), panel.tree.bounding_box()
        return name == "c1234" and (
            box["y"] - 1 <= seen["y"] <= box["y"] + box["height"] - seen["height"] + 1
        )

    panel.lab.until(is_seen, "the found column")
    panel.search.focus()
    panel.page.keyboard.press("Escape")
    panel.lab.until(lambda: panel.search.input_value() == "" and is_seen(), "it among all columns")
    panel.page.keyboard.press("ArrowDown")
    panel.lab.until(
        lambda: active.locator(".civis-Row-label").inner_text() == "c1235", "the next column"
    )


def test_panels_recover_when_the_platform_is_back(browser_window, tmp_path):
    state = tmp_path / "state"
    platform = civis_nb.local.start(state)
    port = urlsplit(platform.endpoint).port
    server = started(
        tmp_path / "lab", CIVIS_API_ENDPOINT=platform.endpoint, CIVIS_API_KEY=platform.api_key
    )
    page = browser_window.new_page()
    try:
        panel = Panel(Page(page, server, written(server, ""), "lab"))
        panel.open("public")
        panel.row("turnout").wait_for()
        panel.lab.command("civis-nb:show-jobs")
        jobs = page.locator("#civis-nb-jobs")
        jobs.get_by_text("No job has run yet.").wait_for()
        platform.stop()
        jobs.get_by_role("alert").filter(has_text="connection").wait_for()
        panel.lab.command("civis-nb:show-data")
        data = page.locator("#civis-nb-data")
        data.get_by_role("button", name="Refresh").click()
        data.get_by_role("button", name="Try again").wait_for()
        # In a narrow panel it is short, and all of it is a click away.
        alert = data.get_by_role("alert")
        assert len(alert.inner_text()) < 200
        alert.locator("summary").click()
        alert.get_by_text("CIVIS_API_ENDPOINT").wait_for()
        # What was known stays to be seen.
        assert "public" in panel.labels()
        panel.row("turnout").dblclick()
        preview = page.locator(".civis-TableTab:visible")
        preview.get_by_role("alert").filter(has_text="goes on when it is back").wait_for()
        panel.lab.shot("platform-away")
        # Nobody asks to look again.
        platform = civis_nb.local.start(state, port)
        wait_for_tab(page, "voter_id")
        data.get_by_role("alert").wait_for(state="hidden")
        panel.row("turnout").wait_for()
        panel.lab.command("civis-nb:show-jobs")
        jobs.get_by_text("No job has run yet.").wait_for()
        jobs.get_by_role("alert").wait_for(state="hidden")
    finally:
        page.close()
        server.stop()
        platform.stop()


def test_a_table_is_dragged_into_a_cell(panel):
    panel.open("public")
    cell = panel.page.locator(".jp-CodeCell .cm-content").first
    panel.row("turnout").drag_to(cell)
    panel.lab.until(lambda: cell_text(panel.lab, 0) == "public.turnout", "the name in the cell")


def drop(panel, name, content):
    transfer = panel.page.evaluate_handle(
        """([name, content]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([content], name));
            return transfer;
        }""",
        [name, content],
    )
    for kind in ("dragenter", "dragover", "drop"):
        panel.page.dispatch_event("#civis-nb-data", kind, {"dataTransfer": transfer})


def test_a_dropped_file_becomes_a_table(panel):
    panel.row("mart").click()
    drop(panel, "New people.csv", 'id,name\n1,"Ann, <i>"\n2,Bob\n')
    dialog = panel.page.locator(".civis-UploadDialog")
    dialog.locator(".civis-Upload-type").first.wait_for()
    names = dialog.locator(".civis-Upload-name")
    assert [names.nth(at).input_value() for at in range(2)] == ["id", "name"]
    assert "Ann, <i>" in dialog.locator(".civis-Upload-sample").nth(1).inner_text()
    assert dialog.get_by_label("Schema").input_value() == "mart"
    assert dialog.get_by_label("Table", exact=True).input_value() == "new_people"
    assert len(field_heights(dialog.locator(".civis-Form"))) == 1
    panel.lab.shot("data-upload")
    assert serious_findings(panel.page, ".civis-UploadDialog") == []
    dialog.locator(".jp-mod-accept").click()
    dialog.wait_for(state="detached")
    panel.page.locator(".Toastify__toast", has_text="mart.new_people has 2 rows now").wait_for()
    panel.open("mart")
    panel.row("new_people").dblclick()
    wait_for_tab(panel.page, "Ann, <i>")
    # It exists now: nothing is changed, and the dialog says so.
    drop(panel, "New people.csv", "id,name\n3,Eve\n")
    dialog.locator(".civis-Upload-type").first.wait_for()
    dialog.locator(".jp-mod-accept").click()
    panel.page.locator(".civis-Upload-problem", has_text="exists").wait_for()
    panel.lab.shot("data-upload-problem")
    dialog.get_by_label("If the table exists").select_option("append")
    dialog.locator(".jp-mod-accept").click()
    dialog.wait_for(state="detached")
    panel.page.locator(".Toastify__toast", has_text="mart.new_people has 3 rows now").wait_for()


def test_files_that_cannot_be_tables_are_refused(panel):
    dialog = panel.page.locator(".civis-UploadDialog")
    for name, content, problem in (
        ("movie.mp4", "x", "is no CSV"),
        ("nothing.csv", "", "nothing.csv is empty"),
        ("comma.csv", "id;price\n1;2,50\n2;3,75\n", "separated by semicolons"),
    ):
        drop(panel, name, content)
        dialog.locator(".civis-Upload-problem", has_text=problem).wait_for()
        panel.lab.until(dialog.locator(".jp-mod-accept").is_disabled, "a button that does nothing")
        panel.page.keyboard.press("Escape")
        dialog.wait_for(state="detached")


def test_another_sheet_is_chosen_where_the_first_one_is_empty(panel, tmp_path):
    book = openpyxl.Workbook()
    book.create_sheet("People").append(["name"])
    book["People"].append(["Ann"])
    book.save(tmp_path / "two sheets.xlsx")
    files = panel.page.locator("#civis-nb-data input[type=file]")
    files.set_input_files(str(tmp_path / "two sheets.xlsx"))
    dialog = panel.page.locator(".civis-UploadDialog")
    dialog.get_by_text("The sheet 'Sheet' is empty").wait_for()
    dialog.locator(".jp-mod-accept").click()
    dialog.get_by_text("There are no columns to import.").wait_for()
    dialog.get_by_label("Sheet").select_option("People")
    panel.lab.until(
        lambda: dialog.locator(".civis-Upload-name").first.input_value() == "name", "the column"
    )
    dialog.locator(".jp-mod-accept").click()
    panel.page.locator(".Toastify__toast", has_text="two_sheets has 1 row now").wait_for()


def test_a_page_that_goes_takes_its_upload_with_it(panel, lab_server):
    with panel.page.expect_response(re.compile(r"/civis-nb/data/uploads(\?|$)")) as begun:
        drop(panel, "left.csv", "id,name\n1,Ann\n")
    upload = f"civis-nb/data/uploads/{begun.value.json()['id']}"
    panel.page.locator(".civis-UploadDialog .civis-Upload-type").first.wait_for()
    with lab_server.session() as session:
        assert session.get(upload).json()["state"] == "detected"
        panel.page.goto("about:blank")
        panel.lab.until(lambda: "is gone" in session.get(upload).text, "the end of the upload")


def test_a_reload_brings_panel_and_tabs_back(panel):
    # A page of one document brings that one back alone.
    panel.lab.command("application:set-mode", mode="multiple-document")
    # Layouts of the pages before this one are no answer to whether this one is kept.
    panel.page.evaluate(
        """async () => {
            await window.jupyterapp.restored;
            await window.jupyterapp.serviceManager.workspaces.remove("default");
        }"""
    )
    panel.open("public")
    panel.row("turnout").dblclick()
    wait_for_tab(panel.page, "voter_id")
    panel.lab.until(
        lambda: panel.page.evaluate(
            """async () => {
                const { workspaces } = window.jupyterapp.serviceManager;
                const found = await workspaces.fetch("default").catch(() => ({ data: {} }));
                // The tab is kept by its tracker at once, by the layout later.
                const text = JSON.stringify(found.data["layout-restorer:data"] ?? null);
                return text.includes("civis-nb-tables") && text.includes("civis-nb-data");
            }"""
        ),
        "the layout on the server",
    )
    panel.page.reload()
    panel.page.wait_for_selector("#civis-nb-data .civis-Row")
    # Which of the tabs is in front depends on when the layout was kept.
    panel.page.locator("#jp-main-dock-panel .lm-TabBar-tab", has_text="turnout").first.click()
    wait_for_tab(panel.page, "voter_id")


def test_a_wrong_key_is_said_with_what_to_do(lab_platform, browser_window, tmp_path):
    server = started(
        tmp_path, CIVIS_API_ENDPOINT=lab_platform.endpoint, CIVIS_API_KEY="not-a-key-of-anybody"
    )
    page = browser_window.new_page()
    try:
        lab = Page(page, server, written(server, ""), "lab")
        lab.command("civis-nb:show-data")
        problem = page.locator("#civis-nb-data [role=alert]")
        problem.get_by_text("Try again").wait_for()
        assert "key" in problem.inner_text()
        assert "not-a-key-of-anybody" not in page.content()
        lab.shot("data-wrong-key")
        assert serious_findings(page, "#civis-nb-data") == []
    finally:
        page.close()
        server.stop()
