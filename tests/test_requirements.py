"""The lowest versions are the same in pyproject.toml, in the code and in the README."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest

from civis_nb import _requirements
from civis_nb.errors import CivisDependencyError

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BOUNDS = dict(re.match(r"([\w-]+)>=([\d.]+)", line).groups() for line in PROJECT["dependencies"])


def test_code_and_pyproject_agree():
    assert {name: BOUNDS[name] for name in _requirements.LOWEST} == _requirements.LOWEST


def test_readme_and_pyproject_agree():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    sentence = " ".join(re.search(r"and down to (.*?)\. CI", readme, re.DOTALL).group(1).split())
    named = dict(re.findall(r"(\w+) ([\d.]+\d|\d+)", sentence))
    assert len(named) == 7
    assert {name.lower(): version for name, version in named.items()} == {
        name.lower(): BOUNDS[name.lower()] for name in named
    }


@pytest.mark.parametrize(
    ("found", "there"),
    [("1.4.5", "version 1.4.5 is installed"), ("2.0.0", "2.0.0"), (None, "it is not installed")],
)
def test_version_that_can_not_work_is_refused(monkeypatch, found, there):
    def version(package):
        if found is None:
            raise importlib.metadata.PackageNotFoundError(package)
        return found

    monkeypatch.setattr(importlib.metadata, "version", version)
    with pytest.raises(CivisDependencyError, match=there) as caught:
        _requirements.check_versions(["duckdb"])
    assert isinstance(caught.value, ImportError)
    assert str(caught.value).endswith("pip install 'duckdb>=2.0.1'")


@pytest.mark.parametrize("found", ["2.0.1", "2.0.1rc1", "2.0.2.dev3", "2.1+local", "10.0"])
def test_newer_versions_are_accepted(monkeypatch, found):
    monkeypatch.setattr(importlib.metadata, "version", lambda package: found)
    _requirements.check_versions(["duckdb"])
