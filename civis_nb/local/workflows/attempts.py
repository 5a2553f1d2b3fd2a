"""How a task is carried out: its policies, its items and its attempts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from civis_nb.errors import CivisExpressionError
from civis_nb.local.errors import RequestError
from civis_nb.local.store import utc_now
from civis_nb.local.store.clock import in_future
from civis_nb.local.workflows.actions import answer
from civis_nb.local.workflows.progress import Progress
from civis_nb.local.workflows.state import REPLACED, Action, Task, TaskState

__all__ = ["Attempts", "Start"]

#: How many items start in one transaction.
_ITEMS_AT_ONCE = 50
_LONGEST_WAIT_S = 366 * 24 * 3600


class Start:
    """An action that is to be started: what it does, and with which arguments."""

    __slots__ = ("action", "arguments", "name", "task")

    def __init__(
        self, task: Task, action: Action, name: str | None, arguments: dict[str, Any]
    ) -> None:
        self.task = task
        self.action = action
        self.name = name
        self.arguments = arguments


class Attempts:
    """Carries out the tasks of one execution.

    Parameters
    ----------
    progress
        What moves the execution on.

    Attributes
    ----------
    starts
        The actions to be started in the transaction that stores what has changed.
    """

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.execution = progress.execution
        self.variables = progress.variables
        self.starts: list[Start] = []

    def advance(self, task: Task) -> None:
        """Advance a task: start it, start more of its items, or end it."""
        if task.state != "running":
            return
        try:
            if task.items is None and not self._is_delayed(task):
                task.items = self._items(task)
                self.execution.touch(task)
            if task.items is not None:
                self._start_items(task)
        except CivisExpressionError as error:
            self.progress.end_actions(task, str(error))
            self._end(task, "error", str(error))
            return
        self._end_if_done(task)

    def _is_delayed(self, task: Task) -> bool:
        """Apply the policies that come before a task; return whether one holds it up."""
        definition = self.progress.task_definition(task)
        task.started_at = task.started_at or utc_now()
        self.execution.touch(task)
        if task.timeout_at is None and (limit_s := self._seconds(definition.timeout_s, task)):
            task.timeout_at = in_future(timedelta(seconds=limit_s))
        if "pause-before" not in task.passed and self.variables.evaluate(
            definition.pause_before, task
        ):
            task.passed.append("pause-before")
            task.state, task.info = "idle", "Paused before this task."
            if self.execution.state == "running":
                self.execution.set_state("paused", f"Paused before the task {task.name!r}.")
            return True
        wait_s = self._seconds(definition.wait_before_s, task)
        if wait_s and "wait-before" not in task.passed:
            task.passed.append("wait-before")
            self._delay(task, wait_s, f"Waits {wait_s:g} seconds before it starts.")
            return True
        return False

    def _delay(self, task: Task, wait_s: float, info: str) -> None:
        task.state, task.info = "delayed", info
        task.wake_at = in_future(timedelta(seconds=wait_s))
        self.execution.touch(task)

    def _seconds(self, value: Any, task: Task) -> float:
        """Return a number of seconds, which may be given as an expression."""
        return self._number(value, task, "seconds", _LONGEST_WAIT_S)

    def _number(self, value: Any, task: Task, what: str, most: float) -> float:
        """Return the number that a value or an expression gives, 0 for None."""
        found = self.variables.evaluate(value, task)
        if found is None:
            return 0
        try:
            number = float(found)
        except (TypeError, ValueError):
            raise CivisExpressionError(f"{value} gives no number of {what}.") from None
        if not 0 <= number <= most:
            raise CivisExpressionError(
                f"{value} gives {number:g} {what}: from 0 to {most:g} can be."
            )
        return number

    def _items(self, task: Task) -> list[dict[str, Any]]:
        """Return the variables of each item; one empty item for a task without items."""
        definition = self.progress.task_definition(task)
        if not definition.with_items:
            return [{}]
        lists = {}
        for one in definition.with_items:
            found = self.variables.evaluate(one.items, task)
            if isinstance(found, dict):
                found = list(found)
            if not isinstance(found, list | tuple):
                kind = "null" if found is None else type(found).__name__
                raise CivisExpressionError(
                    f"with-items: {one.name} in {one.items} needs a list, and gets {kind}."
                )
            lists[one.name] = list(found)
        lengths = {len(items) for items in lists.values()}
        if len(lengths) > 1:
            message = ", ".join(f"{name} has {len(items)}" for name, items in lists.items())
            raise CivisExpressionError(f"with-items: the lists differ in length: {message}.")
        return [
            dict(zip(lists, values, strict=True)) for values in zip(*lists.values(), strict=True)
        ]

    def _start_items(self, task: Task) -> None:
        """Start those items that may start now."""
        definition = self.progress.task_definition(task)
        present = task.present
        items = task.items or []
        limit = int(self._number(definition.concurrency, task, "actions at once", 1e9))
        running = sum(action.state == "running" for action in present)
        free = min(limit - running if limit else len(items), _ITEMS_AT_ONCE)
        for index in range(len(present), min(len(present) + max(free, 0), len(items))):
            variables = items[index]
            name = self.variables.evaluate(definition.action, task, variables)
            arguments = self.variables.evaluate(definition.input, task, variables)
            if not isinstance(arguments, dict):
                arguments = dict(arguments) if hasattr(arguments, "items") else None
            if arguments is None:
                raise CivisExpressionError(
                    f"{definition.input} must give the arguments as a mapping."
                )
            self._start(task, self.execution.add_action(task, index), str(name), arguments)
        running = sum(action.state == "running" for action in task.present)
        if len(task.present) < len(items) and (not limit or running < limit):
            self.progress.ready.append(task.number)

    def _start(self, task: Task, action: Action, name: str, arguments: dict[str, Any]) -> None:
        """Carry out an action that needs no job, or note that it is to be started."""
        try:
            if not answer(action, name, arguments):
                self.starts.append(Start(task, action, name, arguments))
        except RequestError as error:
            action.state, action.error = "error", str(error)

    def start_again(self, task: Task, action: Action) -> None:
        """Note that the job of an action, whose run ended with the platform, is to be run again."""
        self.starts.append(Start(task, action, None, {}))

    def action_ended(self, task: Task, action: Action) -> None:
        """Continue after an action that has ended; its state and result are set already."""
        self.execution.touch(task, action)
        if task.state == "running" and task.number not in self.progress.ready:
            self.progress.ready.append(task.number)

    def _end_if_done(self, task: Task) -> None:
        """End a task whose actions have all ended."""
        present = task.present
        if task.state != "running" or task.items is None or len(present) < len(task.items):
            return
        if any(action.state == "running" for action in present):
            return
        states = {action.state for action in present}
        errors = [action.error for action in present if action.error]
        state: TaskState = "success"
        if "cancelled" in states:
            state = "cancelled"
        elif "error" in states:
            state = "error"
        # Where something may have been done twice, the note tells so.
        repeated = [one.error for one in task.actions if one.attempt == REPLACED and one.error]
        notes = errors or repeated
        info = notes[0] if notes else None
        if len(errors) > 1:
            info = f"{len(errors)} of {len(present)} items failed. The first: {errors[0]}"
        self._end(task, state, info)

    def _end(self, task: Task, state: TaskState, info: str | None) -> None:
        """End an attempt: the task waits, is tried again, or has ended."""
        definition = self.progress.task_definition(task)
        published: dict[str, Any] = {}
        try:
            wait_s = self._seconds(definition.wait_after_s, task)
            is_held = "wait-after" in task.passed or self.execution.has_ended
            if wait_s and not is_held and state != "cancelled":
                task.passed.append("wait-after")
                task.outcome = [state, info]
                self._delay(task, wait_s, f"Waits {wait_s:g} seconds after its end.")
                return
            # Where conditions see the task itself, it has the state that it is about to have.
            task.state, task.info = state, info
            published = self._published(task, state)
            if state == "success" and self.variables.evaluate(definition.fail_on, task, published):
                state, info = "error", "Failed by the policy fail-on."
            task.state, task.info = state, info
            if self._is_tried_again(task, state, published):
                return
        except CivisExpressionError as error:
            state, info = "error", str(error)
        self._finish(task, state, info, published)

    def _finish(
        self, task: Task, state: TaskState, info: str | None, published: dict[str, Any]
    ) -> None:
        """Set a task's final state, drop results that it does not keep, and go on after it."""
        task.state, task.info, task.finished_at = state, info, utc_now()
        task.wake_at = task.timeout_at = task.outcome = None
        task.published = published
        definition = self.progress.task_definition(task)
        if state == "success" and not definition.keep_result:
            for action in task.present:
                action.result = None
                self.execution.touch(task, action)
        self.progress.task_ended(task)

    def _published(self, task: Task, state: TaskState) -> dict[str, Any]:
        """Return what a task publishes to those after it; set what it publishes to all."""
        if state == "cancelled":
            return {}
        definition = self.progress.task_definition(task)
        written = dict(definition.publish_on_error if state == "error" else definition.publish)
        to_all: dict[str, Any] = {}
        # That of on-complete first: the others are more specific.
        for _key, branch in reversed(self.progress.branches(task, state)):
            written.update(branch.publish)
            to_all.update(branch.publish_global)
        published: dict[str, Any] = self.variables.evaluate(written, task)
        if to_all:
            found = self.variables.evaluate(to_all, task, published)
            self.execution.variables = {**self.execution.variables, **found}
            self.execution.is_changed = True
        return published

    def _is_tried_again(self, task: Task, state: TaskState, published: dict[str, Any]) -> bool:
        """Apply the policy ``retry``; return whether there is another attempt."""
        retry = self.progress.task_definition(task).retry
        if retry is None or state == "cancelled" or self.execution.has_ended:
            return False
        if task.retries >= self._number(retry.count, task, "attempts", 1e6):
            return False
        wanted = state == "error"
        if retry.continue_on is not None:
            wanted = bool(self.variables.evaluate(retry.continue_on, task, published))
        if state == "error" and self.variables.evaluate(retry.break_on, task, published):
            wanted = False
        if not wanted:
            return False
        delay_s = self._seconds(retry.delay_s, task)
        why = (
            f"Attempt {task.retries + 1} ended with {state}{f': {task.info}' if task.info else '.'}"
        )
        task.attempt += 1
        task.retries += 1
        task.items = None
        if delay_s:
            self._delay(task, delay_s, f"{why} Waits {delay_s:g} seconds for the next one.")
        else:
            task.state, task.info = "running", why
            self.progress.ready.append(task.number)
            self.execution.touch(task)
        return True

    def time_came(self, task: Task, now: str) -> None:
        """Continue with a task whose time has come: it goes on, or it took too long."""
        if task.has_ended:
            return
        for action in task.present:
            if action.state == "running" and action.wake_at is not None and action.wake_at <= now:
                action.state = "success"
                self.action_ended(task, action)
        if task.timeout_at is not None and task.timeout_at <= now:
            limit = self.progress.task_definition(task).timeout_s
            info = f"The task did not end within its timeout ({limit} seconds)."
            self.progress.end_actions(task, info)
            # Neither tried again nor waited for.
            self._finish(task, "error", info, {})
        elif task.state == "delayed" and task.wake_at is not None and task.wake_at <= now:
            if self.execution.state == "paused" and task.outcome is None:
                return
            task.wake_at = None
            self.execution.touch(task)
            if task.outcome is not None:
                state, info = task.outcome
                task.outcome = None
                self._end(task, state, info)
            else:
                task.state, task.info = "running", None
                self.progress.ready.append(task.number)
