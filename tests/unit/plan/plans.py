"""Plans that are written down: each has so much of one thing that a guard counts, and nothing of the others."""

from collections.abc import Callable, Mapping
from typing import Any

from reconciler.diffing.fields import FieldChange, FieldOperation
from reconciler.kinds import object_kinds
from reconciler.model.address import Address
from reconciler.plan.action import Action
from reconciler.plan.change import Change, Reason, ReasonCode
from reconciler.plan.facts import Facts, SharedSetting
from reconciler.plan.limits import Guard
from reconciler.plan.plan import Basis, Plan
from reconciler.plan.roster import RosterAction, RosterChange, RosterPlan, SimEdit
from tests.laws import paper

DIGEST = f"sha256:{'0' * 64}"
BASIS = Basis("0", paper.ACCOUNT, "lineage", 0, DIGEST, DIGEST, "estate")
SIMS, OBJECTS = 10_000, 100
"""The contents of the estate of `counting`: SIMs in one group of its own, and objects of one kind."""
FLEET = Address("EndpointGroup", "fleet")


def change(address: Address, action: Action, code: ReasonCode = ReasonCode.CHANGED, **more: Any) -> Change:
    """One change; what it deletes was there."""
    there: Mapping[str, Any] = {}
    before = more.pop("before", None if action is Action.CREATE else there)
    live = more.pop("live_moniker", None if action is Action.CREATE else address.name)
    return Change(address, action, before, more.pop("after", None), Reason(code, "why"), live_moniker=live, **more)


def happens(
    action: RosterAction, count: int, source: str | None = "fleet", target: str | None = None, first: int = 0
) -> RosterChange:
    """One action on so many SIMs."""
    numbers = tuple(map(str, range(first, first + count)))
    return RosterChange(action=action, address="EndpointSet/all", source=source, target=target, iccids=numbers)


def edit(number: int, after: Mapping[str, Any], group: str | None = "fleet") -> SimEdit:
    """One SIM whose settings change."""
    return SimEdit("EndpointSet/all", str(number), {}, after, group)


def plan(*changes: Change, roster: RosterPlan | None = None, facts: Facts | None = None, **more: Any) -> Plan:
    """A plan of an estate with so many SIMs."""
    known = facts or Facts(owned={"EventMap": OBJECTS}, sims={"fleet": SIMS}, own_groups=("fleet",))
    return Plan(BASIS, changes, roster=roster or RosterPlan(), facts=known, **more)


def _maps(count: int, action: Action, code: ReasonCode, *, is_there: bool = True) -> list[Change]:
    before: Mapping[str, Any] | None = {} if is_there else None
    return [change(Address("EventMap", f"map-{n:03}"), action, code, before=before) for n in range(count)]


def _policy_switch(count: int) -> Plan:
    fields = (FieldChange("routingPolicy", FieldOperation.EDIT, "one", "other"),)
    facts = Facts(owned={"EndpointGroup": 1}, sims={"fleet": count}, own_groups=("fleet",))
    return plan(change(FLEET, Action.UPDATE, fields=fields), facts=facts)


def _emptied(count: int) -> Plan:
    lost = list(object_kinds())[:count]
    facts = Facts(owned=dict.fromkeys(lost, 1))
    return plan(*(change(Address(kind, "only"), Action.FORGET, ReasonCode.RETAINED) for kind in lost), facts=facts)


def _new_peers(count: int) -> Plan:
    hooks = (
        change(
            Address("EventHandler", f"hook-{n}"),
            Action.CREATE,
            after={"webhook": {"url": f"https://{n}.example.net/in"}},
        )
        for n in range(count)
    )
    return plan(*hooks, facts=Facts(is_established=True))


def _wider_reach(count: int) -> Plan:
    """A policy that newly reaches a /8, of a group that `simsTouched` leaves out as one of a first apply."""
    rule = {"name": "wide", "direction": "uplink", "action": "forward", "target": "dc"}
    after = {"rules": [{**rule, "match": {"destination": "10.0.0.0/8"}}], "status": "active"}
    fields = (FieldChange("rules[wide]", FieldOperation.INSERT, None, after["rules"][0]),)
    before = {"rules": [], "status": "active"}
    address = Address("RoutingPolicy", "fleet-rules")
    edited = change(address, Action.UPDATE, before=before, after=after, fields=fields, reaches=("trial",))
    sims = {"fleet": SIMS - count, "trial": count}
    facts = Facts(sims=sims, own_groups=("fleet", "trial"), new_groups=("trial",), is_established=True)
    return plan(edited, facts=facts)


counting: Mapping[Guard, Callable[[int], Plan]] = {
    Guard.TERMINATIONS: lambda n: plan(roster=RosterPlan(changes=(happens(RosterAction.TERMINATE, n),))),
    Guard.SUSPENSIONS: lambda n: plan(roster=RosterPlan(changes=(happens(RosterAction.SUSPEND, n),))),
    Guard.SIM_MOVES: lambda n: plan(roster=RosterPlan(changes=(happens(RosterAction.MOVE, n, target="other"),))),
    Guard.SIMS_TOUCHED: lambda n: plan(roster=RosterPlan(edits=tuple(edit(i, {"keyValues": {}}) for i in range(n)))),
    Guard.POLICY_SWITCH: _policy_switch,
    Guard.WIDER_REACH: _wider_reach,
    Guard.DELETIONS: lambda n: plan(*_maps(n, Action.DELETE, ReasonCode.REMOVED)),
    Guard.EMPTIED: _emptied,
    Guard.LEFT_OUT: lambda n: plan(*_maps(n, Action.FORGET, ReasonCode.LEFT_OUT)),
    Guard.SHRUNK_ACCOUNT: lambda n: plan(*_maps(n, Action.FORGET, ReasonCode.VANISHED, is_there=False)),
    Guard.NEW_PEERS: _new_peers,
    Guard.SHARED_VALUES: lambda n: plan(facts=Facts(shared=(SharedSetting("reference", n),) if n else ())),
}
"""For each guard: the plan in which it counts so many, and every other guard nothing."""
LARGEST = {
    Guard.TERMINATIONS: 0,
    Guard.SUSPENSIONS: 50,
    Guard.SIM_MOVES: 500,
    Guard.SIMS_TOUCHED: 2_000,
    Guard.POLICY_SWITCH: 1_000,
    Guard.WIDER_REACH: 2_000,
    Guard.DELETIONS: 10,
    Guard.EMPTIED: 0,
    Guard.LEFT_OUT: 0,
    Guard.SHRUNK_ACCOUNT: 10,
    Guard.NEW_PEERS: 0,
    Guard.SHARED_VALUES: 1,
}
"""The largest number that passes by default in that estate, by the table of guards."""
