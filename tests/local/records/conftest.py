from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def project(http) -> dict[str, Any]:
    return http.json("POST", "/projects", json={"name": "a project", "description": ""})
