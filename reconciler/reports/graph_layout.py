"""
The places of the objects of a reference graph in a drawing: in columns, with few crossings.

A layered drawing: each object is right of all that it refers to and as near to its referrers as it can be; a line
that passes a column gets a row of its own there, so that it never runs behind a box. All lines to one object share
those rows. The same graph gives the same layout.
"""

from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from reconciler.model.address import Address
from reconciler.ordering.graph import generations

if TYPE_CHECKING:
    import networkx

_SWEEPS = 8


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """One row of one column: an object's box, or, where `is_passage`, a line on its way to that object."""

    address: Address
    column: int
    is_passage: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """
    Columns of spots from left to right, each from the top.

    `y` is the middle of each spot; a box is `1` high and a passage `passage`, both with the gap to the next one.
    `links` lead from a spot to the spots of the next column that refer to it.
    """

    columns: Sequence[Sequence[Spot]]
    y: Mapping[Spot, float]
    links: Mapping[Spot, Sequence[Spot]]

    @property
    def boxes(self) -> dict[Address, Spot]:
        """The spot of each object."""
        return {spot.address: spot for column in self.columns for spot in column if not spot.is_passage}


def arranged(graph: "networkx.DiGraph[Address]", *, passage: float) -> Layout:
    """The layout of a graph without cycles; `passage` is the height of a passing line, measured in boxes."""
    column = _column_of(graph)
    links = _links(graph, column)
    backwards: dict[Spot, list[Spot]] = {spot: [] for spot in links}
    for spot, referrers in links.items():
        for referrer in referrers:
            backwards[referrer].append(spot)
    columns: list[list[Spot]] = [[] for _ in range(max(column.values(), default=-1) + 1)]
    for spot in sorted(links, key=lambda spot: (spot.column, spot.address.kind, spot.address.name)):
        columns[spot.column].append(spot)
    columns = _ordered(columns, links, backwards)
    return Layout(columns, _heights(columns, links, backwards, passage), links)


def _column_of(graph: "networkx.DiGraph[Address]") -> dict[Address, int]:
    """The column of each object: as far left as it can be if nothing refers to it, else next to its first referrer."""
    layers = generations(graph)
    column = {address: place for place, layer in enumerate(layers) for address in layer}
    for layer in reversed(layers):
        for address in layer:
            column[address] = min((column[other] for other in graph.predecessors(address)), default=column[address] + 1)
            column[address] -= 1
    return column


def _links(graph: "networkx.DiGraph[Address]", column: Mapping[Address, int]) -> dict[Spot, list[Spot]]:
    """The links from each spot to those of the next column, with the passages between."""
    links: dict[Spot, list[Spot]] = {Spot(address, place): [] for address, place in column.items()}
    for address in sorted(column):
        referrers = sorted(graph.predecessors(address))
        end = max((column[other] for other in referrers), default=0)
        trunk = Spot(address, column[address])
        for place in range(column[address] + 1, end + 1):
            links[trunk].extend(Spot(other, place) for other in referrers if column[other] == place)
            if place < end:
                passing = Spot(address, place, is_passage=True)
                links[trunk].append(passing)
                links[passing] = []
                trunk = passing
    return links


def _ordered(
    columns: list[list[Spot]], links: Mapping[Spot, Sequence[Spot]], backwards: Mapping[Spot, Sequence[Spot]]
) -> list[list[Spot]]:
    """The columns in the order with the fewest crossings that sweeping to and fro finds."""
    best, fewest = [list(column) for column in columns], _crossings(columns, links)
    for sweep in range(_SWEEPS):
        neighbours = links if sweep % 2 else backwards
        for column in reversed(columns) if sweep % 2 else columns:
            place = {spot: float(row) for other in columns for row, spot in enumerate(other)}
            means = {spot: _mean(neighbours[spot], place, otherwise=place[spot]) for spot in column}
            column.sort(key=means.__getitem__)
        if (count := _crossings(columns, links)) < fewest:
            best, fewest = [list(column) for column in columns], count
    return best


def _mean(spots: Sequence[Spot], place: Mapping[Spot, float], *, otherwise: float) -> float:
    return sum(place[spot] for spot in spots) / len(spots) if spots else otherwise


def _crossings(columns: Sequence[Sequence[Spot]], links: Mapping[Spot, Sequence[Spot]]) -> int:
    count = 0
    for left, right in pairwise(columns):
        row = {spot: number for number, spot in enumerate(right)}
        above: list[int] = []
        for spot in left:
            ends = sorted(row[other] for other in links[spot])
            count += sum(len(above) - bisect_right(above, end) for end in ends)
            for end in ends:
                insort(above, end)
    return count


def _heights(
    columns: Sequence[Sequence[Spot]],
    links: Mapping[Spot, Sequence[Spot]],
    backwards: Mapping[Spot, Sequence[Spot]],
    passage: float,
) -> dict[Spot, float]:
    """The middle of each spot: near the spots that it is linked with, never overlapping, the top one at half a box."""
    y: dict[Spot, float] = {}
    for column in columns:
        y.update(zip(column, _spread([0.0] * len(column), column, passage), strict=True))
    for sweep in range(_SWEEPS):
        for column in reversed(columns) if sweep % 2 else columns:
            wanted = [_mean((*links[spot], *backwards[spot]), y, otherwise=y[spot]) for spot in column]
            y.update(zip(column, _spread(wanted, column, passage), strict=True))
    top = min((y[spot] - _half(spot, passage) for spot in y), default=0.0)
    return {spot: height - top for spot, height in y.items()}


def _half(spot: Spot, passage: float) -> float:
    return (passage if spot.is_passage else 1.0) / 2


def _spread(wanted: Sequence[float], column: Sequence[Spot], passage: float) -> list[float]:
    """The heights nearest to those wanted at which the spots keep their order and do not overlap (least squares)."""
    offsets: list[float] = []
    for number, spot in enumerate(column):
        before = offsets[-1] + _half(column[number - 1], passage) if offsets else 0.0
        offsets.append(before + _half(spot, passage))
    blocks: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=True):
        total, size = want - offset, 1
        while blocks and blocks[-1][0] / blocks[-1][1] >= total / size:
            other, count = blocks.pop()
            total, size = total + other, size + count
        blocks.append((total, size))
    levels = [total / size for total, size in blocks for _ in range(size)]
    return [level + offset for level, offset in zip(levels, offsets, strict=True)]
