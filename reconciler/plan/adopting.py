"""The part of a plan that takes over what exists, and nothing else: it sends nothing."""

from collections.abc import Sequence
from dataclasses import replace

from reconciler.diagnostics import nearest
from reconciler.errors import Refused, UsageError
from reconciler.plan.action import Action
from reconciler.plan.change import Change, adoption_of
from reconciler.plan.grounds import NO_GROUNDS
from reconciler.plan.owners import OWNERSHIP
from reconciler.plan.patterns import fits
from reconciler.plan.plan import Plan
from reconciler.plan.roster import NO_ROSTER
from reconciler.plan.scoping import SCOPE


def only_adoptions(plan: Plan, patterns: Sequence[str]) -> Plan:
    """
    The plan that only takes over the objects whose address is named, or fits a pattern such as ``VSlice/fleet-*``.

    `UsageError` for a name or pattern that chooses nothing: it is not declared, does not exist, or is ours already.
    `Refused` for an object of another estate, or outside of the scope.
    """
    possible = {str(c.address): c for c in plan.changes if c.adopts or c.is_plain_adoption}
    for pattern in patterns:
        if not any(fits(name, pattern) for name in possible):
            _refuse(plan, pattern, possible)
    kept = tuple(_as_it_is(c) for name, c in possible.items() if any(fits(name, pattern) for pattern in patterns))
    return replace(plan, changes=kept, guards=(), grounds=NO_GROUNDS, sims_touched=0, roster=NO_ROSTER)


def _refuse(plan: Plan, pattern: str, possible: dict[str, Change]) -> None:
    for result in plan.objections():
        if result.guard in {OWNERSHIP, SCOPE} and any(fits(str(address), pattern) for address in result.addresses):
            raise Refused(result.message, hint=result.next_step)
    guess = nearest(pattern, possible)
    message = f"{pattern} cannot be adopted: it is not declared, does not exist, or is ours already"
    raise UsageError(message, hint=f"did you mean {guess}?" if guess else "see `reconciler plan`")


def _as_it_is(change: Change) -> Change:
    """It becomes ours as it is: how it differs from the manifest is for the next plan to show."""
    return replace(change, waits_for=()) if change.action is Action.ADOPT else adoption_of(change)
