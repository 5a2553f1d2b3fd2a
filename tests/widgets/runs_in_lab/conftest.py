"""A job whose log grows, and what its view in JupyterLab shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import civis_nb
from tests.widgets.drivers import until

#: Writes lines, a progress bar and colours, then a line now and then until it is told to end.
GROWING = """
import os, sys, time
for n in range({lines}):
    print("line", n)
for share in range(0, 101, 10):
    print("loading", share, "%", end="\\r", flush=True)
    time.sleep(0.01)
print()
print("\\x1b[31mred\\x1b[0m needle <img src=x onerror=alert(1)>")
n = 0
while not os.path.exists({flag!r}):
    print("tick", n, flush=True)
    n += 1
    time.sleep(0.2)
print("the end")
"""


@pytest.fixture(scope="module")
def platform() -> Any:
    with civis_nb.local.start(samples=False) as started:
        yield started


@pytest.fixture
def flag(tmp_path: Path) -> Path:
    return tmp_path / "end"


@pytest.fixture
def setup(platform: Any) -> str:
    """Return the first cell of a notebook: it speaks to the platform."""
    return (
        f"%env CIVIS_API_ENDPOINT={platform.endpoint}\n"
        f"%env CIVIS_API_KEY={platform.api_key}\n"
        "%load_ext civis_nb"
    )


@pytest.fixture
def growing(platform: Any, flag: Path) -> Any:
    """Create a job whose log grows until `flag` is there; return its id."""

    def make(lines: int = 300, name: str = "Nightly load") -> int:
        source = GROWING.format(lines=lines, flag=str(flag))
        return int(platform.client().scripts.post_python3(name=name, source=source).id)

    return make


def start(page: Any, cell: int) -> Any:
    """Run a cell without waiting for its end; give its output."""
    page.page.locator(".jp-CodeCell").nth(cell).locator(".cm-content").click()
    page.command("notebook:run-cell")
    return page.output(cell)


def first_in_sight(view: Any) -> int:
    """Return the number of the first log line that a reader sees; -1 where none is drawn yet."""
    return int(
        view.locator(".civis-log-box").evaluate(
            """(box) => {
                const top = box.getBoundingClientRect().top;
                const rows = [...box.querySelectorAll(".civis-log-line")];
                const seen = rows.find((row) => row.getBoundingClientRect().bottom > top + 1);
                return Number(seen?.dataset.number ?? -1);
            }"""
        )
    )


def total(view: Any) -> int:
    """Return how many lines the view counts; 0 while it names none yet."""
    text = view.locator(".civis-log > summary").inner_text()
    found = re.search(r"([\d,]+) line", text)
    return int(found.group(1).replace(",", "")) if found else 0


def line(view: Any, number: int, text: str) -> Any:
    """Return a line of the log, when it is on the page and loaded."""
    row = view.locator(f"[data-number='{number}']", has_text=text)
    row.wait_for()
    return row


def grown(view: Any, by: int = 3) -> None:
    before = total(view)
    until(lambda: total(view) >= before + by, "more lines")
