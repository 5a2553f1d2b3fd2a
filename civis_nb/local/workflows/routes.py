"""Which tasks lead to which: what starts, what joins wait for, what can still come."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable

from civis_nb.workflows.model import TaskDefinition, WorkflowDefinition

__all__ = ["Routes"]


class Routes:
    """The transitions of a workflow, as far as an execution may take them.

    Parameters
    ----------
    definition
        The workflow.
    included
        The names of the tasks that may run; empty: all.
    """

    def __init__(self, definition: WorkflowDefinition, included: Collection[str]) -> None:
        self.definition = definition
        self._included = frozenset(included)
        tasks = [task for task in definition.tasks.values() if self.may_run(task.name)]
        #: name -> the names that its transitions name
        self.after = {task.name: self._targets(task) for task in tasks}
        #: name -> the names of the tasks that lead to it
        self.before: dict[str, list[str]] = {task.name: [] for task in tasks}
        for name, targets in self.after.items():
            for target in targets:
                self.before[target].append(name)

    def may_run(self, name: str) -> bool:
        """Return whether a task takes part in the execution."""
        return not self._included or name in self._included

    def _targets(self, task: TaskDefinition) -> list[str]:
        named = (one.target for branch in task.branches.values() for one in branch.targets)
        known = (name for name in named if name in self.definition.tasks and self.may_run(name))
        return list(dict.fromkeys(known))

    def first(self) -> list[str]:
        """Return the names of the tasks that no other one leads to."""
        return [name for name, before in self.before.items() if not before]

    def needed(self, name: str) -> int | None:
        """Return how many of the tasks before it a join waits for; None: it is no join."""
        join = self.definition.tasks[name].join
        return len(self.before[name]) if join == "all" else join

    def reachable(self, names: Iterable[str]) -> set[str]:
        """Return the names of tasks, and of all that may come after them."""
        found = set(names)
        waiting = deque(found)
        while waiting:
            for name in self.after.get(waiting.popleft(), ()):
                if name not in found:
                    found.add(name)
                    waiting.append(name)
        return found

    def required(self, target: str) -> list[str]:
        """Return a task of a reverse workflow and all that it requires, what is required first."""
        found: dict[str, None] = {}
        waiting = [(target, False)]
        seen: set[str] = set()
        while waiting:
            name, are_known = waiting.pop()
            if are_known:
                found[name] = None
            elif name not in seen:
                seen.add(name)
                waiting.append((name, True))
                waiting += [(one, False) for one in self.definition.tasks[name].requires]
        return [name for name in found if self.may_run(name)]
