"""
Endpoint groups: the network configuration shared by every SIM placed in them.

Length: the whole of a kind is in its file, and this one has most of the rules between objects.
"""

import fnmatch
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Required

from typing_extensions import TypedDict

from reconciler.kinds import routing_policy
from reconciler.kinds.event_map import map_scope
from reconciler.kinds.operator_policy import without_effect
from reconciler.kinds.vslice import APN_PATTERN, SUBNETS
from reconciler.model import effects
from reconciler.model.address import Address
from reconciler.model.closed import closed
from reconciler.model.fields import Atomic, Default, Doc, Immutable, Ref, ServerDefault, Unordered
from reconciler.model.kind import Kind
from reconciler.model.lookup import Lookup, lookups, spec_path
from reconciler.model.references import bare, is_existing
from reconciler.model.resource import Resource, Resources
from reconciler.model.rules import Finding, Rule, World, longer_than, same_scope
from reconciler.model.scalars import Cidr, Positive, Reference, SubscriptionType, Text, length
from reconciler.model.sim_facts import SimHolder
from reconciler.model.wire import CODE, Field, Fold, Items, Wire, enumeration, moniker_of, reference

FURTHER_APN = effects.Effect("a further APN may be used; sessions go on as they are (D-21)", 1, is_noticed=False)
BILLING = effects.Effect("billed by another subscription (D-16)", 3)
IDLE = effects.Effect("at once; sessions that are idle for that long may end (D-26)", 9, ends_sessions=True)
GROUP_END = effects.Effect(
    "the group ends, with every session in it; no SIM may be in it by then (D-24)", 16, ends_sessions=True
)


@closed
class SessionInactivity(TypedDict, total=False):
    """The treatment of idle sessions."""

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
    subscriptionType: Annotated[SubscriptionType, Immutable("D-16"), ServerDefault(), Doc("How its SIMs are billed.")]
    subnet: Annotated[
        Cidr, Immutable("D-16"), ServerDefault(), Doc("Where addresses come from; one of the VSlice's subnets (D-17).")
    ]
    apn: Annotated[Text, Doc("The APN; required for a secondary group, inherited by a primary one (D-18).")]
    routingPolicy: Required[
        Annotated[Reference | None, Ref("RoutingPolicy"), Doc("How traffic is routed (D-14); null: by no policy.")]
    ]
    regionalPolicy: Required[Annotated[Reference, Ref("RegionalPolicy"), Doc("Which gateway serves it (D-13).")]]
    operatorPolicy: Annotated[Reference | None, Ref("OperatorPolicy"), Doc("Which mobile networks may be used.")]
    eventMap: Annotated[Reference | None, Ref("EventMap"), Doc("Where its events go; scope endpointGroup (D-28).")]
    ipAllocation: Annotated[Literal["static", "pooled"], ServerDefault(), Doc("How addresses are given out.")]
    sessionInactivity: Annotated[SessionInactivity | None, Atomic(), Doc("The treatment of idle sessions.")]
    secondaryGroups: Annotated[
        list[Annotated[Reference, Ref("EndpointGroup")]],
        Unordered(),
        Doc("Secondary groups of a primary group; a secondary belongs to one primary at most (D-21)."),
    ]


TYPE, SECONDARY, _NAME = Lookup(EndpointGroupSpec, "type"), "secondary", "EndpointGroup"
_VSLICE, _SUBNET, _APN, _SECONDARIES = lookups(EndpointGroupSpec, "vslice", "subnet", "apn", "secondaryGroups")
_ROUTING, _REGIONAL, _OPERATORS = lookups(EndpointGroupSpec, "routingPolicy", "regionalPolicy", "operatorPolicy")
_DISPLAY_NAME, _INACTIVITY, _EVENTS = lookups(EndpointGroupSpec, "displayName", "sessionInactivity", "eventMap")
_SECONDS, _ACTION = lookups(SessionInactivity, "seconds", "action")
_ACTION_FORM = enumeration(notifyAndTerminate="notify-terminate")


_POLICIES = (_ROUTING, _REGIONAL, _OPERATORS)
HOLDER = SimHolder(secondary=(TYPE, SECONDARY), policies=_POLICIES, network=_VSLICE, subnet=_SUBNET, pool=SUBNETS)


def _apn(resource: Resource, world: World) -> Iterator[Finding]:
    apn = _APN.of(resource.spec)
    if not HOLDER.is_secondary(resource.spec) and apn is not None:
        detail = "A primary group takes its APN from the VSlice."
        yield Finding(spec_path(_APN), detail, "Remove apn, or make the group secondary.")
    if HOLDER.is_secondary(resource.spec) and apn is None:
        yield Finding(spec_path(TYPE), "A secondary group needs an apn.", "Add apn, matching the VSlice's apnPattern.")


def _apn_pattern(resource: Resource, world: World) -> Iterator[Finding]:
    apn, vslice = _APN.of(resource.spec), world.referred(resource, _VSLICE)
    pattern = APN_PATTERN.of(vslice.spec) if vslice else None
    if vslice and apn and pattern and not fnmatch.fnmatchcase(apn.lower(), pattern.lower()):
        yield Finding(
            spec_path(_APN),
            f'The APN "{apn}" does not match the pattern "{pattern}" of {vslice.address}.',
            "Choose an APN that matches.",
            ((vslice.address, spec_path(APN_PATTERN), "the pattern is here"),),
        )


def _apns_differ(resource: Resource, world: World) -> Iterator[Finding]:
    seen: dict[str, Resource] = {}
    for place, name in enumerate(_SECONDARIES.of(resource.spec) or ()):
        secondary = world.target(_SECONDARIES, name)
        apn = _APN.of(secondary.spec) if secondary else None
        if secondary is None or apn is None:
            continue
        other = seen.setdefault(apn.lower(), secondary)
        if other is not secondary:
            yield Finding(
                spec_path(_SECONDARIES, place),
                f'{secondary.address} and {other.address} both have the APN "{apn}".',
                "Within a primary group and its secondaries every APN is used once; change one of them.",
                tuple((one.address, spec_path(_APN), f"{one.address} has it here") for one in (secondary, other)),
            )


def _subnet(resource: Resource, world: World) -> Iterator[Finding]:
    subnet, vslice = _SUBNET.of(resource.spec), world.referred(resource, _VSLICE)
    subnets = (SUBNETS.of(vslice.spec) if vslice else None) or ()
    if subnet and vslice and subnet not in subnets:
        yield Finding(
            spec_path(_SUBNET),
            f"{subnet} is not one of the subnets of {vslice.address}.",
            f"Choose one of {', '.join(subnets) or 'its subnets'}, or add it to the VSlice.",
            ((vslice.address, spec_path(SUBNETS), "its subnets are here"),),
        )


def _associations(resource: Resource, world: World) -> Iterator[Finding]:
    names = _SECONDARIES.of(resource.spec) or ()
    if names and HOLDER.is_secondary(resource.spec):
        detail = "Only a primary group has secondary groups."
        yield Finding(spec_path(_SECONDARIES), detail, "Remove them, or make the group primary.")
    for place, name in enumerate(names):
        secondary = world.target(_SECONDARIES, name)
        if secondary is not None and not HOLDER.is_secondary(secondary.spec):
            yield Finding(
                spec_path(_SECONDARIES, place),
                f"{secondary.address} is not a secondary group.",
                "Refer to a group of type secondary.",
                ((secondary.address, spec_path(TYPE), "its type is decided here"),),
            )


def _primaries(estate: Resources) -> dict[str, tuple[Address, int]]:
    """Each moniker that is listed as a secondary group, with the first group by name that does so and where."""
    found: dict[str, tuple[Address, int]] = {}
    for _, group in sorted(estate.of_kind(_NAME).items()):
        for place, item in enumerate(_SECONDARIES.of(group.spec) or ()):
            found.setdefault(bare(item), (group.address, place))
    return found


def _one_primary(resource: Resource, world: World) -> Iterator[Finding]:
    for place, item in enumerate(_SECONDARIES.of(resource.spec) or ()):
        primary, there = world.once(_primaries)[bare(item)]
        if primary != resource.address:
            yield Finding(
                spec_path(_SECONDARIES, place),
                f"{bare(item)} is already a secondary group of {primary}.",
                "A secondary group belongs to one primary group at most; remove it from one of the two.",
                ((primary, spec_path(_SECONDARIES, there), "it is listed here"),),
            )


def _unassociated(resource: Resource, world: World) -> Iterator[Finding]:
    if not HOLDER.is_secondary(resource.spec) or any(address.kind == _NAME for address in world.unsound):
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
    groups = estate.of_kind(_NAME)
    return all(is_existing(n) or n in groups for g in groups.values() for n in _SECONDARIES.of(g.spec) or ())


def _overlap_unique(resource: Resource, world: World) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for place, item in enumerate(_SECONDARIES.of(resource.spec) or ()):
        if first.setdefault(bare(item), place) != place:
            yield Finding(
                spec_path(_SECONDARIES, place),
                f"{bare(item)} is in secondaryGroups twice.",
                "Remove one of the two.",
                ((resource.address, spec_path(_SECONDARIES, first[bare(item)]), "it is here first"),),
                is_duplicate=True,
            )


def _edge_account(resource: Resource, world: World) -> Iterator[Finding]:
    # A policy that is declared says so itself.
    if _OPERATORS.of(resource.spec) and world.referred(resource, _OPERATORS) is None:
        yield from without_effect(world, spec_path(_OPERATORS), "operatorPolicy")


def _decode_inactivity(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    seconds = payload.get("sessionInactivityTime")
    if seconds is None:
        return {"sessionInactivity": None}
    action = _ACTION_FORM.decode(payload.get("sessionInactivityAction")) or _ACTION.shape.default
    return {"sessionInactivity": {"seconds": seconds, "action": action}}


def _unheld_action(payload: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """The action of idle sessions that is saved while there is no time after which a session is idle."""
    action = _ACTION_FORM.decode(payload.get("sessionInactivityAction"))
    if payload.get("sessionInactivityTime") is None and action not in {None, _ACTION.shape.default}:
        why = "saved for later: sessions are never idle while there is no sessionInactivityTime"
        yield "sessionInactivityAction", moniker_of(payload["sessionInactivityAction"]), why


def _encode_inactivity(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    if not _INACTIVITY.is_in(spec):
        return {}
    block = _INACTIVITY.of(spec)
    if block is None:
        return {"sessionInactivityTime": None}
    action = _ACTION_FORM.encode(_ACTION.of(block))
    return {"sessionInactivityTime": _SECONDS.of(block), "sessionInactivityAction": action}


KIND = Kind(
    name=_NAME,
    spec=EndpointGroupSpec,
    scope="vslice",
    holder=HOLDER,
    effects=effects.Effects(
        fields={
            "displayName": effects.LABEL,
            **dict.fromkeys(("type", "vslice", "subnet", "ipAllocation"), effects.ADDRESS),
            **dict.fromkeys(("apn", "secondaryGroups"), effects.APN),
            **dict.fromkeys(("routingPolicy", "regionalPolicy"), effects.TRAFFIC),
            "subscriptionType": BILLING,
            "operatorPolicy": effects.CHECK_IN,
            "eventMap": effects.EVENTS,
            "sessionInactivity": IDLE,
        },
        added={"secondaryGroups": FURTHER_APN},
        delete=GROUP_END,
    ),
    wire=Wire(
        collection="EndpointGroups",
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
                paths=(str(_INACTIVITY),),
                members=("sessionInactivityTime", "sessionInactivityAction"),
                decode=_decode_inactivity,
                encode=_encode_inactivity,
                leaves={"sessionInactivityTime": "sessionInactivity.seconds", "sessionInactivityAction": ""},
                unheld=_unheld_action,
            ),
        ),
        items=(
            Items(
                paths=("secondaryGroups",),
                segment="secondarygroups",
                decode=lambda items: {str(_SECONDARIES): [moniker_of(item) for item in items]},
                encode=lambda spec: {(bare(name),): bare(name) for name in _SECONDARIES.of(spec) or ()},
                identity=lambda item: (moniker_of(item),),
                delete_key=lambda item: str(moniker_of(item)),
                unverified=True,
                applies=lambda payload: moniker_of(payload.get("endpointGroupType")) != SECONDARY,
                needed=lambda payloads: any(moniker_of(p.get("endpointGroupType")) == SECONDARY for p in payloads),
                references=(("secondaryGroups[]", "EndpointGroup"),),
                refers_to="EndpointGroup",
                leaves={"": "secondaryGroups[]"},
                read_only=("id", "moniker", "name"),
            ),
        ),
        account="customerId",
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
        same_scope("D-8", _ROUTING, here=_VSLICE, there=routing_policy.VSLICE),
        same_scope("D-23", _SECONDARIES, here=_VSLICE, there=_VSLICE),
        map_scope("D-28", _EVENTS, "endpointGroup"),
        Rule("D-50", _edge_account),
        longer_than("D-1", _DISPLAY_NAME, 50, "tools that follow the platform's own provider take 50"),
    ),
)
