"""
From the difference between declared and live SIMs to the roster part of a plan. Pure.

Absence never terminates, suspends or moves a SIM: only what a set or an Endpoint says happens.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from reconciler.diffing.rosters import SUSPENDED, TERMINATED, Edit, RosterDifference
from reconciler.model.address import Address
from reconciler.model.roster import Roster, SimSet
from reconciler.plan.grounding import with_set_grounds
from reconciler.plan.plan import Plan
from reconciler.plan.roster import RosterAction, RosterChange, RosterPlan, SimEdit, with_reasons
from reconciler.plan.sim_causes import with_causes
from reconciler.plan.situation import Where

_STATES = {SUSPENDED: RosterAction.SUSPEND, TERMINATED: RosterAction.TERMINATE}
_Place = Callable[[SimSet], str | None]


def with_roster(plan: Plan, roster: Roster, difference: RosterDifference, where: Where) -> Plan:
    """The plan with its roster part, and what its sets say of how much may happen."""

    def place(one: SimSet) -> str | None:
        return where(Address.parse(one.address), ("metadata", "name")) if one.address else None

    made = with_reasons(with_causes(roster_plan(difference, roster, place), roster, difference, where))
    # Whether SIMs are read or not, the whole is the same: those in groups, and those outside that the plan touches.
    outside = {iccid for change in made.changes if change.source is None for iccid in change.iccids}
    outside.update(edit.iccid for edit in made.edits if edit.group is None)
    sims = plan.sims + len(outside)
    return replace(plan, roster=made, sims=sims, grounds=with_set_grounds(plan.grounds, roster, difference))


def roster_plan(difference: RosterDifference, roster: Roster, where: _Place) -> RosterPlan:
    """The roster part of a plan, in an order that does not depend on the order of pages."""
    arriving = {iccid for iccid in difference.missing if iccid in roster.activation}
    changes = [
        *_moves(difference, roster, where),
        *_states(difference, roster, where),
        *_activations(arriving, roster, where),
    ]
    edits = sorted([*difference.edits, *_settings(arriving, roster)], key=lambda edit: edit.iccid)
    return RosterPlan(
        changes=tuple(sorted(changes, key=_order)),
        edits=tuple(
            SimEdit(_set(roster, edit.set_number).address, str(edit.iccid), edit.before, edit.after, edit.group)
            for edit in edits
        ),
        managed=len(roster.members) + len(roster.references),
        unchanged=difference.unchanged - _resting(difference),
        suspended=tuple(str(iccid) for iccid in sorted(difference.suspended)),
        missing=(
            *(str(iccid) for iccid in difference.missing if iccid not in arriving),
            *difference.missing_references,
        ),
        gone=tuple(str(iccid) for iccid in sorted(difference.gone)),
        unlisted={
            group: tuple(str(iccid) for iccid in sorted(iccids))
            for group, iccids in sorted(difference.unlisted.items())
        },
        files=dict(sorted(roster.files.items())),
        activation={str(iccid): roster.activation[iccid] for iccid in sorted(arriving)},
    )


def _resting(difference: RosterDifference) -> int:
    """How many SIMs count as unchanged in the comparison, and are suspended although no manifest says so."""
    if not difference.suspended:
        return 0
    changed = {iccid for flow in difference.flows.values() for iccid in flow.iccids}
    changed.update(edit.iccid for edit in difference.edits)
    return sum(iccid not in changed for iccid in difference.suspended)


def _set(roster: Roster, number: int) -> SimSet:
    return roster.sets[number] if number >= 0 else SimSet(address="", group=None)


def _moves(difference: RosterDifference, roster: Roster, where: _Place) -> Iterator[RosterChange]:
    for (source, target, number), flow in difference.flows.items():
        one = _set(roster, number)
        yield RosterChange(
            action=RosterAction.MOVE,
            address=one.address,
            source=source,
            target=target,
            iccids=tuple(str(iccid) for iccid in sorted(flow.iccids)),
            losing=len(flow.losing),
            fixed=tuple((str(iccid), address) for iccid, address in sorted(flow.fixed)),
            batch=one.batch,
            place=where(one),
        )


def _states(difference: RosterDifference, roster: Roster, where: _Place) -> Iterator[RosterChange]:
    for (state, number, group), iccids in difference.states.items():
        one = _set(roster, number)
        yield RosterChange(
            action=_STATES.get(state, RosterAction.RESUME),
            address=one.address,
            source=group,
            target=None,
            iccids=tuple(str(iccid) for iccid in sorted(iccids)),
            batch=one.batch,
            place=where(one),
        )


def _activations(arriving: set[int], roster: Roster, where: _Place) -> Iterator[RosterChange]:
    for iccid in sorted(arriving):
        one, listing = _set(roster, roster.endpoints[iccid]), _listing(iccid, roster)
        change = RosterChange(
            action=RosterAction.ACTIVATE,
            address=one.address,
            source=None,
            target=listing.group,
            iccids=(str(iccid),),
            place=where(one),
        )
        yield change
        if listing.group is not None and _declared(iccid, roster).get("state") == SUSPENDED:
            yield replace(change, action=RosterAction.SUSPEND, source=listing.group, target=None)


def _listing(iccid: int, roster: Roster) -> SimSet:
    """The set that puts a SIM into a group: its Endpoint, or the EndpointSet that lists it."""
    return _set(roster, roster.members.get(iccid, roster.endpoints[iccid]))


def _declared(iccid: int, roster: Roster) -> dict[str, Any]:
    return {**_listing(iccid, roster).attributes, **roster.settings.get(iccid, {})}


def _settings(arriving: set[int], roster: Roster) -> Iterator[Edit]:
    """The settings of SIMs that come into the account: nothing is known of them before."""
    for iccid in arriving:
        after = {name: value for name, value in _declared(iccid, roster).items() if name != "state" and value}
        if after:
            yield Edit(iccid, roster.endpoints[iccid], {}, after)


def _order(change: RosterChange) -> tuple[int, str, str, str]:
    rank = list(RosterAction).index(change.action)
    return rank, change.target or "", change.source or "", change.address
