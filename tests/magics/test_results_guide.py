"""What docs/how-to/results.md shows is true, and the cells of the README run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import civis_nb.io as cio

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "results.md"


@pytest.fixture(scope="module", autouse=True)
def anes96(magics_client):
    cio.query_civis(
        "create table public.anes96 as select (i % 2)::varchar as vote, 20 + i % 60 as age, "
        "i * 10.5 as income from generate_series(0, 943) t(i)",
        "sample",
        client=magics_client,
    ).result()


def test_the_cells_of_the_readme_run(shell):
    first, second = re.findall(r"```\n(%.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    # The platform of these tests, which has started already, is the local one.
    shell.cell(first.replace("%civis_config backend local\n", ""))
    shell.cell(second)
    assert shell.ns["young"]["age"].max() == 29


def test_every_line_of_the_page_runs(shell):
    pytest.importorskip("altair")
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.strip()]
    assert len(lines) >= 12
    for line in lines:
        shell.cell(line)
    assert len(shell.ns["t"]) == 944
    assert shell.ns["p"]["age"].nulls == 0
