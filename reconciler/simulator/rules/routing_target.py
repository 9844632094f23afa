"""Routing targets."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.simulator.body import Body
from reconciler.simulator.refusals import Breach
from reconciler.simulator.seed import INSTANCES, ZONES, named
from reconciler.simulator.store import Row, dumps
from reconciler.simulator.world import TARGETS, VSLICES, Collection, Fields, View, choose, enum, fixed, network

_WIREGUARD = (
    "localSubnets", "localPublicKey", "remotePublicKey", "remoteSubnets", "remotePeerIPAddress",
)  # fmt: skip
_VPN = (
    "localSubnets", "remoteSubnets", "remotePeerAddress", "remoteEncryptionDomain", "localEncryptionDomain",
    "presharedKey", "keyExchangeType", "vpnIkeOption", "vpnEspOption",
)  # fmt: skip
_BLOCKS = {"vpn": "vpnConfig", "wireguard": "wireGuardConfig"}
_WIREGUARD_PORT = 51820
_LIFETIMES = {"phase1Lifetime": 28800, "phase2Lifetime": 3600}


def _accept(body: Body, before: Fields | None, world: View) -> Fields:
    kind = choose(body, "routingTargetType", before["type"] if before else None)
    if kind is None:
        raise Breach("routingTargetType is required.")
    fixed(before, "routingTargetType", before["type"] if before else kind, kind)
    text = body.text("vslice")
    wanted = world.require(VSLICES, text).id if text else None
    vslice = fixed(before, "vslice", before["vslice"] if before else wanted, wanted)
    if vslice is None:
        raise Breach("vslice is required.")
    zone_text = body.text("routingRedundancyZoneMoniker")
    zone = named(ZONES, zone_text) if zone_text else None
    if zone is None and (zone_text or before is None):
        raise Breach(f"The redundancy zone '{zone_text or ''}' does not exist.")
    return {
        "type": kind,
        "vslice": vslice,
        "zone": zone["moniker"] if zone else before["zone"] if before else None,
        "instance": _instance(body, kind, before),
        "config": _config(body, kind, before),
        "networkKey": before["networkKey"] if before else _next_network_key(world),
    }


def _next_network_key(world: View) -> int:
    number = int(world.store.value("network keys", 4100)) + 1
    world.store.set_value("network keys", number)
    return number


def _instance(body: Body, kind: str, before: Fields | None) -> int:
    key = body.key("routingTargetTypeInstanceId")
    if key is None:
        if before:
            return int(before["instance"])
        return next(int(row["id"]) for row in INSTANCES if row["type"] == kind)
    row = named(INSTANCES, key)
    if row is None:
        raise Breach(f"The routing target type instance '{key}' does not exist.")
    if row["type"] != kind:
        raise Breach(f"The routing target type instance '{key}' serves targets of type {row['type']}, not {kind}.")
    return int(row["id"])


def _blank(part: Body | None, names: Iterable[str], numbers: Iterable[str]) -> bool:
    return part is None or not (any(part.text(name) for name in names) or any(part.integer(name) for name in numbers))


def _config(body: Body, kind: str, before: Fields | None) -> Mapping[str, Any] | None:
    if before and not body.has("configurationData"):
        kept: Mapping[str, Any] | None = before["config"]
        return kept
    settings = body.part("configurationData") or Body({})
    vpn, wireguard = settings.part("vpnConfig"), settings.part("wireGuardConfig")
    empty = {
        "vpn": _blank(vpn, _VPN, _LIFETIMES),
        "wireguard": _blank(wireguard, _WIREGUARD, ("remotePeerPortNumber",)),
    }
    for other in {"vpn", "wireguard"} - {kind}:
        if not empty[other]:
            raise Breach(f"A routing target of type {kind} takes no {_BLOCKS[other]}.")
    if kind == "internet":
        return None
    part = vpn if kind == "vpn" else wireguard
    if part is None or empty[kind]:
        raise Breach(f"A routing target of type {kind} needs {_BLOCKS[kind]}.")
    for member in ("localSubnets", "remoteSubnets"):
        for text in (part.text(member) or "").split(","):
            if text.strip():
                network(text.strip(), member)
    return _vpn(part) if kind == "vpn" else _wireguard(part, before)


def _vpn(part: Body) -> dict[str, Any]:
    config: dict[str, Any] = {name: part.text(name) for name in _VPN}
    if config["presharedKey"] is None:
        raise Breach("vpnConfig needs presharedKey.")
    exchange = (config["keyExchangeType"] or "ikev2").lower()
    if exchange not in {"ikev1", "ikev2"}:
        raise Breach(f"'{exchange}' is not a valid keyExchangeType; expected ikev1 or ikev2.")
    config["keyExchangeType"] = exchange
    for name, default in _LIFETIMES.items():
        seconds = part.integer(name)
        if seconds is not None and seconds < 0:
            raise Breach(f"{name} must be a positive number of seconds.")
        config[name] = seconds or default
    return config


def _wireguard(part: Body, before: Fields | None) -> dict[str, Any]:
    config: dict[str, Any] = {name: part.text(name) for name in _WIREGUARD}
    if config["remotePublicKey"] is None:
        raise Breach("wireGuardConfig needs remotePublicKey.")
    number = part.integer("remotePeerPortNumber") or 0
    if not 0 <= number <= 65535:
        raise Breach(f"{number} is not a port between 1 and 65535 (remotePeerPortNumber).")
    kept = before["config"] if before else {}
    # Our own key is generated; whatever a body says is ignored, since only the platform has its other half.
    config["localPublicKey"] = None
    config["remotePeerPortNumber"] = number or kept.get("remotePeerPortNumber") or _WIREGUARD_PORT
    return config


def _show(row: Row, world: View) -> dict[str, Any]:
    state = row.state
    blocks: dict[str, Any] = {"wireGuardConfig": None, "vpnConfig": None}
    if state["type"] in _BLOCKS:
        config = dict(state["config"])
        if state["type"] == "wireguard":
            digest = hashlib.sha256(f"wireguard {row.id}".encode()).digest()
            config["localPublicKey"] = base64.b64encode(digest).decode()
        blocks[_BLOCKS[state["type"]]] = config
    zone, instance = named(ZONES, state["zone"]) or {}, named(INSTANCES, str(state["instance"])) or {}
    return {
        "routingTargetType": enum("routingTargetType", state["type"]),
        "routingTargetStatus": enum("routingTargetStatus", "active"),
        "vSlice": world.ref(state["vslice"]),
        "configurationData": blocks,
        "publicInstanceConfiguration": dumps({"publicIp": f"203.0.113.{state['networkKey'] % 254 + 1}"}),
        "networkKey": state["networkKey"],
        "routingTargetTypeInstance": {name: instance[name] for name in ("id", "name", "moniker")},
        "routingRedundancyZoneMoniker": zone["moniker"],
        "routingRedundancyZoneName": zone["name"],
        "regionalGatewayMoniker": zone["gateway"]["moniker"],
        "regionalGatewayName": zone["gateway"]["name"],
    }


COLLECTION = Collection(
    name=TARGETS,
    title="routing target",
    accept=_accept,
    show=_show,
    references=lambda state: [("vslice", state["vslice"])],
)
