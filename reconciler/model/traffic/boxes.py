"""
Boxes of packets: three sets of words as bit masks, and four intervals of numbers; subtraction and merging.

A box is a plain tuple, because millions of them are compared: masks of directions, gateways and protocols, then first
and last source address, destination address, source port and destination port. Ports exist for tcp and udp only: a
box that is bounded in ports has no other protocol, so the ports of other packets never matter.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

L = TypeVar("L", bound=tuple[Any, ...])
Box = tuple[int, ...]
"""Eleven numbers: directions, gateways, protocols; then first and last of source, destination, and their ports."""

LAST_ADDRESS = (1 << 32) - 1
LAST_PORT = (1 << 16) - 1
SOURCE, DESTINATION, SOURCE_PORTS, DESTINATION_PORTS = 3, 5, 7, 9
_MASKS = (0, 1, 2)
# Networks are cut before ports: rules differ in networks more often, so that the first piece is often the only one.
_INTERVALS = (DESTINATION, SOURCE, DESTINATION_PORTS, SOURCE_PORTS)


@dataclass(slots=True)
class Budget:
    """The comparisons of boxes that may still be made; `spend` says whether there were enough."""

    left: int

    @property
    def is_spent(self) -> bool:
        """Whether more comparisons were asked for than there were."""
        return self.left < 0

    def spend(self, comparisons: int) -> bool:
        """Take so many comparisons; False when there are not so many left, from then on always."""
        self.left -= comparisons
        return self.left >= 0


def meet(one: Box, other: Box) -> bool:
    """Whether two boxes have a packet in common."""
    return bool(
        one[5] <= other[6]
        and other[5] <= one[6]
        and one[0] & other[0]
        and one[1] & other[1]
        and one[2] & other[2]
        and one[3] <= other[4]
        and other[3] <= one[4]
        and one[9] <= other[10]
        and other[9] <= one[10]
        and one[7] <= other[8]
        and other[7] <= one[8]
    )


def meeting(box: Box, labelled: Iterable[L]) -> list[L]:
    """Those of many labelled boxes that meet a box, in their order; the box comes first in each of them."""
    directions, gateways, protocols, low, high, first, last, a, b, c, d = box
    # The same as `meet`, without a call for each of them: nearly all time of a comparison is spent here.
    return [
        one
        for one in labelled
        if (other := one[0])[6] >= first
        and other[5] <= last
        and other[10] >= c
        and other[9] <= d
        and other[0] & directions
        and other[2] & protocols
        and other[1] & gateways
        and other[4] >= low
        and other[3] <= high
        and other[8] >= a
        and other[7] <= b
    ]


def common(one: Box, other: Box) -> Box:
    """The packets that are in both of two boxes that meet."""
    return (
        one[0] & other[0],
        one[1] & other[1],
        one[2] & other[2],
        max(one[3], other[3]),
        min(one[4], other[4]),
        max(one[5], other[5]),
        min(one[6], other[6]),
        max(one[7], other[7]),
        min(one[8], other[8]),
        max(one[9], other[9]),
        min(one[10], other[10]),
    )


def without(box: Box, other: Box) -> list[Box]:
    """The packets of a box that are not in another one that it meets, in boxes that do not meet."""
    rest: list[Box] = []
    inner = list(box)
    for axis in _MASKS:
        if outside := box[axis] & ~other[axis]:
            rest.append(_replaced(inner, axis, outside))
            inner[axis] = box[axis] & other[axis]
    for first in _INTERVALS:
        last = first + 1
        if box[first] < other[first]:
            rest.append(_replaced(inner, last, other[first] - 1))
            inner[first] = other[first]
        if box[last] > other[last]:
            rest.append(_replaced(inner, first, other[last] + 1))
            inner[last] = other[last]
    return rest


def _replaced(members: list[int], axis: int, value: int) -> Box:
    changed = members.copy()
    changed[axis] = value
    return tuple(changed)


def subtracted(box: Box, others: Iterable[Box]) -> list[Box]:
    """The packets of a box that are in none of the others, as boxes that do not meet."""
    pieces = [box]
    for other in others:
        pieces = [rest for piece in pieces for rest in (without(piece, other) if meet(piece, other) else (piece,))]
    return pieces


def size(box: Box) -> int:
    """The packets in a box; one without ports counts once for each pair of ports that it does not have."""
    count = box[0].bit_count() * box[1].bit_count() * box[2].bit_count()
    for first in _INTERVALS:
        count *= box[first + 1] - box[first] + 1
    return count


def merged(boxes: Iterable[Box]) -> tuple[Box, ...]:
    """
    The same packets in fewer boxes, sorted. The boxes must not meet, and the result does not either.

    Neighbours that differ on one axis become one, axis after axis, until nothing changes: not always the fewest
    boxes that there are, and always the same ones for the same boxes.
    """
    found, count = list(boxes), -1
    while count != len(found):
        count = len(found)
        for axis in _MASKS:
            found = _merged_mask(found, axis)
        for first in _INTERVALS:
            found = _merged_interval(found, first)
    return tuple(sorted(found))


def _merged_mask(boxes: list[Box], axis: int) -> list[Box]:
    groups: dict[Box, int] = {}
    for box in boxes:
        rest = box[:axis] + box[axis + 1 :]
        groups[rest] = groups.get(rest, 0) | box[axis]
    if len(groups) == len(boxes):
        return boxes
    return [(*rest[:axis], mask, *rest[axis:]) for rest, mask in groups.items()]


def _merged_interval(boxes: list[Box], first: int) -> list[Box]:
    groups: dict[Box, list[Box]] = {}
    for box in boxes:
        groups.setdefault(box[:first] + box[first + 2 :], []).append(box)
    if len(groups) == len(boxes):
        return boxes
    return [box for group in groups.values() for box in (group if len(group) == 1 else _joined(group, first))]


def _joined(boxes: list[Box], first: int) -> Iterator[Box]:
    """Boxes that differ on one axis only, those that touch as one."""
    boxes.sort()
    kept = boxes[0]
    for box in boxes[1:]:
        if box[first] == kept[first + 1] + 1:
            kept = kept[: first + 1] + box[first + 1 :]
        else:
            yield kept
            kept = box
    yield kept


def union_length(intervals: Iterable[tuple[int, int]]) -> int:
    """The numbers that are in any of these intervals, each counted once."""
    total, end = 0, -1
    for first, last in sorted(intervals):
        if last > end:
            total += last - max(first, end + 1) + 1
            end = last
    return total
