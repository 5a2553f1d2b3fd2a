"""``/workflows``: workflows and their executions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import yaml
from fastapi import Request
from sqlalchemy import ColumnElement, Connection, and_, false, func, or_, select

from civis_nb.errors import WorkflowValidationError
from civis_nb.local.context import context_of
from civis_nb.local.endpoints.jobs.models import DEFAULT_TIME_ZONE, Schedule, WorkflowNotifications
from civis_nb.local.errors import Invalid
from civis_nb.local.http.envelope import known_words
from civis_nb.local.http.wire import Wire
from civis_nb.local.records import crud, fields, lists
from civis_nb.local.records.fields import Computed, Stored, View
from civis_nb.local.records.git import checked_out, versioned
from civis_nb.local.records.projects import in_projects
from civis_nb.local.records.resource import Change, Operation, Resource, build_router
from civis_nb.local.records.sharing import shared, transferable
from civis_nb.local.records.workflow_executions import controlled, executed
from civis_nb.local.runs import jobs as states
from civis_nb.local.store.schema import jobs, records, workflow_executions
from civis_nb.local.workflows.executions import last_execution, workflow_state
from civis_nb.local.workflows.schedules import check_schedule, next_time
from civis_nb.local.workflows.state import PLATFORM_STATES

__all__ = ["WORKFLOWS", "router"]

WorkflowState = Literal[
    "queued", "running", "succeeded", "failed", "cancelled", "idle", "scheduled"
]
_STATES = ("queued", "running", "succeeded", "failed", "cancelled", "idle", "scheduled")


class CloneOptions(Wire):
    """What a clone of a workflow copies."""

    clone_schedule: bool | None = None
    clone_notifications: bool | None = None


def _last_execution_id(view: View) -> int | None:
    last = last_execution(view.connection, view.row.id)
    return None if last is None else int(last.id)


def _before_save(change: Change) -> None:
    """Complete a workflow: the verdict on its definition, and when it is executed next."""
    values, row = change.values, change.row
    old = {} if row is None else row.body
    chain = values.pop("from_job_chain", None)
    if chain is not None:
        if values.get("definition"):
            raise Invalid("Give a definition or from_job_chain, not both.")
        values["definition"] = _definition_of_chain(change.connection, chain)
    if "definition" in values:
        values["validation_errors"] = _verdict(values["definition"])
        is_given = values["definition"] is not None
        values["valid"] = is_given and values["validation_errors"] is None
    body = {**old, **values}
    schedule, zone = body.get("schedule") or {}, body.get("time_zone") or DEFAULT_TIME_ZONE
    check_schedule(schedule, zone)
    values["next_execution_at"] = next_time(schedule, zone, datetime.now(UTC))
    change.context.workflows.schedules_changed()


def _verdict(definition: str | None) -> str | None:
    """Return what is wrong with a definition; None when it is valid, or not given."""
    from civis_nb.workflows import validate_workflow_yaml

    if definition is None:
        return None
    try:
        validate_workflow_yaml(definition)
    except WorkflowValidationError as error:
        return str(error)
    return None


def _definition_of_chain(connection: Connection, job_id: int) -> str:
    """Return a definition that runs a job, then all that name it as their parent, and so on."""
    states.find_job(connection, job_id)
    parent = jobs.c.body["parent_id"].as_integer()
    tasks: dict[str, Any] = {}
    waiting = [job_id]
    while waiting:
        one = waiting.pop(0)
        if _task_name(one) in tasks:
            continue
        children = select(jobs.c.id).where(parent == one, jobs.c.archived.is_(False))
        after = list(connection.scalars(children.order_by(jobs.c.id)))
        task: dict[str, Any] = {"action": "civis.run_job", "input": {"job_id": one}}
        if after:
            task["on-success"] = [_task_name(child) for child in after]
        tasks[_task_name(one)] = task
        waiting += after
    workflow = {"version": "2.0", "workflow": {"type": "direct", "tasks": tasks}}
    text: str = yaml.safe_dump(workflow, sort_keys=False)
    return text


def _task_name(job_id: int) -> str:
    return f"job_{job_id}"


def _state_filter(value: list[str] | None) -> Sequence[ColumnElement[bool]]:
    """Return the condition on the state of a workflow."""
    names = known_words("state", value, _STATES)
    if not names:
        return []
    one = workflow_executions.c
    statement = select(one.id).where(one.workflow_id == records.c.id)
    is_active = statement.where(one.state.in_(("running", "paused"))).exists()
    other = workflow_executions.alias()
    newest = select(func.max(other.c.id)).where(other.c.workflow_id == records.c.id)
    latest = newest.correlate(records).scalar_subquery()
    scheduled = func.coalesce(records.c.body["schedule"]["scheduled"].as_boolean(), False)
    found: dict[str, ColumnElement[bool]] = {"running": is_active}
    for stored, shown in PLATFORM_STATES.items():
        if shown != "running":
            last = select(one.id).where(one.id == latest, one.state == stored).exists()
            found[shown] = and_(last, ~is_active)
    found["idle"] = and_(~statement.exists(), scheduled.is_(False))
    found["scheduled"] = and_(~statement.exists(), scheduled.is_(True))
    return [or_(*(found[name] for name in names if name in found), false())]


def _scheduled_filter(value: bool | None) -> Sequence[ColumnElement[bool]]:
    on = func.coalesce(records.c.body["schedule"]["scheduled"].as_boolean(), False)
    return [] if value is None else [on.is_(value)]


def _cloned(resource: Resource) -> Iterator[Operation]:
    """Declare ``POST /{id}/clone``: a copy, with schedule and notifications if that is wanted."""

    def clone(request: Request, id: int, body: CloneOptions) -> Wire:
        context = context_of(request)
        with context.store.begin() as connection:
            row = resource.find(connection, id)
            values = {**row.body, "name": f"Clone of {row.name}", "hidden": row.hidden}
            if not body.clone_schedule:
                values["schedule"] = None
            if not body.clone_notifications:
                values["notifications"] = None
            change = Change(connection, context, request.state.user, None, values, True)
            copy_id = resource.save(change, "create")
            return resource.show(resource.view(connection, context, copy_id))

    yield Operation("POST", "/{id}/clone", clone, "Clone a workflow", resource.detail, 201)


def _check_out(request: Request, id: int, content: str) -> None:
    """Store the definition that is in git."""
    context = context_of(request)
    with context.store.begin() as connection:
        row = WORKFLOWS.find(connection, id)
        change = Change(connection, context, request.state.user, row, {"definition": content})
        WORKFLOWS.save(change, "update")


def _schedule(view: View) -> Any:
    return view.value("schedule") or Schedule()


def _notifications(view: View) -> Any:
    return view.value("notifications") or WorkflowNotifications()


WORKFLOWS = Resource(
    path="/workflows",
    noun="workflow",
    fields=(
        fields.ID,
        fields.REQUIRED_NAME,
        Stored("description", str | None, listed=True),
        Stored("from_job_chain", int | None, requests=("create",), detailed=False),
        Stored("definition", str | None),
        Computed("valid", bool, lambda view: bool(view.value("valid")), listed=True),
        Computed("validation_errors", str | None, lambda view: view.value("validation_errors")),
        Computed("file_id", str | None, listed=True),
        fields.USER,
        Computed(
            "state",
            WorkflowState,
            lambda view: workflow_state(view.connection, view.row),
            listed=True,
        ),
        Computed("last_execution_id", int | None, _last_execution_id),
        Stored("schedule", Schedule, listed=True, show=_schedule),
        Stored("allow_concurrent_executions", bool, True, listed=True),
        Stored("time_zone", str, DEFAULT_TIME_ZONE, listed=True),
        Computed(
            "next_execution_at",
            str | None,
            lambda view: view.value("next_execution_at"),
            listed=True,
        ),
        Stored("notifications", WorkflowNotifications, show=_notifications),
        fields.ARCHIVED,
        fields.HIDDEN,
        fields.PERMISSION,
        fields.CREATED_AT,
        fields.UPDATED_AT,
    ),
    shapes=(
        lists.listed(
            20,
            50,
            lists.Filter("state", list[str], "States of workflows.", _state_filter, _STATES),
            lists.Filter(
                "scheduled", bool, "Whether the workflow is scheduled.", _scheduled_filter
            ),
            *lists.USUAL_FILTERS,
        ),
        crud.created(201),
        crud.read,
        crud.replaced,
        crud.updated,
        crud.archivable,
        _cloned,
        shared,
        transferable,
        in_projects(),
        versioned,
        checked_out(_check_out),
        executed,
        controlled,
    ),
    before_save=_before_save,
)

router = build_router(WORKFLOWS)
