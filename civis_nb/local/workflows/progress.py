"""How an execution moves on: which tasks follow, and what becomes of the whole.

`civis_nb.local.workflows.attempts` carries each task to its end; here is what comes after it. Both
change an execution in memory only.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from civis_nb.errors import CivisExpressionError
from civis_nb.local.store import Store, utc_now
from civis_nb.local.workflows.routes import Routes
from civis_nb.local.workflows.state import Execution, ExecutionState, Task
from civis_nb.local.workflows.variables import Variables
from civis_nb.workflows.model import Branch, TaskDefinition, WorkflowDefinition

__all__ = ["MAX_TASKS", "Progress"]

#: How many tasks an execution may start: a cycle without an exit reaches it.
MAX_TASKS = 100_000

_ENDED_BEFORE = "The workflow ended before this task ran."


class Progress:
    """Moves one execution on.

    Parameters
    ----------
    execution
        The execution; it is changed in memory.
    definition
        What it runs.
    store
        Where the functions in expressions find other executions.

    Attributes
    ----------
    ready
        The numbers of the tasks with which something is to be done now.
    runs_to_cancel, children_to_cancel
        Runs and executions that are to end, once what has changed is stored.
    """

    def __init__(self, execution: Execution, definition: WorkflowDefinition, store: Store) -> None:
        self.execution = execution
        self.definition = definition
        self.routes = Routes(definition, execution.included_tasks)
        self.variables = Variables(execution, definition, store)
        self.ready: deque[int] = deque()
        self.runs_to_cancel: list[int] = []
        self.children_to_cancel: list[int] = []
        #: Whether a join waits of which it is not known whether it can run.
        self._has_new_join = False

    def task_definition(self, task: Task) -> TaskDefinition:
        """Return what the definition says of a task."""
        return self.definition.tasks[task.name]

    def begin(self) -> None:
        """Start the execution: its first tasks become ready."""
        execution = self.execution
        execution.started_at = utc_now()
        execution.is_changed = True
        if self.definition.type == "reverse":
            self._start_required()
        else:
            for name in self.routes.first():
                self._add(name, [])
        if not execution.tasks:
            self.finish("error", "No task can start: each one follows another.")

    def _add(self, name: str, led_by: list[Task]) -> None:
        """Add a task that is ready to start, unless the execution has too many."""
        if len(self.execution.tasks) >= MAX_TASKS:
            self.finish(
                "error",
                f"The execution has started {MAX_TASKS} tasks, which is the most it may. Does it "
                "hold a cycle that has no way out?",
            )
            return
        self.ready.append(self.execution.add_task(name, "running", led_by).number)

    def _start_required(self) -> None:
        """Start the tasks of a reverse workflow whose requirements are fulfilled."""
        latest = self.execution.latest
        for name in self.routes.required(self.execution.target_task or ""):
            requires = [
                one for one in self.definition.tasks[name].requires if self.routes.may_run(one)
            ]
            done = [latest[one] for one in requires if one in latest]
            is_free = len(done) == len(requires) and all(one.state == "success" for one in done)
            if name not in latest and is_free:
                self._add(name, done)

    def task_ended(self, task: Task) -> None:
        """Continue after a task that has reached its final state."""
        self.execution.ended_count += 1
        task.order = self.execution.ended_count
        self.execution.touch(task)
        if self.execution.state == "running":
            self._start_next(task)
            # One that led to all that it could takes no join's hope away.
            self.settle(check_joins=not set(self.routes.after[task.name]) <= set(task.next))

    def _start_next(self, task: Task) -> None:
        """Start what follows a task."""
        task.is_processed = True
        if task.state == "cancelled":
            return
        if self.definition.type == "reverse":
            self._start_required()
            return
        try:
            found = self._transitions(task)
        except CivisExpressionError as error:
            task.state, task.info = "error", str(error)
            return
        names = [target for target, _, _ in found if self._is_task(target)]
        task.next = list(dict.fromkeys(names))
        task.is_handled = any(key == "on-error" for _, _, key in found)
        self._follow(task, found)

    def _is_task(self, target: str) -> bool:
        """Return whether a target is a task: a task that is called as a command hides that."""
        return target in self.definition.tasks and self.routes.may_run(target)

    def branches(self, task: Task, state: str) -> list[tuple[str, Branch]]:
        """Return what follows a task that ends in a state: key and branch, in their order."""
        definition = self.task_definition(task)
        first = (
            ("on-error", definition.on_error)
            if state == "error"
            else ("on-success", definition.on_success)
        )
        return [first, ("on-complete", definition.on_complete)]

    def _transitions(self, task: Task) -> list[list[Any]]:
        """Return what follows a task: target, message, and the key it stands under."""
        found = []
        more = task.published
        for key, branch in self.branches(task, task.state):
            for one in branch.targets:
                guard = self.variables.evaluate(one.guard, task, more)
                if guard or one.guard is None:
                    message = self.variables.evaluate(one.message, task, more)
                    found.append([one.target, message, key])
        return found

    def _follow(self, task: Task, transitions: list[list[Any]]) -> None:
        """Run what follows a task, until a command ends or pauses the execution."""
        for index, (target, message, _key) in enumerate(transitions):
            if self.execution.state != "running":
                if self.execution.state == "paused":
                    task.left = transitions[index:]
                return
            if target in self.definition.tasks:
                if self.routes.may_run(target):
                    self._start_after(target, task)
            elif target == "pause":
                text = message or f"Paused after the task {task.name!r}."
                self.execution.set_state("paused", str(text))
            elif target in ("succeed", "fail"):
                state: ExecutionState = "success" if target == "succeed" else "error"
                self.finish(state, None if message is None else str(message))

    def _start_after(self, name: str, task: Task) -> None:
        """Start a task after another one; a join perhaps only once more have led to it."""
        needed = self.routes.needed(name)
        if needed is None:
            self._add(name, [task])
            return
        execution = self.execution
        join = execution.latest.get(name)
        before = [] if join is None else [execution.tasks[one].name for one in join.arrived]
        if join is None or (task.name in before and join.state != "waiting"):
            # Another round of a cycle. One that comes late, after the join has run, changes it not.
            join = execution.add_task(name, "waiting", [])
            before = []
            self._has_new_join = True
        if task.name not in before:
            join.arrived.append(task.number)
        if join.state == "waiting" and len(join.arrived) >= needed:
            join.state, join.info = "running", None
            join.led_by = list(join.arrived)
            self.ready.append(join.number)
        execution.touch(join)

    def settle(self, *, check_joins: bool = True) -> None:
        """Fail joins that can't run any more; end the execution when nothing is left to do."""
        execution = self.execution
        while execution.state == "running":
            waiting = list(execution.waiting.values())
            is_due = check_joins or self._has_new_join or len(waiting) == len(execution.active)
            self._has_new_join = False
            blocked = self._blocked(waiting) if waiting and is_due else None
            if blocked is not None:
                task, missing = blocked
                needed = self.routes.needed(task.name)
                task.state, task.finished_at = "error", utc_now()
                task.info = (
                    f"This join can't run: it waits for {needed} of the tasks that lead to it, "
                    f"and these did not: {', '.join(missing) or 'none more'}."
                )
                execution.ended_count += 1
                task.order = execution.ended_count
                execution.touch(task)
                self._start_next(task)
                check_joins = True
            elif not execution.active:
                self._finish_naturally()
            else:
                return

    def _blocked(self, waiting: list[Task]) -> tuple[Task, list[str]] | None:
        """Return a join that can't run, with the names of those it waits for in vain."""
        execution = self.execution
        going = {task.name for task in execution.active.values() if task.state != "waiting"}
        others = {task.name for task in waiting}
        can_come = self.routes.reachable(going)
        stuck = []
        for task in waiting:
            arrived = {execution.tasks[number].name for number in task.arrived}
            missing = [one for one in self.routes.before[task.name] if one not in arrived]
            needed = self.routes.needed(task.name) or 0
            if len(arrived) + sum(one in can_come for one in missing) < needed:
                stuck.append((task, [one for one in missing if one not in can_come]))
        # One that another waiting join may lead to has to wait for the fate of that one.
        for task, missing in stuck:
            elsewhere = self.routes.reachable(others - {task.name})
            if not any(one in elsewhere for one in missing):
                return task, missing
        return stuck[0] if stuck and not going else None

    def _finish_naturally(self) -> None:
        """End an execution in which there is nothing left to do."""
        tasks = self.execution.tasks.values()
        failed = [one for one in tasks if one.state == "error" and not one.is_handled]
        cancelled = [one.name for one in tasks if one.state == "cancelled"]
        if cancelled:
            self.finish("cancelled", f"Cancelled tasks: {', '.join(cancelled)}.")
        elif failed:
            reasons = [f"{one.name}: {one.info or 'it failed.'}" for one in failed[:10]]
            more = [] if len(failed) <= 10 else [f"and {len(failed) - 10} more"]
            self.finish("error", "Failed tasks: " + "; ".join([*reasons, *more]))
        else:
            self.finish("success", None)

    def finish(self, state: ExecutionState, info: str | None) -> None:
        """End the execution; tasks that have begun go on to their end."""
        execution = self.execution
        try:
            execution.output = self._output(state)
        except CivisExpressionError as error:
            state, info = "error", f"The output of the workflow: {error}"
        execution.set_state(state, info)
        for task in list(execution.active.values()):
            if task.state in ("waiting", "delayed", "idle"):
                self.end_early(task, _ENDED_BEFORE)

    def _output(self, state: ExecutionState) -> Any:
        if state == "success":
            return self.variables.evaluate(self.definition.output)
        return (
            self.variables.evaluate(self.definition.output_on_error) if state == "error" else None
        )

    def end_early(self, task: Task, info: str) -> None:
        """Cancel a task and what it runs."""
        task.state, task.info, task.finished_at = "cancelled", info, utc_now()
        task.wake_at = task.timeout_at = None
        task.is_processed = True
        self.end_actions(task, info)
        self.execution.touch(task)

    def end_actions(self, task: Task, info: str) -> None:
        """Cancel what a task runs."""
        for action in task.present:
            if action.state == "running":
                action.state, action.error = "cancelled", info
                self.execution.touch(task, action)
                if action.run_id is not None:
                    self.runs_to_cancel.append(action.run_id)
                if action.child_id is not None:
                    self.children_to_cancel.append(action.child_id)

    def cancel(self, info: str) -> None:
        """Cancel the execution with all that is under way."""
        self.execution.set_state("cancelled", info)
        self.ready.clear()
        for task in list(self.execution.active.values()):
            self.end_early(task, info)

    def resume(self) -> None:
        """Continue a paused execution: what was held back follows now."""
        execution = self.execution
        execution.set_state("running", None)
        for task in list(execution.tasks.values()):
            if task.state == "idle":
                task.state, task.info = "running", None
                execution.touch(task)
                self.ready.append(task.number)
            elif task.has_ended and task.left:
                left, task.left = task.left, []
                execution.touch(task)
                self._follow(task, left)
            elif task.has_ended and not task.is_processed:
                execution.touch(task)
                self._start_next(task)
        self.settle()

    def rerun(self, names: list[str]) -> None:
        """Start failed tasks anew, and the execution with them."""
        execution = self.execution
        execution.set_state("running", None)
        execution.output = None
        for task in execution.tasks.values():
            if task.state == "cancelled" and task.info == _ENDED_BEFORE:
                self._revive(task)
        for name in [*names, *self._blocked_after(names)]:
            task = execution.latest[name]
            self.variables.forget(task)
            blank = Task(task.number, task.name)
            for kept in ("passed", "items", "outcome", "next", "left", "published"):
                setattr(task, kept, getattr(blank, kept))
            task.attempt += 1
            task.retries = 0
            task.is_handled = task.is_processed = False
            task.info = task.finished_at = task.wake_at = task.timeout_at = None
            self._revive(task)
        self.settle()

    def _blocked_after(self, names: list[str]) -> list[str]:
        """Return the joins after some tasks that could not run: these may lead to them now."""
        after = self.routes.reachable(set(names)) - set(names)
        latest = self.execution.latest
        found = [latest[name] for name in after if name in latest]
        return sorted(
            one.name
            for one in found
            if one.state == "error" and not one.led_by and self.routes.needed(one.name) is not None
        )

    def _revive(self, task: Task) -> None:
        """Queue a task, or have it wait if it is a join that has not run."""
        task.info = task.finished_at = None
        task.is_processed = False
        needed = self.routes.needed(task.name)
        if needed is not None and not task.led_by and len(task.arrived) >= needed:
            task.led_by = list(task.arrived)  # some came when it had failed already
        is_waiting = needed is not None and not task.led_by
        task.state = "waiting" if is_waiting else "running"
        self.execution.touch(task)
        if not is_waiting:
            self.ready.append(task.number)
