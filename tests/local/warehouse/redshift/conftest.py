from __future__ import annotations

import pytest


@pytest.fixture
def warehouse_backend() -> str:
    """Tests in this folder are about the translation of SQL for DuckDB."""
    return "duckdb"
