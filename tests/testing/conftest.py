"""pytest in a process of its own, with the plugin found as pytest finds installed ones."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

pytest_plugins: list[str] = []
ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """An empty project whose pytest finds the plugin by an entry point."""
    found = pytester.mkdir("found")
    metadata = found / "civis_nb_of_a_test-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: civis-nb-of-a-test\nVersion: 1\n"
    )
    (metadata / "entry_points.txt").write_text("[pytest11]\ncivis_nb = civis_nb.testing.plugin\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(found), str(ROOT)]))
    for name in ("CIVIS_API_KEY", "CIVIS_API_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    pytester.makeini("[pytest]\naddopts = -p no:cacheprovider --strict-markers\n")
    return pytester


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return project.run(sys.executable, "-m", "pytest", *arguments, timeout=300)
