"""The Jobs panel in a real JupyterLab, with a local platform."""

from __future__ import annotations

import re

import pytest

from tests.lab.conftest import field_heights, is_cut
from tests.lab.test_jobs import PARAMS, script
from tests.widgets.drivers import serious_findings

pytestmark = pytest.mark.exhaustive


@pytest.fixture(scope="module")
def client(lab_platform):
    return lab_platform.client()


class Jobs:
    """The panel of jobs on a page."""

    def __init__(self, page):
        self.page = page
        self.node = page.page.locator("#civis-nb-jobs")
        page.command("civis-nb:show-jobs")
        self.node.wait_for()

    def row(self, name):
        return self.node.locator(".civis-Row", has_text=name).first

    def has_state(self, name, state):
        self.row(name).locator(".civis-Row-state", has_text=re.compile(f"^{state}$")).wait_for()

    def choose(self, name, action):
        """Choose an action of a job's menu."""
        self.row(name).click(button="right")
        self.page.page.locator(".lm-Menu-item", has_text=action).click()

    def run(self):
        """Return the tab of a run that is shown."""
        return self.page.page.locator(".civis-RunTab:not(.lm-mod-hidden)")


def show(page, hidden):
    """Have the page taken for hidden, or for seen."""
    page.page.evaluate(
        """hidden => {
            Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )
    page.page.wait_for_timeout(10)  # for Playwright to hear of requests


def test_a_run_is_seen_before_the_list_of_jobs_has_it(open_in_lab, client):
    job_id = script(client, "sleep 600", name="seen at once")
    page = open_in_lab("1")
    jobs = Jobs(page)
    jobs.has_state("seen at once", "never ran")
    show(page, hidden=True)  # with no connection that tells of it
    jobs.choose("seen at once", re.compile("^Run$"))
    jobs.has_state("seen at once", "queued")
    run_id = client.jobs.get(job_id).last_run.id
    tab = page.page.locator(".lm-TabBar-tab.lm-mod-current").last
    page.until(lambda: f"run {run_id}" in (tab.get_attribute("title") or ""), "the run's tab")
    show(page, hidden=False)
    jobs.has_state("seen at once", "running")
    client.jobs.delete_runs(job_id, run_id)
    jobs.has_state("seen at once", "cancelled")
    # Also where it is started from its tab.
    page.until(lambda: jobs.run().get_by_role("button", name="Run again").count(), "the button")
    show(page, hidden=True)
    jobs.run().get_by_role("button", name="Run again").click()
    jobs.has_state("seen at once", "queued")
    client.jobs.delete_runs(job_id, client.jobs.get(job_id).last_run.id)


def test_a_job_is_run_with_arguments_watched_and_cancelled(open_in_lab, client):
    name = "count <b>slowly</b>"
    command = "i=0; while true; do echo $TEXT $i of $COUNT; i=$((i+1)); sleep 0.2; done"
    job_id = script(client, command, name=name, params=PARAMS, arguments={"TEXT": "old"})
    page = open_in_lab("1")
    jobs = Jobs(page)
    jobs.has_state(name, "never ran")
    assert not is_cut(jobs.node.locator("input[type=search]"))
    jobs.choose(name, "Run with Arguments")
    form = page.page.locator(".civis-ArgumentsDialog")
    form.get_by_label("A text *").fill("")
    form.get_by_label("COUNT").fill("many")
    form.get_by_role("button", name="Run").click()
    faults = form.locator(".civis-ArgumentsForm-fault:not(:empty)")
    wanted = ["A value is needed.", "A whole number is needed."]
    page.until(lambda: faults.all_inner_texts() == wanted, "what is wrong")
    assert form.get_by_label("FIXED").is_disabled()
    assert len(field_heights(form.locator(".civis-Form"))) == 1
    page.shot("jobs-arguments")
    assert serious_findings(page.page, ".civis-ArgumentsDialog") == []
    form.get_by_label("A text *").fill("new")
    form.get_by_label("COUNT").fill("7")
    form.get_by_label("COLOUR").select_option(label="Red")
    form.get_by_role("button", name="Run").click()
    run = jobs.run()
    run.locator(".civis-log-line", has_text="new 3 of 7").wait_for()
    run.locator(".civis-run-state", has_text="running").wait_for()
    page.shot("jobs-run")
    run.get_by_role("button", name="Cancel").click()
    run.locator(".civis-run-state", has_text="cancelled").wait_for()
    assert client.scripts.get_containers(job_id).arguments["TEXT"] == "old"
    assert serious_findings(page.page, ".civis-RunTab") == []


def test_enter_begins_a_line_in_a_text_of_several_lines(open_in_lab, client):
    params = [{"name": "TEXT", "type": "multi_line_string"}]
    job_id = script(client, name="takes lines", params=params)
    page = open_in_lab("1")
    jobs = Jobs(page)
    jobs.choose("takes lines", "Run with Arguments")
    form = page.page.locator(".civis-ArgumentsDialog")
    field = form.get_by_label("TEXT")
    field.press_sequentially("one\ntwo")
    assert field.input_value() == "one\ntwo"
    form.get_by_role("button", name="Cancel").focus()
    page.page.keyboard.press("Enter")
    page.until(lambda: form.count() == 0, "the end of the dialog")
    assert list(client.jobs.list_runs(job_id)) == []


def test_two_tabs_share_the_states_and_a_reload_keeps_the_log(open_in_lab, client):
    job_id = script(client, "echo begun; sleep 600", name="shared by tabs")
    one, other = open_in_lab("1"), open_in_lab("2")
    first, second = Jobs(one), Jobs(other)
    second.has_state("shared by tabs", "never ran")
    first.choose("shared by tabs", re.compile("^Run$"))
    first.run().locator(".civis-log-line", has_text="begun").wait_for()
    second.has_state("shared by tabs", "running")
    one.reload()
    first = Jobs(one)
    first.choose("shared by tabs", "Open Log")
    first.run().locator(".civis-log-line", has_text="begun").wait_for()
    second.choose("shared by tabs", "Cancel…")
    other.page.get_by_role("button", name="Cancel the Run").click()
    first.run().locator(".civis-run-state", has_text="cancelled").wait_for()
    second.has_state("shared by tabs", "cancelled")
    assert client.jobs.get(job_id).state == "cancelled"


def test_a_job_that_says_nothing_is_no_problem(open_with_clock, client):
    script(client, "echo begun; sleep 600", name="says little")
    page = open_with_clock("1")
    jobs = Jobs(page)
    jobs.choose("says little", re.compile("^Run$"))
    run = jobs.run()
    run.locator(".civis-log-line", has_text="begun").wait_for()
    run.locator(".civis-run-state", has_text="running").wait_for()
    # No longer than until the page takes the connection for lost, with no heartbeat.
    page.page.clock.fast_forward(20_000)
    run.get_by_text(re.compile(r"running (2\d|3\d)\.\d s")).wait_for()
    assert run.get_by_text("No word from the kernel").count() == 0
    run.get_by_role("button", name="Cancel").click()
    run.locator(".civis-run-state", has_text="cancelled").wait_for()


def test_each_run_has_its_own_log(open_in_lab, client):
    names = "counts apples", "counts pears"
    for name in names:
        script(client, f"for i in 1 2 3; do echo {name} $i; done", name=name)
    page = open_in_lab("1")
    jobs = Jobs(page)
    run, lines = jobs.run(), jobs.run().locator(".civis-log-line")
    for name in names:
        jobs.has_state(name, "never ran")
        jobs.choose(name, re.compile("^Run$"))
        lines.filter(has_text=f"{name} 3").wait_for()
    jobs.choose(names[0], "Open Log")
    run.locator(".civis-run-title", has_text=names[0]).wait_for()
    # The lines are drawn again from what is kept of the log.
    run.get_by_label("Search the log").fill("counts")
    lines.locator("mark", has_text="counts").first.wait_for()
    found = lines.all_inner_texts()
    assert any(names[0] in line for line in found)
    assert not any(names[1] in line for line in found)


def test_jobs_are_found_and_run_by_keyboard_alone(open_in_lab, client):
    script(client, "echo by keyboard", name="found by its name")
    for number in range(3):
        script(client, name=f"other {number}")
    page = open_in_lab("1")
    jobs = Jobs(page)
    jobs.has_state("found by its name", "never ran")
    keyboard = page.page.keyboard
    jobs.node.get_by_role("listbox").focus()
    keyboard.type("by its na")
    jobs.node.get_by_text("1 found", exact=True).wait_for()
    keyboard.press("ArrowDown")
    page.until(
        lambda: "found by its name"
        in jobs.node.locator(".civis-Row[aria-selected='true']").inner_text(), "the found job",
    )  # fmt: skip
    keyboard.press("Shift+F10")
    page.page.locator(".lm-Menu").wait_for()
    keyboard.press("ArrowDown")
    keyboard.press("ArrowDown")
    page.page.locator(".lm-Menu-item.lm-mod-active").wait_for()
    while page.page.locator(".lm-Menu-item.lm-mod-active").inner_text().strip() != "Run":
        keyboard.press("ArrowDown")
    keyboard.press("Enter")
    jobs.run().locator(".civis-log-line", has_text="by keyboard").wait_for()
    jobs.run().locator(".civis-run-state", has_text="succeeded").wait_for()


def test_a_problem_and_a_count_that_stay_are_written_once(open_in_lab, client):
    script(client, name="told once alone")
    page = open_in_lab("1")
    jobs = Jobs(page)
    jobs.has_state("told once alone", "never ran")
    page.page.route(re.compile("/civis-nb/events"), lambda route: route.abort())
    jobs.node.get_by_label("Jobs shown").select_option("all")
    jobs.node.get_by_text("The Jupyter server does not answer").wait_for()
    search = jobs.node.get_by_role("searchbox")
    search.fill("told once")
    jobs.node.get_by_text("1 found", exact=True).wait_for()
    jobs.node.evaluate(
        """(node) => {
            window.written = [];
            const watcher = new MutationObserver((all) => {
                window.written.push(...all.map((one) => one.target.textContent));
            });
            for (const one of node.querySelectorAll("[role=alert], [role=status]")) {
                watcher.observe(one, { characterData: true, childList: true, subtree: true });
            }
        }"""
    )
    with page.page.expect_response(re.compile("/civis-nb/jobs.*text=told\\+once\\+alone")):
        search.press_sequentially(" alone")
    search.press("ArrowDown")
    chosen = jobs.node.locator(".civis-Row[aria-selected='true']", has_text="told once alone")
    chosen.wait_for()
    assert page.page.evaluate("() => window.written") == []
    # What differs is written.
    search.fill("nowhere")
    page.until(lambda: page.page.evaluate("() => window.written.length"), "other words")


def test_the_panel_in_both_themes(open_in_lab, client):
    failed = script(client, "echo no >&2; exit 3", name="fails each time")
    client.jobs.post_runs(failed)
    page = open_in_lab("1")
    jobs = Jobs(page)
    jobs.has_state("fails each time", "failed")
    page.shot("jobs-light")
    assert serious_findings(page.page, "#civis-nb-jobs") == []
    page.theme(dark=True)
    page.shot("jobs-dark")
    assert serious_findings(page.page, "#civis-nb-jobs") == []
    jobs.choose("fails each time", "Open Log")
    jobs.run().locator(".civis-run-state", has_text="failed").wait_for()
    page.shot("jobs-run-dark")
    page.theme(dark=False)
    jobs.choose("fails each time", "Insert %civis_run Cell")
    page.page.locator(".jp-CodeCell", has_text=f"%civis_run {failed}").wait_for()


def test_a_hidden_page_holds_no_connection(open_in_lab):
    page = open_in_lab("1")
    opened, closed = [], []
    page.page.on("request", lambda one: "/events?" in one.url and opened.append(one.url))
    page.page.on("requestfailed", lambda one: "/events?" in one.url and closed.append(one.url))
    Jobs(page)
    page.page.wait_for_function("() => document.querySelector('#civis-nb-jobs .civis-Row')")
    closed.clear()  # the page has listened to less before
    show(page, hidden=True)
    page.until(lambda: page.page.wait_for_timeout(10) or closed, "the end of the connection")
    opened.clear()
    show(page, hidden=False)
    page.until(lambda: page.page.wait_for_timeout(10) or opened, "the next connection")
    assert len(closed) == 1
