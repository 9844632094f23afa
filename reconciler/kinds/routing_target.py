"""Routing targets: where traffic leaves a VSlice - internet breakout, IPsec VPN or WireGuard."""

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Required

from typing_extensions import TypedDict

from reconciler.model.closed import closed
from reconciler.model.destinations import Destination
from reconciler.model.effects import LABEL, TRAFFIC, Effect, Effects
from reconciler.model.fields import Doc, Formed, Host, Immutable, Listed, ReadOnly, Ref, Routed, Secret, ServerDefault
from reconciler.model.kind import Kind
from reconciler.model.lookup import lookups
from reconciler.model.rules import exactly_one
from reconciler.model.scalars import Cidr, Code, Port, Positive, Reference, Text, length
from reconciler.model.secret_field import SecretField
from reconciler.model.wire import CODE, COMMA_LIST, PLAIN, SECRET, Field, Fold, Form, Wire, moniker_of, reference
from reconciler.model.wireguard import wireguard_key_objection

TUNNEL = Effect("at once; traffic through it may stop until both ends agree again (D-40)", 10, ends_sessions=True)


@closed
class Internet(TypedDict, total=False):
    """Breakout to the internet; it has no settings."""


@closed
class Vpn(TypedDict, total=False):
    """An IPsec tunnel."""

    localSubnets: Annotated[list[Cidr], Doc("Networks on the SIM side.")]
    remoteSubnets: Annotated[list[Cidr], Routed(), Doc("Networks behind the tunnel.")]
    remotePeer: Annotated[Destination, Host(), Doc("Address or host name of the other end.")]
    localEncryptionDomain: Annotated[Text, Doc("Identity of our end.")]
    remoteEncryptionDomain: Annotated[Text, Doc("Identity of the other end.")]
    presharedKey: Required[Annotated[SecretField, Secret(), Doc("The pre-shared key, as a secret reference.")]]
    keyExchange: Annotated[Literal["ikev1", "ikev2"], Doc("Version of the key exchange.")]
    ike: Annotated[Text, Doc("Phase 1 proposal, e.g. aes256-sha256-modp2048.")]
    esp: Annotated[Text, Doc("Phase 2 proposal, e.g. aes256-sha256-modp2048.")]
    phase1LifetimeSeconds: Annotated[Positive, Doc("Lifetime of phase 1 in seconds.")]
    phase2LifetimeSeconds: Annotated[Positive, Doc("Lifetime of phase 2 in seconds.")]


@closed
class WireGuard(TypedDict, total=False):
    """A WireGuard tunnel."""

    localSubnets: Annotated[list[Cidr], Doc("Networks on the SIM side.")]
    remoteSubnets: Annotated[list[Cidr], Routed(), Doc("Networks behind the tunnel.")]
    remotePeer: Annotated[Destination, Host(), Doc("Address of the other end.")]
    remotePort: Annotated[Port, ServerDefault(), Doc("UDP port of the other end.")]
    remotePublicKey: Required[Annotated[Text, Formed(wireguard_key_objection), Doc("Public key of the other end.")]]
    localPublicKey: Annotated[Text, ReadOnly(), ServerDefault(), Doc("Our public key; the platform generates it.")]


@closed
class RoutingTargetSpec(TypedDict, total=False):
    """A place that routing rules forward traffic to: the internet, an IPsec VPN or a WireGuard tunnel."""

    displayName: Annotated[str, length(2, 100), Doc("The portal's Name; default: the moniker (D-3).")]
    vslice: Required[Annotated[Reference, Ref("VSlice"), Immutable("D-8"), Doc("The VSlice that it belongs to.")]]
    redundancyZone: Required[Annotated[Code, Listed("redundancy-zones"), Doc("Where it runs, e.g. europe-primary.")]]
    typeInstance: Annotated[
        Code, Listed("target-instances"), ServerDefault(), Doc("Which of the platform's instances serves it.")
    ]
    internet: Annotated[Internet, Doc("Internet breakout.")]
    vpn: Annotated[Vpn, Doc("IPsec VPN.")]
    wireguard: Annotated[WireGuard, Doc("WireGuard tunnel.")]


VSLICE, _INTERNET, _VPN_BLOCK, _WIREGUARD_BLOCK = lookups(RoutingTargetSpec, "vslice", "internet", "vpn", "wireguard")
_TYPES = (_INTERNET, _VPN_BLOCK, _WIREGUARD_BLOCK)
_Row = tuple[str, str, Form]
_VPN: tuple[_Row, ...] = (
    ("localSubnets", "localSubnets", COMMA_LIST),
    ("remoteSubnets", "remoteSubnets", COMMA_LIST),
    ("remotePeer", "remotePeerAddress", PLAIN),
    ("localEncryptionDomain", "localEncryptionDomain", PLAIN),
    ("remoteEncryptionDomain", "remoteEncryptionDomain", PLAIN),
    ("presharedKey", "presharedKey", SECRET),
    ("keyExchange", "keyExchangeType", PLAIN),
    ("ike", "vpnIkeOption", PLAIN),
    ("esp", "vpnEspOption", PLAIN),
    ("phase1LifetimeSeconds", "phase1Lifetime", PLAIN),
    ("phase2LifetimeSeconds", "phase2Lifetime", PLAIN),
)
_WIREGUARD: tuple[_Row, ...] = (
    ("localSubnets", "localSubnets", COMMA_LIST),
    ("remoteSubnets", "remoteSubnets", COMMA_LIST),
    ("remotePeer", "remotePeerIPAddress", PLAIN),
    ("remotePort", "remotePeerPortNumber", PLAIN),
    ("remotePublicKey", "remotePublicKey", PLAIN),
    ("localPublicKey", "localPublicKey", PLAIN),
)
_BLOCKS = {str(_VPN_BLOCK): ("vpnConfig", _VPN), str(_WIREGUARD_BLOCK): ("wireGuardConfig", _WIREGUARD)}
_PATHS = (str(_INTERNET), *(f"{block}.{row[0]}" for block, (_, rows) in _BLOCKS.items() for row in rows))


_LEAVES = {
    "routingTargetType": "",
    **{
        f"configurationData.{member}.{row[1]}": f"{block}.{row[0]}"
        for block, (member, rows) in _BLOCKS.items()
        for row in rows
    },
}


def _type_of(payload: Mapping[str, Any]) -> Any:
    chosen = moniker_of(payload.get("routingTargetType"))
    return chosen.lower() if isinstance(chosen, str) else chosen


def _unheld(payload: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """A type of target that this version does not know."""
    chosen = moniker_of(payload.get("routingTargetType"))
    if chosen is not None and _type_of(payload) not in map(str, _TYPES):
        yield (
            "routingTargetType",
            chosen,
            f"a word that this version does not know; it knows {', '.join(map(str, _TYPES))}",
        )


def _decode(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    chosen = _type_of(payload)
    if chosen not in _BLOCKS:
        return {chosen: {}} if chosen == str(_INTERNET) else {}
    member, rows = _BLOCKS[chosen]
    block = (payload.get("configurationData") or {}).get(member) or {}
    values = {}
    for ours, theirs, form in rows:
        value = block.get(theirs)
        if form is COMMA_LIST:
            # An empty list is written as nothing, and is as empty when it is read.
            values[ours] = COMMA_LIST.decode(value or "")
        elif value not in (None, "", 0):
            values[ours] = form.decode(value)
    return {chosen: values}


def _encode(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    field = next((field for field in _TYPES if field.of(spec) is not None), None)
    if field is None:
        return {}
    chosen = str(field)
    if chosen not in _BLOCKS:
        return {"routingTargetType": chosen, "configurationData": {}}
    member, rows = _BLOCKS[chosen]
    block: dict[str, Any] = {}
    for ours, theirs, form in rows:
        value = field.of(spec).get(ours)
        if value is not None:
            block[theirs] = form.encode(value)
    return {"routingTargetType": chosen, "configurationData": {member: block}}


def _public_key(payload: Mapping[str, Any]) -> Any:
    """Our end's key, which the other end needs."""
    return ((payload.get("configurationData") or {}).get("wireGuardConfig") or {}).get("localPublicKey")


def _public_address(payload: Mapping[str, Any]) -> Any:
    """Our end's address: in a text that holds JSON."""
    found = json.loads(payload.get("publicInstanceConfiguration") or "{}")
    addresses = [value for name, value in found.items() if "ip" in name.lower() or "address" in name.lower()]
    return addresses[0] if addresses else next(iter(found.values()), None)


KIND = Kind(
    name="RoutingTarget",
    spec=RoutingTargetSpec,
    one_of=tuple(map(str, _TYPES)),
    scope="vslice",
    effects=Effects(
        fields={
            "displayName": LABEL,
            "vslice": TRAFFIC,
            "redundancyZone": TUNNEL,
            "typeInstance": TUNNEL,
            "internet": TRAFFIC,
            "vpn": TUNNEL,
            "wireguard": TUNNEL,
        },
    ),
    wire=Wire(
        collection="routingtargets",
        fields=(
            Field("displayName", "name", "name"),
            Field("vslice", "vSlice", "vslice", reference("VSlice")),
            Field("redundancyZone", "routingRedundancyZoneMoniker", "routingRedundancyZoneMoniker", CODE),
            Field(
                "typeInstance",
                "routingTargetTypeInstance",
                "routingTargetTypeInstanceId",
                CODE,
            ),
        ),
        folds=(
            Fold(
                paths=_PATHS,
                members=("routingTargetType", "configurationData"),
                decode=_decode,
                encode=_encode,
                leaves=_LEAVES,
                secrets=("configurationData.vpnConfig.presharedKey",),
                unheld=_unheld,
            ),
        ),
        outputs=(
            ("status", lambda payload: moniker_of(payload.get("routingTargetStatus"))),
            ("publicKey", _public_key),
            ("publicAddress", _public_address),
            ("gateway", lambda payload: payload.get("regionalGatewayMoniker")),
            ("networkKey", lambda payload: payload.get("networkKey")),
        ),
        computed=(
            "routingTargetStatus",
            "publicInstanceConfiguration",
            "networkKey",
            "routingRedundancyZoneName",
            "regionalGatewayMoniker",
            "regionalGatewayName",
            "subnetAddress",
        ),
    ),
    rules=(exactly_one("D-39", *_TYPES),),
)
