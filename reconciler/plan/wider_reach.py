"""
How far newly allowed traffic reaches: wide networks, default routes, and address space that an edit widens. Pure.

A hole does not make a network narrow, and neither does writing it in pieces: a network of /8 is reached when more than
half of its addresses are, and many small ones count as a /8 when they have as many addresses as one.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from reconciler.model.traffic.boxes import DESTINATION, SOURCE, Box, union_length
from reconciler.model.traffic.outcomes import Category
from reconciler.model.traffic.packets import DIRECTIONS
from reconciler.plan.canonical_json import digest
from reconciler.plan.traffic import PolicyPair

_WIDE_BITS = 24
_WIDE = 1 << _WIDE_BITS
_DEFAULT = 1 << 31
"""So many addresses are a default route: half of IPv4."""
_UPLINK, _DOWNLINK = (1 << place for place in range(len(DIRECTIONS)))


class ReachMark(StrEnum):
    """
    A property of newly allowed traffic that a reviewer has to see.

    | mark | when |
    |---|---|
    | new default route | uplink traffic reaches half of all addresses or more |
    | network of /8 or wider | uplink traffic reaches such a destination, or downlink traffic comes from such a source |
    | not determined | a part of the difference is not known; it counts as wide |
    """

    DEFAULT = "new default route"
    WIDE = "network of /8 or wider"
    UNKNOWN = "not determined"


def marks_of(pair: PolicyPair) -> tuple[ReachMark, ...]:
    """The marks of the traffic that a pair of policies newly allows."""
    boxes = tuple(pair.difference.of(Category.NEWLY_ALLOWED))
    destinations = _intervals(boxes, _UPLINK, DESTINATION)
    found = []
    if union_length(destinations) >= _DEFAULT:
        found.append(ReachMark.DEFAULT)
    if _is_wide(destinations) or _is_wide(_intervals(boxes, _DOWNLINK, SOURCE)):
        found.append(ReachMark.WIDE)
    if pair.difference.undetermined:
        found.append(ReachMark.UNKNOWN)
    return tuple(found)


def fingerprint_of(pair: PolicyPair) -> str:
    """The newly allowed and the undetermined traffic of a pair, as one word: other traffic has another one."""
    found = pair.difference
    allowed = [[str(one.after), one.boxes] for one in found.changed if one.category is Category.NEWLY_ALLOWED]
    unknown = [[one.reason, one.boxes] for one in found.undetermined]
    return digest({"gateways": found.space.gateways, "allowed": allowed, "unknown": unknown})


def _intervals(boxes: Iterable[Box], direction: int, axis: int) -> list[tuple[int, int]]:
    return [(box[axis], box[axis + 1]) for box in boxes if box[0] & direction]


def _is_wide(intervals: Sequence[tuple[int, int]]) -> bool:
    """Whether addresses are as many as a /8 has, or more than half of one /8."""
    if union_length(intervals) >= _WIDE:
        return True
    # All of them are fewer than a /8 has, so that an interval lies in two of those at most.
    parts: dict[int, list[tuple[int, int]]] = {}
    for first, last in intervals:
        for block in range(first >> _WIDE_BITS, (last >> _WIDE_BITS) + 1):
            low = block << _WIDE_BITS
            parts.setdefault(block, []).append((max(first, low), min(last, low + _WIDE - 1)))
    return any(union_length(part) > _WIDE // 2 for part in parts.values())
