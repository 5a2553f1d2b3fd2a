"""The platform that a notebook's cells speak to, while it comes and goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from civis_nb.local import join, start


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
