"""VSlices: isolated networks with their own address space, DNS and APN pattern."""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, Required

from typing_extensions import TypedDict

from reconciler.kinds.event_map import map_scope
from reconciler.model.closed import closed
from reconciler.model.effects import ADDRESS, APN, EVENTS, LABEL, Effect, Effects
from reconciler.model.fields import Atomic, Default, Doc, Immutable, Ref, ServerDefault, Unordered
from reconciler.model.kind import ITSELF, Kind
from reconciler.model.lookup import lookups, spec_path
from reconciler.model.resource import Resource
from reconciler.model.rules import Finding, Rule, World
from reconciler.model.scalars import Cidr, Ipv4, Reference, Text, length
from reconciler.model.wire import PLAIN, Field, Items, Wire, enumeration, reference

ROOM = Effect("room for further groups; addresses of SIMs stay (D-11)", 1, is_noticed=False)
NEXT_SESSION = Effect("from the next session of each device on; open sessions go on as they are", 6)
NETWORK_END = Effect(
    "the network ends, with every session in it; nothing may be in it by then (D-52)", 16, ends_sessions=True
)


@closed
class Dns(TypedDict, total=False):
    """Which DNS servers devices get."""

    mode: Required[Annotated[Literal["auto", "custom"], Doc("The platform's servers, or your own.")]]
    servers: Annotated[list[Ipv4], Doc("Your DNS servers, in order; only with mode custom (D-12).")]


@closed
class VSliceSpec(TypedDict, total=False):
    """An isolated network: its subnets, its DNS, the pattern of its APNs."""

    displayName: Annotated[str, length(2, 100), Doc("The portal's Name; default: the moniker (D-3).")]
    subnets: Required[
        Annotated[
            list[Cidr],
            Unordered(),
            Doc("IPv4 networks that groups take addresses from; the first is fixed, more may be added (D-11)."),
        ]
    ]
    dns: Annotated[Dns, Atomic(), Default({"mode": "auto"}), Doc("DNS for devices.")]
    apnPattern: Annotated[
        Text | None, ServerDefault(), Doc('The form of the APNs of secondary groups, e.g. "*.flex" (quote it).')
    ]
    ipAddressFamily: Annotated[Literal["ipv4"], Immutable(), Default("ipv4"), Doc("Only IPv4 is supported (D-11).")]
    ipAllocation: Annotated[
        Literal["static", "pooled"],
        Immutable(),
        Default("static"),
        Doc("How addresses of the first subnet are given out."),
    ]
    eventMap: Annotated[Reference | None, Ref("EventMap"), Doc("Where events of the VSlice go; scope vslice (D-28).")]


SUBNETS, APN_PATTERN, _DNS = lookups(VSliceSpec, "subnets", "apnPattern", "dns")
_ALLOCATION, _EVENT_MAP = lookups(VSliceSpec, "ipAllocation", "eventMap")
_MODE, _SERVERS = lookups(Dns, "mode", "servers")


def _overlaps(networks: Sequence[ipaddress.IPv4Network]) -> dict[int, int]:
    """Places of networks that overlap an earlier one, each with the place of such a one, in the order of places."""
    found: dict[int, int] = {}
    # Networks contain one another or are disjoint: in this order, a network follows the one that contains it.
    in_order = sorted(range(len(networks)), key=lambda place: (int(networks[place][0]), networks[place].prefixlen))
    widest = in_order[0] if in_order else 0
    for place in in_order[1:]:
        if networks[place].subnet_of(networks[widest]):
            earlier, later = sorted((place, widest))
            found[later] = min(earlier, found.get(later, earlier))
        else:
            widest = place
    return dict(sorted(found.items()))


def _subnets(resource: Resource, world: World) -> Iterator[Finding]:
    networks = [ipaddress.IPv4Network(text) for text in SUBNETS.of(resource.spec) or ()]
    for place, earlier in _overlaps(networks).items():
        network, other = networks[place], networks[earlier]
        detail, hint = f"{network} is in subnets twice.", "Remove one of the two."
        if network != other:
            detail = f"{network} overlaps {other} in the same VSlice."
            hint = "Choose networks that do not overlap, or use another VSlice."
        related = ((resource.address, spec_path(SUBNETS, earlier), f"{other} is here"),)
        yield Finding(spec_path(SUBNETS, place), detail, hint, related)


def _one_subnet(resource: Resource, world: World) -> Iterator[Finding]:
    if not SUBNETS.of(resource.spec):
        yield Finding(spec_path(SUBNETS), "A VSlice needs at least one subnet.", "Add one, e.g. 100.64.0.0/10.")


def _dns(resource: Resource, world: World) -> Iterator[Finding]:
    # Left out, the platform's servers are used.
    dns = _DNS.of(resource.spec)
    mode, servers = _MODE.of(dns), _SERVERS.of(dns)
    if mode == "custom" and not servers:
        yield Finding(spec_path(_DNS, _MODE), "The DNS mode custom needs at least one server.", "Add dns.servers.")
    if mode == "auto" and servers:
        yield Finding(
            spec_path(_DNS, _SERVERS), "The DNS mode auto takes no servers.", "Remove them, or use the mode custom."
        )


def _decode_subnets(items: Sequence[Any]) -> Mapping[str, Any]:
    return {"subnets": [item["subnetAddress"] if isinstance(item, Mapping) else str(item) for item in items]}


def _encode_subnets(spec: Mapping[str, Any]) -> Mapping[tuple[Any, ...], Any]:
    allocation = _ALLOCATION.of(spec) or "static"
    return {(cidr,): {"subnetAddress": cidr, "ipAllocationType": allocation} for cidr in SUBNETS.of(spec) or ()}


def _dns_servers(value: Any) -> list[str]:
    return [server for server in value or () if server]


KIND = Kind(
    name="VSlice",
    spec=VSliceSpec,
    scope=ITSELF,
    effects=Effects(
        fields={
            "displayName": LABEL,
            "subnets": ADDRESS,
            "dns": NEXT_SESSION,
            "apnPattern": APN,
            "ipAddressFamily": ADDRESS,
            "ipAllocation": ADDRESS,
            "eventMap": EVENTS,
        },
        added={"subnets": ROOM},
        delete=NETWORK_END,
    ),
    wire=Wire(
        collection="vslices",
        fields=(
            Field("displayName", "name", "name"),
            Field("dns.mode", "dnsMode", "dnsMode", enumeration()),
            Field("dns.servers", "dnsServers", "dnsServers", absent=([], [""])),
            Field("apnPattern", "apnPattern", "apnPattern"),
            Field("ipAddressFamily", "ipAddressFamily", "ipAddressFamily", enumeration(ipv4="ipv4", ipv6="ipv6")),
            Field("ipAllocation", "ipAllocationType", "ipAllocationType", enumeration(), create_only=True),
            Field("subnets.0", None, "subnetAddress", PLAIN),
            Field("eventMap", "eventMap", "eventMap", reference("EventMap"), null=""),
        ),
        items=(
            Items(
                paths=("subnets",),
                segment="subnets",
                decode=_decode_subnets,
                encode=_encode_subnets,
                identity=lambda item: (item["subnetAddress"] if isinstance(item, Mapping) else str(item),),
                delete_key=lambda item: item["subnetAddress"] if isinstance(item, Mapping) else str(item),
                batch=False,
                embedded="subnets",
                fixed_first=True,
                unverified=True,
                leaves={"subnetAddress": "subnets[]"},
                read_only=("id", "ipAllocationType"),
            ),
        ),
        counts=(("sims", "endpointCount"), ("groups", "endpointGroupCount")),
    ),
    rules=(
        Rule("D-11", _one_subnet),
        Rule("D-10", _subnets),
        Rule("D-12", _dns),
        map_scope("D-28", _EVENT_MAP, "vslice"),
    ),
)
