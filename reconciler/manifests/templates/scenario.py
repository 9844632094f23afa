"""
Scenarios: what traffic does, as a test. Read here, and run by `reconciler.operations.scenarios`.

A scenario has exactly one of *flow* (one packet of a group has this outcome) and *never* (no packet of a group reaches
a network).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.diagnostics import INVALID_VALUE, Report
from reconciler.manifests.problems import shown_value
from reconciler.manifests.templates.findings import Findings
from reconciler.manifests.templates.outline import read_header, unknown_keys
from reconciler.manifests.yaml_reader import SCENARIO, Document
from reconciler.model.traffic.packets import DIRECTIONS, PROTOCOLS, network
from reconciler.positions import Path

_SPEC = ("flow", "never")
_FLOW = ("group", "sim", "country", "packet", "expect")
_PACKET = ("direction", "protocol", "address", "port")
_EXPECT = ("target", "dropped", "rule")
_NEVER = ("group", "direction", "reaches", "protocol", "ports")
_HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class PacketFlow:
    """One packet between a SIM and an address, and the outcome that it is to have."""

    group: str | None
    sim: str | None
    country: str | None
    direction: str
    protocol: str
    address: str
    port: int | None
    target: str | None
    dropped: bool
    rule: str | None


@dataclass(frozen=True, slots=True)
class Never:
    """A network that no packet of a group reaches."""

    group: str
    direction: str
    network: str
    protocol: str | None
    ports: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario with its document."""

    name: str
    document: Document
    body: PacketFlow | Never


def read_scenarios(documents: Sequence[Document], report: Report) -> tuple[Scenario, ...]:
    """The scenarios among some documents; mistakes are reported with their places."""
    found: list[Scenario] = []
    taken: set[str] = set()
    for document in documents:
        data = document.data
        if not isinstance(data, Mapping) or data.get("kind") != SCENARIO:
            continue
        findings = Findings(document, "Scenario", INVALID_VALUE, report)
        header = read_header(document, _SPEC, findings)
        if header is None:
            continue
        name, spec = header
        if name in taken:
            findings.add(("metadata", "name"), f"The scenario {name} is declared twice.", "Rename one of the two.")
            continue
        taken.add(name)
        given = [word for word in _SPEC if word in spec]
        if len(given) != 1:
            findings.add(("spec",), "A scenario has exactly one of flow and never.", "Write one of the two.")
            continue
        (word,) = given
        block = spec[word]
        if not isinstance(block, Mapping):
            findings.add(("spec", word), f"{word} must be a mapping.", "Write its fields below it.")
            continue
        path: Path = ("spec", word)
        body = _flow(block, path, findings) if word == "flow" else _never(block, path, findings)
        if body is not None and not findings.failed():
            found.append(Scenario(name, document, body))
    return tuple(found)


def _flow(block: Mapping[str, Any], path: Path, findings: Findings) -> PacketFlow | None:
    unknown_keys(block, _FLOW, path, findings)
    packet = _mapping(block, "packet", _PACKET, path, findings)
    expect = _mapping(block, "expect", _EXPECT, path, findings)
    group, sim = _text(block, "group", path, findings), _text(block, "sim", path, findings)
    if (group is None) == (sim is None):
        findings.add(path, "A flow names a group or a SIM.", "Write group: NAME, or sim: ICCID.")
    country = _text(block, "country", path, findings)
    place = (*path, "packet")
    direction = _choice(packet, "direction", DIRECTIONS, place, findings) or DIRECTIONS[0]
    protocol = _choice(packet, "protocol", PROTOCOLS[:-1], place, findings)
    address = _text(packet, "address", place, findings)
    if protocol is None:
        findings.add(place, "A packet has a protocol.", f"Write protocol: {', '.join(PROTOCOLS[:-1])}.")
    if address is None or not _is_network(address):
        findings.add((*place, "address"), "A packet has the address of the other side.", "Write an IPv4 address.")
    port = _port(packet.get("port"), (*place, "port"), findings) if "port" in packet else None
    if protocol in {"tcp", "udp"} and port is None and "port" not in packet:
        findings.add(place, f"A packet of {protocol} has a port.", "Write port: 443.")
    target, rule = _text(expect, "target", (*path, "expect"), findings), _text(expect, "rule", path, findings)
    dropped = expect.get("dropped", "false")
    if not isinstance(dropped, str) or dropped not in {"true", "false"} or (dropped == "true") == (target is not None):
        findings.add(
            (*path, "expect"), "A packet reaches a target or is dropped.", "Write target: NAME or dropped: true."
        )
    if findings.failed():
        return None
    return PacketFlow(
        group, sim, country, direction, str(protocol), str(address), port, target, dropped == "true", rule
    )


def _never(block: Mapping[str, Any], path: Path, findings: Findings) -> Never | None:
    unknown_keys(block, _NEVER, path, findings)
    group, reaches = _text(block, "group", path, findings), _text(block, "reaches", path, findings)
    if group is None:
        findings.add(path, "never names a group.", "Write group: NAME.")
    if reaches is None or not _is_network(reaches):
        findings.add((*path, "reaches"), "reaches is an IPv4 network.", "Write 10.0.0.0/8, or 0.0.0.0/0 for all.")
    direction = _choice(block, "direction", DIRECTIONS, path, findings) or DIRECTIONS[0]
    protocol = _choice(block, "protocol", PROTOCOLS[:-1], path, findings)
    ports = None
    if "ports" in block:
        first, _, last = str(block["ports"]).partition("-")
        low, high = _port(first, (*path, "ports"), findings), _port(last or first, (*path, "ports"), findings)
        ports = (low, high) if low is not None and high is not None else None
    if findings.failed():
        return None
    return Never(str(group), direction, str(reaches), protocol, ports)


def _mapping(
    block: Mapping[str, Any], name: str, known: Sequence[str], path: Path, findings: Findings
) -> Mapping[str, Any]:
    found = block.get(name)
    if not isinstance(found, Mapping):
        findings.add((*path, name), f"{name} must be a mapping.", f"Fields: {', '.join(known)}.")
        return {}
    unknown_keys(found, known, (*path, name), findings)
    return found


def _text(block: Mapping[str, Any], name: str, path: Path, findings: Findings) -> str | None:
    value = block.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        findings.add((*path, name), f"{name} must be text, but it is {shown_value(value)}.", "Write one value.")
        return None
    return str.__str__(value)


def _choice(block: Mapping[str, Any], name: str, words: Sequence[str], path: Path, findings: Findings) -> str | None:
    value = _text(block, name, path, findings)
    if value is not None and value not in words:
        detail = f"{name} must be one of {', '.join(words)}, but it is {shown_value(value)}."
        findings.add((*path, name), detail, "Choose one of them.")
        return None
    return value


def _port(value: Any, path: Path, findings: Findings) -> int | None:
    text = str(value)
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= _HIGHEST_PORT):
        findings.add(path, f"{shown_value(value)} is no port.", "Write a number from 1 to 65535.")
        return None
    return int(text)


def _is_network(text: str) -> bool:
    try:
        network(text)
    except ValueError:
        return False
    return True
