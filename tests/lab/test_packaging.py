"""The extension's package: its version, its lock file, and what the wheel takes of it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import civis_nb

ROOT = Path(__file__).parents[2]
EXTENSION = ROOT / "extension"
PACKAGE = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))
LOCK = json.loads((EXTENSION / "package-lock.json").read_text(encoding="utf-8"))
HATCH = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]


def test_versions_agree():
    assert PACKAGE["version"] == LOCK["version"] == civis_nb.__version__


def test_the_lock_file_names_no_registry():
    packages = {name: one for name, one in LOCK["packages"].items() if name}
    assert len(packages) > 100
    assert [name for name, one in packages.items() if "resolved" in one] == []
    assert [name for name, one in packages.items() if "integrity" not in one] == []


def test_the_lock_file_has_every_package_that_it_refers_to():
    packages = LOCK["packages"]

    def is_found(folder, name):
        """Return whether Node finds a package from a folder: beside it or further up."""
        while True:
            prefix = f"{folder}/" if folder else ""
            if f"{prefix}node_modules/{name}" in packages:
                return True
            if not folder:
                return False
            folder = folder.rpartition("node_modules/")[0].rstrip("/")

    missing = [
        (folder, name)
        for folder, one in packages.items()
        for kind in ("dependencies", "optionalDependencies")
        for name in one.get(kind, {})
        if not is_found(folder, name)
    ]
    assert missing == []


def test_the_wheel_installs_what_jupyter_looks_for():
    shared = HATCH["build"]["targets"]["wheel"]["shared-data"]
    output = (EXTENSION / PACKAGE["jupyterlab"]["outputDir"]).resolve()
    assert shared[output.relative_to(ROOT).as_posix()] == (
        f"share/jupyter/labextensions/{PACKAGE['name']}"
    )
    config = json.loads((EXTENSION / "jupyter_server_config.json").read_text(encoding="utf-8"))
    assert list(config["ServerApp"]["jpserver_extensions"]) == ["civis_nb.lab"]
    assert shared["extension/jupyter_server_config.json"].startswith(
        "etc/jupyter/jupyter_server_config.d/"
    )
