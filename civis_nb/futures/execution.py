"""Executions of workflows in answers of the API: the states of their tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

from civis_nb.futures.states import field, run_times

if TYPE_CHECKING:
    from civis_nb.workflows.execution import ExecutionPicture
    from civis_nb.workflows.states import NodeState

__all__ = ["execution_picture", "failed_tasks", "newest_run", "tasks_of"]

#: What a task's state is called where the platform has a word for it that is not known here.
_UNKNOWN: Final = "running"


def execution_picture(
    execution: Any, before: ExecutionPicture | None = None
) -> ExecutionPicture | None:
    """Return the tasks of an execution with their states, drawn; None where it has none.

    Parameters
    ----------
    execution
        The answer of ``client.workflows.get_executions``.
    before
        The picture of the same execution some time ago, whose graph is used again.
    """
    tasks = tasks_of(execution)
    if not tasks:
        return None
    from civis_nb.workflows.execution import ExecutionPicture, graph_of

    names = [str(field(one, "name")) for one in tasks]
    graph = graph_of(field(execution, "definition"), names) if before is None else before.graph
    repeated = {node.key for node in graph.nodes if any(n.startswith("each ") for n in node.notes)}
    states, messages = {}, {}
    for task in tasks:
        name = str(field(task, "name"))
        states[name] = _state(task, of_items=name in repeated)
        message = field(task, "mistral_state_info")
        if isinstance(message, str) and message.strip():
            messages[name] = message.strip()
    return ExecutionPicture(graph, states, messages)


def failed_tasks(execution: Any) -> list[Any]:
    """Return the tasks of an execution that failed, in the order of the definition."""
    return [task for task in tasks_of(execution) if field(task, "mistral_state") == "error"]


def newest_run(task: Any) -> tuple[int, int] | None:
    """Return the ids of job and run of a task's last attempt; None where it has no run."""
    newest = next(iter(_runs(task)), None)
    job_id, run_id = field(newest, "job_id"), field(newest, "id")
    if not isinstance(job_id, int) or not isinstance(run_id, int):
        return None
    return job_id, run_id


def tasks_of(execution: Any) -> list[Any]:
    """Return the tasks of an execution; none where the answer has none."""
    tasks = field(execution, "tasks")
    return list(tasks) if isinstance(tasks, list | tuple) else []


def _runs(task: Any) -> list[Any]:
    """Return the runs of a task; none where the answer has none."""
    runs = field(task, "runs")
    return list(runs) if isinstance(runs, list | tuple) else []


def _state(task: Any, *, of_items: bool) -> NodeState:
    """Return the state of a task; of one that is repeated for items, a run is no attempt."""
    from civis_nb.workflows.states import NodeState, StateName

    state: Any = str(field(task, "mistral_state") or "").lower()
    runs = _runs(task)
    seconds = [ran for _, ran in map(run_times, runs) if ran is not None]
    ended = state in ("success", "error", "cancelled") and bool(seconds)
    return NodeState(
        state if state in get_args(StateName) else _UNKNOWN,
        attempts=0 if of_items else len(runs),
        seconds=sum(seconds) if ended else None,
    )
