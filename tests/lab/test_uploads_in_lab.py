"""The end of an import in the Data panel of a real JupyterLab."""

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
