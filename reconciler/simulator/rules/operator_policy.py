"""Operator policies and their entries."""

from typing import Any

from reconciler.simulator.body import Body
from reconciler.simulator.policy_entries import ENTRIES, place_of
from reconciler.simulator.refusals import Breach
from reconciler.simulator.store import Item, Row
from reconciler.simulator.world import OPERATOR_POLICIES, Collection, Fields, SubCollection, View, choose, enum


def _add_entry(data: Any, owner: Row, world: View) -> Item:
    body = Body(data)
    key, state = place_of(body)
    action = choose(body, "steeringProfileEntryAction", None)
    if action is None:
        raise Breach("steeringProfileEntryAction is required.")
    return Item(world.store.new_id(ENTRIES), owner.id, ENTRIES, key, {**state, "action": action})


def _show_entry(item: Item, world: View) -> dict[str, Any]:
    state = item.state
    return {
        "id": item.id,
        "operatorId": state["operatorId"],
        "iso3": state["iso3"],
        "steeringProfileEntryAction": enum("steeringProfileEntryAction", state["action"]),
    }


def _accept(body: Body, before: Fields | None, world: View) -> Fields:
    accepted: Fields = {}
    for name in ("allow2g", "allow3g", "allow45g"):
        flag = body.flag(name)
        accepted[name] = flag if flag is not None else before[name] if before else True
    return accepted


COLLECTION = Collection(
    name=OPERATOR_POLICIES,
    title="operator policy",
    accept=_accept,
    show=lambda row, world: {**row.state, "entries": None},
    references=lambda state: (),
    longest_name=50,
    parts={ENTRIES: SubCollection(ENTRIES, add=_add_entry, show=_show_entry, member="entries")},
)
