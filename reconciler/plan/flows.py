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
from reconciler.model.kind import Kind
from reconciler.model.resource import Spec
from reconciler.model.secret import SecretRef, host_in, host_of
from reconciler.plan.action import Action
from reconciler.plan.change import Change
from reconciler.plan.plan import Plan

PLATFORM = "the platform"
UNKNOWN_HOST = "a host that is not known here"
_MOST_SHOWN = 4
_MOST = {4: 1 << 31, 6: 1 << 124}
"""So many addresses are a default route, in one network or in many: half of IPv4, half of what IPv6 gives out."""


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
    after, before, kind = change.after, change.before or {}, kind_named(change.address.kind)
    found: list[Flow] = []

    def note(path: str, value: Any) -> Any:
        reference = SecretRef.of(value)
        digest = change.secret_digests.get(path)
        host = _receiver(kind, path, after, change.secret_digests)
        is_same = digest is not None and digest == _at(before, path) and host == _receiver(kind, path, before, {})
        if reference is not None and not is_same:
            found.append(Flow(change.address, str(reference), path, host))
        return value

    with_secrets(kind, after, note)
    return tuple(found)


def new_peers(plan: Plan) -> tuple[Peer, ...]:
    """Every new or moved host of a webhook, an SMPP server or a tunnel, and every default route that becomes wider."""
    return tuple(peer for change in plan.changes for peer in peers_of(change))


def peers_of(change: Change) -> Iterator[Peer]:
    """The new and moved hosts of one change."""
    if change.after is None or change.action.is_silent:
        return
    before, kind = change.before or {}, kind_named(change.address.kind)
    for path in kind.peers:
        new = _host(kind, change.after, path, change.secret_digests)
        old = _host(kind, before, path, {})
        if new is not None and new != old:
            yield Peer(change.address, path, old, new)
    for path in kind.routed:
        networks, former = _at(change.after, path) or [], _at(before, path) or []
        if _is_wider(networks, former):
            places = [place for place in kind.peers if _block(place) == _block(path)]
            hosts = (_host(kind, spec, place, {}) for spec in (change.after, before) for place in places)
            shown = f"{_listed(networks)} by {next(filter(None, hosts), None) or 'its peer'}"
            yield Peer(change.address, path, _listed(former) or None, shown)
    yield from _moved_defaults(kind, change, before)


def _block(path: str) -> str:
    return path.partition(".")[0]


def _receiver(kind: Kind, path: str, spec: Spec, digests: Mapping[str, str]) -> str:
    """The receiver of a field's secret from the platform: the host of the block that it is in."""
    place = next((place for place in kind.peers if _block(place) == _block(path)), None)
    return PLATFORM if place is None else _host(kind, spec, place, digests) or UNKNOWN_HOST


def _host(kind: Kind, spec: Spec, path: str, digests: Mapping[str, str]) -> str | None:
    """The host in a field; `UNKNOWN_HOST` for a URL that could not be read; None where the field is not there."""
    value = _at(spec, path)
    if value is None:
        return None
    if tuple(path.split(".")) not in kind.secret_paths:
        return str(value)
    sealed = digests.get(path, value)
    host = host_in(sealed) if isinstance(sealed, str) else None
    if host is None and isinstance(value, str):
        host = host_in(value) or host_of(value)
    return host or UNKNOWN_HOST


def _at(spec: Any, dotted: str) -> Any:
    for part in dotted.split("."):
        spec = spec.get(part) if isinstance(spec, Mapping) else None
    return spec


def _moved_defaults(kind: Kind, change: Change, before: Spec) -> Iterator[Peer]:
    """The default routes of a routing policy that lead to another target than before, or that it did not have."""
    if kind.default_routes is None or change.action is Action.CREATE:
        return
    former = kind.default_routes(before)
    for direction, (name, target) in kind.default_routes(change.after or {}).items():
        old = former.get(direction, (None, None))[1]
        if target is not None and target != old:
            yield Peer(change.address, f"rules[{name}].target", old, target)


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
