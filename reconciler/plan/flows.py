"""
Where secrets and traffic go because of a plan, in clear: computed from before and after, never read from a file. Pure.

A webhook's host is known although its URL is a secret: the digest of a URL carries its host. The platform itself gets
every secret; a flow names the host that gets it from there, if there is one.
"""

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.diffing.canonical import with_secrets
from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.secret import SecretRef, host_in, host_of
from reconciler.plan.change import Change
from reconciler.plan.plan import Plan

PLATFORM = "the platform"
UNKNOWN_HOST = "a host that is not known here"
_BLOCKS = {
    "EventHandler": (("webhook", "url"), ("smpp", "host")),
    "RoutingTarget": (("vpn", "remotePeer"), ("wireguard", "remotePeer")),
}
_TUNNELS = ("vpn", "wireguard")
_HALF = 1
"""The longest prefix of a network that counts as a default route: two halves are one in two parts."""

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
        wider = [network for network in networks if _is_default(network)]
        if wider and set(wider) - set(_at(before, f"{block}.remoteSubnets") or []):
            peer = _host(change.after, (block, "remotePeer"), {}) or _host(before, (block, "remotePeer"), {})
            former = ", ".join(_at(before, f"{block}.remoteSubnets") or []) or None
            yield Peer(change.address, f"{block}.remoteSubnets", former, f"{', '.join(wider)} by {peer or 'its peer'}")


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


def _is_default(network: str) -> bool:
    return ipaddress.ip_network(network, strict=False).prefixlen <= _HALF
