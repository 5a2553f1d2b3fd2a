"""A workflow's graph as SVG.

All colours are mixtures of ``currentColor``, the text colour of the page, so that the picture is
readable on light and on dark grounds without asking which theme there is. Nothing in it runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from civis_nb.display.html import Html, el, join, web_address
from civis_nb.display.text import cut
from civis_nb.workflows.graph import Edge, EdgeKind, Node, WorkflowGraph
from civis_nb.workflows.layout import Layout, Point, Size, lay_out
from civis_nb.workflows.states import NodeState, mark, state_text

__all__ = ["edge_legend", "graph_svg"]

_HEIGHT = 44
_LINE_HEIGHT = 15
_COMMAND_HEIGHT = 26
_GAP = 24
_LAYER_GAP = 46
_MARGIN = 16
_MAX_CHARACTERS = 34
#: Of the widest of the usual fonts.
_CHARACTER_PX = {"label": 8.7, "detail": 6.7}
#: A picture that is wider than this lies on its side, if that makes it narrower.
_WIDE_PX = 1_100

_EDGE_HUES: Final[Mapping[EdgeKind, str]] = {
    "success": "#2e9d4a",
    "error": "#d93a3a",
    "complete": "#888",
    "requires": "#888",
}
_DASHES: Final[Mapping[EdgeKind, str | None]] = {
    "success": None,
    "error": "6 4",
    "complete": "1.5 4",
    "requires": None,
}
_STATE_HUES: Final[Mapping[str, str]] = {
    "running": "#1f78d1",
    "delayed": "#b26a00",
    "paused": "#b26a00",
    "success": "#2e9d4a",
    "error": "#d93a3a",
    "cancelled": "#b26a00",
}
_FONT = "font-family:var(--jp-ui-font-family, system-ui, sans-serif)"


def graph_svg(
    graph: WorkflowGraph, states: Mapping[str, NodeState] | None = None, *, label: str = "Workflow"
) -> Html:
    """Return the picture of a graph.

    Parameters
    ----------
    graph
        The graph.
    states
        The states of tasks by name; tasks that are not in it are drawn without one.
    label
        What screen readers call the picture.
    """
    return _Picture(graph, states or {}).svg(label)


@dataclass(frozen=True, slots=True)
class _Box:
    """A node as it is drawn: its texts, and its size."""

    label: str
    detail: str
    condition: str
    width: float
    height: float


class _Picture:
    def __init__(self, graph: WorkflowGraph, states: Mapping[str, NodeState]) -> None:
        self.graph = graph
        self.states = states
        self.boxes = {node.key: self._box(node) for node in graph.nodes}
        self.drawn: set[tuple[EdgeKind, float, float, float, float]] = set()
        self.is_sideways = False
        self.layout = self._laid_out()
        if self.layout.breadth > _WIDE_PX:
            upright = self.layout
            self.is_sideways = True
            self.layout = self._laid_out()
            if self.layout.length > upright.breadth:
                self.is_sideways, self.layout = False, upright

    def _box(self, node: Node) -> _Box:
        """Return the box of a node: its texts, and its size."""
        condition = self._condition(node)
        if node.is_command:
            label = f"{node.label} {condition}".strip()
            return _Box(label, "", "", len(label) * 7 + 26, _COMMAND_HEIGHT)
        label, detail = cut(node.label, _MAX_CHARACTERS), cut(self._detail(node), _MAX_CHARACTERS)
        state = self.states.get(node.key)
        if state is not None:
            label = f"{mark(state)} {label}"
        texts = (
            len(label) * _CHARACTER_PX["label"],
            max(len(detail), len(condition)) * _CHARACTER_PX["detail"],
        )
        height = _HEIGHT + (_LINE_HEIGHT if condition else 0)
        return _Box(label, detail, condition, max(90.0, *texts) + 22, height)

    def _condition(self, node: Node) -> str:
        """Return on which condition a node is reached, in short."""
        edges = self.graph.before[node.key]
        guards = {edge.guard for edge in edges}
        if guards <= {""}:
            return ""
        if len(guards) == 1:
            return cut(f"if {_without_delimiters(edges[0].guard)}", _MAX_CHARACTERS)
        return f"{sum(bool(edge.guard) for edge in edges)} of {len(edges)} ways with a condition"

    def _detail(self, node: Node) -> str:
        state = self.states.get(node.key)
        if state is not None and state.state != "idle":
            return state_text(state)
        return " · ".join((node.action.removeprefix("civis."), *node.notes))

    def _laid_out(self) -> Layout:
        """Return the layout of the boxes; sideways, layers follow one another to the right."""
        boxes = self.boxes
        return lay_out(
            [node.key for node in self.graph.nodes],
            [(edge.source, edge.target, edge.kind) for edge in self.graph.edges],
            {
                key: Size(box.height, box.width)
                if self.is_sideways
                else Size(box.width, box.height)
                for key, box in boxes.items()
            },
            layer_gap=_LAYER_GAP + (_GAP if self.is_sideways else 0),
            gap=_GAP * 0.6 if self.is_sideways else _GAP,
        )

    def _xy(self, point: Point) -> tuple[float, float]:
        across, along = point.across + _MARGIN, point.along + _MARGIN
        return (along, across) if self.is_sideways else (across, along)

    def svg(self, label: str) -> Html:
        """Return the picture."""
        across = self.layout.breadth + 2 * _MARGIN
        along = self.layout.length + 2 * _MARGIN
        width, height = (along, across) if self.is_sideways else (across, along)
        return el(
            "svg",
            el("g", *self._edges(), fill="none", stroke_width="1.5", aria_hidden="true"),
            *(self._node(node) for node in self.graph.nodes),
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {width:.0f} {height:.0f}",
            width=f"{width:.0f}",
            height=f"{height:.0f}",
            role="group",
            aria_label=label,
            style=f"{_FONT};display:block",
        )

    # --- nodes ----------------------------------------------------------------------------------

    def _node(self, node: Node) -> Html:
        """Return a node; a link where its state has one."""
        box = self.boxes[node.key]
        x, y = self._xy(self.layout.centres[node.key])
        hue = self._hue(node)
        shape = el(
            "rect",
            x=f"{x - box.width / 2:.1f}",
            y=f"{y - box.height / 2:.1f}",
            width=f"{box.width:.1f}",
            height=f"{box.height:.1f}",
            rx=13 if node.is_command else 6,
            style=f"fill:{_mixed(hue, 10)};stroke:{_mixed(hue, 60)};stroke-width:1.25",
        )
        if node.is_command:
            texts = [_text(box.label, x, y + 4, size=12, style="font-style:italic")]
        else:
            top = y - box.height / 2
            texts = [_text(box.label, x, top + 19, size=13, style="font-weight:600")]
            texts.append(_text(box.detail, x, top + 36, size=11, style="fill-opacity:0.8"))
            if box.condition:
                style = "fill-opacity:0.8;font-style:italic"
                texts.append(_text(box.condition, x, top + 36 + _LINE_HEIGHT, size=11, style=style))
        title = self._title(node)
        group = el(
            "g",
            el("title", title),
            shape,
            *texts,
            role="img",
            aria_label=title,
            data_task=None if node.is_command else node.key,
        )
        state = self.states.get(node.key)
        address = web_address(state.link) if state is not None else None
        if address is None:
            return group
        return el("a", group, href=address, target="_blank", rel="noopener noreferrer")

    def _hue(self, node: Node) -> str:
        state = self.states.get(node.key)
        if state is not None:
            return _STATE_HUES.get(state.state, "currentColor")
        return {"fail": "#d93a3a", "succeed": "#2e9d4a", "pause": "#b26a00"}.get(
            node.label if node.is_command else "", "currentColor"
        )

    def _title(self, node: Node) -> str:
        """Return all that is known of a node, as text."""
        if node.is_command:
            return node.key
        state = self.states.get(node.key)
        parts = [node.label, node.action, *node.notes]
        parts += [state_text(state)] if state is not None else []
        then = "; ".join(
            f"{_when(edge)} {self.graph.by_key[edge.target].label}"
            for edge in self.graph.after[node.key]
        )
        return ", ".join(parts) + (f". {then}" if then else "")

    # --- edges ----------------------------------------------------------------------------------

    def _edges(self) -> Iterator[Html]:
        """Yield the edges; several between two nodes stand side by side."""
        between = Counter((edge.source, edge.target) for edge in self.graph.edges)
        drawn: Counter[tuple[str, str]] = Counter()
        for edge in self.graph.edges:
            pair = (edge.source, edge.target)
            # Several edges between two nodes stand side by side.
            aside = (drawn[pair] - (between[pair] - 1) / 2) * 12
            drawn[pair] += 1
            yield self._edge(edge, aside)

    def _edge(self, edge: Edge, aside: float) -> Html:
        """Return an edge with its arrow head, as far as no other edge has drawn it."""
        style = f"stroke:{_mixed(_EDGE_HUES[edge.kind], 75)}"
        if edge.source == edge.target:
            return self._loop(edge, style)
        path: list[str] = []
        for (x0, y0), (x1, y1) in pairwise(self._route(edge, aside)):
            path = path or [f"M{x0:.1f} {y0:.1f}"]
            # Edges that share places come together there: the rest of the way is drawn once.
            segment = (edge.kind, x0, y0, x1, y1)
            if segment in self.drawn:
                head = ""
                break
            self.drawn.add(segment)
            if self.is_sideways:
                middle = (x0 + x1) / 2
                path.append(f"C{middle:.1f} {y0:.1f} {middle:.1f} {y1:.1f} {x1:.1f} {y1:.1f}")
                head = _head(x1, y1, -7 if x1 >= x0 else 7, 0)
            else:
                middle = (y0 + y1) / 2
                path.append(f"C{x0:.1f} {middle:.1f} {x1:.1f} {middle:.1f} {x1:.1f} {y1:.1f}")
                head = _head(x1, y1, 0, -7 if y1 >= y0 else 7)
        line = el("path", d="".join(path), style=style, stroke_dasharray=_DASHES[edge.kind])
        return join(line, el("path", d=head, style=style) if head else None)

    def _loop(self, edge: Edge, style: str) -> Html:
        """Return an edge from a node to itself: an arc at its right side."""
        x, y = self._xy(self.layout.centres[edge.source])
        x += self.boxes[edge.source].width / 2
        arc = f"M{x:.1f} {y + 9:.1f}c18 0 18 -18 0 -18"
        line = el("path", d=arc, style=style, stroke_dasharray=_DASHES[edge.kind])
        return join(line, el("path", d=_head(x, y - 9, 7, 0), style=style))

    def _route(self, edge: Edge, aside: float) -> Iterator[tuple[float, float]]:
        """Return the points of an edge: where it leaves, passes layers, and arrives."""
        start, end = self.layout.centres[edge.source], self.layout.centres[edge.target]
        sign = 1 if end.along > start.along else -1
        if sign < 0:
            # An edge that leads back keeps away from those that lead on.
            aside += 16
        half = self._size(edge.source) / 2
        yield self._xy(Point(start.across + aside, start.along + sign * half))
        yield from map(self._xy, self.layout.routes[edge.source, edge.target, edge.kind])
        half = self._size(edge.target) / 2
        yield self._xy(Point(end.across + aside, end.along - sign * half))

    def _size(self, key: str) -> float:
        return self._length(self.boxes[key])

    def _length(self, box: _Box) -> float:
        """Return the size of a box along the layers."""
        return box.width if self.is_sideways else box.height


def _head(x: float, y: float, back_x: float, back_y: float) -> str:
    """Return the path of an arrow's head; it comes from `back`, along one axis."""
    side_x, side_y = abs(back_y) * 4 / 7, abs(back_x) * 4 / 7
    first = f"{x + back_x - side_x:.1f} {y + back_y - side_y:.1f}"
    last = f"{x + back_x + side_x:.1f} {y + back_y + side_y:.1f}"
    return f"M{first}L{x:.1f} {y:.1f}L{last}"


def _when(edge: Edge) -> str:
    words = {"success": "then", "error": "after an error", "complete": "always then"}
    word = words.get(edge.kind, "before")
    return f"if {_without_delimiters(edge.guard)} {word}" if edge.guard else word


def _without_delimiters(guard: str) -> str:
    """Return a condition without the delimiters of an expression."""
    return guard.removeprefix("<%").removesuffix("%>").strip()


def _mixed(hue: str, percent: int) -> str:
    """Return a colour that is readable on any ground: part of the hue, part of the text colour."""
    if percent < 50:
        return f"color-mix(in srgb, {hue} {percent}%, transparent)"
    if hue == "currentColor":
        return f"color-mix(in srgb, currentColor {percent - 15}%, transparent)"
    return f"color-mix(in srgb, {hue} {percent}%, currentColor)"


def _text(content: str, x: float, y: float, *, size: float, style: str) -> Html:
    return el(
        "text",
        content + " ",
        x=f"{x:.1f}",
        y=f"{y:.1f}",
        text_anchor="middle",
        style=f"font-size:{size}px;fill:currentColor;{style}",
    )


def edge_legend(edges: Sequence[Edge]) -> str:
    """Return what the kinds of lines mean, of those that there are."""
    words = {
        "success": "solid: after success",
        "error": "dashed: after an error",
        "complete": "dotted: always",
        "requires": "a line: is needed by",
    }
    kinds = dict.fromkeys(edge.kind for edge in edges)
    return "; ".join(words[kind] for kind in words if kind in kinds)
