"""Where the nodes of a graph stand: in layers, so that edges lead one way and cross little.

The steps are those of Sugiyama, Tagawa and Toda (1981): edges that close a cycle are turned
around; each node stands one layer below the lowest node that leads to it; an edge over several
layers gets a place in each; within a layer, nodes go to the mean of their neighbours, first in
their order, then in their coordinates. There are two axes, *along* the layers and *across* them;
what draws the graph decides which is x.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

__all__ = ["Layout", "Point", "Size", "lay_out", "layers_of"]

#: So many places of long edges are kept apart; in a larger graph long edges go straight.
_MAX_PLACES = 20_000
_ORDER_SWEEPS = 8
_COORDINATE_SWEEPS = 6
#: Up to so many edges, crossings are counted to keep the best order.
_MAX_COUNTED = 6_000

Key = Hashable
Pair = tuple[Key, Key]
#: Source, target, and kind: arrows of one kind to one node come together on their way.
Arrow = tuple[Key, Key, Key]


class Point(NamedTuple):
    """A point: across the layers, and along them."""

    across: float
    along: float


class Size(NamedTuple):
    """The size of a node: across the layers, and along them."""

    across: float
    along: float


@dataclass(frozen=True, slots=True)
class Layout:
    """The places of nodes and edges.

    Attributes
    ----------
    centres
        The middle of each node.
    routes
        The points of each arrow between its two nodes, from source to target: where it enters
        and where it leaves each layer that it passes.
    breadth, length
        The size of the whole: across and along the layers.
    """

    centres: Mapping[Key, Point]
    routes: Mapping[Arrow, tuple[Point, ...]]
    breadth: float
    length: float


def lay_out(
    nodes: Sequence[Key],
    arrows: Iterable[Arrow],
    sizes: Mapping[Key, Size],
    *,
    layer_gap: float,
    gap: float,
) -> Layout:
    """Return the layout of a directed graph, which may have cycles.

    Parameters
    ----------
    nodes
        The keys of the nodes; where the graph leaves a choice, their order is kept.
    arrows
        Source, target and kind of each. Arrows of one kind to one node share their places.
    sizes
        The size of each node.
    layer_gap
        The distance between layers.
    gap
        The distance between two nodes of a layer.

    Examples
    --------
    >>> sizes = {"a": Size(10, 4), "b": Size(10, 4)}
    >>> layout = lay_out("ab", [("a", "b", "")], sizes, layer_gap=2, gap=1)
    >>> layout.centres["b"]
    Point(across=5.0, along=8.0)
    """
    wanted = dict.fromkeys(arrow for arrow in arrows if arrow[0] != arrow[1])
    turned: set[Pair] = set()
    layers = layers_of(nodes, dict.fromkeys((arrow[0], arrow[1]) for arrow in wanted), turned)
    forward = {
        arrow: (arrow[1], arrow[0], arrow[2]) if arrow[:2] in turned else arrow for arrow in wanted
    }
    breadths = {key: float(sizes[key].across) for key in nodes}
    chains, order = _with_places(nodes, forward.values(), layers, breadths, gap)
    links = _Links(order, chains.values())
    _reduce_crossings(order, links)
    across = _coordinates(order, links, breadths, gap)
    spans, length = _spans(order, sizes, layer_gap)
    centres = {key: Point(across[key], sum(spans[layers[key]]) / 2) for key in nodes}
    ends: dict[Key, tuple[Point, ...]] = {
        place: tuple(Point(across[place], end) for end in spans[place.layer])
        for place in across
        if isinstance(place, _Place)
    }
    routes = {}
    for arrow, drawn in forward.items():
        route = tuple(point for place in chains[drawn][1:-1] for point in ends[place])
        routes[arrow] = route if drawn == arrow else route[::-1]
    breadth = max((across[key] + breadths[key] / 2 for key in across), default=0.0)
    return Layout(centres, routes, breadth, length)


def _spans(
    order: Sequence[Sequence[Key]], sizes: Mapping[Key, Size], layer_gap: float
) -> tuple[list[tuple[float, float]], float]:
    """Return where each layer begins and ends along, and the length of the whole."""
    spans = []
    at = 0.0
    for layer in order:
        length = max(sizes[key].along for key in layer if not isinstance(key, _Place))
        spans.append((at, at + length))
        at += length + layer_gap
    return spans, max(at - layer_gap, 0.0)


def layers_of(
    nodes: Sequence[Key], pairs: Iterable[Pair], turned: set[Pair] | None = None
) -> dict[Key, int]:
    """Return the layer of each node: one below the lowest node that leads to it.

    Parameters
    ----------
    nodes
        The keys of the nodes.
    pairs
        Source and target of each arrow.
    turned
        Gets the pairs that close a cycle: they lead upwards.
    """
    after: dict[Key, list[Key]] = {node: [] for node in nodes}
    has_before = set()
    for source, target in pairs:
        after[source].append(target)
        has_before.add(target)
    roots = [node for node in nodes if node not in has_before]
    layers = dict.fromkeys(nodes, 0)
    finished: list[Key] = []
    state: dict[Key, int] = {}
    back: set[Pair] = set()
    for root in [*roots, *nodes]:
        if root in state:
            continue
        state[root] = 1
        stack = [(root, iter(after[root]))]
        while stack:
            node, rest = stack[-1]
            for target in rest:
                if state.get(target) == 1:
                    back.add((node, target))
                elif target not in state:
                    state[target] = 1
                    stack.append((target, iter(after[target])))
                    break
            else:
                state[node] = 2
                finished.append(node)
                stack.pop()
    for node in reversed(finished):
        for target in after[node]:
            if (node, target) not in back:
                layers[target] = max(layers[target], layers[node] + 1)
    if turned is not None:
        turned |= back
    return layers


class _Place(NamedTuple):
    """Where arrows of one kind to one node pass a layer."""

    target: Key
    kind: Key
    layer: int


def _with_places(
    nodes: Sequence[Key],
    arrows: Iterable[Arrow],
    layers: Mapping[Key, int],
    breadths: dict[Key, float],
    gap: float,
) -> tuple[dict[Arrow, tuple[Key, ...]], list[list[Key]]]:
    """Return what each arrow passes, and the layers with their nodes and places.

    The breadths of the places are added to `breadths`.
    """
    order: list[list[Key]] = [[] for _ in range(max(layers.values(), default=-1) + 1)]
    for node in nodes:
        order[layers[node]].append(node)
    chains: dict[Arrow, tuple[Key, ...]] = {}
    shared: defaultdict[Pair, dict[int, _Place]] = defaultdict(dict)
    count = 0
    for source, target, kind in sorted(arrows, key=lambda arrow: layers[arrow[0]]):
        between = range(layers[source] + 1, layers[target])
        if count + len(between) > _MAX_PLACES:
            between = range(0)
        known = shared[target, kind]
        for layer in between:
            if layer not in known:
                count += 1
                place = known[layer] = _Place(target, kind, layer)
                order[layer].append(place)
                breadths[place] = gap / 2
        chains[source, target, kind] = (source, *(known[layer] for layer in between), target)
    return chains, order


class _Links:
    """The neighbours of each node in the layers before and after it."""

    def __init__(self, order: Sequence[Sequence[Key]], chains: Iterable[tuple[Key, ...]]) -> None:
        self.up: dict[Key, list[Key]] = {key: [] for layer in order for key in layer}
        self.down: dict[Key, list[Key]] = {key: [] for layer in order for key in layer}
        seen: set[Pair] = set()
        for chain in chains:
            for upper, lower in pairwise(chain):
                if (upper, lower) in seen:
                    break  # from here on it is the way of another arrow
                seen.add((upper, lower))
                self.down[upper].append(lower)
                self.up[lower].append(upper)
        self.count = len(seen)


def _reduce_crossings(order: list[list[Key]], links: _Links) -> None:
    """Sort each layer by the mean position of the neighbours, downwards and upwards in turn."""
    counts = links.count <= _MAX_COUNTED
    best = [list(layer) for layer in order]
    fewest = _crossings(order, links) if counts else 0
    stuck = 0
    for sweep in range(_ORDER_SWEEPS):
        if counts and (not fewest or stuck == 4):
            break
        downwards = sweep % 2 == 0
        neighbours = links.up if downwards else links.down
        position = {key: at for layer in order for at, key in enumerate(layer)}
        numbers = range(1, len(order)) if downwards else range(len(order) - 2, -1, -1)
        for number in numbers:
            layer = order[number]
            means = {key: _mean(neighbours[key], position, position[key]) for key in layer}
            layer.sort(key=means.__getitem__)
            for at, key in enumerate(layer):
                position[key] = at
        crossings = _crossings(order, links) if counts else -1
        stuck += 1
        if not counts or crossings < fewest:
            fewest, best, stuck = crossings, [list(layer) for layer in order], 0
    order[:] = best


def _mean(keys: Sequence[Key], values: Mapping[Key, float], otherwise: float) -> float:
    return sum(values[key] for key in keys) / len(keys) if keys else otherwise


def _crossings(order: Sequence[Sequence[Key]], links: _Links) -> int:
    """Return how many pairs of links cross."""
    total = 0
    for upper, lower in pairwise(order):
        position = {key: at for at, key in enumerate(lower)}
        passed: list[int] = []
        for key in upper:
            ends = sorted(position[below] for below in links.down[key] if below in position)
            total += sum(len(passed) - bisect_right(passed, end) for end in ends)
            for end in ends:
                insort(passed, end)
    return total


def _coordinates(
    order: Sequence[Sequence[Key]], links: _Links, sizes: Mapping[Key, float], gap: float
) -> dict[Key, float]:
    """Return the middle of each node and place across the layers.

    Each goes as near as possible to the mean of its neighbours, in the order of its layer.
    """
    across: dict[Key, float] = {}
    for layer in order:
        at = 0.0
        for key in layer:
            across[key] = at + sizes[key] / 2
            at += sizes[key] + gap
    for sweep in range(_COORDINATE_SWEEPS):
        downwards = sweep % 2 == 0
        sides = [links.up] if downwards else [links.down]
        if sweep >= _COORDINATE_SWEEPS - 2:
            sides = [links.up, links.down]
        for layer in order if downwards else reversed(order):
            wanted = [_mean(_alike(key, sides), across, across[key]) for key in layer]
            across.update(zip(layer, _spread(layer, wanted, sizes, gap), strict=True))
    first = min((across[key] - sizes[key] / 2 for key in across), default=0.0)
    return {key: value - first for key, value in across.items()}


def _alike(key: Key, sides: Sequence[Mapping[Key, list[Key]]]) -> list[Key]:
    """Return the neighbours that pull: nodes pull nodes, and the places of an edge each other.

    So the main way stays straight where edges come to it from the side.
    """
    found = [other for side in sides for other in side[key]]
    alike = [other for other in found if isinstance(other, _Place) is isinstance(key, _Place)]
    return alike or found


def _spread(
    layer: Sequence[Key], wanted: Sequence[float], sizes: Mapping[Key, float], gap: float
) -> list[float]:
    """Return the places nearest to the wanted ones (least squares) that keep order and distance.

    With the distances taken off, it is a regression by a function that never falls: neighbours
    that would overlap form a block, which goes to its mean.
    """
    offsets = [0.0]
    for before, key in pairwise(layer):
        offsets.append(offsets[-1] + (sizes[before] + sizes[key]) / 2 + gap)
    blocks: list[tuple[float, int]] = []  # sum of what is wanted, and how many
    for want, offset in zip(wanted, offsets, strict=False):
        total, count = want - offset, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / count:
            before_total, before_count = blocks.pop()
            total, count = total + before_total, count + before_count
        blocks.append((total, count))
    flat = [total / count for total, count in blocks for _ in range(count)]
    return [place + offset for place, offset in zip(flat, offsets, strict=False)]
