"""The fields that scripts of all types show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row

from civis_nb.local.context import PlatformContext
from civis_nb.local.endpoints.jobs.models import (
    DEFAULT_TIME_ZONE,
    Notifications,
    Schedule,
    last_run,
    run_state,
)
from civis_nb.local.endpoints.scripts.models import Project
from civis_nb.local.endpoints.user_refs import user_ref
from civis_nb.local.runs import jobs as states
from civis_nb.local.runs.templates import dependents_count, template_of_script
from civis_nb.local.store.objects import find_object, projects_of
from civis_nb.local.store.permissions import permission_level

__all__ = ["TYPE_PATHS", "TYPE_WORDS", "script_fields", "type_path", "type_word", "with_defaults"]

#: What the API calls the types on typed endpoints, and where they live.
TYPE_WORDS = {
    states.SQL: "SQL",
    states.PYTHON3: "Python",
    states.R: "R",
    states.CONTAINER: "Container",
}
TYPE_PATHS = {
    states.SQL: "sql",
    states.PYTHON3: "python3",
    states.R: "r",
    states.CONTAINER: "containers",
}

_RESOURCES = {"cpu": 1024, "memory": 1024, "disk_space": 1.0}


def with_defaults(resources: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the resources that a script requires, where some may be missing or null."""
    given = {name: value for name, value in (resources or {}).items() if value is not None}
    return {**_RESOURCES, **given}


def script_fields(
    context: PlatformContext, connection: Connection, row: Row[Any]
) -> dict[str, Any]:
    """Return the fields that scripts of all types show (API protocol, 4.7)."""
    body = row.body
    author = user_ref(connection, row.user_id)
    place = f"{urlsplit(context.endpoint).netloc}/scripts/{type_path(row)}/{row.id}"
    return {
        "id": row.id,
        "name": row.name,
        "type": type_word(row),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "author": author,
        "state": run_state(row),
        "finished_at": row.run_finished_at,
        "parent_id": body.get("parent_id"),
        "user_context": body.get("user_context") or "runner",
        "params": body.get("params") or [],
        "arguments": body.get("arguments") or {},
        "from_template_id": row.from_template_id,
        "links": {"details": place, "runs": f"{place}/runs"},
        "schedule": body.get("schedule") or Schedule(),
        "notifications": body.get("notifications") or Notifications(),
        "running_as": author,
        "next_run_at": body.get("next_run_at"),
        "time_zone": body.get("time_zone") or DEFAULT_TIME_ZONE,
        "last_run": last_run(row),
        "hidden": row.hidden,
        "target_project_id": body.get("target_project_id"),
        "archived": row.archived,
        "running_as_id": body.get("running_as_id") or row.user_id,
        "projects": [
            Project(id=one.id, name=one.name) for one in projects_of(connection, "jobs", row.id)
        ],
        "my_permission_level": permission_level(connection, "jobs", row),
        **_template_fields(connection, row),
    }


def type_word(row: Row[Any]) -> str:
    """Return what the API calls the type of a script."""
    return "Custom" if row.from_template_id is not None else TYPE_WORDS[row.type]


def type_path(row: Row[Any]) -> str:
    """Return the word of the path that a script is found at."""
    return "custom" if row.from_template_id is not None else TYPE_PATHS[row.type]


def _template_fields(connection: Connection, row: Row[Any]) -> dict[str, Any]:
    """Return what a script tells of the template that it is, or is made of."""
    published = template_of_script(connection, row.id)
    made_of = row.from_template_id
    source = None if made_of is None else find_object(connection, "templates", made_of)
    return {
        "is_template": published is not None,
        "published_as_template_id": published and published.id,
        "template_dependents_count": published and dependents_count(connection, published.id),
        "template_script_name": source and source.name,
    }
