"""The reference graph: one node per object, an edge from who refers to who is referred to. The home of networkx."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import networkx

from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.references import bare

Graph = Any
"""A `networkx.DiGraph` of addresses."""


def reference_graph(specs: Mapping[Address, Mapping[str, Any]]) -> "networkx.DiGraph[Address]":
    """The graph of what refers to what, among the given objects only."""
    graph: networkx.DiGraph[Address] = networkx.DiGraph()
    graph.add_nodes_from(sorted(specs))
    for address, spec in specs.items():
        for reference, _, name in kind_named(address.kind).refers(spec):
            target = Address(reference.kind, bare(name))
            if target in specs and target != address:
                graph.add_edge(address, target)
    return graph


def simple_cycles(edges: Iterable[tuple[Address, Address]]) -> Iterator[Sequence[Address]]:
    """The elementary cycles, each starting at its smallest address, in a stable order."""
    graph: networkx.DiGraph[Address] = networkx.DiGraph()
    graph.add_edges_from(sorted(edges))
    for component in sorted(networkx.strongly_connected_components(graph), key=min):
        part = graph.subgraph(component)
        first = min(component)
        if len(component) > 1 or part.has_edge(first, first):
            yield _rotated([source for source, _ in networkx.find_cycle(part, first)])


def _rotated(nodes: list[Address]) -> list[Address]:
    start = nodes.index(min(nodes))
    return nodes[start:] + nodes[:start]


def ordered(waits: Mapping[Address, Iterable[Address]], rank: Callable[[Address], Any]) -> list[Address] | None:
    """The nodes so that each comes after all it waits for, ties by `rank`; None where some wait in a circle."""
    graph: networkx.DiGraph[Address] = networkx.DiGraph()
    graph.add_nodes_from(waits)
    graph.add_edges_from((before, node) for node, befores in waits.items() for before in befores if before in waits)
    try:
        return list(networkx.lexicographical_topological_sort(graph, key=rank))
    except networkx.NetworkXUnfeasible:
        return None


def acyclic_graph(nodes: Iterable[Address], edges: Iterable[tuple[Address, Address]]) -> "networkx.DiGraph[Address]":
    """A graph for drawing: an edge that would close a circle is left out, so that every node has a column."""
    graph: networkx.DiGraph[Address] = networkx.DiGraph()
    graph.add_nodes_from(sorted(set(nodes)))
    for source, target in sorted(set(edges)):
        if source != target and not networkx.has_path(graph, target, source):
            graph.add_edge(source, target)
    return graph


def transitive_reduction(graph: "networkx.DiGraph[Address]") -> "networkx.DiGraph[Address]":
    """The graph without edges that follow from others, for drawing."""
    return networkx.transitive_reduction(graph)


def generations(graph: "networkx.DiGraph[Address]") -> list[list[Address]]:
    """The nodes in columns: each node is left of the nodes that refer to it."""
    return [sorted(column) for column in networkx.topological_generations(graph.reverse(copy=False))]
