"""
The contents of every account: gateways, zones, target instances, rate limits, operators, event types.

Monikers and keys are the public ones; an unknown key is one that fits the gaps.
"""

import re
import uuid
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from reconciler.model.countries import ALPHA_3

Enum = dict[str, Any]

_ENUMS: dict[str, tuple[tuple[int, str, str], ...]] = {
    "dnsMode": ((10, "auto", "Auto"), (20, "custom", "Custom")),
    "ipAddressFamily": ((10, "ipv4", "IPv4"), (20, "ipv6", "IPv6")),
    "ipAllocationType": ((10, "static", "Static"), (20, "pooled", "Pooled")),
    "routingTargetType": ((10, "internet", "Internet"), (20, "vpn", "VPN (IPSec)"), (30, "wireguard", "WireGuard")),
    "routingTargetStatus": ((10, "active", "Active"),),
    "routingPolicyStatus": ((10, "active", "Active"), (20, "inactive", "Inactive")),
    "ruleAction": ((10, "forward", "Forward"), (20, "drop", "Drop"), (30, "reflect", "Reflect")),
    "ruleDirection": ((10, "uplink", "Uplink"), (20, "downlink", "Downlink")),
    "transportProtocol": ((1, "icmp", "ICMP"), (6, "tcp", "TCP"), (17, "udp", "UDP")),
    "steeringProfileEntryAction": (
        (10, "allow", "Allow"), (20, "reject-hard", "Reject"), (30, "reject-soft", "Fallback"),
    ),
    "eventScope": ((10, "endpoint", "Endpoint"), (20, "vslice", "VSlice"), (30, "global", "Global")),
    "eventEndpointType": ((10, "webhook", "Webhook"), (20, "smpp", "SMPP")),
    "endpointGroupType": ((10, "primary", "Primary"), (20, "secondary", "Secondary")),
    "sessionInactivityAction": ((10, "notify", "Notify"), (20, "notify-terminate", "Notify and Terminate")),
    "edgeServiceType": ((10, "remoteaccessproxy", "HTTP Publisher"),),
    "endpointStatus": (
        (10, "unallocated", "Unallocated"), (20, "provisional", "Provisional"), (30, "pending", "Pending"),
        (40, "autoactivate", "Auto Activate"), (50, "active", "Active"), (60, "suspended", "Suspended"),
        (70, "terminated", "Terminated"),
    ),
    "endpointNetworkStatus": (
        (10, "unknown", "Unknown"), (20, "detached", "Detached"), (30, "idle", "Idle"), (40, "active", "Active"),
    ),
}  # fmt: skip


def _enum(key: int, moniker: str, name: str) -> Enum:
    return {"key": key, "moniker": moniker, "name": name, "active": True}


def enumeration(*rows: tuple[int, str, str]) -> Mapping[str, Enum]:
    """The values of an enumeration by moniker, each given by key, moniker and name."""
    return MappingProxyType({moniker: _enum(key, moniker, name) for key, moniker, name in rows})


ENUMS: Mapping[str, Mapping[str, Enum]] = MappingProxyType({name: enumeration(*rows) for name, rows in _ENUMS.items()})

_NAMESPACE = uuid.UUID("6f0e3d2a-54c1-4f3f-9b52-8f9d3a7c1e10")


def stable_id(*parts: object) -> str:
    """A GUID that is the same whenever the parts are."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(map(str, parts))))


def _row(collection: str, moniker: str, name: str) -> dict[str, Any]:
    return {"id": stable_id(collection, moniker), "moniker": moniker, "name": name}


GATEWAYS = tuple(
    _row("regionalgateways", moniker, name)
    for moniker, name in (("europe", "Europe"), ("north-america", "North America"), ("asia-pacific", "Asia Pacific"))
)
ZONES = tuple(
    {**_row("redundancyzones", f"{row['moniker']}-{rank}", f"{row['name']} {rank.title()}"), "gateway": row}
    for row in GATEWAYS
    for rank in ("primary", "secondary")
)
INSTANCES: tuple[dict[str, Any], ...] = (
    {"id": 7, "moniker": "dc14-prod-nat-01a", "name": "DC14 NAT 01a", "type": "internet"},
    {"id": 12, "moniker": "ma5-prod-vpn-01a-ipsec", "name": "MA5 VPN 01a", "type": "vpn"},
    {"id": 13, "moniker": "ma5-prod-vpn-01a-wg", "name": "MA5 WireGuard 01a", "type": "wireguard"},
)
SUBSCRIPTION_TYPES = (
    _row("subscriptiontypes", "standard", "Standard"),
    _row("subscriptiontypes", "premium", "Premium"),
)
OPERATORS: tuple[dict[str, Any], ...] = tuple(
    {"id": number, "name": name, "iso3": country}
    for number, name, country in (
        (122, "Andorra Telecom", "AND"), (2145, "Wataniya Telecom", "DZA"), (4021, "Highland Mobile", "GBR"),
        (4022, "Severn Cellular", "GBR"), (4112, "Rhein Mobil", "DEU"), (4113, "Hanse Mobil", "DEU"),
        (4207, "Hexagone Mobile", "FRA"), (4307, "Matterhorn Mobil", "CHE"), (4408, "Meseta Movil", "ESP"),
        (4509, "Polder Mobiel", "NLD"), (5101, "Prairie Wireless", "USA"), (5102, "Bayou Cellular", "USA"),
    )
)  # fmt: skip
COUNTRIES = tuple({"id": stable_id("countries", code), "iso3": code, "name": code} for code in sorted(ALPHA_3))
EDGE_SERVICE_TYPES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "remoteaccessproxy": {
            "name": "HTTP Publisher",
            "description": "Publish a web service on the device",
            "iconShape": "globe",
        }
    }
)

_ENDPOINT_EVENTS = (
    "EndpointLocationUpdated", "EndpointAuthenticated", "EndpointForciblyDetached",
    "EndpointProvisioningStatusSetActive", "EndpointProvisioningStatusSetAutoActivate",
    "EndpointProvisioningStatusSetPending", "EndpointProvisioningStatusSetProvisional",
    "EndpointProvisioningStatusSetSuspended", "EndpointProvisioningStatusSetTerminated",
    "EndpointProvisioningStatusSetUnallocated", "EndpointPurged", "EndpointSteered", "EndpointOriginatedSMS",
    "EndpointOriginatedUSSD", "EndpointSMSAttempted", "EndpointKeyValueUpdated", "EndpointIMEIChanged",
    "EndpointNetworkStatusSetActive", "EndpointNetworkStatusSetIdle", "EndpointNetworkStatusSetDetached",
    "EndpointServingOperatorChanged",
)  # fmt: skip
_TARGET_EVENTS = (
    "VpnInitiationFailedPeerNotResponding", "RoutingTargetUnavailable", "VpnChildSaPhase2Up", "VpnInitiationSucceeded",
)  # fmt: skip
_CUSTOMER_EVENTS = ("BundleUsageWarning",)
_EVENT_NAME = re.compile(r"[a-z0-9]+_v[0-9]+")


def _spaced(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name) + " v1"


_EVENT_TYPES = {
    f"{name}_v1".lower(): {**_enum(base + 10 * place, f"{name}_v1".lower(), _spaced(name)), "scope": scope}
    for base, scope, names in (
        (100, "endpoint", _ENDPOINT_EVENTS),
        (310, "routingtarget", _TARGET_EVENTS),
        (500, "customer", _CUSTOMER_EVENTS),
    )
    for place, name in enumerate(names)
}
EVENT_TYPES: Mapping[str, Enum] = MappingProxyType(_EVENT_TYPES)


def event_type(moniker: str) -> Enum | None:
    """
    An event type by moniker in any case, or None.

    The published table is cut off, so a well-formed name that is not in it is taken too; its scope follows from its
    first word.
    """
    wanted = moniker.lower()
    if (known := EVENT_TYPES.get(wanted)) is not None:
        return known
    if not _EVENT_NAME.fullmatch(wanted) or len(wanted) > 100:
        return None
    scope = (
        "endpoint" if wanted.startswith("endpoint") else "routingtarget" if wanted[:3] in {"vpn", "rou"} else "other"
    )
    return {**_enum(900 + sum(map(ord, wanted)) % 1000, wanted, wanted), "scope": scope}


_RATE = re.compile(r"([1-9][0-9]{0,5})([kmg])bits")


def rate_limit(moniker: str) -> Enum | None:
    """A rate limit by moniker (``unlimited``, ``1kbits``, ``10mbits`` …), or None."""
    wanted = moniker.lower()
    if wanted == "unlimited":
        return _enum(10, wanted, "Unlimited")
    match = _RATE.fullmatch(wanted)
    if match is None:
        return None
    number, unit = int(match[1]), match[2]
    factor = {"k": 1, "m": 1000, "g": 1_000_000}[unit]
    return _enum(20 + number * factor, wanted, f"{number} {unit if unit == 'k' else unit.upper()}bit/s")


RATE_LIMITS = tuple(
    row
    for name in (
        "unlimited", "1kbits", "16kbits", "32kbits", "64kbits", "128kbits", "256kbits", "512kbits", "1mbits", "2mbits",
        "3mbits", "5mbits", "10mbits", "20mbits", "50mbits", "100mbits", "1gbits",
    )
    if (row := rate_limit(name))
)  # fmt: skip


def named(rows: tuple[dict[str, Any], ...], key: str) -> dict[str, Any] | None:
    """The row of a catalogue with this id or moniker, or None."""
    wanted = key.lower()
    return next((row for row in rows if wanted in {str(row["id"]).lower(), str(row.get("moniker", "")).lower()}), None)
