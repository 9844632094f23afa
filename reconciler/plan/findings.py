"""
The objects and SIMs that a guard finds in a plan, and the digest that a waiver names them by. Pure.

The digest is over the sorted addresses and ICCIDs and nothing else: another edit, another order and another serial of
the inventory keep it, one object or SIM more is another finding.
"""

from collections.abc import Callable, Mapping

from reconciler.kinds import group_kind
from reconciler.plan.canonical_json import digest
from reconciler.plan.flows import new_peers
from reconciler.plan.impact import as_planned, touched_groups
from reconciler.plan.limits import Guard
from reconciler.plan.measures import arriving_sims, emptied_kinds, measure
from reconciler.plan.plan import Plan
from reconciler.plan.roster import RosterAction
from reconciler.plan.sim_effects import is_edit_noticed
from reconciler.plan.traffic import policy_pairs
from reconciler.plan.wider_reach import fingerprint_of, marks_of

_MOST_TRIED = 2_000


def subjects_of(plan: Plan, guard: Guard) -> tuple[str, ...]:
    """The sorted addresses and ICCIDs that a guard finds."""
    found = _SUBJECTS[guard](plan) if guard in _SUBJECTS else map(str, measure(plan, guard).addresses)
    return tuple(sorted(set(found)))


def finding_digest(subjects: tuple[str, ...]) -> str:
    """The digest of sorted addresses and ICCIDs."""
    return digest(list(subjects))


def extra_of(subjects: tuple[str, ...], waived: str) -> str | None:
    """The one subject without which the digest is the waived one; None where another number differs."""
    if len(subjects) > _MOST_TRIED:
        return None
    tried = ((one, (*subjects[:place], *subjects[place + 1 :])) for place, one in enumerate(subjects))
    return next((one for one, others in tried if finding_digest(others) == waived), None)


def _terminated(plan: Plan) -> set[str]:
    return {iccid for change in plan.roster.of(RosterAction.TERMINATE) for iccid in change.iccids}


def _suspended(plan: Plan) -> set[str]:
    new = as_planned(plan.facts.new_groups, plan)
    changes = (change for change in plan.roster.of(RosterAction.SUSPEND) if change.source not in new)
    return {iccid for change in changes for iccid in change.iccids} - arriving_sims(plan)


def _moved(plan: Plan) -> set[str]:
    return {i for change in plan.roster.of(RosterAction.MOVE) if change.source is not None for i in change.iccids}


def _touched(plan: Plan) -> set[str]:
    touched = touched_groups(plan).difference(plan.facts.new_groups)
    groups = as_planned(touched.union(plan.facts.new_groups), plan)
    edited = {e.iccid for e in plan.roster.edits if e.group not in groups and is_edit_noticed(e)}
    resumed = {i for c in plan.roster.of(RosterAction.RESUME) if c.source not in groups for i in c.iccids}
    named = {f"{group_kind().name}/{group}" for group in touched if plan.facts.sims.get(group)}
    return named | ((edited | resumed) - arriving_sims(plan))


def _lost(plan: Plan) -> set[str]:
    return {*map(str, measure(plan, Guard.EMPTIED).addresses), *(kind for kind, _ in emptied_kinds(plan))}


def _peers(plan: Plan) -> set[str]:
    return {f"{peer.address} {peer.field} {peer.after}" for peer in new_peers(plan)}


def _reached(plan: Plan) -> set[str]:
    """The SIMs of wide new traffic, and that traffic: more of it for the same SIMs is another finding."""
    wide = [pair for pair in policy_pairs(plan) if marks_of(pair)]
    traffic = {f"{' and '.join(pair.causes)} {fingerprint_of(pair)}" for pair in wide}
    groups = {f"{group_kind().name}/{group}" for pair in wide for group in pair.groups if plan.facts.sims.get(group)}
    return traffic | groups | {iccid for pair in wide for move in pair.moves for iccid in move.iccids}


def _sharing(plan: Plan) -> set[str]:
    settings = {one.setting for one in plan.facts.shared}
    given = {edit.iccid for edit in plan.roster.edits if any(edit.after.get(name) for name in settings)}
    return settings | given


_SUBJECTS: Mapping[Guard, Callable[[Plan], set[str]]] = {
    Guard.TERMINATIONS: _terminated,
    Guard.SUSPENSIONS: _suspended,
    Guard.SIM_MOVES: _moved,
    Guard.SIMS_TOUCHED: _touched,
    Guard.WIDER_REACH: _reached,
    Guard.EMPTIED: _lost,
    Guard.NEW_PEERS: _peers,
    Guard.SHARED_VALUES: _sharing,
}
"""The guards whose finding is more than the addresses that their verdict names."""
