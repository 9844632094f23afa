"""Shadowing: which ordered rules can never match because an earlier one takes everything (D-35)."""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

RuleSpec = Mapping[str, Any]
Network = tuple[int, int]
"""Address and prefix length; everything is ``(0, 0)``."""

# Beyond this, rules of one policy are no longer compared: some tenths of a second, whatever the rules are.
_MOST_COMPARISONS = 1_000_000
_ADDRESS_BITS = 32


class _Reach(NamedTuple):
    """The traffic that a rule matches; None is anything."""

    direction: str
    gateway: str | None
    protocol: str | None
    source: Network
    destination: Network


class _Entry(NamedTuple):
    """An earlier rule that some other one may be covered by: its place, and its ports."""

    place: int
    source_ports: tuple[int, int]
    destination_ports: tuple[int, int]

    def covers(self, other: "_Entry") -> bool:
        """Whether the ports of the other are among these."""
        (low, high), (first, last) = self.source_ports, self.destination_ports
        return (
            low <= other.source_ports[0]
            and other.source_ports[1] <= high
            and first <= other.destination_ports[0]
            and other.destination_ports[1] <= last
        )


def shadowed_rules(rules: Sequence[RuleSpec]) -> Iterator[tuple[int, int]]:
    """
    Each rule that can never match, with the first earlier rule that covers it, as positions from 0.

    Here one rule covers another; `covering` finds those that only several together cover. Nothing is found beyond a
    million comparisons, so every answer is certain, not every certainty is an answer.
    """
    earlier: dict[_Reach, list[_Entry]] = {}
    lengths: tuple[set[int], set[int]] = (set(), set())
    comparisons = 0
    for place, rule in enumerate(rules):
        if not rule.get("enabled", True):
            continue
        match = rule.get("match") or {}
        reach = _reach(rule, match)
        entry = _Entry(place, _ports(match.get("sourcePorts")), _ports(match.get("destinationPorts")))
        covering: list[int] = []
        for wider in _wider(reach, lengths):
            known = earlier.get(wider, ())
            comparisons += 1 + len(known)
            covering += [found.place for found in known if found.covers(entry)][:1]
        if comparisons > _MOST_COMPARISONS:
            return
        if covering:
            # The earlier rule covers all that this one would cover: it need not be remembered.
            yield place, min(covering)
            continue
        earlier.setdefault(reach, []).append(entry)
        lengths[0].add(reach.source[1])
        lengths[1].add(reach.destination[1])


def _reach(rule: RuleSpec, match: Mapping[str, Any]) -> _Reach:
    source, destination = _network(match.get("source")), _network(match.get("destination"))
    return _Reach(rule["direction"], rule.get("regionalGateway"), match.get("protocol"), source, destination)


def _wider(reach: _Reach, lengths: tuple[set[int], set[int]]) -> Iterator[_Reach]:
    """Everything that takes in `reach`, of the prefix lengths that occur."""
    choices = (
        {None, reach.gateway},
        {None, reach.protocol},
        _holding(reach.source, lengths[0]),
        _holding(reach.destination, lengths[1]),
    )
    for gateway, protocol, source, destination in product(*choices):
        yield _Reach(reach.direction, gateway, protocol, source, destination)


def _holding(network: Network, lengths: set[int]) -> list[Network]:
    """The networks of these prefix lengths that hold a network."""
    address, own = network
    cut = [(length, _ADDRESS_BITS - length) for length in lengths if length <= own]
    return [(address >> rest << rest, length) for length, rest in cut]


@lru_cache(maxsize=4096)
def _network(text: str | None) -> Network:
    if text is None:
        return 0, 0
    network = ipaddress.IPv4Network(text)
    return int(network.network_address), network.prefixlen


def interval_of_network(text: str | None) -> tuple[int, int]:
    """The first and the last address of a network; every address of none."""
    address, length = _network(text)
    return address, address | ((1 << (_ADDRESS_BITS - length)) - 1)


def interval_of_ports(text: str | None) -> tuple[int, int]:
    """The first and the last port of a range; every port of none."""
    return _ports(text)


def _ports(ports: str | None) -> tuple[int, int]:
    if ports is None:
        return 0, 65535
    low, _, high = ports.partition("-")
    return int(low), int(high or low)
