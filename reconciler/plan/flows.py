"""
Where secrets and traffic go because of a plan, in clear: computed from before and after, never read from a file. Pure.

A webhook's host is known although its URL is a secret: the digest of a URL carries its host. The platform itself gets
every secret; a flow names the host that gets it from there, if there is one.
"""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.diffing.canonical import with_secrets
from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.references import bare
from reconciler.model.secret import SecretRef, host_in, host_of
from reconciler.plan.action import Action
from reconciler.plan.change import Change
from reconciler.plan.plan import Plan

PLATFORM = "the platform"
UNKNOWN_HOST = "a host that is not known here"
_BLOCKS = {
    "EventHandler": (("webhook", "url"), ("smpp", "host")),
    "RoutingTarget": (("vpn", "remotePeer"), ("wireguard", "remotePeer")),
}
_MOST_SHOWN = 4
_TUNNELS = ("vpn", "wireguard")
_MOST = {4: 1 << 31, 6: 1 << 124}
"""So many addresses are a default route, in one network or in many: half of IPv4, half of what IPv6 gives out."""

Spec = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Flow:
    """One secret that a change writes: the reference, the field of the object, and the host that gets it."""

    address: Address
    reference: str
    field: str
    host: str


@dataclass(frozen=True, slots=True)
class Peer:
    """A host that a change begins to send to, or sends more to; `before` is the one so far, None for none."""

    address: Address
    field: str
    before: str | None
    after: str


def flows_of(change: Change) -> tuple[Flow, ...]:
    """The new and changed flows of one change: where reference, digest or host is another than before."""
    if change.after is None or change.action.is_silent:
        return ()
    after, before = change.after, change.before or {}
    found: list[Flow] = []

    def note(path: str, value: Any) -> Any:
        reference = SecretRef.of(value)
        digest = change.secret_digests.get(path)
        host = _receiver(path, after, change.secret_digests)
        is_same = digest is not None and digest == _at(before, path) and host == _receiver(path, before, {})
        if reference is not None and not is_same:
            found.append(Flow(change.address, str(reference), path, host))
        return value

    with_secrets(kind_named(change.address.kind), after, note)
    return tuple(found)


def new_peers(plan: Plan) -> tuple[Peer, ...]:
    """Every new or moved host of a webhook, an SMPP server or a tunnel, and every default route that becomes wider."""
    return tuple(peer for change in plan.changes for peer in peers_of(change))


def peers_of(change: Change) -> Iterator[Peer]:
    """The new and moved hosts of one change."""
    if change.after is None or change.action.is_silent:
        return
    before = change.before or {}
    for path in _BLOCKS.get(change.address.kind, ()):
        dotted = ".".join(path)
        new = _host(change.after, path, change.secret_digests)
        old = _host(before, path, {})
        if new is not None and new != old:
            yield Peer(change.address, dotted, old, new)
    for block in _TUNNELS if change.address.kind == "RoutingTarget" else ():
        networks = _at(change.after, f"{block}.remoteSubnets") or []
        former = _at(before, f"{block}.remoteSubnets") or []
        if _is_wider(networks, former):
            peer = _host(change.after, (block, "remotePeer"), {}) or _host(before, (block, "remotePeer"), {})
            field, shown = f"{block}.remoteSubnets", f"{_listed(networks)} by {peer or 'its peer'}"
            yield Peer(change.address, field, _listed(former) or None, shown)
    yield from _moved_defaults(change, before)


def _receiver(path: str, spec: Spec, digests: Mapping[str, str]) -> str:
    """Who gets the secret of a field from the platform: the host of the block that it is in."""
    block = path.partition(".")[0]
    for blocks in _BLOCKS.values():
        for place in blocks:
            if place[0] == block:
                return _host(spec, place, digests) or UNKNOWN_HOST
    return PLATFORM


def _host(spec: Spec, path: tuple[str, ...], digests: Mapping[str, str]) -> str | None:
    """The host in a field; `UNKNOWN_HOST` for a URL that could not be read; None where the field is not there."""
    dotted = ".".join(path)
    value = _at(spec, dotted)
    if value is None:
        return None
    if path[-1] != "url":
        return str(value)
    sealed = digests.get(dotted, value)
    host = host_in(sealed) if isinstance(sealed, str) else None
    if host is None and isinstance(value, str):
        host = host_in(value) or host_of(value)
    return host or UNKNOWN_HOST


def _at(spec: Any, dotted: str) -> Any:
    for part in dotted.split("."):
        spec = spec.get(part) if isinstance(spec, Mapping) else None
    return spec


def _moved_defaults(change: Change, before: Spec) -> Iterator[Peer]:
    """The default routes of a routing policy that lead to another target than before, or that it did not have."""
    if change.address.kind != "RoutingPolicy" or change.action is Action.CREATE:
        return
    former = _defaults(before)
    for direction, (name, target) in _defaults(change.after or {}).items():
        old = former.get(direction, (None, None))[1]
        if target is not None and target != old:
            yield Peer(change.address, f"rules[{name}].target", old, target)


def _defaults(spec: Spec) -> dict[str, tuple[str, str | None]]:
    """By direction, the first rule that takes everything, and the target that it leads to; None for no target."""
    found: dict[str, tuple[str, str | None]] = {}
    for rule in _at(spec, "rules") or ():
        if rule.get("enabled", True) and not rule.get("match") and not rule.get("regionalGateway"):
            target = rule.get("target")
            found.setdefault(rule["direction"], (rule["name"], None if target is None else bare(target)))
    return found


def _is_wider(networks: Sequence[str], former: Sequence[str]) -> bool:
    """Whether networks are together a default route that takes more than the former ones did."""
    new, old = _addresses(networks), _addresses(former)
    return any(new[version] >= most and new[version] > old[version] for version, most in _MOST.items())


def _addresses(networks: Sequence[str]) -> dict[int, int]:
    """How many addresses are in networks, by version; each counts once."""
    parsed = [ipaddress.ip_network(network, strict=False) for network in networks]
    old = ipaddress.collapse_addresses(found for found in parsed if isinstance(found, ipaddress.IPv4Network))
    new = ipaddress.collapse_addresses(found for found in parsed if isinstance(found, ipaddress.IPv6Network))
    return {4: sum(found.num_addresses for found in old), 6: sum(found.num_addresses for found in new)}


def _listed(networks: Sequence[str]) -> str:
    """Networks as they are shown: the widest ones first, and no more than some."""
    ordered = sorted(networks, key=lambda network: int(network.partition("/")[2] or 0))
    more = f" and {len(ordered) - _MOST_SHOWN} more" if len(ordered) > _MOST_SHOWN else ""
    return f"{', '.join(ordered[:_MOST_SHOWN])}{more}"
