"""The worked example of docs/how-to/testing.md, and the page's own code."""

from __future__ import annotations

import re
import shutil

import pytest

from tests.testing.conftest import ROOT, run

EXAMPLE = ROOT / "docs" / "examples" / "turnout"


@pytest.mark.exhaustive
def test_the_tests_of_the_example_pass(project):
    for path in EXAMPLE.iterdir():
        if path.is_file():
            shutil.copy(path, project.path)
    run(project).assert_outcomes(passed=5)


def test_the_page_shows_the_files_and_its_code_runs():
    page = (ROOT / "docs" / "how-to" / "testing.md").read_text(encoding="utf-8")
    shown = re.findall(r"\{literalinclude\} \.\./examples/turnout/(\S+)", page)
    assert shown == ["turnout.py", "test_turnout.py"]
    code = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(code) == 1
    exec(code[0], {})
