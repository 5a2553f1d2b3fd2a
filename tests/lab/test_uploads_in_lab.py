"""How imports in the Data panel of a real JupyterLab end."""

from __future__ import annotations

import pytest

from tests.lab.test_data_panel import (
    drop,
    panel,  # noqa: F401 - a fixture
)

pytestmark = pytest.mark.exhaustive


def test_an_import_whose_copy_stays_is_done_even_so(panel):  # noqa: F811 - the fixture
    def refuse(route):
        if route.request.method == "DELETE":
            route.fulfill(status=500, json={"problem": "no such file", "kind": "OSError"})
        else:
            route.continue_()

    panel.page.route("**/civis-nb/data/uploads/*", refuse)
    warnings = []
    panel.page.on("console", lambda one: warnings.append(one.text))
    panel.row("mart").click()
    drop(panel, "kept.csv", "id,name\n1,Ann\n")
    dialog = panel.page.locator(".civis-UploadDialog")
    dialog.locator(".civis-Upload-type").first.wait_for()
    dialog.locator(".jp-mod-accept").click()
    panel.page.locator(".Toastify__toast", has_text="mart.kept has 1 row now").wait_for()
    dialog.wait_for(state="detached")
    panel.lab.until(lambda: any("no such file" in one for one in warnings), "the warning")


@pytest.mark.parametrize("how", ["Escape", "the button", "a click outside"])
def test_a_dialog_that_is_closed_cancels_the_upload(panel, how):  # noqa: F811 - the fixture
    deleted = []
    panel.page.on(
        "request",
        lambda one: one.method == "DELETE" and "/uploads/" in one.url and deleted.append(one.url),
    )
    drop(panel, "closed.csv", "id,name\n1,Ann\n")
    dialog = panel.page.locator(".civis-UploadDialog")
    dialog.locator(".civis-Upload-type").first.wait_for()
    if how == "Escape":
        panel.page.keyboard.press("Escape")
    elif how == "the button":
        dialog.locator(".jp-Dialog-close-button").click()
    else:
        panel.page.mouse.click(3, 3)
    dialog.wait_for(state="detached")
    panel.lab.until(lambda: panel.page.wait_for_timeout(10) or deleted, "the end of the upload")


def test_an_upload_that_begins_after_its_dialog_was_closed_is_cancelled(
    panel,  # noqa: F811 - the fixture
):
    begun, asked = [], []
    panel.page.route("**/data/uploads*", lambda route: begun.append(route))  # held back
    panel.page.on("request", lambda one: asked.append((one.method, one.url)))
    drop(panel, "closed.csv", "id,name\n1,Ann\n")
    panel.lab.until(lambda: panel.page.wait_for_timeout(10) or begun, "the upload's begin")
    panel.page.keyboard.press("Escape")
    panel.page.locator(".civis-UploadDialog").wait_for(state="detached")
    begun[0].continue_()
    panel.lab.until(
        lambda: panel.page.wait_for_timeout(10) or any(method == "DELETE" for method, _ in asked),
        "the end of the upload",
    )
    assert not [url for method, url in asked if method == "PUT" and "/uploads/" in url]
