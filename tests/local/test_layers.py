"""The folders of the local platform depend on one another in one direction only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

LOCAL = Path(__file__).parents[2] / "civis_nb" / "local"

#: Folder or module -> those of civis_nb.local that it may import; an arrow points downwards only.
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "lock": set(),
    "state_folder": {"lock"},
    "store": {"errors"},
    "files": {"errors", "store"},
    "warehouse": {"errors", "store"},
    "samples": {"warehouse"},
    "runner": set(),
    "context": {"errors", "files", "store", "warehouse"},
    "catalog": {"context", "errors", "store", "warehouse"},
    "runs": {"catalog", "context", "errors", "files", "runner", "store", "warehouse"},
    "http": {"context", "errors", "files", "runs", "store"},
    "endpoints": {
        "catalog",
        "context",
        "errors",
        "files",
        "http",
        "runs",
        "store",
        "warehouse",
    },
    "workflows": {"context", "endpoints", "errors", "http", "runs", "store"},
    "records": {"context", "endpoints", "errors", "files", "http", "runs", "store", "workflows"},
    "app": {"context", "endpoints", "errors", "http", "records", "store"},
    "snapshot": {"context", "store"},
    "serve": {
        "app",
        "catalog",
        "context",
        "files",
        "http",
        "lock",
        "runner",
        "runs",
        "samples",
        "snapshot",
        "store",
        "warehouse",
        "workflows",
    },
    "join": {"lock", "serve"},
    "__init__": {"join", "serve"},
}

#: The command that writes the specification builds the application, which is above it.
_COMMANDS = {("http", "app")}


def _layer(path: Path) -> str:
    return path.relative_to(LOCAL).parts[0].removesuffix(".py")


def _imported(path: Path) -> Iterator[str]:
    """Return the layers that a module imports, wherever in the module it does so."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path} imports relatively"
            names = [node.module]
            if node.module == "civis_nb.local":
                names = [f"civis_nb.local.{alias.name}" for alias in node.names]
        for name in names:
            if name.startswith("civis_nb.local."):
                yield name.split(".")[2]


FILES = sorted(LOCAL.rglob("*.py"))


def test_imports_point_downwards():
    wrong = []
    for path in FILES:
        layer = _layer(path)
        assert layer in ALLOWED, f"{layer} has no line in ALLOWED: draw its arrows first"
        others = set(_imported(path)) - ALLOWED[layer] - {layer}
        if path.name == "specification.py":
            others -= {target for source, target in _COMMANDS if source == layer}
        if others:
            wrong.append(f"{path.relative_to(LOCAL)} may not import {sorted(others)}")
    assert not wrong


def test_no_two_layers_import_one_another():
    def below(layer: str) -> set[str]:
        direct = ALLOWED[layer]
        return direct.union(*(below(other) for other in direct))

    assert [layer for layer in ALLOWED if layer in below(layer)] == []


#: Modules that load others by name, because loading them early would make every start slower.
_LOAD_BY_NAME = {
    "__init__.py",  # the package's public names
    "app.py",  # the declared resources that app.RECORDS lists
}


def test_modules_are_loaded_by_name_in_two_places_only():
    found = {
        path.relative_to(LOCAL).as_posix()
        for path in FILES
        if "import_module" in path.read_text(encoding="utf-8")
    }
    assert found == _LOAD_BY_NAME
