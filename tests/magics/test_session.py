"""The platform that a notebook's cells speak to, while it comes and goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from civis_nb.local import join, start


@pytest.mark.exhaustive
def test_cells_go_on_when_the_joined_platform_has_ended(
    shell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CIVIS_API_ENDPOINT", "CIVIS_API_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("CIVIS_NB_BACKEND", "local")
    monkeypatch.setenv("CIVIS_NB_STATE_DIR", str(tmp_path))
    with start(state=tmp_path, samples=False):
        shell.cell("%civis_sql CREATE TABLE public.kept AS SELECT 42 AS a")
    monkeypatch.setattr(join, "_started", {})
    try:
        shell.cell("%%civis_sql found\nSELECT a FROM public.kept")
        assert list(shell.ns["found"]["a"]) == [42]
    finally:
        for platform in join._started.values():
            platform.stop()


def test_a_platform_that_the_notebook_has_started_needs_no_key(
    shell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CIVIS_API_ENDPOINT", "CIVIS_API_KEY"):
        monkeypatch.delenv(name)
    _, text = shell.failing("%civis_sql select 1")
    assert "%civis_config backend local" in text
    shell.cell(f"import civis_nb\nmine = civis_nb.local.start({str(tmp_path)!r}, samples=False)")
    assert shell.cell("%civis_sql select 42 as n").rows == [("42",)]
    shell.cell("mine.stop()")
    for cell in ("%civis_sql select 1", "%civis_jobs", "%%civis_run python\n1"):
        _, text = shell.failing(cell)
        assert text.startswith("CivisPlatformEndedError: The local platform at http://127.0.0.1:")
        assert "Start one again: platform = civis_nb.local.start()" in text
    shell.cell("mine = civis_nb.local.start(samples=False)")
    assert shell.cell("%civis_sql select 43 as n").rows == [("43",)]
    shell.cell("mine.stop()")


def test_settings_are_saved_beside_what_the_file_holds(
    shell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "pyproject.toml"
    file.write_text("# mine\n[project]\nname = 'x'  # kept\n")
    shell.cell("%civis_config poll 3")
    shell.cell("%civis_config limit 7 --save")
    assert str(file) in shell.outputs[0]["text/plain"]
    assert "# mine\n[project]\nname = 'x'  # kept\n" in file.read_text()
    shell.cell("%civis_config --save")
    shell.cell("%civis_config --reset")
    assert repr(shell.cell("%civis_config poll")) == "poll = 3.0"
    assert repr(shell.cell("%civis_config limit")) == "limit = 7"
    shell.cell("%civis_config limit --reset --save")
    assert repr(shell.cell("%civis_config limit")) == "limit = 20"
    file.write_text("not toml [")
    _, text = shell.failing("%civis_config limit 5 --save")
    assert "can't be changed" in text
