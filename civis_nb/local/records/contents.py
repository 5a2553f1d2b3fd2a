"""What a project shows of the objects in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import Field
from sqlalchemy import FromClause, Row, select

from civis_nb.local.endpoints.jobs.models import run_state
from civis_nb.local.endpoints.scripts.fields import TYPE_WORDS
from civis_nb.local.http.wire import Wire
from civis_nb.local.records.fields import Computed, Level, View
from civis_nb.local.runs import jobs as states
from civis_nb.local.store import utc_now
from civis_nb.local.store.objects import table_of
from civis_nb.local.store.permissions import find_readable, permission_level, visible
from civis_nb.local.store.schema import jobs, project_items, workflow_executions
from civis_nb.local.workflows.state import PLATFORM_STATES

__all__ = ["CONTENTS"]


class _Item(Wire):
    id: int
    created_at: str
    updated_at: str


class _NamedItem(_Item):
    name: str


class LastChange(Wire):
    """The last run, deployment or execution of an object."""

    state: str
    updated_at: str


class ProjectTable(Wire):
    """A table in a project."""

    table_schema: str = Field(alias="schema")
    name: str
    row_count: int
    column_count: int
    created_at: str
    updated_at: str


class ProjectSurvey(_Item):
    """A survey in a project."""


class ProjectJob(_NamedItem):
    """A script, import or export in a project."""

    type: str
    finished_at: str | None
    state: str
    last_run: LastChange | None


class ProjectModel(_NamedItem):
    """A model, or a report, in a project."""

    state: str


class ProjectDeployable(_NamedItem):
    """A notebook or a service in a project."""

    current_deployment_id: int | None
    last_deploy: LastChange | None


class ProjectWorkflow(_NamedItem):
    """A workflow in a project."""

    state: str
    last_execution: LastChange | None


class ProjectTemplate(_NamedItem):
    """A template of scripts in a project."""


class ProjectFile(_Item):
    """A file in a project."""

    file_name: str
    file_size: int
    expired: bool


class ProjectEnhancement(_NamedItem):
    """An enhancement in a project."""

    last_run: LastChange | None


class ProjectInProject(_NamedItem):
    """A project in a project."""

    description: str | None


class ProjectObject(Wire):
    """An object in a project, whatever it is."""

    project_id: int
    object_id: int
    object_type: str
    fco_type: str
    sub_type: str | None
    name: str
    icon: str
    author: str
    updated_at: str
    auto_share: bool | None
    archived: bool
    hidden: bool
    my_permission_level: Level


def _contents(view: View, kind: str) -> list[Row[Any]]:
    """Return the objects of one kind in a project."""
    item = project_items.c
    if kind == "jobs":
        table: FromClause = jobs
        found = states.jobs_with_last_run()
    else:
        table = table_of(kind)
        found = select(table)
    inside = select(item.object_id).where(item.project_id == view.row.id, item.object_kind == kind)
    found = found.where(table.c.id.in_(inside), *visible(kind)).order_by(table.c.id)
    return list(view.connection.execute(found))


def _item(row: Row[Any]) -> dict[str, Any]:
    times = {"created_at": row.created_at, "updated_at": row.updated_at}
    return {"id": row.id, "name": row.name, **times}


def _deployables(kind: str) -> Callable[[View], list[ProjectDeployable]]:
    """Return what shows the notebooks or services of a project."""

    def show(view: View) -> list[ProjectDeployable]:
        return [
            ProjectDeployable(**_item(row), current_deployment_id=None, last_deploy=None)
            for row in _contents(view, kind)
        ]

    return show


def _jobs(*types: str) -> Callable[[View], list[ProjectJob]]:
    """Return what shows the jobs of some types in a project."""

    def show(view: View) -> list[ProjectJob]:
        return [
            ProjectJob(
                **_item(row),
                type=states.shown_type(row.type),
                finished_at=row.run_finished_at,
                state=run_state(row),
                last_run=_last_change(row),
            )
            for row in _contents(view, "jobs")
            if row.type in types
        ]

    return show


def _last_change(row: Row[Any]) -> LastChange | None:
    if row.run_id is None:
        return None
    changed = row.run_finished_at or row.run_started_at or row.run_created_at
    return LastChange(state=row.run_state, updated_at=changed)


def _files(view: View) -> list[ProjectFile]:
    """Return the files of a project."""
    now = utc_now()
    return [
        ProjectFile(
            id=row.id,
            created_at=row.created_at,
            updated_at=row.updated_at,
            file_name=row.name,
            file_size=row.size_bytes,
            expired=row.expires_at is not None and row.expires_at <= now,
        )
        for row in _contents(view, "files")
    ]


def _workflows(view: View) -> list[ProjectWorkflow]:
    """Return the workflows of a project, each with its last execution."""
    one = workflow_executions.c
    found = []
    for row in _contents(view, "workflows"):
        newest = select(workflow_executions).where(one.workflow_id == row.id)
        last = view.connection.execute(newest.order_by(one.id.desc()).limit(1)).first()
        change = None
        if last is not None:
            state = PLATFORM_STATES[last.state]
            change = LastChange(state=state, updated_at=last.updated_at)
        state = change.state if change is not None else "idle"
        found.append(ProjectWorkflow(**_item(row), state=state, last_execution=change))
    return found


def _templates(view: View) -> list[ProjectTemplate]:
    return [ProjectTemplate(**_item(row)) for row in _contents(view, "templates")]


def _reports(view: View) -> list[ProjectModel]:
    return [ProjectModel(**_item(row), state="idle") for row in _contents(view, "reports")]


def _projects(view: View) -> list[ProjectInProject]:
    return [
        ProjectInProject(**_item(row), description=row.body.get("description"))
        for row in _contents(view, "projects")
    ]


def _all_objects(view: View) -> list[ProjectObject]:
    """Return everything in a project, in the form that all kinds have in common."""
    item = project_items.c
    inside = select(item.object_kind, item.object_id).where(item.project_id == view.row.id)
    keys = view.connection.execute(inside.order_by(item.object_id)).all()
    found = ((kind, find_readable(view.connection, kind, object_id)) for kind, object_id in keys)
    return [_object(view, kind, row) for kind, row in found if row is not None]


def _object(view: View, kind: str, row: Row[Any]) -> ProjectObject:
    """Return an object of a project in the form that all kinds have in common."""
    has = row._mapping
    body = has.get("body") or {}
    return ProjectObject(
        project_id=view.row.id,
        object_id=row.id,
        object_type=kind.removesuffix("s").capitalize(),
        fco_type=kind,
        sub_type=has["type"] if "type" in has else body.get("type"),
        name=row.name,
        icon=kind.removesuffix("s"),
        author=view.people[row.user_id].name,
        updated_at=row.updated_at,
        auto_share=body.get("auto_share"),
        archived=bool(has.get("archived")),
        hidden=bool(has.get("hidden")),
        my_permission_level=permission_level(view.connection, kind, row),
    )


def _none(view: View) -> list[Any]:  # noqa: ARG001
    """Show an empty list: objects of this kind can't be put into projects yet."""
    return []


#: The fields of a project that list what is in it.
CONTENTS = (
    Computed("tables", list[ProjectTable], _none),
    Computed("surveys", list[ProjectSurvey], _none),
    Computed("scripts", list[ProjectJob], _jobs(*TYPE_WORDS)),
    Computed("imports", list[ProjectJob], _jobs(states.CSV_IMPORT, states.IMPORT)),
    Computed("exports", list[ProjectJob], _jobs(states.CSV_EXPORT)),
    Computed("models", list[ProjectModel], _none),
    Computed("notebooks", list[ProjectDeployable], _deployables("notebooks")),
    Computed("services", list[ProjectDeployable], _deployables("services")),
    Computed("workflows", list[ProjectWorkflow], _workflows),
    Computed("reports", list[ProjectModel], _reports),
    Computed("script_templates", list[ProjectTemplate], _templates),
    Computed("files", list[ProjectFile], _files),
    Computed("enhancements", list[ProjectEnhancement], _none),
    Computed("projects", list[ProjectInProject], _projects),
    Computed("all_objects", list[ProjectObject], _all_objects),
)
