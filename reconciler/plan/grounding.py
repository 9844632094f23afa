"""The grounds of the structural verdicts, from a complete reading. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from reconciler.diffing.rosters import RosterDifference
from reconciler.kinds import group_kind, holder, kind_named, policy_field
from reconciler.model.address import Address
from reconciler.model.inventory import Inventory
from reconciler.model.roster import Roster
from reconciler.model.snapshot import Observed, Snapshot
from reconciler.plan.change import Change
from reconciler.plan.grounds import Claims, Grounds, GroupNet, MoveLimit
from reconciler.plan.impact import Reach
from reconciler.plan.plan import Plan
from reconciler.plan.planned_policies import PlannedPolicies, moves_between_groups
from reconciler.plan.sim_guards import net_of

_MOST_NAMED = 5


def with_live_grounds(plan: Plan, snapshot: Snapshot, reach: Reach, inventory: Inventory | None) -> Plan:
    """The plan with what a reading says of the live objects that it changes, in place of what its grounds said."""
    going = [change for change in plan.changes if change.action.is_destructive]
    grounds = replace(
        plan.grounds,
        fixed=tuple(change.address for change in plan.changes if _is_fixed(change, snapshot)),
        held=dict(_held(going, snapshot)),
        users={
            str(change.address): users
            for change in going
            if change.live_moniker and (users := reach.users(Address(change.address.kind, change.live_moniker)))
        },
        nets=_nets(plan, snapshot),
        others_groups=_others_groups(plan, snapshot, inventory),
    )
    return with_policies(replace(plan, grounds=grounds), snapshot)


def with_policies(plan: Plan, snapshot: Snapshot) -> Plan:
    """The plan with what a reading says of the policies that SIMs have before and after, and no change does."""
    field, kind = policy_field()
    groups, routed = PlannedPolicies(plan), {}
    for group in sorted({str(end) for move in moves_between_groups(plan) for end in (move.source, move.target)}):
        seen = _first_seen(snapshot, group_kind().name, groups.live_group(group), group)
        if seen is not None and seen.spec.get(field) is not None:
            routed[group] = seen.spec[field]
    plan = replace(plan, grounds=replace(plan.grounds, routed=routed, policies={}))
    policies = {}
    for (name, planned), fields in sorted(PlannedPolicies(plan).needed().items()):
        seen = _first_seen(snapshot, kind.name, name, planned)
        if seen is not None and (part := {field: seen.spec[field] for field in sorted(fields) if field in seen.spec}):
            policies[name] = part
    return replace(plan, grounds=replace(plan.grounds, policies=policies))


def _first_seen(snapshot: Snapshot, kind: str, live: str | None, planned: str) -> Observed | None:
    """An object by its live moniker, or by the later one, where a run that was cut short has renamed it."""
    found = snapshot.by_address.get(Address(kind, live or planned))
    return found or snapshot.by_address.get(Address(kind, planned))


def with_set_grounds(grounds: Grounds, roster: Roster, difference: RosterDifference) -> Grounds:
    """The grounds with what the sets claim, and with their limits."""
    sizes = Counter(roster.members.values())
    sizes.update(difference.claims)
    return replace(
        grounds,
        claims=tuple(_claims(roster, difference)),
        limits=tuple(
            MoveLimit(one.address, one.most_moves, sizes[number])
            for number, one in enumerate(roster.sets)
            if one.most_moves is not None
        ),
    )


def _claims(roster: Roster, difference: RosterDifference) -> Iterator[Claims]:
    pairs = Counter((first, second) for _, first, second in difference.claimed)
    for (first, second), count in sorted(pairs.items()):
        some = [str(iccid) for iccid, a, b in difference.claimed if (a, b) == (first, second)][:_MOST_NAMED]
        yield Claims(roster.sets[first].address, roster.sets[second].address, count, tuple(some))


def _seen(change: Change, snapshot: Snapshot) -> Observed | None:
    return snapshot.by_address.get(Address(change.address.kind, change.live_moniker or ""))


def _is_fixed(change: Change, snapshot: Snapshot) -> bool:
    seen = _seen(change, snapshot)
    return seen is not None and seen.fixed and not change.action.is_silent


def _held(going: Iterable[Change], snapshot: Snapshot) -> Iterator[tuple[str, int]]:
    for change in going:
        seen = _seen(change, snapshot)
        if seen is not None and kind_named(change.address.kind).holds_sims and seen.counts.get("sims"):
            yield seen.address.name, seen.counts["sims"]


def _nets(plan: Plan, snapshot: Snapshot) -> dict[str, GroupNet]:
    """The live groups that share a subnet with one that SIMs arrive in, by the moniker that they are to have."""
    arriving = plan.roster.arriving()
    if not arriving:
        return {}
    # SIMs come and go after the renames: a group counts once, by the moniker that it has then.
    kind = group_kind().name
    renamed = {c.live_moniker: c.address.name for c in plan.changes if c.address.kind == kind and c.live_moniker}
    live = {
        renamed.get(address.name, address.name): GroupNet(*place, seen.counts.get("sims", 0))
        for address, seen in snapshot.by_address.items()
        if address.kind == kind and (place := holder().place(seen.spec)) is not None
    }
    whole = replace(plan, grounds=replace(plan.grounds, nets=live))
    places = {net_of(group, whole) for group in arriving}
    return {group: live[group] for group in sorted(live) if net_of(group, whole) in places}


def _others_groups(plan: Plan, snapshot: Snapshot, inventory: Inventory | None) -> dict[str, str]:
    """The groups whose SIMs the plan changes and that are another estate's, with its name."""
    if inventory is None or not inventory.others:
        return {}
    touched = {group for change in plan.roster.changes for group in (change.source, change.target)}
    owners = {
        snapshot.by_id[key].address.name: owner
        for key, owner in inventory.others.items()
        if key[0] == group_kind().name and key in snapshot.by_id
    }
    return {group: owners[group] for group in sorted(owners) if group in touched}
