"""The difference of two policies: exact, by category, in few boxes, and never silent about what it does not know."""

import random
from typing import Any

import pytest

from reconciler.model.traffic.difference import OUT_OF_WORK, TrafficDifference, difference
from reconciler.model.traffic.outcomes import Category
from reconciler.model.traffic.policies import policy_of


def _difference(before: Any, after: Any, **options: Any) -> TrafficDifference:
    return difference(policy_of(before), policy_of(after), **options)


def _rule(action: str = "forward", direction: str = "uplink", **others: Any) -> dict[str, Any]:
    """A rule; what is no member of a rule is one of its match."""
    own = {n: others.pop(n) for n in ("target", "divert", "reflexive", "regionalGateway", "enabled") if n in others}
    target: dict[str, Any] = {"target": "dc-london"} if action == "forward" else {}
    return {"name": "a-rule", "direction": direction, "action": action, "match": others} | target | own


CATEGORIES: dict[Category, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    Category.NEWLY_ALLOWED: ([], [_rule()]),
    Category.NOW_DROPPED: ([_rule()], [_rule("drop")]),
    Category.ANOTHER_TARGET: ([_rule()], [_rule(target="dc-paris")]),
    Category.ANOTHER_DIVERT: ([_rule()], [_rule(divert={"ip": "10.0.0.9"})]),
    Category.ANSWERS_ALLOWED: ([_rule()], [_rule(reflexive=True)]),
    Category.ANSWERS_DROPPED: ([_rule(reflexive=True)], [_rule()]),
}


@pytest.mark.parametrize("category", Category)
def test_each_category_has_its_packets(category: Category) -> None:
    """One rule that is edited gives one box in the category of the edit."""
    found = _difference(*CATEGORIES[category])
    ends = (0, 2**32 - 1, 0, 2**32 - 1, 0, 65535, 0, 65535)
    assert [(one.categories, one.boxes) for one in found.changed] == [((category,), ((1, 1, 15, *ends),))]
    assert list(found.of(category)) == [(1, 1, 15, *ends)]


def test_a_packet_may_differ_in_several_ways() -> None:
    """The most important category comes first, and the others are not left out."""
    (one,) = _difference([_rule()], [_rule(target="dc-paris", divert={"port": 53}, reflexive=True)]).changed
    assert one.categories == (Category.ANOTHER_TARGET, Category.ANOTHER_DIVERT, Category.ANSWERS_ALLOWED)
    assert one.category is Category.ANOTHER_TARGET
    (one,) = _difference([_rule()], [_rule("reflect")]).changed
    assert one.categories == (Category.ANOTHER_TARGET,)


WITHOUT_EFFECT: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    "two rules of different networks change places": (
        [_rule(destination="10.0.0.0/8"), _rule("drop", destination="11.0.0.0/8")],
        [_rule("drop", destination="11.0.0.0/8"), _rule(destination="10.0.0.0/8")],
    ),
    "two rules of different protocols change places": (
        [_rule(protocol="tcp"), _rule("drop", protocol="udp")],
        [_rule("drop", protocol="udp"), _rule(protocol="tcp")],
    ),
    "a rule is split in two halves": (
        [_rule(destination="10.0.0.0/8")],
        [_rule(destination="10.128.0.0/9"), _rule(destination="10.0.0.0/9")],
    ),
    "the drop at the end is written down": ([_rule(protocol="tcp")], [_rule(protocol="tcp"), _rule("drop")]),
    "a rule is renamed": ([_rule()], [{**_rule(), "name": "another", "description": "text"}]),
    "a disabled rule goes": ([_rule(enabled=False)], []),
    "a gateway is written in capitals": ([_rule(regionalGateway="europe")], [_rule(regionalGateway="Europe")]),
    "a reference is written as one to what exists": ([_rule()], [_rule(target="existing:dc-london")]),
    "all gateways and the other ones are the whole": (
        [_rule(regionalGateway="europe"), _rule()],
        [_rule()],
    ),
    "ports of a protocol without ports match nothing": ([], [_rule(protocol="icmp", destinationPorts="80")]),
    "host bits of a network say nothing": ([_rule(source="10.0.0.7/8")], [_rule(source="10.0.0.0/8")]),
    "a shadowed rule with unknown words goes": ([_rule(), _rule(protocol="sctp")], [_rule()]),
    "a rule with unknown words and the outcome of what is below it": ([], [_rule("drop", protocol="sctp")]),
}


@pytest.mark.parametrize("case", WITHOUT_EFFECT)
def test_a_change_without_effect_is_no_change_of_traffic(case: str) -> None:
    """No packet is in the difference, and nothing is left undetermined."""
    before, after = WITHOUT_EFFECT[case]
    assert _difference(before, after).is_none
    assert _difference(after, before).is_none


UNKNOWN: dict[str, dict[str, Any]] = {
    "a protocol": _rule(protocol="sctp", destination="10.0.0.0/8"),
    "a protocol with ports": _rule(protocol="tcp-udp", destinationPorts="80", destination="10.0.0.0/8"),
    "an address": _rule(source="2001:db8::/32", destination="10.0.0.0/8"),
    "an address that is no text": _rule(source=10, destination="10.0.0.0/8"),
    "a port": _rule(protocol="tcp", destinationPorts="http", destination="10.0.0.0/8"),
    "a range that falls": _rule(protocol="tcp", destinationPorts="90-80", destination="10.0.0.0/8"),
    "a truth as a port": _rule(protocol="tcp", destinationPorts=True, destination="10.0.0.0/8"),
    "a port beyond the last": _rule(protocol="tcp", sourcePorts="65536", destination="10.0.0.0/8"),
    "more ranges than anybody writes": _rule(protocol="tcp", sourcePorts="1," * 40 + "2", destination="10.0.0.0/8"),
    "a member of the match": _rule(dscp=46, destination="10.0.0.0/8"),
    "a member of the rule": {**_rule(destination="10.0.0.0/8"), "schedule": "night"},
    "a member of the divert": _rule(divert={"host": "a"}, destination="10.0.0.0/8"),
    "a divert of another form": _rule(divert="10.0.0.1", destination="10.0.0.0/8"),
    "a gateway of another form": _rule(regionalGateway=["europe"], destination="10.0.0.0/8"),
    "enabled of another form": _rule(enabled="sometimes", destination="10.0.0.0/8"),
    "reflexive of another form": _rule(reflexive="both", destination="10.0.0.0/8"),
    "an action": _rule("mirror", destination="10.0.0.0/8"),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_an_unknown_word_or_form_makes_its_part_not_determined(case: str) -> None:
    """The part is what the known words of the rule allow; the rest of the difference is given all the same."""
    before, after = [_rule("drop", direction="downlink")], [UNKNOWN[case], _rule(direction="downlink")]
    found = _difference(before, after)
    assert [(box[0], *box[5:7]) for one in found.undetermined for box in one.boxes] == [(1, 10 << 24, (11 << 24) - 1)]
    assert [(one.category, [box[0] for box in one.boxes]) for one in found.changed] == [(Category.NEWLY_ALLOWED, [2])]
    assert _difference([*after, *before], [*after, *before]).is_none


def test_a_direction_that_is_unknown_may_be_each() -> None:
    """Both directions are not determined."""
    (one,) = _difference([], [_rule(direction="sideways")]).undetermined
    assert [box[0] for box in one.boxes] == [3]
    assert "'sideways'" in one.reason


@pytest.mark.parametrize("rules", ["none", 7, [1], {"a": 1}])
def test_rules_of_another_form_are_not_determined(rules: Any) -> None:
    """Nothing is known of any packet."""
    found = _difference([], rules)
    assert not found.changed
    assert [box for one in found.undetermined for box in one.boxes] == [found.space.everything]


def test_a_rule_with_unknown_words_above_hides_only_what_differs_below_it() -> None:
    """Both policies have it, so it changes nothing where the rules below agree, and may where they do not."""
    strange = _rule("drop", protocol="sctp", destination="10.0.0.0/8")
    before, after = [strange, _rule(source="1.1.1.1")], [strange, _rule(source="1.1.1.2")]
    found = _difference(before, after)
    assert {(one.category, box[3]) for one in found.changed for box in one.boxes} == {
        (Category.NOW_DROPPED, 0x01010101),
        (Category.NEWLY_ALLOWED, 0x01010102),
    }
    unknown = [box for one in found.undetermined for box in one.boxes]
    assert [(box[3], box[4], *box[5:7]) for box in unknown] == [(0x01010101, 0x01010102, 10 << 24, (11 << 24) - 1)]


def test_the_effect_of_a_status_that_is_not_active_is_not_known() -> None:
    """A policy that is switched off may drop everything, or let everything through."""
    rules = [_rule()]
    on, off = policy_of(rules, "active"), policy_of(rules, "inactive")
    assert difference(policy_of(rules), on).is_none
    assert difference(off, off).is_none
    assert not difference(on, off).is_none
    assert difference(on, off).changed == ()
    assert difference(off, on).undetermined[0].boxes == (difference(on, off).space.everything,)


def test_past_the_work_budget_the_rest_is_not_determined() -> None:
    """The differences that were found are shown, and the rest is never "no change"."""
    before = [_rule(destination=f"10.{number}.0.0/16") for number in range(200)]
    after = [_rule(destination=f"10.{number}.0.0/16", target="dc-paris") for number in range(200)]
    found = _difference(before, after, budget=20_000)
    (unknown,) = found.undetermined
    assert unknown.reason == OUT_OF_WORK
    shown = {box[5] >> 16 & 255 for one in found.changed for box in one.boxes}
    missing = {box[5] >> 16 & 255 for box in unknown.boxes}
    assert shown | missing == set(range(200))
    assert shown
    assert not _difference(before, after).undetermined
    assert _difference([], [_rule()], budget=0).undetermined[0].reason == OUT_OF_WORK


def test_a_thousand_hostile_rules_end_within_the_work_budget() -> None:
    """Rules that cut each other everywhere end with a part that is not determined, and a part that is."""
    chance = random.Random(1)

    def hostile(number: int) -> dict[str, Any]:
        low, high = sorted(chance.sample(range(1, 65536), 2))
        ports = {"sourcePorts": f"{low}-{high}", "destinationPorts": f"{low // 2 + 1}-{high}"}
        network = f"{chance.randrange(256)}.0.0.0/{chance.randrange(4)}"
        return _rule(protocol="tcp", source=network, destination=network, target=f"target-{number % 7}", **ports)

    found = _difference([hostile(n) for n in range(1000)], [hostile(n) for n in range(1000)], budget=200_000)
    assert found.changed
    assert found.undetermined[-1].reason == OUT_OF_WORK


def test_boxes_are_merged() -> None:
    """A network in 256 pieces, and both protocols with ports, are one box."""
    pieces = [_rule(destination=f"10.{number}.0.0/16", protocol=p) for number in range(256) for p in ("tcp", "udp")]
    (one,) = _difference([], pieces).changed
    assert [(box[2], *box[5:7]) for box in one.boxes] == [(3, 10 << 24, (11 << 24) - 1)]


def test_rules_that_meet_and_change_places_change_what_both_match() -> None:
    """The packets of both get the outcome of the rule that comes first; the others keep theirs."""
    allowed, dropped = _rule(destination="10.0.0.0/8"), _rule("drop", destination="10.1.0.0/16")
    apart = _rule(destination="172.16.0.0/12")
    (one,) = _difference([dropped, allowed, apart], [apart, allowed, dropped]).changed
    assert (one.category, [box[5:7] for box in one.boxes]) == (Category.NEWLY_ALLOWED, [(0x0A010000, 0x0A01FFFF)])
    (one,) = _difference([allowed, dropped, apart], [apart, dropped, allowed]).changed
    assert (one.category, [box[5:7] for box in one.boxes]) == (Category.NOW_DROPPED, [(0x0A010000, 0x0A01FFFF)])
