"""The packages depend on one another in one direction only (docs/explanation/architecture.md)."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "civis_nb"
FREE = {
    "_error_base", "_requirements", "_tracebacks", "_version", "_visible", "_waiting", "_wire_text",
    "cancellation", "compression", "errors", "near_names",
    "sql_literals", "sql_text", "table_names",
}  # fmt: skip

#: part -> the parts of civis_nb that it may import
ALLOWED: dict[str, set[str]] = {
    "errors": {"_visible", "_wire_text"},
    "_error_base": {"_tracebacks", "_visible", "_wire_text"},
    "_waiting": set(),
    "cancellation": set(),
    "_visible": set(),
    "_wire_text": set(),
    "_requirements": set(),
    "_tracebacks": {"config"},
    "_version": set(),
    "compression": set(),
    "near_names": set(),
    "sql_literals": set(),
    "sql_text": set(),
    "table_names": set(),
    "config": set(),
    "_cache_folder": {"config"},
    "loggers": set(),
    "spec": {"_cache_folder", "config"},
    "transport": {"config"},
    "backend": {"config", "local"},
    "client": {"config", "spec", "transport", "backend", "display", "widgets"},
    "response": {"client"},
    "base": {"client", "futures"},
    "futures": {"config", "client", "display", "widgets", "workflows"},
    "polling": {"futures"},
    "io": {"client", "transport", "futures", "display", "frames"},
    "frames": set(),
    "utils": {"client", "futures"},
    "display": {"config", "frames", "spec"},
    "widgets": {"config", "display", "frames"},
    "magics": {
        "_cache_folder",
        "config",
        "backend",
        "client",
        "display",
        "frames",
        "futures",
        "io",
        "utils",
        "widgets",
        "workflows",
    },
    "lab": {
        "_cache_folder",
        "backend",
        "client",
        "config",
        "display",
        "frames",
        "futures",
        "io",
        "local",
        "magics",
        "transport",
    },
    "local": {"_cache_folder", "config", "spec", "workflows"},
    "workflows": {"display", "spec"},
    "__main__": {"cli"},
    "cli": {
        "_cache_folder",
        "backend",
        "client",
        "config",
        "display",
        "frames",
        "futures",
        "io",
        "local",
        "spec",
        "transport",
        "utils",
        "workflows",
    },
    "parallel": {"client", "futures", "remote"},
    "remote": {"client", "display", "futures", "io", "widgets"},
    "ml": set(),
    "resources": {"spec"},
    "service_client": {"config", "client", "spec", "transport"},
    "run_joblib_func": {"remote"},
    "testing": {"client", "local", "spec"},
    "tests": {"testing"},
}


def _part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def _nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def _imports(path: Path) -> set[str]:
    parts: set[str] = set()
    for node in _nodes(path):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module]
            if node.module == "civis_nb":
                names = [f"civis_nb.{alias.name}" for alias in node.names]
        for name in names:
            if name.startswith("civis_nb."):
                parts.add(name.split(".")[1])
    return parts


FILES = sorted(PACKAGE.rglob("*.py"))
#: Facades that import their public names on first use, and endpoints their routes.
LAZY_FACADES = {
    "__init__.py", "io/__init__.py", "local/__init__.py", "local/http/lazy_routes.py",
    "widgets/__init__.py",
}  # fmt: skip
#: The public client that `platform.client()` returns comes from the package's facade.
PUBLIC_CLIENT = "local/serve.py"


def test_imports_follow_the_arrows():
    wrong = []
    for path in FILES:
        part = _part(path)
        if part == "__init__":
            continue
        assert part in ALLOWED, f"{part} has no line in ALLOWED: draw its arrows first"
        others = _imports(path) - ALLOWED[part] - FREE - {part}
        if path.relative_to(PACKAGE).as_posix() == PUBLIC_CLIENT:
            others -= {"APIClient"}
        if others:
            wrong.append(f"{path.relative_to(PACKAGE)} may not import {sorted(others)}")
    assert not wrong


def test_no_two_parts_import_each_other():
    arrows: dict[str, set[str]] = {}
    for path in FILES:
        arrows.setdefault(_part(path), set()).update(_imports(path))
    pairs = [(one, two) for one in arrows for two in arrows[one] & set(arrows) if one < two]
    assert not [pair for pair in pairs if pair[0] in arrows[pair[1]]]


def _is_plain(path: Path, call: ast.Call) -> bool:
    """Return whether a call of `import_module` stays within its own part."""
    first = call.args[0]
    start = first.values[0] if isinstance(first, ast.JoinedStr) else first
    module = start.value if isinstance(start, ast.Constant) else ""
    assert isinstance(module, str)
    own = f"civis_nb.{_part(path)}."
    return module.startswith(own) or (bool(module) and not module.startswith("civis_nb"))


def test_no_import_goes_around_the_arrows():
    """`import_module` hides an arrow: it stays within its own part, or in a lazy facade."""
    wrong = [
        f"{path.relative_to(PACKAGE)}, line {node.lineno}: {ast.unparse(node)} hides an arrow"
        for path in FILES
        if path.relative_to(PACKAGE).as_posix() not in LAZY_FACADES
        for node in _nodes(path)
        if isinstance(node, ast.Call)
        and node.args
        and getattr(node.func, "attr", getattr(node.func, "id", ""))
        in ("import_module", "__import__")
        and not _is_plain(path, node)
    ]
    assert not wrong
