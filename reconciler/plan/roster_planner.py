"""
From the difference between declared and live SIMs to the roster part of a plan, and the guards over it. Pure.

Absence never terminates, suspends or moves a SIM: only what a set or an Endpoint says happens (design 1.3).
"""

import ipaddress
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from reconciler.diffing.rosters import SUSPENDED, TERMINATED, Edit, RosterDifference
from reconciler.model.address import Address
from reconciler.model.roster import Roster, SimSet
from reconciler.model.snapshot import Snapshot
from reconciler.plan.change import Change
from reconciler.plan.plan import GuardResult, Plan, Verdict
from reconciler.plan.question import Where
from reconciler.plan.roster import RosterAction, RosterChange, RosterPlan, SimEdit
from reconciler.plan.sim_causes import with_causes

_STATES = {SUSPENDED: RosterAction.SUSPEND, TERMINATED: RosterAction.TERMINATE}
_LIMITED = {RosterAction.MOVE, RosterAction.SUSPEND}
_MOST_NAMED = 5
_Place = Callable[[SimSet], str | None]
_GROUP = "EndpointGroup"
_RESERVED_ADDRESSES = 2


def with_roster(
    plan: Plan, roster: Roster, difference: RosterDifference, snapshot: Snapshot, where: Where
) -> tuple[Plan, list[GuardResult]]:
    """The plan with its roster part, and the verdicts over that part."""

    def place(one: SimSet) -> str | None:
        return where(Address.parse(one.address), ("metadata", "name")) if one.address else None

    made = with_causes(roster_plan(difference, roster, place), roster, difference, where)
    found = judged(made, difference, roster, snapshot, plan.changes)
    # The list of SIMs may lag behind the counts of the groups: never fewer in all than in one of them.
    seen = max(difference.seen, plan.sims)
    return replace(plan, roster=made, sims=seen + made.count(RosterAction.ACTIVATE)), found


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
        suspended=len(difference.suspended),
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
        is_listed = one.group == target
        reason = f"{one.address} lists them" if is_listed else f"{one.address} is exclusive and does not list them"
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
            reason=reason,
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
            reason=f"{one.address} says so",
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
            reason="the account does not have it yet",
        )
        yield change
        if listing.group is not None and _declared(iccid, roster).get("state") == SUSPENDED:
            yield replace(
                change, action=RosterAction.SUSPEND, source=listing.group, target=None, reason=f"{one.address} says so"
            )


def _listing(iccid: int, roster: Roster) -> SimSet:
    """The set that puts a SIM into a group: its Endpoint, or the one that lists it."""
    return _set(roster, roster.members.get(iccid, roster.endpoints[iccid]))


def _declared(iccid: int, roster: Roster) -> dict[str, Any]:
    return {**_listing(iccid, roster).attributes, **roster.settings.get(iccid, {})}


def _settings(arriving: set[int], roster: Roster) -> Iterator[Edit]:
    """What SIMs that come into the account are given besides: nothing is known of them before."""
    for iccid in arriving:
        after = {name: value for name, value in _declared(iccid, roster).items() if name != "state" and value}
        if after:
            yield Edit(iccid, roster.endpoints[iccid], {}, after)


def _order(change: RosterChange) -> tuple[int, str, str, str]:
    rank = list(RosterAction).index(change.action)
    return rank, change.target or "", change.source or "", change.address


def judged(
    plan: RosterPlan, difference: RosterDifference, roster: Roster, snapshot: Snapshot, changes: tuple[Change, ...]
) -> list[GuardResult]:
    """The verdicts over the roster part: what is refused, and what is worth a look."""
    return [
        *_overlaps(difference, roster),
        *_most_moves(plan, difference, roster),
        *_capacity(plan, snapshot, changes),
        *_addresses(plan, snapshot, changes),
        *_absent(plan),
        *_unlisted(plan, roster),
    ]


def _overlaps(difference: RosterDifference, roster: Roster) -> Iterator[GuardResult]:
    pairs = Counter((first, second) for _, first, second in difference.claimed)
    for (first, second), count in sorted(pairs.items()):
        some = [str(iccid) for iccid, a, b in difference.claimed if (a, b) == (first, second)][:_MOST_NAMED]
        one, other = roster.sets[first], roster.sets[second]
        message = (
            f"{count:,} SIMs are claimed by {one.address} and {other.address} for different groups: {', '.join(some)}"
        )
        yield GuardResult("overlap", Verdict.DENY, message, "narrow one of the selectors, or exclude them in one set")


def _most_moves(plan: RosterPlan, difference: RosterDifference, roster: Roster) -> Iterator[GuardResult]:
    sizes = Counter(roster.members.values())
    sizes.update(difference.claims)
    for number, one in enumerate(roster.sets):
        if one.most_moves is None:
            continue
        limit = one.most_moves
        if isinstance(limit, str):
            limit = sizes[number] * int(limit.removesuffix("%")) // 100
        changed = (change for change in plan.changes if change.action in _LIMITED and change.address == one.address)
        moved = sum(len(change.iccids) for change in changed)
        verdict = Verdict.DENY if moved > limit else Verdict.PASS
        message = f"{one.address} would move or suspend {moved:,} SIMs; its limit maxMoves is {limit:,}"
        step = "move them in several steps, or raise the limit of the set" if verdict is Verdict.DENY else ""
        yield GuardResult("maxMoves", verdict, message, step, (), moved, limit)


def _subnet(name: str, snapshot: Snapshot, changes: tuple[Change, ...]) -> tuple[str, str] | None:
    """VSlice and subnet of a group, as they will be."""
    for change in changes:
        if change.address == Address(_GROUP, name) and change.after is not None and change.after.get("subnet"):
            return str(change.after.get("vslice")), str(change.after["subnet"])
    live = snapshot.by_address.get(Address(_GROUP, name))
    if live is None or not live.spec.get("subnet"):
        return None
    return str(live.spec.get("vslice")), str(live.spec["subnet"])


def _capacity(plan: RosterPlan, snapshot: Snapshot, changes: tuple[Change, ...]) -> Iterator[GuardResult]:
    arriving, leaving = plan.arriving(), plan.leaving()
    filled: Counter[tuple[str, str]] = Counter()
    groups: dict[tuple[str, str], list[str]] = {}
    # SIMs come and go after the renames: a group counts once, by the moniker that it has then.
    renamed = {c.live_moniker: c.address.name for c in changes if c.address.kind == _GROUP and c.live_moniker}
    live = {renamed.get(a.name, a.name): a for a in snapshot.by_address if a.kind == _GROUP}
    for name in sorted(live.keys() | set(arriving)):
        lived = live.get(name, Address(_GROUP, name))
        place = _subnet(name, snapshot, changes) or _subnet(lived.name, snapshot, changes)
        if place is None:
            continue
        seen = snapshot.by_address.get(lived)
        now = seen.counts.get("sims", 0) if seen else 0
        filled[place] += now + arriving.get(name, 0) - leaving.get(name, 0)
        if name in arriving:
            groups.setdefault(place, []).append(name)
    for place, names in groups.items():
        room = max(1, ipaddress.IPv4Network(place[1]).num_addresses - _RESERVED_ADDRESSES)
        if filled[place] > room:
            shown = ", ".join(f"{_GROUP}/{name}" for name in names)
            message = f"{filled[place]:,} SIMs would share the {room:,} addresses of {place[1]} ({shown}) (D-46)"
            step = "use a larger subnet, or divide the SIMs over groups with subnets of their own"
            addresses = tuple(Address(_GROUP, name) for name in names)
            yield GuardResult("subnet", Verdict.DENY, message, step, addresses, filled[place], room)


def _addresses(plan: RosterPlan, snapshot: Snapshot, changes: tuple[Change, ...]) -> Iterator[GuardResult]:
    for change in plan.of(RosterAction.MOVE):
        place = _subnet(change.target or "", snapshot, changes)
        unfit = [
            (iccid, address)
            for iccid, address in change.fixed
            if place is None or ipaddress.IPv4Address(address) not in ipaddress.IPv4Network(place[1])
        ]
        if unfit:
            some = ", ".join(f"{iccid} {address}" for iccid, address in unfit[:_MOST_NAMED])
            message = f"{len(unfit):,} static addresses do not fit EndpointGroup/{change.target} and are lost: {some}"
            step = "give them addresses of the new subnet with staticIPv4"
            yield GuardResult("static-address", Verdict.WARN, message, step, (), len(unfit))


def _absent(plan: RosterPlan) -> Iterator[GuardResult]:
    for guard, found, what, step in (
        (
            "missing",
            plan.missing,
            "are listed and not in this account; they are left out",
            "check the numbers, or wait until the supplier has allocated them",
        ),
        (
            "terminated",
            plan.gone,
            "are listed and were terminated; a terminated SIM stays so (D-42)",
            "remove them from the lists",
        ),
    ):
        if found:
            some = ", ".join(found[:_MOST_NAMED]) + (" …" if len(found) > _MOST_NAMED else "")
            verb = (
                what
                if len(found) > 1
                else what.replace("are ", "is ", 1).replace("they are", "it is").replace("were", "was")
            )
            message = f"{len(found):,} SIM{'s' if len(found) > 1 else ''} {verb}: {some}"
            yield GuardResult(guard, Verdict.WARN, message, step, (), len(found))


def _unlisted(plan: RosterPlan, roster: Roster) -> Iterator[GuardResult]:
    by_group = {one.group: one for one in roster.sets if one.is_exclusive}
    for group, iccids in plan.unlisted.items():
        one = by_group[group]
        what = (
            f"will be moved to {one.move_to}"
            if one.move_to
            else "will be suspended"
            if one.suspends
            else "are left as they are (onRemove: report)"
        )
        message = f"{len(iccids):,} SIMs of EndpointGroup/{group} are in no list and {what}"
        yield GuardResult("unlisted", Verdict.WARN, message, "", (Address(_GROUP, group),), len(iccids))
