"""Event maps and their subscriptions."""

from collections.abc import Iterable
from typing import Any

from reconciler.simulator.body import Body
from reconciler.simulator.refusals import Breach
from reconciler.simulator.seed import event_type
from reconciler.simulator.store import Item, Row
from reconciler.simulator.world import HANDLERS, MAPS, Collection, Fields, SubCollection, View, choose, enum, fixed

SUBSCRIPTIONS = "subscriptions"


def require_scope(event_map: str | None, scope: str, world: View) -> None:
    """Refuse an event map where its scope does not belong (D-28)."""
    if event_map is None:
        return
    row = world.store.by_id(event_map)
    if row.state["eventScope"] != scope:
        found = row.state["eventScope"]
        raise Breach(f"The event map '{row.moniker}' has the scope {found}; here a map of scope {scope} is needed.")


def _accept(body: Body, before: Fields | None, world: View) -> Fields:
    scope = choose(body, "eventScope", before["eventScope"] if before else None)
    if scope is None:
        raise Breach("eventScope is required.")
    return {"eventScope": fixed(before, "eventScope", before["eventScope"] if before else scope, scope)}


def _show(row: Row, world: View) -> dict[str, Any]:
    return {"eventScope": enum("eventScope", row.state["eventScope"]), "subscriptions": None}


def _add(data: Any, owner: Row, world: View) -> Item:
    body = Body(data)
    handler, name = body.text("eventEndpointId"), body.text("eventTypeId")
    if handler is None or name is None:
        raise Breach("A subscription needs eventEndpointId and eventTypeId.")
    found = event_type(name)
    if found is None:
        raise Breach(f"The event type '{name}' does not exist.")
    scope = owner.state["eventScope"]
    misfits = {"endpoint": {"routingtarget", "customer"}, "vslice": {"customer"}}
    if found["scope"] in misfits.get(scope, set()):
        raise Breach(f"The event type '{name}' never occurs in the scope {scope} of the event map '{owner.moniker}'.")
    target = world.require(HANDLERS, handler).id
    state = {"handler": target, "type": found["moniker"]}
    return Item(world.store.new_id(SUBSCRIPTIONS), owner.id, SUBSCRIPTIONS, f"{target}|{found['moniker']}", state)


def _type(item: Item) -> dict[str, Any]:
    found = event_type(item.state["type"]) or {}
    return {member: value for member, value in found.items() if member != "scope"}


def _item(item: Item, world: View) -> dict[str, Any]:
    handler = world.store.by_id(item.state["handler"])
    return {
        "id": item.id,
        "eventMap": world.ref(item.owner),
        "eventEndpoint": {
            "id": handler.id,
            "name": handler.name,
            "moniker": handler.moniker,
            "type": handler.state["type"],
            "active": True,
            "summaryDescription": handler.state["summary"],
        },
        "eventType": _type(item),
    }


def _created(item: Item, world: View) -> dict[str, Any]:
    handler = item.state["handler"]
    return {
        "eventSubscriptionId": item.id,
        "eventEndpointId": handler,
        "eventType": _type(item),
        "eventHandler": world.ref(handler),
    }


def _item_references(item: Item) -> Iterable[tuple[str, str]]:
    return [("subscriptions", item.state["handler"])]


COLLECTION = Collection(
    name=MAPS,
    title="event map",
    accept=_accept,
    show=_show,
    references=lambda state: (),
    longest_name=50,
    parts={
        SUBSCRIPTIONS: SubCollection(
            SUBSCRIPTIONS,
            add=_add,
            show=_item,
            created=_created,
            references=_item_references,
            member="subscriptions",
        )
    },
)
