"""The way of packets through one policy: the rule that decides one, and what a whole group may reach."""

import random
from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.traffic.difference import OUT_OF_WORK
from reconciler.model.traffic.flow import allowed, outcomes_of, trace
from reconciler.model.traffic.outcomes import DROP, PacketOutcome
from reconciler.model.traffic.packets import EVERYTHING, OTHER, Packet, Space, Traffic, network
from reconciler.model.traffic.policies import policy_of
from tests.unit.model.traffic import packets_on_paper as paper

POLICY = policy_of(
    [
        {"name": "no-lab", "direction": "uplink", "action": "drop", "match": {"destination": "10.9.0.0/16"}},
        {
            "name": "https",
            "direction": "uplink",
            "action": "forward",
            "target": "dc-london",
            "regionalGateway": "europe",
            "match": {"destination": "10.0.0.0/8", "protocol": "tcp", "destinationPorts": "443"},
        },
    ]
)
WEB = Packet("uplink", "Europe", "tcp", "100.64.0.1", "10.1.2.3", 50000, 443)


def test_a_packet_is_decided_by_the_first_rule_that_matches() -> None:
    """The rule is named with its outcome; without one the packet is dropped by none."""
    found = trace(POLICY, WEB)
    assert (found.rule, found.outcome, found.unknown) == ("https", PacketOutcome("forward", "dc-london"), "")
    assert trace(POLICY, replace(WEB, destination="10.9.0.1")).rule == "no-lab"
    elsewhere = trace(POLICY, replace(WEB, gateway=OTHER))
    assert (elsewhere.rule, elsewhere.outcome) == (None, DROP)
    pinged = trace(POLICY, replace(WEB, protocol="icmp", source_port=None, destination_port=None))
    assert (pinged.rule, pinged.outcome) == (None, DROP)


@pytest.mark.parametrize(
    "wrong", [{"protocol": "sctp"}, {"direction": "up"}, {"source_port": None}, {"destination_port": 65536}]
)
def test_a_packet_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    """A misspelt word is no packet that no rule matches."""
    with pytest.raises(ValueError, match=r"."):
        trace(POLICY, replace(WEB, **wrong))


def test_each_packet_goes_where_the_evaluator_sends_it() -> None:
    """Rule by rule, for packets at the cut points of random policies."""
    for number in range(30):
        chance = random.Random(number)
        rules = [paper.random_rule(chance, place) for place in range(6)]
        policy = policy_of(rules)
        for packet in paper.packets(rules, chance, 20):
            source, destination = map(paper.text_of, (packet.source, packet.destination))
            ports = (None if port < 0 else port for port in (packet.source_port, packet.destination_port))
            found = trace(policy, Packet(*packet[:3], source, destination, *ports))
            outcome = (found.outcome.action, found.outcome.target, found.outcome.divert, found.outcome.reflexive)
            assert outcome == paper.outcome(rules, packet)
            names = [one["name"] for one in rules if one.get("enabled", True) and paper.matches(one, packet)]
            assert found.rule == (names[0] if names else None)


def test_a_group_of_packets_that_may_pass_has_a_counter_example() -> None:
    """A network that nothing reaches has none; one that is reached has the packet that reaches it."""
    assert allowed(POLICY, Traffic(direction="uplink", destination=network("10.9.0.0/16"))).is_none
    found = allowed(POLICY, Traffic(direction="uplink", destination=network("10.0.0.0/8")))
    assert str(found.examples[0]) == "uplink by europe gateway, tcp 0.0.0.0:0 -> 10.0.0.0:443"
    assert [trace(POLICY, packet).rule for packet in found.examples] == ["https"] * len(found.examples)
    assert allowed(POLICY, Traffic(gateway="usa")).is_none
    assert allowed(POLICY, Traffic(protocol="icmp", source_ports=(1, 2))).is_none


def test_a_target_may_be_asked_for() -> None:
    """Only packets that go there count."""
    whole = Traffic(direction="uplink")
    assert allowed(POLICY, whole, is_meant=lambda outcome: outcome.target == "dc-paris").is_none
    assert not allowed(POLICY, whole, is_meant=lambda outcome: outcome.target == "dc-london").is_none


def test_a_rule_with_unknown_words_makes_an_answer_uncertain() -> None:
    """It may let a packet pass, so "nothing passes" is not said."""
    strange = {"name": "x", "direction": "uplink", "action": "forward", "target": "a", "match": {"dscp": 46}}
    policy = policy_of([strange])
    found = allowed(policy, EVERYTHING)
    assert (found.examples, [why for _, why in found.undetermined]) == ((), ["not known here: the member match.dscp"])
    assert not found.is_none
    assert trace(policy, WEB).unknown == "not known here: the member match.dscp"
    mirrored = policy_of([{**strange, "action": "mirror", "match": {}}])
    assert trace(mirrored, WEB).unknown == "not known here: the action 'mirror'"


def test_past_the_work_budget_nothing_is_promised() -> None:
    """The whole group is not determined."""
    space, parts = outcomes_of(POLICY, EVERYTHING, budget=0)
    assert [(part.unknown, part.boxes) for part in parts] == [(OUT_OF_WORK, (space.everything,))]
    assert not allowed(POLICY, EVERYTHING, budget=0).is_none


def test_the_parts_of_a_group_are_the_whole_group() -> None:
    """Every packet of the group is in exactly one box."""
    _, parts = outcomes_of(POLICY)
    boxes = [box for part in parts for box in part.boxes]
    for packet in paper.packets([], random.Random(1), 200):
        assert sum(paper.is_inside(packet, box, ["europe"]) for box in boxes) == 1


def test_examples_are_packets_of_their_boxes() -> None:
    """An example of a box with ports has ports, one of a box without has none."""
    space = Space.of(["usa"])
    boxed = space.box(Traffic(protocol="udp", gateway="usa", destination_ports=(53, 99)))
    assert boxed is not None
    assert space.example(boxed) == Packet("uplink", "usa", "udp", "0.0.0.0", "0.0.0.0", 0, 53)
    other = space.box(Traffic(direction="downlink", protocol=OTHER, gateway="asia", source=network("1.2.3.4")))
    assert other is not None
    assert space.example(other) == Packet("downlink", OTHER, OTHER, "1.2.3.4", "0.0.0.0")
