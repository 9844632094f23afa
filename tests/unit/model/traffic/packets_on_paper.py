"""
An evaluator of packets that shares no code with the model: rule after rule, packet after packet.

It imports nothing that it judges. Boxes are taken apart here as their documentation says: masks of directions
(uplink, downlink), gateways (the named ones in order, then any other) and protocols (tcp, udp, icmp, any other), then
first and last source, destination, source port and destination port.
"""

import ipaddress
import random
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

DIRECTIONS = ["uplink", "downlink"]
PROTOCOLS = ["tcp", "udp", "icmp", "any other"]
RuleSpec = Mapping[str, Any]


class PaperPacket(NamedTuple):
    """One packet, its addresses as numbers; ports are -1 where the protocol has none."""

    direction: str
    gateway: str
    protocol: str
    source: int
    destination: int
    source_port: int
    destination_port: int


def outcome(rules: Sequence[RuleSpec], packet: PaperPacket) -> tuple[str, str, tuple[str, str], bool]:
    """Action, target, divert and reflexive of the first enabled rule that matches; no rule is a drop."""
    for rule in rules:
        if rule.get("enabled", True) and matches(rule, packet):
            divert = rule.get("divert") or {}
            places = (str(divert.get("ip", "")), str(divert.get("port", "")))
            return rule["action"], rule.get("target") or "", places, bool(rule.get("reflexive"))
    return "drop", "", ("", ""), False


def matches(rule: RuleSpec, packet: PaperPacket) -> bool:
    """Whether one rule matches one packet."""
    match = rule.get("match") or {}
    return (
        rule["direction"] == packet.direction
        and rule.get("regionalGateway") in {None, packet.gateway}
        and match.get("protocol") in {None, packet.protocol}
        and _holds(match.get("source"), packet.source)
        and _holds(match.get("destination"), packet.destination)
        and _has_port(match.get("sourcePorts"), packet.source_port)
        and _has_port(match.get("destinationPorts"), packet.destination_port)
    )


def text_of(address: int) -> str:
    """An address as people write it."""
    return str(ipaddress.IPv4Address(address))


def _holds(text: str | None, address: int) -> bool:
    return text is None or address in _addresses(text)


@cache
def _addresses(text: str) -> range:
    network = ipaddress.IPv4Network(text, strict=False)
    return range(int(network.network_address), int(network.broadcast_address) + 1)


def _has_port(text: str | None, port: int) -> bool:
    if text is None:
        return True
    return any(port in ports for ports in _ranges(text))


@cache
def _ranges(text: str) -> list[range]:
    parts = (part.partition("-") for part in text.split(","))
    return [range(int(low), int(high or low) + 1) for low, _, high in parts]


def category(before: tuple[Any, ...], after: tuple[Any, ...]) -> str | None:
    """The first way in which two outcomes differ, in the order of the documentation; None where they do not."""
    if before == after:
        return None
    if (before[0] == "drop") != (after[0] == "drop"):
        return "newly allowed" if before[0] == "drop" else "now dropped"
    if before[:2] != after[:2]:
        return "another target"
    if before[2] != after[2]:
        return "another divert"
    return "answers newly allowed" if after[3] else "answers no longer allowed"


def is_inside(packet: PaperPacket, box: Sequence[int], gateways: Sequence[str]) -> bool:
    """Whether a box has a packet in it."""
    places = (
        DIRECTIONS.index(packet.direction),
        gateways.index(packet.gateway) if packet.gateway in gateways else len(gateways),
        PROTOCOLS.index(packet.protocol),
    )
    if not all(box[axis] >> place & 1 for axis, place in enumerate(places)):
        return False
    if not (box[3] <= packet.source <= box[4] and box[5] <= packet.destination <= box[6]):
        return False
    if packet.source_port < 0:
        return tuple(box[7:]) == (0, 65535, 0, 65535)
    return bool(box[7] <= packet.source_port <= box[8] and box[9] <= packet.destination_port <= box[10])


NETWORKS = ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "10.0.0.0/8", "10.0.0.0/9", "10.1.0.0/16", "10.1.2.0/24"]
NETWORKS += ["10.1.2.3", "10.1.2.3/32", "10.1.2.4/30", "172.16.0.0/12", "192.168.1.0/24", "0.0.0.0/32"]
NETWORKS += ["255.255.255.255/32", "10.1.2.200/24"]
RANGES = [
    "0",
    "1",
    "80",
    "443",
    "65535",
    "0-65535",
    "1-1023",
    "1024-65535",
    "80-443",
    "400-500",
    "80,443",
    "1-80, 81-90",
]


def random_rule(chance: random.Random, number: int) -> dict[str, Any]:
    """Any rule that manifests or the platform may have."""
    rule: dict[str, Any] = {"name": f"rule-{number}", "direction": chance.choice(DIRECTIONS)}
    rule["action"] = chance.choice(["forward", "forward", "drop", "reflect"])
    if rule["action"] == "forward":
        rule["target"] = chance.choice(["target-a", "target-b"])
    match: dict[str, Any] = {}
    if chance.random() < 0.6:
        match["protocol"] = chance.choice(PROTOCOLS[:3])
    for end in ("source", "destination"):
        if chance.random() < 0.5:
            match[end] = chance.choice(NETWORKS)
        if match.get("protocol") in {"tcp", "udp"} and chance.random() < 0.4:
            match[f"{end}Ports"] = chance.choice(RANGES)
    if match or chance.random() < 0.5:
        rule["match"] = match
    if chance.random() < 0.2:
        rule["divert"] = chance.choice([{"ip": "10.9.9.9"}, {"ip": "10.9.9.9", "port": 8080}, {"port": 53}])
    if chance.random() < 0.25:
        rule["regionalGateway"] = chance.choice(["europe", "usa"])
    if chance.random() < 0.3:
        rule["reflexive"] = chance.random() < 0.7
    if chance.random() < 0.2:
        rule["enabled"] = chance.random() < 0.3
    return rule


def random_pair(chance: random.Random, most: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Two policies: one edited from the other by hand, or two that have nothing to do with each other."""
    before = [random_rule(chance, number) for number in range(chance.randint(0, most))]
    if chance.random() < 0.3:
        return before, [random_rule(chance, 100 + number) for number in range(chance.randint(0, most))]
    after = [dict(rule) for rule in before]
    for _ in range(chance.randint(1, 3)):
        what = chance.choice(["insert", "remove", "move", "edit"])
        place = chance.randint(0, max(0, len(after) - 1))
        if what == "insert" or not after:
            after.insert(place, random_rule(chance, 100))
        elif what == "remove":
            del after[place]
        elif what == "move":
            after.insert(chance.randint(0, len(after) - 1), after.pop(place))
        else:
            after[place] = random_rule(chance, 200)
    return before, after[:most]


def packets(rules: Sequence[RuleSpec], chance: random.Random, most: int) -> Iterator[PaperPacket]:
    """Packets at the cut points of these rules and beside them: all of them, or as many drawn from them."""
    addresses: dict[str, set[int]] = {"source": {0, 2**32 - 1}, "destination": {0, 2**32 - 1}}
    ports: dict[str, set[int]] = {"source": {0, 1, 65535}, "destination": {0, 1, 65535}}
    for rule in rules:
        match = rule.get("match") or {}
        for end in ("source", "destination"):
            if end in match:
                found = ipaddress.IPv4Network(match[end], strict=False)
                edges = [int(found.network_address), int(found.broadcast_address)]
                addresses[end] |= {edge + step for edge in edges for step in (-1, 0, 1) if 0 <= edge + step < 2**32}
            if f"{end}Ports" in match:
                edges = [int(part) for text in match[f"{end}Ports"].split(",") for part in text.split("-")]
                ports[end] |= {edge + step for edge in edges for step in (-1, 0, 1) if 0 <= edge + step <= 65535}
    gateways = [*sorted({rule["regionalGateway"] for rule in rules if "regionalGateway" in rule}), "elsewhere"]
    sources, destinations = sorted(addresses["source"]), sorted(addresses["destination"])
    source_ports, destination_ports = sorted(ports["source"]), sorted(ports["destination"])
    for _ in range(most):
        protocol = chance.choice(PROTOCOLS)
        is_ported = protocol in {"tcp", "udp"}
        yield PaperPacket(
            chance.choice(DIRECTIONS),
            chance.choice(gateways),
            protocol,
            chance.choice(sources),
            chance.choice(destinations),
            chance.choice(source_ports) if is_ported else -1,
            chance.choice(destination_ports) if is_ported else -1,
        )
