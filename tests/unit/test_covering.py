"""Shadowed rules: those that one earlier rule covers, those that several cover together, and newly shadowed ones."""

import ipaddress
import random
from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.model.covering import covered_rules
from reconciler.model.resource import Resource, Resources
from reconciler.plan.action import Action
from reconciler.plan.change import Change, Reason, ReasonCode
from reconciler.plan.deriving import derived
from reconciler.plan.shadows import with_shadows
from tests.laws import paper


def _rule(name: str, action: str = "drop", **match: Any) -> dict[str, Any]:
    return {"name": name, "direction": "uplink", "action": action, "match": match}


LOW, HIGH = _rule("low", destination="10.0.0.0/9"), _rule("high", destination="10.128.0.0/9")
ALL = _rule("all", destination="10.0.0.0/8")


def test_rules_that_cover_another_one_only_together_shadow_it() -> None:
    """Two halves of a network take all of it; one half does not, and order matters."""
    assert covered_rules([LOW, HIGH, ALL]) == {2: (0, 1)}
    assert covered_rules([LOW, ALL]) == {}
    assert covered_rules([LOW, ALL, HIGH]) == {2: (1,)}
    assert covered_rules([LOW, _rule("other", destination="11.0.0.0/8"), HIGH, ALL]) == {3: (0, 2)}
    assert covered_rules([_rule("tcp", protocol="tcp"), _rule("udp", protocol="udp"), _rule("any")]) == {}
    assert covered_rules([LOW, {**HIGH, "enabled": False}, ALL]) == {}


def test_the_plan_names_shadowed_rules_and_those_that_are_new() -> None:
    """The plan has the note, with the rules that take everything."""
    net = Resource(Address("VSlice", "fleet-net"), {"subnets": ["100.64.0.0/16"]})

    def policy(*rules: dict[str, Any]) -> Resource:
        return Resource(Address("RoutingPolicy", "fleet-rules"), {"vslice": "fleet-net", "rules": list(rules)})

    plan = paper.plan_of(Resources([net, policy(LOW, ALL)]), Resources([net, policy(LOW, HIGH, ALL)]))
    text = "rule all can never match: low and high together take everything (new with this change) (D-35)"
    assert [change.notes for change in plan.changes] == [(text,)]


def test_a_note_on_shadowed_rules_is_not_believed() -> None:
    """A plan that is read from a file gets its notes on shadowed rules from before and after."""
    net = Resource(Address("VSlice", "fleet-net"), {"subnets": ["100.64.0.0/16"]})
    after = Resource(Address("RoutingPolicy", "fleet-rules"), {"vslice": "fleet-net", "rules": [LOW, HIGH, ALL]})
    plan = paper.plan_of(Resources([net]), Resources([net, after]))
    (change,) = plan.changes
    forged = replace(plan, changes=(replace(change, notes=("rule low can never match: x takes everything (D-35)",)),))
    assert derived(forged).changes == plan.changes
    assert len(change.notes) == 1
    for rules in ([1], [{"name": "a"}], [LOW, {**HIGH, "match": {"destination": "x"}}], "none"):
        assert with_shadows(replace(change, after={"rules": rules})) == ()


SHAPES: dict[str, tuple[list[dict[str, Any]], dict[int, tuple[int, ...]]]] = {
    "everything is taken by nothing stated": ([_rule("any"), _rule("web", destination="10.0.0.0/8")], {1: (0,)}),
    "a network of length 0 is everything": ([_rule("any", destination="0.0.0.0/0"), _rule("all")], {1: (0,)}),
    "two halves of everything": (
        [_rule("low", destination="0.0.0.0/1"), _rule("high", destination="128.0.0.0/1"), _rule("all")],
        {2: (0, 1)},
    ),
    "ranges of ports that meet": (
        [
            _rule("low", protocol="tcp", destinationPorts="1-1023"),
            _rule("high", protocol="tcp", destinationPorts="1024-65535"),
            _rule("web", protocol="tcp", destinationPorts="1000-2000"),
            _rule("zero", protocol="tcp", destinationPorts="0"),
            _rule("udp", protocol="udp", destinationPorts="1000-2000"),
        ],
        {2: (0, 1)},
    ),
    "ranges of ports with a gap": (
        [
            _rule("low", protocol="tcp", sourcePorts="0-79"),
            _rule("high", protocol="tcp", sourcePorts="81-65535"),
            _rule("any", protocol="tcp"),
        ],
        {},
    ),
    "by protocol and port together": (
        [
            _rule("tcp", protocol="tcp"),
            _rule("one", protocol="udp", destinationPorts="0-52"),
            _rule("two", protocol="udp", destinationPorts="53-65535"),
            _rule("dns", protocol="udp", destinationPorts="50-60", destination="1.1.1.1"),
        ],
        {3: (1, 2)},
    ),
    "an address within a network": ([_rule("net", source="10.0.0.0/30"), _rule("one", source="10.0.0.3")], {1: (0,)}),
    "another direction": ([_rule("any"), {**_rule("back"), "direction": "downlink"}], {}),
    "a disabled rule neither takes nor is taken": (
        [{**_rule("off"), "enabled": False}, _rule("all"), {**_rule("late"), "enabled": False}],
        {},
    ),
    "a gateway of its own": ([{**_rule("de"), "regionalGateway": "europe"}, _rule("all")], {}),
    "four quarters and a rule between": (
        [
            *(_rule(f"q{n}", destination=f"10.{64 * n}.0.0/10") for n in range(3)),
            _rule("between", destination="10.191.0.0/16"),
            _rule("q3", destination="10.192.0.0/10"),
            ALL,
        ],
        {3: (2,), 5: (0, 1, 2, 4)},
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_of_rules_that_people_write(shape: str) -> None:
    """The covered rules, the rules that cover them, and those that only look so."""
    rules, found = SHAPES[shape]
    assert covered_rules(rules) == found


def test_live_rules_of_another_form_hide_nothing_of_those_that_are_to_be() -> None:
    """Rules on the platform that no manifest could say are read as far as they can be, and the others besides them."""
    address, after = Address("RoutingPolicy", "fleet-rules"), {"rules": [LOW, HIGH, ALL]}
    before = {"rules": [_rule("all", protocol="tcp", destinationPorts="80,443"), LOW, 7, {"name": "strange"}]}
    reason = Reason(ReasonCode.CHANGED, "the manifest differs from the platform")
    change = Change(address, Action.UPDATE, before, after, reason)
    text = "rule all can never match: low and high together take everything (new with this change) (D-35)"
    assert with_shadows(change) == (text,)


def test_a_list_of_ports_takes_each_of_them_and_an_unknown_word_nothing() -> None:
    """Ports may be a list on the platform; a rule of which a part is not known is never said to take everything."""
    several = _rule("several", protocol="tcp", destinationPorts="80, 443")
    assert covered_rules([several, _rule("web", protocol="tcp", destinationPorts="443")]) == {1: (0,)}
    assert covered_rules([several, _rule("ssh", protocol="tcp", destinationPorts="22,80")]) == {}
    ports = [_rule(port, protocol="tcp", destinationPorts=port) for port in ("80", "443")]
    assert covered_rules([*ports, several]) == {2: (0, 1)}
    assert covered_rules([_rule("strange", dscp=46), _rule("web", protocol="tcp")]) == {}
    assert covered_rules([_rule("any"), _rule("strange", dscp=46)]) == {1: (0,)}


def test_the_plan_names_rules_that_can_match_again() -> None:
    """Those that one rule or several together took everything from, and that are still there and enabled."""
    address = Address("RoutingPolicy", "fleet-rules")
    reason = Reason(ReasonCode.CHANGED, "the manifest differs from the platform")

    def notes(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> tuple[str, ...]:
        return with_shadows(Change(address, Action.UPDATE, {"rules": before}, {"rules": after}, reason))

    both, one = "low and high together took", "low took"
    assert notes([LOW, HIGH, ALL], [LOW, ALL]) == (f"rule all can match again: {both} everything before (D-35)",)
    small = _rule("small", destination="10.1.0.0/16")
    assert notes([LOW, small], [small, LOW]) == (f"rule small can match again: {one} everything before (D-35)",)
    assert notes([LOW, HIGH, ALL], [LOW]) == ()
    assert notes([LOW, HIGH, ALL], [LOW, {**ALL, "enabled": False}]) == ()
    assert notes([LOW, HIGH, ALL], [HIGH, LOW, ALL]) == (
        "rule all can never match: high and low together take everything (D-35)",
    )


def test_a_thousand_rules_are_looked_at_within_a_limit() -> None:
    """Beyond the limit a rule counts as reachable; the earlier ones are answered all the same."""
    rules = [_rule(f"r{n}", protocol="tcp", destinationPorts=str(n + 1)) for n in range(1500)]
    found = covered_rules([rules[0], rules[0], *rules[1:], rules[0]])
    assert found == {1: (0,)}


@pytest.mark.parametrize("seed", range(40))
def test_a_rule_that_is_called_shadowed_has_no_packet_of_its_own(seed: int) -> None:
    """Every packet of a small world is tried: the first rule that takes it is never one that is called shadowed."""
    chance = random.Random(seed)
    rules = []
    for number in range(8):
        match: dict[str, Any] = {"destination": f"10.0.0.{chance.choice((0, 2, 4, 6))}/{chance.choice((29, 30, 31))}"}
        match["destination"] = str(ipaddress.ip_network(match["destination"], strict=False))
        if chance.random() < 0.6:
            match["protocol"] = chance.choice(("tcp", "udp"))
        rules.append(_rule(f"r{number}", **match))

    def takes(rule: dict[str, Any], address: int, protocol: str) -> bool:
        match = rule["match"]
        inside = ipaddress.IPv4Address(address) in ipaddress.ip_network(match["destination"])
        return inside and match.get("protocol") in {None, protocol}

    base = int(ipaddress.IPv4Address("10.0.0.0"))
    reached = set()
    for address in range(base, base + 8):
        for protocol in ("tcp", "udp", "icmp"):
            reached |= {next((n for n, rule in enumerate(rules) if takes(rule, address, protocol)), -1)}
    assert set(covered_rules(rules)) == set(range(len(rules))) - reached
