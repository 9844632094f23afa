"""An estate before and after: the plan from one to the other has 60 actions over all kinds, and two waves of SIMs."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from reconciler.simulator.application import Simulator
from reconciler.simulator.routes import Request
from tests.features.sims.estate import iccids

SECRETS: Mapping[str, str] = {"KILL_PSK": "a-shared-key", "KILL_TOKEN": "a-token", "KILL_CODE": "a-code"}
ACTIONS = 60
MOVED = iccids(24)
ACTIVATED = iccids(3, first=100)
EDITED = iccids(3, first=200)
FOREIGN_SIMS = iccids(4, first=300)
_PROTECTED = {"psk": {"secretRef": {"env": "KILL_PSK"}}, "token": {"secretRef": {"env": "KILL_TOKEN"}}}
_HEAD = {"apiVersion": "reconciler.dev/v1alpha1"}


def document(kind: str, name: str, /, **spec: Any) -> dict[str, Any]:
    """One manifest."""
    return {**_HEAD, "kind": kind, "metadata": {"name": name}, "spec": spec}


def declare(root: Path, documents: Iterator[dict[str, Any]]) -> None:
    """Write the manifests; nothing else of the folder changes."""
    root.mkdir(parents=True, exist_ok=True)
    root.joinpath("estate.yaml").write_text(yaml.safe_dump_all(documents, sort_keys=False), encoding="utf-8")


LIMITS: Mapping[str, int] = {"simMoves": 24, "simsTouched": 27, "newPeers": 5}
"""Of the plan of 60 actions: what an undisturbed run is allowed must be enough for every run after a kill."""


def configure(root: Path, limits: Mapping[str, int]) -> None:
    """The estate's own file: the store is named by a variable; guards have their defaults, but for these limits."""
    root.mkdir(parents=True, exist_ok=True)
    spec = {"manifests": ["estate.yaml"], "store": {"env": "KILL_STORE"}, "account": {"type": "integrated"}}
    if limits:
        spec["guardrails"] = dict(limits)
    content = {**_HEAD, "kind": "Estate", "metadata": {"name": "killed"}, "spec": spec}
    root.joinpath("reconciler.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")


def populate(simulator: Simulator) -> None:
    """The part of the account that is not ours: SIMs in stock, and objects and SIMs of somebody else."""
    simulator.put_sims([*MOVED, *EDITED, *FOREIGN_SIMS])
    for path, body in _FOREIGN:
        request = Request("POST", path, {}, {"moniker": "foreign", "name": "Foreign", **body}, simulator.time())
        simulator.execute(request)
    simulator.clear_log()


_FOREIGN: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/vslices", {"subnetAddress": "100.64.0.0/16"}),
    ("/OperatorPolicies", {"defaultAction": "allow"}),
)


def few() -> Iterator[dict[str, Any]]:
    """Two objects, for a first apply that has to make its store as well."""
    yield document("VSlice", "net-0", subnets=["100.64.0.0/16"])
    yield document("OperatorPolicy", "operators-0", default="allow", entries=[{"country": "GBR", "action": "allow"}])


def crowd() -> Iterator[dict[str, Any]]:
    """The same and a few more, one of them changed: what racing appliers want to be there."""
    yield document("VSlice", "net-0", subnets=["100.64.0.0/16", "100.65.0.0/16"])
    for number in range(4):
        yield _operators(number, ("FRA", "DEU"))
    yield _map(0, "account", ())


def before() -> Iterator[dict[str, Any]]:
    """The objects that are there, and ours, when the plan is made."""
    yield document("VSlice", "net-0", subnets=["100.64.0.0/16", "100.65.0.0/16"])
    for number in (1, 2):
        yield document("VSlice", f"net-{number}", subnets=["100.64.0.0/16"])
    for number in range(4):
        yield _target(number, "internet")
    yield _target(4, "vpn")
    yield _target(5, "wireguard")
    for number in range(4):
        yield _routing(number, rules=("a", "b"), service=None)
    for number in range(3):
        yield _service(number, port=8000)
        yield _operators(number, ("GBR", "FRA"))
        yield _regions(number, ("GBR", "FRA"))
        yield _handler(number, "https://hooks.example/a")
        yield _map(number, "account" if not number else "vslice", ("EndpointSteered_v1",))
    yield _group("fleet-uk", subnet="100.64.0.0/16", displayName="United Kingdom")
    yield _group("fleet-de", subnet="100.65.0.0/16")
    yield _group("fleet-old", subnet="100.64.0.0/16")
    yield _members("fleet", "fleet-uk", MOVED)
    yield document("EndpointSet", "edited", group="fleet-uk", members=[{"list": [{"iccid": i} for i in EDITED]}])


def after() -> Iterator[dict[str, Any]]:
    """The objects that are wanted: every kind has creations, edits and deletions."""
    yield document("VSlice", "net-0", subnets=["100.64.0.0/16", "100.65.0.0/16", "100.66.0.0/16"], displayName="Net")
    for number in (1, 3, 4):
        yield document("VSlice", f"net-{number}", subnets=["100.64.0.0/16"], displayName=f"Net {number}")
    for number in (0, 1, 6, 7):
        yield _target(number, "internet", name=f"Way {number}")
    yield _target(4, "vpn", name="Way 4")
    yield _target(8, "vpn")
    yield _target(9, "wireguard")
    for number in (0, 1, 4, 5, 6):
        yield _routing(number, rules=("b", "c", "a"), service=1 if number < 3 else None)
    for number in (0, 1, 3, 4):
        yield _service(number, port=9000)
        yield _operators(number, ("FRA", "DEU", "NLD"))
        yield _regions(number, ("FRA", "DEU"))
        yield _handler(number, "https://hooks.example/b")
    for number in (0, 1, 3, 4):
        yield _map(number, "account" if not number else "vslice", ("EndpointIMEIChanged_v1", "EndpointSteered_v1"))
    for number in (5, 6):
        yield _operators(number, ("DEU",))
        yield _regions(number, ("DEU",))
        yield _service(number, port=443)
    yield _map(2, "endpointGroup", ("EndpointSteered_v1",))
    yield document(
        "EventHandler",
        "messages",
        smpp={"host": "s.example", "port": 2775, "systemId": "x", "password": _PROTECTED["token"]},
    )
    yield _group("fleet-uk", subnet="100.64.0.0/16", displayName="Great Britain", sessionInactivity=_IDLE)
    yield _group("fleet-de", subnet="100.65.0.0/16", operatorPolicy="operators-3", displayName="Germany")
    for number in range(2):
        yield _group(f"fleet-{number}", subnet="100.66.0.0/16", secondaryGroups=["fleet-apn"] if number else [])
    yield _group("fleet-apn", subnet="100.66.0.0/16", type="secondary", apn="telematics.flex")
    yield _members("fleet", "fleet-de", MOVED)
    yield document("EndpointSet", "edited", group="fleet-uk", members=[{"list": [{"iccid": i} for i in EDITED[1:]]}])
    special = {"group": "fleet-uk", "displayName": "Special", "tags": ["a", "b"], "state": "suspended"}
    yield document("Endpoint", "special", iccid=EDITED[0], keyValues={"site": "north"}, **special)
    for number, found in enumerate(ACTIVATED):
        code = {"secretRef": {"env": "KILL_CODE"}}
        yield document(
            "Endpoint", f"sim-{number}", iccid=found, group="fleet-0", activationCode=code, displayName="New"
        )


_IDLE = {"seconds": 1800, "action": "notifyAndTerminate"}


def _target(number: int, sort: str, name: str | None = None) -> dict[str, Any]:
    ways: dict[str, dict[str, Any]] = {
        "internet": {},
        "vpn": {
            "localSubnets": ["100.64.0.0/16"],
            "remoteSubnets": ["10.60.0.0/16"],
            "remotePeer": "198.51.100.60",
            "localEncryptionDomain": "local.example",
            "remoteEncryptionDomain": "198.51.100.60",
            "presharedKey": _PROTECTED["psk"],
            "keyExchange": "ikev2",
            "ike": "aes256-sha256-modp2048",
            "esp": "aes256-sha256-modp2048",
            "phase1LifetimeSeconds": 28800,
            "phase2LifetimeSeconds": 3600,
        },
        "wireguard": {
            "localSubnets": ["100.64.0.0/16"],
            "remoteSubnets": ["10.40.0.0/16"],
            "remotePeer": "203.0.113.200",
            "remotePort": 51820,
            "remotePublicKey": "YFnf+rZB9qU5SuGpTHdRbkz6YQwhMoXlNrJCFaf3bQE=",
        },
    }
    named = {} if name is None else {"displayName": name}
    return document(
        "RoutingTarget", f"out-{number}", vslice="net-0", redundancyZone="europe-primary", **named, **{sort: ways[sort]}
    )


def _routing(number: int, *, rules: tuple[str, ...], service: int | None) -> dict[str, Any]:
    listed = [
        {"name": name, "direction": "uplink", "action": "forward", "target": "out-0", "match": {"destination": net}}
        for place, name in enumerate(rules)
        for net in (f"10.{place}.0.0/16",)
    ]
    uses = {} if service is None else {"edgeServices": [{"service": f"service-{service}", "enabled": True}]}
    return document("RoutingPolicy", f"route-{number}", vslice="net-0", rules=listed, **uses)


def _service(number: int, port: int) -> dict[str, Any]:
    return document("EdgeService", f"service-{number}", type="remoteaccessproxy", port=port, protocol="https")


def _operators(number: int, countries: tuple[str, ...]) -> dict[str, Any]:
    entries = [{"country": country, "action": "allow"} for country in countries]
    return document("OperatorPolicy", f"operators-{number}", default="reject-hard", entries=entries)


def _regions(number: int, countries: tuple[str, ...]) -> dict[str, Any]:
    entries = [{"country": country, "gateway": "north-america"} for country in countries]
    return document("RegionalPolicy", f"regions-{number}", defaultGateway="europe", entries=entries)


def _handler(number: int, url: str) -> dict[str, Any]:
    webhook = {"url": url, "timeoutSeconds": 5, "bearerToken": _PROTECTED["token"]}
    return document("EventHandler", f"hook-{number}", webhook=webhook)


def _map(number: int, scope: str, events: tuple[str, ...]) -> dict[str, Any]:
    subscriptions = [{"event": event, "handler": "hook-0"} for event in events]
    return document("EventMap", f"map-{number}", scope=scope, subscriptions=subscriptions)


def _group(name: str, *, subnet: str, **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "type": "primary",
        "vslice": "net-0",
        "subscriptionType": "standard",
        "subnet": subnet,
        "routingPolicy": "route-0",
        "regionalPolicy": "regions-0",
        **more,
    }
    return document("EndpointGroup", name, **given)


def _members(name: str, group: str, numbers: list[str]) -> dict[str, Any]:
    rows = [{"iccid": number} for number in numbers]
    return document("EndpointSet", name, group=group, members=[{"list": rows}], limits={"batch": 4})
