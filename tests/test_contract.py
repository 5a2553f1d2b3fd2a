"""Every requirement of docs/reference/api-protocol.md has a test that is marked with its id."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parent
PROTOCOL = TESTS.parent / "docs" / "reference" / "api-protocol.md"


def _marked_ids() -> set[str]:
    """Return the ids of all ``@pytest.mark.contract`` below tests."""
    ids: set[str] = set()
    for path in TESTS.rglob("test_*.py"):
        text = path.read_text(encoding="utf-8")
        if "pytest.mark.contract(" not in text:
            continue  # to parse all tests takes seconds
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for mark in node.decorator_list:
                    if ast.unparse(mark).startswith("pytest.mark.contract("):
                        assert isinstance(mark, ast.Call)
                        ids |= {ast.literal_eval(argument) for argument in mark.args}
    return ids


def test_every_requirement_has_a_test_and_every_mark_a_requirement():
    text = PROTOCOL.read_text(encoding="utf-8")
    required = re.findall(r"^- \*\*([SCD]\d+)\*\* ", text, re.MULTILINE)
    assert len(required) == len(set(required)) > 150
    assert _marked_ids() == set(required)
