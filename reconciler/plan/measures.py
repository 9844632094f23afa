"""
The count of each guard with a limit. Pure: it takes the changes, the SIMs and the facts of the plan.

Every number is computed where it is needed and believed from nowhere, so a plan file is judged again with the same
result.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from reconciler.kinds import group_kind, kind_named
from reconciler.model.address import Address
from reconciler.plan.action import Action
from reconciler.plan.change import Change, ReasonCode
from reconciler.plan.flows import new_peers
from reconciler.plan.impact import as_planned, touched_groups
from reconciler.plan.limits import Guard
from reconciler.plan.plan import Plan
from reconciler.plan.roster import RosterAction
from reconciler.plan.sim_effects import is_edit_noticed
from reconciler.plan.traffic import policy_pairs, sims_of
from reconciler.plan.wider_reach import ReachMark, marks_of

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Measure:
    """
    The count of a guard.

    `count` is the number that the verdict prints and a consent names. The limit is held against each of `parts`, a
    number and what it is counted in; for most guards the one part is the whole. `strict` of the count pass under no
    limit but `off`, for the reason in `strict_text`. `text` says what is counted, `step` what else can be done about a
    refusal, `addresses` the objects.
    """

    count: int
    parts: tuple[tuple[int, int], ...]
    text: str
    step: str = ""
    addresses: tuple[Address, ...] = ()
    strict: int = 0
    strict_text: str = ""


def measure(plan: Plan, guard: Guard) -> Measure:
    """The count of a guard in this plan."""
    return _MEASURES[guard](plan)


def managed_sims(plan: Plan) -> int:
    """
    The SIMs that the estate owns or manages: those in its groups, or those that it lists where they are more.

    Listed SIMs count only as far as so many SIMs are in groups, or going there: a list alone makes no limit larger.
    """
    roster = plan.roster
    listed = roster.managed - len(roster.missing) - len(roster.gone)
    return max(plan.facts.own_sims, min(listed, sum(plan.facts.sims.values()) + len(arriving_sims(plan))))


def _sims(count: int) -> str:
    return f"{count:,} SIM{'' if count == 1 else 's'}"


def _objects(count: int) -> str:
    return f"{count:,} object{'' if count == 1 else 's'}"


def _of_managed(plan: Plan, count: int, text: str, step: str = "", addresses: tuple[Address, ...] = ()) -> Measure:
    of = managed_sims(plan)
    return Measure(count, ((count, of),), f"{count:,} of {_sims(of)} {text}", step, addresses)


def _terminations(plan: Plan) -> Measure:
    count = plan.roster.count(RosterAction.TERMINATE)
    text = f"{_sims(count)} would be terminated, which cannot be undone (D-44)"
    return Measure(count, ((count, count),), text, "remove state: terminated where it is not meant")


def _suspensions(plan: Plan) -> Measure:
    arriving = arriving_sims(plan)
    new = as_planned(plan.facts.new_groups, plan)
    suspended = (change for change in plan.roster.of(RosterAction.SUSPEND) if change.source not in new)
    stopped = {iccid for change in suspended for iccid in change.iccids}
    return _of_managed(plan, len(stopped - arriving), "would be suspended")


def _sim_moves(plan: Plan) -> Measure:
    moved = {
        iccid for change in plan.roster.of(RosterAction.MOVE) if change.source is not None for iccid in change.iccids
    }
    return _of_managed(plan, len(moved), "would leave their group for another one", "move them in several steps")


def arriving_sims(plan: Plan) -> frozenset[str]:
    """The SIMs that this plan puts into their first group: nothing that it does to them disturbs anybody."""
    return frozenset(
        iccid
        for change in plan.roster.changes
        if change.source is None and change.action in {RosterAction.MOVE, RosterAction.ACTIVATE}
        for iccid in change.iccids
    )


def _sims_touched(plan: Plan) -> Measure:
    """The SIMs of groups that an interrupted first apply made do not count: it goes on with what it sets on them."""
    touched = touched_groups(plan).difference(plan.facts.new_groups)
    inside = sum(plan.facts.sims.get(group, 0) for group in touched)
    groups = as_planned(touched.union(plan.facts.new_groups), plan)
    edited = {
        edit.iccid
        for edit in plan.roster.edits
        if edit.group is not None and edit.group not in groups and is_edit_noticed(edit)
    }
    resumed = {
        iccid
        for change in plan.roster.of(RosterAction.RESUME)
        if change.source not in groups
        for iccid in change.iccids
    }
    return _of_managed(plan, inside + len((edited | resumed) - arriving_sims(plan)), "would be touched by edits")


def _policy_switch(plan: Plan) -> Measure:
    switched = [
        change
        for change in plan.changes
        if (holder := kind_named(change.address.kind).holder) is not None
        and change.action is Action.UPDATE
        and any(field.path in map(str, holder.policies) for field in change.fields)
    ]
    sizes = [plan.facts.sims.get(change.live_moniker or "", 0) for change in switched]
    count = sum(sizes)
    groups = f"{len(switched)} group{'' if len(switched) == 1 else 's'}"
    text = f"{_sims(count)} of {groups} would get another routing, operator or regional policy"
    addresses = tuple(change.address for change in switched)
    return Measure(
        count, tuple((size, size) for size in sizes), text, "switch a group with fewer SIMs first", addresses
    )


def _wider_reach(plan: Plan) -> Measure:
    """SIMs that get wide new traffic, once the estate is established: before, it is only listed."""
    wide = [(pair, marks) for pair in policy_pairs(plan) if (marks := marks_of(pair))]
    count = sims_of((pair for pair, _ in wide), plan) if plan.facts.is_established else 0
    listed = "; ".join(f"{' and '.join(pair.causes[:_MOST_NAMED])}: {', '.join(marks)}" for pair, marks in wide)
    text = f"would have new traffic with networks of /8 or wider{f' ({listed})' if listed else ''}"
    addresses = tuple(dict.fromkeys(Address.parse(cause) for pair, _ in wide for cause in pair.causes))
    found = _of_managed(plan, count, text, "name the networks that the SIMs need", addresses)
    strict = sims_of((pair for pair, marks in wide if ReachMark.DEFAULT in marks), plan) if count else 0
    return replace(found, strict=strict, strict_text="for a new default route")


def _deletions(plan: Plan) -> Measure:
    going = [change for change in plan.changes if change.action.is_destructive]
    kinds = Counter(change.address.kind for change in going)
    parts = tuple((count, plan.facts.owned.get(kind, 0)) for kind, count in sorted(kinds.items()))
    listed = ", ".join(f"{count} of {plan.facts.owned.get(kind, 0)} {kind}" for kind, count in sorted(kinds.items()))
    text = f"{_objects(len(going))} would be deleted or replaced{f' ({listed})' if listed else ''}"
    return Measure(len(going), parts, text, "delete them in several steps", tuple(c.address for c in going))


def _emptied(plan: Plan) -> Measure:
    kinds, rosters = list(emptied_kinds(plan)), list(_halved_rosters(plan))
    lost = ", ".join([*(f"all {count} {kind}" for kind, count in kinds), *(text for _, text in rosters)])
    count = len(kinds) + len(rosters)
    text = f"{count} kind{'' if count == 1 else 's'} or roster{'' if count == 1 else 's'} would be emptied"
    step = "see whether a file, a folder or the output of a generator is missing"
    return Measure(count, ((count, count),), f"{text}: {lost}" if lost else text, step, tuple(a for a, _ in rosters))


def emptied_kinds(plan: Plan) -> Iterator[tuple[str, int]]:
    """The kinds of which everything that is owned goes, and of which nothing is declared."""
    by_kind: dict[str, list[Change]] = {}
    for change in plan.changes:
        by_kind.setdefault(change.address.kind, []).append(change)
    for kind, owned in sorted(plan.facts.owned.items()):
        # An object that somebody named to be forgotten was not lost by reading the manifests.
        changes = [c for c in by_kind.get(kind, []) if c.reason.code is not ReasonCode.LET_GO]
        let_go = len(by_kind.get(kind, [])) - len(changes)
        going = [c for c in changes if c.action in {Action.DELETE, Action.FORGET}]
        is_lost = len(going) == len(changes) >= owned - let_go
        # Objects that are gone from the platform and the manifests alike were not lost by reading the manifests.
        if is_lost and any(change.before is not None for change in going):
            yield kind, owned


def _halved_rosters(plan: Plan) -> Iterator[tuple[Address, str]]:
    """The groups of which more than half would go or be suspended because no list has them."""
    kind = group_kind().name
    lived = {c.address.name: c.live_moniker for c in plan.changes if c.address.kind == kind and c.live_moniker}
    changed = {
        iccid
        for change in plan.roster.changes
        if change.action in {RosterAction.MOVE, RosterAction.SUSPEND}
        for iccid in change.iccids
    }
    for group, iccids in sorted(plan.roster.unlisted.items()):
        lost = len(changed.intersection(iccids))
        # SIMs that no list has and that stay as they are, because they are suspended already, left the roster before.
        size = plan.facts.sims.get(lived.get(group, group), 0) - (len(iccids) - lost)
        if lost * 2 > size:
            address = Address(kind, group)
            yield address, f"{lost:,} of {_sims(size)} of {address}"


def _left_out(plan: Plan) -> Measure:
    going = [
        change.address
        for change in plan.changes
        if change.reason.code is ReasonCode.LEFT_OUT and change.action in {Action.DELETE, Action.FORGET}
    ]
    text = f"{_objects(len(going))} would go only because the declaration was not read"
    step = "leave out --prune, or remove them from their files if they are meant to go"
    return Measure(len(going), ((len(going), len(going)),), text, step, tuple(going))


def _shrunk_account(plan: Plan) -> Measure:
    gone = [drift.address for drift in plan.drift if drift.vanished]
    gone += [change.address for change in plan.changes if change.action is Action.FORGET and change.before is None]
    gone = list(dict.fromkeys([*gone, *plan.facts.gone]))
    owned = sum(plan.facts.owned.values())
    text = f"{len(gone):,} of {_objects(owned)} of the inventory are gone from the platform"
    return Measure(len(gone), ((len(gone), owned),), text, "see whether this is the right account", tuple(gone))


def _new_peers(plan: Plan) -> Measure:
    """New hosts, once the estate is established: its first apply has to name all of them anyway, and lists them."""
    peers = new_peers(plan)
    count = len(peers) if plan.facts.is_established else 0
    text = f"{len(peers):,} host{'' if len(peers) == 1 else 's'} would be sent to for the first time"
    if peers:
        text += ": " + ", ".join(
            f"{peer.address} {peer.field}: {peer.before or 'none'} -> {peer.after}" for peer in peers
        )
    step = "see whether each host is the one that is meant"
    return Measure(count, ((count, count),), text, step, tuple(dict.fromkeys(peer.address for peer in peers)))


def _shared_values(plan: Plan) -> Measure:
    count = sum(one.sims for one in plan.facts.shared)
    parts = tuple((one.sims, one.sims) for one in plan.facts.shared)
    text = f"{_sims(count)} would have an IMEI lock or a reference that others are given too"
    return Measure(count, parts, text, "give each SIM its own; `reconciler validate` names the rows")


_MEASURES: Mapping[Guard, Callable[[Plan], Measure]] = {
    Guard.TERMINATIONS: _terminations,
    Guard.SUSPENSIONS: _suspensions,
    Guard.SIM_MOVES: _sim_moves,
    Guard.SIMS_TOUCHED: _sims_touched,
    Guard.POLICY_SWITCH: _policy_switch,
    Guard.WIDER_REACH: _wider_reach,
    Guard.DELETIONS: _deletions,
    Guard.EMPTIED: _emptied,
    Guard.LEFT_OUT: _left_out,
    Guard.SHRUNK_ACCOUNT: _shrunk_account,
    Guard.NEW_PEERS: _new_peers,
    Guard.SHARED_VALUES: _shared_values,
}
