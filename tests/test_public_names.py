"""The package's face: what it shows is what it says, and importing it stays light."""

from __future__ import annotations

import subprocess
import sys

import pytest

import civis_nb


def test_all_is_sorted_and_every_name_loads():
    assert civis_nb.__all__ == sorted(civis_nb.__all__)
    for name in dir(civis_nb):
        assert getattr(civis_nb, name) is not None
    # The one name that ``from civis_nb import *`` leaves out: it would hide Python's own.
    assert dir(civis_nb) == sorted([*civis_nb.__all__, "map"])


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        civis_nb.no_such_name  # noqa: B018


def _modules_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


HEAVY = {
    "pandas", "polars", "pyarrow", "requests", "urllib3", "duckdb", "sqlalchemy", "sqlglot",
    "fastapi", "uvicorn", "IPython", "ipywidgets", "rich", "tenacity", "click", "yaml",
}  # fmt: skip


def test_import_loads_nothing_heavy():
    assert not HEAVY & _modules_after("import civis_nb")


def test_client_import_loads_no_frame_library_and_no_server():
    loaded = _modules_after("from civis_nb import APIClient")
    assert not loaded & (HEAVY - {"requests", "urllib3", "tenacity"})


def test_names_are_importable_where_scripts_look():
    from civis_nb.base import (  # noqa: F401
        CivisAPIError,
        CivisAPIKeyError,
        CivisAsyncResultBase,
        CivisImportError,
        CivisJobFailure,
        EmptyResultError,
    )
    from civis_nb.futures import CivisFuture  # noqa: F401
    from civis_nb.polling import PollableResult  # noqa: F401
    from civis_nb.response import PaginatedResponse, Response, find, find_one  # noqa: F401
