"""Shadowed rules: those that one earlier rule covers, those that several cover together, and newly shadowed ones."""

import ipaddress
import random
from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.model.covering import covered_rules
from reconciler.model.resource import Estate, Resource
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
    """The note stands in the plan, with the rules that take everything."""
    net = Resource(Address("VSlice", "fleet-net"), {"subnets": ["100.64.0.0/16"]})

    def policy(*rules: dict[str, Any]) -> Resource:
        return Resource(Address("RoutingPolicy", "fleet-rules"), {"vslice": "fleet-net", "rules": list(rules)})

    plan = paper.plan_of(Estate([net, policy(LOW, ALL)]), Estate([net, policy(LOW, HIGH, ALL)]))
    text = "rule all can never match: low and high together take everything (new with this change) (D-35)"
    assert [change.notes for change in plan.changes] == [(text,)]


def test_a_note_on_shadowed_rules_is_not_believed() -> None:
    """A plan that is read from a file gets its notes on shadowed rules from before and after."""
    net = Resource(Address("VSlice", "fleet-net"), {"subnets": ["100.64.0.0/16"]})
    after = Resource(Address("RoutingPolicy", "fleet-rules"), {"vslice": "fleet-net", "rules": [LOW, HIGH, ALL]})
    plan = paper.plan_of(Estate([net]), Estate([net, after]))
    (change,) = plan.changes
    forged = replace(plan, changes=(replace(change, notes=("rule low can never match: x takes everything (D-35)",)),))
    assert derived(forged).changes == plan.changes
    assert len(change.notes) == 1
    for rules in ([1], [{"name": "a"}], [LOW, {**HIGH, "match": {"destination": "x"}}], "none"):
        assert with_shadows(replace(change, after={"rules": rules})) == ()


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
