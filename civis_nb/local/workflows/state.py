"""An execution of a workflow in memory, with its tasks and actions, and how it is stored.

What changes is marked, and written in one transaction (`save`). Nothing but the engine changes an
execution, so what is in memory is what is stored; after a failed transaction it is read again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from sqlalchemy import Connection, Row, Table, bindparam, select
from sqlalchemy.dialects.sqlite import insert as upsert

from civis_nb.local.store import utc_now
from civis_nb.local.store.schema import workflow_actions, workflow_executions, workflow_tasks

__all__ = [
    "ENDED",
    "PLATFORM_STATES",
    "REPLACED",
    "UNFINISHED",
    "Action",
    "ActionState",
    "Execution",
    "ExecutionState",
    "Task",
    "TaskState",
    "load",
    "save",
]

ExecutionState = Literal["running", "paused", "success", "error", "cancelled"]
TaskState = Literal["idle", "waiting", "running", "delayed", "success", "error", "cancelled"]
ActionState = Literal["running", "success", "error", "cancelled"]

#: The states from which there is no way on.
ENDED = ("success", "error", "cancelled")
#: The states of tasks from which there is one.
UNFINISHED = ("idle", "waiting", "running", "delayed")
#: The attempt of actions that keep a run in whose place another one was started.
REPLACED = -1
#: An execution's state in the words that runs have.
PLATFORM_STATES = {
    "running": "running",
    "paused": "running",
    "success": "succeeded",
    "error": "failed",
    "cancelled": "cancelled",
}


@dataclass(slots=True)
class Action:
    """One attempt of a task, or of one of its items.

    Attributes
    ----------
    number
        Counted within the task.
    attempt, item
        Which attempt of the task it belongs to, and which of the task's items it is for.
    state, result, error
        What became of it.
    job_id, run_id
        The job that it runs, and the run.
    child_id
        The execution of another workflow that it started.
    wake_at
        When an action that only waits has its result.
    """

    number: int
    attempt: int
    item: int = 0
    state: ActionState = "running"
    result: Any = None
    error: str | None = None
    job_id: int | None = None
    run_id: int | None = None
    child_id: int | None = None
    wake_at: str | None = None


@dataclass(slots=True)
class Task:
    """One run of a task of the definition: a task in a cycle has several.

    Attributes
    ----------
    number
        Counted within the execution.
    name
        Of the task in the definition.
    state, info
        As the API shows them.
    led_by
        The numbers of the tasks whose variables it sees.
    published
        The variables that it has published to the tasks after it.
    order
        Its place among the tasks that have ended: of two values of a variable, the later counts.
    wake_at, timeout_at
        When it goes on, and when it must have ended.
    attempt, retries
        How often it was started before, and how often by its retry policy.
    passed
        The policies that don't hold it up again.
    items
        The variables of each item of ``with-items``; one empty item for other tasks; None before
        it has started.
    outcome
        State and info that it has once ``wait-after`` is over.
    arrived
        Of a join: the numbers of the tasks that have led to it.
    next
        The names of what follows, once that is decided.
    is_handled, is_processed
        Whether an error of it was caught, and whether it has led on.
    left
        What still follows, as target, message and key, once the execution is resumed.
    """

    number: int
    name: str
    state: TaskState = "running"
    info: str | None = None
    led_by: list[int] = field(default_factory=list)
    published: dict[str, Any] = field(default_factory=dict)
    order: int = 0
    wake_at: str | None = None
    timeout_at: str | None = None
    created_at: str = field(default_factory=utc_now)
    started_at: str | None = None
    finished_at: str | None = None
    updated_at: str = field(default_factory=utc_now)
    attempt: int = 0
    retries: int = 0
    passed: list[str] = field(default_factory=list)
    items: list[dict[str, Any]] | None = None
    outcome: list[Any] | None = None
    arrived: list[int] = field(default_factory=list)
    next: list[str] = field(default_factory=list)
    is_handled: bool = False
    is_processed: bool = False
    left: list[list[Any]] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)

    @property
    def present(self) -> list[Action]:
        """The actions of the present attempt."""
        return [action for action in self.actions if action.attempt == self.attempt]

    @property
    def has_ended(self) -> bool:
        """Whether it is in its final state."""
        return self.state in ENDED


@dataclass
class Execution:
    """An execution of a workflow.

    Attributes
    ----------
    id, workflow_id, user_id
        Which one, of which workflow, for whom.
    state, info
        As the API shows them.
    definition
        The YAML text.
    input
        The value of each parameter.
    target_task, included_tasks
        What was asked to run.
    variables
        The global ones.
    output
        What it has returned.
    parent_id, parent_task, parent_action
        The action that started it, as the ids of execution, task and action; None: a request did.
    root_id, depth
        The first of the executions that have started one another, and how many are between.
    tasks
        By number.
    changed, new_actions
        What is to be written: numbers of tasks, and pairs of task and action.
    """

    id: int
    workflow_id: int
    user_id: int
    state: ExecutionState
    info: str | None
    definition: str
    input: dict[str, Any]
    target_task: str | None
    included_tasks: list[str]
    variables: dict[str, Any]
    output: Any
    parent_id: int | None
    parent_task: int | None
    parent_action: int | None
    root_id: int | None
    depth: int
    created_at: str
    started_at: str | None
    finished_at: str | None
    updated_at: str
    tasks: dict[int, Task] = field(default_factory=dict)
    #: What `save` writes.
    is_changed: bool = False
    changed_tasks: set[int] = field(default_factory=set)
    changed_actions: set[tuple[int, int]] = field(default_factory=set)
    #: The latest task of each name, and those that have not ended.
    latest: dict[str, Task] = field(default_factory=dict)
    active: dict[int, Task] = field(default_factory=dict)
    #: Those of the active ones that are joins which wait.
    waiting: dict[int, Task] = field(default_factory=dict)
    ended_count: int = 0

    @property
    def has_ended(self) -> bool:
        """Whether it is in its final state."""
        return self.state in ENDED

    def add_task(self, name: str, state: TaskState, led_by: Iterable[Task]) -> Task:
        """Add a task that is to run, or to wait."""
        task = Task(len(self.tasks) + 1, name, state, led_by=[one.number for one in led_by])
        self.tasks[task.number] = task
        self.latest[name] = task
        self.touch(task)
        return task

    def add_action(self, task: Task, item: int) -> Action:
        """Add an action to the present attempt of a task."""
        action = Action(len(task.actions) + 1, task.attempt, item)
        task.actions.append(action)
        self.touch(task, action)
        return action

    def keep_replaced(self, task: Task, action: Action, why: str | None) -> None:
        """Keep the run of an action that is about to get another one, so that it is listed."""
        kept = Action(len(task.actions) + 1, REPLACED, action.item, "error", error=why)
        kept.job_id, kept.run_id = action.job_id, action.run_id
        task.actions.append(kept)
        self.touch(task, kept)

    def touch(self, task: Task, action: Action | None = None) -> None:
        """Mark a task, and one of its actions, as changed."""
        task.updated_at = utc_now()
        self.changed_tasks.add(task.number)
        if action is not None:
            self.changed_actions.add((task.number, action.number))
        self.sort_in(task)

    def sort_in(self, task: Task) -> None:
        """Update `active` and `waiting`."""
        for kept, belongs in (
            (self.active, not task.has_ended),
            (self.waiting, task.state == "waiting"),
        ):
            if belongs:
                kept[task.number] = task
            else:
                kept.pop(task.number, None)

    def set_state(self, state: ExecutionState, info: str | None) -> None:
        """Change the state."""
        self.state, self.info = state, info
        self.finished_at = utc_now() if state in ENDED else None
        self.is_changed = True


_EXECUTION = [one.name for one in fields(Execution) if one.name in workflow_executions.c]
_TASK = [one.name for one in fields(Task) if one.name in workflow_tasks.c]
#: The fields of a task that are stored together: nothing selects by them.
_DETAIL = [one.name for one in fields(Task) if one.name not in (*_TASK, "actions", "number")]
_ACTION = [one.name for one in fields(Action) if one.name in workflow_actions.c]


def load(connection: Connection, execution_id: int) -> Execution | None:
    """Read an execution with its tasks and actions; None when there is none."""
    chosen = select(workflow_executions).where(workflow_executions.c.id == execution_id)
    row = connection.execute(chosen).one_or_none()
    if row is None:
        return None
    execution = Execution(**{name: getattr(row, name) for name in _EXECUTION})
    of = workflow_tasks.c.execution_id == execution_id
    for one in connection.execute(
        select(workflow_tasks).where(of).order_by(workflow_tasks.c.number)
    ):
        task = _task(one)
        execution.tasks[task.number] = task
        execution.latest[task.name] = task
        execution.ended_count = max(execution.ended_count, task.order)
        execution.sort_in(task)
    action = workflow_actions.c
    found = select(workflow_actions).where(action.execution_id == execution_id)
    for one in connection.execute(found.order_by(action.task_number, action.number)):
        execution.tasks[one.task_number].actions.append(
            Action(**{name: getattr(one, name) for name in _ACTION})
        )
    return execution


def _task(row: Row[Any]) -> Task:
    return Task(**{name: getattr(row, name) for name in _TASK}, **row.detail)


def save(connection: Connection, execution: Execution) -> None:
    """Write what has changed of an execution, and forget that it has."""
    if not (execution.is_changed or execution.changed_tasks or execution.changed_actions):
        return
    execution.updated_at = utc_now()
    values = {name: getattr(execution, name) for name in _EXECUTION if name != "id"}
    if not execution.is_changed:
        values = {"updated_at": execution.updated_at}
    chosen = workflow_executions.c.id == execution.id
    connection.execute(workflow_executions.update().where(chosen).values(**values))
    tasks = [execution.tasks[number] for number in sorted(execution.changed_tasks)]
    _write(connection, _WRITE_TASK, [_task_values(execution, task) for task in tasks])
    actions = [
        {
            "execution_id": execution.id,
            "task_number": number,
            **{name: getattr(execution.tasks[number].actions[one - 1], name) for name in _ACTION},
        }
        for number, one in sorted(execution.changed_actions)
    ]
    _write(connection, _WRITE_ACTION, actions)
    execution.is_changed = False
    execution.changed_tasks.clear()
    execution.changed_actions.clear()


def _task_values(execution: Execution, task: Task) -> dict[str, Any]:
    detail = {name: getattr(task, name) for name in _DETAIL}
    columns = {name: getattr(task, name) for name in _TASK}
    return {"execution_id": execution.id, **columns, "detail": detail}


def _upsert(table: Table) -> Any:
    statement = upsert(table).values({column.name: bindparam(column.name) for column in table.c})
    keys = [column.name for column in table.primary_key]
    rest = {c.name: statement.excluded[c.name] for c in table.c if c.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=rest)


# Made once: making a statement takes longer than running it.
_WRITE_TASK = _upsert(workflow_tasks)
_WRITE_ACTION = _upsert(workflow_actions)


def _write(connection: Connection, statement: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(statement, rows)
