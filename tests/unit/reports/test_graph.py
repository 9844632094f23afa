"""Pictures of the reference graph: nothing overlaps, nothing is cut off, the same graph gives the same picture."""

import re
from itertools import pairwise

import networkx
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.address import Address
from reconciler.reports.graph import svg
from reconciler.reports.graph_layout import arranged

_PASSAGE = 0.3
_SLACK = 1e-6


@st.composite
def graphs(draw: st.DrawFn) -> "networkx.DiGraph[Address]":
    """Graphs without cycles: each object refers to some of those before it."""
    count = draw(st.integers(0, 14))
    nodes = [
        Address("VSlice" if number % 3 else "RoutingPolicy", f"{number:02d}" + "w" * 28) for number in range(count)
    ]
    graph: networkx.DiGraph[Address] = networkx.DiGraph()
    graph.add_nodes_from(nodes)
    for number, node in enumerate(nodes[1:], start=1):
        graph.add_edges_from((node, other) for other in draw(st.sets(st.sampled_from(nodes[:number]))))
    return graph


@given(graphs())
def test_no_two_things_overlap(graph: "networkx.DiGraph[Address]") -> None:
    """In a column, boxes and passing lines keep their distance, and every object has exactly one box."""
    layout = arranged(graph, passage=_PASSAGE)

    assert set(layout.boxes) == set(graph)
    for column in layout.columns:
        for above, below in pairwise(column):
            needed = sum(_PASSAGE / 2 if spot.is_passage else 0.5 for spot in (above, below))
            assert layout.y[below] - layout.y[above] >= needed - _SLACK


@given(graphs())
def test_every_reference_is_a_line_that_leads_to_the_right(graph: "networkx.DiGraph[Address]") -> None:
    """From each object, following the lines column by column leads to those that refer to it, and to no others."""
    layout = arranged(graph, passage=_PASSAGE)

    for address, box in layout.boxes.items():
        reached, todo = set(), [box]
        while todo:
            spot = todo.pop()
            for other in layout.links[spot]:
                assert other.column == spot.column + 1
                if other.is_passage:
                    assert other.address == address
                    todo.append(other)
                else:
                    reached.add(other.address)
        assert reached == set(graph.predecessors(address))


@given(graphs())
def test_everything_is_inside_of_the_picture(graph: "networkx.DiGraph[Address]") -> None:
    """No box and no name is cut off, however wide the letters, and the picture is the same each time."""
    picture = svg(graph)

    size = re.match(r'<svg [^>]*width="(\d+)" height="(\d+)"', picture)
    assert size
    width, height = int(size[1]), int(size[2])
    for x, y, w, h in re.findall(r'<rect x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"', picture):
        assert int(x) + int(w) <= width
        assert int(y) + int(h) <= height
    assert picture.count("textLength") == len(graph)
    assert svg(graph) == picture
