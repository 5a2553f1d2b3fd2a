"""A workflow as a graph: its tasks, and what leads from one to another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from civis_nb.workflows.model import TaskDefinition, WorkflowDefinition

__all__ = ["Edge", "EdgeKind", "Node", "WorkflowGraph", "workflow_graph"]

EdgeKind = Literal["success", "error", "complete", "requires"]

_KINDS: Final[Mapping[str, EdgeKind]] = {
    "on-success": "success",
    "on-error": "error",
    "on-complete": "complete",
}


@dataclass(frozen=True, slots=True)
class Node:
    """A task, or an engine command that ends or pauses the execution.

    Attributes
    ----------
    key
        What edges call it: the task's name; of a command one of its own after each task.
    label
        The name of the task or command.
    action
        What the task does; empty for a command.
    notes
        What else matters: ``"join all"``, ``"each city"``, ``"retry 3"``.
    is_command
        Whether it is an engine command.
    """

    key: str
    label: str
    action: str = ""
    notes: tuple[str, ...] = ()
    is_command: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """What leads from one node to another.

    Attributes
    ----------
    source, target
        The keys of the nodes.
    kind
        After which end of the source it is followed: ``"success"``, ``"error"``, ``"complete"``
        (both); ``"requires"`` in a reverse workflow.
    guard
        Its condition; empty where there is none.
    """

    source: str
    target: str
    kind: EdgeKind
    guard: str = ""


@dataclass(frozen=True)
class WorkflowGraph:
    """The nodes in the order of the definition, and the edges between them."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @cached_property
    def by_key(self) -> Mapping[str, Node]:
        """The nodes by key."""
        return {node.key: node for node in self.nodes}

    @cached_property
    def after(self) -> Mapping[str, tuple[Edge, ...]]:
        """The edges that leave each node."""
        return self._grouped("source")

    @cached_property
    def before(self) -> Mapping[str, tuple[Edge, ...]]:
        """The edges that lead to each node."""
        return self._grouped("target")

    @property
    def starts(self) -> tuple[Node, ...]:
        """The nodes to which nothing leads: an execution begins with them."""
        return tuple(node for node in self.nodes if not self.before[node.key])

    def _grouped(self, end: Literal["source", "target"]) -> Mapping[str, tuple[Edge, ...]]:
        found: dict[str, list[Edge]] = {node.key: [] for node in self.nodes}
        for edge in self.edges:
            found[edge.source if end == "source" else edge.target].append(edge)
        return {key: tuple(edges) for key, edges in found.items()}


def workflow_graph(definition: WorkflowDefinition) -> WorkflowGraph:
    """Return the graph of a workflow.

    Examples
    --------
    >>> from civis_nb.workflows import read_definition
    >>> graph = workflow_graph(read_definition('''
    ... version: '2.0'
    ... workflow:
    ...   tasks:
    ...     load: {action: std.noop, on-success: report, on-error: fail}
    ...     report: {action: std.noop}
    ... '''))
    >>> [(edge.source, edge.kind, edge.target) for edge in graph.edges]
    [('load', 'success', 'report'), ('load', 'error', 'fail after load')]
    """
    nodes: list[Node] = []
    edges: list[Edge] = []
    for task in definition.tasks.values():
        nodes.append(Node(task.name, task.name, task.action, tuple(_notes(task))))
        if definition.type == "reverse":
            edges += [Edge(name, task.name, "requires") for name in task.requires]
            continue
        commands: dict[str, Node] = {}
        edges += _edges(task, definition, commands)
        nodes += commands.values()
    return WorkflowGraph(tuple(nodes), tuple(edges))


def _edges(
    task: TaskDefinition, definition: WorkflowDefinition, commands: dict[str, Node]
) -> Iterator[Edge]:
    """Return the edges that leave a task; add the commands that they lead to."""
    for key, branch in task.branches.items():
        for transition in branch.targets:
            target = transition.target
            if target not in definition.tasks:
                if target == "noop":
                    continue
                target = f"{target} after {task.name}"
                commands.setdefault(target, Node(target, transition.target, is_command=True))
            guard = "" if transition.guard is None else str(transition.guard).strip()
            yield Edge(task.name, target, _KINDS[key], guard)


def _notes(task: TaskDefinition) -> Iterator[str]:
    """Yield what a node says of its task beside the action."""
    if task.join is not None:
        yield f"join {task.join}"
    if task.with_items:
        yield "each " + ", ".join(source.name for source in task.with_items)
    if task.retry is not None:
        yield f"retry {_short(task.retry.count)}"
    if task.timeout_s is not None:
        yield f"timeout {_short(task.timeout_s)} s"
    if task.pause_before:
        yield "pause before"


def _short(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"
