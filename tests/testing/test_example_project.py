"""The worked example of docs/how-to/testing.md, and the page's own code."""

from __future__ import annotations

import re
import shutil
from types import SimpleNamespace

import pytest
from nbformat import writes
from nbformat.v4 import new_code_cell, new_notebook

from civis_nb.testing import plugin
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


@pytest.mark.exhaustive
def test_the_test_of_the_page_on_ci_passes(project):
    page = (ROOT / "docs" / "how-to" / "notebooks-in-ci.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    project.makepyfile(code)
    notebook = new_notebook(cells=[new_code_cell("print('3 states')")])
    (project.path / "report.ipynb").write_text(writes(notebook), encoding="utf-8")
    run(project).assert_outcomes(passed=1)


def test_the_page_names_all_fixtures_options_and_markers():
    page = (ROOT / "docs" / "how-to" / "testing.md").read_text(encoding="utf-8")
    parser, markers = pytest.Parser(_ispytest=True), []
    plugin.pytest_addoption(parser)
    plugin.pytest_configure(SimpleNamespace(addinivalue_line=lambda _, line: markers.append(line)))
    options = [name for each in parser.getgroup("civis_nb").options for name in each.names()]
    fixtures = [name for name in vars(plugin) if name.startswith("civis_")]
    assert len(fixtures) == 4
    for name in [*fixtures, *options, *(line.partition(":")[0] for line in markers)]:
        assert name in page
