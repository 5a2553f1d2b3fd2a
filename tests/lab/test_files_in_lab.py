"""The Files panel in a real JupyterLab, with a local platform."""

from __future__ import annotations

import re

import pytest

from civis_nb.io import file_to_civis
from tests.widgets.conftest import serious_findings

pytestmark = pytest.mark.exhaustive


@pytest.fixture(scope="module")
def client(lab_platform):
    return lab_platform.client()


def opened(page):
    page.command("civis-nb:show-files")
    panel = page.page.locator("#civis-nb-files")
    panel.get_by_text("Uploaded and opened here").wait_for()
    return panel


def choose(page, row, action):
    row.click(button="right")
    page.page.locator(".lm-Menu-item", has_text=action).click()


def test_a_file_is_uploaded_read_and_downloaded(open_in_lab, client, tmp_path):
    path = tmp_path / "<b>people & co.csv"
    path.write_text("name,born\nAda,1815\n")
    page = open_in_lab("")
    page.wait_for_kernel()
    panel = opened(page)
    panel.locator("input[type=file]").set_input_files(str(path))
    row = panel.locator(".civis-Row", has_text="<b>people & co.csv")
    row.wait_for()
    page.page.locator(".jp-toast-message", has_text="is file").first.wait_for()
    page.shot("files-light")
    assert serious_findings(page.page, "#civis-nb-files") == []
    with page.page.expect_download() as download:
        choose(page, row, "Download")
    saved = download.value
    assert saved.suggested_filename == "_b_people & co.csv"
    saved.save_as(tmp_path / "back.csv")
    assert (tmp_path / "back.csv").read_text() == path.read_text()
    choose(page, row, "Insert Code")
    page.page.locator(".jp-CodeCell", has_text="file_to_dataframe").wait_for()
    page.run_all()
    page.output(-1).get_by_text("Ada").wait_for()
    page.theme(dark=True)
    page.shot("files-dark")
    assert serious_findings(page.page, "#civis-nb-files") == []
    page.theme(dark=False)


def test_files_of_projects_are_found_by_keyboard_alone(open_in_lab, client, tmp_path):
    path = tmp_path / "in a project.json"
    path.write_text("[1]")
    file_id = file_to_civis(path, client=client)
    project = client.projects.post("Project <b>of files</b>", "x")
    client.files.put_projects(file_id, project.id)
    page = open_in_lab("1")
    panel = opened(page)
    keyboard = page.page.keyboard
    panel.get_by_role("tree").focus()

    def go_to(text):
        keyboard.press("Home")
        page.until(
            lambda: text in panel.locator("[aria-selected='true']").inner_text()
            or keyboard.press("ArrowDown"), text,
        )  # fmt: skip

    go_to("Projects")
    keyboard.press("ArrowRight")
    panel.get_by_text("Project <b>of files</b>").wait_for()
    go_to("Project <b>of files</b>")
    keyboard.press("ArrowRight")
    panel.get_by_text("in a project.json").wait_for()
    go_to("in a project.json")
    keyboard.press("Enter")
    page.page.locator(".jp-CodeCell", has_text=f"file_to_json({file_id})").wait_for()


def test_a_file_is_opened_by_its_id(open_in_lab, client, tmp_path):
    path = tmp_path / "by its id.bin"
    path.write_bytes(b"123")
    file_id = file_to_civis(path, client=client)
    page = open_in_lab("1")
    panel = opened(page)
    panel.get_by_role("button", name="Open a file by its id").click()
    page.page.locator(".jp-Dialog input").fill(str(file_id))
    page.page.keyboard.press("Enter")
    row = panel.locator(".civis-Row", has_text="by its id.bin")
    row.wait_for()
    choose(page, row, re.compile("Remove from This List"))
    row.wait_for(state="detached")
    panel.get_by_role("button", name="Open a file by its id").click()
    page.page.locator(".jp-Dialog input").fill("99999999")
    page.page.keyboard.press("Enter")
    page.page.locator(".jp-toast-message, .jp-Notification-Toast", has_text="404").first.wait_for()
