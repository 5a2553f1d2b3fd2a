"""The settings of the extension, changed in JupyterLab's settings editor."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.lab.completions import proposals, shown
from tests.lab.conftest import needs_bundle, started
from tests.widgets.drivers import notebooks_of

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "extension" / "schema" / "plugin.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def lab(tmp_path_factory, lab_platform):
    """Start a JupyterLab of these tests' own: it keeps the settings."""
    needs_bundle()
    with started(
        tmp_path_factory.mktemp("settings"),
        CIVIS_API_ENDPOINT=lab_platform.endpoint,
        CIVIS_API_KEY=lab_platform.api_key,
    ) as server:
        settings = server.folder / ".settings" / "@jupyterlab" / "notebook-extension"
        settings.mkdir(parents=True)
        (settings / "tracker.jupyterlab-settings").write_text(
            json.dumps({"codeCellConfig": {"autoClosingBrackets": True}})
        )
        yield server


@pytest.fixture
def open_page(lab, browser_window):
    with notebooks_of(lab, browser_window) as opened:

        def ready(*cells):
            page = opened(*cells)
            page.wait_for_kernel()
            return page

        yield ready


def field(page, name):
    """Return the input of a setting in the settings editor, which is shown from then on."""
    page.command("settingeditor:open", query="Civis Platform")
    found = page.page.locator(f":is(input, select)[id$='_{name}']")
    found.wait_for()
    return found


def back(page):
    """Show the notebook, which is beside the settings."""
    page.page.evaluate(
        """() => {
            const { shell } = window.jupyterapp;
            shell.activateById([...shell.widgets("main")].find((one) => one.context).id);
        }"""
    )
    editor(page, 0).wait_for()


def editor(page, cell):
    return page.page.locator(".jp-CodeCell").nth(cell).locator(".cm-content")


def coloured_words(page, cell):
    return editor(page, cell).locator(".cm-line span").all_inner_texts()


def text_of(page, cell):
    return "\n".join(editor(page, cell).locator(".cm-line").all_inner_texts())


def test_every_setting_is_documented():
    page = (ROOT / "docs" / "how-to" / "jupyterlab.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| *")]
    titles = [one["title"] for one in SCHEMA["properties"].values()]
    assert [
        title for title in titles if not any(r.startswith(f"| *{title}* |") for r in rows)
    ] == []


@pytest.mark.exhaustive
def test_colours_of_sql_can_be_switched_off(open_page):
    page = open_page("%%civis_sql\nselect  1 from t", "x = %civis_sql SELECT 1")
    page.until(lambda: "select" in coloured_words(page, 0), "the colours of SQL")
    page.until(lambda: "SELECT" in coloured_words(page, 1), "the colours of SQL in a line")
    field(page, "sqlColours").uncheck()
    back(page)
    page.until(lambda: "%%civis_sql" not in coloured_words(page, 0), "the end of SQL's colours")
    page.until(lambda: "SELECT" not in coloured_words(page, 1), "the end of the line's colours")
    # It goes on to be a cell of SQL.
    editor(page, 0).click()
    page.page.keyboard.press("Alt+Shift+F")
    page.until(lambda: text_of(page, 0) == "%%civis_sql\nselect 1 from t", "the formatted cell")
    field(page, "sqlColours").check()
    back(page)
    page.until(lambda: "%%civis_sql" in coloured_words(page, 0), "the colours of SQL")


@pytest.mark.exhaustive
def test_completion_of_sql_can_be_switched_off(open_page):
    page = open_page("%%civis_sql\nselect * from ")
    page.until(lambda: "public.turnout" in proposals(page, 0), "a table")
    page.page.keyboard.press("Escape")
    field(page, "sqlCompletion").uncheck()
    back(page)
    # JupyterLab completes it as any other cell.
    found = page.until(
        lambda: [one for one in [proposals(page, 0)] if "print" in str(one)], "names of Python"
    )
    assert "public.turnout" not in found[0]
    page.page.keyboard.press("Escape")
    field(page, "sqlCompletion").check()
    back(page)
    page.until(lambda: "public.turnout" in proposals(page, 0), "a table again")


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("cell", "typed", "wanted"),
    [
        ("%%civis_sql\nselect * from mart.", '"Od', 'from mart."Odd <b>name</b>"'),
        ("%%civis_sql -d ", "'sa", "%%civis_sql -d sample"),
    ],
)
def test_a_quote_that_the_editor_has_closed_is_not_doubled(open_page, cell, typed, wanted):
    page = open_page(cell)
    editor(page, 0).click()
    page.page.keyboard.press("Control+End")

    def is_closed():
        page.page.keyboard.type(typed[0])
        if text_of(page, 0).endswith(2 * typed[0]):
            return True
        page.page.keyboard.press("Backspace")
        return False

    page.until(is_closed, "the quote that closes by itself")
    page.page.keyboard.type(typed[1:])

    def completed():
        if not text_of(page, 0).endswith(wanted):
            page.page.keyboard.press("Enter" if shown(page) else "Tab")
        return text_of(page, 0).endswith(wanted)

    page.until(completed, "the name")


@pytest.mark.exhaustive
def test_the_server_is_told_how_often_to_poll_jobs(open_page):
    page = open_page("x = 1")

    def asks(wait):
        def is_stream(request):
            address = urlsplit(request.url)
            is_events = address.path.endswith("/civis-nb/events")
            return is_events and parse_qs(address.query)["wait"] == [wait]

        return page.page.expect_request(is_stream)

    with asks("0"):
        page.command("civis-nb:show-jobs")
    with asks("7.5"):
        field(page, "pollInterval").fill("7.5")
    page.shot("settings")
    with asks("0"):
        field(page, "pollInterval").fill("0")


@pytest.mark.exhaustive
def test_the_status_bar_can_do_without_the_platform(open_page):
    page = open_page("x = 1")
    item = page.page.locator(".civis-status-button")
    item.wait_for()
    field(page, "showStatus").uncheck()
    page.until(lambda: item.count() == 0, "the end of the item")
    field(page, "showStatus").check()
    item.wait_for()


@pytest.mark.exhaustive
def test_the_keys_of_commands_are_in_the_settings_of_shortcuts(open_page):
    page = open_page("x = 1")
    page.command("settingeditor:open", query="Keyboard Shortcuts")
    for label, keys in [
        ("Format SQL", "Alt+Shift+F"),
        ("Run SQL Statement at Cursor", "Alt+Shift+Enter"),
    ]:
        row = page.page.locator(".jp-Shortcuts-Row").filter(has_text=label)
        page.until(lambda row=row: row.count() == 1, label)
        # JupyterLab 4.2 shows the keys as signs.
        signs = keys.replace("Alt", "⌥").replace("Shift", "⇧").replace("+", "")
        shown_keys = "".join(row.inner_text().split())
        assert keys in shown_keys or signs in shown_keys
