"""Compare the groups and addresses of SIMs with the ones that the plan shows, because those were approved. Pure."""

from collections.abc import Collection, Mapping

from reconciler.apply.precondition import tolerated
from reconciler.diffing.rosters import Live
from reconciler.plan.roster import RosterAction, RosterChange, RosterPlan

Targets = Mapping[str, Collection[str | None]]
"""The groups that a plan puts a SIM into, by ICCID."""


def targets_of(plan: RosterPlan) -> Targets:
    """
    Where the plan puts each SIM that it moves or activates: a run that was cut short may have done so.

    An activated SIM is in no group until the next request puts it into one.
    """
    found: dict[str, set[str | None]] = {}
    for change in plan.changes:
        match change.action:
            case RosterAction.MOVE:
                steps: set[str | None] = {change.target}
            case RosterAction.ACTIVATE:
                steps = {None, change.target}
            case _:
                continue
        for iccid in change.iccids:
            found.setdefault(iccid, set()).update(steps)
    return found


def elsewhere(sim: Live, group: str | None, targets: Targets) -> str | None:
    """Why a SIM is not the one that the plan speaks of: it is neither where it was nor where the plan puts it."""
    if sim.group == group or sim.group in targets.get(sim.iccid, ()):
        return None
    return f"it is in {sim.group or 'no group'} now, not in {group or 'no group'}"


def unshown_loss(change: RosterChange, seen: Mapping[str, Live]) -> str | None:
    """Why a move would cost SIMs more than the plan shows: more of them have an address where they are now (D-46)."""
    still = [seen[iccid] for iccid in change.iccids if iccid in seen and seen[iccid].group == change.source]
    losing = sum(sim.ip_address is not None for sim in still)
    if losing > change.losing + tolerated(change.losing):
        return f"{losing} of these SIMs would lose their addresses, the plan shows {change.losing}"
    return None
