"""Graphs are laid out in layers, without overlaps, and large ones quickly."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civis_nb.workflows.layout import Size, lay_out, layers_of

GAPS = {"layer_gap": 30, "gap": 10}


def laid_out(nodes, arrows, breadth=100.0):
    sizes = dict.fromkeys(nodes, Size(breadth, 40))
    return lay_out(nodes, [(*pair, "") for pair in arrows], sizes, **GAPS)


def crossings(layout, arrows):
    """Return how many pairs of straight edges between neighbouring layers cross."""
    lines = [(layout.centres[a], layout.centres[b]) for a, b in arrows]
    return sum(
        (one[0].across - two[0].across) * (one[1].across - two[1].across) < 0
        for at, one in enumerate(lines)
        for two in lines[at + 1 :]
        if one[0].along == two[0].along and one[1].along == two[1].along
    )


def test_layers_follow_the_longest_way():
    layers = layers_of("abcd", [("a", "b"), ("b", "c"), ("a", "c"), ("c", "d")])
    assert layers == {"a": 0, "b": 1, "c": 2, "d": 3}


def test_a_cycle_is_broken_at_its_last_edge():
    turned = set()
    layers = layers_of("abc", [("a", "b"), ("b", "c"), ("c", "a")], turned)
    assert layers == {"a": 0, "b": 1, "c": 2}
    assert turned == {("c", "a")}


def test_a_chain_is_a_straight_line():
    layout = laid_out(range(50), list(pairwise(range(50))))
    assert len({point.across for point in layout.centres.values()}) == 1
    assert layout.length == 50 * 70 - 30
    assert layout.breadth == 100


def test_a_node_stands_in_the_middle_of_what_follows():
    layout = laid_out("abcd", [("a", "b"), ("a", "c"), ("a", "d")])
    across = {key: point.across for key, point in layout.centres.items()}
    assert across["a"] == across["c"] == (across["b"] + across["d"]) / 2


def test_crossings_are_removed_where_the_order_can_do_it():
    arrows = [("a", "z"), ("b", "y"), ("c", "x")]
    assert crossings(laid_out("abcxyz", arrows), arrows) == 0


def test_a_long_edge_goes_around_what_is_between():
    layout = laid_out("abc", [("a", "b"), ("b", "c"), ("a", "c")])
    enters, leaves = layout.routes["a", "c", ""]
    assert enters.across == leaves.across
    assert (enters.along, leaves.along) == (70, 110)
    assert abs(enters.across - layout.centres["b"].across) > 50


def test_edges_that_lead_back_have_their_points_in_their_own_direction():
    layout = laid_out("abc", [("a", "b"), ("b", "c"), ("c", "a")])
    assert [point.along for point in layout.routes["c", "a", ""]] == [110, 70]
    assert layout.routes["a", "b", ""] == ()


def test_a_layer_is_as_long_as_its_longest_node():
    sizes = {"a": Size(10, 20), "b": Size(10, 60), "c": Size(10, 20)}
    layout = lay_out("abc", [("a", "b", ""), ("a", "c", "")], sizes, **GAPS)
    assert layout.length == 20 + 30 + 60
    assert layout.centres["c"].along == 80


def test_arrows_of_two_kinds_to_one_node_keep_apart():
    sizes = dict.fromkeys("abc", Size(10, 20))
    arrows = [("a", "b", "x"), ("b", "c", "x"), ("a", "c", "x"), ("a", "c", "y")]
    layout = lay_out("abc", arrows, sizes, **GAPS)
    assert layout.routes["a", "c", "x"][0].across != layout.routes["a", "c", "y"][0].across


def test_long_edges_to_one_node_do_not_push_the_main_way_aside():
    """Every task leads on, and in case of an error to the last one."""
    nodes = range(200)
    layout = laid_out(nodes, [*pairwise(nodes), *((one, 199) for one in nodes[:-2])])
    assert layout.breadth < 200


graphs = st.integers(1, 25).flatmap(
    lambda count: st.tuples(
        st.just(count),
        st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=50),
    )
)


@given(graph=graphs)
def test_nodes_never_overlap(graph):
    count, arrows = graph
    nodes = range(count)
    breadths = {node: 20.0 + 15 * (node % 5) for node in nodes}
    sizes = {node: Size(breadths[node], 40) for node in nodes}
    layout = lay_out(nodes, [(*pair, "") for pair in arrows], sizes, **GAPS)
    rows = {}
    for node in nodes:
        rows.setdefault(layout.centres[node].along, []).append(node)
    for row in rows.values():
        row.sort(key=lambda node: layout.centres[node].across)
        for left, right in pairwise(row):
            distance = layout.centres[right].across - layout.centres[left].across
            assert distance >= (breadths[left] + breadths[right]) / 2 + GAPS["gap"] - 1e-6
    for node in nodes:
        assert layout.centres[node].across - breadths[node] / 2 >= -1e-6
        assert layout.centres[node].across + breadths[node] / 2 <= layout.breadth + 1e-6


@pytest.mark.parametrize(
    "shape",
    [
        "chain",
        "wide",
        *(
            pytest.param(shape, marks=pytest.mark.exhaustive)
            for shape in ("rescued", "random", "cycles")
        ),
    ],
)
def test_a_thousand_tasks_are_laid_out(shape):
    nodes = range(1000)
    dice = random.Random(1)
    pairs = [(dice.randrange(1000), dice.randrange(1000)) for _ in range(2000)]
    arrows = {
        "chain": list(pairwise(nodes)),
        "rescued": [*pairwise(nodes), *((one, 999) for one in nodes[:-2])],
        "wide": [edge for one in nodes[1:-1] for edge in ((0, one), (one, 999))],
        "random": [(min(pair), max(pair)) for pair in pairs],
        "cycles": pairs,
    }[shape]
    layout = laid_out(nodes, arrows)
    assert len(set(layout.centres.values())) == 1000
    assert layout.breadth >= 100
