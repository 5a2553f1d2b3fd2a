"""Executions of workflows in the store: how they are created and found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from civis_nb.errors import CivisExpressionError, WorkflowValidationError
from civis_nb.local.errors import Conflict, Invalid, NotFound
from civis_nb.local.store import utc_now
from civis_nb.local.store.schema import records, workflow_executions, workflow_tasks
from civis_nb.local.workflows.state import PLATFORM_STATES, UNFINISHED, Execution
from civis_nb.workflows import read_definition
from civis_nb.workflows.expressions import plain_value
from civis_nb.workflows.model import WorkflowDefinition

__all__ = [
    "active_executions",
    "check_may_be_active",
    "create_execution",
    "fail_execution",
    "find_execution",
    "find_workflow",
    "last_execution",
    "parsed",
    "workflow_state",
]

#: How deep executions may start one another: a workflow that calls itself reaches it.
MAX_DEPTH = 10


@lru_cache(maxsize=16)
def parsed(definition: str) -> WorkflowDefinition:
    """Return what a definition says; the last ones are remembered.

    Raises
    ------
    WorkflowValidationError
        When it can't be read.
    """
    return read_definition(definition)


def find_workflow(connection: Connection, workflow_id: int) -> Row[Any]:
    """Return the record of a workflow.

    Raises
    ------
    NotFound
        When there is none.
    """
    chosen = (records.c.kind == "workflows", records.c.id == workflow_id)
    row = connection.execute(select(records).where(*chosen)).one_or_none()
    if row is None:
        raise NotFound(f"Workflow {workflow_id}")
    return row


def last_execution(connection: Connection, workflow_id: int) -> Row[Any] | None:
    """Return the latest execution of a workflow: its id, state, and when it changed."""
    one = workflow_executions.c
    columns: Select[Any] = select(one.id, one.state, one.updated_at)
    statement = columns.where(one.workflow_id == workflow_id).order_by(one.id.desc())
    return connection.execute(statement.limit(1)).first()


def workflow_state(connection: Connection, workflow: Row[Any]) -> str:
    """Return the state of a workflow: running if any of its executions is, else the latest's."""
    one = workflow_executions.c
    last = last_execution(connection, workflow.id)
    if last is None:
        schedule = workflow.body.get("schedule") or {}
        return "scheduled" if schedule.get("scheduled") else "idle"
    active = (one.workflow_id == workflow.id, one.state.in_(("running", "paused")))
    if connection.scalar(select(one.id).where(*active).limit(1)) is not None:
        return "running"
    return PLATFORM_STATES[last.state]


def find_execution(connection: Connection, workflow_id: int, execution_id: int) -> Row[Any]:
    """Return an execution of a workflow.

    Raises
    ------
    NotFound
        When the workflow has no such execution.
    """
    find_workflow(connection, workflow_id)
    one = workflow_executions.c
    chosen = (one.id == execution_id, one.workflow_id == workflow_id)
    row = connection.execute(select(workflow_executions).where(*chosen)).one_or_none()
    if row is None:
        raise NotFound(f"Execution {execution_id} of workflow {workflow_id}")
    return row


def create_execution(
    connection: Connection,
    workflow: Row[Any],
    user_id: int,
    *,
    input: Mapping[str, Any],
    target_task: str | None = None,
    included_tasks: Sequence[str] = (),
    parent: tuple[Execution, int, int] | None = None,
) -> int:
    """Store a new execution, which the engine starts, and return its id.

    Parameters
    ----------
    connection
        The transaction.
    workflow, user_id
        What is executed, and for whom.
    input
        Values of parameters; those that are missing have their defaults.
    target_task, included_tasks
        Of a reverse workflow the task that is wanted; the tasks that may run, empty: all.
    parent
        The execution that starts it, with the numbers of its task and action.

    Raises
    ------
    Invalid
        When the definition is not valid, or the request does not fit it.
    Conflict
        When the workflow is archived; or another execution is active, and it may have one only.
    """
    if workflow.archived:
        raise Conflict(
            f"Workflow {workflow.id} is archived, so it can't be executed. "
            f"client.workflows.put_archive({workflow.id}, False) restores it."
        )
    definition = _runnable(workflow)
    _check_concurrency(connection, workflow)
    _check_names(definition, target_task, included_tasks)
    depth = 0 if parent is None else parent[0].depth + 1
    if depth > MAX_DEPTH:
        raise Invalid(
            f"Workflow {workflow.id} can't be started: executions may start one another "
            f"{MAX_DEPTH} levels deep. Does a workflow call itself?"
        )
    now = utc_now()
    values = {
        "workflow_id": workflow.id,
        "user_id": user_id,
        "state": "running",
        "definition": workflow.body["definition"],
        "input": _input(workflow.id, definition, input),
        "target_task": target_task if definition.type == "reverse" else None,
        "included_tasks": list(included_tasks),
        "variables": {},
        "depth": depth,
        "created_at": now,
        "updated_at": now,
    }
    if parent is not None:
        execution, task, action = parent
        names = {"parent_id": execution.id, "parent_task": task, "parent_action": action}
        values |= {**names, "root_id": execution.root_id or execution.id}
    made = connection.execute(workflow_executions.insert().values(**values))
    return int(made.inserted_primary_key[0])  # type: ignore[index]


def _runnable(workflow: Row[Any]) -> WorkflowDefinition:
    """Return the definition of a workflow that is to be executed."""
    text = workflow.body.get("definition")
    if not text:
        raise Invalid(f"Workflow {workflow.id} has no definition. PATCH it with one.")
    try:
        return parsed(text)
    except WorkflowValidationError as error:
        raise Invalid(f"Workflow {workflow.id} can't be executed. {error}") from None


def check_may_be_active(connection: Connection, execution: Execution) -> None:
    """Check that an execution that has ended may become active again.

    Raises
    ------
    Conflict
        When another one is active, and the workflow may have one only.
    NotFound
        When the workflow is not there any more.
    """
    workflow = find_workflow(connection, execution.workflow_id)
    _check_concurrency(connection, workflow, execution.id)


def _check_concurrency(
    connection: Connection, workflow: Row[Any], own_id: int | None = None
) -> None:
    """Check that another execution of a workflow may become active beside those that are."""
    if workflow.body.get("allow_concurrent_executions") is not False:
        return
    one = workflow_executions.c
    active = (
        one.workflow_id == workflow.id,
        one.state.in_(("running", "paused")),
        one.id != (own_id or 0),
    )
    found = connection.scalar(select(one.id).where(*active))
    if found is not None:
        raise Conflict(
            f"Workflow {workflow.id} is being executed (execution {found}), and "
            "allowConcurrentExecutions is false. Wait for its end, or cancel it."
        )


def _check_names(
    definition: WorkflowDefinition, target_task: str | None, included_tasks: Sequence[str]
) -> None:
    tasks = ", ".join(definition.tasks)
    if definition.type == "reverse" and target_task is None:
        raise Invalid(f"This workflow is of type reverse: give the target_task, one of {tasks}.")
    for name in [*included_tasks, *([] if target_task is None else [target_task])]:
        if name not in definition.tasks:
            raise Invalid(f"There is no task {name!r} in this workflow. Tasks: {tasks}.")


def _input(
    workflow_id: int, definition: WorkflowDefinition, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the value of each parameter."""
    known = [parameter.name for parameter in definition.input]
    unknown = [name for name in given if name not in known]
    if unknown:
        there = f"It has {', '.join(known)}." if known else "It has none."
        raise Invalid(f"Workflow {workflow_id} has no parameter {unknown[0]!r}. {there}")
    missing = [one.name for one in definition.input if one.required and one.name not in given]
    if missing:
        raise Invalid(f"Workflow {workflow_id} needs a value of {', '.join(missing)} in input.")
    try:
        # A default may be what YAML has and JSON has not: a date, a set.
        defaults = {one.name: plain_value(one.default) for one in definition.input}
    except CivisExpressionError as error:
        raise Invalid(f"A default of workflow {workflow_id} can't be used. {error}") from None
    return {**defaults, **given}


def active_executions(connection: Connection) -> list[int]:
    """Return the ids of the executions that go on, or have tasks that do, the oldest first."""
    one, task = workflow_executions.c, workflow_tasks.c
    active = select(one.id).where(one.state.in_(("running", "paused")))
    # An execution that a command has ended may have tasks that go on to their end.
    going = select(task.execution_id).where(task.state.in_(UNFINISHED))
    return sorted(connection.scalars(active.union(going)))


def fail_execution(connection: Connection, execution_id: int, info: str) -> int | None:
    """Store that an execution has failed, and its tasks with it; return the id of its parent.

    Parameters
    ----------
    connection
        The transaction.
    execution_id
        The execution.
    info
        Why it failed.
    """
    now = utc_now()
    one, task = workflow_executions.c, workflow_tasks.c
    chosen = workflow_executions.update().where(one.id == execution_id)
    connection.execute(chosen.values(state="error", info=info, finished_at=now, updated_at=now))
    condition = (task.execution_id == execution_id, task.state.in_(UNFINISHED))
    ended = {"state": "cancelled", "info": info, "updated_at": now}
    connection.execute(workflow_tasks.update().where(*condition).values(**ended))
    parent_id: int | None = connection.scalar(select(one.parent_id).where(one.id == execution_id))
    return parent_id
