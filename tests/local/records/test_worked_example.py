"""The declaration that docs/explanation/records.md shows works as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from civis_nb.local import app, start

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "records.md"


@pytest.fixture(scope="module")
def http(http_of) -> Iterator[Any]:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "ROUTERS", (*app.ROUTERS, names["router"]))
        with start(samples=False) as platform:
            yield http_of(platform)


def test_the_declared_resource_is_served(http):
    made = http.json("POST", "/table_tags", json={"name": "money"})
    assert set(made) == {"id", "name", "createdAt", "updatedAt", "tableCount", "user"}
    assert http.json("GET", f"/table_tags/{made['id']}") == made
    http.json("POST", "/table_tags/", json={"name": "age"})
    found = http.json("GET", "/table_tags/")
    assert [one["name"] for one in found] == ["age", "money"]
    assert set(found[0]) == {"id", "name", "tableCount", "user"}
    assert [one["name"] for one in http.json("GET", "/table_tags?name=MON")] == ["money"]
    assert http("DELETE", f"/table_tags/{made['id']}").status_code == 204
    assert http("GET", f"/table_tags/{made['id']}").status_code == 404
    assert http("POST", "/table_tags", json={}).status_code == 400
