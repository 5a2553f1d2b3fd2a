"""Two tabs of a browser with the same panels: what is done in one is seen in the other."""

from __future__ import annotations

import pytest

from civis_nb.io import query_civis
from tests.lab.test_data_panel import Panel, wait_for_tab

pytestmark = pytest.mark.exhaustive


@pytest.fixture(scope="module")
def client(lab_platform):
    return lab_platform.client()


def run_sql(client, sql):
    query_civis(sql, "sample", client=client).result()


def test_tables_that_come_and_go_are_seen_in_the_other_tab(open_in_lab, client, tmp_path):
    run_sql(client, "create table public.will_go as select 1 as a")
    first, second = Panel(open_in_lab("1")), Panel(open_in_lab("2"))
    for panel in (first, second):
        panel.page.locator("#civis-nb-data").get_by_role("button", name="Refresh").click()
        panel.open("public")
        panel.row("will_go").wait_for()
    path = tmp_path / "came_by_tab.csv"
    path.write_text("id,name\n1,a\n2,b\n")
    first.page.locator("#civis-nb-data input[type=file]").set_input_files(path)
    dialog = first.page.locator(".civis-UploadDialog")
    dialog.locator(".jp-mod-accept:enabled").click()
    first.row("came_by_tab").wait_for()
    run_sql(client, "drop table public.will_go")
    # A table that is gone says so, and leaves with the next look.
    second.row("will_go").dblclick()
    tab = second.page.locator(".civis-TableTab:visible")
    tab.get_by_role("alert").filter(has_text="will_go").wait_for()
    second.lab.shot("table-gone")
    second.page.locator("#civis-nb-data").get_by_role("button", name="Refresh").click()
    second.row("came_by_tab").wait_for()
    second.lab.until(lambda: second.row("will_go").count() == 0, "the end of the row")
    second.row("came_by_tab").dblclick()
    wait_for_tab(second.page, "b")


def test_files_that_are_uploaded_are_seen_in_the_other_tab(open_in_lab, tmp_path):
    pages = open_in_lab("1"), open_in_lab("2")
    panels = [page.page.locator("#civis-nb-files") for page in pages]
    for page, panel in zip(pages, panels, strict=True):
        page.command("civis-nb:show-files")
        panel.get_by_text("Uploaded and opened here").wait_for()
    path = tmp_path / "seen in both.txt"
    path.write_text("text")
    panels[0].locator("input[type=file]").set_input_files(path)
    panels[0].locator(".civis-Row", has_text="seen in both.txt").wait_for()
    panels[1].get_by_role("button", name="Refresh").click()
    panels[1].locator(".civis-Row", has_text="seen in both.txt").wait_for()
