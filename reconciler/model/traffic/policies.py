"""
A routing policy as boxes and outcomes: its enabled rules in order, with the words and forms that are unknown.

A rule with an unknown word or form may match any packet that its known parts allow. A rule with an unknown action
matches what it says, and has an outcome that equals itself only. Ports may be a list, and an address may have host
bits, as the platform accepts them. A rule that is the same as an earlier one never matches and is left out.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.model.lookup import Lookup
from reconciler.model.references import bare
from reconciler.model.traffic.boxes import LAST_PORT, Box
from reconciler.model.traffic.outcomes import PacketOutcome
from reconciler.model.traffic.packets import DIRECTIONS, EVERYTHING, PROTOCOLS, Space, Traffic, network

ACTIVE = "active"
_PORTS = re.compile(r"\s*([0-9]{1,5})\s*(?:-\s*([0-9]{1,5})\s*)?")
_MOST_RANGES = 32
_LONGEST = 40
_LABELS = frozenset({"name", "description", "enabled"})
_MEMBERS = frozenset({"direction", "action", "target", "match", "divert", "regionalGateway", "reflexive"})
_MATCHING = frozenset({"source", "destination", "protocol", "sourcePorts", "destinationPorts"})
_DIVERTING = frozenset({"ip", "port"})


@dataclass(frozen=True, slots=True)
class TrafficRule:
    """
    One enabled rule: the packets that it matches, and their outcome.

    Rules are equal when they treat the same packets in the same way, whatever they are called. `unknown` are its words
    and forms that this version does not know; with any, it may match all of `matches` or less.
    """

    name: str = field(compare=False)
    matches: tuple[Traffic, ...]
    outcome: PacketOutcome
    unknown: tuple[str, ...] = ()

    @property
    def is_certain(self) -> bool:
        """Whether the rule matches exactly what it says."""
        return not self.unknown

    @property
    def gateways(self) -> frozenset[str]:
        """The gateways that it names."""
        return frozenset(one.gateway for one in self.matches if one.gateway is not None)


@dataclass(frozen=True, slots=True)
class TrafficPolicy:
    """The enabled rules of a routing policy, in order; what none of them matches is dropped."""

    rules: tuple[TrafficRule, ...] = ()

    @property
    def gateways(self) -> frozenset[str]:
        """The gateways that its rules name."""
        return frozenset(gateway for rule in self.rules for gateway in rule.gateways)


@dataclass(frozen=True, slots=True)
class PolicyFields:
    """The fields of a kind whose objects are routing policies."""

    rules: Lookup
    status: Lookup

    @property
    def names(self) -> frozenset[str]:
        """Their names."""
        return frozenset({str(self.rules), str(self.status)})

    def policy(self, spec: Mapping[str, Any]) -> TrafficPolicy:
        """The policy of a spec, declared or live."""
        return policy_of(self.rules.of(spec), self.status.of(spec))

    def part(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        """The members of a spec that decide about traffic, as far as it has them."""
        return {str(field): spec[str(field)] for field in (self.rules, self.status) if field.is_in(spec)}


def unread_policy(reason: str) -> TrafficPolicy:
    """A policy of which nothing is known: each packet may have any outcome."""
    return TrafficPolicy((TrafficRule("", (EVERYTHING,), PacketOutcome("unknown"), (reason,)),))


def policy_of(rules: Any, status: Any = None) -> TrafficPolicy:
    """
    The policy of rules, declared or live, whatever they have.

    The effect of a status that is not active is not known: every packet may have another outcome than the rules say.
    """
    found: dict[TrafficRule, TrafficRule] = {}
    if status not in (None, ACTIVE):
        whole = TrafficRule("", (EVERYTHING,), PacketOutcome("unknown"), (f"the status {_short(status)}",))
        found[whole] = whole
    if not isinstance(rules, Sequence) or isinstance(rules, str):
        rules = () if rules is None else (rules,)
    for rule in rules:
        read = rule_of(rule)
        if read is not None:
            found.setdefault(read, read)
    return TrafficPolicy(tuple(found.values()))


def rule_of(rule: Any) -> TrafficRule | None:
    """One rule, declared or live, whatever it has; None for one that is disabled or can match no packet."""
    if not isinstance(rule, Mapping):
        return TrafficRule("", (EVERYTHING,), PacketOutcome("unknown"), (f"a rule of another form: {_short(rule)}",))
    enabled = rule.get("enabled", True)
    if enabled is False:
        return None
    unknown = [f"the member {name}" for name in sorted(map(str, rule.keys() - _MEMBERS - _LABELS))]
    if enabled is not True:
        unknown.append(f"enabled: {_short(enabled)}")
    matches = _matches(rule, unknown)
    outcome = _outcome(rule, unknown)
    return TrafficRule(str(rule.get("name") or ""), matches, outcome, tuple(unknown)) if matches else None


def _matches(rule: Mapping[str, Any], unknown: list[str]) -> tuple[Traffic, ...]:
    match = _block(rule, "match", _MATCHING, unknown)
    protocol = _word(match.get("protocol"), PROTOCOLS[:-1], "protocol", unknown)
    gateway = rule.get("regionalGateway")
    if gateway is not None and (not isinstance(gateway, str) or not gateway):
        unknown.append(f"the gateway {_short(gateway)}")
        gateway = None
    direction = rule.get("direction")
    if direction not in DIRECTIONS:
        unknown.append(f"the direction {_short(direction)}")
        direction = None
    whole = replace(
        EVERYTHING,
        direction=direction,
        gateway=None if gateway is None else gateway.lower(),
        protocol=protocol,
        source=_network(match.get("source"), "source", unknown),
        destination=_network(match.get("destination"), "destination", unknown),
    )
    is_bounded = match.get("protocol") is None or protocol is not None
    sources = _ports(match.get("sourcePorts"), "sourcePorts", unknown) if is_bounded else ((0, LAST_PORT),)
    destinations = (
        _ports(match.get("destinationPorts"), "destinationPorts", unknown) if is_bounded else ((0, LAST_PORT),)
    )
    found = (replace(whole, source_ports=s, destination_ports=d) for s in sources for d in destinations)
    return tuple(one for one in found if Space(()).box(one) is not None)


def _outcome(rule: Mapping[str, Any], unknown: list[str]) -> PacketOutcome:
    """The outcome; an unknown action is no unknown match: its outcome is one of its own."""
    divert = _block(rule, "divert", _DIVERTING, unknown)
    target, reflexive = rule.get("target"), rule.get("reflexive")
    if not isinstance(reflexive, bool | None):
        unknown.append(f"reflexive: {_short(reflexive)}")
    return PacketOutcome(
        str(rule.get("action")),
        "" if target is None else bare(str(target)),
        (_text(divert.get("ip")), _text(divert.get("port"))),
        bool(reflexive),
    )


def _block(rule: Mapping[str, Any], name: str, members: frozenset[str], unknown: list[str]) -> Mapping[str, Any]:
    block = rule.get(name)
    if block is None:
        return {}
    if not isinstance(block, Mapping):
        unknown.append(f"{name}: {_short(block)}")
        return {}
    unknown += [f"the member {name}.{other}" for other in sorted(map(str, block.keys() - members))]
    return block


def _word(value: Any, words: Sequence[str], noun: str, unknown: list[str]) -> str | None:
    if value is not None and value not in words:
        unknown.append(f"the {noun} {_short(value)}")
        return None
    return None if value is None else str(value)


def _network(value: Any, noun: str, unknown: list[str]) -> tuple[int, int]:
    if value is None:
        return EVERYTHING.source
    try:
        if isinstance(value, str):
            return network(value)
    except ValueError:
        pass
    unknown.append(f"the {noun} {_short(value)}")
    return EVERYTHING.source


def _ports(value: Any, noun: str, unknown: list[str]) -> tuple[tuple[int, int], ...]:
    """The ranges of a list of ports, those that touch as one."""
    if value is None:
        return ((0, LAST_PORT),)
    ranges = [] if isinstance(value, bool) else [_PORTS.fullmatch(part) for part in str(value).split(",", _MOST_RANGES)]
    found = sorted((int(one[1]), int(one[2] or one[1])) for one in ranges if one)
    if not found or None in ranges or any(not low <= high <= LAST_PORT for low, high in found):
        unknown.append(f"{noun}: {_short(value)}")
        return ((0, LAST_PORT),)
    return tuple(_joined(found))


def _joined(ranges: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    low, high = ranges[0]
    for first, last in ranges[1:]:
        if first <= high + 1:
            high = max(high, last)
        else:
            yield low, high
            low, high = first, last
    yield low, high


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def boxes_of(rule: TrafficRule, space: Space) -> Iterator[Box]:
    """The boxes of the packets that a rule matches, or may match."""
    return (box for one in rule.matches if (box := space.box(one)) is not None)
