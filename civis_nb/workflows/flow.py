"""Warnings about the order of tasks: those that never run, and those that never end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from civis_nb.workflows.keys import ON
from civis_nb.workflows.layout import layers_of
from civis_nb.workflows.model import Branch, TaskDefinition, WorkflowDefinition
from civis_nb.workflows.problems import brief
from civis_nb.workflows.reading import Reading

__all__ = ["check_flow"]

_LONGEST_NAME = 255
_LONGEST_JOIN_NAME = 208
#: Up to so many tasks it is looked for joins of what excludes each other.
_MAX_COMPARED = 2_000

Before = Mapping[str, "Sequence[_Link]"]


@dataclass(frozen=True, slots=True)
class _Link:
    """A transition from a task to a task.

    Attributes
    ----------
    source, target
        The names of the tasks.
    key
        ``on-success``, ``on-error`` or ``on-complete``.
    is_certain
        Whether it is followed without a condition.
    """

    source: str
    target: str
    key: str
    is_certain: bool


def check_flow(reading: Reading, definition: WorkflowDefinition) -> None:
    """Warn of tasks that can't run, joins that can't be reached, and cycles without an end.

    Parameters
    ----------
    reading
        Gets the problems.
    definition
        What was read of it.
    """
    _Flow(reading, definition).check()


class _Flow:
    def __init__(self, reading: Reading, definition: WorkflowDefinition) -> None:
        self.reading = reading
        self.definition = definition
        self.tasks = definition.tasks

    def warn(self, task: str, message: str, *below: str | int) -> None:
        """Add a warning about a task, or about one of its values."""
        path = (self.definition.name, "tasks", task, *below)
        self.reading.refuse(path, message, of_key=not below)

    def check(self) -> None:
        """Check the whole definition."""
        self.check_names()
        if self.definition.type == "reverse":
            self.check_requirements()
            return
        links = [link for task in self.tasks.values() for link in self.links(task)]
        before: dict[str, list[_Link]] = {name: [] for name in self.tasks}
        for link in links:
            before[link.target].append(link)
        reached = self.reached(links, before)
        if reached:
            self.check_reached(before, reached)
        else:
            message = "No task is the first: something leads to every task, so none is started."
            self.reading.refuse((self.definition.name, "tasks"), message, of_key=True)
        self.check_exclusive(links, before)
        self.check_cycles(links)

    def check_names(self) -> None:
        """Warn of names that are too long, and of keys without effect in this type of workflow."""
        kind = self.definition.type
        without_effect = ["requires"] if kind == "direct" else [*ON, "join"]
        for task in self.tasks.values():
            most = _LONGEST_NAME if task.join is None else _LONGEST_JOIN_NAME
            if len(task.name) > most:
                self.warn(task.name, f"The name of this task has more than {most} characters.")
            for key in without_effect:
                if _has(task, key):
                    message = f"{key!r} of the task {brief(task.name)} has no effect"
                    self.warn(task.name, f"{message} in a {kind} workflow.", key)

    def links(self, task: TaskDefinition) -> Iterator[_Link]:
        """Return the transitions of a task; warn of those after the end of the execution."""
        for key, branch in task.branches.items():
            ended_by, is_paused = "", False
            for transition in branch.targets:
                target = transition.target
                if ended_by:
                    message = f"{brief(target)} comes after {ended_by!r} in {key!r} of the task"
                    message += f" {brief(task.name)}: it is never started from here."
                    self.warn(task.name, message, key)
                elif target in self.tasks:
                    is_certain = transition.guard in (None, True) and not is_paused
                    if transition.guard is not False:
                        yield _Link(task.name, target, key, is_certain)
                elif transition.guard in (None, True):
                    ended_by = target if target in ("fail", "succeed") else ""
                    is_paused = is_paused or target == "pause"

    def reached(self, links: Sequence[_Link], before: Before) -> set[str]:
        """Return the tasks that can run, if all conditions can be met."""
        after: dict[str, list[str]] = {name: [] for name in self.tasks}
        for link in links:
            after[link.source].append(link.target)
        reached = {name for name in self.tasks if not before[name]}
        waiting = list(reached)
        while waiting:
            for target in after[waiting.pop()]:
                if target not in reached and self.is_open(target, before, reached):
                    reached.add(target)
                    waiting.append(target)
        return reached

    def is_open(self, name: str, before: Before, reached: set[str]) -> bool:
        """Return whether enough of what leads to a task can run."""
        sources = {link.source for link in before[name]}
        join = self.tasks[name].join
        needed = len(sources) if join == "all" else join or 1
        return len(sources & reached) >= needed

    def check_reached(self, before: Before, reached: set[str]) -> None:
        """Warn of tasks that never run, and of joins without effect."""
        for task in self.tasks.values():
            sources = list(dict.fromkeys(link.source for link in before[task.name]))
            if task.join is not None and not sources:
                text = f"'join' of the task {brief(task.name)} has no effect: nothing leads to it."
                self.warn(task.name, text, "join")
            if task.name in reached:
                continue
            text = f"The task {brief(task.name)} never runs: "
            names = ", ".join([brief(name) for name in sources if name not in reached][:3])
            if isinstance(task.join, int) and task.join > len(sources):
                text += f"it joins {task.join}, but {len(sources)} lead to it."
                self.warn(task.name, text, "join")
            elif task.join is not None:
                text += f"it waits for {names}, which never runs before."
                self.warn(task.name, text, "join")
            else:
                self.warn(task.name, f"{text}only {names} leads to it, which never runs either.")

    def check_exclusive(self, links: Sequence[_Link], before: Before) -> None:
        """Warn of joins that wait both for the success and for the error of one task."""
        arrows = [(link.source, link.target) for link in links]
        turned: set[tuple[object, object]] = set()
        layers = layers_of(list(self.tasks), arrows, turned)
        if turned or len(self.tasks) > _MAX_COMPARED:
            # In a cycle a task can succeed once and fail another time.
            return
        needs: dict[str, frozenset[tuple[str, str]]] = {}
        for name in sorted(self.tasks, key=lambda name: layers[name]):
            by_source: dict[str, list[frozenset[tuple[str, str]]]] = {}
            for link in before[name]:
                end = {(link.source, link.key)} if link.key != "on-complete" else set()
                by_source.setdefault(link.source, []).append(needs[link.source] | end)
            each = [frozenset.intersection(*ends) for ends in by_source.values()]
            if self.tasks[name].join != "all":
                needs[name] = frozenset.intersection(*each) if each else frozenset()
                continue
            needs[name] = frozenset().union(*each)
            for source, key in sorted(needs[name]):
                if key == "on-success" and (source, "on-error") in needs[name]:
                    text = f"The task {brief(name)} never runs: it waits both for what follows the"
                    text += f" success of {brief(source)} and for what follows its error."
                    self.warn(name, text, "join")
                    return

    def check_cycles(self, links: Sequence[_Link]) -> None:
        """Warn of cycles that only the failure of a task can end."""
        after: dict[str, list[str]] = {name: [] for name in self.tasks}
        for link in links:
            if link.is_certain and link.key != "on-error" and self.tasks[link.target].join is None:
                after[link.source].append(link.target)
        for cycle in _cycles(after):
            shown = " → ".join(map(brief, [*cycle[:6], *(["…"] if len(cycle) > 6 else [])]))
            text = f"These tasks run again and again, until one fails: {shown} → {brief(cycle[0])}."
            self.warn(cycle[0], f"{text} Give one transition a condition.")

    def check_requirements(self) -> None:
        after = {name: list(task.requires) for name, task in self.tasks.items()}
        for cycle in _cycles(after):
            shown = " → ".join(map(brief, cycle[:6]))
            message = f"The task {brief(cycle[0])} requires itself: {shown} → {brief(cycle[0])}."
            self.warn(cycle[0], message, "requires")


def _has(task: TaskDefinition, key: str) -> bool:
    if key == "requires":
        return bool(task.requires)
    if key == "join":
        return task.join is not None
    return task.branches[key] != Branch()


def _cycles(after: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    """Return cycles that have no task in common, until none is left."""
    left = dict(after)
    while True:
        # What leads nowhere is in no cycle.
        before: dict[str, list[str]] = {name: [] for name in left}
        count: dict[str, int] = {}
        for name, targets in left.items():
            kept = [target for target in targets if target in left]
            count[name] = len(kept)
            for target in kept:
                before[target].append(name)
        ends = [name for name, number in count.items() if not number]
        while ends:
            end = ends.pop()
            del left[end]
            for name in before[end]:
                count[name] -= 1
                if not count[name]:
                    ends.append(name)
        if not left:
            return
        path = [next(iter(left))]
        position = {path[0]: 0}
        while True:
            following = next(target for target in left[path[-1]] if target in left)
            if following in position:
                break
            position[following] = len(path)
            path.append(following)
        cycle = path[position[following] :]
        yield cycle
        for name in cycle:
            del left[name]
