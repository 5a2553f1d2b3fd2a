"""Settings: where their values come from, and which are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from civis_nb import config
from civis_nb.errors import CivisConfigError


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return the pyproject.toml of the working folder's parent."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    monkeypatch.chdir(folder)
    config.reset()
    yield tmp_path / "pyproject.toml"
    config.reset()


def test_the_first_source_that_has_a_value_wins(project, monkeypatch):
    assert config.get("limit") == 20
    project.write_text("[tool.civis_nb]\nlimit = 30\n")
    config.reset()
    assert config.get("limit") == 30
    monkeypatch.setenv("CIVIS_NB_LIMIT", "40")
    assert config.get("limit") == 40
    config.set_value("limit", 50)
    assert config.get("limit") == 50
    assert config.get("limit", given=60) == 60


def test_the_project_is_read_once_for_each_working_folder(project, monkeypatch):
    project.write_text("[tool.civis_nb]\nlimit = 30\n")
    assert config.get("limit") == 30
    other = project.parent / "other"
    other.mkdir()
    (other / "pyproject.toml").write_text("[tool.civis_nb]\nlimit = 31\n")
    monkeypatch.chdir(other)
    assert config.get("limit") == 31
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", None)
        assert config.get("limit") == 31


@pytest.mark.parametrize(
    "again", [config.reset, config.reread, lambda: config.set_value("frame", "polars")]
)
def test_a_changed_project_counts_when_settings_are_changed(project, again):
    project.write_text("[tool.civis_nb]\nlimit = 30\n")
    assert config.get("limit") == 30
    project.write_text("[tool.civis_nb]\nlimit = 32\n")
    again()
    assert config.get("limit") == 32


@pytest.mark.parametrize("text", ["no toml", "[tool]\nx = 1\n"])
def test_projects_of_others_count_for_nothing(project, text):
    project.write_text(text)
    assert config.get("limit") == 20


def test_values_and_names_that_can_not_be_are_refused_with_the_nearest(project):
    project.write_text("[tool.civis_nb]\nlimit = 0\n")
    with pytest.raises(CivisConfigError, match="toml: limit can't be 0"):
        config.get("limit")
    with pytest.raises(CivisConfigError, match="Did you mean 'polars'"):
        config.set_value("frame", "polar")
    with pytest.raises(CivisConfigError, match="Did you mean limit"):
        config.get("limits")
