"""VSlices and their subnets."""

import ipaddress
from collections.abc import Iterable
from typing import Any

from reconciler.simulator.body import Body
from reconciler.simulator.refusals import Breach
from reconciler.simulator.rules.event_map import require_scope
from reconciler.simulator.store import Item, Row
from reconciler.simulator.world import (
    GROUPS,
    MAPS,
    VSLICES,
    Collection,
    Fields,
    SubCollection,
    View,
    address,
    chosen,
    enum,
    fixed,
    network,
    reference,
)

SUBNETS = "subnets"


def _accept(body: Body, before: Fields | None, world: View) -> Fields:
    family = chosen(body, "ipAddressFamily", before["ipAddressFamily"] if before else "ipv4")
    if family != "ipv4":
        raise Breach("IPv6 is not supported; ipAddressFamily must be ipv4.")
    allocation = chosen(body, "ipAllocationType", before["ipAllocationType"] if before else "static")
    asked = body.text("subnetAddress")
    subnet = str(network(asked, "subnetAddress")) if asked else None
    if before is None and subnet is None:
        raise Breach("A VSlice needs a subnet (subnetAddress).")
    mode = chosen(body, "dnsMode", before["dnsMode"] if before else "auto")
    servers = body.texts("dnsServers") or []
    if before and not body.has("dnsServers"):
        servers = before["dnsServers"] if mode == before["dnsMode"] else []
    if mode == "custom" and not servers:
        raise Breach("dnsMode custom needs at least one DNS server.")
    if mode == "auto" and servers:
        raise Breach("dnsMode auto takes no DNS servers.")
    for server in servers:
        address(server, "dnsServers")
    event_map = reference(body, "eventMap", MAPS, before, world)
    require_scope(event_map, "vslice", world)
    return {
        "ipAddressFamily": family,
        "ipAllocationType": fixed(
            before, "ipAllocationType", before["ipAllocationType"] if before else allocation, allocation
        ),
        "subnet": fixed(before, "subnetAddress", before["subnet"] if before else subnet, subnet),
        "dnsMode": mode,
        "dnsServers": servers,
        "eventMap": event_map,
        "apnPattern": body.text("apnPattern") if body.has("apnPattern") or not before else before["apnPattern"],
    }


def _created(row: Row, body: Body, world: View) -> None:
    item = _add({"subnetAddress": row.state["subnet"], "ipAllocationType": row.state["ipAllocationType"]}, row, world)
    world.store.save_item(item)


def _show(row: Row, world: View) -> dict[str, Any]:
    state = row.state
    sims = world.store.execute(
        "SELECT count(*) FROM sim WHERE grp IN (SELECT source FROM reference WHERE target = ? AND role = 'vslice')",
        (row.id,),
    ).fetchone()[0]
    return {
        "subnets": subnets(row.id, world),
        "dnsServers": state["dnsServers"] or None,
        "eventMap": world.ref(state["eventMap"]),
        "dnsMode": enum("dnsMode", state["dnsMode"]),
        "ipAddressFamily": enum("ipAddressFamily", state["ipAddressFamily"]),
        "ipAllocationType": enum("ipAllocationType", state["ipAllocationType"]),
        "apnPattern": state["apnPattern"],
        "endpointGroupCount": world.store.count_referrers(row.id, GROUPS),
        "endpointCount": sims,
    }


def _references(state: Fields) -> Iterable[tuple[str, str]]:
    return [("eventMap", state["eventMap"])] if state["eventMap"] else []


def subnets(vslice: str, world: View) -> list[str]:
    """The networks of a VSlice, the first one first."""
    return [item.key for item in world.store.items(vslice, SUBNETS)]


def _add(data: Any, owner: Row, world: View) -> Item:
    body = Body({"subnetAddress": data} if isinstance(data, str) else data)
    text = body.text("subnetAddress")
    if text is None:
        raise Breach("subnetAddress is required.")
    new = network(text, "subnetAddress")
    for other in subnets(owner.id, world):
        if str(new) != other and new.overlaps(ipaddress.IPv4Network(other)):
            raise Breach(f"{new} overlaps {other} in the VSlice '{owner.moniker}'.")
    allocation = chosen(body, "ipAllocationType", owner.state["ipAllocationType"])
    return Item(world.store.new_id(SUBNETS), owner.id, SUBNETS, str(new), {"ipAllocationType": allocation})


def _remove(item: Item, owner: Row, world: View) -> None:
    if item.key == owner.state["subnet"]:
        raise Breach(f"{item.key} is the first subnet of the VSlice '{owner.moniker}' and cannot be removed.")
    user = world.store.execute(
        "SELECT object.moniker FROM reference JOIN object ON object.id = source WHERE target = ? AND role = 'vslice'"
        " AND collection = ? AND json_extract(state, '$.ipv4Subnet') = ? LIMIT 1",
        (owner.id, GROUPS, item.key),
    ).fetchone()
    if user is not None:
        raise Breach(f"{item.key} is still used by the endpoint group '{user[0]}'.")


def _show_subnet(item: Item, world: View) -> dict[str, Any]:
    return {
        "id": item.id,
        "subnetAddress": item.key,
        "ipAllocationType": enum("ipAllocationType", item.state["ipAllocationType"]),
    }


COLLECTION = Collection(
    name=VSLICES,
    title="VSlice",
    accept=_accept,
    show=_show,
    references=_references,
    created=_created,
    parts={SUBNETS: SubCollection(SUBNETS, add=_add, show=_show_subnet, remove=_remove, keeps_first=True)},
)
