"""The live view of an execution in a real JupyterLab: its graph, the logs of its tasks, its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import civis_nb
from tests.widgets.drivers import WAIT_MS, serious_findings, until

pytestmark = pytest.mark.exhaustive

pytest.importorskip("anywidget")

DEFINITION = """
version: '2.0'
workflow:
  input: [flag]
  tasks:
    extract:
      action: civis.scripts.python3
      input: {source: "for n in range(30): print('row', n)"}
      on-success: [clean, wait_for_file]
    clean: {action: std.noop, on-success: [report]}
    wait_for_file:
      action: civis.scripts.python3
      input:
        source: |
          import os, time
          print("no donors.csv yet", flush=True)
          while not os.path.exists("<% $.flag %>"):
              time.sleep(0.1)
          print("it is there", flush=True)
      on-success: [report]
      on-error: [alarm]
    report:
      join: all
      action: civis.scripts.python3
      input: {source: "print('the report')"}
    alarm: {action: std.noop}
"""


@pytest.fixture(scope="module")
def platform() -> Any:
    with civis_nb.local.start(samples=False) as started:
        started.client().workflows.post("Nightly flow", definition=DEFINITION)
        yield started


def task(view: Any, name: str) -> Any:
    return view.locator(f'.civis-run-picture [data-task="{name}"]')


def test_an_execution_is_seen_live_and_tasks_open_their_logs(
    platform: Any, open_notebook: Any, tmp_path: Path
) -> None:
    flag = tmp_path / "flag"
    page = open_notebook(
        f"%env CIVIS_API_ENDPOINT={platform.endpoint}\n"
        f"%env CIVIS_API_KEY={platform.api_key}\n%load_ext civis_nb",
        f"%civis_run 'Nightly flow' --workflow -a flag={flag}",
        "%%civis_workflow\nversion: '2.0'\nworkflow: {tasks: {<img src=x>: {action: std.noop}}}",
    )
    page.wait_for_kernel()
    for cell in (0, 2, 1):
        page.page.locator(".jp-CodeCell").nth(cell).locator(".cm-content").click()
        page.command("notebook:run-cell")
    view = page.output(1)
    going = "wait_for_file"
    live = ".civis-run-picture [data-task"
    page.page.wait_for_selector(f'{live}="{going}"][aria-label*="running"]', timeout=WAIT_MS)
    workflows = platform.client().workflows
    until(lambda: workflows.get_executions_tasks(1, 1, going).runs, "the run of the task")

    def pressed() -> bool:
        # A picture that is drawn anew in between takes the click with it.
        if task(view, going).get_attribute("aria-pressed") != "true":
            task(view, going).click()
        return bool(task(view, going).get_attribute("aria-pressed") == "true")

    until(pressed, "the choice of the task")
    view.get_by_text("no donors.csv yet", exact=True).wait_for()
    assert task(view, going).get_attribute("aria-pressed") == "true"
    page.shot("workflow-running-light", view)
    assert not serious_findings(page.page, ".civis-run")
    page.theme(dark=True)
    page.shot("workflow-running-dark", view)
    page.theme(dark=False)
    task(view, "extract").focus()
    page.page.keyboard.press("Enter")
    view.locator(".civis-log > summary", has_text="Log of extract: 30 lines").wait_for()
    assert task(view, "extract").evaluate("node => node === document.activeElement")
    flag.touch()
    page.page.wait_for_selector(f'{live}="report"][aria-label*="succeeded"]', timeout=WAIT_MS)
    # For a moment the settled view is there beside the live one.
    view.locator(".civis-run-state", has_text="✓ succeeded").first.wait_for()
    until(lambda: view.locator(".civis-run").count() == 1, "one view")
    task(view, "report").click()
    view.get_by_text("the report", exact=True).wait_for()
    page.shot("workflow-ended-light", view)
    assert page.page.locator("img[src=x]").count() == 0
    assert not page.problems
    kept = page.save().cells[1].outputs
    data = kept[-1].data
    assert "<svg" in data["text/html"]
    assert "wait_for_file" in data["text/plain"]
    assert [one["state"] for one in data["application/vnd.civis.run+json"]["tasks"]] == [
        "success", "success", "success", "success", "idle",
    ]  # fmt: skip
