"""A workflow's graph as text, for terminals and for pages that show no drawing.

A task stands below the one that leads to it; what follows alone stays in the same column, several
are branches. A task that was shown before is named with an arrow: ``↑``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from civis_nb._visible import visible
from civis_nb.workflows.graph import Edge, EdgeKind, Node, WorkflowGraph
from civis_nb.workflows.states import NodeState, mark, state_text

__all__ = ["graph_text"]

_SIGNS: Final[Mapping[EdgeKind, str]] = {
    "success": "✓",
    "error": "✗",
    "complete": "•",
    "requires": "↓",
}
_MAX_LINES = 200
_WIDEST_NAME = 40
_LONGEST_GUARD = 50


def graph_text(graph: WorkflowGraph, states: Mapping[str, NodeState] | None = None) -> str:
    """Return the picture of a graph as lines of text.

    Parameters
    ----------
    graph
        The graph.
    states
        The states of tasks by name.

    Examples
    --------
    >>> from civis_nb.workflows import read_definition
    >>> from civis_nb.workflows.graph import workflow_graph
    >>> print(graph_text(workflow_graph(read_definition('''
    ... version: '2.0'
    ... workflow:
    ...   tasks:
    ...     load: {action: civis.scripts.sql, on-success: [clean, report], on-error: fail}
    ...     clean: {action: std.noop}
    ...     report: {action: std.noop}
    ... '''))))
    load         civis.scripts.sql
    ├ ✓ clean    std.noop
    ├ ✓ report   std.noop
    └ ✗ fail
    """
    rows: list[tuple[str, str]] = []
    for row in _rows(graph, states or {}):
        if len(rows) == _MAX_LINES:
            rows.append((f"… {len(graph.nodes):,} tasks in all", ""))
            break
        rows.append(row)
    width = min(max((len(name) for name, _ in rows), default=0), _WIDEST_NAME)
    return "\n".join(f"{name:<{width}}   {detail}".rstrip() for name, detail in rows)


def _rows(graph: WorkflowGraph, states: Mapping[str, NodeState]) -> Iterator[tuple[str, str]]:
    """Return the name, indented, and the details of each line."""
    shown: set[str] = set()
    keys = {node.key for node in graph.starts}
    roots = [node.key for node in graph.nodes if node.key in keys]
    roots += [node.key for node in graph.nodes if node.key not in keys]
    for root in roots:
        if root in shown:
            continue
        stack: list[tuple[Edge | None, str, str, str]] = [(None, root, "", "")]
        while stack:
            edge, key, lead, below = stack.pop()
            node = graph.by_key[key]
            name = lead + ("" if edge is None else f"{_SIGNS[edge.kind]} ") + _line(node.label)
            if key in shown:
                yield name + " ↑", _guard(edge)
                continue
            shown.add(key)
            yield name, "  ".join(part for part in (_details(node, states), _guard(edge)) if part)
            stack += _following(graph, key, below)


def _following(graph: WorkflowGraph, key: str, below: str) -> list[tuple[Edge, str, str, str]]:
    """Return what follows a node, the last first: it is put on a stack."""
    edges = graph.after[key]
    if len(edges) == 1:
        return [(edges[0], edges[0].target, below, below)]
    return [
        (edge, edge.target, f"{below}├ ", f"{below}│ ")
        if at < len(edges) - 1
        else (edge, edge.target, f"{below}└ ", f"{below}  ")
        for at, edge in reversed(list(enumerate(edges)))
    ]


def _line(name: str) -> str:
    """Return a name on one line."""
    return visible(name).replace("\n", "\\n").replace("\t", "\\t")


def _details(node: Node, states: Mapping[str, NodeState]) -> str:
    state = states.get(node.key)
    parts = [] if state is None else [f"{mark(state)} {state_text(state)}"]
    parts += [" · ".join(part for part in (node.action, *node.notes) if part)]
    return visible("  ".join(part for part in parts if part))


def _guard(edge: Edge | None) -> str:
    if edge is None or not edge.guard:
        return ""
    bare = " ".join(edge.guard.removeprefix("<%").removesuffix("%>").split())
    cut = bare if len(bare) <= _LONGEST_GUARD else bare[: _LONGEST_GUARD - 1] + "…"
    return visible(f"if {cut}")
