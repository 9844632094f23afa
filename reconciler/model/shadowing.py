"""Shadowing: which ordered rules can never match because an earlier one takes everything (D-35)."""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

Rule = Mapping[str, Any]


def shadowed_rules(rules: Sequence[Rule]) -> Iterator[tuple[int, int]]:
    """
    Each rule that can never match, with the first earlier rule that covers it, as positions from 0.

    A rule is covered by one other rule; rules that are only covered by several together are not found, so every
    answer is certain, not every certainty is an answer.
    """
    for place, rule in enumerate(rules):
        for earlier in range(place):
            if rules[earlier].get("enabled", True) and rule.get("enabled", True) and _covers(rules[earlier], rule):
                yield place, earlier
                break


def _covers(wide: Rule, narrow: Rule) -> bool:
    if wide["direction"] != narrow["direction"]:
        return False
    if wide.get("regionalGateway") not in {None, narrow.get("regionalGateway")}:
        return False
    outer, inner = wide.get("match") or {}, narrow.get("match") or {}
    return (
        outer.get("protocol") in {None, inner.get("protocol")}
        and all(_network_covers(outer.get(end), inner.get(end)) for end in ("source", "destination"))
        and all(_ports_cover(outer.get(end), inner.get(end)) for end in ("sourcePorts", "destinationPorts"))
    )


def _network_covers(wide: str | None, narrow: str | None) -> bool:
    if wide is None:
        return True
    if narrow is None:
        return _network(wide).prefixlen == 0
    return _network(narrow).subnet_of(_network(wide))


@lru_cache(maxsize=4096)
def _network(text: str) -> ipaddress.IPv4Network:
    return ipaddress.IPv4Network(text)


def _ports_cover(wide: str | None, narrow: str | None) -> bool:
    if wide is None:
        return True
    if narrow is None:
        return False
    return _range(wide)[0] <= _range(narrow)[0] and _range(narrow)[1] <= _range(wide)[1]


def _range(ports: str) -> tuple[int, int]:
    low, _, high = ports.partition("-")
    return int(low), int(high or low)
