"""Packets, groups of packets as rules state them, and the space of all packets that some policies tell apart."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.model.traffic.boxes import LAST_ADDRESS, LAST_PORT, Box

DIRECTIONS = ("uplink", "downlink")
OTHER = "any other"
"""The gateway that no policy names, and the protocol that is none of the known ones."""
PROTOCOLS = ("tcp", "udp", "icmp", OTHER)
EVERY_DIRECTION = (1 << len(DIRECTIONS)) - 1
EVERY_PROTOCOL = (1 << len(PROTOCOLS)) - 1
PORTED = 0b11
"""The protocols that have ports: tcp and udp."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet; `gateway` and `protocol` may be `OTHER`. Ports are None where the protocol has none."""

    direction: str
    gateway: str
    protocol: str
    source: str
    destination: str
    source_port: int | None = None
    destination_port: int | None = None

    def __str__(self) -> str:
        """The packet as one line."""

        def end(address: str, port: int | None) -> str:
            return address if port is None else f"{address}:{port}"

        there = f"{end(self.source, self.source_port)} -> {end(self.destination, self.destination_port)}"
        return f"{self.direction} by {self.gateway} gateway, {self.protocol} {there}"


@dataclass(frozen=True, slots=True)
class Traffic:
    """
    A group of packets in the words of a rule; None is every one.

    Addresses are inclusive numbers, as `network` gives them. A group that is bounded in ports has packets of tcp and
    udp only; one of another protocol that is bounded in ports is empty.
    """

    direction: str | None = None
    gateway: str | None = None
    protocol: str | None = None
    source: tuple[int, int] = (0, LAST_ADDRESS)
    destination: tuple[int, int] = (0, LAST_ADDRESS)
    source_ports: tuple[int, int] = (0, LAST_PORT)
    destination_ports: tuple[int, int] = (0, LAST_PORT)


EVERYTHING = Traffic()


def network(text: str) -> tuple[int, int]:
    """The first and the last address of an address or a network; `ValueError` for anything else. Host bits are cut."""
    found = ipaddress.IPv4Network(text, strict=False)
    return int(found.network_address), int(found.broadcast_address)


@dataclass(frozen=True, slots=True)
class Space:
    """The packets that some policies tell apart: by the gateways that they name, and any other one."""

    gateways: tuple[str, ...]

    @classmethod
    def of(cls, gateways: Iterable[str]) -> "Space":
        """The space in which these gateways have places of their own; their case does not matter."""
        return cls(tuple(sorted({gateway.lower() for gateway in gateways})))

    @property
    def words(self) -> tuple[str, ...]:
        """The gateways by their place in a mask, any other one last."""
        return (*self.gateways, OTHER)

    @property
    def every_gateway(self) -> int:
        """The mask of all gateways."""
        return (2 << len(self.gateways)) - 1

    @property
    def everything(self) -> Box:
        """The box of all packets."""
        ends = (0, LAST_ADDRESS, 0, LAST_ADDRESS, 0, LAST_PORT, 0, LAST_PORT)
        return (EVERY_DIRECTION, self.every_gateway, EVERY_PROTOCOL, *ends)

    def gateway_mask(self, gateway: str | None) -> int:
        """The mask of one gateway; of all of them for None."""
        if gateway is None:
            return self.every_gateway
        name = gateway.lower()
        return 1 << (self.gateways.index(name) if name in self.gateways else len(self.gateways))

    def box(self, traffic: Traffic) -> Box | None:
        """The box of a group of packets; None where it has none. `ValueError` for an unknown direction or protocol."""
        protocols = EVERY_PROTOCOL if traffic.protocol is None else 1 << PROTOCOLS.index(traffic.protocol)
        everything = (0, LAST_PORT)
        if (traffic.source_ports, traffic.destination_ports) != (everything, everything):
            protocols &= PORTED
        if not protocols:
            return None
        directions = EVERY_DIRECTION if traffic.direction is None else 1 << DIRECTIONS.index(traffic.direction)
        ends = (*traffic.source, *traffic.destination, *traffic.source_ports, *traffic.destination_ports)
        return (directions, self.gateway_mask(traffic.gateway), protocols, *ends)

    def box_of_packet(self, packet: Packet) -> Box:
        """The box of one packet: of the one pair of ports that it has, or of all pairs where it has none."""
        source, destination = (int(ipaddress.IPv4Address(text)) for text in (packet.source, packet.destination))
        ends = (source, source, destination, destination)
        protocol = 1 << PROTOCOLS.index(packet.protocol)
        ports = (0, LAST_PORT, 0, LAST_PORT)
        if protocol & PORTED:
            ports = (*_port(packet.source_port), *_port(packet.destination_port))
        return (1 << DIRECTIONS.index(packet.direction), self.gateway_mask(packet.gateway), protocol, *ends, *ports)

    def example(self, box: Box) -> Packet:
        """The first packet of a box."""
        protocol = _first_bit(box[2])
        has_ports = bool(1 << protocol & PORTED)
        gateway = _first_bit(box[1])
        return Packet(
            DIRECTIONS[_first_bit(box[0])],
            self.words[gateway],
            PROTOCOLS[protocol],
            str(ipaddress.IPv4Address(box[3])),
            str(ipaddress.IPv4Address(box[5])),
            box[7] if has_ports else None,
            box[9] if has_ports else None,
        )


def _port(port: int | None) -> tuple[int, int]:
    if port is None or not 0 <= port <= LAST_PORT:
        message = "a packet of tcp or udp has two ports from 0 to 65535"
        raise ValueError(message)
    return port, port


def _first_bit(mask: int) -> int:
    return (mask & -mask).bit_length() - 1
