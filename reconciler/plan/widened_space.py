"""
Address space that an edit widens: subnets of a network, networks behind a tunnel, and the networks of rules. Pure.

A network that is only another one is no wider; what it means for packets is said by `reconciler.plan.traffic`.
"""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.kinds import holder, kind_named, policy_field
from reconciler.model.address import Address
from reconciler.model.kind import Kind
from reconciler.plan.action import Action
from reconciler.plan.change import Change
from reconciler.plan.plan import Plan

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
ANY = "any"
_EDITING = {Action.UPDATE, Action.REPLACE}
_ENDS = ("source", "destination")
_EVERYTHING = ipaddress.IPv4Network("0.0.0.0/0")


@dataclass(frozen=True, slots=True)
class WidenedSpace:
    """The networks of one field, before and after an edit that takes in more addresses than before."""

    address: Address
    field: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def widened_space(plan: Plan) -> tuple[WidenedSpace, ...]:
    """Every field of a plan whose address space becomes wider."""
    return tuple(found for change in plan.changes for found in widened_by(change))


def widened_by(change: Change) -> Iterator[WidenedSpace]:
    """The fields of one change whose address space becomes wider."""
    if change.action not in _EDITING or change.before is None or change.after is None:
        return
    kind = kind_named(change.address.kind)
    for path in _lists_of_networks(kind):
        before, after = _at(change.before, path) or (), _at(change.after, path) or ()
        if not all(_is_inside(network, before) for network in after):
            yield WidenedSpace(change.address, path, tuple(before), tuple(after))
    if kind is policy_field()[1]:
        yield from _rules(change.address, _named(change.before), _named(change.after))


def _lists_of_networks(kind: Kind) -> tuple[str, ...]:
    pool = holder().pool
    return (*kind.routed, *([str(pool)] if pool.owner is kind.spec else []))


def _at(spec: Any, dotted: str) -> Any:
    for part in dotted.split("."):
        spec = spec.get(part) if isinstance(spec, Mapping) else None
    return spec


def _is_inside(text: str, networks: Sequence[str]) -> bool:
    """Whether all addresses of a network are in others; not if one of them is of a form that is unknown."""
    network, others = _parsed(text), [_parsed(other) for other in networks]
    if network is None or None in others:
        return text in networks
    old = [other for other in others if isinstance(other, ipaddress.IPv4Network)]
    new = [other for other in others if isinstance(other, ipaddress.IPv6Network)]
    if isinstance(network, ipaddress.IPv4Network):
        return any(network.subnet_of(other) for other in ipaddress.collapse_addresses(old))
    return any(network.subnet_of(other) for other in ipaddress.collapse_addresses(new))


def _parsed(text: str) -> _Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _named(spec: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The matches of the rules of a spec, by name."""
    rules = [rule for rule in spec.get("rules") or () if isinstance(rule, Mapping) and rule.get("name")]
    return {str(rule["name"]): rule.get("match") or {} for rule in rules}


def _rules(
    address: Address, before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> Iterator[WidenedSpace]:
    """The networks of rules that take in those that the same rule had before, and more."""
    for name in (one for one in after if one in before):
        for end in _ENDS:
            old, new = before[name].get(end), after[name].get(end)
            inner, outer = (_EVERYTHING if one is None else _parsed(str(one)) for one in (old, new))
            if _is_wider(inner, outer):
                yield WidenedSpace(address, f"rules[{name}].match.{end}", (str(old),), (str(new or ANY),))


def _is_wider(inner: _Network | None, outer: _Network | None) -> bool:
    if not isinstance(inner, ipaddress.IPv4Network) or not isinstance(outer, ipaddress.IPv4Network):
        return False
    return inner != outer and inner.subnet_of(outer)
