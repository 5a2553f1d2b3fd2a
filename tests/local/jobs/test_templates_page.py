"""The page on templates: its code runs as it stands, from the first block to the last."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "templates.md"


@pytest.mark.exhaustive
def test_the_code_of_the_page_runs(monkeypatch, tmp_path):
    monkeypatch.setenv("CIVIS_NB_STATE_DIR", str(tmp_path))
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    try:
        for block in blocks:
            exec(block, names)
    finally:
        if "platform" in names:
            names["platform"].stop()
    assert [one["rows"] for one in names["results"]] == [0, 1, 2]
    assert names["template"].name == "Count rows"
