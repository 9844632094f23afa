"""Cycles of references, named by the references that make them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from reconciler.kinds import kind_named, kinds
from reconciler.model.address import Address
from reconciler.model.references import bare
from reconciler.model.resource import Resources

_MOST_CYCLES = 20


@dataclass(frozen=True, slots=True)
class Link:
    """One reference of a cycle: who refers to whom, and in which field."""

    source: Address
    target: Address
    path: tuple[str | int, ...]


@cache
def circular_kinds() -> frozenset[str]:
    """The kinds whose objects can be part of a cycle at all: those that reach themselves over the kinds' references."""
    follows = {name: {reference.kind for reference in kind.references} for name, kind in kinds().items()}

    def reaches(start: str) -> bool:
        seen: set[str] = set()
        todo = list(follows.get(start, ()))
        while todo:
            name = todo.pop()
            if name == start:
                return True
            if name not in seen:
                seen.add(name)
                todo.extend(follows.get(name, ()))
        return False

    return frozenset(name for name in follows if reaches(name))


def cycles(estate: Resources) -> Iterator[tuple[Link, ...]]:
    """
    Every cycle of references, as its links in order, the first twenty.

    Only kinds that can form a cycle are looked at, so most estates never need the graph library here.
    """
    links: dict[tuple[Address, Address], Link] = {}
    for name in circular_kinds():
        for address, resource in estate.of_kind(name).items():
            source = Address(name, address)
            for reference, path, target in kind_named(name).refers(resource.spec):
                other = Address(reference.kind, bare(target))
                if reference.kind in circular_kinds() and other in estate:
                    links.setdefault((source, other), Link(source, other, path))
    if not links:
        return
    # Imported here: an estate without such references, and a plan without changes, must not pay for it.
    from reconciler.ordering.graph import simple_cycles

    for found, nodes in enumerate(simple_cycles(links)):
        if found >= _MOST_CYCLES:
            return
        yield tuple(links[node, nodes[(place + 1) % len(nodes)]] for place, node in enumerate(nodes))
