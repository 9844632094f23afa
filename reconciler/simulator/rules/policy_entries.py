"""Operator and regional policies, whose entries are keyed by (country, operator) (stacuity-api B.5, B.6)."""

import re
from typing import Any

from reconciler.simulator.body import Body
from reconciler.simulator.refusals import Refused
from reconciler.simulator.seed import GATEWAYS, named
from reconciler.simulator.store import Item, Row
from reconciler.simulator.world import (
    OPERATOR_POLICIES,
    REGIONAL_POLICIES,
    Collection,
    State,
    SubCollection,
    World,
    choose,
    enum,
)

ENTRIES = "entries"
_DEFAULT = "|"


def _place(body: Body) -> tuple[str, dict[str, Any]]:
    iso3, operator = body.text("iso3"), body.integer("operatorId")
    if iso3 is not None and not re.fullmatch("[A-Za-z]{3}", iso3):
        raise Refused(f"'{iso3}' is not a country in three letters (iso3).")
    if operator is not None and operator < 1:
        raise Refused(f"{operator} is not an operator (operatorId).")
    if operator is not None and iso3 is None:
        raise Refused("operatorId needs iso3.")
    return f"{(iso3 or '').upper()}|{operator or ''}", {"operatorId": operator, "iso3": iso3}


def _add_operator_entry(data: Any, owner: Row, world: World) -> Item:
    body = Body(data)
    key, state = _place(body)
    action = choose(body, "steeringProfileEntryAction", "steeringProfileEntryAction", None)
    if action is None:
        raise Refused("steeringProfileEntryAction is required.")
    return Item(world.store.new_id(ENTRIES), owner.id, ENTRIES, key, {**state, "action": action})


def _show_operator_entry(item: Item, world: World) -> dict[str, Any]:
    state = item.state
    return {
        "id": item.id,
        "operatorId": state["operatorId"],
        "iso3": state["iso3"],
        "steeringProfileEntryAction": enum("steeringProfileEntryAction", state["action"]),
    }


def _accept_operator(body: Body, before: State | None, world: World) -> State:
    accepted: State = {}
    for name in ("allow2g", "allow3g", "allow45g"):
        flag = body.flag(name)
        accepted[name] = flag if flag is not None else before[name] if before else True
    return accepted


def _add_regional_entry(data: Any, owner: Row, world: World) -> Item:
    body = Body(data)
    key, state = _place(body)
    text = body.key("regionalGatewayId")
    gateway = named(GATEWAYS, text) if text else None
    if gateway is None:
        raise Refused(f"The regional gateway '{text or ''}' does not exist.")
    return Item(world.store.new_id(ENTRIES), owner.id, ENTRIES, key, {**state, "gateway": gateway["moniker"]})


def _show_regional_entry(item: Item, world: World) -> dict[str, Any]:
    state = item.state
    return {
        "id": item.id,
        "operatorId": state["operatorId"],
        "regionalGatewayPolicyId": item.owner,
        "iso3": state["iso3"],
        "regionalGateway": named(GATEWAYS, state["gateway"]),
    }


def _one_default(owner: Row, world: World) -> None:
    """D-30: entries need the default entry, the one without country and operator."""
    keys = [item.key for item in world.store.items(owner.id, ENTRIES)]
    if keys and _DEFAULT not in keys:
        raise Refused(
            f"The entries of the regional policy '{owner.moniker}' need one default entry (no iso3, no operatorId)."
        )


def _not_fixed(row: Row, world: World) -> None:
    if row.state.get("isFixed"):
        raise Refused(f"The regional policy '{row.moniker}' belongs to the platform and cannot be changed or deleted.")


def _accept_regional(body: Body, before: State | None, world: World) -> State:
    if before and before["isFixed"]:
        raise Refused("This regional policy belongs to the platform and cannot be changed or deleted.")
    return {"active": True, "isFixed": False}


def _settle_regional(owner: Row, world: World) -> None:
    _not_fixed(owner, world)
    _one_default(owner, world)


OPERATOR_COLLECTION = Collection(
    name=OPERATOR_POLICIES,
    accept=_accept_operator,
    show=lambda row, world: {**row.state, "entries": None},
    references=lambda state: (),
    longest_name=50,
    parts={ENTRIES: SubCollection(ENTRIES, add=_add_operator_entry, show=_show_operator_entry, member="entries")},
)
REGIONAL_COLLECTION = Collection(
    name=REGIONAL_POLICIES,
    accept=_accept_regional,
    show=lambda row, world: {**row.state, "entries": None},
    references=lambda state: (),
    longest_name=50,
    removable=_not_fixed,
    parts={
        ENTRIES: SubCollection(
            ENTRIES, add=_add_regional_entry, show=_show_regional_entry, settle=_settle_regional, member="entries"
        )
    },
)
