"""Views and plain displays in a real marimo, whose pages are no Jupyter's.

marimo takes 130 MB, and so is in no extra: ``pip install marimo`` to run this.
"""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.widgets.drivers import SHOTS, WAIT_MS, new_window, until

pytestmark = pytest.mark.exhaustive
pytest.importorskip("marimo")

NOTEBOOK = """
import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo
    import pyarrow as pa

    from civis_nb.display.activity import Activity
    from civis_nb.display.followed import FollowedRun
    from civis_nb.display.log_lines import RunLog
    from civis_nb.display.run_view import RunView
    from civis_nb.display.tables import ResultTable
    from civis_nb.widgets import TableView
    from civis_nb.widgets.run import RunPanel

    return Activity, FollowedRun, ResultTable, RunLog, RunPanel, RunView, TableView, mo, pa


@app.cell
def _(TableView, mo, pa):
    table = mo.ui.anywidget(TableView(pa.table({"n": list(range(1000)), "t": ["<b>x</b>"] * 1000})))
    table
    return (table,)


@app.cell
def _(mo, table):
    mo.md(f"Sorted by {table.value['sort']}")


@app.cell
def _(ResultTable, pa):
    ResultTable(pa.table({"n": [1], "t": ["<img src=x onerror=alert(1)>"]}), title="plain")


@app.cell
def _(Activity, FollowedRun, RunLog, RunPanel, RunView, mo):
    log = RunLog()
    log.add([{"message": f"line {n}", "level": "info"} for n in range(300)])
    panel = RunPanel(FollowedRun(log, {"cancel": lambda: "It stops."}))
    panel.update(RunView(Activity("Nightly", "running", 1, 2), live=True).data())
    mo.ui.anywidget(panel)


if __name__ == "__main__":
    app.run()
"""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "notebook.py").write_text(NOTEBOOK)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log, url = tmp_path / "log", f"http://127.0.0.1:{port}"
    with log.open("w") as file:
        server = subprocess.Popen(
            [sys.executable, "-m", "marimo", "run", "notebook.py", "--headless", "--no-token",
             "--host", "127.0.0.1", "--port", str(port)],
            cwd=tmp_path, stdout=file, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def answers() -> bool:
        assert server.poll() is None, log.read_text()
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(url, timeout=60).ok
        return False

    try:
        until(answers, "marimo's start", 2 * WAIT_MS / 1000)
        yield url
    finally:
        server.terminate()
        server.wait(60)


def test_views_answer_and_plain_displays_are_shown(address: str, chromium: Any) -> None:
    window = new_window(chromium)
    page = window.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(address)

    table = page.locator(".civis-table")
    table.locator(".civis-cell", has_text="<b>x</b>").first.wait_for(timeout=2 * WAIT_MS)
    header = table.locator(".civis-head-cell .civis-name", has_text="n").first
    header.click()
    table.locator(".civis-chip", has_text="by n ↑").wait_for()
    header.click()
    table.locator(".civis-cell", has_text="999").first.wait_for()
    # The state of the view is a value of the notebook.
    page.get_by_text(re.compile(r"Sorted by .*'descending': True")).first.wait_for()

    run = page.locator(".civis-run")
    run.locator(".civis-log-line", has_text="line 299").wait_for()
    run.locator(".civis-log-box").evaluate("(box) => { box.scrollTop = 0 }")
    run.locator(".civis-log-line", has_text=re.compile(r"line 0\b")).wait_for()
    run.get_by_role("button", name="Cancel").click()
    run.get_by_text("It stops.").first.wait_for()

    page.get_by_text("plain: 1 of 1 row").first.wait_for()
    page.get_by_text("<img src=x onerror=alert(1)>").first.wait_for()
    assert page.locator("img[src=x]").count() == 0
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SHOTS / "marimo.png"), full_page=True)
    assert problems == []
    window.close()
