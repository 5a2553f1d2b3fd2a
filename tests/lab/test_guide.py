"""The code of docs/how-to/jupyterlab.md."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "jupyterlab.md"


@pytest.mark.parametrize(
    ("user", "action", "resource", "answer"),
    [
        ("guest", "read", "civis-nb", True),
        ("guest", "write", "civis-nb", False),
        ("analyst", "write", "civis-nb", True),
        ("guest", "write", "contents", True),
    ],
)
def test_authorizer_lets_everybody_look_and_some_do_the_rest(user, action, resource, answer):
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names = {"c": SimpleNamespace(ServerApp=SimpleNamespace())}
    exec(code, names)
    authorizer = names["c"].ServerApp.authorizer_class()
    person = SimpleNamespace(username=user)
    assert authorizer.is_authorized(None, person, action, resource) is answer
