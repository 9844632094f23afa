"""The effect of a plan on traffic: as JSON values with every box, and as text with some of each change."""

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from reconciler.model.traffic.boxes import (
    DESTINATION,
    DESTINATION_PORTS,
    LAST_ADDRESS,
    LAST_PORT,
    SOURCE,
    SOURCE_PORTS,
    Box,
)
from reconciler.model.traffic.difference import TrafficDifference
from reconciler.model.traffic.outcomes import Category
from reconciler.model.traffic.packets import DIRECTIONS, PROTOCOLS, Space
from reconciler.plan.plan import Plan
from reconciler.plan.shadows import shadowed_rules
from reconciler.plan.traffic import PolicyPair, sims_of
from reconciler.plan.wider_reach import ReachMark, marks_of
from reconciler.reports.diagnostics import escaped
from reconciler.reports.plan_view import TrafficEffect
from reconciler.reports.style import Paint, plain

MOST_BOXES = 10
"""The boxes of one change that a text shows; JSON has all of them."""
MOST_EFFECTS = 50
"""The effects that a text shows, the most dangerous first."""
MOST_UNKNOWN = 3
"""So many of them at most are those that are not determined."""
TITLE = "Effect on traffic (of new flows: the state of flows is not modelled)"
NO_CHANGE = "no traffic changes"
_MOST_CAUSES = 5
_SIGNS = {Category.NEWLY_ALLOWED: "+", Category.NOW_DROPPED: "-"}
_STYLES = {"+": "add", "-": "remove", "~": "change", "?": "change", "!": "remove"}


def traffic_document(pairs: Iterable[PolicyPair], plan: Plan) -> list[dict[str, Any]]:
    """Every pair of policies of a plan with every box, as JSON values: computed, and no member of a plan file."""
    return [_pair_document(pair, plan) for pair in pairs]


def shadow_document(plan: Plan) -> list[dict[str, Any]]:
    """Every rule that can never match after the plan, and those that can again, as JSON values."""
    return [
        {
            "address": str(change.address),
            "rule": one.name,
            "by": list(one.by),
            "isNew": one.is_new,
            "isOver": one.is_over,
        }
        for change in plan.changes
        for one in shadowed_rules(change)
    ]


def _pair_document(pair: PolicyPair, plan: Plan) -> dict[str, Any]:
    space = pair.difference.space
    return {
        "before": pair.before,
        "after": pair.after,
        "causes": list(pair.causes),
        "groups": list(pair.groups),
        "sims": sims_of([pair], plan),
        "marks": [mark.value for mark in marks_of(pair)],
        "noTrafficChanges": pair.difference.is_none,
        "changed": [
            {
                "categories": [category.value for category in one.categories],
                "before": str(one.before),
                "after": str(one.after),
                "boxes": [_box_document(box, space) for box in one.boxes],
            }
            for one in pair.difference.changed
        ],
        "notDetermined": [
            {"reason": one.reason, "boxes": [_box_document(box, space) for box in one.boxes]}
            for one in pair.difference.undetermined
        ],
    }


def _box_document(box: Box, space: Space) -> dict[str, Any]:
    def addresses(axis: int) -> dict[str, str]:
        first, last = (str(ipaddress.IPv4Address(address)) for address in box[axis : axis + 2])
        return {"first": first, "last": last}

    def ports(axis: int) -> dict[str, int]:
        return {"first": box[axis], "last": box[axis + 1]}

    return {
        "text": box_text(box, space),
        "directions": list(_named(box[0], DIRECTIONS)),
        "gateways": list(_named(box[1], space.words)),
        "protocols": list(_named(box[2], PROTOCOLS)),
        "source": addresses(SOURCE),
        "destination": addresses(DESTINATION),
        "sourcePorts": ports(SOURCE_PORTS),
        "destinationPorts": ports(DESTINATION_PORTS),
    }


def _named(mask: int, words: Sequence[str]) -> Iterator[str]:
    return (word for place, word in enumerate(words) if mask >> place & 1)


def box_text(box: Box, space: Space) -> str:
    """A box in a few words; an axis that is not bounded is left out, but for the destination."""
    words = [" and ".join(_named(box[0], DIRECTIONS)), _choice(box[2], PROTOCOLS, "any protocol")]
    if box[1] != space.every_gateway:
        words.append(f"gateway {_choice(box[1], space.words, '')}")
    source, destination = _end(box, SOURCE, SOURCE_PORTS), _end(box, DESTINATION, DESTINATION_PORTS)
    return f"{', '.join(words)}, {source} -> {destination}"


def _choice(mask: int, words: Sequence[str], every: str) -> str:
    inside, outside = [*_named(mask, words)], [*_named(~mask, words)]
    if not outside:
        return every
    return f"any but {', '.join(outside)}" if words[-1] in inside else ", ".join(inside)


def _end(box: Box, addresses: int, ports: int) -> str:
    text = _network(box[addresses], box[addresses + 1])
    low, high = box[ports], box[ports + 1]
    if (low, high) == (0, LAST_PORT):
        return text
    return f"{text} port {low}" if low == high else f"{text} ports {low}-{high}"


def _network(first: int, last: int) -> str:
    if (first, last) == (0, LAST_ADDRESS):
        return "any"
    low, high = ipaddress.IPv4Address(first), ipaddress.IPv4Address(last)
    networks = list(ipaddress.summarize_address_range(low, high))
    if first == last:
        return str(low)
    return str(networks[0]) if len(networks) == 1 else f"{low}-{high}"


def traffic_effects(pairs: Iterable[PolicyPair], plan: Plan) -> Iterator[TrafficEffect]:
    """
    Every effect on traffic of a plan, the most dangerous first, in words that are not escaped yet.

    Default routes come before wide networks, those before what is not determined, and each by the number of SIMs.
    """
    alike: dict[tuple[bool, TrafficDifference], list[PolicyPair]] = {}
    for pair in pairs:
        alike.setdefault((pair.is_edit, pair.difference), []).append(pair)
    counted = [(_danger(members[0]), -sims_of(members, plan), members) for members in alike.values()]
    for _, sims, members in sorted(counted, key=lambda one: one[:2]):
        heads = [_head(pair) for pair in members]
        more = f" and {len(heads) - _MOST_CAUSES} more" if len(heads) > _MOST_CAUSES else ""
        yield TrafficEffect(", ".join(heads[:_MOST_CAUSES]) + more, -sims, tuple(_lines(members[0])))


def _danger(pair: PolicyPair) -> int:
    order = [*ReachMark]
    return min((order.index(mark) for mark in marks_of(pair)), default=len(order))


def unknown_traffic(pairs: Iterable[PolicyPair]) -> Iterator[str]:
    """A sentence for each pair of policies of which a part is not determined."""
    for pair in pairs:
        if pair.difference.undetermined:
            reasons = [one.reason for one in pair.difference.undetermined][:MOST_UNKNOWN]
            yield f"a part of the effect on traffic, {_head(pair)}: {'; '.join(reasons)}"


def traffic_text(effects: Sequence[TrafficEffect], paint: Paint = plain, *, most: int = MOST_EFFECTS) -> str:
    """The effects on traffic as one block of text, `most` of them; empty without any."""
    lines = []
    for effect in effects[:most]:
        lines.append(f"  {escaped(effect.title)}: {paint(_sims(effect.sims), 'strong')}")
        lines += [f"      {paint(line[0], _STYLES.get(line[0], 'note'))}{escaped(line[1:])}" for line in effect.lines]
    if left := effects[most:]:
        lines.append(
            f"  and {len(left):,} effects more, on {_sims(sum(one.sims for one in left))} at most; JSON lists them"
        )
    return "\n".join([paint(TITLE, "strong"), *lines]) if lines else ""


def _lines(pair: PolicyPair) -> Iterator[str]:
    found = pair.difference
    if found.is_none:
        yield f"= {NO_CHANGE}"
        return
    marks = marks_of(pair)
    if ReachMark.DEFAULT in marks:
        yield "! a new default route: uplink traffic to half of all addresses or more is newly allowed"
    elif ReachMark.WIDE in marks:
        yield "! a network of /8 or wider is newly allowed"
    # One line for each reason, with the first of its packets.
    unknown = [f"? not determined: {box_text(one.boxes[0], found.space)} ({one.reason})" for one in found.undetermined][
        :MOST_UNKNOWN
    ]
    changed = [
        f"{_SIGNS.get(one.category, '~')} {', '.join(one.categories)}: {box_text(box, found.space)} "
        f"({one.before} => {one.after})"
        for one in found.changed
        for box in one.boxes
    ]
    shown = changed[: MOST_BOXES - len(unknown)]
    yield from (*unknown, *shown)
    if left := sum(1 for _ in found.boxes) - len(unknown) - len(shown):
        yield f". and {left:,} more, which --output json lists"


def _head(pair: PolicyPair) -> str:
    if pair.is_edit:
        return f"routing policy {pair.after}"
    causes = " and ".join(pair.causes[:_MOST_CAUSES])
    more = f" and {len(pair.causes) - _MOST_CAUSES} more" if len(pair.causes) > _MOST_CAUSES else ""
    return f"{causes}{more}, from routing policy {pair.before or '(none)'} to {pair.after or '(none)'}"


def _sims(count: int) -> str:
    return f"{count:,} SIM{'' if count == 1 else 's'}"
