"""An execution of a workflow as people see it: its graph, with the states of its tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from xml.etree import ElementTree

from civis_nb._visible import visible
from civis_nb.display.html import DIM, Html, el, join, scroll_box
from civis_nb.display.text import cut, one_line
from civis_nb.errors import WorkflowValidationError
from civis_nb.workflows.definition import read_definition
from civis_nb.workflows.graph import Node, WorkflowGraph, workflow_graph
from civis_nb.workflows.picture import graph_svg
from civis_nb.workflows.states import NodeState
from civis_nb.workflows.text_picture import graph_text

__all__ = ["ExecutionPicture", "graph_of"]

#: Of larger graphs the text alone is shown: drawing them again and again takes too long.
_MAX_DRAWN: Final = 400
_MESSAGES: Final = 10
_MESSAGE_CHARS: Final = 300
_LABEL: Final = "Tasks of the workflow"


@dataclass(frozen=True)
class ExecutionPicture:
    """The graph of an execution.

    Attributes
    ----------
    graph
        The tasks, and what leads from one to another.
    states
        The states of the tasks by name.
    messages
        What the platform says of some of them, such as why they failed.
    """

    graph: WorkflowGraph
    states: Mapping[str, NodeState]
    messages: Mapping[str, str]

    def text(self) -> str:
        """Return it as lines of text."""
        return "\n".join([graph_text(self.graph, self.states), *self._failure_lines()])

    def html(self) -> Html:
        """Return it as HTML without a script."""
        text = el("pre", graph_text(self.graph, self.states), style="margin:0;line-height:1.3")
        notes = [el("div", line, style=DIM) for line in self._failure_lines()]
        if len(self.graph.nodes) > _MAX_DRAWN:
            return join(scroll_box(text, _LABEL), *notes)
        drawn = graph_svg(self.graph, self.states, label=_LABEL)
        as_text = el("details", el("summary", "As text", style=DIM), text)
        return join(scroll_box(drawn, _LABEL), as_text, *notes)

    def tree(self) -> list[Any]:
        """Return it for a live view: elements of SVG, each ``[name, attributes, children]``."""
        if len(self.graph.nodes) > _MAX_DRAWN:
            return []
        drawn = graph_svg(self.graph, self.states, label=_LABEL)
        return _tree(ElementTree.fromstring(drawn))  # noqa: S314 - of our own making

    def data(self) -> list[dict[str, Any]]:
        """Return the tasks as plain JSON."""
        return [
            {
                "name": visible(node.key),
                "action": visible(node.action),
                "state": self.states[node.key].state,
                "attempts": self.states[node.key].attempts,
                "seconds": self.states[node.key].seconds,
                "message": visible(self.messages.get(node.key, "")) or None,
            }
            for node in self.graph.nodes
            if node.key in self.states
        ]

    def _failure_lines(self) -> list[str]:
        """Return why tasks failed, a line each."""
        lines = [
            f"✗ {one_line(name)}: {cut(one_line(self.messages[name]), _MESSAGE_CHARS)}"
            for name, state in self.states.items()
            if state.state == "error" and name in self.messages
        ]
        left = len(lines) - _MESSAGES
        return [*lines[:_MESSAGES], *([f"and {left:,} more failed tasks"] if left > 0 else [])]


def graph_of(definition: Any, names: Sequence[str]) -> WorkflowGraph:
    """Return the graph of an execution; where its definition can't be read, of its tasks alone.

    Parameters
    ----------
    definition
        Its YAML text.
    names
        The names of its tasks.
    """
    try:
        return workflow_graph(read_definition(definition if isinstance(definition, str) else ""))
    except WorkflowValidationError:
        return WorkflowGraph(tuple(Node(name, name) for name in names), ())


def _tree(element: ElementTree.Element) -> list[Any]:
    """Return an element as ``[name, attributes, children]``, texts as they are."""
    children: list[Any] = [element.text] if element.text else []
    for child in element:
        children.append(_tree(child))
        if child.tail:
            children.append(child.tail)
    name = element.tag.rpartition("}")[2]
    return [name, dict(element.attrib), children]
