"""Custom scripts: jobs that carry out the script of a template with arguments of their own.

The job of a custom script has the type of the template's script, and in its body all that a run
needs: the fields of that script, over which its own are laid. When the script changes, so do the
custom scripts that are made of it, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from civis_nb.local.errors import Invalid
from civis_nb.local.runs import jobs as states
from civis_nb.local.store.permissions import level_of_user
from civis_nb.local.store.schema import jobs, records

__all__ = [
    "custom_body",
    "custom_fields",
    "dependents_count",
    "find_template",
    "refresh_custom_scripts",
    "template_of_script",
]

#: Fields of a script that those made of it don't take over: when it runs, for whom, with what.
_NOT_TAKEN = frozenset(
    (
        "arguments",
        "next_run_at",
        "notifications",
        "parent_id",
        "running_as_id",
        "schedule",
        "target_project_id",
        "time_zone",
    )
)
#: Where a body keeps what a client gave for the custom script itself.
_OWN = "custom"


def find_template(
    connection: Connection, template_id: int, user_id: int
) -> tuple[Row[Any], Row[Any]]:
    """Return a template of scripts that a user may use, and its script.

    Raises
    ------
    Invalid
        When there is none.
    """
    template = connection.execute(_script_templates().where(records.c.id == template_id)).first()
    if template is None or level_of_user(connection, user_id, "templates", template) is None:
        raise Invalid(
            f"from_template_id: there is no script template {template_id}. GET /templates/scripts "
            "lists those there are."
        )
    return template, states.find_job(connection, template.body["script_id"])


def _script_templates() -> Select[Any]:
    """Select all templates of scripts."""
    is_script = records.c.body["type"].as_string() == "script"
    return select(records).where(records.c.kind == "templates", is_script)


def template_of_script(connection: Connection, job_id: int) -> Row[Any] | None:
    """Return the template that a script was published as; None when it is none."""
    condition = records.c.body["script_id"].as_integer() == job_id
    return connection.execute(_script_templates().where(condition).order_by(records.c.id)).first()


def dependents_count(connection: Connection, template_id: int) -> int:
    """Return how many custom scripts are made of a template."""
    query = select(func.count()).where(jobs.c.from_template_id == template_id)
    return int(connection.scalar(query) or 0)


def custom_fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that are a custom script's own."""
    return dict(body.get(_OWN) or {})


def custom_body(script: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of a custom script: its own fields over those of the template's script.

    Examples
    --------
    >>> custom_body({"source": "1", "arguments": {"a": 1}}, {"arguments": {"b": 2}})
    {'source': '1', 'arguments': {'b': 2}, 'custom': {'arguments': {'b': 2}}}
    """
    taken = {name: value for name, value in script.items() if name not in _NOT_TAKEN}
    given = {name: value for name, value in own.items() if value is not None}
    resources = {**(taken.get("required_resources") or {})}
    resources |= {k: v for k, v in given.get("required_resources", {}).items() if v is not None}
    if resources:
        given["required_resources"] = resources
    return {**taken, **given, _OWN: dict(own)}


def refresh_custom_scripts(connection: Connection, script: Row[Any]) -> None:
    """Update the custom scripts that are made of a script to its present state."""
    condition = records.c.body["script_id"].as_integer() == script.id
    templates = _script_templates().where(condition).with_only_columns(records.c.id)
    dependents = select(jobs).where(jobs.c.from_template_id.in_(templates))
    for one in connection.execute(dependents).all():
        body = custom_body(script.body, custom_fields(one.body))
        connection.execute(jobs.update().where(jobs.c.id == one.id).values(body=body))
