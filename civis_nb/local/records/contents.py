"""What a project shows of the objects in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import Field
from sqlalchemy import Row, select

from civis_nb.local.http.wire import Wire
from civis_nb.local.records.fields import Computed, Level, View
from civis_nb.local.store.schema import project_items, records

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


def _contents(view: View, kind: str | None = None) -> list[Row[Any]]:
    """Return the records in a project, of one kind where one is given."""
    inside = (records.c.kind == project_items.c.object_kind) & (
        records.c.id == project_items.c.object_id
    )
    query = select(records).join(project_items, inside).order_by(records.c.id)
    query = query.where(project_items.c.project_id == view.row.id)
    if kind is not None:
        query = query.where(records.c.kind == kind)
    return list(view.connection.execute(query))


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


def _reports(view: View) -> list[ProjectModel]:
    return [ProjectModel(**_item(row), state="idle") for row in _contents(view, "reports")]


def _projects(view: View) -> list[ProjectInProject]:
    return [
        ProjectInProject(**_item(row), description=row.body.get("description"))
        for row in _contents(view, "projects")
    ]


def _all_objects(view: View) -> list[ProjectObject]:
    """Return everything in a project, in the form that all kinds have in common."""
    return [
        ProjectObject(
            project_id=view.row.id,
            object_id=row.id,
            object_type=row.kind.removesuffix("s").capitalize(),
            fco_type=row.kind,
            sub_type=row.body.get("type"),
            name=row.name,
            icon=row.kind.removesuffix("s"),
            author=view.people[row.user_id].name,
            updated_at=row.updated_at,
            auto_share=row.body.get("auto_share"),
            archived=row.archived,
            hidden=row.hidden,
            my_permission_level="manage",
        )
        for row in _contents(view)
    ]


def _none(view: View) -> list[Any]:  # noqa: ARG001
    """Show an empty list: objects of this kind can't be put into projects yet."""
    return []


#: The fields of a project that list what is in it.
CONTENTS = (
    Computed("tables", list[ProjectTable], _none),
    Computed("surveys", list[ProjectSurvey], _none),
    Computed("scripts", list[ProjectJob], _none),
    Computed("imports", list[ProjectJob], _none),
    Computed("exports", list[ProjectJob], _none),
    Computed("models", list[ProjectModel], _none),
    Computed("notebooks", list[ProjectDeployable], _deployables("notebooks")),
    Computed("services", list[ProjectDeployable], _deployables("services")),
    Computed("workflows", list[ProjectWorkflow], _none),
    Computed("reports", list[ProjectModel], _reports),
    Computed("script_templates", list[ProjectTemplate], _none),
    Computed("files", list[ProjectFile], _none),
    Computed("enhancements", list[ProjectEnhancement], _none),
    Computed("projects", list[ProjectInProject], _projects),
    Computed("all_objects", list[ProjectObject], _all_objects),
)
