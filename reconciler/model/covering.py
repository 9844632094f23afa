"""
Which ordered rules can never match because earlier ones, alone or together, take everything (D-35).

A rule is a box: an interval of gateways, protocols, addresses and ports. Earlier rules are cut away from it
piece by piece. A limit keeps that short; beyond it a rule counts as reachable, so every answer is certain.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.model.shadowing import RuleSpec, interval_of_network, interval_of_ports, shadowed_rules

_Box = tuple[tuple[int, int], ...]
_MOST_PIECES = 500
_MOST_CUTS = 200_000
_MOST_MINIMISED = 12


def covered_rules(rules: Sequence[RuleSpec]) -> dict[int, tuple[int, ...]]:
    """Each rule that can never match, with the earlier ones that take what it would, as positions from 0."""
    found: dict[int, tuple[int, ...]] = {place: (by,) for place, by in shadowed_rules(rules)}
    boxes = _boxes(rules)
    left = _MOST_CUTS
    for place, box in boxes.items():
        if place in found:
            continue
        left -= place
        if left <= 0:
            break
        # A rule that never matches itself takes nothing that those before it do not.
        earlier = {p: boxes[p] for p in boxes if p < place and p not in found and _is_same_way(rules, p, place)}
        earlier = {p: other for p, other in earlier.items() if _meet(box, other)}
        if len(earlier) < 2:  # noqa: PLR2004 - several are two at least
            continue
        taken, cuts = _taken(box, earlier)
        left -= cuts
        if taken is not None:
            found[place] = _fewest(box, {p: earlier[p] for p in taken})
    return dict(sorted(found.items()))


def _taken(box: _Box, earlier: Mapping[int, _Box]) -> tuple[tuple[int, ...] | None, int]:
    """The rules that together leave nothing of a box, or None, and how many cuts that took."""
    pieces, taken, cuts = [box], [], 0
    for place, other in earlier.items():
        if not any(_meet(piece, other) for piece in pieces):
            continue
        taken.append(place)
        cuts += len(pieces)
        pieces = [rest for piece in pieces for rest in _without(piece, other)]
        if not pieces:
            return tuple(taken), cuts
        if len(pieces) > _MOST_PIECES:
            break
    return None, cuts


def _fewest(box: _Box, covering: Mapping[int, _Box]) -> tuple[int, ...]:
    """The covering rules without those that the others can do without, the latest first."""
    kept = dict(covering)
    if len(kept) <= _MOST_MINIMISED:
        for place in sorted(covering, reverse=True):
            others = {p: other for p, other in kept.items() if p != place}
            if _taken(box, others)[0] is not None:
                kept = others
    return tuple(sorted(kept))


def _without(box: _Box, other: _Box) -> list[_Box]:
    """The rest of a box outside of another one, as boxes that do not meet."""
    if not _meet(box, other):
        return [box]
    rest, inner = [], list(box)
    for axis, ((low, high), (first, last)) in enumerate(zip(box, other, strict=True)):
        if low < first:
            rest.append((*inner[:axis], (low, first - 1), *inner[axis + 1 :]))
        if last < high:
            rest.append((*inner[:axis], (last + 1, high), *inner[axis + 1 :]))
        inner[axis] = (max(low, first), min(high, last))
    return rest


def _meet(box: _Box, other: _Box) -> bool:
    return all(low <= last and first <= high for (low, high), (first, last) in zip(box, other, strict=True))


def _is_same_way(rules: Sequence[RuleSpec], one: int, other: int) -> bool:
    return bool(rules[one]["direction"] == rules[other]["direction"])


def _boxes(rules: Sequence[RuleSpec]) -> dict[int, _Box]:
    """The enabled rules as boxes; a word is a place of its own, and place 0 is every word that no rule names."""
    enabled = {p: rule for p, rule in enumerate(rules) if rule.get("enabled", True)}
    gateways = _words(rule.get("regionalGateway") for rule in enabled.values())
    protocols = _words((rule.get("match") or {}).get("protocol") for rule in enabled.values())
    return {p: _box(rule, gateways, protocols) for p, rule in enabled.items()}


def _words(found: Any) -> dict[str, int]:
    return {word: place for place, word in enumerate(sorted({word for word in found if word is not None}), start=1)}


def _box(rule: RuleSpec, gateways: Mapping[str, int], protocols: Mapping[str, int]) -> _Box:
    match = rule.get("match") or {}

    def word(value: str | None, places: Mapping[str, int]) -> tuple[int, int]:
        return (0, len(places)) if value is None else (places[value], places[value])

    return (
        word(rule.get("regionalGateway"), gateways),
        word(match.get("protocol"), protocols),
        interval_of_network(match.get("source")),
        interval_of_network(match.get("destination")),
        interval_of_ports(match.get("sourcePorts")),
        interval_of_ports(match.get("destinationPorts")),
    )
