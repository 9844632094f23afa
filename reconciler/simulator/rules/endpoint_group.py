"""Endpoint groups and the association of secondary groups."""

import fnmatch
from collections.abc import Iterable
from typing import Any

from reconciler.simulator.body import Body
from reconciler.simulator.refusals import Breach
from reconciler.simulator.rules.event_map import require_scope
from reconciler.simulator.rules.vslice import subnets
from reconciler.simulator.seed import SUBSCRIPTION_TYPES, named
from reconciler.simulator.store import Item, Row
from reconciler.simulator.world import (
    GROUPS,
    MAPS,
    OPERATOR_POLICIES,
    POLICIES,
    REGIONAL_POLICIES,
    VSLICES,
    Collection,
    Fields,
    SubCollection,
    View,
    choose,
    chosen,
    enum,
    fixed,
    network,
    reference,
)

SECONDARIES = "secondarygroups"
_REFERENCES = ("vslice", "eventMap", "routingPolicy", "steeringProfile", "regionalGatewayPolicy")


def _accept(body: Body, before: Fields | None, world: View) -> Fields:
    text = body.text("vslice")
    wanted = world.require(VSLICES, text).id if text else None
    vslice = fixed(before, "vslice", before["vslice"] if before else wanted, wanted)
    if vslice is None:
        raise Breach("vslice is required.")
    kind = choose(body, "endpointGroupType", None)
    kind = fixed(before, "endpointGroupType", before["endpointGroupType"] if before else kind or "primary", kind)
    state: Fields = {
        "vslice": vslice,
        "endpointGroupType": kind,
        "subscriptionType": _subscription(body, before),
        "ipv4Subnet": _subnet(body, before, vslice, world),
        "ipAllocationType": chosen(body, "ipAllocationType", before["ipAllocationType"] if before else "static"),
        **_inactivity(body, before),
        "apn": _apn(body, before, kind, vslice, world),
        "eventMap": reference(body, "eventMap", MAPS, before, world),
        "routingPolicy": reference(body, "routingPolicy", POLICIES, before, world),
        "steeringProfile": reference(body, "steeringProfile", OPERATOR_POLICIES, before, world),
        "regionalGatewayPolicy": reference(body, "regionalGatewayPolicy", REGIONAL_POLICIES, before, world),
    }
    if state["regionalGatewayPolicy"] is None:
        raise Breach("regionalGatewayPolicy is required.")
    if state["routingPolicy"] is not None:
        policy = world.store.by_id(state["routingPolicy"])
        if policy.state["vslice"] != vslice:
            raise Breach(f"The routing policy '{policy.moniker}' belongs to another VSlice.")
    require_scope(state["eventMap"], "endpoint", world)
    return state


def _subscription(body: Body, before: Fields | None) -> str:
    text = body.text("subscriptionType")
    row = named(SUBSCRIPTION_TYPES, text) if text else None
    if text and row is None:
        raise Breach(f"The subscription type '{text}' does not exist.")
    wanted = row["moniker"] if row else None
    found = fixed(before, "subscriptionType", before["subscriptionType"] if before else wanted, wanted)
    return str(found or SUBSCRIPTION_TYPES[0]["moniker"])


def _subnet(body: Body, before: Fields | None, vslice: str, world: View) -> str:
    text = body.text("ipv4Subnet")
    wanted = str(network(text, "ipv4Subnet")) if text else None
    have = subnets(vslice, world)
    if not have:
        raise Breach("The VSlice has no IPv4 subnet, so it cannot have endpoint groups.")
    if before is None and wanted is not None and wanted not in have:
        raise Breach(f"{wanted} is not one of the subnets of the VSlice: {', '.join(have)}.")
    return str(fixed(before, "ipv4Subnet", before["ipv4Subnet"] if before else wanted or have[0], wanted))


def _inactivity(body: Body, before: Fields | None) -> dict[str, Any]:
    kept = before or {"sessionInactivityTime": None, "sessionInactivityAction": "notify"}
    seconds = body.integer("sessionInactivityTime")
    if seconds is not None and seconds < 1:
        raise Breach("sessionInactivityTime must be a positive number of seconds, or blank for off.")
    asked = body.has("sessionInactivityAction")
    action = chosen(body, "sessionInactivityAction", "notify")
    return {
        "sessionInactivityTime": seconds if body.has("sessionInactivityTime") else kept["sessionInactivityTime"],
        "sessionInactivityAction": action if asked else kept["sessionInactivityAction"],
    }


def _apn(body: Body, before: Fields | None, kind: str, vslice: str, world: View) -> str | None:
    apn = body.text("apn") if body.has("apn") or before is None else before["apn"]
    if kind == "primary":
        if apn is not None:
            raise Breach("A primary group takes its APN from the VSlice; apn cannot be set.")
        return None
    if apn is None:
        raise Breach("A secondary group needs an apn.")
    pattern = world.store.by_id(vslice).state["apnPattern"]
    if pattern and not fnmatch.fnmatchcase(apn.lower(), pattern.lower()):
        raise Breach(f"The APN '{apn}' does not match the pattern '{pattern}' of the VSlice.")
    return str(apn)


def _settle(row: Row, world: View) -> None:
    """A change of APN must keep the APNs of an association different (D-20)."""
    for primary, role in world.store.referrers(row.id):
        if role == SECONDARIES:
            _different_apns(primary.id, world)


def _different_apns(primary: str, world: View) -> None:
    seen: dict[str, str] = {}
    for item in world.store.items(primary, SECONDARIES):
        row = world.store.by_id(item.key)
        other = seen.setdefault(str(row.state["apn"]).lower(), row.moniker)
        if other != row.moniker:
            raise Breach(f"'{row.moniker}' and '{other}' have the same APN '{row.state['apn']}'.")


def _show(row: Row, world: View) -> dict[str, Any]:
    state = row.state
    assigned = world.store.execute("SELECT count(*) FROM sim WHERE grp = ?", (row.id,)).fetchone()[0]
    return {
        "endpointsAssigned": assigned,
        **{name: world.ref(state[name]) for name in _REFERENCES},
        "ipAllocationType": enum("ipAllocationType", state["ipAllocationType"]),
        "customerId": world.settings.account if world.settings.account_id == "shown" else None,
        "endpointGroupType": enum("endpointGroupType", state["endpointGroupType"]),
        "apn": state["apn"],
        "subscriptionType": named(SUBSCRIPTION_TYPES, state["subscriptionType"]),
        "ipv4Subnet": state["ipv4Subnet"],
        "sessionInactivityTime": state["sessionInactivityTime"],
        "sessionInactivityAction": enum("sessionInactivityAction", state["sessionInactivityAction"]),
    }


def _references(state: Fields) -> Iterable[tuple[str, str]]:
    return [(name, state[name]) for name in _REFERENCES if state[name]]


def _removable(row: Row, world: View) -> None:
    assigned = world.store.execute("SELECT count(*) FROM sim WHERE grp = ?", (row.id,)).fetchone()[0]
    if assigned:
        raise Breach(
            f"The endpoint group '{row.moniker}' still has {assigned} endpoints assigned; only an empty one can go."
        )
    if world.store.items(row.id, SECONDARIES):
        raise Breach(f"The endpoint group '{row.moniker}' still has secondary groups; remove the association first.")


def _add(data: Any, owner: Row, world: View) -> Item:
    if isinstance(data, str):
        key: str | None = data
    else:
        body = Body(data)
        key = body.text("moniker") or body.text("id") or body.text("endpointGroup")
    if not key:
        raise Breach("The moniker of a secondary group is required.")
    row = world.require(GROUPS, key)
    if owner.state["endpointGroupType"] != "primary":
        raise Breach(f"'{owner.moniker}' is not a primary group.")
    if row.state["endpointGroupType"] != "secondary":
        raise Breach(f"'{row.moniker}' is not a secondary group.")
    if row.state["vslice"] != owner.state["vslice"]:
        raise Breach(f"'{row.moniker}' and '{owner.moniker}' are in different VSlices.")
    for other, role in world.store.referrers(row.id):
        if role == SECONDARIES and other.id != owner.id:
            raise Breach(f"'{row.moniker}' is already a secondary group of '{other.moniker}'.")
    return Item(row.id, owner.id, SECONDARIES, row.id, {})


def _key_of(name: str, world: View) -> str | None:
    group = world.store.find(GROUPS, name)
    return group.id if group else None


COLLECTION = Collection(
    name=GROUPS,
    title="endpoint group",
    accept=_accept,
    show=_show,
    references=_references,
    shortest_moniker=5,
    settle=_settle,
    removable=_removable,
    parts={
        SECONDARIES: SubCollection(
            SECONDARIES,
            add=_add,
            show=lambda item, world: world.ref(item.key),
            settle=lambda owner, world: _different_apns(owner.id, world),
            references=lambda item: [(SECONDARIES, item.key)],
            key_of=_key_of,
        )
    },
)
