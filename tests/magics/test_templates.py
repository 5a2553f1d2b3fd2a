"""``%civis_run --template``: scripts made from templates, in a shell, on a local platform."""

from __future__ import annotations

import pytest

from civis_nb.errors import CivisMagicError
from civis_nb.futures import CivisFuture

SOURCE = """
import os
print("day", os.environ["DAY"], "top", os.environ["TOP"])
"""
PARAMS = [
    {"name": "day", "type": "string", "required": True},
    {"name": "top", "type": "integer", "default": "5"},
    {"name": "kind", "type": "string", "allowed_values": [{"value": "a", "label": "A"}]},
]


@pytest.fixture(scope="module")
def template(magics_client):
    script = magics_client.scripts.post_python3(name="Behind it", source=SOURCE, params=PARAMS)
    return magics_client.templates.post_scripts(script.id, "Daily report")


def test_a_template_runs_with_its_arguments(shell, template):
    shell.cell("%civis_run 'Daily report' --template -a day=2026-05-01 -a top=3")
    text = shell.outputs[0]["text/plain"]
    assert text.startswith("✓ Daily report: succeeded")
    assert "day 2026-05-01 top 3" in text
    shell.cell(f"%civis_run {template.id} --template -a day=Monday --no-logs")
    assert shell.outputs[0]["text/plain"].startswith("✓ Daily report: succeeded")


def test_the_script_of_a_template_is_hidden(shell, template, magics_client):
    shell.cell("%civis_run 'Daily report' --template -a day=x --no-logs")
    newest = magics_client.scripts.list_custom(hidden=True, order="created_at", order_dir="desc")[0]
    assert newest.from_template_id == template.id
    assert not magics_client.scripts.list_custom(from_template_id=str(template.id))


def test_a_template_is_found_in_a_variable_and_runs_in_the_background(shell, template):
    shell.ns["held"] = template
    future = shell.cell("%civis_run held --template -a day=x --bg")
    assert isinstance(future, CivisFuture)
    assert future.result(timeout=60).state == "succeeded"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "'Daily report'",
            "'Daily report' needs 1 argument. Nothing was started.\n  day (string)\n"
            "For example: %civis_run 'Daily report' --template -a day=text",
        ),
        ("'Daily report' -a dya=x", "Did you mean day?"),
        ("'Daily report' -a day=x -a top=many", "top is of type integer"),
        ("'Daily report' -a day=x -a kind=b", "it is one of a"),
        ("'Daily reprot' -a day=x", "There is no template called 'Daily reprot'. Did you mean"),
        ("99999", "There is no template 99999, or you may not see it."),
    ],
)
def test_what_a_template_does_not_take_is_told_before_anything_starts(
    shell, template, magics_client, line, said
):
    before = len(magics_client.scripts.list_custom(hidden=True, limit=50))
    error, _ = shell.failing(f"%civis_run {line} --template")
    assert isinstance(error, CivisMagicError)
    assert said in str(error)
    assert len(magics_client.scripts.list_custom(hidden=True, limit=50)) == before


def test_a_name_that_is_a_templates_is_told(shell, template):
    error, _ = shell.failing("%civis_run 'Daily report' -a day=x")
    assert f"Template {template.id} is called so: add --template" in str(error)
