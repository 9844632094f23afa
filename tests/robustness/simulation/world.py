"""
The small world of a history: what is on the platform before, and what its manifests may say.

Versions of the manifests are plain values drawn from a seed; the oracle reads them, not what the tool made of them.
"""

import functools
import random
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.address import Address
from reconciler.model.resource import Resource, Resources
from reconciler.model.roster import Roster, SimSet
from tests.features.sims.estate import iccids

Spec = dict[str, Any]
BYSTANDERS: dict[str, Spec] = {
    "VSlice/fleet-net": {"subnets": ["100.64.0.0/16", "100.65.0.0/16"]},
    "RoutingTarget/fleet-internet": {"vslice": "fleet-net", "redundancyZone": "europe-primary", "internet": {}},
    "RoutingPolicy/fleet-policy": {
        "vslice": "fleet-net",
        "rules": [{"name": "all", "direction": "uplink", "action": "forward", "target": "fleet-internet"}],
    },
    "RegionalPolicy/europe-only": {"defaultGateway": "europe"},
    "OperatorPolicy/bystander": {"default": "allow", "entries": [{"country": "GBR", "action": "reject-hard"}]},
    "EndpointGroup/fleet-uk": {
        "type": "primary", "vslice": "fleet-net", "subnet": "100.64.0.0/16", "routingPolicy": "fleet-policy",
        "regionalPolicy": "europe-only",
    },
    "EndpointGroup/fleet-de": {
        "type": "primary", "vslice": "fleet-net", "subnet": "100.65.0.0/16", "routingPolicy": "fleet-policy",
        "regionalPolicy": "europe-only",
    },
}  # fmt: skip
"""Objects that no manifest of a history speaks of; nothing may ever touch them."""
BYSTANDER = "OperatorPolicy/bystander"
SIMS = tuple(iccids(4))
FOREIGN_SIM = iccids(1, first=50)[0]
GROUPS = ("fleet-uk", "fleet-de")
_COUNTRIES = ("GBR", "FRA", "DEU")
_NAMES = ("Alpha", "Beta", None)
_SUBNETS = ("100.70.0.0/16", "100.71.0.0/16", "100.72.0.0/16")


@dataclass(frozen=True)
class Version:
    """One state of the manifests: resources by address; of SIMs their group, and the state of some."""

    specs: dict[str, Spec] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)

    def estate(self) -> Resources:
        """The resources."""
        return Resources(Resource(Address.parse(name), spec) for name, spec in self.specs.items())

    def roster(self) -> Roster | None:
        """The SIMs, or None where the manifests say nothing of any."""
        if not self.places:
            return None
        sets = [SimSet(address=f"EndpointSet/{group}", group=group, batch=2) for group in GROUPS]
        return Roster(
            sets=sets,
            members={int(iccid): GROUPS.index(group) for iccid, group in self.places.items()},
            settings={int(iccid): {"state": state} for iccid, state in self.states.items()},
        )


def versions(chance: random.Random, count: int) -> list[Version]:
    """Manifests as a team changes them, from one commit to the next."""
    chosen = chance.sample(sorted(_MAKERS), chance.randint(1, 3))
    has_sims = chance.random() < 0.35
    found = []
    for _ in range(count):
        specs = {name: _MAKERS[name](chance) for name in chosen if chance.random() < 0.8}
        if "RoutingTarget/out-a" in specs:
            specs.setdefault("VSlice/net-a", _network(chance))
        if "EventMap/map-a" in specs:
            specs.setdefault("EventHandler/hook-a", _handler(chance))
        places = {iccid: chance.choice(GROUPS) for iccid in SIMS} if has_sims else {}
        states = {iccid: chance.choice(("active", "suspended")) for iccid in places if chance.random() < 0.3}
        found.append(Version(specs, places, states))
    if has_sims and chance.random() < 0.15:
        found[-1].states[chance.choice(SIMS)] = "terminated"
    return found


def _named(chance: random.Random, spec: Spec) -> Spec:
    name = chance.choice(_NAMES)
    return spec if name is None else {"displayName": name, **spec}


def _operators(chance: random.Random) -> Spec:
    entries = [
        {"country": country, "action": chance.choice(("allow", "reject-hard"))}
        for country in _COUNTRIES
        if chance.random() < 0.5
    ]
    return _named(chance, {"default": chance.choice(("allow", "reject-hard")), "entries": entries})


def _regions(chance: random.Random) -> Spec:
    entries = [{"country": country, "gateway": "europe"} for country in _COUNTRIES if chance.random() < 0.5]
    return _named(chance, {"defaultGateway": "europe", "entries": entries})


def _network(chance: random.Random) -> Spec:
    more = [subnet for subnet in _SUBNETS[1:] if chance.random() < 0.5]
    return _named(chance, {"subnets": [_SUBNETS[0], *more]})


def _target(chance: random.Random) -> Spec:
    zone = chance.choice(("europe-primary", "europe-secondary")) if chance.random() < 0.2 else "europe-primary"
    return _named(chance, {"vslice": "net-a", "redundancyZone": zone, "internet": {}})


def _handler(chance: random.Random) -> Spec:
    return _named(chance, {"webhook": {"url": "https://hooks.example.com/x", "timeoutSeconds": chance.choice((5, 9))}})


def _map(chance: random.Random) -> Spec:
    events = [event for event in ("EndpointSteered_v1", "EndpointPurged_v1") if chance.random() < 0.6]
    return _named(chance, {"scope": "account", "subscriptions": [{"event": e, "handler": "hook-a"} for e in events]})


_MAKERS = {
    "OperatorPolicy/ops-a": _operators,
    "OperatorPolicy/ops-b": _operators,
    "RegionalPolicy/region-a": _regions,
    "VSlice/net-a": _network,
    "RoutingTarget/out-a": _target,
    "EventHandler/hook-a": _handler,
    "EventMap/map-a": _map,
}


@functools.cache
def simple_names() -> tuple[str, ...]:
    """Objects that a human may make or edit without anything else being there."""
    return ("OperatorPolicy/ops-a", "OperatorPolicy/ops-b", "RegionalPolicy/region-a", "VSlice/net-a")
