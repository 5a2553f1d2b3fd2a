"""Executions of workflows: ``%civis_run --workflow`` and ``%%civis_workflow``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from civis_nb.errors import CivisInputError, CivisMagicError, WorkflowValidationError
from civis_nb.futures import CivisFuture
from civis_nb.futures.execution import newest_run, tasks_of
from civis_nb.futures.run import Run
from civis_nb.magics.jobs.following import by_name
from civis_nb.magics.jobs.task_logs import TaskLogs
from civis_nb.utils.executions import start_execution

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client

__all__ = ["ExecutionOf", "checked_inputs"]


def checked_inputs(definition: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs of an execution, checked against the definition.

    Raises
    ------
    CivisMagicError
        When the workflow has no such input, or misses one, or its definition can't be read. Nothing
        was started.
    """
    from civis_nb.workflows.inputs import check_inputs

    if not definition.strip():
        raise CivisMagicError("The workflow has no definition. Nothing was started.")
    try:
        check_inputs(definition, given)
    except WorkflowValidationError as error:
        raise CivisMagicError(f"Nothing was started. {error}") from None
    except CivisInputError as error:
        raise CivisMagicError(f"{error} Nothing was started.") from None
    return dict(given)


@dataclass(frozen=True)
class ExecutionOf:
    """An execution of a workflow; as `civis_nb.magics.jobs.following.Followable`.

    Attributes
    ----------
    workflow_id
        The workflow.
    given
        Its inputs.
    """

    workflow_id: int
    title: str
    given: dict[str, Any] = field(default_factory=dict)
    kind: str = "workflow"

    def start(self, client: Client) -> CivisFuture:
        """Start an execution."""
        return start_execution(client, self.workflow_id, input=self.given)

    def log(self, client: Client, future: CivisFuture) -> TaskLogs:
        """Return the logs of its tasks."""
        return TaskLogs(client, future)

    def outputs(self, client: Client, future: CivisFuture) -> dict[str, Any]:
        """Return the outputs of each task's newest run, by the name of the task."""
        found = {}
        for task in tasks_of(future.last_seen):
            if (ids := newest_run(task)) is not None:
                found[str(task.name)] = by_name(Run("jobs", "get_runs", *ids).outputs(client))
        return found
