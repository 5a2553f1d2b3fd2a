"""The documentation names everything that there is."""

from __future__ import annotations

import re
from pathlib import Path

from civis_nb import config

DOCS = Path(__file__).parents[1] / "docs"


def test_every_setting_is_documented():
    page = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
    for setting in config.SETTINGS.values():
        assert f"| `{setting.name}` | `{setting.env}` |" in page
        for choice in setting.choices:
            assert f"`{choice}`" in page


def test_every_magic_is_documented():
    from civis_nb.magics.register import NAMES

    page = (DOCS / "reference" / "magics.md").read_text(encoding="utf-8")
    for name, kinds in NAMES.items():
        for kind in kinds:
            sign = "%" if kind == "line" else "%%"
            assert f"`{sign}{name}`" in page


def test_every_page_is_reachable():
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    for path in DOCS.rglob("*.md"):
        name = path.relative_to(DOCS).with_suffix("").as_posix()
        assert name == "index" or name in index, f"docs/index.md does not lead to {name}"


def test_the_architecture_page_names_files_that_exist():
    page = (DOCS / "explanation" / "architecture.md").read_text(encoding="utf-8")
    folders = (DOCS.parent / "civis_nb", DOCS.parent / "tests")
    files = [path.as_posix() for folder in folders for path in folder.rglob("*.*")]
    named = set(re.findall(r"`([\w/]+\.(?:py|js|sql))`", page))
    assert len(named) > 100
    assert [
        name for name in sorted(named) if not any(f"/{name}" in f"/{one}" for one in files)
    ] == []
