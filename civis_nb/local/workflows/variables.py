"""What expressions of an execution see: variables, and the functions about tasks and executions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, select

from civis_nb.local.store import Store, from_wire
from civis_nb.local.store.schema import workflow_actions, workflow_executions, workflow_tasks
from civis_nb.local.workflows.state import Execution, Task
from civis_nb.workflows.expressions import evaluate
from civis_nb.workflows.model import TaskDefinition, WorkflowDefinition

__all__ = ["Variables", "task_result"]

#: A variable's value, and the place of the task that published it among those that have ended.
_Published = dict[str, tuple[int, Any]]

_SUBWORKFLOW = "civis.workflows.execute"


class Variables:
    """The variables of one execution, for each of its tasks.

    Parameters
    ----------
    execution, definition
        The execution, and the workflow that it runs.
    store
        Where the functions in expressions find other executions.
    """

    def __init__(self, execution: Execution, definition: WorkflowDefinition, store: Store) -> None:
        self._execution = execution
        self._definition = definition
        self._store = store
        self._after: dict[int, _Published] = {}

    def evaluate(
        self, value: Any, task: Task | None = None, more: Mapping[str, Any] | None = None
    ) -> Any:
        """Return a value of the definition with its expressions evaluated.

        Parameters
        ----------
        value
            The value.
        task
            The task that it belongs to; None: the whole execution.
        more
            Variables that hide those of the same name: items, or what is about to be published.

        Raises
        ------
        CivisExpressionError
            When an expression fails.
        """
        if not _has_expressions(value):
            return evaluate(value, {})
        seen = self._final() if task is None else self._before(task)
        data = self._data({name: one for name, (_, one) in seen.items()}, task)
        scope = _Scope(self._execution, self._definition, task, self._store)
        return evaluate(value, {**data, **(more or {})}, scope)

    def _data(self, branch: Mapping[str, Any], task: Task | None) -> dict[str, Any]:
        """Return what ``$`` is: variables of the branch hide global ones, those hide the input."""
        execution = self._execution
        return {
            "__env": environment(execution),
            "__execution": {"id": execution.id},
            "__task_execution": task
            and {"id": task_id(execution.id, task.number), "name": task.name},
            **execution.input,
            **execution.variables,
            **branch,
        }

    def forget(self, task: Task) -> None:
        """Forget what was seen after a task, which has begun anew."""
        # What comes after it in turn has not begun yet, or keeps what it has seen.
        self._after.pop(task.number, None)

    def _before(self, task: Task) -> _Published:
        return self._merged(task.led_by)

    def _final(self) -> _Published:
        """Return the variables at the ends of all branches."""
        ends = [t.number for t in self._execution.tasks.values() if t.has_ended and not t.next]
        return self._merged(ends)

    def _merged(self, numbers: list[int]) -> _Published:
        """Return the variables after some tasks together; of two values the later one counts."""
        found = [self._after_task(number) for number in numbers]
        if len(found) == 1:
            return found[0]
        merged: _Published = {}
        for one in found:
            for name, value in one.items():
                if name not in merged or merged[name][0] <= value[0]:
                    merged[name] = value
        return merged

    def _after_task(self, number: int) -> _Published:
        """Return the variables after a task. A loop and no recursion: chains can be long."""
        waiting = [] if number in self._after else [number]
        while waiting:
            task = self._execution.tasks[waiting[-1]]
            unknown = [one for one in task.led_by if one not in self._after]
            if unknown:
                waiting += unknown
                continue
            waiting.pop()
            before = self._merged(task.led_by)
            published = {name: (task.order, value) for name, value in task.published.items()}
            # Most tasks publish nothing: they share what was before them.
            self._after[task.number] = {**before, **published} if published else before
        return self._after[number]


def environment(execution: Execution) -> dict[str, Any]:
    """Return what ``env()`` and ``$.__env`` are."""
    return {"workflow_id": execution.workflow_id, "execution_id": execution.id}


def task_id(execution_id: int, number: int) -> str:
    """Return the id of a task, as expressions see it."""
    return f"{execution_id}-{number}"


def task_result(task: Task, definition: TaskDefinition | None) -> Any:
    """Return the result of a task: of ``with-items``, a list of those of its items."""
    by_item = {action.item: action for action in task.present}
    results = [by_item[item].result for item in sorted(by_item)]
    if definition is not None and definition.with_items:
        return results
    return results[0] if results else None


def _has_expressions(value: Any) -> bool:
    if isinstance(value, str):
        return "<%" in value
    if isinstance(value, Mapping):
        return any(_has_expressions(one) for one in value.values())
    return isinstance(value, list | tuple) and any(_has_expressions(one) for one in value)


class _Scope:
    """What functions give in the expressions of one execution (Mistral's, by their names there)."""

    def __init__(
        self, execution: Execution, definition: WorkflowDefinition, task: Task | None, store: Store
    ) -> None:
        self._execution = execution
        self._definition = definition
        self._task = task
        self._store = store

    def task(self, name: str | None) -> Any:
        task = self._task
        if task is None or (name and name != task.name):
            task = self._execution.latest.get(name or "")
        return None if task is None else self._shown(task)

    def _shown(self, task: Task) -> dict[str, Any]:
        """Return a task of this execution as expressions see it."""
        definition = self._definition.tasks.get(task.name)
        action = definition.action if definition is not None else "std.noop"
        return {
            "id": task_id(self._execution.id, task.number),
            "name": task.name,
            "spec": {
                "name": task.name,
                "action": action,
                "version": self._definition.version,
                "type": self._definition.type,
            },
            "state": task.state.upper(),
            "state_info": task.info,
            "result": task_result(task, definition),
            "published": task.published,
            "type": "WORKFLOW" if action == _SUBWORKFLOW else "ACTION",
            "workflow_execution_id": self._execution.id,
            "created_at": _moment(task.created_at),
            "updated_at": _moment(task.updated_at),
        }

    def tasks(
        self, execution_id: Any, recursive: bool, state: str | None, flat: bool
    ) -> list[dict[str, Any]]:
        """Return the tasks of this or other executions that pass the filters, for ``tasks()``."""
        found = self._own_tasks() if execution_id in (None, self._execution.id) else []
        with self._store.read() as connection:
            if execution_id is None:
                chosen = select(workflow_executions.c.id).order_by(workflow_executions.c.id)
                others = [one for one in connection.scalars(chosen) if one != self._execution.id]
            else:
                others = [] if execution_id == self._execution.id else [execution_id]
                if recursive:
                    others += _children(connection, execution_id)
            for one in others:
                found += _stored_tasks(connection, one)
        if state is not None:
            found = [one for one in found if one["state"] == state.upper()]
        if flat:
            # Those whose own state tells nothing that the tasks of their executions don't tell.
            found = [one for one in found if one["type"] == "ACTION" or one["state_info"]]
        return found

    def _own_tasks(self) -> list[dict[str, Any]]:
        return [self._shown(task) for task in self._execution.tasks.values()]

    def execution(self) -> dict[str, Any]:
        """Return this execution as ``execution()`` gives it."""
        execution = self._execution
        return {
            "id": execution.id,
            "name": self._definition.name,
            "spec": {"name": self._definition.name, "type": self._definition.type},
            "input": execution.input,
            "params": {"env": environment(execution), "task_name": execution.target_task},
            "state": execution.state.upper(),
            "created_at": _moment(execution.created_at),
            "updated_at": _moment(execution.updated_at),
            "root_execution_id": execution.root_id,
        }

    def executions(
        self,
        execution_id: Any,
        root_execution_id: Any,
        state: str | None,
        from_time: str | None,
        to_time: str | None,
    ) -> list[dict[str, Any]]:
        """Return the executions that pass the filters, for ``executions()``."""
        one = workflow_executions.c
        query = select(workflow_executions).order_by(one.id)
        for column, value in (
            (one.id, execution_id),
            (one.root_id, root_execution_id),
            (one.state, state and state.lower()),
        ):
            query = query if value is None else query.where(column == value)
        found = []
        with self._store.read() as connection:
            for row in connection.execute(query):
                created = _moment(row.created_at)
                if (from_time and created < from_time) or (to_time and created >= to_time):
                    continue
                found.append(_shown_execution(row))
        return found

    def env(self) -> dict[str, Any]:
        return environment(self._execution)

    def global_(self, name: str) -> Any:
        return self._execution.variables.get(name)


def _children(connection: Connection, execution_id: int) -> list[int]:
    """Return the executions that an execution has started, and those that they have."""
    found: list[int] = []
    parents = [execution_id]
    while parents:
        chosen = workflow_executions.c.parent_id.in_(parents)
        parents = list(connection.scalars(select(workflow_executions.c.id).where(chosen)))
        found += parents
    return found


def _stored_tasks(connection: Connection, execution_id: int) -> list[dict[str, Any]]:
    """Return the tasks of another execution as expressions see them."""
    of = workflow_tasks.c.execution_id == execution_id
    action = workflow_actions.c
    results: dict[int, list[Row[Any]]] = {}
    chosen = select(workflow_actions).where(action.execution_id == execution_id)
    for row in connection.execute(chosen.order_by(action.number)):
        results.setdefault(row.task_number, []).append(row)
    found = []
    for row in connection.execute(
        select(workflow_tasks).where(of).order_by(workflow_tasks.c.number)
    ):
        present = [
            one for one in results.get(row.number, ()) if one.attempt == row.detail["attempt"]
        ]
        many = len(row.detail["items"] or ()) > 1
        values = [one.result for one in present]
        is_workflow = any(one.child_id for one in present)
        found.append(
            {
                "id": task_id(execution_id, row.number),
                "name": row.name,
                "state": row.state.upper(),
                "state_info": row.info,
                "result": values if many else values[0] if values else None,
                "published": row.detail["published"],
                "type": "WORKFLOW" if is_workflow else "ACTION",
                "workflow_execution_id": execution_id,
                "created_at": _moment(row.created_at),
                "updated_at": _moment(row.updated_at),
            }
        )
    return found


def _shown_execution(row: Row[Any]) -> dict[str, Any]:
    """Return a stored execution as ``executions()`` gives it."""
    return {
        "id": row.id,
        "workflow_id": row.workflow_id,
        "state": row.state.upper(),
        "state_info": row.info,
        "input": row.input,
        "root_execution_id": row.root_id,
        "created_at": _moment(row.created_at),
        "updated_at": _moment(row.updated_at),
    }


def _moment(time: str) -> str:
    """Return a time as Mistral writes it, so that texts of times can be compared."""
    return from_wire(time).strftime("%Y-%m-%d %H:%M:%S")
