"""Event maps: which events go to which handlers, at one of three scopes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, Required

from typing_extensions import TypedDict

from reconciler.diagnostics import nearest
from reconciler.model.checks import Check, ShownAs
from reconciler.model.closed import closed
from reconciler.model.effects import EVENTS, LABEL, Effects
from reconciler.model.fields import Doc, Immutable, Listed, Ref, Unordered
from reconciler.model.kind import Kind
from reconciler.model.lookup import Lookup, lookups, spec_path
from reconciler.model.references import bare
from reconciler.model.resource import Resource
from reconciler.model.rules import Finding, Rule, World, unique_items
from reconciler.model.scalars import Reference, length, refuse
from reconciler.model.wire import Field, Items, Wire, enumeration, moniker_of

KNOWN_EVENTS = (
    "EndpointLocationUpdated",
    "EndpointAuthenticated",
    "EndpointForciblyDetached",
    "EndpointProvisioningStatusSetActive",
    "EndpointProvisioningStatusSetAutoActivate",
    "EndpointProvisioningStatusSetPending",
    "EndpointProvisioningStatusSetProvisional",
    "EndpointProvisioningStatusSetSuspended",
    "EndpointProvisioningStatusSetTerminated",
    "EndpointProvisioningStatusSetUnallocated",
    "EndpointPurged",
    "EndpointSteered",
    "EndpointOriginatedSMS",
    "EndpointOriginatedUSSD",
    "EndpointSMSAttempted",
    "EndpointKeyValueUpdated",
    "EndpointIMEIChanged",
    "EndpointNetworkStatusSetActive",
    "EndpointNetworkStatusSetIdle",
    "EndpointNetworkStatusSetDetached",
    "EndpointServingOperatorChanged",
    "VpnInitiationFailedPeerNotResponding",
    "RoutingTargetUnavailable",
    "BundleUsageWarning",
    "VpnChildSaPhase2Up",
    "VpnInitiationSucceeded",
)
"""Event names that the platform documents; others pass through, for the platform to judge."""

_ACCOUNT_EVENTS = frozenset({"BundleUsageWarning_v1"})
_SPELLING = {f"{name}_v1".lower(): f"{name}_v1" for name in KNOWN_EVENTS}
_LONGEST = 100


def _spelled(name: Any) -> Any:
    """One spelling for each event: the platform compares names without regard to case."""
    if not isinstance(name, str):
        return name
    return _SPELLING.get(name.lower(), name.lower())


def _event(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST or not value.replace("_", "").isalnum():
        raise refuse("the name of an event", value, "write for example EndpointNetworkStatusSetActive_v1")
    return str(_spelled(value))


@closed
class Subscription(TypedDict, total=False):
    """One event, delivered to one handler."""

    event: Required[
        Annotated[
            str,
            Check(_event),
            Listed("event-types"),
            ShownAs({"type": "string", "pattern": "^[A-Za-z0-9_]+$"}),
            Doc("The event's name as the platform writes it, in any case."),
        ]
    ]
    handler: Required[Annotated[Reference, Ref("EventHandler"), Doc("Where it is delivered.")]]


@closed
class EventMapSpec(TypedDict, total=False):
    """Which events go to which handlers, for the account, a VSlice or an endpoint group."""

    displayName: Annotated[str, length(2, 50), Doc("The portal's Name; default: the moniker (D-3).")]
    scope: Required[
        Annotated[
            Literal["account", "vslice", "endpointGroup"], Immutable("D-27"), Doc("Where the map can be attached.")
        ]
    ]
    subscriptions: Annotated[list[Subscription], Unordered(("event", "handler")), Doc("The events and their handlers.")]


_SCOPE, _SUBSCRIPTIONS = lookups(EventMapSpec, "scope", "subscriptions")
_EVENT, _HANDLER = lookups(Subscription, "event", "handler")


def _decode(items: Sequence[Any]) -> Mapping[str, Any]:
    found = []
    for item in items:
        event = moniker_of(item.get("eventType")) or ""
        handler = moniker_of(item.get("eventEndpoint") or item.get("eventHandler"))
        found.append({"event": _spelled(event), "handler": handler})
    return {"subscriptions": found}


def _encode(spec: Mapping[str, Any]) -> Mapping[tuple[Any, ...], Any]:
    written = {}
    for subscription in _SUBSCRIPTIONS.of(spec) or ():
        event, handler = _EVENT.of(subscription), _HANDLER.of(subscription)
        if not isinstance(handler, str) or not isinstance(event, str):
            # A live one of a form that is not known: nothing is written for it.
            continue
        handler = bare(handler)
        written[event.lower(), handler] = {"eventEndpointId": handler, "eventTypeId": event.lower()}
    return written


def _identity(item: Any) -> tuple[Any, ...]:
    handler = moniker_of(item.get("eventEndpoint") or item.get("eventHandler"))
    return (str(moniker_of(item.get("eventType")) or "").lower(), handler)


def _event_scope(resource: Resource, world: World) -> Iterator[Finding]:
    scope = _SCOPE.of(resource.spec)
    for place, subscription in enumerate(_SUBSCRIPTIONS.of(resource.spec) or ()):
        event = _EVENT.of(subscription)
        of_endpoints, of_account = event.lower().startswith("endpoint"), event in _ACCOUNT_EVENTS
        if scope == "account" or of_endpoints or (scope == "vslice" and not of_account):
            continue
        wider = "account" if of_account else "vslice or account"
        yield Finding(
            spec_path(_SUBSCRIPTIONS, place, _EVENT),
            f"{event} is an event of {'the account' if of_account else 'the network'}, "
            f"which a map of scope {scope} never sees.",
            f"Put it into a map of scope {wider}.",
            is_warning=True,
        )


def _unknown_events(resource: Resource, world: World) -> Iterator[Finding]:
    for place, subscription in enumerate(_SUBSCRIPTIONS.of(resource.spec) or ()):
        event = _EVENT.of(subscription)
        if event.lower() in _SPELLING:
            continue
        near = nearest(event, _SPELLING)
        yield Finding(
            spec_path(_SUBSCRIPTIONS, place, _EVENT),
            f"{event} is none of the events that the platform documents, and may never happen.",
            f"Did you mean {_SPELLING[near]}?" if near else "Check its name in the platform's list of events.",
            is_warning=True,
        )


def map_scope(number: str, field: Lookup, wanted: str) -> Rule:
    """An event map that a field attaches has the scope that suits the place (D-28)."""

    def check(resource: Resource, world: World) -> Iterator[Finding]:
        target = world.referred(resource, field)
        found = _SCOPE.of(target.spec) if target else None
        if target is not None and found is not None and found != wanted:
            yield Finding(
                spec_path(field),
                f"{target.address} has the scope {found}; only a map of scope {wanted} can be attached here.",
                f"Refer to an event map of scope {wanted}.",
                ((target.address, spec_path(_SCOPE), f"the scope {found} is chosen here"),),
            )

    return Rule(number, check)


KIND = Kind(
    name="EventMap",
    spec=EventMapSpec,
    effects=Effects(
        fields={"displayName": LABEL, "scope": EVENTS, "subscriptions": EVENTS},
        replace=EVENTS,
        delete=EVENTS,
    ),
    wire=Wire(
        collection="EventMaps",
        fields=(
            Field("displayName", "name", "name"),
            Field("scope", "eventScope", "eventScope", enumeration(account="global", endpointGroup="endpoint")),
        ),
        items=(
            Items(
                paths=("subscriptions",),
                segment="subscriptions",
                decode=_decode,
                encode=_encode,
                identity=_identity,
                delete_key=lambda item: str(item.get("id") or item.get("eventSubscriptionId")),
                member="subscriptions",
                references=(("subscriptions[].handler", "EventHandler"),),
                leaves={
                    "eventType": "subscriptions[].event",
                    "eventEndpoint": "subscriptions[].handler",
                    "eventHandler": "subscriptions[].handler",
                },
                read_only=("id", "eventSubscriptionId", "eventEndpointId", "eventMap"),
            ),
        ),
    ),
    rules=(
        unique_items("D-56", _SUBSCRIPTIONS, _EVENT, _HANDLER),
        Rule("D-29", _event_scope),
        Rule("F38", _unknown_events),
    ),
)
