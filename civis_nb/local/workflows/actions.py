"""What the actions of tasks do: they create jobs and start runs, or start other workflows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Row, select

from civis_nb.local.context import PlatformContext
from civis_nb.local.endpoints.imports.imports import IMPORTS
from civis_nb.local.endpoints.imports.models import ImportCreate, SyncBody
from civis_nb.local.endpoints.imports.syncs import sync_values
from civis_nb.local.endpoints.jobs.service import JobService
from civis_nb.local.endpoints.scripts.containers import CONTAINER_SCRIPTS
from civis_nb.local.endpoints.scripts.custom import CUSTOM_SCRIPTS
from civis_nb.local.endpoints.scripts.models import (
    ContainerCreate,
    CustomCreate,
    PythonCreate,
    SqlCreate,
)
from civis_nb.local.endpoints.scripts.python3 import PYTHON3_SCRIPTS
from civis_nb.local.endpoints.scripts.r import R_SCRIPTS
from civis_nb.local.endpoints.scripts.sql import SQL_SCRIPTS
from civis_nb.local.errors import Conflict, Invalid, NotSupported, RequestError
from civis_nb.local.http.wire import Wire
from civis_nb.local.runs import jobs as states
from civis_nb.local.runs.outputs import output_item
from civis_nb.local.runs.syncs import add_sync
from civis_nb.local.store.clock import in_future
from civis_nb.local.store.permissions import REQUESTER, Requester, check_level
from civis_nb.local.store.schema import outputs
from civis_nb.local.workflows.executions import create_execution, find_workflow
from civis_nb.local.workflows.state import Action, Execution, Task
from civis_nb.spec.names import camel_to_snake

__all__ = ["QueuedRun", "answer", "run_result", "start"]

#: action -> the body of the request that creates such a job, and what creates it
_JOBS: Mapping[str, tuple[type[Wire], JobService[Any]]] = {
    "civis.scripts.python3": (PythonCreate, PYTHON3_SCRIPTS),
    "civis.scripts.r": (PythonCreate, R_SCRIPTS),
    "civis.scripts.sql": (SqlCreate, SQL_SCRIPTS),
    "civis.scripts.container": (ContainerCreate, CONTAINER_SCRIPTS),
    "civis.scripts.custom": (CustomCreate, CUSTOM_SCRIPTS),
    "civis.import": (ImportCreate, IMPORTS),
}
_NOT_HERE = {
    "civis.scripts.javascript": "JavaScript, which runs on Civis Platform only.",
    "civis.scripts.dbt": "dbt scripts. Run dbt from a Python script: civis.scripts.python3.",
    "civis.enhancements.cass_ncoa": "enhancements, which run on Civis Platform only.",
}
_LONGEST_ECHO_S = 366 * 24 * 3600


class _RunJob(Wire):
    job_id: int


class _ExecuteWorkflow(Wire):
    workflow_id: int
    target_task: str | None = None
    input: dict[str, Any] | None = None
    included_tasks: list[str] | None = None


@dataclass(frozen=True, slots=True)
class QueuedRun:
    """A run that was stored, to be submitted once its transaction is over."""

    run_id: int
    job_type: str
    user_id: int


def answer(action: Action, name: str, arguments: Mapping[str, Any]) -> bool:
    """Set what an action gives that needs no job; return False for one that does.

    ``std.noop``, ``std.echo`` and ``std.fail`` end at once, ``std.async_noop`` never.
    """
    if name in ("std.noop", "std.async_noop"):
        _refuse_others(name, arguments, ())
        if name == "std.noop":
            action.state = "success"
    elif name == "std.echo":
        _refuse_others(name, arguments, ("output", "delay"))
        action.result = arguments.get("output")
        delay_s = _delay(arguments.get("delay"))
        if delay_s:
            action.wake_at = in_future(timedelta(seconds=delay_s))
        else:
            action.state = "success"
    elif name == "std.fail":
        _refuse_others(name, arguments, ("error_data",))
        action.state, action.result = "error", arguments.get("error_data")
        action.error = "The action std.fail always fails."
    else:
        return False
    return True


def _refuse_others(name: str, arguments: Mapping[str, Any], known: tuple[str, ...]) -> None:
    """Raise when an action is given an argument that it does not take."""
    others = [key for key in arguments if key not in known]
    if others:
        takes = f"It takes {', '.join(known)}." if known else "It takes none."
        raise Invalid(f"{name} has no argument {others[0]!r}. {takes}")


def _delay(value: Any) -> float:
    """Return the seconds that ``std.echo`` waits."""
    try:
        delay_s = float(value or 0)
    except (TypeError, ValueError):
        raise Invalid(f"The delay of std.echo is a number of seconds, not {value!r}.") from None
    if not 0 <= delay_s <= _LONGEST_ECHO_S:
        raise Invalid(f"The delay of std.echo can't be {delay_s:g} seconds.")
    return delay_s


def start(
    connection: Connection,
    execution: Execution,
    task: Task,
    action: Action,
    name: str | None,
    arguments: Mapping[str, Any],
) -> QueuedRun | None:
    """Store what an action starts, and its ids with the action; without a name, a further run.

    Returns
    -------
    QueuedRun or None
        The run to submit once the transaction is over; None: an execution was stored.

    Raises
    ------
    RequestError
        When there is no such action, or it can't be done with these arguments.
    """
    # What is not the user's own is refused as in a request of the user.
    token = REQUESTER.set(Requester(execution.user_id, is_only_user=False))
    try:
        if name is None:
            return _queue_again(connection, action)
        return _started(connection, execution, task, action, name, arguments)
    finally:
        REQUESTER.reset(token)


def _started(
    connection: Connection,
    execution: Execution,
    task: Task,
    action: Action,
    name: str,
    arguments: Mapping[str, Any],
) -> QueuedRun | None:
    """Start what an action stands for; return the run that is queued for it, if it has one."""
    if name == "civis.workflows.execute":
        _start_workflow(connection, execution, task, action, arguments)
        return None
    if name == "civis.run_job":
        job_id = _body(_RunJob, name, arguments).job_id
        check_level(connection, execution.user_id, "jobs", job_id, "write")
    elif name in _JOBS:
        job_id = _create_job(connection, execution.user_id, task.name, name, arguments)
    elif name in _NOT_HERE:
        raise NotSupported(f"The local platform has no {_NOT_HERE[name]}")
    else:
        there = ", ".join(sorted([*_JOBS, "civis.run_job", "civis.workflows.execute"]))
        raise Invalid(f"There is no action {name!r}. There are {there}, and std.noop, std.echo, …")
    row = states.queue_run(connection, job_id)
    action.job_id, action.run_id = job_id, row.id
    job = states.find_job(connection, job_id)
    return QueuedRun(row.id, job.type, job.user_id)


def _queue_again(connection: Connection, action: Action) -> QueuedRun:
    """Store another run of the job of an action."""
    assert action.job_id is not None  # noqa: S101 - it had a run
    try:
        job = states.find_job(connection, action.job_id)
        run = states.queue_run(connection, action.job_id)
    except RequestError as error:
        raise Conflict(
            f"Run {action.run_id} ended with the platform, and can't be repeated: {error}"
        ) from None
    action.run_id = run.id
    return QueuedRun(run.id, job.type, job.user_id)


def _body(model: type[Any], name: str, arguments: Mapping[str, Any], *more: str) -> Any:
    """Return the arguments of an action as a checked request body."""
    known = {camel_to_snake(field.alias or key) for key, field in model.model_fields.items()}
    unknown = [key for key in arguments if camel_to_snake(str(key)) not in {*known, *more}]
    if unknown:
        takes = ", ".join(sorted({*known, *more}))
        raise Invalid(f"{name} has no argument {unknown[0]!r}. It takes {takes}.")
    try:
        return model.model_validate(dict(arguments))
    except ValidationError as error:
        problems = []
        for one in error.errors():
            where = ".".join(camel_to_snake(str(part)) for part in one["loc"])
            message = one["msg"].removeprefix("Value error, ")
            problems.append(
                f"{where} is required" if one["type"] == "missing" else f"{where}: {message}"
            )
        raise Invalid(f"{name}: {', '.join(problems)}.") from None


def _create_job(
    connection: Connection, user_id: int, task_name: str, name: str, arguments: Mapping[str, Any]
) -> int:
    """Create the job of an action as the API does, and return its id."""
    model, service = _JOBS[name]
    named = dict(arguments)
    if not any(camel_to_snake(str(key)) == "name" and value for key, value in named.items()):
        named["name"] = task_name
    moved = named.pop("syncs", None) if name == "civis.import" else None
    body = _body(model, name, named)
    job_id = service.insert(connection, body.model_dump(mode="json"), user_id)
    if name == "civis.import":
        if not isinstance(moved, list) or not moved:
            raise Invalid("civis.import: syncs is required: a list of what is moved.")
        for one in moved:
            if not isinstance(one, Mapping):
                raise Invalid("civis.import: each of syncs is a mapping of source and destination.")
            sides = {key: value or {} for key, value in one.items()}
            sync = _body(SyncBody, "syncs of civis.import", sides)
            add_sync(connection, job_id, body.sync_type, sync_values(sync))
    return job_id


def _start_workflow(
    connection: Connection,
    execution: Execution,
    task: Task,
    action: Action,
    arguments: Mapping[str, Any],
) -> None:
    """Create the execution of another workflow that an action asks for."""
    body = _body(_ExecuteWorkflow, "civis.workflows.execute", arguments)
    check_level(connection, execution.user_id, "workflows", body.workflow_id, "write")
    action.child_id = create_execution(
        connection,
        find_workflow(connection, body.workflow_id),
        execution.user_id,
        input=body.input or {},
        target_task=body.target_task,
        included_tasks=body.included_tasks or [],
        parent=(execution, task.number, action.number),
    )


def run_result(context: PlatformContext, connection: Connection, run: Row[Any]) -> dict[str, Any]:
    """Return the result of a task that has run a job."""
    host = context.endpoint.partition("://")[2]
    rows = connection.execute(
        select(outputs).where(outputs.c.run_id == run.id).order_by(outputs.c.id)
    )
    return {
        "job_id": run.job_id,
        "run_id": run.id,
        "outputs": [output_item(connection, row, host) for row in rows],
    }
