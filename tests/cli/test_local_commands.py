"""``civis-nb local status`` and ``reset``."""

from __future__ import annotations

import re

import pytest

import civis_nb.local


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Return a platform on a state folder that is kept."""
    folder = tmp_path_factory.mktemp("kept") / "state"
    with civis_nb.local.start(folder, samples=False) as platform:
        yield platform


def test_status_tells_what_runs_and_what_is_kept(run, kept):
    done = run("local", "status", "--state", str(kept.state))
    assert done.exit_code == 0
    assert f"running at {kept.endpoint} (process " in done.stdout
    assert re.search(r"holds: +\d+ MiB", done.stdout)
    assert kept.api_key[:] not in done.stdout


def test_status_fails_where_nothing_runs(run, tmp_path):
    done = run("local", "status", "--state", str(tmp_path / "none"))
    assert done.exit_code == 1
    assert "not running" in done.stdout
    assert f"civis-nb local serve --state {tmp_path}/none" in done.stdout
    assert not (tmp_path / "none").exists()


def test_reset_deletes_the_state(run, tmp_path):
    folder = tmp_path / "state"
    civis_nb.local.start(folder, samples=False).stop()
    asked = run("local", "reset", "--state", str(folder))
    assert asked.exit_code == 2
    assert "--yes" in asked.stderr
    assert (folder / "platform.sqlite").exists()
    done = run("local", "reset", "--state", str(folder), "--yes")
    assert done.exit_code == 0
    assert list(tmp_path.iterdir()) == []
    assert "nothing was deleted" in run("local", "reset", "--state", str(folder), "-y").stderr


def test_reset_refuses_what_is_not_the_platforms_alone(run, kept, tmp_path):
    done = run("local", "reset", "--yes", "--state", str(kept.state))
    assert done.exit_code == 1
    assert "running" in done.stderr
    (tmp_path / "thesis.txt").write_text("years of work")
    assert "no state folder" in run("local", "reset", "-y", "--state", str(tmp_path)).stderr
    (tmp_path / "platform.sqlite").write_text("")
    assert "thesis.txt" in run("local", "reset", "-y", "--state", str(tmp_path)).stderr
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
