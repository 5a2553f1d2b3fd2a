from __future__ import annotations

import pytest


@pytest.fixture
def warehouse_backend() -> str:
    """Tests in this folder are about DuckDB alone."""
    return "duckdb"
