"""The status bar, its dialog, and notebooks to begin with, in a JupyterLab without a key."""

from __future__ import annotations

import re

import nbformat
import pytest

import civis_nb
from civis_nb.io import query_civis
from civis_nb.local.join import answering
from tests.lab.conftest import field_heights, needs_bundle, started
from tests.lab.test_jobs import script
from tests.lab.test_jobs_in_lab import Jobs
from tests.widgets.drivers import notebooks_of, serious_findings

pytestmark = pytest.mark.exhaustive

VARIABLES = ("CIVIS_API_KEY", "CIVIS_API_ENDPOINT", "CIVIS_NB_BACKEND", "CIVIS_NB_DATABASE")


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """Start a JupyterLab that has neither a key nor a platform."""
    needs_bundle()
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    with started(tmp_path / "lab", CIVIS_NB_STATE_DIR=str(tmp_path / "state")) as server:
        yield server


@pytest.fixture
def open_page(lab, browser_window):
    with notebooks_of(lab, browser_window) as opened:
        yield opened


def status(page):
    return page.page.locator(".civis-status-button").inner_text()


def dialog(page):
    return page.page.get_by_role("dialog")


def said(page):
    return dialog(page).locator(".civis-platform-message").inner_text()


def test_the_status_bar_tells_and_changes_platform_and_database(open_page):
    page = open_page("%load_ext civis_nb", "%civis_config database other")
    page.wait_for_kernel()
    page.until(lambda: status(page) == "Civis: no platform", "the state of the server")

    # Its text stands where that of its neighbours does.
    texts = page.page.locator(".civis-status-button, .jp-StatusBar-TextItem")

    def tops():
        return texts.evaluate_all(
            """items => items.filter(one => one.offsetParent && one.innerText.trim()).map(one => {
                const text = document.createRange();
                text.selectNodeContents(one);
                return text.getBoundingClientRect().top;
            })"""
        )

    page.until(lambda: len(tops()) > 2 and len(set(tops())) == 1, "texts in one line")

    # By the keyboard alone.
    page.page.locator(".civis-status-button").focus()
    page.page.keyboard.press("Enter")
    start = dialog(page).get_by_role("button", name="Start local platform")
    start.wait_for()
    start.focus()
    page.page.keyboard.press("Enter")
    page.until(lambda: "uses the local platform" in said(page), "the start")
    page.until(lambda: "≠ no platform" in status(page), "the difference")
    page.until(lambda: len(field_heights(dialog(page))) == 1, "fields of one height")
    page.shot("platform-dialog-light")
    assert serious_findings(page.page, ".civis-platform-form") == []
    dialog(page).get_by_label("Database of the sidebar").select_option("sample")
    page.until(lambda: "use sample" in said(page), "the database")
    dialog(page).get_by_role("button", name="Use what the sidebar uses").click()
    page.until(lambda: "%civis_config backend local" in said(page), "the change of the notebook")
    page.until(lambda: status(page) == "Civis: local platform · sample", "that both are the same")
    page.theme(dark=True)
    page.shot("platform-dialog-dark")
    assert serious_findings(page.page, ".civis-platform-form") == []
    page.theme(dark=False)
    page.page.keyboard.press("Escape")
    page.until(lambda: dialog(page).count() == 0, "the end of the dialog")

    # A cell that sets another database is noticed, and so is a kernel that begins anew.
    page.run_all()
    page.until(lambda: "≠ local platform · other" in status(page), "the notebook's database")
    page.command("notebook:restart-kernel")
    accept = page.page.locator(".jp-Dialog button.jp-mod-accept")
    accept.click()
    # It has the environment of the server, which was chosen meanwhile.
    page.until(lambda: status(page) == "Civis: local platform · sample", "the new kernel's state")


def local_client(tmp_path):
    running = answering(tmp_path / "state")
    return civis_nb.APIClient(running.api_key, endpoint=running.endpoint)


def press(page, name):
    """Press a button of the dialog by the keyboard."""
    dialog(page).get_by_role("button", name=name).focus()
    page.page.keyboard.press("Enter")


def test_a_reset_asks_before_it_deletes(open_page, tmp_path):
    page = open_page("1")
    page.command("civis-nb:start-local-platform")
    page.until(lambda: "local platform" in status(page), "the start")
    script(local_client(tmp_path), name="there before")
    page.command("civis-nb:choose-platform")
    for answer, is_deleted in (("Keep everything", False), ("Delete everything", True)):
        press(page, "Reset")
        page.until(lambda: "are deleted" in dialog(page).inner_text(), "the question")
        press(page, answer)
        outcome = "nothing but its samples" if is_deleted else "Nothing was deleted"
        page.until(lambda text=outcome: text in said(page), outcome)
        names = [job.name for job in local_client(tmp_path).jobs.list()]
        assert ("there before" not in names) == is_deleted
    press(page, "Stop")
    page.until(lambda: "has stopped" in said(page), "the end")
    page.until(lambda: status(page) == "Civis: no platform", "the state of the server")
    press(page, "Close")
    page.until(lambda: dialog(page).count() == 0, "the end of the dialog")


def test_the_launcher_has_notebooks_and_the_local_platform(open_page, lab):
    page = open_page("1")
    page.command("launcher:create")
    card = page.page.locator(".jp-LauncherCard", has_text="Civis SQL notebook")
    card.wait_for()
    page.page.locator(".jp-LauncherCard", has_text="Local platform").wait_for()
    pictures = page.page.locator(".jp-LauncherCard", has_text="Civis").locator("svg")
    page.until(
        lambda: len(set(pictures.evaluate_all("all => all.map(one => one.innerHTML)"))) == 2,
        "two pictures",
    )
    page.shot("platform-launcher")
    card.click()
    page.page.locator(".cm-content", has_text="%%civis_sql df").wait_for()
    page.wait_for_kernel()
    (made,) = lab.folder.glob("Untitled*.ipynb")
    notebook = nbformat.read(made, as_version=4)
    nbformat.validate(notebook)
    assert notebook.cells[0].source == "%load_ext civis_nb"
    assert notebook.metadata.kernelspec.name == "python3"


def test_the_setting_takes_the_item_out_of_the_status_bar(open_page):
    page = open_page("1")
    page.until(lambda: status(page) == "Civis: no platform", "the item")
    page.page.evaluate(
        """async () => await window.jupyterapp.serviceManager.settings.save(
            "civis-nb:plugin", JSON.stringify({ showStatus: false }))"""
    )
    page.reload()
    page.page.locator("#jp-main-statusbar").wait_for()
    assert page.page.locator(".civis-status-button").count() == 0


def test_panels_follow_a_change_of_the_platform(open_page):
    page = open_page("1")
    page.command("civis-nb:show-data")
    panel = page.page.locator("#civis-nb-data")
    remedy = panel.get_by_role("button", name="Start local platform")
    remedy.wait_for()
    page.command("civis-nb:show-jobs")
    jobs = page.page.locator("#civis-nb-jobs")
    jobs.get_by_role("alert").filter(has_text="key").wait_for()

    # Neither panel is asked to load: they hear of it.
    page.command("civis-nb:start-local-platform")
    page.until(lambda: "local platform" in status(page), "the start")
    jobs.get_by_text("No job has run yet.").wait_for()
    alert = jobs.get_by_role("alert").filter(has_text="key")
    page.until(lambda: alert.count() == 0, "the end of the problem")
    page.command("civis-nb:show-data")
    panel.get_by_role("treeitem").filter(has_text="sample").first.wait_for()
    page.until(lambda: remedy.count() == 0, "the end of the remedy")


def test_the_data_panel_forgets_another_platform(open_page, tmp_path):
    page = open_page("1")
    page.command("civis-nb:start-local-platform")
    page.until(lambda: "local platform" in status(page), "the start")
    client = local_client(tmp_path)
    query_civis("create schema of_the_first", "sample", client=client, progress=False).result()
    held = []

    def hold(route):
        held.append((route, route.fetch()))

    # An answer of the first platform comes when the second one is in use.
    page.page.route("**/civis-nb/data/tables?*", hold, times=1)
    page.command("civis-nb:show-data")
    page.until(lambda: page.page.wait_for_timeout(10) or held, "the question for tables")
    page.command("civis-nb:choose-platform")
    dialog(page).get_by_role("button", name="Reset").click()
    dialog(page).get_by_role("button", name="Delete everything").click()
    page.until(lambda: "nothing but its samples" in said(page), "the reset")
    page.page.keyboard.press("Escape")
    panel = page.page.locator("#civis-nb-data")
    panel.get_by_role("treeitem", name="public").wait_for()
    [(route, answer)] = held
    assert "of_the_first" in answer.text()
    route.fulfill(response=answer)
    # What is answered after it is shown after it.
    panel.locator(".civis-Row", has_text="public").locator(".civis-Row-caret").first.click()
    panel.get_by_role("treeitem", name="turnout").first.wait_for()
    assert panel.get_by_role("treeitem", name="of_the_first").count() == 0


def test_tabs_of_another_platform_are_closed(open_page):
    page = open_page("1")
    page.command("civis-nb:start-local-platform")
    page.until(lambda: "local platform" in status(page), "the start")
    page.command("civis-nb:show-data")
    panel = page.page.locator("#civis-nb-data")
    panel.locator(".civis-Row", has_text="public").locator(".civis-Row-caret").first.click()
    panel.locator(".civis-Row", has_text="turnout").first.dblclick()
    tabs = page.page.locator(".civis-TableTab")
    tabs.first.wait_for()
    page.command("civis-nb:choose-platform")
    dialog(page).get_by_label("Database of the sidebar").select_option("sample")
    page.until(lambda: "use sample" in said(page), "the database")
    assert tabs.count() == 1
    dialog(page).get_by_role("button", name="Reset").click()
    dialog(page).get_by_role("button", name="Delete everything").click()
    page.until(lambda: "nothing but its samples" in said(page), "the reset")
    page.until(lambda: tabs.count() == 0, "the end of the tab")


def change(lab, path, **body):
    answer = lab.session().post(f"civis-nb/platform{path}", json=body, timeout=90)
    assert answer.ok, answer.text


def test_a_page_hears_that_another_one_has_changed_the_platform(open_page):
    first, second = open_page("1"), open_page("1")
    second.command("civis-nb:show-data")
    panel = second.page.locator("#civis-nb-data")
    panel.get_by_role("button", name="Start local platform").wait_for()
    second.until(lambda: status(second) == "Civis: no platform", "the item")
    first.command("civis-nb:start-local-platform")
    # Its notebook, whose kernel was there before, has none.
    second.until(lambda: "Civis: local platform" in status(second), "the change")
    panel.get_by_role("treeitem", name="public").wait_for()


def test_tabs_of_a_local_platform_that_ends_go_on_when_it_is_back(
    browser_window, tmp_path, monkeypatch
):
    needs_bundle()
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    state = tmp_path / "state"
    variables = {"CIVIS_NB_BACKEND": "local", "CIVIS_NB_STATE_DIR": str(state)}
    with (
        civis_nb.local.start(state) as platform,
        started(tmp_path / "lab", **variables) as server,
        notebooks_of(server, browser_window) as opened,
    ):
        script(platform.client(), "echo begun", name="seen before and after")
        page = opened("1")
        jobs = Jobs(page)
        jobs.choose("seen before and after", re.compile("^Run$"))
        jobs.run().locator(".civis-run-state", has_text="succeeded").wait_for()
        platform.stop()
        page.until(lambda: "not running" in status(page), "the end of the platform")
        jobs.node.get_by_role("alert").filter(has_text="does not run").wait_for()
        row = jobs.row("seen before and after")
        page.until(lambda: row.count() == 0, "the end of its rows")
        # The view of the run has an alert of its own.
        problem = jobs.run().locator(".civis-RunTab-problem")
        problem.filter(has_text="does not run").wait_for()
        page.shot("local-platform-ended")
        with civis_nb.local.start(state):  # at another port
            jobs.has_state("seen before and after", "succeeded")
            problem.wait_for(state="hidden")
            jobs.run().locator(".civis-log-line", has_text="begun").wait_for()


def test_a_dialog_of_another_platform_starts_nothing(open_page, lab, tmp_path):
    page = open_page("1")
    change(lab, "", use="local")
    params = [{"name": "TEXT", "type": "string"}]
    job_id = script(local_client(tmp_path), name="of the first", params=params)
    jobs = Jobs(page)
    jobs.choose("of the first", "Run with Arguments")
    form = page.page.locator(".civis-ArgumentsDialog")
    form.get_by_label("TEXT").fill("x")
    change(lab, "/local", action="reset")
    client = local_client(tmp_path)
    assert script(client, name="of the second", params=params) == job_id
    jobs.row("of the second").wait_for()
    page.until(lambda: jobs.row("of the first").count() == 0, "the end of the other's job")
    form.get_by_role("button", name="Run").click()
    page.page.get_by_text("Nothing was done").first.wait_for()
    assert len(client.jobs.list(hidden=True)) == 0
    assert list(client.jobs.list_runs(job_id)) == []


def test_a_tab_of_another_platform_is_not_opened_again(open_page, lab, tmp_path):
    page = open_page("1")
    # A page of one document brings that one back alone.
    page.command("application:set-mode", mode="multiple-document")
    change(lab, "", use="local")
    tabs = page.page.locator(".civis-RunTab, .civis-TableTab")

    def reloaded(meanwhile):
        """Leave the page, and come back to it."""
        address = page.page.url
        page.page.goto("about:blank")
        meanwhile()
        page.page.goto(address)
        page.page.wait_for_function("() => window.jupyterapp !== undefined")
        page.page.evaluate("async () => { await window.jupyterapp.restored; }")

    jobs = Jobs(page)
    client = local_client(tmp_path)
    job_id = script(client, "echo of the first", name="of the first")
    jobs.choose("of the first", re.compile("^Run$"))
    jobs.run().locator(".civis-run-state", has_text="succeeded").wait_for()
    kept = lab.session()
    page.until(lambda: "civis-nb-runs:" in kept.get("lab/api/workspaces").text, "the layout")
    reloaded(lambda: None)
    page.until(lambda: tabs.count() == 1, "the tab")

    def another():
        change(lab, "/local", action="reset")
        script(local_client(tmp_path), name="of the second")

    reloaded(another)
    page.until(lambda: status(page) == "Civis: local platform", "the platform")
    assert tabs.count() == 0
    assert local_client(tmp_path).jobs.get(job_id).name == "of the second"
