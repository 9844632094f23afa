"""Endpoint groups: the network configuration shared by every SIM placed in them (stacuity-api B.9, C)."""

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, Required

from typing_extensions import TypedDict

from reconciler.model import effects
from reconciler.model.address import Address
from reconciler.model.closed import closed
from reconciler.model.fields import Atomic, Default, Doc, Immutable, Ref, ServerDefault, Unordered
from reconciler.model.kind import Kind
from reconciler.model.references import bare, is_existing
from reconciler.model.resource import Resource, Resources
from reconciler.model.rules import Finding, Rule, World, longer_than, map_scope, same_scope, spec_path
from reconciler.model.scalars import Cidr, Code, Positive, Reference, Text, length
from reconciler.model.wire import CODE, Field, Fold, Items, Wire, enumeration, moniker_of, reference


@closed
class SessionInactivity(TypedDict, total=False):
    """What happens to idle sessions."""

    seconds: Required[Annotated[Positive, Doc("How long a session may be idle, in seconds (D-26).")]]
    action: Annotated[
        Literal["notify", "notifyAndTerminate"], Default("notify"), Doc("Send an event, or end the session as well.")
    ]


@closed
class EndpointGroupSpec(TypedDict, total=False):
    """A container inside a VSlice; its SIMs inherit everything that it refers to."""

    displayName: Annotated[str, length(2, 100), Doc("The portal's Name; default: the moniker (D-1).")]
    type: Annotated[
        Literal["primary", "secondary"], Immutable("D-16"), Default("primary"), Doc("Secondary groups add an APN.")
    ]
    vslice: Required[Annotated[Reference, Ref("VSlice"), Immutable("D-16"), Doc("The network that it belongs to.")]]
    subscriptionType: Annotated[Code, Immutable("D-16"), ServerDefault(), Doc("The billing subscription of its SIMs.")]
    subnet: Annotated[
        Cidr, Immutable("D-16"), ServerDefault(), Doc("Where addresses come from; one of the VSlice's subnets (D-17).")
    ]
    apn: Annotated[Text, Doc("The APN; required for a secondary group, inherited by a primary one (D-18).")]
    routingPolicy: Required[Annotated[Reference, Ref("RoutingPolicy"), Doc("How traffic is routed (D-14).")]]
    regionalPolicy: Required[Annotated[Reference, Ref("RegionalPolicy"), Doc("Which gateway serves it (D-13).")]]
    operatorPolicy: Annotated[Reference | None, Ref("OperatorPolicy"), Doc("Which mobile networks may be used.")]
    eventMap: Annotated[Reference | None, Ref("EventMap"), Doc("Where its events go; scope endpointGroup (D-28).")]
    ipAllocation: Annotated[Literal["static", "pooled"], ServerDefault(), Doc("How addresses are given out.")]
    sessionInactivity: Annotated[SessionInactivity | None, Atomic(), Doc("What happens to idle sessions.")]
    secondaryGroups: Annotated[
        list[Annotated[Reference, Ref("EndpointGroup")]],
        Unordered(),
        Doc("Secondary groups of a primary group; a secondary belongs to one primary at most (D-21)."),
    ]


def _type(resource: Resource) -> str:
    return str(resource.spec.get("type", "primary"))


def _apn(resource: Resource, world: World) -> Iterator[Finding]:
    apn = resource.spec.get("apn")
    if _type(resource) == "primary" and apn is not None:
        detail = "A primary group takes its APN from the VSlice."
        yield Finding(spec_path("apn"), detail, "Remove apn, or make the group secondary.")
    if _type(resource) == "secondary" and apn is None:
        yield Finding(
            spec_path("type"), "A secondary group needs an apn.", "Add apn, matching the VSlice's apnPattern."
        )


def _apn_pattern(resource: Resource, world: World) -> Iterator[Finding]:
    apn, vslice = resource.spec.get("apn"), world.target("VSlice", resource.spec.get("vslice"))
    pattern = vslice.spec.get("apnPattern") if vslice else None
    if vslice and apn and pattern and not fnmatch.fnmatchcase(apn.lower(), pattern.lower()):
        yield Finding(
            spec_path("apn"),
            f'The APN "{apn}" does not match the pattern "{pattern}" of {vslice.address}.',
            "Choose an APN that matches.",
            ((vslice.address, spec_path("apnPattern"), "the pattern stands here"),),
        )


def _apns_differ(resource: Resource, world: World) -> Iterator[Finding]:
    seen: dict[str, Resource] = {}
    for place, name in enumerate(resource.spec.get("secondaryGroups") or ()):
        secondary = world.target("EndpointGroup", name)
        apn = secondary.spec.get("apn") if secondary else None
        if secondary is None or apn is None:
            continue
        other = seen.setdefault(apn.lower(), secondary)
        if other is not secondary:
            yield Finding(
                spec_path("secondaryGroups", place),
                f'{secondary.address} and {other.address} both have the APN "{apn}".',
                "Within a primary group and its secondaries every APN is used once; change one of them.",
                (
                    (secondary.address, spec_path("apn"), f"{secondary.address} has it here"),
                    (other.address, spec_path("apn"), f"{other.address} has it here"),
                ),
            )


def _subnet(resource: Resource, world: World) -> Iterator[Finding]:
    subnet, vslice = resource.spec.get("subnet"), world.target("VSlice", resource.spec.get("vslice"))
    if subnet and vslice and subnet not in vslice.spec.get("subnets", ()):
        yield Finding(
            spec_path("subnet"),
            f"{subnet} is not one of the subnets of {vslice.address}.",
            f"Choose one of {', '.join(vslice.spec.get('subnets', ())) or 'its subnets'}, or add it to the VSlice.",
            ((vslice.address, spec_path("subnets"), "its subnets stand here"),),
        )


def _associations(resource: Resource, world: World) -> Iterator[Finding]:
    names = resource.spec.get("secondaryGroups") or ()
    if names and _type(resource) != "primary":
        detail = "Only a primary group has secondary groups."
        yield Finding(spec_path("secondaryGroups"), detail, "Remove them, or make the group primary.")
    for place, name in enumerate(names):
        secondary = world.target("EndpointGroup", name)
        if secondary is not None and _type(secondary) != "secondary":
            yield Finding(
                spec_path("secondaryGroups", place),
                f"{secondary.address} is not a secondary group.",
                "Refer to a group of type secondary.",
                ((secondary.address, spec_path("type"), "its type is decided here"),),
            )


def _primaries(estate: Resources) -> dict[str, tuple[Address, int]]:
    """Each moniker that is listed as a secondary group, with the first group by name that does so and where."""
    found: dict[str, tuple[Address, int]] = {}
    for _, group in sorted(estate.of_kind("EndpointGroup").items()):
        for place, item in enumerate(group.spec.get("secondaryGroups") or ()):
            found.setdefault(bare(item), (group.address, place))
    return found


def _one_primary(resource: Resource, world: World) -> Iterator[Finding]:
    for place, item in enumerate(resource.spec.get("secondaryGroups") or ()):
        primary, there = world.once(_primaries)[bare(item)]
        if primary != resource.address:
            yield Finding(
                spec_path("secondaryGroups", place),
                f"{bare(item)} is already a secondary group of {primary}.",
                "A secondary group belongs to one primary group at most; remove it from one of the two.",
                ((primary, spec_path("secondaryGroups", there), "it is listed here"),),
            )


def _unassociated(resource: Resource, world: World) -> Iterator[Finding]:
    if _type(resource) != "secondary" or any(address.kind == resource.address.kind for address in world.unsound):
        return
    if resource.address.name not in world.once(_primaries) and world.once(_is_each_known):
        yield Finding(
            ("metadata", "name"),
            "No primary group lists this secondary group, so it has no effect.",
            "Add it to secondaryGroups of a primary group of the same VSlice.",
            is_warning=True,
        )


def _is_each_known(estate: Resources) -> bool:
    """Whether every secondary group that is listed exists: a misspelt one is reported where it is listed."""
    groups = estate.of_kind("EndpointGroup")
    return all(is_existing(n) or n in groups for g in groups.values() for n in g.spec.get("secondaryGroups") or ())


def _overlap_unique(resource: Resource, world: World) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for place, item in enumerate(resource.spec.get("secondaryGroups") or ()):
        if first.setdefault(bare(item), place) != place:
            yield Finding(
                spec_path("secondaryGroups", place),
                f"{bare(item)} stands twice in secondaryGroups.",
                "Remove one of the two.",
                ((resource.address, spec_path("secondaryGroups", first[bare(item)]), "it stands here first"),),
                is_duplicate=True,
            )


def _edge_account(resource: Resource, world: World) -> Iterator[Finding]:
    named = resource.spec.get("operatorPolicy")
    # A policy that is declared says so itself.
    if world.account_type == "edge" and named and world.target("OperatorPolicy", named) is None:
        yield Finding(
            spec_path("operatorPolicy"),
            "This account is of type edge: its IMSIs live on your own core, where operator policies have no effect.",
            "Remove operatorPolicy, or set spec.account.type: integrated if the account is hosted by the platform.",
            is_warning=True,
        )


def _decode_inactivity(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    seconds = payload.get("sessionInactivityTime")
    if seconds is None:
        return {"sessionInactivity": None}
    action = moniker_of(payload.get("sessionInactivityAction")) or "notify"
    return {"sessionInactivity": {"seconds": seconds, "action": _ACTIONS_IN.get(action, action)}}


def _encode_inactivity(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    if "sessionInactivity" not in spec:
        return {}
    block = spec["sessionInactivity"]
    if block is None:
        return {"sessionInactivityTime": None}
    action = block.get("action", "notify")
    return {"sessionInactivityTime": block["seconds"], "sessionInactivityAction": _ACTIONS.get(action, action)}


def _decode_secondaries(items: Sequence[Any]) -> Mapping[str, Any]:
    return {"secondaryGroups": [moniker_of(item) for item in items]}


def _encode_secondaries(spec: Mapping[str, Any]) -> Mapping[tuple[Any, ...], Any]:
    return {(bare(name),): bare(name) for name in spec.get("secondaryGroups") or ()}


_ACTIONS = {"notify": "notify", "notifyAndTerminate": "notify-terminate"}
_ACTIONS_IN = {theirs: ours for ours, theirs in _ACTIONS.items()}

KIND = Kind(
    name="EndpointGroup",
    spec=EndpointGroupSpec,
    scope="vslice",
    holds_sims=True,
    effects=effects.Effects(
        fields={
            "displayName": effects.LABEL,
            **dict.fromkeys(("type", "vslice", "subnet", "ipAllocation"), effects.ADDRESS),
            **dict.fromkeys(("apn", "secondaryGroups"), effects.APN),
            **dict.fromkeys(("routingPolicy", "regionalPolicy"), effects.TRAFFIC),
            "subscriptionType": effects.BILLING,
            "operatorPolicy": effects.CHECK_IN,
            "eventMap": effects.EVENTS,
            "sessionInactivity": effects.IDLE,
        },
        added={"secondaryGroups": effects.FURTHER_APN},
        delete=effects.GROUP_END,
    ),
    wire=Wire(
        collection="EndpointGroups",
        name_limit=100,
        fields=(
            Field("displayName", "name", "name"),
            Field("type", "endpointGroupType", "endpointGroupType", enumeration()),
            Field("vslice", "vslice", "vslice", reference("VSlice")),
            Field("subscriptionType", "subscriptionType", "subscriptionType", CODE),
            Field("subnet", "ipv4Subnet", "ipv4Subnet"),
            Field("apn", "apn", "apn"),
            Field("routingPolicy", "routingPolicy", "routingPolicy", reference("RoutingPolicy")),
            Field("regionalPolicy", "regionalGatewayPolicy", "regionalGatewayPolicy", reference("RegionalPolicy")),
            Field("operatorPolicy", "steeringProfile", "steeringProfile", reference("OperatorPolicy")),
            Field("eventMap", "eventMap", "eventMap", reference("EventMap")),
            Field("ipAllocation", "ipAllocationType", "ipAllocationType", enumeration()),
        ),
        folds=(
            Fold(
                paths=("sessionInactivity",),
                reads=("sessionInactivityTime", "sessionInactivityAction"),
                writes=("sessionInactivityTime", "sessionInactivityAction"),
                decode=_decode_inactivity,
                encode=_encode_inactivity,
            ),
        ),
        items=(
            Items(
                paths=("secondaryGroups",),
                segment="secondarygroups",
                decode=_decode_secondaries,
                encode=_encode_secondaries,
                identity=lambda item: (moniker_of(item),),
                delete_key=lambda item: str(moniker_of(item)),
                unverified=True,
                applies=lambda payload: moniker_of(payload.get("endpointGroupType")) != "secondary",
                needed=lambda payloads: any(moniker_of(p.get("endpointGroupType")) == "secondary" for p in payloads),
                refers_to="EndpointGroup",
            ),
        ),
        computed=("customerId",),
        counts=(("sims", "endpointsAssigned"),),
    ),
    rules=(
        Rule("D-18", _apn),
        Rule("D-19", _apn_pattern),
        Rule("D-20", _apns_differ),
        Rule("D-17", _subnet),
        Rule("D-21", _associations),
        Rule("D-21", _one_primary),
        Rule("D-21", _overlap_unique),
        Rule("D-21", _unassociated),
        same_scope("D-8", "routingPolicy", "RoutingPolicy"),
        same_scope("D-23", "secondaryGroups", "EndpointGroup"),
        map_scope("D-28", "eventMap", "endpointGroup"),
        Rule("D-50", _edge_account),
        longer_than("D-1", 50, "tools that follow the platform's own provider take 50"),
    ),
)
