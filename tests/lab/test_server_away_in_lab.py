"""The panels while the Jupyter server is away: what was known stays, and what to do is said."""

from __future__ import annotations

import re

import pytest

from tests.lab.conftest import needs_bundle, started
from tests.lab.test_data_panel import Panel
from tests.lab.test_jobs import script
from tests.lab.test_jobs_in_lab import Jobs
from tests.widgets.drivers import Page, written

pytestmark = pytest.mark.exhaustive

COUNTS = "i=0; while true; do echo counted $i; i=$((i+1)); sleep 0.5; done"
WRITTEN = """(node) => {
    window.written = [];
    new MutationObserver((all) => {
        window.written.push(...all.map((one) => one.target.textContent));
    }).observe(node, { characterData: true, childList: true, subtree: true });
}"""


@pytest.fixture
def server(tmp_path, lab_platform):
    needs_bundle()
    with started(
        tmp_path, CIVIS_API_ENDPOINT=lab_platform.endpoint, CIVIS_API_KEY=lab_platform.api_key
    ) as server:
        yield server


@pytest.fixture
def page(server, browser_window):
    tab = browser_window.new_page()
    yield Page(tab, server, written(server, ""), "lab")
    tab.close()


def close_dialogs(page):
    """Have each dialog closed in which JupyterLab itself says that its server is away."""
    dialog = page.page.locator(".jp-Dialog", has_text="Error")
    page.page.add_locator_handler(dialog, lambda: page.page.keyboard.press("Escape"))


def test_panels_say_what_to_do_while_the_server_is_away(page, server, lab_platform):
    client = lab_platform.client()
    script(client, "echo begun; sleep 600", name="outlives the server")
    jobs = Jobs(page)
    jobs.choose("outlives the server", re.compile("^Run$"))
    run = jobs.run()
    run.locator(".civis-log-line", has_text="begun").wait_for()
    files = page.page.locator("#civis-nb-files")
    page.command("civis-nb:show-files")
    files.get_by_text("Uploaded and opened here").wait_for()
    data = Panel(page)
    data.open("public")
    data.row("turnout").wait_for()
    panel = page.page.locator("#civis-nb-data")

    server.stop()
    close_dialogs(page)
    page.command("civis-nb:show-jobs")
    jobs.node.get_by_role("alert").filter(has_text="Jupyter server").wait_for()
    # What was known stays to be seen, and what is asked for is answered by what to do.
    jobs.row("outlives the server").wait_for()
    page.command("civis-nb:show-data")
    data.row("turnout").wait_for()
    panel.get_by_role("button", name="Refresh").click()
    again = panel.get_by_role("button", name="Try again")
    again.wait_for()
    alert = panel.get_by_role("alert")
    assert "Check that it is running" in alert.inner_text()
    # The same outcome of another try is read again, and the focus stays for one more.
    alert.evaluate(WRITTEN)
    again.press("Enter")
    texts = page.until(
        lambda: (found := page.page.evaluate("() => window.written"))[1:] and found,
        "the outcome of another try",
    )
    assert [text[:10] for text in texts] == ["One moment", "The Jupyte"]
    page.until(lambda: again.evaluate("button => button === document.activeElement"), "the focus")
    page.command("civis-nb:show-files")
    files.locator(".civis-Row", has_text="Projects").locator(".civis-Row-caret").click()
    files.locator(".civis-Row", has_text="does not answer").wait_for()


def test_all_goes_on_by_itself_when_the_server_is_back(page, server, lab_platform):
    client = lab_platform.client()
    script(client, COUNTS, name="goes on counting")
    jobs = Jobs(page)
    jobs.choose("goes on counting", re.compile("^Run$"))
    run = jobs.run()
    run.locator(".civis-log-line", has_text="counted 1").first.wait_for()
    before = run.locator(".civis-log-line").count()
    data = Panel(page)
    data.open("public")
    data.row("turnout").wait_for()
    panel = page.page.locator("#civis-nb-data")
    files = page.page.locator("#civis-nb-files")

    server.stop()
    close_dialogs(page)
    # The view of the run has an alert of its own.
    problem = run.locator(".civis-RunTab-problem")
    problem.filter(has_text="goes on when it is back").wait_for()
    # What is opened meanwhile waits.
    data.row("turnout").dblclick()
    preview = page.page.locator(".civis-TableTab")
    preview.get_by_role("alert").filter(has_text="goes on when it is back").wait_for()
    panel.get_by_role("button", name="Refresh").click()
    panel.get_by_role("alert").filter(has_text="goes on when it is back").wait_for()
    asked = []
    page.page.on("request", lambda one: "/civis-nb/" in one.url and asked.append(one.url))
    page.until(lambda: page.page.wait_for_timeout(10) or len(asked) > 3, "other tries")
    server.start_again()

    panel.get_by_role("alert").wait_for(state="hidden")
    preview.get_by_text("voter_id", exact=True).locator("visible=true").first.wait_for()
    page.command("civis-nb:show-files")
    files.get_by_text("Uploaded and opened here").wait_for()
    page.command("civis-nb:show-jobs")
    jobs.has_state("goes on counting", "running")
    jobs.choose("goes on counting", "Open Log")
    problem.wait_for(state="hidden")
    page.until(lambda: run.locator(".civis-log-line").count() > before, "more of the log")
    lines = run.locator(".civis-log-line").all_inner_texts()
    assert len({line.strip() for line in lines}) == len(lines)
    run.get_by_role("button", name="Cancel").click()
    run.locator(".civis-run-state", has_text="cancelled").wait_for()


def test_all_goes_on_when_the_network_is_back(page, lab_platform):
    data = Panel(page)
    data.open("public")
    data.row("turnout").wait_for()
    panel = page.page.locator("#civis-nb-data")
    page.page.context.set_offline(True)
    close_dialogs(page)
    try:
        data.row("turnout").dblclick()
        preview = page.page.locator(".civis-TableTab")
        preview.get_by_role("alert").filter(has_text="goes on when it is back").wait_for()
        data.row("turnout").locator(".civis-Row-caret").click()
        panel.locator(".civis-Row", has_text="does not answer").wait_for()
    finally:
        page.page.context.set_offline(False)
    preview.get_by_text("voter_id", exact=True).locator("visible=true").first.wait_for()
    data.row("birth_year").wait_for()
