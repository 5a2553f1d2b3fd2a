"""The plugin of pytest: found, light, and on a platform that is clean for each test."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

import civis_nb
from tests.testing.conftest import ROOT, run

pytestmark = pytest.mark.exhaustive

TESTS = """
    import civis_nb, pytest

    @pytest.mark.parametrize("number", [1, 2])
    def test_clean(civis_client, civis_platform, number):
        assert civis_client.jobs.list() == []
        assert civis_nb.APIClient().users.get_me().id == civis_client.users.get_me().id
        civis_client.scripts.post_python3(name="left over", source="1")
        civis_nb.io.query_civis("drop table public.anes96", "sample").result(60)

    def test_mock(civis_client_mock):
        with pytest.raises(TypeError, match="databse"):
            civis_client_mock.tables.list(databse=1)

    @pytest.mark.civis_local_only
    def test_local(civis_platform):
        assert civis_platform.is_local

    def test_environment_is_set_back():
        import os
        assert "127.0.0.1" not in os.environ.get("CIVIS_API_ENDPOINT", "")
"""


def test_the_project_announces_the_plugin():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"civis_nb": "civis_nb.testing.plugin"}


def test_starting_pytest_imports_nothing_heavy(project):
    project.makepyfile(
        """
        import sys

        def test_modules(request):
            assert request.config.pluginmanager.has_plugin("civis_nb")
            heavy = {"pandas", "polars", "pyarrow", "requests", "duckdb", "fastapi", "IPython",
                     "civis_nb.client", "civis_nb.local", "civis_nb.testing.mocks"}
            assert not heavy & set(sys.modules)
        """
    )
    run(project).assert_outcomes(passed=1)


@pytest.mark.exhaustive
def test_each_test_has_a_clean_platform(project):
    project.makepyfile(TESTS)
    run(project).assert_outcomes(passed=5)


@pytest.mark.exhaustive
def test_it_works_with_xdist(project):
    project.makepyfile(TESTS)
    run(project, "-n", "2").assert_outcomes(passed=5)


@pytest.mark.exhaustive
def test_another_platform_is_used_and_never_cleaned_up(project, monkeypatch):
    project.makepyfile(
        """
        import civis_nb, os, pytest
        from civis_nb.errors import CivisLocalError

        def test_it_is_another(civis_client, civis_platform):
            assert not civis_platform.is_local
            assert [job.name for job in civis_client.jobs.list()] == ["precious"]
            with pytest.raises(CivisLocalError, match="never cleaned up"):
                civis_platform.clean()

        @pytest.mark.civis_local_only
        def test_local(civis_platform):
            raise AssertionError
        """
    )
    with civis_nb.local.start(samples=False) as other:
        client = other.client()
        client.scripts.post_python3(name="precious", source="1")
        missing = run(project, "--civis-endpoint", other.endpoint)
        missing.assert_outcomes(errors=1, skipped=1)
        missing.stdout.fnmatch_lines(["*needs a key: set CIVIS_API_KEY*"])
        monkeypatch.setenv("CIVIS_API_KEY", str.__str__(other.api_key))
        run(project, "--civis-endpoint", other.endpoint).assert_outcomes(passed=1, skipped=1)
        assert [job.name for job in client.jobs.list()] == ["precious"]


@pytest.mark.exhaustive
def test_notebooks_are_run_and_read(project):
    query = "%%civis_sql\nselect count(*) as n from public.anes96"
    cells = ["import civis_nb", "%load_ext civis_nb", query, "print('hello')\n1 + 1"]
    write_notebook(project.path / "report.ipynb", [*cells, "1 / 0"])
    project.makepyfile(
        f"""
        import pytest
        from civis_nb.errors import CivisInputError

        def test_report(civis_notebook):
            report = civis_notebook("report.ipynb", allow_errors=True)
            assert "944" in report.cells[2].text
            assert (report.cells[3].text, report.cells[3].result) == ("hello\\n2\\n", "2")
            assert report.errors == [report.cells[4].error]
            assert report.errors == ["ZeroDivisionError: division by zero"]

        def test_cells(civis_notebook):
            assert "944" in civis_notebook({cells[:3]!r}).text

        def test_failures(civis_notebook):
            with pytest.raises(Exception, match="division by zero"):
                civis_notebook(["1 / 0"])
            with pytest.raises(CivisInputError, match="none.ipynb can't be read"):
                civis_notebook("none.ipynb")
        """
    )
    run(project).assert_outcomes(passed=3)


@pytest.mark.exhaustive
def test_it_works_with_nbval(project):
    for name in ("one", "two"):
        write_notebook(
            project.path / f"{name}.ipynb",
            ["import civis_nb", "client = civis_nb.APIClient()\nprint(len(client.jobs.list()))",
             "_ = client.scripts.post_python3(name='left over', source='1')"],
            [None, "0\n", None],
        )  # fmt: skip
    project.makepyfile(test_after=TESTS)
    run(project, "--nbval", "--civis-notebooks").assert_outcomes(passed=6 + 5)


def write_notebook(path: Path, sources: list[str], texts: list[str | None] | None = None) -> None:
    cells = [
        {
            "cell_type": "code", "source": source, "metadata": {}, "execution_count": 1,
            "outputs": [{"output_type": "stream", "name": "stdout", "text": text}] if text else [],
        }
        for source, text in zip(sources, texts or [None] * len(sources), strict=True)
    ]  # fmt: skip
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    path.write_text(
        json.dumps(
            {"nbformat": 4, "nbformat_minor": 4, "metadata": {"kernelspec": kernel}, "cells": cells}
        )
    )
