"""
Which ordered rules can never match because earlier ones, alone or together, take everything (D-35).

A rule is a few boxes of packets, from which those of earlier rules are cut away. A limit keeps that short; beyond it a
rule counts as reachable, so every answer is certain. A rule with unknown words takes nothing for certain.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.model.traffic.boxes import Box, Budget, meet, meeting, subtracted
from reconciler.model.traffic.packets import Space
from reconciler.model.traffic.policies import boxes_of, rule_of

_MOST_COMPARISONS = 1_000_000
_MOST_PIECES = 500
_MOST_MINIMISED = 12

Boxes = tuple[Box, ...]
"""The packets that a rule matches."""


def covered_rules(rules: Sequence[Any]) -> dict[int, tuple[int, ...]]:
    """Each rule that can never match, with the earlier ones that take its packets, as positions from 0."""
    read = {place: found for place, rule in enumerate(rules) if (found := rule_of(rule)) is not None}
    space = Space.of(gateway for rule in read.values() for gateway in rule.gateways)
    taking: dict[int, Boxes] = {}
    flat: list[tuple[Box, int]] = []
    covered: dict[int, tuple[int, ...]] = {}
    budget = Budget(_MOST_COMPARISONS)
    for place, rule in read.items():
        boxes = tuple(boxes_of(rule, space))
        if not budget.spend(len(flat) * len(boxes)):
            break
        met = sorted({p for own in boxes for _, p in meeting(own, flat)})
        earlier = {p: taking[p] for p in met}
        if by := _alone(boxes, earlier) or _together(boxes, earlier, budget):
            # A rule that never matches itself takes nothing that those before it do not.
            covered[place] = by
        elif rule.is_certain:
            taking[place] = boxes
            flat += [(box, place) for box in boxes]
    return covered


def _alone(boxes: Boxes, earlier: Mapping[int, Boxes]) -> tuple[int, ...]:
    """The first earlier rule that takes all packets by itself."""
    found = (place for place, other in earlier.items() if not any(subtracted(box, other) for box in boxes))
    return tuple([*found][:1])


def _together(boxes: Boxes, earlier: Mapping[int, Boxes], budget: Budget) -> tuple[int, ...]:
    """The earlier rules that only together take all packets, without those that can be done without, latest first."""
    taken = _taken(boxes, earlier, budget)
    if len(taken) <= _MOST_MINIMISED:
        for place in reversed(taken):
            others = {p: earlier[p] for p in taken if p != place}
            if _taken(boxes, others, budget):
                taken = tuple(others)
    return taken


def _taken(boxes: Boxes, earlier: Mapping[int, Boxes], budget: Budget) -> tuple[int, ...]:
    """The rules that together leave no packet, in order; none if some are left, or too many pieces of them."""
    pieces, taken = [*boxes], []
    for place, other in earlier.items():
        if not budget.spend(len(pieces) * len(other)) or len(pieces) > _MOST_PIECES:
            return ()
        if any(meet(piece, box) for piece in pieces for box in other):
            taken.append(place)
            pieces = [rest for piece in pieces for rest in subtracted(piece, other)]
        if not pieces:
            return tuple(taken)
    return ()
