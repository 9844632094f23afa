"""Regional policies and their entries, among them the platform's own policy."""

from typing import Any

from reconciler.simulator.body import Body
from reconciler.simulator.policy_entries import DEFAULT, ENTRIES, place_of
from reconciler.simulator.refusals import Breach
from reconciler.simulator.seed import GATEWAYS, named, stable_id
from reconciler.simulator.store import Item, Row
from reconciler.simulator.world import REGIONAL_POLICIES, Collection, Fields, SubCollection, View

FIXED_REGIONAL_POLICY = "automatic"


def _add_entry(data: Any, owner: Row, world: View) -> Item:
    body = Body(data)
    key, state = place_of(body)
    text = body.key("regionalGatewayId")
    gateway = named(GATEWAYS, text) if text else None
    if gateway is None:
        raise Breach(f"The regional gateway '{text or ''}' does not exist.")
    return Item(world.store.new_id(ENTRIES), owner.id, ENTRIES, key, {**state, "gateway": gateway["moniker"]})


def _show_entry(item: Item, world: View) -> dict[str, Any]:
    state = item.state
    return {
        "id": item.id,
        "operatorId": state["operatorId"],
        "regionalGatewayPolicyId": item.owner,
        "iso3": state["iso3"],
        "regionalGateway": named(GATEWAYS, state["gateway"]),
    }


def _one_default(owner: Row, world: View) -> None:
    """D-30: entries need the default entry, the one without country and operator."""
    keys = [item.key for item in world.store.items(owner.id, ENTRIES)]
    if keys and DEFAULT not in keys:
        raise Breach(
            f"The entries of the regional policy '{owner.moniker}' need one default entry (no iso3, no operatorId)."
        )


def _not_fixed(row: Row, world: View) -> None:
    if row.state.get("isFixed"):
        raise Breach(f"The regional policy '{row.moniker}' belongs to the platform and cannot be changed or deleted.")


def _accept(body: Body, before: Fields | None, world: View) -> Fields:
    if before and before["isFixed"]:
        raise Breach("This regional policy belongs to the platform and cannot be changed or deleted.")
    return {"active": True, "isFixed": False}


def _settle(owner: Row, world: View) -> None:
    _not_fixed(owner, world)
    _one_default(owner, world)


def _found(world: View) -> None:
    """The platform's own regional policy."""
    if world.store.find(REGIONAL_POLICIES, FIXED_REGIONAL_POLICY) is None:
        key = stable_id(world.settings.account, FIXED_REGIONAL_POLICY)
        state = {"active": True, "isFixed": True}
        world.store.save(Row(key, REGIONAL_POLICIES, FIXED_REGIONAL_POLICY, "Automatic", state), ())
        entry = {"operatorId": None, "iso3": None, "gateway": "europe"}
        world.store.save_item(Item(stable_id(key, "default"), key, ENTRIES, DEFAULT, entry))


COLLECTION = Collection(
    name=REGIONAL_POLICIES,
    title="regional policy",
    accept=_accept,
    show=lambda row, world: {**row.state, "entries": None},
    references=lambda state: (),
    longest_name=50,
    removable=_not_fixed,
    found=_found,
    parts={ENTRIES: SubCollection(ENTRIES, add=_add_entry, show=_show_entry, settle=_settle, member="entries")},
)
