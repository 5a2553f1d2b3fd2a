"""``/workflows/{id}/executions``: executions of a workflow, and what can be done with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

from fastapi import Request, Response
from sqlalchemy import Connection, Row, select

from civis_nb.errors import WorkflowValidationError
from civis_nb.local.context import PlatformContext, context_of
from civis_nb.local.endpoints.filters import page_parameters
from civis_nb.local.endpoints.user_refs import UserRef, user_refs
from civis_nb.local.errors import NotFound
from civis_nb.local.http.envelope import Page, paginated
from civis_nb.local.http.wire import NameInPath, Wire
from civis_nb.local.records.fields import Level
from civis_nb.local.records.resource import Operation, Resource, typed
from civis_nb.local.runs.jobs import stable
from civis_nb.local.store.schema import (
    job_runs,
    workflow_actions,
    workflow_executions,
    workflow_tasks,
)
from civis_nb.local.workflows.executions import (
    create_execution,
    find_execution,
    parsed,
)
from civis_nb.local.workflows.state import PLATFORM_STATES, ExecutionState, TaskState

__all__ = ["controlled", "executed"]

_PATH = "/{id}/executions"
_ONE = _PATH + "/{execution_id}"


class TaskRun(Wire):
    """A run that a task has started."""

    id: int
    job_id: int
    my_permission_level: Level = "manage"
    state: str
    created_at: str
    started_at: str | None
    finished_at: str | None


class TaskExecution(Wire):
    """An execution of another workflow that a task has started."""

    id: int
    workflow_id: int
    my_permission_level: Level = "manage"
    state: str
    created_at: str
    started_at: str | None
    finished_at: str | None


class ExecutionTask(Wire):
    """A task of an execution."""

    name: str
    mistral_state: TaskState
    mistral_state_info: str | None
    runs: list[TaskRun]
    executions: list[TaskExecution]


class ExecutionItem(Wire):
    """An execution in a list."""

    id: int
    state: str
    mistral_state: ExecutionState
    mistral_state_info: str | None
    user: UserRef
    started_at: str | None
    finished_at: str | None
    created_at: str
    updated_at: str


class ExecutionDetail(ExecutionItem):
    """An execution of a workflow."""

    definition: str
    input: dict[str, Any]
    included_tasks: list[str]
    tasks: list[ExecutionTask]


class ExecutionBody(Wire):
    """What is to be executed."""

    target_task: str | None = None
    input: dict[str, Any] | None = None
    included_tasks: list[str] | None = None


class RetryBody(Wire):
    """What is to be retried."""

    task_name: str | None = None


_ORDERS = {
    "id": workflow_executions.c.id,
    "updated_at": stable(workflow_executions.c.updated_at, workflow_executions.c.id),
    "created_at": stable(workflow_executions.c.created_at, workflow_executions.c.id),
}


def executed(resource: Resource) -> Iterator[Operation]:
    """Declare ``/{id}/executions``: start, list and read executions."""

    def post(request: Request, id: int, body: ExecutionBody | None = None) -> ExecutionDetail:
        context = context_of(request)
        asked = body or ExecutionBody()
        with context.store.begin() as connection:
            made = create_execution(
                connection,
                resource.find(connection, id),
                request.state.user.id,
                input=asked.input or {},
                target_task=asked.target_task,
                included_tasks=asked.included_tasks or [],
            )
            shown = _shown(connection, find_execution(connection, id, made))
        context.workflows.begin(made)
        return shown

    def list_executions(
        request: Request, response: Response, id: int, page: Any
    ) -> list[ExecutionItem]:
        query = select(workflow_executions).where(workflow_executions.c.workflow_id == id)
        with context_of(request).store.read() as connection:
            resource.find(connection, id)
            rows = paginated(connection, query, page, response)
            people = user_refs(connection)
        return [ExecutionItem(**_fields(row, people)) for row in rows]

    def get(request: Request, id: int, execution_id: int) -> ExecutionDetail:
        return _detail(context_of(request), id, execution_id)

    def task(request: Request, id: int, execution_id: int, task_name: NameInPath) -> ExecutionTask:
        return _task(_detail(context_of(request), id, execution_id), task_name)

    page = page_parameters(_ORDERS, default=20, maximum=50)
    typed(list_executions, page=Annotated[Page, page])
    noun = resource.noun
    summary = f"List executions of a {noun}"
    yield Operation("GET", _PATH, list_executions, summary, list[ExecutionItem])
    yield Operation("POST", _PATH, post, f"Execute a {noun}", ExecutionDetail, 201)
    yield Operation("GET", _ONE, get, f"Get an execution of a {noun}", ExecutionDetail)
    summary = "Get a task of an execution"
    yield Operation("GET", _ONE + "/tasks/{task_name}", task, summary, ExecutionTask)


def controlled(_resource: Resource) -> Iterator[Operation]:
    """Declare what is done with ``/{id}/executions/{execution_id}``: cancel, resume, retry."""

    def cancel(request: Request, id: int, execution_id: int) -> ExecutionDetail:
        context = context_of(request)
        _detail(context, id, execution_id)
        context.workflows.cancel(execution_id)
        return _detail(context, id, execution_id)

    def resume(request: Request, id: int, execution_id: int) -> ExecutionDetail:
        context = context_of(request)
        _detail(context, id, execution_id)
        context.workflows.resume(execution_id)
        return _detail(context, id, execution_id)

    def retry(
        request: Request, id: int, execution_id: int, body: RetryBody | None = None
    ) -> ExecutionDetail:
        context = context_of(request)
        present = _detail(context, id, execution_id)
        name = None if body is None else body.task_name
        if name is not None:
            _task(present, name)
        context.workflows.rerun(execution_id, name)
        return _detail(context, id, execution_id)

    for name, handler, what in (
        ("cancel", cancel, "Cancel an execution"),
        ("resume", resume, "Resume a paused execution"),
        ("retry", retry, "Retry a failed task, or all failed tasks of an execution"),
    ):
        yield Operation("POST", f"{_ONE}/{name}", handler, what, ExecutionDetail, 202)


def _detail(context: PlatformContext, id: int, execution_id: int) -> ExecutionDetail:
    with context.store.read() as connection:
        return _shown(connection, find_execution(connection, id, execution_id))


def _task(execution: ExecutionDetail, name: str) -> ExecutionTask:
    for one in execution.tasks:
        if one.name == name:
            return one
    raise NotFound(f"The task {name!r} of execution {execution.id}")


def _fields(row: Row[Any], people: Mapping[int, UserRef]) -> dict[str, Any]:
    """Return the fields that lists of executions and single ones show."""
    return {
        "id": row.id,
        "state": PLATFORM_STATES[row.state],
        "mistral_state": row.state,
        "mistral_state_info": row.info,
        "user": people[row.user_id],
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def _shown(connection: Connection, row: Row[Any]) -> ExecutionDetail:
    return ExecutionDetail(
        **_fields(row, user_refs(connection)),
        definition=row.definition,
        input=row.input,
        included_tasks=row.included_tasks,
        tasks=_tasks(connection, row),
    )


def _tasks(connection: Connection, execution: Row[Any]) -> list[ExecutionTask]:
    """Return the tasks of an execution, in the order of its definition.

    One that runs several times, in a cycle, is shown as it was the last time, with all its runs.
    """
    of = workflow_tasks.c.execution_id == execution.id
    latest: dict[str, Row[Any]] = {}
    names: dict[int, str] = {}
    columns = [workflow_tasks.c[name] for name in ("number", "name", "state", "info")]
    for row in connection.execute(select(*columns).where(of).order_by(workflow_tasks.c.number)):
        latest[row.name] = row
        names[row.number] = row.name
    runs = _runs(connection, execution.id, names)
    executions = _executions(connection, execution.id, names)
    try:
        defined: Iterable[str] = parsed(execution.definition).tasks
    except WorkflowValidationError:
        # Of an earlier version, which could read it.
        defined = ()
    included = execution.included_tasks
    shown = [name for name in defined if not included or name in included]
    return [
        ExecutionTask(
            name=name,
            mistral_state=latest[name].state if name in latest else "idle",
            mistral_state_info=latest[name].info if name in latest else None,
            runs=runs.get(name, []),
            executions=executions.get(name, []),
        )
        for name in dict.fromkeys([*shown, *latest])
    ]


def _runs(
    connection: Connection, execution_id: int, names: Mapping[int, str]
) -> dict[str, list[TaskRun]]:
    """Return the runs of each task, the newest first."""
    action = workflow_actions.c
    query = (
        select(action.task_number, job_runs)
        .join(job_runs, job_runs.c.id == action.run_id)
        .where(action.execution_id == execution_id)
        .order_by(job_runs.c.id.desc())
    )
    found: dict[str, list[TaskRun]] = {}
    for row in connection.execute(query):
        run = TaskRun(
            id=row.id,
            job_id=row.job_id,
            state=row.state,
            created_at=row.created_at,
            started_at=row.started_at,
            finished_at=row.finished_at,
        )
        found.setdefault(names[row.task_number], []).append(run)
    return found


def _executions(
    connection: Connection, execution_id: int, names: Mapping[int, str]
) -> dict[str, list[TaskExecution]]:
    """Return the executions that each task has started, the newest first."""
    one = workflow_executions.c
    query = select(workflow_executions).where(one.parent_id == execution_id)
    found: dict[str, list[TaskExecution]] = {}
    for row in connection.execute(query.order_by(one.id.desc())):
        child = TaskExecution(
            id=row.id,
            workflow_id=row.workflow_id,
            state=PLATFORM_STATES[row.state],
            created_at=row.created_at,
            started_at=row.started_at,
            finished_at=row.finished_at,
        )
        found.setdefault(names[row.parent_task], []).append(child)
    return found
