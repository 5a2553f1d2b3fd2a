"""What docs/how-to/results.md shows is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import civis_nb.io as cio

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "results.md"


def test_every_line_of_the_page_runs(shell, magics_client):
    pytest.importorskip("altair")
    cio.query_civis(
        "create table public.anes96 as select (i % 2)::varchar as vote, 20 + i % 60 as age, "
        "i * 10.5 as income from range(944) t(i)",
        "sample",
        client=magics_client,
    ).result()
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.strip()]
    assert len(lines) >= 12
    for line in lines:
        shell.cell(line)
    assert len(shell.ns["t"]) == 944
    assert shell.ns["p"]["age"].nulls == 0
