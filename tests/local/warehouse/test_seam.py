"""Imports, copies, previews and exports depend on no database: a second one needs an engine."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import civis_nb.local.warehouse

FOLDER = Path(civis_nb.local.warehouse.__file__).parent
DUCKDB = "civis_nb.local.warehouse.duckdb"
#: All but the registry, which opens the databases.
SHARED = [path for path in sorted(FOLDER.glob("*.py")) if path.name != "registry.py"]
HELPERS = [*sorted(FOLDER.glob("csv/*.py")), *sorted(FOLDER.glob("redshift/*.py"))]


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


@pytest.mark.parametrize("path", SHARED, ids=lambda path: path.name)
def test_shared_modules_import_no_database(path):
    assert not [name for name in _imports(path) if name == "duckdb" or name.startswith(DUCKDB)]


@pytest.mark.parametrize("path", HELPERS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_csv_and_dialect_do_not_import_the_duckdb_warehouse(path):
    assert not [name for name in _imports(path) if name.startswith(DUCKDB)]
