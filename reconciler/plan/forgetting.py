"""The part of a plan that lets go of objects, and nothing else: it sends nothing, and the platform keeps them. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from reconciler.diagnostics import nearest
from reconciler.errors import UsageError
from reconciler.model.address import Address
from reconciler.plan.action import Action
from reconciler.plan.grounds import NO_GROUNDS
from reconciler.plan.patterns import fits
from reconciler.plan.plan import Plan
from reconciler.plan.roster import NO_ROSTER


def named_by(owned: Iterable[Address], patterns: Sequence[str]) -> frozenset[Address]:
    """The owned addresses that are named or fit a pattern; `UsageError` for a pattern that chooses none."""
    names = {str(address): address for address in owned}
    for pattern in patterns:
        if not any(fits(name, pattern) for name in names):
            guess = nearest(pattern, names)
            message = f"{pattern} is nothing that this estate owns"
            raise UsageError(message, hint=f"did you mean {guess}?" if guess else "see `reconciler inventory list`")
    return frozenset(address for name, address in names.items() if any(fits(name, pattern) for pattern in patterns))


def only_forgotten(plan: Plan, addresses: Collection[Address]) -> Plan:
    """The plan that only forgets these objects; everything else that it would do is left out."""
    kept = tuple(
        replace(change, waits_for=())
        for change in plan.changes
        if change.action is Action.FORGET and change.address in addresses
    )
    return replace(plan, changes=kept, guards=(), grounds=NO_GROUNDS, sims_touched=0, roster=NO_ROSTER)
