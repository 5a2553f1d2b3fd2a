"""``/templates``: scripts and reports that others are made of."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import Row, false, func, select

from civis_nb.local.endpoints.scripts.fields import TYPE_WORDS
from civis_nb.local.endpoints.scripts.models import Param
from civis_nb.local.errors import Invalid
from civis_nb.local.records import crud, fields, lists
from civis_nb.local.records.fields import Computed, Stored, View
from civis_nb.local.records.projects import in_projects
from civis_nb.local.records.resource import Change, Resource, build_router
from civis_nb.local.records.sharing import shared, transferable
from civis_nb.local.records.texts import show_link, store_text
from civis_nb.local.runs.templates import dependents_count
from civis_nb.local.store.objects import find_object
from civis_nb.local.store.schema import records

__all__ = ["REPORT_TEMPLATES", "router"]

_CATEGORIES = ("import", "export", "enhancement", "model", "script")
_Category = Literal["import", "export", "enhancement", "model", "script"]
_ReportCategory = Literal["dataset-viz"]


def _script(view: View) -> Row[Any]:
    """Return the job of a template's script."""
    if "script" not in view.cache:
        view.cache["script"] = find_object(view.connection, "jobs", view.value("script_id"))
    row: Row[Any] = view.cache["script"]
    return row


def _params(view: View) -> list[Param]:
    return [Param.model_validate(one) for one in _script(view).body.get("params") or []]


def _reports_count(view: View) -> int:
    """Return how many reports are made of a template."""
    made = records.c.body["template_id"].as_integer() == view.row.id
    query = select(func.count()).where(records.c.kind == "reports", made)
    return int(view.connection.scalar(query) or 0)


def _check_script(change: Change) -> None:
    """Check that a template is of a script."""
    script_id = change.values.get("script_id")
    if script_id is None:
        return
    job = find_object(change.connection, "jobs", script_id)
    if job is None or job.type not in TYPE_WORDS:
        raise Invalid(f"script_id: job {script_id} is no script.")
    if job.from_template_id is not None:
        raise Invalid(
            f"script_id: script {script_id} is made of template {job.from_template_id} itself. "
            "Give a script with code of its own."
        )


def _store_code(change: Change) -> None:
    """Store the code of a report template as a file."""
    store_text(change, "code_body", "code_file_id", "template.html")


def _hidden(value: bool | None) -> list[Any]:
    return [records.c.hidden.is_(bool(value)), records.c.archived.is_(False)]


def _category(value: str | None) -> list[Any]:
    # All templates of scripts here are of the category script.
    if value is not None and value not in _CATEGORIES:
        raise Invalid(f"category can't be {value!r}; it is one of {', '.join(_CATEGORIES)}.")
    return [] if value in (None, "script") else [false()]


def _report_category(value: str | None) -> list[Any]:
    return [] if value is None else [records.c.body["category"].as_string() == value]


def _listed(category: lists.Filter) -> Any:
    """Return the shape of a list of templates."""
    return lists.listed(
        50,
        1000,
        lists.Filter("hidden", bool, "Whether to list the hidden ones instead.", _hidden),
        lists.AUTHOR_FILTER,
        category,
        order="name",
        orders=("updated_at", "created_at"),
        order_dir="asc",
    )


_COMMON = (
    fields.ID,
    fields.CREATED_AT,
    fields.UPDATED_AT,
    fields.AUTHOR,
    fields.REQUIRED_NAME,
    Computed("tech_reviewed", bool, lambda view: False, listed=True),  # noqa: ARG005
    Stored("archived", bool, False, listed=True, show=lambda view: view.row.archived),
    fields.HIDDEN,
)

SCRIPT_TEMPLATES = Resource(
    path="/templates/scripts",
    noun="script template",
    constants={"type": "script"},
    fields=(
        # Clients take the required fields by their place: it is before the name.
        Stored(
            "script_id", int, required=True, listed=True, requests=("create",), refers_to="jobs"
        ),
        *_COMMON,
        Computed("public", bool, lambda view: False, listed=True),  # noqa: ARG005
        Computed("script_type", str, lambda view: TYPE_WORDS[_script(view).type]),
        Computed(
            "user_context",
            str,
            lambda view: _script(view).body.get("user_context") or "runner",
            listed=True,
        ),
        Computed("params", list[Param], _params),
        Computed("category", _Category, lambda view: "script", listed=True),  # noqa: ARG005
        Stored("note", str | None),
        Computed(
            "use_count",
            int,
            lambda view: dependents_count(view.connection, view.row.id),
            listed=True,
        ),
        Stored("ui_report_id", int | None, listed=True, refers_to="reports"),
        fields.PERMISSION,
    ),
    shapes=(
        _listed(
            lists.Filter("category", str, "A category of templates.", _category, _CATEGORIES),
        ),
        crud.created(),
        crud.read,
        crud.replaced,
        crud.updated,
        crud.archived_by_delete,
        shared,
        transferable,
        in_projects(),
    ),
    before_save=_check_script,
)

REPORT_TEMPLATES = Resource(
    path="/templates/reports",
    noun="report template",
    constants={"type": "report"},
    fields=(
        *_COMMON,
        Stored("category", _ReportCategory | None, listed=True),
        Computed("use_count", int, _reports_count, listed=True),
        Stored("code_body", str, required=True, detailed=False),
        Computed("auth_code_url", str | None, show_link("code_file_id")),
        Stored("provide_api_key", bool, False, alias="provideAPIKey"),
    ),
    shapes=(
        _listed(
            lists.Filter(
                "category", str, "A category of templates.", _report_category, ("dataset-viz",)
            ),
        ),
        crud.created(),
        crud.read,
        crud.replaced,
        crud.updated,
        crud.archived_by_delete,
        shared,
        transferable,
    ),
    before_save=_store_code,
)

router = build_router(SCRIPT_TEMPLATES, REPORT_TEMPLATES)
