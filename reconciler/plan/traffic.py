"""
The effect of a plan on traffic: each pair of routing policies that SIMs have before and after, compared once. Pure.

A pair comes from an edit of a policy, from a group that gets another one, and from SIMs that move to a group with
another one. It is computed from before and after and the grounds of the plan, and never read from a file. SIMs that
come into their first group had no traffic before, and are no pair.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.kinds import policy_field
from reconciler.model.traffic.difference import WORK_BUDGET, TrafficDifference, difference
from reconciler.plan.change import Change
from reconciler.plan.impact import as_planned
from reconciler.plan.plan import Plan
from reconciler.plan.planned_policies import PlannedPolicies
from reconciler.plan.roster import RosterChange

PLAN_BUDGET = 4 * WORK_BUDGET
"""The comparisons of boxes that all pairs of a plan may take together."""


@dataclass(frozen=True, slots=True)
class PolicyPair:
    """
    Two policies that SIMs have before and after, and the packets whose outcome differs.

    `before` and `after` are monikers, on the platform and by the plan; None is no policy. `causes` are the addresses of
    the changed policies and groups, and of the sets whose SIMs move. `groups` are those whose SIMs get the other
    policy, by live moniker; `moves` are the SIMs that get it by another group. `is_edit`: both are the same policy.
    """

    before: str | None
    after: str | None
    causes: tuple[str, ...]
    groups: tuple[str, ...]
    moves: tuple[RosterChange, ...]
    is_edit: bool
    difference: TrafficDifference


def policy_pairs(plan: Plan, budget: int = PLAN_BUDGET) -> tuple[PolicyPair, ...]:
    """Every pair of policies of a plan, edits first, each compared once and all within the budget of the plan."""
    policies, kind = PlannedPolicies(plan), policy_field()[1].name
    left, found = budget, []
    for (before, after), causes in policies.pairs().items():
        compared = difference(policies.before(before), policies.after(after), min(WORK_BUDGET, max(left, 0)))
        left -= compared.work
        changes = [cause for cause in causes if isinstance(cause, Change)]
        pair = PolicyPair(
            before,
            after,
            causes=tuple(sorted({str(cause.address) for cause in causes})),
            groups=tuple(sorted({group for change in changes for group in change.reaches})),
            moves=tuple(cause for cause in causes if isinstance(cause, RosterChange)),
            is_edit=any(change.address.kind == kind for change in changes),
            difference=compared,
        )
        found.append(pair)
    return tuple(sorted(found, key=lambda pair: (not pair.is_edit, pair.before or "", pair.after or "")))


def other_traffic(plan: Plan, fresh: Plan) -> list[str]:
    """The objections to a plan whose policies are others in a fresh reading, beyond those that it changes itself."""
    old, new = PlannedPolicies(plan), PlannedPolicies(fresh)
    routed = fresh.grounds.routed
    moved = [group for group, policy in plan.grounds.routed.items() if routed.get(group) != policy]
    if moved:
        return [f"the group {group} has another routing policy than the plan shows" for group in moved]
    return [
        f"the routing policy {after or before} treats traffic otherwise than the plan shows"
        for before, after in old.pairs()
        if (old.before(before), old.after(after)) != (new.before(before), new.after(after))
    ]


def sims_of(pairs: Iterable[PolicyPair], plan: Plan) -> int:
    """The SIMs that get the second policy of any of these pairs, each once."""
    pairs = tuple(pairs)
    groups = {group for pair in pairs for group in pair.groups}
    moves = [move for pair in pairs for move in pair.moves]
    # Most pairs have no moves, and to look for renamed groups takes a look at every change of the plan.
    counted = as_planned(groups, plan) if moves else frozenset()
    moved = {iccid for move in moves if move.source not in counted for iccid in move.iccids}
    return sum(plan.facts.sims.get(group, 0) for group in groups) + len(moved)
