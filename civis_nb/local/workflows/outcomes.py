"""What became of the runs and executions that tasks have started."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Row, select

from civis_nb.errors import CivisExpressionError
from civis_nb.local.context import PlatformContext
from civis_nb.local.runs.pool import STOPPED_MESSAGE
from civis_nb.local.runs.recovery import MESSAGE
from civis_nb.local.store.schema import job_runs, workflow_executions
from civis_nb.local.workflows.actions import run_result
from civis_nb.local.workflows.attempts import Attempts
from civis_nb.local.workflows.state import ENDED, Action, Task

__all__ = ["collect"]


def collect(
    context: PlatformContext,
    attempts: Attempts,
    actions: Sequence[tuple[Task, Action]],
) -> list[tuple[Task, Action]]:
    """Set the states of actions whose run or execution has ended, and return these.

    A run that ended with the platform before it had started is started again, in the transaction
    that stores what has changed.
    """
    ended: list[tuple[Task, Action]] = []
    with context.store.read() as connection:
        for task, action in actions:
            if action.state != "running":
                continue
            if action.run_id is not None:
                _take_run(context, connection, attempts, task, action)
            elif action.child_id is not None:
                _take_child(connection, action)
            if action.state != "running":
                ended.append((task, action))
    return ended


def _take_run(
    context: PlatformContext,
    connection: Connection,
    attempts: Attempts,
    task: Task,
    action: Action,
) -> None:
    """Set what became of a run."""
    run = connection.execute(select(job_runs).where(job_runs.c.id == action.run_id)).one_or_none()
    if run is None:
        action.state = "error"
        action.error = f"Job {action.job_id} was deleted while the task ran it."
        return
    if run.state in ("queued", "running"):
        return
    if run.state == "succeeded":
        action.state, action.result = "success", run_result(context, connection, run)
    elif run.state == "cancelled":
        action.state = "cancelled"
        action.error = f"Run {run.id} of job {run.job_id} was cancelled."
    elif run.error in (MESSAGE, STOPPED_MESSAGE):
        _after_a_stop(attempts, task, action, run)
    else:
        action.state = "error"
        action.result = run_result(context, connection, run)
        action.error = f"Run {run.id} of job {run.job_id} failed: {run.error or 'see its log.'}"


def _after_a_stop(attempts: Attempts, task: Task, action: Action, run: Row[tuple[object]]) -> None:
    """Decide about a run that ended because the platform did."""
    definition = attempts.progress.task_definition(task)
    try:
        if run.started_at is None or attempts.variables.evaluate(definition.safe_rerun, task):
            message = f"Run {run.id} ended with the platform: run again, as safe-rerun says."
            attempts.execution.keep_replaced(task, action, message if run.started_at else None)
            task.info = message if run.started_at else task.info
            attempts.execution.touch(task, action)
            attempts.start_again(task, action)
            return
    except CivisExpressionError as error:
        action.state = "error"
        action.error = f"Run {run.id} ended with the platform, and can't be repeated: {error}"
        return
    action.state = "error"
    action.error = (
        f"The local platform ended while run {run.id} of job {run.job_id} was active: how much of "
        "it was done is not known. Retry the task if it may run twice; safe-rerun: true says so in "
        "the definition."
    )


def _take_child(connection: Connection, action: Action) -> None:
    """Set what became of an execution of another workflow."""
    one = workflow_executions
    row = connection.execute(select(one).where(one.c.id == action.child_id)).one_or_none()
    if row is None:
        action.state = "error"
        action.error = f"Execution {action.child_id}, which the task started, is gone."
    elif row.state in ENDED:
        action.state = row.state
        action.result = {
            "workflow_id": row.workflow_id,
            "execution_id": row.id,
            "output": row.output,
        }
        if row.state != "success":
            message = f": {row.info}" if row.info else "."
            action.error = f"Execution {row.id} of workflow {row.workflow_id}: {row.state}{message}"
