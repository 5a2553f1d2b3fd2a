"""The list of tests that show the wire contract's items: it is complete, and none is missing."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

_HERE = Path(__file__).parent


def _checklist() -> ModuleType:
    spec = importlib.util.spec_from_file_location("checklist", _HERE / "checklist.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CHECKLIST = _checklist()


def test_every_item_has_a_test():
    assert tuple(sorted(CHECKLIST.TESTS)) == CHECKLIST.ITEMS
    assert all(CHECKLIST.TESTS.values())


@pytest.mark.parametrize("item", CHECKLIST.ITEMS)
def test_the_tests_of_an_item_exist(item, is_a_test):
    assert [name for name in CHECKLIST.TESTS[item] if not is_a_test(_HERE, name)] == []
